package resident

import (
	"crypto/rand"
	"crypto/sha256"
	"net/http"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"time"

	"golang.org/x/time/rate"
)

// pace is how often something may be done from one address: so often at once, and
// then so often a second. Where an address stands for many (a proxy nobody declared,
// the gateway of a house), it may be done more often.
type pace struct {
	burst, sharedBurst       int
	perSecond, sharedSeconds rate.Limit
}

var (
	sendingPace = pace{burst: 12, perSecond: 1.0 / 20, sharedBurst: 120, sharedSeconds: 2}
	askingPace  = pace{burst: 30, perSecond: 1.0 / 4, sharedBurst: 300, sharedSeconds: 10}
)

const (
	// sendingWait and askingWait are when to come again.
	sendingWait = 2 * time.Minute
	askingWait  = time.Minute

	// idle is how long an address is remembered, as a keyed hash and in memory only.
	idle = 10 * time.Minute
	// maxClients bounds what that can cost.
	maxClients = 8192
)

// client is where a request comes from.
type client struct {
	prefix netip.Prefix
	shared bool
}

type seen struct {
	limit *rate.Limiter
	last  time.Time
}

// limiter holds a bucket for each address, under a hash whose key nobody has.
type limiter struct {
	pace pace
	now  func() time.Time
	mask mask

	mu      sync.Mutex
	clients map[[sha256.Size]byte]*seen
	sweep   *time.Timer
}

func newLimiter(p pace, now func() time.Time) *limiter {
	return &limiter{pace: p, now: now, mask: newMask(), clients: map[[sha256.Size]byte]*seen{}}
}

// mask hides addresses behind a hash whose key nobody has.
type mask [sha256.Size]byte

func newMask() mask {
	var m mask
	_, _ = rand.Read(m[:]) // it never fails
	return m
}

func (m mask) of(c client) [sha256.Size]byte {
	text, err := c.prefix.MarshalBinary()
	if err != nil {
		text = nil
	}
	return sha256.Sum256(append(m[:], text...))
}

// allow reports whether this may be done now, and counts it.
func (l *limiter) allow(c client) bool {
	hash, now := l.mask.of(c), l.now()
	l.mu.Lock()
	defer l.mu.Unlock()
	s := l.clients[hash]
	if s == nil {
		if len(l.clients) >= maxClients {
			l.forget(now)
		}
		s = &seen{limit: rate.NewLimiter(l.pace.perSecond, l.pace.burst)}
		if c.shared {
			s.limit = rate.NewLimiter(l.pace.sharedSeconds, l.pace.sharedBurst)
		}
		l.clients[hash] = s
		if l.sweep == nil {
			l.sweep = time.AfterFunc(idle, l.tidy)
		}
	}
	s.last = now
	return s.limit.AllowN(now, 1)
}

// Limiter bounds how often somebody may send something, for what else at the portal
// takes in: it counts together with the forms.
type Limiter struct{ p *Portal }

// Limiter of what is sent.
func (p *Portal) Limiter() Limiter { return Limiter{p} }

// Allow reports whether a request may send something now, and counts it; where it
// may not, when to come again.
func (l Limiter) Allow(r *http.Request) (wait time.Duration, ok bool) {
	if l.p.sending.allow(l.p.client(r)) {
		return 0, true
	}
	return sendingWait, false
}

// tidy forgets who has not come for a while, and comes again while there is anybody.
func (l *limiter) tidy() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.forget(l.now())
	l.sweep = nil
	if len(l.clients) > 0 {
		l.sweep = time.AfterFunc(idle, l.tidy)
	}
}

// forget makes room: first who is idle, then anybody.
func (l *limiter) forget(now time.Time) {
	for hash, s := range l.clients {
		if now.Sub(s.last) >= idle {
			delete(l.clients, hash)
		}
	}
	for hash := range l.clients {
		if len(l.clients) < maxClients*3/4 {
			return
		}
		delete(l.clients, hash)
	}
}

// client tells where a request comes from: the address that reached us or, where
// that is a trusted proxy's, the last one in X-Forwarded-For that is not. What is
// counted is the whole address in IPv4, and the first 56 bits in IPv6, which one
// household has.
func (p *Portal) client(r *http.Request) client {
	at, err := netip.ParseAddrPort(r.RemoteAddr)
	if err != nil {
		return client{shared: true}
	}
	address := at.Addr().Unmap().WithZone("")
	trusted := func(a netip.Addr) bool {
		return slices.ContainsFunc(p.proxies, func(n netip.Prefix) bool { return n.Contains(a) })
	}
	hops := strings.Split(strings.Join(r.Header.Values("X-Forwarded-For"), ","), ",")
	for trusted(address) && len(hops) > 0 {
		last := strings.TrimSpace(hops[len(hops)-1])
		hops = hops[:len(hops)-1]
		next, err := netip.ParseAddr(last)
		if err != nil {
			return client{prefix: netip.PrefixFrom(address, address.BitLen()), shared: true}
		}
		address = next.Unmap().WithZone("")
	}
	bits := 56
	if address.Is4() {
		bits = 32
	}
	prefix, err := address.Prefix(bits)
	if err != nil {
		return client{shared: true}
	}
	return client{prefix: prefix, shared: address.IsPrivate() || address.IsLoopback() || address.IsLinkLocalUnicast() || carrier.Contains(address)}
}

// carrier is where providers put many subscribers behind one address (RFC 6598).
var carrier = netip.MustParsePrefix("100.64.0.0/10")
