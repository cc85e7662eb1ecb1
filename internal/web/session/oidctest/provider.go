package oidctest

import (
	"crypto/rand"
	"crypto/rsa"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"sync"
	"time"

	"github.com/go-jose/go-jose/v4"
)

// Account can sign in. Names are positions, nobody's own.
type Account struct {
	Name     string   // preferred_username
	Password string   // compared as it is
	Groups   []string // claim groups
}

// Client may ask who signed in.
type Client struct {
	ID     string
	Secret string // none is asked for when empty
	// Redirects are the redirect URIs, and Ends the post-logout ones, compared as
	// they are. A client without any may be sent to any loopback address.
	Redirects, Ends []string
}

// Config of a provider.
type Config struct {
	// Issuer is the address it is reached at, without a slash at the end.
	Issuer   string
	Accounts []Account
	Clients  []Client
	// Now is time.Now when nil.
	Now func() time.Time
	// Alter, for tests, changes the claims of an identity token before it is signed.
	Alter func(claims map[string]any)
}

// Provider is an OpenID provider. It is safe for concurrent use.
type Provider struct {
	config Config
	mux    http.ServeMux

	mu       sync.Mutex
	key      *rsa.PrivateKey
	number   int // of the key
	codes    map[string]grant
	tokens   map[string]Account // access token → whose
	sessions map[string]Account // cookie → who is signed in here
}

// grant is what an authorization code stands for.
type grant struct {
	account                            Account
	client, redirect, nonce, challenge string
	until                              time.Time
}

// New returns a provider with a key of its own. The error is the key's.
func New(c Config) (*Provider, error) {
	if c.Now == nil {
		c.Now = time.Now
	}
	p := &Provider{config: c, codes: map[string]grant{}, tokens: map[string]Account{}, sessions: map[string]Account{}}
	if err := p.Rotate(); err != nil {
		return nil, err
	}
	p.mux.HandleFunc("GET /.well-known/openid-configuration", p.discovery)
	p.mux.HandleFunc("GET /keys", p.keys)
	p.mux.HandleFunc("GET /authorize", p.authorize)
	p.mux.HandleFunc("POST /authorize", p.signIn)
	p.mux.HandleFunc("POST /token", p.token)
	p.mux.HandleFunc("GET /userinfo", p.userinfo)
	p.mux.HandleFunc("GET /end", p.end)
	return p, nil
}

// Rotate replaces the key that tokens are signed with.
func (p *Provider) Rotate() error {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		return fmt.Errorf("make a key: %w", err)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.key = key
	p.number++
	return nil
}

// ServeHTTP answers.
func (p *Provider) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Cache-Control", "no-store")
	r.Body = http.MaxBytesReader(w, r.Body, 64<<10)
	p.mux.ServeHTTP(w, r)
}

func (p *Provider) discovery(w http.ResponseWriter, _ *http.Request) {
	at := p.config.Issuer
	answer(w, http.StatusOK, map[string]any{
		"issuer": at, "authorization_endpoint": at + "/authorize", "token_endpoint": at + "/token",
		"userinfo_endpoint": at + "/userinfo", "jwks_uri": at + "/keys", "end_session_endpoint": at + "/end",
		"response_types_supported": []string{"code"}, "subject_types_supported": []string{"public"},
		"id_token_signing_alg_values_supported":          []string{"RS256"},
		"code_challenge_methods_supported":               []string{"S256"},
		"scopes_supported":                               []string{"openid", "profile", "groups"},
		"claims_supported":                               []string{"sub", "preferred_username", "groups"},
		"token_endpoint_auth_methods_supported":          []string{"client_secret_basic", "client_secret_post", "none"},
		"authorization_response_iss_parameter_supported": true,
	})
}

func (p *Provider) keyID() string { return fmt.Sprintf("key-%d", p.number) }

func (p *Provider) keys(w http.ResponseWriter, _ *http.Request) {
	p.mu.Lock()
	set := jose.JSONWebKeySet{Keys: []jose.JSONWebKey{{Key: p.key.Public(), KeyID: p.keyID(), Algorithm: string(jose.RS256), Use: "sig"}}}
	p.mu.Unlock()
	answer(w, http.StatusOK, set)
}

// sign writes claims as a signed token.
func (p *Provider) sign(claims map[string]any) (string, error) {
	p.mu.Lock()
	key := jose.SigningKey{Algorithm: jose.RS256, Key: jose.JSONWebKey{Key: p.key, KeyID: p.keyID()}}
	p.mu.Unlock()
	signer, err := jose.NewSigner(key, (&jose.SignerOptions{}).WithType("JWT"))
	if err != nil {
		return "", err
	}
	payload, err := json.Marshal(claims)
	if err != nil {
		return "", err
	}
	signed, err := signer.Sign(payload)
	if err != nil {
		return "", err
	}
	return signed.CompactSerialize()
}

// draw returns a random word.
func draw() string {
	var b [24]byte
	_, _ = rand.Read(b[:]) // never fails
	return base64.RawURLEncoding.EncodeToString(b[:])
}

func answer(w http.ResponseWriter, status int, v any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(v) //nolint:errchkjson // a client that went away is no event
}

func refuse(w http.ResponseWriter, status int, code, why string) {
	answer(w, status, map[string]string{"error": code, "error_description": why})
}
