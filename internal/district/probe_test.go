package district

import (
	"errors"
	"log/slog"
	"testing"
	"time"

	"github.com/shequ-io/shequ/internal/district/districttest"
)

func (o *operator) becomes(what error) {
	o.Helper()
	o.until("in the state "+errText(what), func() bool {
		err := o.State(o.Context()).Err
		return errors.Is(err, what) || (err == nil && what == nil)
	})
}

func errText(err error) string {
	if err == nil {
		return "up"
	}
	return err.Error()
}

// TestServerStopsAndReturns: each change is told once, whatever happens between.
func TestServerStopsAndReturns(t *testing.T) {
	pg := districttest.Start(t)
	o := operate(t, pg)
	made := time.Now()
	d, a := o.database(newSeed(t), "c-one-00000001", made, made)
	o.ensure(d)
	if n := o.changes.Load(); n != 1 {
		t.Errorf("%d changes were told, want 1", n)
	}
	pg.Stop()
	o.becomes(ErrUnreachable)
	for range 20 {
		if err := o.Ensure(t.Context(), d); !errors.Is(err, ErrUnreachable) {
			t.Errorf("Ensure = %v while the server is down", err)
		}
		if _, err := o.Heads(t.Context(), a); !errors.Is(err, ErrUnreachable) {
			t.Errorf("Head = %v while the server is down", err)
		}
		time.Sleep(10 * time.Millisecond)
	}
	if n := o.changes.Load(); n != 2 {
		t.Errorf("%d changes were told, want 2", n)
	}
	if err := pg.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	o.becomes(nil)
	// As a server is that was restored from a backup.
	if err := pg.Exec(t.Context(), "ALTER ROLE "+quote(a.Portal.Role)+" NOLOGIN"); err != nil {
		t.Fatal(err)
	}
	o.ensure(d)
	o.loggedIn(a.Portal, d.Name)
	if n := o.changes.Load(); n != 3 {
		t.Errorf("%d changes were told, want 3", n)
	}
}

// A failure between two probes is followed by news, so that nobody waits for ever.
func TestFailureBetweenProbes(t *testing.T) {
	o := operate(t, postgres)
	o.becomes(nil)
	n := o.changes.Load()
	o.failed(ErrUnreachable)
	o.until("told of the recovery", func() bool { return o.changes.Load() > n })
	o.becomes(nil)
}

// What failed first between two probes and then at the next was told once: else all but
// the one who met it would take the server to be there.
func TestOutageIsToldWhoeverMeetsItFirst(t *testing.T) {
	told := 0
	s := New(Options{Changed: func() { told++ }, Log: slog.New(slog.DiscardHandler)})
	for i, step := range []struct {
		do   func()
		want int
	}{
		{func() { s.note(State{}) }, 1},
		{func() { s.failed(ErrUnreachable) }, 1},
		{func() { s.note(State{Err: ErrUnreachable}) }, 2},
		{func() { s.note(State{Err: ErrUnreachable}) }, 2},
		{func() { s.note(State{}) }, 3},
		{func() { s.note(State{}) }, 3},
	} {
		if step.do(); told != step.want {
			t.Fatalf("%d changes are told after step %d, want %d", told, i, step.want)
		}
	}
}

// A server that was away may have come back from a backup: what was ensured before is
// ensured anew. One statement that failed is no reason to.
func TestAfterAnOutageNothingIsBelieved(t *testing.T) {
	s := New(Options{Log: slog.New(slog.DiscardHandler)})
	d := Database{Name: "c_a_00000001"}
	s.note(State{})
	s.remember(d)
	s.failed(ErrUnreachable)
	s.note(State{})
	if !s.known(d) {
		t.Error("forgotten, though the server was there")
	}
	s.note(State{Err: ErrUnreachable})
	s.note(State{})
	if s.known(d) {
		t.Error("believed, though the server was away")
	}
}

func TestAdminSecret(t *testing.T) {
	o := operate(t, postgres)
	o.becomes(nil)
	good := o.admin.Load()
	o.admin.Store(nil)
	o.becomes(ErrAdminMissing)
	o.admin.Store(&Admin{DSN: "mysql://a:b@c/d"})
	o.becomes(ErrAdminInvalid)
	o.admin.Store(&Admin{DSN: postgres.URI("operator", "wrong", "postgres")})
	o.becomes(ErrRefused)
	o.admin.Store(good)
	o.becomes(nil)
	if err := postgres.Exec(t.Context(), "CREATE ROLE feeble LOGIN PASSWORD 'feeble' CREATEDB"); err != nil {
		t.Fatal(err)
	}
	o.admin.Store(&Admin{DSN: postgres.URI("feeble", "feeble", "postgres")})
	o.becomes(ErrRefused)
	if err := postgres.Exec(t.Context(), "ALTER ROLE feeble CREATEROLE"); err != nil {
		t.Fatal(err)
	}
	o.becomes(nil)
}

func TestStateBeforeTheFirstProbe(t *testing.T) {
	s := New(Options{})
	ctx, cancel := contextWithEnd(t)
	cancel()
	if err := s.State(ctx).Err; !errors.Is(err, ErrUnreachable) {
		t.Errorf("State = %v before anything was asked", err)
	}
}
