package systems

import (
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"
)

// refusal is an answer to a request that was not processed.
type refusal struct {
	status  int
	code    string // such as signature-invalid, or an X-Road error's type
	message string // says what to do; holds nothing that was sent
	header  http.Header
}

// guard decides who may talk to a system.
type guard interface {
	// check returns nil when the request may be processed.
	check(r *http.Request, body []byte) *refusal
}

// certificates guards with TLS: the handshake has checked the authority, and the
// name says for which system the certificate is.
type certificates struct{ name string }

func (c certificates) check(r *http.Request, _ []byte) *refusal {
	if r.TLS == nil || len(r.TLS.PeerCertificates) == 0 || r.TLS.PeerCertificates[0].Subject.CommonName != c.name {
		return &refusal{status: http.StatusForbidden, code: "certificate-not-known", message: "show the client certificate this system gave out"}
	}
	return nil
}

// The scopes a client of a system with OAuth2 may ask for. A message needs
// ScopeWrite.
const (
	ScopeWrite = "cases:write"
	ScopeRead  = "cases:read"
)

const tokenLife = 5 * time.Minute

// tokens guards with OAuth 2.0 client credentials (RFC 6749, 4.4; RFC 6750).
type tokens struct {
	client, secret []byte
	now            func() time.Time

	mu     sync.Mutex
	issued map[string]grant
}

// grant is what an access token stands for.
type grant struct {
	scopes []string
	until  time.Time
}

func bearer(status int, code, message string) *refusal {
	challenge := "Bearer"
	if code != "token-missing" {
		challenge = `Bearer error="` + strings.ReplaceAll(code, "-", "_") + `"`
		if code == "insufficient-scope" {
			challenge += `, scope="` + ScopeWrite + `"`
		}
	}
	return &refusal{status: status, code: code, message: message, header: http.Header{"Www-Authenticate": {challenge}}}
}

func (t *tokens) check(r *http.Request, _ []byte) *refusal {
	scheme, token, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	if !strings.EqualFold(scheme, "Bearer") || token == "" {
		return bearer(http.StatusUnauthorized, "token-missing", "fetch a token and send it as Authorization: Bearer")
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	given, known := t.issued[token]
	switch {
	case !known || !t.now().Before(given.until):
		return bearer(http.StatusUnauthorized, "invalid-token", "the token is unknown or over; fetch a new one")
	case !slices.Contains(given.scopes, ScopeWrite):
		return bearer(http.StatusForbidden, "insufficient-scope", "ask for the scope "+ScopeWrite)
	}
	return nil
}

// expire forgets every token, as a system does that was restarted.
func (t *tokens) expire() {
	t.mu.Lock()
	defer t.mu.Unlock()
	clear(t.issued)
}

// granted is the answer of the token endpoint.
type granted struct {
	AccessToken string `json:"access_token"`
	TokenType   string `json:"token_type"`
	ExpiresIn   int    `json:"expires_in"` // seconds
	Scope       string `json:"scope"`
}

// grant answers a request for a token. Errors have the codes of RFC 6749, 5.2.
func (t *tokens) grant(r *http.Request, form url.Values) (granted, *refusal) {
	id, secret, basic := r.BasicAuth()
	if basic { // form-encoded before it is put together, section 2.3.1
		// What can't be decoded is empty, and nobody's.
		id, _ = url.QueryUnescape(id)
		secret, _ = url.QueryUnescape(secret)
	} else {
		id, secret = form.Get("client_id"), form.Get("client_secret")
	}
	if subtle.ConstantTimeCompare([]byte(id), t.client)&subtle.ConstantTimeCompare([]byte(secret), t.secret) != 1 {
		out := &refusal{status: http.StatusUnauthorized, code: "invalid_client", message: "the client or its secret is wrong"}
		out.header = http.Header{"Www-Authenticate": {`Basic realm="token"`}}
		return granted{}, out
	}
	if form.Get("grant_type") != "client_credentials" {
		return granted{}, &refusal{status: http.StatusBadRequest, code: "unsupported_grant_type", message: "ask with grant_type=client_credentials"}
	}
	scopes := strings.Fields(form.Get("scope"))
	if len(scopes) == 0 {
		scopes = []string{ScopeRead, ScopeWrite}
	}
	for _, scope := range scopes {
		if scope != ScopeRead && scope != ScopeWrite {
			return granted{}, &refusal{status: http.StatusBadRequest, code: "invalid_scope", message: "ask for " + ScopeRead + " or " + ScopeWrite}
		}
	}
	token := rand.Text() + rand.Text()
	t.mu.Lock()
	defer t.mu.Unlock()
	now := t.now()
	for token, given := range t.issued {
		if !now.Before(given.until) {
			delete(t.issued, token)
		}
	}
	t.issued[token] = grant{scopes: scopes, until: now.Add(tokenLife)}
	return granted{AccessToken: token, TokenType: "Bearer", ExpiresIn: int(tokenLife.Seconds()), Scope: strings.Join(scopes, " ")}, nil
}

// requestHash is the X-Road-Request-Hash of a request, by the formula of the
// protocol; the order of its headers is ours, and nobody but a security server
// checks it.
func requestHash(header http.Header, body []byte) string {
	return base64.StdEncoding.EncodeToString(doubleHash(header, body))
}

// fresh remembers nonces for as long as their timestamps are let in.
type fresh struct {
	mu    sync.Mutex
	seen  map[[sha256.Size]byte]time.Time // until when
	swept time.Time
}

// first says whether a nonce was not seen before, and remembers it until then.
func (f *fresh) first(nonce string, now, until time.Time) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	if now.Sub(f.swept) >= time.Minute { // not each time: thousands come within the minutes they are kept
		maps.DeleteFunc(f.seen, func(_ [sha256.Size]byte, end time.Time) bool { return now.After(end) })
		f.swept = now
	}
	id := sha256.Sum256([]byte(nonce))
	if _, again := f.seen[id]; again {
		return false
	}
	f.seen[id] = until
	return true
}

func newFresh() *fresh { return &fresh{seen: map[[sha256.Size]byte]time.Time{}} }
