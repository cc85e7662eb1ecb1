package open311

import (
	"context"
	"time"
)

const (
	// maxReads are how many may read requests or wait to.
	maxReads = 5
	// readTime is how long that may take, with the wait.
	readTime = 8 * time.Second
)

// turns let one read the store at a time, and few wait: the portal has two connections
// to its database, and one of them is for what residents send.
type turns struct{ waiting, reading chan struct{} }

func newTurns() turns {
	return turns{waiting: make(chan struct{}, maxReads), reading: make(chan struct{}, 1)}
}

// take a turn. The context is to be read with; done ends the turn. ok is false where
// too many wait, or it took too long.
func (t turns) take(ctx context.Context) (_ context.Context, done func(), ok bool) {
	select {
	case t.waiting <- struct{}{}:
	default:
		return nil, nil, false
	}
	ctx, cancel := context.WithTimeout(ctx, readTime)
	select {
	case t.reading <- struct{}{}:
		return ctx, func() { cancel(); <-t.reading; <-t.waiting }, true
	case <-ctx.Done():
		cancel()
		<-t.waiting
		return nil, nil, false
	}
}
