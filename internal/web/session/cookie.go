package session

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"net/http"
	"net/url"
	"regexp"
	"strings"
)

// The cookies, without the prefix that binds them to an encrypted connection.
const (
	sessionCookie = "shequ-desk"
	loginCookie   = "shequ-sign-in"
)

// origin is where a browser reaches the desk.
type origin struct {
	url    string
	secure bool
}

// host of a request, with or without a port.
var host = regexp.MustCompile(`^([A-Za-z0-9][-A-Za-z0-9.]*|\[[0-9A-Fa-f:]+\])(:[0-9]{1,5})?$`)

// origin is the declared one or, where none is declared, the one that was asked
// for. The error is a *FailedError of cause Insecure where that is plain http.
func (s *Sessions) origin(r *http.Request) (origin, error) {
	at := origin{secure: r.TLS != nil || r.Header.Get("X-Forwarded-Proto") == "https"}
	scheme := "http://"
	if at.secure {
		scheme = "https://"
	}
	at.url = scheme + r.Host
	asked := host.MatchString(r.Host)
	if p := s.current(); p != nil && p.External != "" {
		u, err := url.Parse(p.External)
		if err != nil || u.Host == "" || (u.Scheme != "https" && u.Scheme != "http") {
			return origin{}, failed(Insecure, errors.New("the desk's external address is no origin; write it like https://desk.example"))
		}
		at, asked = origin{url: u.Scheme + "://" + u.Host, secure: u.Scheme == "https"}, true
	}
	if !asked || (!at.secure && !s.config.PlainHTTP) {
		return origin{}, failed(Insecure, errors.New("the desk is reached by plain http; give it an https address, or allow plain http explicitly on a machine of your own"))
	}
	return at, nil
}

// cookie is a cookie's name: with the prefix __Host- where the connection is
// encrypted. Browsers then take it from this host alone, for all of it, and never
// in the clear.
func (o origin) cookie(name string) string {
	if o.secure {
		return "__Host-" + name
	}
	return name
}

// set writes a cookie that ends with the browser; what is sealed in it says when
// it really ends.
func (o origin) set(w http.ResponseWriter, name, value string) {
	http.SetCookie(w, &http.Cookie{ //nolint:gosec // Secure but where plain http was allowed
		Name: o.cookie(name), Value: value, Path: "/", Secure: o.secure, HttpOnly: true,
		// Lax, not Strict: who comes back from the provider brings it along.
		SameSite: http.SameSiteLaxMode,
	})
}

func (o origin) drop(w http.ResponseWriter, name string) {
	http.SetCookie(w, &http.Cookie{ //nolint:gosec // as it was set
		Name: o.cookie(name), Path: "/", MaxAge: -1, Secure: o.secure, HttpOnly: true, SameSite: http.SameSiteLaxMode,
	})
}

// Token is what a form of this session carries, so that nobody else can make the
// browser send it.
func (s *Sessions) Token(of *Session) string {
	mac := hmac.New(sha256.New, s.token)
	mac.Write([]byte(of.ID))
	return base64.RawURLEncoding.EncodeToString(mac.Sum(nil))
}

// Genuine reports whether a form's token is this session's, in a time that tells
// nothing.
func (s *Sessions) Genuine(of *Session, token string) bool {
	return hmac.Equal([]byte(s.Token(of)), []byte(token))
}

// maxPath of where somebody wanted to go.
const maxPath = 1024

// LocalPath is a path of this site to go on to after signing in: what it is given
// if that is one, else "/". A path with a query keeps it; whatever a browser could
// take for another origin is none.
func LocalPath(to string) string {
	if len(to) > maxPath || !strings.HasPrefix(to, "/") || strings.HasPrefix(to, "//") {
		return "/"
	}
	for _, c := range to {
		// Browsers read a backslash as a slash and leave out control characters.
		if c == '\\' || c < 0x21 || c > 0x7e {
			return "/"
		}
	}
	return to
}
