package district

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"reflect"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
)

// Options of a Server.
type Options struct {
	// Admin reads how the server is reached. It is asked at each probe; its error
	// should be ErrAdminMissing where there is no such Secret.
	Admin func(context.Context) (Admin, error)
	// Host for programs, as settings.Database.Host.
	Host string
	// Changed is called when the server comes, goes, or is another; never twice for
	// the same.
	Changed func()
	// Period between two probes while the server answers, and Retry while it does
	// not; 15 and 5 seconds when 0.
	Period, Retry time.Duration
	// Now is the clock; time.Now when nil.
	Now func() time.Time
	// Log gets what becomes of the server; slog.Default when nil.
	Log *slog.Logger
}

const (
	defaultPeriod = 15 * time.Second
	defaultRetry  = 5 * time.Second
	probeTimeout  = 5 * time.Second
	// ensureTimeout bounds all that is done for one database.
	ensureTimeout = time.Minute
	// patience is how long a caller waits for the first probe.
	patience = 10 * time.Second
	// again is how long what was ensured is believed.
	again    = 6 * time.Hour
	maxConns = 2
)

// State is what is known of the server.
type State struct {
	// Err is nil while the server answers; else it wraps ErrAdminMissing,
	// ErrAdminInvalid, ErrUnreachable or ErrRefused.
	Err error
	// Since is when it came to be so.
	Since time.Time
	// Endpoint for programs, as long as Admin can be read.
	Endpoint Endpoint
}

// Server is the district's server, as far as the operator has to do with it. It is
// safe for concurrent use.
type Server struct {
	o     Options
	first chan struct{} // closed once the server was probed
	wake  chan struct{} // asks for a probe before its time

	mu     sync.Mutex
	probed bool
	state  State
	// interrupted: something failed since the last probe, and nobody was told.
	interrupted bool
	admin       Admin
	config      *pgx.ConnConfig // of admin
	pool        *pgxpool.Pool   // while Start runs
	ensured     map[string]ensured
}

// ensured is what was last ensured of a database.
type ensured struct {
	what Database
	at   time.Time
}

// New makes a Server. Nothing is asked before Start.
func New(o Options) *Server {
	if o.Period == 0 {
		o.Period = defaultPeriod
	}
	if o.Retry == 0 {
		o.Retry = defaultRetry
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Log == nil {
		o.Log = slog.Default()
	}
	if o.Changed == nil {
		o.Changed = func() {}
	}
	return &Server{o: o, first: make(chan struct{}), wake: make(chan struct{}, 1), ensured: map[string]ensured{}}
}

// State is what the last probe found; it waits a little for the first one.
func (s *Server) State(ctx context.Context) State {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	select {
	case <-s.first:
	case <-ctx.Done():
		return State{Err: fmt.Errorf("%w: it was not asked yet", ErrUnreachable)}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.state
}

// Start probes the server until ctx ends. It has the form of a controller
// manager's Runnable.
func (s *Server) Start(ctx context.Context) error {
	pool, err := s.newPool(ctx)
	if err != nil {
		return err
	}
	defer pool.Close()
	s.mu.Lock()
	s.pool = pool
	s.mu.Unlock()
	p := &probe{server: s}
	defer p.close(ctx)
	for {
		s.note(p.once(ctx))
		wait := s.o.Period
		if !s.up() {
			wait = s.o.Retry
		}
		timer := time.NewTimer(wait)
		select {
		case <-ctx.Done():
			timer.Stop()
			return nil
		case <-timer.C:
		case <-s.wake:
			timer.Stop()
			// Not at once: whatever broke may take a moment, and many may ask.
			select {
			case <-ctx.Done():
				return nil
			case <-time.After(min(time.Second, s.o.Retry)):
			}
		}
	}
}

// newPool makes the pool all but the probe works with. It connects as Admin says
// at the time.
func (s *Server) newPool(ctx context.Context) (*pgxpool.Pool, error) {
	config, err := pgxpool.ParseConfig("postgres://nobody@localhost/nothing")
	if err != nil {
		return nil, fmt.Errorf("set up connections to the district's server: %w", err)
	}
	config.MaxConns, config.MinConns = maxConns, 0
	config.MaxConnIdleTime, config.MaxConnLifetime = time.Minute, 15*time.Minute
	config.BeforeConnect = func(_ context.Context, c *pgx.ConnConfig) error {
		s.mu.Lock()
		defer s.mu.Unlock()
		if s.config == nil {
			return ErrUnreachable
		}
		*c = *s.config.Copy()
		return nil
	}
	return pgxpool.NewWithConfig(ctx, config)
}

func (s *Server) up() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.state.Err == nil
}

// note keeps what a probe found, and tells when that is news.
func (s *Server) note(found State) {
	s.mu.Lock()
	news := !s.probed || s.interrupted || !errors.Is(kind(found.Err), kind(s.state.Err)) || s.state.Endpoint != found.Endpoint
	if !news {
		s.mu.Unlock()
		return
	}
	if found.Err == nil && s.state.Err != nil && !s.interrupted {
		clear(s.ensured) // it was away, and may have come back from a backup
	}
	s.interrupted = false
	found.Since = s.o.Now()
	s.state = found
	first := !s.probed
	s.probed = true
	s.mu.Unlock()
	if found.Err != nil {
		s.o.Log.Warn("the district's database server can't be used", "reason", found.Err.Error())
	} else {
		s.o.Log.Info("the district's database server answers", "address", found.Endpoint.Address())
	}
	if first {
		close(s.first)
	}
	s.o.Changed()
}

// kind is what state is told by: errors of one kind are one state, whatever their
// words.
func kind(err error) error {
	for _, k := range []error{ErrAdminMissing, ErrAdminInvalid, ErrUnreachable, ErrRefused} {
		if errors.Is(err, k) {
			return k
		}
	}
	return err
}

// failed takes note of what went wrong between two probes, so that what the next one
// finds is news.
func (s *Server) failed(err error) {
	if !errors.Is(err, ErrUnreachable) {
		return
	}
	s.mu.Lock()
	if s.state.Err == nil {
		s.state.Err, s.state.Since, s.interrupted = err, s.o.Now(), true
	}
	s.mu.Unlock()
	select {
	case s.wake <- struct{}{}:
	default:
	}
}

// with runs use on a connection of the pool while the server answers.
func (s *Server) with(ctx context.Context, use func(context.Context, *pgx.Conn) error) error {
	if state := s.State(ctx); state.Err != nil {
		return state.Err
	}
	ctx, cancel := context.WithTimeout(ctx, ensureTimeout)
	defer cancel()
	s.mu.Lock()
	pool := s.pool
	s.mu.Unlock()
	err := classify(pool.AcquireFunc(ctx, func(c *pgxpool.Conn) error { return use(ctx, c.Conn()) }))
	s.failed(err)
	return err
}

// known reports whether a database was ensured, as it should be, not long ago.
func (s *Server) known(d Database) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	last, ok := s.ensured[d.Name]
	return ok && reflect.DeepEqual(last.what, d) && s.o.Now().Sub(last.at) < again
}

func (s *Server) remember(d Database) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.ensured[d.Name] = ensured{d, s.o.Now()}
}

func (s *Server) forget(name string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.ensured, name)
}
