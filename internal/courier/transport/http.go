package transport

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"time"

	"golang.org/x/oauth2"
	"golang.org/x/oauth2/clientcredentials"

	"github.com/shequ-io/shequ/internal/courier"
)

// HTTP is a system that takes JSON with POST at its base URL. Of OAuth2 and
// Signature at most one is there; a client certificate is in TLS. The message is
// the body; what is said beside it is in headers.
type HTTP struct {
	BaseURL string
	TLS     TLS
	// OAuth2 are client credentials; nil for none.
	OAuth2 *OAuth2
	// Signature signs requests; nil for none.
	Signature *Signature
	Limits    Limits
}

// OAuth2 are client credentials (RFC 6749, 4.4).
type OAuth2 struct {
	TokenURL         string
	ClientID, Secret string
	Scopes           []string
}

// NewHTTP makes a sender, which may be used by several goroutines. Credentials
// are read once: when they change, another is made. An error says what to correct.
func NewHTTP(h HTTP) (Sender, error) {
	to, err := checkURL(h.BaseURL, "baseURL")
	if err != nil {
		return nil, err
	}
	if h.OAuth2 != nil && h.Signature != nil {
		return nil, errors.New("OAuth2 and a signature don't go together; name one of them")
	}
	if len(h.TLS.Certificate) > 0 && to.Scheme != "https" {
		return nil, errors.New("a client certificate needs TLS; let baseURL begin with https://")
	}
	c, err := newCaller(h.Limits, h.TLS)
	if err != nil {
		return nil, err
	}
	out := &httpSender{caller: c, to: to, signature: h.Signature}
	if s := h.Signature; s != nil {
		if err := s.check(); err != nil {
			return nil, err
		}
	}
	if o := h.OAuth2; o != nil {
		if _, err := checkURL(o.TokenURL, "tokenURL"); err != nil {
			return nil, err
		}
		if o.ClientID == "" || o.Secret == "" {
			return nil, errors.New("client-id or client-secret is empty; put both into the Secret")
		}
		out.tokens = newTokens(c.client, o)
	}
	return out, nil
}

type httpSender struct {
	*caller

	to        *url.URL
	signature *Signature
	tokens    *tokens
}

// Close implements Sender.
func (s *httpSender) Close() { s.close() }

// Send implements Sender.
func (s *httpSender) Send(ctx context.Context, m courier.Message, key courier.Key) (courier.Answer, error) {
	ctx, cancel := context.WithTimeout(ctx, s.limits.Timeout)
	defer cancel()
	for again := false; ; again = true {
		req, body, err := post(ctx, s.to, m, key)
		if err != nil {
			return courier.Answer{}, err
		}
		if s.signature != nil {
			s.signature.Sign(req, body, time.Now())
		}
		var token *oauth2.Token
		if s.tokens != nil {
			if token, err = s.tokens.get(ctx); err != nil {
				return courier.Answer{}, err
			}
			token.SetAuthHeader(req)
		}
		back, err := s.do(req)
		if back.status != http.StatusUnauthorized || token == nil {
			return back.answer, err
		}
		// It may have been revoked before its time, as by a restart.
		if s.tokens.drop(token); again {
			return back.answer, err
		}
	}
}

// tokens keeps the access token of a system until it is over.
type tokens struct {
	config clientcredentials.Config
	client *http.Client
	turn   chan struct{} // one at a time, and none waits longer than it may
	token  *oauth2.Token
	proved bool // a token was given for credentials as config sends them
}

func newTokens(client *http.Client, o *OAuth2) *tokens {
	return &tokens{
		client: client, turn: make(chan struct{}, 1),
		config: clientcredentials.Config{ClientID: o.ClientID, ClientSecret: o.Secret, TokenURL: o.TokenURL, Scopes: o.Scopes, AuthStyle: oauth2.AuthStyleInHeader},
	}
}

// fetch asks for a token: by Basic, which every server is to take (RFC 6749, 2.3.1).
// One that refuses may be of those that take credentials in the form alone, and is asked
// once more; one that is busy, or does not answer, is not.
func (t *tokens) fetch(ctx context.Context) (*oauth2.Token, error) {
	token, err := t.config.Token(ctx)
	var said *oauth2.RetrieveError
	refused := errors.As(err, &said) && said.Response != nil && slices.Contains([]int{http.StatusBadRequest, http.StatusUnauthorized}, said.Response.StatusCode)
	if !refused || t.proved {
		t.proved = t.proved || err == nil
		return token, err
	}
	form := t.config
	form.AuthStyle = oauth2.AuthStyleInParams
	if token, err := form.Token(ctx); err == nil {
		t.config, t.proved = form, true
		return token, nil
	}
	return nil, err
}

// get returns the token, and fetches one where there is none that holds.
func (t *tokens) get(ctx context.Context) (*oauth2.Token, error) {
	select {
	case t.turn <- struct{}{}:
		defer func() { <-t.turn }()
	case <-ctx.Done():
		return nil, &RetryableError{Why: "no access token came in time"}
	}
	if t.token.Valid() {
		return t.token, nil
	}
	token, err := t.fetch(context.WithValue(ctx, oauth2.HTTPClient, t.client))
	var said *oauth2.RetrieveError
	switch {
	case errors.As(err, &said) && said.Response != nil && (said.Response.StatusCode >= 500 || said.Response.StatusCode == http.StatusTooManyRequests):
		return nil, &RetryableError{
			Why: "where access tokens come from is busy or out of order", After: retryAfter(said.Response.Header, time.Now()), Status: said.Response.StatusCode,
		}
	case errors.As(err, &said):
		return nil, &RetryableError{Why: "no access token is given; correct client-id, client-secret, tokenURL and scopes"}
	case err != nil:
		return nil, &RetryableError{Why: "no access token came; see whether tokenURL answers, and with a token"}
	case token.Type() != "Bearer":
		// RFC 6749, 7.1: whoever does not know the type does not use the token.
		return nil, &RetryableError{Why: "the access token is of a type other than Bearer; have tokenURL give out bearer tokens"}
	}
	t.token = token
	return token, nil
}

// drop forgets a token the system does not take.
func (t *tokens) drop(token *oauth2.Token) {
	t.turn <- struct{}{}
	defer func() { <-t.turn }()
	if t.token == token {
		t.token = nil
	}
}
