package serve

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// start runs a server on free ports and returns its addresses and its end.
func start(t *testing.T, s *Server) (public, admin string, stop context.CancelFunc, ended <-chan error) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	type pair struct{ public, admin string }
	addresses := make(chan pair, 1)
	s.Listen, s.ListenAdmin, s.Log = "127.0.0.1:0", "127.0.0.1:0", quiet
	s.Ready = func(p, a string) { addresses <- pair{p, a} }
	done := make(chan error, 1)
	go func() { done <- s.Run(ctx) }()
	select {
	case a := <-addresses:
		return "http://" + a.public, "http://" + a.admin, cancel, done
	case err := <-done:
		t.Fatal(err)
		return "", "", nil, nil
	}
}

func fetch(t *testing.T, client *http.Client, url string) (int, string) {
	t.Helper()
	r, err := client.Get(url)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = r.Body.Close() }()
	data, err := io.ReadAll(r.Body)
	if err != nil {
		t.Fatal(err)
	}
	return r.StatusCode, string(data)
}

func TestServerServesAndDrains(t *testing.T) {
	begun, release := make(chan struct{}), make(chan struct{})
	mux := http.NewServeMux()
	mux.HandleFunc("/slow", func(w http.ResponseWriter, _ *http.Request) {
		close(begun)
		<-release
		_, _ = io.WriteString(w, "done")
	})
	ready := errors.New("no content: mount it")
	health := NewHealth(func() error { return ready })
	s := &Server{Public: mux, Admin: Admin(health, prometheus.NewRegistry()), Health: health, DrainDelay: 300 * time.Millisecond, DrainTimeout: 5 * time.Second}
	public, admin, stop, ended := start(t, s)
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}

	if code, text := fetch(t, client, admin+"/readyz"); code != 503 || !strings.Contains(text, "mount it") {
		t.Errorf("readyz without content: %d %s", code, text)
	}
	ready = nil
	for path, want := range map[string]int{"/readyz": 200, "/healthz": 200, "/metrics": 200, "/other": 404} {
		if code, _ := fetch(t, client, admin+path); code != want {
			t.Errorf("%s: %d", path, code)
		}
	}
	answer := make(chan string, 1)
	go func() {
		r, err := client.Get(public + "/slow")
		if err != nil {
			answer <- err.Error()
			return
		}
		data, _ := io.ReadAll(r.Body)
		_ = r.Body.Close()
		answer <- string(data)
	}()
	<-begun
	stop()
	time.Sleep(100 * time.Millisecond)
	if code, text := fetch(t, client, admin+"/readyz"); code != 503 || !strings.Contains(text, "stopping") {
		t.Errorf("readyz while draining: %d %s", code, text)
	}
	if code, _ := fetch(t, client, admin+"/healthz"); code != 200 {
		t.Errorf("healthz while draining: %d", code)
	}
	close(release)
	if got := <-answer; got != "done" {
		t.Errorf("the request under way got %q", got)
	}
	if err := <-ended; err != nil {
		t.Error(err)
	}
	client.CloseIdleConnections()
}

func TestServerNamesThePortItCannotOpen(t *testing.T) {
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = taken.Close() }()
	for _, s := range []*Server{
		{Listen: taken.Addr().String(), ListenAdmin: "127.0.0.1:0"},
		{Listen: "127.0.0.1:0", ListenAdmin: taken.Addr().String()},
	} {
		s.Log = quiet
		if err := s.Run(t.Context()); err == nil || !strings.Contains(err.Error(), "choose a free port") {
			t.Errorf("%v", err)
		}
	}
}

func TestServerRefusesHugeHeaders(t *testing.T) {
	h, registry := sampleHandler()
	health := NewHealth(func() error { return nil })
	s := &Server{Public: h, Admin: Admin(health, registry), Health: health, DrainTimeout: time.Second}
	public, _, stop, ended := start(t, s)
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	request := httptest.NewRequest("GET", public+"/en/", nil)
	request.RequestURI = ""
	request.Header.Set("Accept-Language", strings.Repeat("en,", 20<<10))
	r, err := client.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	_ = r.Body.Close()
	if r.StatusCode != http.StatusRequestHeaderFieldsTooLarge {
		t.Errorf("%s", r.Status)
	}
	stop()
	if err := <-ended; err != nil {
		t.Error(err)
	}
}

func TestConnectionsAreLimited(t *testing.T) {
	inner, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	l := limit(inner, 1)
	for range 2 {
		dialled, err := net.Dial("tcp", inner.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = dialled.Close() }()
	}
	first, err := l.Accept()
	if err != nil {
		t.Fatal(err)
	}
	second := make(chan error, 1)
	go func() {
		conn, err := l.Accept()
		if err == nil {
			err = conn.Close()
		}
		second <- err
	}()
	select {
	case <-second:
		t.Error("a second connection was accepted beyond the limit")
	case <-time.After(50 * time.Millisecond):
	}
	_ = first.Close()
	_ = first.Close() // closing twice frees one slot only
	if err := <-second; err != nil {
		t.Error(err)
	}
	if err := l.Close(); err != nil {
		t.Error(err)
	}
	if _, err := l.Accept(); !errors.Is(err, net.ErrClosed) {
		t.Errorf("accept after close: %v", err)
	}
}
