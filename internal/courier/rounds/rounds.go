package rounds

import (
	"context"
	"errors"
	"log/slog"
	"math/rand/v2"
	"sync"
	"time"

	"github.com/shequ-io/shequ/internal/courier"
	"github.com/shequ-io/shequ/internal/courier/transport"
	"github.com/shequ-io/shequ/internal/store"
)

// Store is the outbox; *store.Courier is one.
type Store interface {
	// Due lists the systems something is due for, and when the earliest message is
	// due that is not yet (zero: there is none). It writes nothing.
	Due(ctx context.Context) (systems []string, next time.Time, err error)
	// Claim takes up to so many messages that are due, heads of lines only, for as long
	// as the lease.
	Claim(ctx context.Context, system string, most int, lease time.Duration) ([]store.Parcel, error)
	// Settle keeps what became of messages, all or none. One that was settled by
	// another is passed over.
	Settle(ctx context.Context, settlements []store.Settlement) error
}

// System is how one is talked to at the moment.
type System struct {
	Sender  transport.Sender
	Reading *courier.Reading
	Pace    courier.PaceRules
	// Timeout is the longest a try takes.
	Timeout time.Duration
	// Generation changes whenever anything else here did.
	Generation int64
}

// Systems knows how systems are talked to.
type Systems interface {
	// Find returns a system. The error, a *HeldError, says why nothing is sent to it
	// now; its messages wait.
	Find(name string) (System, error)
}

// Held says why nothing is sent to a system, whose messages wait.
type Held string

// The reasons.
const (
	HeldUnknown     Held = "unknown"     // it is not in courier.json
	HeldCredentials Held = "credentials" // they are missing or wrong
	HeldSettings    Held = "settings"    // its protocol or reading can't be used
)

// HeldError says why nothing is sent to a system, and how to mend that.
type HeldError struct {
	Held Held
	Why  string
}

// Error says it in a line.
func (e *HeldError) Error() string { return e.Why }

// Config of rounds. What is zero is the default.
type Config struct {
	Systems Systems
	// Poll is how often to look for what is due. Default 5 s; after a minute of
	// nothing it grows to Rest.
	Poll, Rest time.Duration
	// Grace is how long messages under way may take when the rounds end. Default 5 s.
	Grace time.Duration
	// Backoff of a message; courier.DefaultBackoff.
	Backoff courier.Backoff
	// Breaker of each system; the defaults of courier.BreakerRules.
	Breaker courier.BreakerRules
	// Seed of what is drawn; at random when 0.
	Seed    uint64
	Metrics *Metrics
	Log     *slog.Logger
}

func (c Config) orDefault() Config {
	for _, d := range []struct {
		value     *time.Duration
		otherwise time.Duration
	}{{&c.Poll, 5 * time.Second}, {&c.Rest, 30 * time.Second}, {&c.Grace, 5 * time.Second}} {
		if *d.value <= 0 {
			*d.value = d.otherwise
		}
	}
	c.Rest = max(c.Rest, c.Poll)
	if c.Backoff == (courier.Backoff{}) {
		c.Backoff = courier.DefaultBackoff()
	}
	if c.Seed == 0 {
		c.Seed = rand.Uint64() //nolint:gosec // jitter, no secret
	}
	if c.Metrics == nil {
		c.Metrics = newMetrics()
	}
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	return c
}

// Rounds is the work of one community's courier.
type Rounds struct {
	store  Store
	config Config
	nudge  chan struct{}

	mu    sync.Mutex
	lanes map[string]*lane // by system, for as long as the process runs: pace and breaker remember
	wait  sync.WaitGroup
}

// New makes rounds, which do nothing yet.
func New(s Store, config Config) *Rounds {
	return &Rounds{store: s, config: config.orDefault(), nudge: make(chan struct{}, 1), lanes: map[string]*lane{}}
}

// Nudge has the rounds look now, as after a change of what Systems finds.
func (r *Rounds) Nudge() {
	select {
	case r.nudge <- struct{}{}:
	default: // it will look already
	}
}

// idle is how long nothing must have been due before looks become rarer.
const idle = time.Minute

// between is the least time between two looks.
const between = 200 * time.Millisecond

// Run delivers until ctx ends. Then it begins nothing more, lets what is under way
// end for as long as the grace, gives back the rest and keeps what became of it.
func (r *Rounds) Run(ctx context.Context) {
	defer r.wait.Wait()
	pause, busy, complained := r.config.Poll, time.Now(), ""
	for {
		systems, next, err := r.store.Due(ctx)
		now := time.Now()
		switch {
		case ctx.Err() != nil:
			return
		case err != nil:
			if text := err.Error(); text != complained {
				r.config.Log.Warn("nothing is delivered while the database can't be asked", "error", text)
				complained = text
			}
		case complained != "":
			r.config.Log.Info("the database can be asked again")
			complained = ""
		}
		for _, name := range systems {
			r.wake(ctx, name)
		}
		r.review()
		if len(systems) > 0 {
			busy, pause = now, r.config.Poll
		} else if now.Sub(busy) >= idle {
			pause = min(2*pause, r.config.Rest)
		}
		wait := pause
		if !next.IsZero() {
			wait = max(min(wait, next.Sub(now)), between)
		}
		select {
		case <-ctx.Done():
			return
		case <-r.nudge:
		case <-time.After(wait):
		}
	}
}

// wake has a system's lane look whether it can send.
func (r *Rounds) wake(ctx context.Context, name string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	l := r.lanes[name]
	if l == nil {
		l = newLane(r, name)
		r.lanes[name] = l
	}
	if l.running {
		select {
		case l.poke <- struct{}{}:
		default:
		}
		return
	}
	system, ok := r.find(l)
	if !ok {
		return
	}
	l.running = true
	r.wait.Go(func() { l.run(ctx, system) })
}

// review asks about the systems that nothing is sent to, whether or not anything is due
// for them: what was put right counts as that.
func (r *Rounds) review() {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, l := range r.lanes {
		if !l.running && l.held != "" { // of a lane that runs, what holds it is its own
			r.find(l)
		}
	}
}

// find asks how a system is talked to, and says once why not.
func (r *Rounds) find(l *lane) (System, bool) {
	system, err := r.config.Systems.Find(l.name)
	var held *HeldError
	if err != nil && !errors.As(err, &held) {
		held = &HeldError{Held: HeldSettings, Why: err.Error()}
	}
	r.config.Metrics.hold(l.name, held)
	switch {
	case held == nil && l.held != "":
		r.config.Log.Info("a system is sent messages again", "system", l.name)
		l.held = ""
	case held != nil && l.held != held.Why:
		r.config.Log.Warn("nothing is sent to a system, and its messages wait", "system", l.name, "reason", string(held.Held), "error", held.Why)
		l.held = held.Why
	}
	return system, held == nil
}

// ended says that a lane has nothing more to do; false where something was due
// meanwhile.
func (r *Rounds) ended(l *lane) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	select {
	case <-l.poke:
		if !l.gone && !l.stopping {
			l.dry = false
			return false
		}
	default:
	}
	l.running = false
	if l.changed && !l.stopping {
		r.Nudge() // when what it put off is due, is another question now
	}
	return true
}

// breakers are the states of the systems' breakers.
func (r *Rounds) breakers(now time.Time) map[string]courier.BreakerState {
	r.mu.Lock()
	defer r.mu.Unlock()
	out := map[string]courier.BreakerState{}
	for name, l := range r.lanes {
		if b := l.breaker.Load(); b != nil {
			out[name] = b.State(now)
		}
	}
	return out
}
