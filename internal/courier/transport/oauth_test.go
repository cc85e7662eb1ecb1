package transport

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// authority gives out tokens t1, t2 and so on.
func authority(t *testing.T, given *atomic.Int64) *system {
	t.Helper()
	return serve(t, func(w http.ResponseWriter, r *http.Request) {
		id, pass, _ := r.BasicAuth()
		if r.ParseForm() != nil || id != "courier" || pass != "client-secret-value" || r.Form.Get("grant_type") != "client_credentials" || r.Form.Get("scope") != "cases:write" {
			answer(401, `{"error":"invalid_client","error_description":"said by the system"}`, "Content-Type", "application/json")(w, r)
			return
		}
		answer(200, fmt.Sprintf(`{"access_token":"t%d","token_type":"Bearer","expires_in":3600}`, given.Add(1)), "Content-Type", "application/json")(w, r)
	}, nil)
}

func TestOAuth2(t *testing.T) {
	var given atomic.Int64
	tokens := authority(t, &given)
	var revoked atomic.Bool
	s := serve(t, func(w http.ResponseWriter, r *http.Request) {
		token := r.Header.Get("Authorization")
		if token == "Bearer t1" && revoked.Load() || !strings.HasPrefix(token, "Bearer t") {
			answer(401, "{}")(w, r)
			return
		}
		answer(200, "{}")(w, r)
	}, nil)
	o := &OAuth2{TokenURL: tokens.URL, ClientID: "courier", Secret: "client-secret-value", Scopes: []string{"cases:write"}}
	x := must(NewHTTP(HTTP{BaseURL: s.URL, OAuth2: o}))
	t.Cleanup(x.Close)
	var group sync.WaitGroup
	for range 10 {
		group.Go(func() {
			if _, err := x.Send(t.Context(), message, message.Key()); err != nil {
				t.Error(err)
			}
		})
	}
	if group.Wait(); given.Load() != 1 {
		t.Errorf("%d tokens for ten messages", given.Load())
	}
	revoked.Store(true)
	if _, err := x.Send(t.Context(), message, message.Key()); err != nil || given.Load() != 2 {
		t.Errorf("after the token was revoked: %v, %d tokens", err, given.Load())
	}
}

func TestNoToken(t *testing.T) {
	var given atomic.Int64
	right := authority(t, &given)
	for name, url := range map[string]string{
		"wrong secret": right.URL,
		"no JSON":      serve(t, answer(200, "said by the system"), nil).URL,
		"no token":     serve(t, answer(200, `{"access_token":""}`, "Content-Type", "application/json"), nil).URL,
		"broken":       serve(t, answer(500, "said by the system"), nil).URL,
		"another type": serve(t, answer(200, `{"access_token":"t1","token_type":"mac"}`, "Content-Type", "application/json"), nil).URL,
		"elsewhere":    serve(t, answer(307, "", "Location", right.URL), nil).URL,
		"slow":         serve(t, func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }, nil).URL,
	} {
		t.Run(name, func(t *testing.T) {
			s := serve(t, answer(200, "{}"), nil)
			o := &OAuth2{TokenURL: url, ClientID: "courier", Secret: "client-secret-value", Scopes: []string{"cases:read"}}
			out, err := send(t, must(NewHTTP(HTTP{BaseURL: s.URL, OAuth2: o, Limits: quick})))
			if told(out, err) != "retry" || s.requests() != 0 {
				t.Errorf("%v, asked %d times", err, s.requests())
			}
		})
	}
	// Who asks to be left alone is, also where tokens come from.
	busy := serve(t, answer(429, `{"error":"temporarily_unavailable"}`, "Content-Type", "application/json", "Retry-After", "7"), nil)
	_, err := send(t, must(NewHTTP(HTTP{BaseURL: busy.URL, OAuth2: &OAuth2{TokenURL: busy.URL, ClientID: "courier", Secret: "client-secret-value"}})))
	if again, is := errors.AsType[*RetryableError](err); !is || again.After != 7*time.Second || again.Status != 429 {
		t.Errorf("a token endpoint that is busy: %v", err)
	}
	if n := busy.requests(); n != 1 {
		t.Errorf("a token endpoint that is busy is asked %d times", n)
	}
	// One that never takes our token is asked twice, not for ever.
	s := serve(t, answer(401, "{}"), nil)
	o := &OAuth2{TokenURL: right.URL, ClientID: "courier", Secret: "client-secret-value", Scopes: []string{"cases:write"}}
	if out, err := send(t, must(NewHTTP(HTTP{BaseURL: s.URL, OAuth2: o, Limits: Limits{Timeout: 10 * time.Second}}))); told(out, err) != "retry" || s.requests() != 2 {
		t.Errorf("%v, asked %d times", err, s.requests())
	}
}

// A server that takes credentials in the form alone is found out once.
func TestCredentialsInTheForm(t *testing.T) {
	tokens := serve(t, func(w http.ResponseWriter, r *http.Request) {
		if _, _, basic := r.BasicAuth(); basic || r.ParseForm() != nil || r.Form.Get("client_secret") != "client-secret-value" {
			answer(401, `{"error":"invalid_client"}`, "Content-Type", "application/json")(w, r)
			return
		}
		answer(200, `{"access_token":"t","token_type":"bearer","expires_in":1}`, "Content-Type", "application/json")(w, r)
	}, nil)
	s := serve(t, answer(200, "{}"), nil)
	x := must(NewHTTP(HTTP{BaseURL: s.URL, OAuth2: &OAuth2{TokenURL: tokens.URL, ClientID: "courier", Secret: "client-secret-value"}}))
	t.Cleanup(x.Close)
	for range 3 { // each needs a new token: the last is over
		if _, err := x.Send(t.Context(), message, message.Key()); err != nil {
			t.Error(err)
		}
	}
	if n := tokens.requests(); n != 4 {
		t.Errorf("asked %d times for three tokens", n)
	}
}
