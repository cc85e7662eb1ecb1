package resident_test

import (
	"bytes"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus/testutil"

	"github.com/shequ-io/shequ/internal/store"
	"github.com/shequ-io/shequ/internal/web/resident"
)

// from asks for a case from an address.
func (p *place) from(address string, forwarded ...string) int {
	r := httptest.NewRequest(http.MethodPost, followPath, strings.NewReader("code=x"))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.RemoteAddr = address
	for _, f := range forwarded {
		r.Header.Add("X-Forwarded-For", f)
	}
	return p.send(r).status
}

func TestAskingIsLimitedByWhoAsks(t *testing.T) {
	for name, c := range map[string]struct {
		one, other func(p *place, i int) int
	}{
		"an address": {
			func(p *place, i int) int { return p.from(fmt.Sprintf("203.0.113.7:%d", 1000+i)) },
			func(p *place, _ int) int { return p.from("203.0.113.8:1000") },
		},
		"a household in IPv6": {
			func(p *place, i int) int { return p.from(fmt.Sprintf("[2001:db8:0:100::%x]:1", i)) },
			func(p *place, _ int) int { return p.from("[2001:db8:0:200::1]:1") },
		},
		"whoever a trusted proxy names": {
			func(p *place, i int) int {
				return p.from("192.0.2.1:1", fmt.Sprintf("198.51.100.%d, 203.0.113.7, 192.0.2.9", i))
			},
			func(p *place, _ int) int { return p.from("192.0.2.1:1", "203.0.113.8") },
		},
		"not whom anybody else names": {
			func(p *place, i int) int { return p.from("203.0.113.7:1", fmt.Sprintf("198.51.100.%d", i)) },
			func(p *place, _ int) int { return p.from("203.0.113.8:1") },
		},
	} {
		t.Run(name, func(t *testing.T) {
			p := newPlace(t, survey())
			refused := 0
			for i := range 40 {
				if c.one(p, i) == http.StatusTooManyRequests {
					refused++
				}
			}
			if refused != 10 {
				t.Errorf("%d of 40 refused, want 10", refused)
			}
			if got := c.other(p, 0); got != http.StatusUnprocessableEntity {
				t.Errorf("somebody else: %d", got)
			}
			p.clock.forward(5 * time.Second)
			if got := c.one(p, 99); got != http.StatusUnprocessableEntity {
				t.Errorf("a while later: %d", got)
			}
			if strings.Contains(p.log.String(), "113") {
				t.Error("an address was logged")
			}
		})
	}
}

func TestManyBehindOneAddress(t *testing.T) {
	p := newPlace(t, survey())
	for i := range 200 {
		if got := p.from("10.0.0.1:1", "203.0.113.7"); got != http.StatusUnprocessableEntity {
			t.Fatalf("the %dth of many behind one proxy: %d", i, got)
		}
	}
	for _, odd := range []string{"", "nonsense", "@"} {
		if got := p.from(odd); got != http.StatusUnprocessableEntity {
			t.Errorf("from %q: %d", odd, got)
		}
	}
	if got := p.from("192.0.2.1:1", "nonsense"); got != http.StatusUnprocessableEntity {
		t.Errorf("a proxy that talks nonsense: %d", got)
	}
}

func TestSendingIsLimited(t *testing.T) {
	p := newPlace(t, survey())
	refused := 0
	for range 20 {
		form := p.filled("/en/opinion", "f.request-text", "an opinion")
		r := httptest.NewRequest(http.MethodPost, "/en/opinion", strings.NewReader(form.Encode()))
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		r.RemoteAddr = "203.0.113.7:1"
		if got := p.send(r); got.status == http.StatusTooManyRequests {
			refused++
			if !strings.Contains(got.body, "an opinion") || !strings.Contains(got.body, "Too much was sent") || got.header.Get("Retry-After") != "120" {
				t.Fatalf("%s", got.body)
			}
		}
	}
	if refused != 8 || len(p.store.submissions) != 12 {
		t.Errorf("%d refused, %d kept", refused, len(p.store.submissions))
	}
	// What else is sent counts together with the forms.
	r := httptest.NewRequest(http.MethodPost, "/", nil)
	r.RemoteAddr = "203.0.113.7:1"
	if wait, ok := p.portal.Limiter().Allow(r); ok || wait != 2*time.Minute {
		t.Error("the limiter lets it in")
	}
}

// TestTooManyAtOnce holds requests in the store and looks what happens to others.
func TestTooManyAtOnce(t *testing.T) {
	p := newPlace(t, survey())
	p.store.mu.Lock()
	var wait sync.WaitGroup
	answers := make(chan int, 80)
	for i := range 80 {
		r := httptest.NewRequest(http.MethodPost, followPath, strings.NewReader(url.Values{"code": {"0000-0000-0000-00000"}}.Encode()))
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		r.RemoteAddr = fmt.Sprintf("203.0.113.%d:1", i)
		wait.Go(func() { answers <- p.send(r).status })
	}
	for range 16 {
		if got := <-answers; got != http.StatusServiceUnavailable {
			t.Errorf("%d, want 503", got)
		}
	}
	p.store.mu.Unlock()
	wait.Wait()
	close(answers)
	for got := range answers {
		if got != http.StatusNotFound {
			t.Errorf("one that waited: %d, want 404", got)
		}
	}
}

func TestMetrics(t *testing.T) {
	p, code := helped(t)
	p.follow(code)
	p.follow("x")
	p.post("/en/help", p.filled("/en/help"))
	p.store.err = store.ErrBusy
	p.post("/en/help", p.filled("/en/help", "f.request-text", "x"))
	const want = `
# HELP shequ_portal_submissions_total Forms sent, by kind of case and outcome: taken, again (it was sent before), refused (something to put right), limited, unavailable.
# TYPE shequ_portal_submissions_total counter
shequ_portal_submissions_total{kind="help-request",outcome="refused"} 1
shequ_portal_submissions_total{kind="help-request",outcome="taken"} 1
shequ_portal_submissions_total{kind="help-request",outcome="unavailable"} 1
# HELP shequ_portal_lookups_total Receipt codes entered, by outcome: found, unknown, refused (no receipt code), limited, unavailable.
# TYPE shequ_portal_lookups_total counter
shequ_portal_lookups_total{outcome="found"} 1
shequ_portal_lookups_total{outcome="refused"} 1
`
	if err := testutil.GatherAndCompare(p.registry, strings.NewReader(want), "shequ_portal_submissions_total", "shequ_portal_lookups_total"); err != nil {
		t.Error(err)
	}
	if problems, err := testutil.GatherAndLint(p.registry); err != nil || len(problems) > 0 {
		t.Error(problems, err)
	}
}

func TestNewSaysWhatIsMissing(t *testing.T) {
	for name, c := range map[string]resident.Config{
		"store": {Seal: glass{}, ReceiptsKey: make([]byte, 32)}, "seal": {Store: newFake(time.Now), ReceiptsKey: make([]byte, 32)},
		"key": {Store: newFake(time.Now), Seal: glass{}, ReceiptsKey: make([]byte, 31)},
	} {
		if _, err := resident.New(c); err == nil || !strings.Contains(err.Error(), "mount") {
			t.Errorf("without %s: %v", name, err)
		}
	}
	p, err := resident.New(resident.Config{Store: newFake(time.Now), Seal: glass{}, ReceiptsKey: bytes.Repeat([]byte{1}, 32), TrustedProxies: []netip.Prefix{}})
	if err != nil || p == nil {
		t.Error(err)
	}
}
