package resident

import (
	"context"
	"crypto/sha256"
	"fmt"
	"sync"
	"time"
)

// crowd bounds how many things one address may have under way at a time, so that
// nobody who sends slowly keeps everybody else out. An address that stands for many
// may have more.
type crowd struct {
	most, sharedMost int
	mask             mask

	mu sync.Mutex
	in map[[sha256.Size]byte]int
}

func newCrowd(most, sharedMost int) *crowd {
	return &crowd{most: most, sharedMost: sharedMost, mask: newMask(), in: map[[sha256.Size]byte]int{}}
}

// enter begins something, and returns how to end it; ok is false where there is no
// room for more of this address.
func (c *crowd) enter(who client) (leave func(), ok bool) {
	most := c.most
	if who.shared {
		most = c.sharedMost
	}
	hash := c.mask.of(who)
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.in[hash] >= most {
		return nil, false
	}
	c.in[hash]++
	return func() {
		c.mu.Lock()
		defer c.mu.Unlock()
		if c.in[hash]--; c.in[hash] == 0 {
			delete(c.in, hash) // an address is known no longer than that
		}
	}, true
}

// wait enters as soon as there is room. The error is that of ctx.
func (c *crowd) wait(ctx context.Context, who client) (leave func(), err error) {
	const pause = 50 * time.Millisecond
	for {
		if leave, ok := c.enter(who); ok {
			return leave, nil
		}
		select {
		case <-ctx.Done():
			return nil, fmt.Errorf("wait for another form of this address: %w", ctx.Err())
		case <-time.After(pause):
		}
	}
}
