package transport

import (
	"context"
	"crypto/tls"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/shequ-io/shequ/internal/courier"
)

func TestMessageOverHTTP(t *testing.T) {
	s := serve(t, answer(200, `{"outcome":"accepted"}`), nil)
	out, err := send(t, must(NewHTTP(HTTP{BaseURL: s.URL + "/api/v1"})))
	if err != nil || out.Status != 200 || string(out.Body) != `{"outcome":"accepted"}` {
		t.Fatal(out, err)
	}
	r := s.got[0]
	if r.Method != "POST" || r.URL.Path != "/api/v1" || s.sent[0] != body {
		t.Errorf("%s %s %s", r.Method, r.URL, s.sent[0])
	}
	for name, want := range map[string]string{
		"Idempotency-Key": string(message.Key()), "Shequ-Case": "c-1", "Shequ-Purpose": "family-doctor-appointments", "Shequ-Sequence": "4",
		"Shequ-Salt": "0123456789abcdef", "Content-Type": "application/json; charset=utf-8", "Accept": "application/json", "User-Agent": "shequ-courier", "Accept-Encoding": "",
	} {
		if r.Header.Get(name) != want {
			t.Errorf("%s: %q", name, r.Header.Get(name))
		}
	}
}

// faults are what a system may do, and what comes of it.
var faults = map[string]struct {
	handle http.HandlerFunc
	want   string
	after  time.Duration
}{
	"empty":          {answer(204, ""), "answer 204", 0},
	"refused":        {answer(422, `{"outcome":"rejected"}`), "refused 422 with body", 0},
	"refused, HTML":  {answer(404, "<html>said by the system"), "refused 404", 0},
	"refused, huge":  {answer(400, `"`+strings.Repeat("x", 5000)+`"`), "refused 400", 0},
	"no JSON":        {answer(200, "<html>said by the system"), "unreadable", 0},
	"two objects":    {answer(200, "{}{}"), "unreadable", 0},
	"huge":           {answer(200, `"`+strings.Repeat("x", 5000)+`"`), "unreadable", 0},
	"broken":         {answer(500, "said by the system"), "retry", 0},
	"busy":           {answer(503, "", "Retry-After", "7"), "retry", 7 * time.Second},
	"too many":       {answer(429, "", "Retry-After", "999999"), "retry", time.Hour},
	"for ever":       {answer(429, "", "Retry-After", "99999999999999999999"), "retry", time.Hour},
	"at a far time":  {answer(503, "", "Retry-After", "Fri, 31 Dec 2199 23:59:59 GMT"), "retry", time.Hour},
	"no such time":   {answer(429, "", "Retry-After", "soon"), "retry", 0},
	"negative":       {answer(429, "", "Retry-After", "-5"), "retry", 0},
	"at a time past": {answer(429, "", "Retry-After", "Mon, 02 Jan 2006 15:04:05 GMT"), "retry", 0},
	"conflict":       {answer(409, "{}"), "retry", 0},
	"not let in":     {answer(401, "{}"), "retry", 0},
	"forbidden":      {answer(403, "{}"), "retry", 0},
	"slow":           {func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }, "retry", 0},
	"slow body": {func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.WriteString(w, `{"a":`)
		w.(http.Flusher).Flush()
		<-r.Context().Done()
	}, "retry", 0},
	"cut short": {func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Length", "100")
		_, _ = io.WriteString(w, `{"a":1}`)
	}, "retry", 0},
	"dropped": {func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }, "retry", 0},
	"huge header": {func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("X-Long", strings.Repeat("x", 200<<10))
		w.WriteHeader(200)
	}, "retry", 0},
	"compressed": {answer(200, "\x1f\x8b\x08\x00", "Content-Encoding", "gzip"), "unreadable", 0},
}

func TestFaults(t *testing.T) {
	for name, x := range faults {
		t.Run(name, func(t *testing.T) {
			s := serve(t, x.handle, nil)
			out, err := send(t, must(NewHTTP(HTTP{BaseURL: s.URL, Limits: quick})))
			if got := told(out, err); got != x.want {
				t.Errorf("%s (%v), want %s", got, err, x.want)
			}
			var again *RetryableError
			if errors.As(err, &again) && again.After != x.after {
				t.Errorf("left alone for %v, want %v", again.After, x.after)
			}
			if n := s.requests(); n != 1 {
				t.Errorf("asked %d times", n)
			}
		})
	}
}

func told(a courier.Answer, err error) string {
	var retry *RetryableError
	var refused *RefusedError
	var unreadable *UnreadableError
	switch {
	case err == nil:
		return fmt.Sprintf("answer %d", a.Status)
	case errors.As(err, &retry):
		return "retry"
	case errors.As(err, &refused) && a.Body != nil:
		return fmt.Sprintf("refused %d with body", refused.Status)
	case errors.As(err, &refused):
		return fmt.Sprintf("refused %d", refused.Status)
	case errors.As(err, &unreadable):
		return "unreadable"
	}
	return "an error of another kind"
}

// Who is not let in is told of the clocks where they are the reason, and of credentials
// where not.
func TestClocksApart(t *testing.T) {
	for ago, want := range map[time.Duration]string{0: "credentials", 4 * time.Minute: "credentials", -time.Hour: "set the clocks", 6 * time.Minute: "set the clocks"} {
		for _, status := range []int{401, 403} {
			s := serve(t, answer(status, "{}", "Date", time.Now().Add(-ago).UTC().Format(http.TimeFormat)), nil)
			if _, err := send(t, must(NewHTTP(HTTP{BaseURL: s.URL}))); err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("%d, %v: %v", status, ago, err)
			}
		}
	}
	s := serve(t, answer(401, "{}", "Date", "soon"), nil)
	if _, err := send(t, must(NewHTTP(HTTP{BaseURL: s.URL}))); err == nil || !strings.Contains(err.Error(), "credentials") {
		t.Error(err)
	}
}

// Nobody else gets a message, however a system redirects.
func TestNoRedirectIsFollowed(t *testing.T) {
	elsewhere := serve(t, answer(200, "{}"), nil)
	for _, status := range []int{301, 302, 303, 307, 308} {
		s := serve(t, answer(status, "", "Location", elsewhere.URL), nil)
		if out, err := send(t, must(NewHTTP(HTTP{BaseURL: s.URL}))); told(out, err) != "retry" {
			t.Errorf("%d: %v", status, err)
		}
	}
	if elsewhere.requests() != 0 {
		t.Error("a redirect was followed")
	}
}

// A system that answers one message twice does not answer the next with it.
func TestDuplicateAnswers(t *testing.T) {
	l := must((&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0"))
	done := make(chan struct{})
	go func() {
		defer close(done)
		for n := 0; ; n++ {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			buffer := make([]byte, 4096)
			_, _ = conn.Read(buffer)
			for range 2 {
				text := fmt.Sprintf(`{"n":%d}`, n)
				fmt.Fprintf(conn, "HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s", len(text), text)
			}
			_, _ = conn.Read(buffer) // until the client hangs up
			conn.Close()
		}
	}()
	s := must(NewHTTP(HTTP{BaseURL: "http://" + l.Addr().String(), Limits: Limits{Timeout: 10 * time.Second}}))
	for n := range 3 {
		out, err := s.Send(t.Context(), message, message.Key())
		if err != nil || string(out.Body) != fmt.Sprintf(`{"n":%d}`, n) {
			t.Errorf("message %d is answered %s, %v", n, out.Body, err)
		}
	}
	s.Close()
	l.Close()
	<-done
}

// Whatever a name stands for: what a machine keeps on its link for itself is no system.
func TestNothingOfTheLink(t *testing.T) {
	for _, at := range []string{"169.254.169.254", "[fe80::1]", "[::ffff:169.254.1.1]", "224.0.0.1", "0.0.0.0", "[::]"} {
		out, err := send(t, must(NewHTTP(HTTP{BaseURL: "http://" + at + "/latest", Limits: Limits{Timeout: 10 * time.Second}})))
		if told(out, err) != "retry" || !strings.Contains(err.Error(), "no system's") {
			t.Errorf("%s: %v", at, err)
		}
	}
}

func TestNoSystem(t *testing.T) {
	l := must((&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0"))
	address := l.Addr().String()
	l.Close()
	for _, at := range []string{"http://" + address, "http://does-not-exist.invalid"} {
		if out, err := send(t, must(NewHTTP(HTTP{BaseURL: at, Limits: Limits{Timeout: 10 * time.Second}}))); told(out, err) != "retry" {
			t.Error(err)
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	s := must(NewHTTP(HTTP{BaseURL: "http://" + address}))
	if out, err := s.Send(ctx, message, message.Key()); told(out, err) != "retry" || !strings.Contains(err.Error(), "broken off") {
		t.Error(err)
	}
}

func TestTLS(t *testing.T) {
	ours, theirs := newPKI(), newPKI()
	cert, key := ours.issue("courier")
	strangerCert, strangerKey := theirs.issue("courier")
	old := ours.server()
	old.MinVersion, old.MaxVersion = tls.VersionTLS10, tls.VersionTLS11
	asking := ours.server()
	asking.ClientAuth = tls.RequireAndVerifyClientCert
	for name, x := range map[string]struct {
		server *tls.Config
		tls    TLS
		want   string
		why    string
	}{
		"trusted":          {ours.server(), TLS{CA: ours.pem}, "answer 200", ""},
		"mutual":           {asking, TLS{CA: ours.pem, Certificate: cert, Key: key}, "answer 200", ""},
		"another's":        {theirs.server(), TLS{CA: ours.pem}, "retry", "not trusted"},
		"not of the roots": {ours.server(), TLS{}, "retry", "not trusted"},
		"no certificate":   {asking, TLS{CA: ours.pem}, "retry", ""},
		"a stranger's":     {asking, TLS{CA: ours.pem, Certificate: strangerCert, Key: strangerKey}, "retry", ""},
		"TLS 1.1":          {old, TLS{CA: ours.pem}, "retry", ""},
	} {
		t.Run(name, func(t *testing.T) {
			s := serve(t, answer(200, "{}"), x.server)
			out, err := send(t, must(NewHTTP(HTTP{BaseURL: s.URL, TLS: x.tls, Limits: Limits{Timeout: 10 * time.Second}})))
			if told(out, err) != x.want || err != nil && !strings.Contains(err.Error(), x.why) {
				t.Errorf("%v, want %s", err, x.want)
			}
			if (s.requests() > 0) != (x.want != "retry") {
				t.Error("a message went to a stranger")
			}
		})
	}
}

func TestWhatIsNoSystem(t *testing.T) {
	cert, key := newPKI().issue("courier")
	for name, h := range map[string]HTTP{
		"no URL":       {},
		"a scheme":     {BaseURL: "ftp://x"},
		"a user":       {BaseURL: "https://u:client-secret-value@x"},
		"a query":      {BaseURL: "https://x?a=b"},
		"both":         {BaseURL: "https://x", OAuth2: &OAuth2{TokenURL: "https://x", ClientID: "a", Secret: "b"}, Signature: &Signature{"a", make([]byte, 32)}},
		"plain mTLS":   {BaseURL: "http://x", TLS: TLS{Certificate: cert, Key: key}},
		"no CA":        {BaseURL: "https://x", TLS: TLS{CA: []byte("client-secret-value")}},
		"half a pair":  {BaseURL: "https://x", TLS: TLS{Certificate: cert}},
		"no token URL": {BaseURL: "https://x", OAuth2: &OAuth2{ClientID: "a", Secret: "b"}},
		"no secret":    {BaseURL: "https://x", OAuth2: &OAuth2{TokenURL: "https://x", ClientID: "a"}},
		"a short key":  {BaseURL: "https://x", Signature: &Signature{"a", []byte("short")}},
		"a key id":     {BaseURL: "https://x", Signature: &Signature{"a b", make([]byte, 32)}},
	} {
		if _, err := NewHTTP(h); err == nil {
			t.Errorf("%s is a system", name)
		} else {
			clean(t, err)
		}
	}
}

func TestAlertOfTLS(t *testing.T) {
	err := failed(&url.Error{Op: "Post", URL: "https://127.0.0.1/" + secret, Err: &net.OpError{Op: "remote error", Err: errors.New("tls: bad certificate")}})
	if clean(t, err); !strings.Contains(err.Error(), "tls.crt") {
		t.Error(err)
	}
}

// A message too long for any system is not even tried.
func TestMessageTooLong(t *testing.T) {
	s := serve(t, answer(200, "{}"), nil)
	long := message
	long.Fields = []courier.Field{{Name: "a", Value: strings.Repeat(secret, 1<<17)}}
	x := must(NewHTTP(HTTP{BaseURL: s.URL}))
	out, err := x.Send(t.Context(), long, long.Key())
	if x.Close(); told(out, err) != "refused 0" || s.requests() != 0 {
		t.Error(err)
	}
	clean(t, err)
}

// Over HTTP/1.1 each message has a connection of its own; over HTTP/2, where answers
// say what they are to, a connection carries many.
func TestConnections(t *testing.T) {
	for _, c := range []struct {
		two  bool
		most int64
		want int64
	}{{false, 5, 5}, {true, 2, 1}} {
		var opened atomic.Int64
		server := httptest.NewUnstartedServer(answer(200, `{}`))
		server.EnableHTTP2 = c.two
		server.Config.ConnState = func(_ net.Conn, state http.ConnState) {
			if state == http.StateNew {
				opened.Add(1)
			}
		}
		server.StartTLS()
		t.Cleanup(server.Close)
		ca := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw})
		s := must(NewHTTP(HTTP{BaseURL: server.URL, TLS: TLS{CA: ca}}))
		for range 5 {
			if _, err := send(t, s); err != nil {
				t.Fatal(err)
			}
		}
		if n := opened.Load(); n < c.want || n > c.most {
			t.Errorf("HTTP/2 %v: %d connections for 5 messages", c.two, n)
		}
	}
}
