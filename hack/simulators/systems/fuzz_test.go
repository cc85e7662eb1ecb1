package systems

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

// FuzzBodies: no body ends a system, and each has an answer that is JSON.
func FuzzBodies(f *testing.F) {
	for _, body := range good {
		f.Add([]byte(body))
	}
	for _, body := range []string{
		"", "null", "[]", "{", "{}{}", `{"elements":null}`, `{"elements":{"a":{}}}`, `{"sequence":1e9}`, `{"sequence":-1}`, `{"figures":[1]}`,
		`{"period":"2026-08","figures":{"late":9999999999999999}}`, `{"elements":{"household-income":"-0.0001","household-size":"000000000000001"}}`,
		strings.Repeat(`{"a":`, 2000) + "1" + strings.Repeat("}", 2000), "\xff\xfe",
	} {
		f.Add([]byte(body))
	}
	c := newClock()
	f.Fuzz(func(t *testing.T, body []byte) {
		for _, kind := range Kinds() {
			if kind.Protocol == SFTP {
				continue
			}
			s := &System{kind: kind, book: newBook(kind, c.now), ctx: t.Context(), guard: open{}}
			r := httptest.NewRequest(http.MethodPost, basePath, strings.NewReader(string(body)))
			r.Header.Set("Content-Type", "application/json")
			r.Header.Set(HeaderKey, "k")
			w := httptest.NewRecorder()
			s.handler().ServeHTTP(w, r)
			if !json.Valid(w.Body.Bytes()) || w.Code != http.StatusOK && w.Code != http.StatusBadRequest {
				t.Errorf("%s: %d %q", kind.Name, w.Code, w.Body)
			}
		}
	})
}

type open struct{}

func (open) check(*http.Request, []byte) *refusal { return nil }

// FuzzGuards: no header ends a guard, and none but the right ones pass.
func FuzzGuards(f *testing.F) {
	f.Add("communities", "2026-09-01T04:00:00Z", "AAAAAAAAAAAAAAAAAAAAAA", "AAAA", "EXAMPLE/GOV/DISTRICT/communities", "/r1/EXAMPLE/GOV/CITY/x/y")
	f.Add("k", "", "=", "", "a/b/c%", "/r1/%2F/%/a/b")
	c := newClock()
	signed := &signatures{shared: shared{id: "k", key: []byte("made up")}, now: c.now, nonces: newFresh()}
	bearer := &tokens{client: []byte("c"), secret: []byte("s"), now: c.now, issued: map[string]grant{}}
	road := securityServer{service: "EXAMPLE/GOV/CITY/x/y", plain: true}
	f.Fuzz(func(t *testing.T, id, timestamp, nonce, signature, client, path string) {
		r := httptest.NewRequest(http.MethodPost, basePath, http.NoBody)
		r.Header = http.Header{
			HeaderKeyID: {id}, HeaderTimestamp: {timestamp}, HeaderNonce: {nonce}, HeaderSignature: {signature},
			xRoadClientHeader: {client}, "Authorization": {"Bearer " + signature},
		}
		r.URL.Path = path
		if signed.check(r, nil) == nil || bearer.check(r, nil) == nil {
			t.Error("passes")
		}
		if refused := road.check(r, nil); refused == nil && (client != XRoadClient && !strings.Contains(client, "%") || !strings.HasPrefix(path, "/r1/EXAMPLE/GOV/CITY/x/y")) {
			t.Errorf("%q %q pass", client, path)
		}
	})
}
