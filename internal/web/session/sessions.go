package session

import (
	"crypto/rand"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"slices"
	"sync"
	"time"
)

// How long things last.
const (
	// Absolute is how long a session lasts at most: a morning. It is also how long
	// groups that somebody has lost at the provider still count, and a copied cookie
	// that was signed out where no process remembers it. Signing in again takes a click
	// while the provider's own session lasts.
	Absolute = 4 * time.Hour
	// Idle is how long it lasts without a request.
	Idle = 30 * time.Minute
	// signInTime is how long somebody may stay at the provider's page.
	signInTime = 10 * time.Minute
	// refresh is how old the note of the last request grows before the cookie is
	// written anew.
	refresh = time.Minute
)

// The paths of signing in that the provider has to know: they are the desk's
// redirect URI and where it sends back who signed out.
const (
	CallbackPath = "/sign-in/callback"
	SignedOut    = "/"
)

// Config is what Sessions need.
type Config struct {
	// Key of 32 bytes that cookies are sealed with. Sessions end when it changes.
	Key []byte
	// PlainHTTP allows the desk and the provider to be reached by http, where cookies
	// are not bound to an encrypted connection: for tests, demos and the loopback
	// only.
	PlainHTTP bool
	// Secret of the client, where the provider wants one; nil or empty otherwise.
	// It is asked for at each sign-in, so that it may change.
	Secret func() (string, error)
	// Client talks to the provider; nil means one with a timeout of ten seconds.
	Client *http.Client
	// Random is crypto/rand.Reader when nil, Now time.Now.
	Random io.Reader
	Now    func() time.Time
	Log    *slog.Logger
}

// Provider is the OpenID provider staff sign in with.
type Provider struct {
	// Issuer is the provider's identifier, the address its discovery document is
	// found under.
	Issuer string
	// ClientID the desk has there.
	ClientID string
	// GroupsClaim names the claim with the list of groups; "groups" when empty.
	GroupsClaim string
	// WorkClaim names the claim with the identifier of the position;
	// "preferred_username" when empty.
	WorkClaim string
	// External is the origin browsers reach the desk at, such as
	// https://desk.qingnian-2.example; when empty, the one they ask for. The provider
	// refuses any it was not told of.
	External string
}

// Session is somebody who is signed in.
type Session struct {
	// ID tells this sign-in from others.
	ID string `json:"i"`
	// Work is the identifier of the position, as the provider gave it.
	Work string `json:"w"`
	// Groups, as the provider gave them; of very many, those that fit.
	Groups []string `json:"g,omitempty"`
	// Since and Seen are when it began and when it was last used, in seconds.
	Since int64 `json:"s"`
	Seen  int64 `json:"l"`
	// Issuer and client it was begun with.
	Issuer string `json:"p"`
	// Choice is what Choose set; empty at first. What it means, and whether it still
	// holds, is for the reader to say.
	Choice string `json:"c,omitempty"`
}

// Sessions signs in and out, and knows who is. It is safe for concurrent use.
type Sessions struct {
	config  Config
	session *box
	login   *box
	token   []byte

	mu       sync.Mutex
	provider *remote
	wanted   []string
	ended    map[string]time.Time // sessions signed out → when they would have ended
}

// New returns sessions for a desk. The error says what in the configuration is
// wrong and how to put it right.
func New(c Config) (*Sessions, error) {
	if len(c.Key) != keyBytes {
		return nil, fmt.Errorf("session.key has %d bytes; it must have %d", len(c.Key), keyBytes)
	}
	if c.Random == nil {
		c.Random = rand.Reader
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	if c.Client == nil {
		c.Client = &http.Client{Timeout: 10 * time.Second}
	}
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	s := &Sessions{config: c, ended: map[string]time.Time{}}
	var err error
	if s.session, err = newBox(c.Key, "session", c.Random); err != nil {
		return nil, err
	}
	if s.login, err = newBox(c.Key, "login", c.Random); err != nil {
		return nil, err
	}
	s.token, err = derive(c.Key, "token")
	return s, err
}

// Use sets the provider. One that differs from before ends the sessions that
// were begun with the other. wanted are the groups that matter: somebody who is in
// very many keeps those of them first.
func (s *Sessions) Use(p Provider, wanted ...string) {
	if p.GroupsClaim == "" {
		p.GroupsClaim = "groups"
	}
	if p.WorkClaim == "" {
		p.WorkClaim = "preferred_username"
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.wanted = wanted
	if s.provider == nil || s.provider.Provider != p {
		s.provider = &remote{Provider: p, client: s.config.Client, now: s.config.Now, secure: !s.config.PlainHTTP}
	}
}

// fitting are the groups that fit into a cookie beside the rest, the wanted first.
func (s *Sessions) fitting(groups []string) []string {
	s.mu.Lock()
	wanted := s.wanted
	s.mu.Unlock()
	rest := slices.DeleteFunc(slices.Clone(groups), func(g string) bool { return slices.Contains(wanted, g) })
	groups = append(slices.DeleteFunc(slices.Clone(groups), func(g string) bool { return !slices.Contains(wanted, g) }), rest...)
	size := 0
	for i, g := range groups {
		if size += len(g) + 3; size > maxGroups {
			return groups[:i]
		}
	}
	return groups
}

// maxGroups are the bytes of groups that fit.
const maxGroups = 2000

func (s *Sessions) current() *remote {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.provider
}

func (p Provider) mark() string { return p.Issuer + " " + p.ClientID }

// Current is who sends a request; nil when nobody is signed in, or not any more.
// It notes the time in the cookie where that is due.
func (s *Sessions) Current(w http.ResponseWriter, r *http.Request) *Session {
	at, err := s.origin(r)
	if err != nil {
		return nil
	}
	cookie, err := r.Cookie(at.cookie(sessionCookie))
	if err != nil {
		return nil
	}
	var found Session
	now := s.config.Now()
	if s.session.open(cookie.Value, &found) != nil || !s.valid(&found, now) {
		at.drop(w, sessionCookie)
		return nil
	}
	if now.Unix()-found.Seen >= int64(refresh/time.Second) {
		found.Seen = now.Unix()
		if err := s.keep(w, at, &found); err != nil {
			s.config.Log.Error("session not renewed", "error", err.Error())
		}
	}
	return &found
}

func (s *Sessions) valid(found *Session, now time.Time) bool {
	since, seen := time.Unix(found.Since, 0), time.Unix(found.Seen, 0)
	// A clock that is a little behind another replica's is no reason to sign in again.
	const skew = time.Minute
	switch {
	case found.ID == "" || found.Work == "",
		now.Before(since.Add(-skew)) || !now.Before(since.Add(Absolute)),
		now.Before(seen.Add(-skew)) || !now.Before(seen.Add(Idle)):
		return false
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	_, over := s.ended[found.ID]
	return !over && s.provider != nil && found.Issuer == s.provider.mark()
}

// maxChoice is how long a choice may be.
const maxChoice = 128

// Choose remembers a choice for the rest of the session, as short as a name; a
// longer one is forgotten. The error is that of the random reader, or of an origin.
func (s *Sessions) Choose(w http.ResponseWriter, r *http.Request, of *Session, choice string) error {
	at, err := s.origin(r)
	if err != nil {
		return err
	}
	if len(choice) > maxChoice {
		choice = ""
	}
	chosen := *of
	chosen.Choice = choice
	return s.keep(w, at, &chosen)
}

// keep writes the session's cookie.
func (s *Sessions) keep(w http.ResponseWriter, at origin, v *Session) error {
	text, err := s.session.seal(v)
	if err != nil {
		return err
	}
	at.set(w, sessionCookie, text)
	return nil
}

// End signs out here and returns where to send the browser, so that the provider
// ends its own session too; SignedOut where it has no such page, or can't be
// reached.
func (s *Sessions) End(w http.ResponseWriter, r *http.Request, was *Session) string {
	at, err := s.origin(r)
	if err != nil {
		return SignedOut
	}
	at.drop(w, sessionCookie)
	if was != nil {
		s.remember(was)
	}
	p := s.current()
	if p == nil {
		return SignedOut
	}
	found, err := p.discover(r.Context())
	if err != nil || found.endSession == "" {
		return SignedOut
	}
	to, err := url.Parse(found.endSession)
	if err != nil {
		return SignedOut
	}
	q := to.Query()
	q.Set("client_id", p.ClientID)
	q.Set("post_logout_redirect_uri", at.url+SignedOut)
	to.RawQuery = q.Encode()
	return to.String()
}

// maxEnded bounds what is remembered of sessions that were ended: each costs some
// hundred bytes for as long as a session lasts.
const maxEnded = 10_000

func (s *Sessions) remember(was *Session) {
	now := s.config.Now()
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.ended) >= maxEnded {
		for id, until := range s.ended {
			if now.After(until) {
				delete(s.ended, id)
			}
		}
	}
	if len(s.ended) < maxEnded {
		s.ended[was.ID] = time.Unix(was.Since, 0).Add(Absolute)
	}
}
