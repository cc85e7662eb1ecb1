package systems

import (
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"
)

// Faults are what is wrong with a system at the moment; the zero value is nothing.
type Faults struct {
	// Slow waits before a request is looked at, as a duration such as 2s.
	Slow Duration `json:"slow,omitempty"`
	// Down is refuse (connections are refused) or 503.
	Down string `json:"down,omitempty"`
	// Late waits before a message that was processed is answered, as a duration.
	Late Duration `json:"late,omitempty"`
	// Drop processes a message and closes the connection without an answer.
	Drop bool `json:"drop,omitempty"`
	// Duplicate sends the answer to a message twice.
	Duplicate bool `json:"duplicate,omitempty"`
	// Wrong is garbage (no JSON), nonsense (an outcome nobody knows), status (a
	// message is processed and answered 500), or certificate (one of another
	// authority; another host key for SFTP).
	Wrong string `json:"wrong,omitempty"`
	// Rate answers 429 with Retry-After when more come.
	Rate *Rate `json:"rate,omitempty"`
	// Times is how many messages slow, late, 503, drop, duplicate and wrong answers hit
	// before they end; 0: all, until they are switched off.
	Times int `json:"times,omitempty"`
}

// Rate bounds messages.
type Rate struct {
	Messages int      `json:"messages"` // in a window
	Per      Duration `json:"per"`      // the window's length, such as 1m
}

// Duration is a time.Duration that is written as a text, such as 1m30s.
type Duration time.Duration

// MarshalText writes it.
func (d Duration) MarshalText() ([]byte, error) { return []byte(time.Duration(d).String()), nil }

// UnmarshalText reads it.
func (d *Duration) UnmarshalText(text []byte) error {
	read, err := time.ParseDuration(string(text))
	if err != nil {
		return errors.New("a duration is a number and a unit, such as 500ms or 2s")
	}
	*d = Duration(read)
	return nil
}

// The words of Faults.
const (
	DownRefuse       = "refuse"
	Down503          = "503"
	WrongGarbage     = "garbage"
	WrongNonsense    = "nonsense"
	WrongStatus      = "status"
	WrongCertificate = "certificate"
)

// check says what is wrong with the faults themselves.
func (f Faults) check() error {
	switch {
	case f.Slow < 0 || f.Late < 0 || time.Duration(max(f.Slow, f.Late)) > time.Hour:
		return errors.New("slow and late are at most an hour")
	case !slices.Contains([]string{"", DownRefuse, Down503}, f.Down):
		return errors.New("down is refuse or 503")
	case !slices.Contains([]string{"", WrongGarbage, WrongNonsense, WrongStatus, WrongCertificate}, f.Wrong):
		return errors.New("wrong is garbage, nonsense, status or certificate")
	case f.Rate != nil && (f.Rate.Messages < 0 || f.Rate.Per <= 0):
		return errors.New("rate needs messages of at least 0 and per of more than 0s")
	case f.Times < 0:
		return errors.New("times is at least 0")
	case f.Times > 0 && (f.Down == DownRefuse || f.Wrong == WrongCertificate):
		return errors.New("refused connections and wrong certificates can't be counted; leave times out")
	}
	return nil
}

// switches hold the faults of one system.
type switches struct {
	mu     sync.Mutex
	faults Faults
	window time.Time // when the current one began
	count  int       // messages in it
}

func (s *switches) set(f Faults) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.faults, s.window, s.count = f, time.Time{}, 0
}

func (s *switches) get() Faults {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.faults
}

// take returns the faults that hit the message that just came, and counts it.
func (s *switches) take() Faults {
	s.mu.Lock()
	defer s.mu.Unlock()
	out := s.faults
	if s.faults.Times > 0 {
		if s.faults.Times--; s.faults.Times == 0 {
			s.faults = Faults{Rate: s.faults.Rate}
		}
	}
	return out
}

// wait returns how long a sender is to wait since too many messages came; 0: it
// may go on, and is counted.
func (s *switches) wait(now time.Time) time.Duration {
	s.mu.Lock()
	defer s.mu.Unlock()
	rate := s.faults.Rate
	if rate == nil {
		return 0
	}
	if end := s.window.Add(time.Duration(rate.Per)); s.window.IsZero() || !now.Before(end) {
		s.window, s.count = now, 0
	}
	if s.count >= rate.Messages {
		return s.window.Add(time.Duration(rate.Per)).Sub(now)
	}
	s.count++
	return 0
}

// pause waits, and says whether to go on afterwards: not where the system was closed.
func (s *System) pause(wait time.Duration) bool {
	select {
	case <-s.ctx.Done():
		return false
	case <-time.After(wait):
		return true
	}
}

// SetFaults replaces the faults of a system; the zero value ends them all. What
// can't be switched on for it is an error, and changes nothing.
func (s *System) SetFaults(f Faults) error {
	if err := f.check(); err != nil {
		return err
	}
	if f.Wrong == WrongCertificate && s.plain {
		return fmt.Errorf("%s is served without TLS and has no certificate to be wrong", s.kind.Name)
	}
	s.switching.Lock()
	defer s.switching.Unlock()
	before := s.switches.get()
	s.switches.set(f)
	if f.Down == DownRefuse {
		s.gate.shut()
		return nil
	}
	if (before.Wrong == WrongCertificate) != (f.Wrong == WrongCertificate) {
		s.gate.hangUp() // so that the next connection sees the other certificate
	}
	return s.gate.open(s.ctx)
}

// Faults returns what is switched on.
func (s *System) Faults() Faults { return s.switches.get() }
