package transport

import (
	"context"
	"fmt"
	"time"

	"github.com/shequ-io/shequ/internal/courier"
)

// Sender carries a message to one system.
type Sender interface {
	// Send sends a message once, under a key by which the system knows one it has
	// had. The error is a *RetryableError, a *RefusedError (the answer is then what
	// the system said, where that was JSON) or an *UnreadableError.
	Send(ctx context.Context, m courier.Message, key courier.Key) (courier.Answer, error)
	// Close lets go of connections. Nothing is sent after it.
	Close()
}

// RetryableError says that a message was not taken, or that nobody knows, and
// that trying again under the same key may help.
type RetryableError struct {
	// Why in a few words, with the cure where there is one. It is ours, not the
	// system's.
	Why string
	// After is how long the system asked to be left alone; 0 where it did not.
	After time.Duration
	// Status of HTTP; 0 where there was no answer.
	Status int
}

// Error says it in a line.
func (e *RetryableError) Error() string { return "not delivered, and tried again: " + e.Why }

// RefusedError says that the system does not take this message: sending it again
// changes nothing.
type RefusedError struct {
	// Status of HTTP; 0 where the message could not be sent as it is.
	Status int
	Why    string
}

// Error says it in a line.
func (e *RefusedError) Error() string {
	if e.Status == 0 {
		return "not delivered: " + e.Why
	}
	return fmt.Sprintf("the system refuses the message with status %d: %s", e.Status, e.Why)
}

// UnreadableError says that the system answered with something that can't be
// read. It may have taken the message; under the same key it may be sent again.
type UnreadableError struct{ Why string }

// Error says it in a line.
func (e *UnreadableError) Error() string {
	return "the system's answer can't be read: " + e.Why + "; ask who runs it, then replay the message"
}

// maxWait bounds how long a system may ask to be left alone.
const maxWait = time.Hour

// Limits bound one try. What is 0 or less is the default.
type Limits struct {
	// Timeout of the whole try. Default 30 s.
	Timeout time.Duration
	// Answer is the longest answer, in bytes. Default 1 MiB.
	Answer int64
}

func (l Limits) orDefault() Limits {
	if l.Timeout <= 0 {
		l.Timeout = 30 * time.Second
	}
	if l.Answer <= 0 {
		l.Answer = 1 << 20
	}
	return l
}
