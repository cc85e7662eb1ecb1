package session

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
)

// ErrUnreachable says that the provider can't be asked just now: try again.
var ErrUnreachable = errors.New("the sign-in service can't be reached")

const (
	// discoverTime bounds how long somebody waits for a provider that is silent.
	discoverTime = 5 * time.Second
	// discoverPause is how long a failure stands before the provider is asked again.
	discoverPause = 3 * time.Second
	// discoverAge is how long a discovery document is used before it is read again.
	discoverAge = time.Hour
)

// remote is the provider and what it has said of itself.
type remote struct {
	Provider

	client *http.Client
	now    func() time.Time
	secure bool

	asking sync.Mutex
	mu     sync.Mutex
	found  *discovered
	at     time.Time // of found, or of the failure
	failed error
}

// discovered is the provider's discovery document.
type discovered struct {
	*oidc.Provider

	endSession string
	scopes     []string
}

// discover asks the provider for its document, once for all who wait for it. An
// answer that has grown old is better than none.
func (p *remote) discover(ctx context.Context) (*discovered, error) {
	if found, err, fresh := p.known(); fresh {
		return found, err
	}
	p.asking.Lock()
	defer p.asking.Unlock()
	if found, err, fresh := p.known(); fresh {
		return found, err
	}
	// Others wait for the answer too: it does not end with whoever asked first.
	found, err := p.ask(context.WithoutCancel(ctx))
	p.mu.Lock()
	defer p.mu.Unlock()
	p.at = p.now()
	if err != nil && p.found != nil {
		return p.found, nil
	}
	p.found, p.failed = found, err
	return found, err
}

func (p *remote) known() (found *discovered, err error, fresh bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	age := p.now().Sub(p.at)
	switch {
	case p.found != nil:
		return p.found, nil, age < discoverAge
	case p.failed != nil:
		return nil, p.failed, age >= 0 && age < discoverPause
	}
	return nil, nil, false
}

func (p *remote) ask(ctx context.Context) (*discovered, error) {
	issuer, err := url.Parse(p.Issuer)
	if err != nil || issuer.Host == "" || (issuer.Scheme != "https" && (p.secure || issuer.Scheme != "http")) {
		return nil, fmt.Errorf("%w: its issuer is no https address; correct oidc.issuer", ErrUnreachable)
	}
	ctx, cancel := context.WithTimeout(ctx, discoverTime)
	defer cancel()
	provider, err := oidc.NewProvider(oidc.ClientContext(ctx, p.client), p.Issuer)
	if err != nil {
		return nil, fmt.Errorf("%w: %s", ErrUnreachable, plainError(err))
	}
	var more struct {
		EndSession string   `json:"end_session_endpoint"`
		Scopes     []string `json:"scopes_supported"`
	}
	if err := provider.Claims(&more); err != nil {
		return nil, fmt.Errorf("%w: %s", ErrUnreachable, plainError(err))
	}
	found := &discovered{Provider: provider, scopes: []string{oidc.ScopeOpenID}}
	for _, scope := range []string{"profile", "groups"} {
		// Some providers refuse a scope they do not know.
		if slices.Contains(more.Scopes, scope) {
			found.scopes = append(found.scopes, scope)
		}
	}
	if end, err := url.Parse(more.EndSession); err == nil && end.Host != "" && (end.Scheme == "https" || !p.secure && end.Scheme == "http") {
		found.endSession = more.EndSession
	}
	return found, nil
}

// plainError cuts what a server answered down to a line.
func plainError(err error) string {
	text, _, _ := strings.Cut(err.Error(), "\n")
	if len(text) > 200 {
		text = text[:200] + "…"
	}
	return text
}

// FormTargets are the origins, beside our own, that a form's answer may lead to:
// the provider's, for signing out. Nil while it has not been reached.
func (s *Sessions) FormTargets() []string {
	p := s.current()
	if p == nil {
		return nil
	}
	found, _, _ := p.known()
	if found == nil || found.endSession == "" {
		return nil
	}
	end, err := url.Parse(found.endSession)
	if err != nil || strings.ContainsAny(end.Host, " ;,'\"") {
		return nil
	}
	return []string{end.Scheme + "://" + end.Host}
}
