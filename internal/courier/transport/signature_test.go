package transport

import (
	"context"
	"encoding/base64"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

var (
	aKey = []byte("0123456789abcdef0123456789abcdef")
	t0   = time.Date(2026, 9, 1, 8, 0, 0, 0, time.UTC)
)

func verifier(now func() time.Time) *Verifier {
	return &Verifier{Keys: map[string][]byte{"k1": aKey, "empty": nil}, Nonces: NewMemoryNonces(100, now)}
}

// The signature is a format others compute: this one is openssl's.
func TestSignatureIsAsDocumented(t *testing.T) {
	got := base64.StdEncoding.EncodeToString(mac([]byte("a-made-up-key"), "POST", "/api/v1/cases", "2026-09-01T00:00:00Z", "AAAAAAAAAAAAAAAAAAAAAA", []byte(`{"course-title":"x"}`)))
	if want := "T3RO305og3i8W3iNihyovkqSTv5v1W4w8q2zQTBePdM="; got != want {
		t.Errorf("%s, want %s", got, want)
	}
}

func signed(now time.Time) *http.Request {
	req := httptest.NewRequest(http.MethodPost, "https://x/api/v1/%E4%B8%AD", strings.NewReader(body))
	(&Signature{"k1", aKey}).Sign(req, []byte(body), now)
	return req
}

func TestVerify(t *testing.T) {
	now := t0
	v := verifier(func() time.Time { return now })
	if err := v.Verify(signed(now), []byte(body), now); err != nil {
		t.Fatal(err)
	}
	for name, x := range map[string]struct {
		spoil func(*http.Request)
		want  error
	}{
		"none":           {func(r *http.Request) { r.Header = http.Header{} }, ErrUnsigned},
		"no nonce":       {func(r *http.Request) { r.Header.Del(HeaderNonce) }, ErrUnsigned},
		"two nonces":     {func(r *http.Request) { r.Header.Add(HeaderNonce, "x") }, ErrUnsigned},
		"another nonce":  {func(r *http.Request) { r.Header.Set(HeaderNonce, strings.Repeat("A", 24)) }, ErrUnsigned},
		"method":         {func(r *http.Request) { r.Method = http.MethodPut }, ErrUnsigned},
		"path":           {func(r *http.Request) { r.URL.Path += "/" }, ErrUnsigned},
		"query":          {func(r *http.Request) { r.URL.RawQuery = "a=b" }, ErrUnsigned},
		"unknown key":    {func(r *http.Request) { r.Header.Set(HeaderKeyID, "k2") }, ErrUnsigned},
		"no base64":      {func(r *http.Request) { r.Header.Set(HeaderSignature, "%") }, ErrUnsigned},
		"a later time":   {func(r *http.Request) { r.Header.Set(HeaderTimestamp, "2026-09-01T08:00:01Z") }, ErrUnsigned},
		"signed by none": {func(r *http.Request) { (&Signature{"empty", nil}).Sign(r, []byte(body), now) }, ErrUnsigned},
		"too old":        {func(r *http.Request) { (&Signature{"k1", aKey}).Sign(r, []byte(body), now.Add(-301*time.Second)) }, ErrOld},
		"too new":        {func(r *http.Request) { (&Signature{"k1", aKey}).Sign(r, []byte(body), now.Add(301*time.Second)) }, ErrOld},
		"just in time":   {func(r *http.Request) { (&Signature{"k1", aKey}).Sign(r, []byte(body), now.Add(-300*time.Second)) }, nil},
	} {
		r := signed(now)
		x.spoil(r)
		if err := v.Verify(r, []byte(body), now); !errors.Is(err, x.want) {
			t.Errorf("%s: %v, want %v", name, err, x.want)
		}
	}
	if err := v.Verify(signed(now), []byte(body+" "), now); !errors.Is(err, ErrUnsigned) {
		t.Error("another body:", err)
	}
}

// As long as a signature is taken at all, it is taken once.
func TestNothingIsReplayed(t *testing.T) {
	now := t0
	v := verifier(func() time.Time { return now })
	r := signed(t0.Add(4 * time.Minute)) // by a clock that is ahead
	if err := v.Verify(r, []byte(body), now); err != nil {
		t.Fatal(err)
	}
	for ; now.Before(t0.Add(20 * time.Minute)); now = now.Add(7 * time.Second) {
		if err := v.Verify(r, []byte(body), now); !errors.Is(err, ErrReplayed) && !errors.Is(err, ErrOld) {
			t.Fatalf("after %v: %v", now.Sub(t0), err)
		}
	}
	var first atomic.Int64
	var group sync.WaitGroup
	again := signed(now)
	for range 20 {
		group.Go(func() {
			if v.Verify(again, []byte(body), now) == nil {
				first.Add(1)
			}
		})
	}
	if group.Wait(); first.Load() != 1 {
		t.Errorf("%d of twenty at once were first", first.Load())
	}
}

// What can't be remembered is refused: to forget would be to let in.
func TestNoncesAreBounded(t *testing.T) {
	now := t0
	n := NewMemoryNonces(3, func() time.Time { return now })
	ask := func(nonce string) string {
		ok, err := n.First(context.Background(), "k", nonce, now.Add(time.Minute))
		switch {
		case err != nil:
			return "refused"
		case ok:
			return "first"
		}
		return "again"
	}
	for _, x := range []struct{ nonce, want string }{{"a", "first"}, {"b", "first"}, {"a", "again"}, {"c", "first"}, {"d", "refused"}, {"b", "again"}} {
		if got := ask(x.nonce); got != x.want {
			t.Errorf("%s: %s", x.nonce, got)
		}
	}
	if now = now.Add(time.Minute); ask("d") != "first" || ask("a") != "first" {
		t.Error("what is over is not forgotten")
	}
}

func TestSignedMessage(t *testing.T) {
	v := verifier(time.Now)
	s := serve(t, func(w http.ResponseWriter, r *http.Request) {
		if err := v.Verify(r, []byte(body), time.Now()); err != nil {
			answer(401, "{}")(w, r)
			return
		}
		answer(200, "{}")(w, r)
	}, nil)
	// What is signed is the path as it arrives, however the address is written.
	for _, path := range []string{"/api/v1", "", "/", "/a//b/", "/a%2Fb", "/中/a b", "/a+b;c=d,e@f:g!h'(i)*"} {
		x := must(NewHTTP(HTTP{BaseURL: s.URL + path, Signature: &Signature{"k1", aKey}}))
		t.Cleanup(x.Close)
		for range 2 { // tried again it is signed anew
			if _, err := x.Send(t.Context(), message, message.Key()); err != nil {
				t.Errorf("%q: %v", path, err)
			}
		}
	}
}

func FuzzVerify(f *testing.F) {
	// Drawn anew it would differ in each process of the fuzzer.
	at, nonce, path := "2026-09-01T08:00:00Z", strings.Repeat("A", 24), "/api/v1/%E4%B8%AD"
	signature := base64.StdEncoding.EncodeToString(mac(aKey, http.MethodPost, path, at, nonce, []byte(body)))
	f.Add("k1", at, nonce, signature, "/api/v1/中", body)
	f.Fuzz(func(t *testing.T, id, a, n, s, p, text string) {
		r := signed(t0)
		r.URL.Path, r.URL.RawPath = p, ""
		for name, value := range map[string]string{HeaderKeyID: id, HeaderTimestamp: a, HeaderNonce: n, HeaderSignature: s} {
			r.Header[name] = []string{value}
		}
		err := verifier(func() time.Time { return t0 }).Verify(r, []byte(text), t0)
		if right := id == "k1" && a == at && n == nonce && r.URL.EscapedPath() == path && text == body; err == nil && !right || right && s == signature && err != nil {
			t.Errorf("%v", err)
		}
	})
}
