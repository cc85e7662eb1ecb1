package rounds

import (
	"context"
	"errors"
	"hash/fnv"
	"math/rand/v2"
	"sync/atomic"
	"time"

	"github.com/shequ-io/shequ/internal/courier"
	"github.com/shequ-io/shequ/internal/store"
)

const (
	// most messages are claimed at once.
	most = 250
	// linger is how long what came back may wait for more, while others are under way:
	// a transaction costs the same for one and for many.
	linger = 25 * time.Millisecond
	// ahead is how much is claimed before it can be sent: what goes in that time.
	ahead = time.Second
	// again is how long the store is left alone after it failed.
	again = time.Second
)

// lease is how long messages of a system are claimed: a try's time, and as much again to
// wait here and to settle. When a courier is killed, what it had claimed waits so long.
func (s *System) lease() time.Duration { return 2 * max(s.Timeout, time.Second) }

// margin is what must be left of a lease when a message is sent.
func (s *System) margin() time.Duration { return s.lease() * 2 / 3 }

// lane is the way of messages to one system. Pace, breaker and what is remembered of
// the system stay while nothing is sent; all else is of one run, whose goroutine alone
// uses it.
type lane struct {
	rounds  *Rounds
	name    string
	poke    chan struct{}
	random  *rand.Rand
	running bool   // by the rounds' lock
	held    string // why nothing is sent, as it was logged

	breaker atomic.Pointer[courier.Breaker]
	pace    *courier.Pace
	until   time.Time     // the system asked to be left alone
	took    time.Duration // a try, about; 0 before the first
	read    time.Time     // when an answer could last be read
	busy    int           // tries in a row at which it had too much to do
	ill     bool          // the breaker was not closed when it was last told something
	cutOff  bool          // the store failed when it was last asked for something

	system   System
	asked    time.Time // when system was asked for
	gone     bool      // it is not sent to any more
	queue    []claimed
	back     []store.Settlement
	first    time.Time // when the first of them came back
	underWay int
	tried    chan try
	kept     chan stored
	storing  bool
	dry      bool      // the last claim found less than was asked for
	retry    time.Time // the store is left alone until then
	changed  bool      // something was settled
	stopping bool
	cut      bool // what is under way was broken off
}

// claimed is a parcel until the end of its lease.
type claimed struct {
	store.Parcel

	until time.Time
}

// try is what came of sending one.
type try struct {
	parcel store.Parcel
	pass   courier.Pass
	answer courier.Answer
	err    error
	took   time.Duration
}

// stored is what came of a turn with the store.
type stored struct {
	claims []claimed
	asked  int
	// settled is how many were to be, left those that were not.
	settled int
	left    []store.Settlement
	err     error
}

func newLane(r *Rounds, name string) *lane {
	// Each system's jitter is its own, and the same for the same seed.
	h := fnv.New64a()
	_, _ = h.Write([]byte(name)) // never fails
	return &lane{
		rounds: r, name: name, poke: make(chan struct{}, 1), tried: make(chan try), kept: make(chan stored),
		random: rand.New(rand.NewPCG(r.config.Seed, h.Sum64())), //nolint:gosec // jitter, no secret
	}
}

// use takes a system as it is talked to now. A breaker remembers one system and its
// credentials: where anything changed, there is another.
func (l *lane) use(s System) {
	if s.Pace.PerMinute <= 0 {
		s.Pace.PerMinute = 60
	}
	s.Pace.Concurrent = max(s.Pace.Concurrent, 1)
	if l.pace == nil || l.system.Pace != s.Pace {
		l.pace = courier.NewPace(s.Pace)
		for range l.underWay { // they are under way by this one, too
			l.pace.Begin(time.Time{})
		}
	}
	if l.breaker.Load() == nil || l.system.Generation != s.Generation {
		l.breaker.Store(courier.NewBreaker(l.rounds.config.Breaker, l.random))
		l.ill = false
	}
	l.system, l.asked = s, time.Now()
}

// run delivers until nothing is due any more.
func (l *lane) run(ctx context.Context, s System) {
	l.use(s)
	l.dry, l.gone, l.changed, l.stopping, l.cut, l.retry = false, false, false, false, false, time.Time{}
	lasting := context.WithoutCancel(ctx)
	sending, cut := context.WithCancel(lasting)
	defer cut()
	for {
		wait := l.send(sending)
		wait = max(l.ask(lasting, wait), shortest)
		if l.idle() && l.rounds.ended(l) {
			return
		}
		timer := time.NewTimer(min(wait, longest))
		select {
		case t := <-l.tried:
			l.judge(t)
		case s := <-l.kept:
			l.keep(s)
		case <-l.poke:
			l.dry = false
		case <-timer.C:
		case <-ctx.Done():
			timer.Stop()
			l.stop(lasting, cut)
			l.rounds.ended(l)
			return
		}
		timer.Stop()
		l.renew()
	}
}

// idle says that there is nothing in hand and nothing to claim.
func (l *lane) idle() bool {
	return (l.dry || l.gone) && !l.storing && l.underWay == 0 && len(l.queue)+len(l.back) == 0
}

// renew asks, once a second, how the system is talked to. Where it is not any more,
// what was not sent is given back.
func (l *lane) renew() {
	now := time.Now()
	if now.Sub(l.asked) < time.Second {
		return
	}
	l.asked = now
	s, ok := l.rounds.find(l)
	if l.gone = !ok; l.gone {
		l.giveBack(now)
	} else if s.Generation != l.system.Generation {
		l.use(s)
	}
}

const (
	// shortest and longest bound how long a lane waits before it looks again.
	shortest = 5 * time.Millisecond
	longest  = 5 * time.Second
)

// send begins what may begin, and says when more may.
func (l *lane) send(ctx context.Context) time.Duration {
	for {
		now := time.Now()
		wait := l.leave(now)
		switch {
		case wait > 0:
			return wait
		case len(l.queue) == 0:
			return longest // until there is something to send
		}
		next := l.queue[0]
		if next.until.Sub(now) < l.system.margin() {
			l.queue = l.queue[1:]
			l.later(&next.Parcel, now)
			continue
		}
		pass, wait := l.breaker.Load().Allow(now)
		if wait > 0 {
			return wait
		}
		l.pace.Begin(now) // nobody else asks: it was free, and is
		l.queue = l.queue[1:]
		l.begin(ctx, next.Parcel, pass)
	}
}

// leave says how long to wait before a message may be sent; nothing where it may now.
func (l *lane) leave(now time.Time) time.Duration {
	if wait := l.until.Sub(now); wait > 0 {
		return wait
	}
	b := l.breaker.Load()
	switch b.State(now) {
	case courier.BreakerClosed:
	case courier.BreakerHalfOpen:
		if l.underWay > 0 {
			return longest // until that one is back
		}
	case courier.BreakerOpen:
		l.giveBack(now)
		_, wait := b.Allow(now) // open: it only says how long
		return wait
	}
	if int64(l.underWay) >= l.system.Pace.Concurrent {
		return longest // until one is back
	}
	return l.pace.Wait(now)
}

func (l *lane) begin(ctx context.Context, p store.Parcel, pass courier.Pass) {
	l.underWay++
	sender := l.system.Sender
	l.rounds.wait.Go(func() {
		began := time.Now()
		answer, err := sender.Send(ctx, p.Message, p.Key)
		l.tried <- try{p, pass, answer, err, time.Since(began)}
	})
}

// giveBack settles what was claimed and is not sent: it is due as before.
func (l *lane) giveBack(now time.Time) {
	for i := range l.queue {
		l.later(&l.queue[i].Parcel, now)
	}
	l.queue = nil
}

// later gives one back.
func (l *lane) later(p *store.Parcel, at time.Time) {
	l.settle(store.Settlement{Key: p.Key, Parcel: p, At: time.Now(), Later: at})
}

// settle has something settled in the next turn with the store.
func (l *lane) settle(s store.Settlement) {
	if len(l.back) == 0 {
		l.first = s.At
	}
	l.back = append(l.back, s)
}

// ask has a turn with the store where there is something to settle or to claim. There
// is one turn at a time: what comes back meanwhile is settled together in the next.
// It says when to look again, which is not later than given.
func (l *lane) ask(ctx context.Context, wait time.Duration) time.Duration {
	now := time.Now()
	if l.storing {
		return wait
	}
	n := l.wanted(now)
	switch waited := now.Sub(l.first); {
	case n > 0:
	case len(l.back) == 0:
		return wait
	case l.underWay > 0 && len(l.back) < most && waited < linger && !l.stopping:
		return min(wait, linger-waited)
	}
	if pause := l.retry.Sub(now); pause > 0 {
		return min(wait, pause)
	}
	batch := l.back
	l.back, l.storing = nil, true
	lease := l.system.lease()
	l.rounds.wait.Go(func() { l.kept <- l.turn(ctx, batch, n, lease) })
	return wait
}

// turn settles and claims. What is settled first may be followed in its line by what
// is claimed.
func (l *lane) turn(ctx context.Context, batch []store.Settlement, n int, lease time.Duration) stored {
	out := stored{asked: n, settled: len(batch)}
	if len(batch) > 0 {
		if out.left, out.err = l.write(ctx, batch); out.err != nil {
			return out
		}
	}
	if n > 0 {
		until := time.Now().Add(lease)
		var parcels []store.Parcel
		parcels, out.err = l.rounds.store.Claim(ctx, l.name, n, lease)
		for _, p := range parcels {
			out.claims = append(out.claims, claimed{p, until})
		}
	}
	return out
}

// write keeps a batch, and returns what of it is not kept. One that can't be kept at
// all holds up none of the others: it is dead.
func (l *lane) write(ctx context.Context, batch []store.Settlement) ([]store.Settlement, error) {
	err := l.rounds.store.Settle(ctx, batch)
	switch {
	case err == nil:
		return nil, nil
	case !errors.Is(err, store.ErrInvalid):
		return batch, err
	}
	for i, s := range batch {
		err := l.rounds.store.Settle(ctx, batch[i:i+1])
		if errors.Is(err, store.ErrInvalid) {
			l.rounds.config.Log.Error("what became of a message can't be kept", "system", l.name, "key", string(s.Key), "error", err.Error())
			dead := store.Settlement{Key: s.Key, Parcel: s.Parcel, At: s.At, Dead: true, Why: "what became of it can't be kept; ask whoever keeps the software, and the system whether it has it"}
			err = l.rounds.store.Settle(ctx, []store.Settlement{dead})
		}
		if err != nil && !errors.Is(err, store.ErrInvalid) {
			return batch[i:], err
		}
	}
	return nil, nil
}

// wanted is how many messages to claim: as many as can go soon, and none while none
// may.
func (l *lane) wanted(now time.Time) int {
	if l.dry && len(l.back) == 0 || l.gone || l.stopping || l.until.After(now) {
		return 0
	}
	have := int64(len(l.queue))
	switch l.breaker.Load().State(now) {
	case courier.BreakerOpen:
		return 0
	case courier.BreakerHalfOpen:
		if have > 0 || l.leave(now) > 0 {
			return 0
		}
		return 1
	case courier.BreakerClosed:
	}
	rate := l.system.Pace
	byPace := rate.PerMinute * int64(ahead) / int64(time.Minute)
	byTime := 2 * rate.Concurrent
	if l.took > 0 {
		byTime += rate.Concurrent * int64(ahead) / int64(max(l.took, time.Millisecond))
	}
	target := min(byPace, byTime, most)
	if target == 0 && have == 0 && l.leave(now) <= 0 {
		target = 1 // less than one a second, and its time has come
	}
	if have <= target/2 && have < target {
		return int(target - have)
	}
	return 0
}

// keep takes what came of a turn with the store.
func (l *lane) keep(s stored) {
	l.storing = false
	l.changed = l.changed || s.settled > len(s.left)
	l.back = append(s.left, l.back...)
	l.queue = append(l.queue, s.claims...)
	switch {
	case s.err != nil:
		// What came back waits for the store; what is due, for the next look.
		l.retry = time.Now().Add(again)
		l.dry = true
	case s.asked > 0:
		l.dry = len(s.claims) < s.asked
	case s.settled > 0:
		l.dry = false
	}
	l.complain(s.err)
}

// complain says that the store fails, and when it no longer does: not each second of an
// outage.
func (l *lane) complain(err error) {
	switch {
	case err != nil && !l.cutOff:
		l.rounds.config.Log.Warn("the outbox can't be reached; what came back is kept until it can", "system", l.name, "settlements", len(l.back), "error", err.Error())
	case err == nil && l.cutOff:
		l.rounds.config.Log.Info("the outbox can be reached again", "system", l.name)
	}
	l.cutOff = err != nil
}

// stop lets what is under way end, gives back the rest, and settles.
func (l *lane) stop(ctx context.Context, cut func()) {
	l.stopping = true
	ctx, quit := context.WithCancel(ctx)
	defer quit()
	grace := time.NewTimer(l.rounds.config.Grace)
	defer grace.Stop()
	end := time.NewTimer(2 * l.rounds.config.Grace)
	defer end.Stop()
	over := false
	for {
		l.giveBack(time.Now())
		if !over {
			l.ask(ctx, 0)
		}
		if l.underWay == 0 && !l.storing && (len(l.back) == 0 || over) {
			return
		}
		select {
		case t := <-l.tried:
			l.judge(t)
		case s := <-l.kept:
			l.keep(s)
		case <-grace.C:
			l.cut = true
			cut()
		case <-end.C:
			over = true
			quit()
		case <-time.After(again): // the store may answer again
		}
	}
}
