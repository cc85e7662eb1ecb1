package session

import (
	"context"
	"crypto/subtle"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"net/http"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"
)

// attempt is a sign-in under way, kept in the browser it began in.
type attempt struct {
	State    string `json:"s"`
	Nonce    string `json:"n"`
	Verifier string `json:"v"`
	To       string `json:"t"`
	At       int64  `json:"a"`
	Issuer   string `json:"p"`
}

// Cause sorts why somebody could not be signed in.
type Cause string

// The causes.
const (
	// Stale: it took too long, was begun in another browser, or was answered before.
	Stale Cause = "stale"
	// Refused: the provider says no.
	Refused Cause = "refused"
	// Untrusted: what the provider sent does not hold; nobody is let in by it.
	Untrusted Cause = "untrusted"
	// Nameless: the provider gave no work identifier.
	Nameless Cause = "nameless"
	// Unreachable: the provider does not answer.
	Unreachable Cause = "unreachable"
	// Insecure: the desk is reached by plain http, which nobody allowed.
	Insecure Cause = "insecure"
)

// FailedError says why somebody could not be signed in. It holds nothing the
// browser or the provider sent about anybody.
type FailedError struct {
	Cause Cause
	err   error
}

// Error names the cause and what is behind it.
func (e *FailedError) Error() string {
	if e.err == nil {
		return "sign-in failed: " + string(e.Cause)
	}
	return fmt.Sprintf("sign-in failed: %s: %v", e.Cause, e.err)
}

// Unwrap gives what is behind it.
func (e *FailedError) Unwrap() error { return e.err }

func failed(cause Cause, err error) error { return &FailedError{Cause: cause, err: err} }

func (s *Sessions) draw() (string, error) {
	var b [24]byte
	if _, err := io.ReadFull(s.config.Random, b[:]); err != nil {
		return "", fmt.Errorf("draw a number: %w", err)
	}
	return base64.RawURLEncoding.EncodeToString(b[:]), nil
}

func (s *Sessions) oauth(p *remote, found *discovered, at origin) (*oauth2.Config, error) {
	secret := ""
	if s.config.Secret != nil {
		var err error
		if secret, err = s.config.Secret(); err != nil {
			return nil, fmt.Errorf("read the client's secret: %w", err)
		}
	}
	return &oauth2.Config{
		ClientID: p.ClientID, ClientSecret: secret, Endpoint: found.Endpoint(),
		RedirectURL: at.url + CallbackPath,
		Scopes:      found.scopes,
	}, nil
}

// Begin starts a sign-in: it binds it to this browser and returns the provider's
// address to send it to. to is the path to go on to afterwards; what is no path
// of this site is "/". The error is a *FailedError of cause Unreachable, or that
// of the random reader.
func (s *Sessions) Begin(w http.ResponseWriter, r *http.Request, to string) (string, error) {
	p := s.current()
	if p == nil {
		return "", failed(Unreachable, errors.New("no provider is configured; set oidc in the desk's configuration"))
	}
	at, err := s.origin(r)
	if err != nil {
		return "", err
	}
	found, err := p.discover(r.Context())
	if err != nil {
		return "", failed(Unreachable, err)
	}
	config, err := s.oauth(p, found, at)
	if err != nil {
		return "", failed(Unreachable, err)
	}
	a := attempt{To: LocalPath(to), At: s.config.Now().Unix(), Issuer: p.mark()}
	for _, part := range []*string{&a.State, &a.Nonce, &a.Verifier} {
		if *part, err = s.draw(); err != nil {
			return "", err
		}
	}
	// A verifier has at least 43 characters.
	a.Verifier += a.Verifier
	text, err := s.login.seal(a)
	if err != nil {
		return "", err
	}
	at.set(w, loginCookie, text)
	return config.AuthCodeURL(a.State, oidc.Nonce(a.Nonce), oauth2.S256ChallengeOption(a.Verifier)), nil
}

// Finish ends a sign-in with what the provider sent back in the address: it
// begins a session, new at each sign-in, and returns the path to go on to. The
// error is a *FailedError; no session is begun then.
func (s *Sessions) Finish(w http.ResponseWriter, r *http.Request) (string, error) {
	at, err := s.origin(r)
	if err != nil {
		return "", err
	}
	a, err := s.attempted(r, at)
	// Whatever comes of it, nothing is answered twice.
	at.drop(w, loginCookie)
	if err != nil {
		return "", err
	}
	p := s.current()
	if p == nil || p.mark() != a.Issuer {
		return "", failed(Stale, errors.New("the provider changed meanwhile"))
	}
	q := r.URL.Query()
	if q.Get("error") != "" {
		return a.To, failed(Refused, nil)
	}
	// RFC 9207: an answer that names another issuer was meant for another client.
	if iss := q.Get("iss"); iss != "" && iss != p.Issuer {
		return "", failed(Untrusted, errors.New("the answer names another issuer"))
	}
	who, err := s.redeem(r.Context(), p, at, a, q.Get("code"))
	if err != nil {
		return a.To, err
	}
	id, err := s.draw()
	if err != nil {
		return "", err
	}
	now := s.config.Now().Unix()
	began := &Session{ID: id, Work: who.work, Groups: s.fitting(who.groups), Since: now, Seen: now, Issuer: p.mark()}
	return a.To, s.keep(w, at, began)
}

// attempted is the sign-in that this browser began and this request answers.
func (s *Sessions) attempted(r *http.Request, at origin) (attempt, error) {
	var a attempt
	cookie, err := r.Cookie(at.cookie(loginCookie))
	if err != nil || s.login.open(cookie.Value, &a) != nil {
		return a, failed(Stale, errors.New("this browser began no sign-in"))
	}
	began := time.Unix(a.At, 0)
	if now := s.config.Now(); now.Before(began.Add(-time.Minute)) || now.After(began.Add(signInTime)) {
		return a, failed(Stale, errors.New("it took too long"))
	}
	state := r.URL.Query().Get("state")
	if a.State == "" || subtle.ConstantTimeCompare([]byte(state), []byte(a.State)) != 1 {
		return a, failed(Stale, errors.New("the state is another one's"))
	}
	return a, nil
}

// person is who signed in.
type person struct {
	work   string
	groups []string
}

// redeem exchanges the code for an identity and checks all of it.
func (s *Sessions) redeem(ctx context.Context, p *remote, at origin, a attempt, code string) (person, error) {
	ctx, cancel := context.WithTimeout(oidc.ClientContext(ctx, p.client), 2*discoverTime)
	defer cancel()
	found, err := p.discover(ctx)
	if err != nil {
		return person{}, failed(Unreachable, err)
	}
	config, err := s.oauth(p, found, at)
	if err != nil {
		return person{}, failed(Unreachable, err)
	}
	token, err := config.Exchange(ctx, code, oauth2.VerifierOption(a.Verifier))
	if err != nil {
		return person{}, failed(exchangeCause(err), errors.New("the provider gave nothing for the code"))
	}
	raw, _ := token.Extra("id_token").(string)
	verifier := found.VerifierContext(ctx, &oidc.Config{ClientID: p.ClientID, Now: s.config.Now})
	id, err := verifier.Verify(ctx, raw)
	if err != nil {
		return person{}, failed(Untrusted, errors.New("the identity token does not hold"))
	}
	if subtle.ConstantTimeCompare([]byte(id.Nonce), []byte(a.Nonce)) != 1 {
		return person{}, failed(Untrusted, errors.New("the nonce is another one's"))
	}
	claims := map[string]any{}
	if err := id.Claims(&claims); err != nil {
		return person{}, failed(Untrusted, errors.New("the identity token can't be read"))
	}
	if azp, _ := claims["azp"].(string); (azp != "" || len(id.Audience) > 1) && azp != p.ClientID {
		return person{}, failed(Untrusted, errors.New("the identity token is for another party"))
	}
	if claims[p.WorkClaim] == nil || claims[p.GroupsClaim] == nil {
		s.more(ctx, found, token, id, claims)
	}
	who := person{work: text(claims[p.WorkClaim]), groups: list(claims[p.GroupsClaim])}
	if who.work == "" {
		return person{}, failed(Nameless, nil)
	}
	return who, nil
}

// exchangeCause tells a provider that refused from one that did not answer.
func exchangeCause(err error) Cause {
	var refused *oauth2.RetrieveError
	if errors.As(err, &refused) && refused.Response != nil && refused.Response.StatusCode < http.StatusInternalServerError {
		return Refused
	}
	return Unreachable
}

// more asks the provider's userinfo endpoint for what the token does not say; what
// the token says stands. Where it has none, or it fails, nothing is added.
func (s *Sessions) more(ctx context.Context, found *discovered, token *oauth2.Token, id *oidc.IDToken, claims map[string]any) {
	if found.UserInfoEndpoint() == "" {
		return
	}
	info, err := found.UserInfo(ctx, oauth2.StaticTokenSource(token))
	if err != nil || info.Subject != id.Subject {
		s.config.Log.Warn("the sign-in service's userinfo gave nothing")
		return
	}
	extra := map[string]any{}
	if info.Claims(&extra) != nil {
		return
	}
	for name, value := range extra {
		if claims[name] == nil {
			claims[name] = value
		}
	}
}

func text(claim any) string { s, _ := claim.(string); return s }

// list reads a claim that is a list of words, or one word.
func list(claim any) []string {
	switch v := claim.(type) {
	case string:
		return []string{v}
	case []any:
		var out []string
		for _, element := range v {
			if s, ok := element.(string); ok && s != "" {
				out = append(out, s)
			}
		}
		return out
	}
	return nil
}
