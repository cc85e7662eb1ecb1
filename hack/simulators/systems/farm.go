package systems

import (
	"crypto/x509"
	"net"
	"net/http"
)

// Systems that run, in the order they were named.
func (f *Farm) Systems() []*System { return f.systems }

// System returns the one of a name, or nil.
func (f *Farm) System(name string) *System {
	for _, s := range f.systems {
		if s.kind.Name == name {
			return s
		}
	}
	return nil
}

// Admin is the URL of the administrator's interface, without a slash at the end.
func (f *Farm) Admin() string { return "http://" + f.address }

// Secrets are the credentials senders need, as Secrets hold them.
func (f *Farm) Secrets() Secrets { return f.keyring.forSenders() }

// Roots trusts the systems' certificates, and no others.
func (f *Farm) Roots() *x509.CertPool { return f.keyring.pool() }

// Kind is what the system is.
func (s *System) Kind() Kind { return s.kind }

// Address is the host and port it listens at.
func (s *System) Address() string { return s.gate.address }

// URL is what an InformationSystem names: the base URL of HTTP, the security
// server of X-Road, and host and port for SFTP.
func (s *System) URL() string {
	switch s.kind.Protocol {
	case SFTP:
		return "sftp://" + s.Address()
	case XRoad:
		return s.origin()
	default:
		return s.origin() + basePath
	}
}

// TokenURL is where OAuth2 tokens are had; empty without OAuth2.
func (s *System) TokenURL() string {
	if s.tokens == nil {
		return ""
	}
	return s.origin() + tokenPath
}

func (s *System) origin() string {
	scheme := "https://"
	if s.plain {
		scheme = "http://"
	}
	// Who listens everywhere is reached here as well.
	host, port, err := net.SplitHostPort(s.Address())
	if ip := net.ParseIP(host); err == nil && ip != nil && ip.IsUnspecified() {
		return scheme + net.JoinHostPort("127.0.0.1", port)
	}
	return scheme + s.Address()
}

// Messages that were processed, in order; of a case and a key where they are not
// empty.
func (s *System) Messages(ofCase, key string) []Message {
	return s.book.list(0, int(^uint(0)>>1), ofCase, key)
}

// Keys says how often each key came.
func (s *System) Keys() map[string]KeyCount { return s.book.keys() }

// Cases lists the keys of each case in the order they were processed.
func (s *System) Cases() map[string][]string { return s.book.perCase() }

// Summary counts what reached the system.
func (s *System) Summary() Summary { return s.book.summarise() }

// Forget empties what the system remembers, and its journal. Faults stay.
func (s *System) Forget() error { return s.book.forget() }

// WorkOrders the hotline sent, the oldest first.
func (s *System) WorkOrders() []Dispatch { return s.book.dispatches() }

// ExpireTokens makes every OAuth2 token invalid at once.
func (s *System) ExpireTokens() {
	if s.tokens != nil {
		s.tokens.expire()
	}
}

// VerifyWebhook says whether a request is signed as the hotline signs: a second
// reading of the signature for tests of who receives it. It remembers no nonce.
func (s *System) VerifyWebhook(r *http.Request, body []byte) bool {
	check := &signatures{shared: s.secret.webhook, now: s.book.now, nonces: newFresh()}
	return check.check(r, body) == nil
}
