package courier

import "time"

// Random is where jitter comes from: a number from 0 to n-1, each as likely. A
// *rand.Rand of math/rand/v2 is one.
type Random interface {
	Int64N(n int64) int64
}

// Backoff is how long to wait before a message is tried again: exponential, with
// full jitter.
type Backoff struct {
	// First is the longest wait after the first failure; it doubles with each
	// further one.
	First time.Duration
	// Most is where it stops doubling.
	Most time.Duration
}

// DefaultBackoff begins with up to 2 s and ends with up to 15 min.
func DefaultBackoff() Backoff { return Backoff{First: 2 * time.Second, Most: 15 * time.Minute} }

// Ceiling is the longest wait after so many failures, from 1.
func (b Backoff) Ceiling(failures int64) time.Duration {
	first, most := max(b.First, 1), max(b.Most, 1)
	wait := min(first, most)
	for ; failures > 1 && wait < most; failures-- {
		if wait > most/2 {
			return most
		}
		wait *= 2
	}
	return wait
}

// Wait after so many failures, from 1: anything from nothing to the ceiling, so
// that messages that failed together do not come back together. Where the system
// said how long to wait (atLeast; 0 for not) it is that much and the jitter on
// top, but never more than Most beyond the ceiling.
func (b Backoff) Wait(failures int64, atLeast time.Duration, r Random) time.Duration {
	jitter := time.Duration(r.Int64N(int64(b.Ceiling(failures)) + 1))
	return min(max(atLeast, 0), max(b.Most, 1)) + jitter
}
