package systems

import (
	"context"
	"errors"
	"fmt"
	"net"
	"sync"
	"time"
)

// gate is a listener whose door can be shut and opened again: while it is shut
// its address refuses connections, and those there were are cut off.
type gate struct {
	mu      sync.Mutex
	address string // with the port that was given out
	inner   net.Listener
	conns   map[net.Conn]struct{}
	closed  bool
	changed chan struct{} // closed at every change of inner and closed
}

func newGate(ctx context.Context, address string) (*gate, error) {
	inner, err := (&net.ListenConfig{}).Listen(ctx, "tcp", address)
	if err != nil {
		return nil, fmt.Errorf("listen at %s: %w; choose a free port", address, err)
	}
	return &gate{address: inner.Addr().String(), inner: inner, conns: map[net.Conn]struct{}{}, changed: make(chan struct{})}, nil
}

// Accept waits for a connection, and while the gate is shut for its opening.
func (g *gate) Accept() (net.Conn, error) {
	for {
		g.mu.Lock()
		inner, closed, changed := g.inner, g.closed, g.changed
		g.mu.Unlock()
		if closed {
			return nil, net.ErrClosed
		}
		if inner == nil {
			<-changed
			continue
		}
		conn, err := inner.Accept()
		g.mu.Lock()
		same := g.inner == inner && !g.closed
		if err == nil && same {
			guarded := &guardedConn{Conn: conn, gate: g}
			g.conns[guarded] = struct{}{}
			g.mu.Unlock()
			return guarded, nil
		}
		g.mu.Unlock()
		if err == nil {
			_ = conn.Close() // it came as the gate was shut
		} else if same {
			return nil, err
		}
	}
}

// guardedConn tells its gate when it is closed.
type guardedConn struct {
	net.Conn

	gate *gate
}

func (c *guardedConn) Close() error {
	c.gate.mu.Lock()
	delete(c.gate.conns, c)
	c.gate.mu.Unlock()
	return c.Conn.Close()
}

// Addr is where it listens, or would.
func (g *gate) Addr() net.Addr {
	address, err := net.ResolveTCPAddr("tcp", g.address)
	if err != nil {
		return &net.TCPAddr{}
	}
	return address
}

// Close ends it for good, with its connections.
func (g *gate) Close() error {
	g.mu.Lock()
	if g.closed {
		g.mu.Unlock()
		return nil
	}
	g.closed = true
	g.mu.Unlock()
	g.shut()
	return nil
}

// shut lets connections be refused, and cuts off those there are.
func (g *gate) shut() {
	g.mu.Lock()
	if g.inner != nil {
		_ = g.inner.Close() // nobody can be told, and it is gone either way
		g.inner = nil
	}
	close(g.changed)
	g.changed = make(chan struct{})
	g.mu.Unlock()
	g.hangUp()
}

// hangUp cuts off the connections there are.
func (g *gate) hangUp() {
	g.mu.Lock()
	conns := make([]net.Conn, 0, len(g.conns))
	for conn := range g.conns {
		conns = append(conns, conn)
	}
	g.mu.Unlock()
	for _, conn := range conns {
		_ = conn.Close() // the other end may have been faster
	}
}

// open listens again at the same address. Somebody's outgoing connection may have
// got the port meanwhile, so it is tried for a while.
func (g *gate) open(ctx context.Context) error {
	var inner net.Listener
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.inner != nil {
		return nil
	}
	for range 100 {
		if g.closed {
			return errors.New("the system was stopped; start it anew")
		}
		var err error
		if inner, err = (&net.ListenConfig{}).Listen(ctx, "tcp", g.address); err == nil {
			break
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(50 * time.Millisecond):
		}
	}
	if inner == nil {
		return errors.New("another program took the address; stop it and switch the fault off again")
	}
	g.inner = inner
	close(g.changed)
	g.changed = make(chan struct{})
	return nil
}
