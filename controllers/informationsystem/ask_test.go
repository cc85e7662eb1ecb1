package informationsystem

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/shequ-io/shequ/api/v1alpha1"
	"github.com/shequ-io/shequ/internal/credentials"
)

// loopback is the egress of a server of these tests.
func loopback(address string) []v1alpha1.EgressPeer {
	_, port, _ := strings.Cut(address, ":")
	var n int32
	if _, err := fmt.Sscan(port, &n); err != nil {
		panic(err)
	}
	return []v1alpha1.EgressPeer{{CIDR: "127.0.0.0/8", Port: n}}
}

func TestAsk(t *testing.T) {
	t.Parallel()
	var elsewhere atomic.Int64
	away := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { elsewhere.Add(1) }))
	t.Cleanup(away.Close)
	release := make(chan struct{})
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/slow":
			<-release
		case "/moved":
			http.Redirect(w, r, away.URL, http.StatusFound)
		case "/closed":
			w.WriteHeader(http.StatusUnauthorized)
		case "/broken":
			w.WriteHeader(http.StatusBadGateway)
		case "/none":
			http.NotFound(w, r)
		}
	}))
	t.Cleanup(server.Close)
	t.Cleanup(func() {
		close(release)
		if elsewhere.Load() != 0 {
			t.Error("a redirect was followed")
		}
	})
	nobody, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	_ = nobody.Close() // a port at which nothing listens
	here, gone := server.Listener.Addr().String(), nobody.Addr().String()
	_, port, _ := strings.Cut(here, ":")
	page := func(path string) *target {
		return &target{address: here, url: server.URL + path, egress: loopback(here), timeout: 20 * time.Second}
	}
	slow := page("/slow")
	slow.timeout = 100 * time.Millisecond
	for name, test := range map[string]struct {
		target   *target
		answered bool
		want     string
	}{
		"connection":       {&target{address: here, egress: loopback(here), timeout: 20 * time.Second}, true, "takes connections"},
		"by name":          {&target{address: "localhost:" + port, egress: loopback(here), timeout: 20 * time.Second}, true, "takes connections"},
		"page":             {page("/"), true, "answers at spec.probe.path"},
		"not let in":       {page("/closed"), true, "answers at spec.probe.path"},
		"moved":            {page("/moved"), true, "answers at spec.probe.path"},
		"no page":          {page("/none"), false, "has nothing at spec.probe.path; correct it"},
		"out of order":     {page("/broken"), false, "out of order; ask who runs it"},
		"slow":             {slow, false, "did not answer within spec.probe.timeoutSeconds; see whether"},
		"no page possible": {page("/%zz"), false, "make no URL; correct them"},
		"nobody":           {&target{address: gone, egress: loopback(gone), timeout: 20 * time.Second}, false, "there is no connection to the system; see whether it runs"},
		"outside": {
			&target{address: "localhost:" + port, egress: []v1alpha1.EgressPeer{{CIDR: "192.0.2.0/24", Port: 443}}, timeout: 20 * time.Second}, false, "outside spec.egress, which couriers may not reach either",
		},
		"page outside": {&target{url: server.URL, timeout: 20 * time.Second}, false, "outside spec.egress"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := ask(t.Context(), test.target); got.answered != test.answered || !strings.Contains(got.message, test.want) {
				t.Errorf("%+v, want it to say %q", got, test.want)
			}
		})
	}
}

func TestAskWithCertificates(t *testing.T) {
	t.Parallel()
	a, b := newAuthority(t), newAuthority(t)
	server := a.serve("", http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	t.Cleanup(server.Close)
	here := server.Listener.Addr().String()
	good, other := a.client(time.Now().Add(time.Hour)), b.client(time.Now().Add(time.Hour))
	for name, test := range map[string]struct {
		ca       []byte
		shown    map[string][]byte
		answered bool
		want     string
	}{
		"both know each other": {a.pem, good, true, "answers"},
		"strange authority":    {b.pem, good, false, "put its authority into ca.crt"},
		"public roots":         {nil, good, false, "put its authority into ca.crt"},
		"strange client":       {a.pem, other, false, "refuses the TLS connection; see whether it takes the certificate"},
		"nobody":               {a.pem, nil, false, "refuses the TLS connection"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := ask(t.Context(), &target{
				address: here, url: "https://" + here + "/health", egress: loopback(here), timeout: 20 * time.Second,
				ca: test.ca, certificate: test.shown[credentials.Certificate], key: test.shown[credentials.PrivateKey],
			})
			if got.answered != test.answered || !strings.Contains(got.message, test.want) {
				t.Errorf("%+v, want it to say %q", got, test.want)
			}
		})
	}
}

// What went wrong names neither a host nor an address.
func TestUnansweredNamesNobody(t *testing.T) {
	t.Parallel()
	for want, err := range map[string]error{
		"name is not known":    &net.OpError{Op: "dial", Err: &net.DNSError{Err: "no such host", Name: "SENTINEL", IsNotFound: true}},
		"did not answer":       fmt.Errorf("get SENTINEL: %w", context.DeadlineExceeded),
		"there is no":          &net.OpError{Op: "dial", Addr: &net.TCPAddr{IP: net.IPv4(192, 0, 2, 1)}, Err: net.ErrClosed},
		"outside spec.egress":  &net.OpError{Op: "dial", Err: errOutside},
		"within spec.probe.ti": &net.DNSError{Err: "SENTINEL", IsTimeout: true},
	} {
		if got := unanswered(err); !strings.Contains(got, want) || strings.Contains(got, "SENTINEL") || strings.Contains(got, "192.0.2.1") {
			t.Errorf("%v: %s", err, got)
		}
	}
}
