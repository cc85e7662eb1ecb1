package transport

import (
	"context"
	"encoding/base64"
	"errors"
	"net/http"
	"net/url"
	"strings"
	"time"
	"unicode"

	"github.com/shequ-io/shequ/internal/courier"
)

// The headers of the X-Road message protocol for REST (PR-REST 1.0, 4.3).
const (
	xRoadClient      = "X-Road-Client"
	xRoadService     = "X-Road-Service"
	xRoadID          = "X-Road-Id"
	xRoadIssue       = "X-Road-Issue"
	xRoadRequestHash = "X-Road-Request-Hash"
	xRoadError       = "X-Road-Error"
)

// XRoad is a REST service behind the district's own X-Road security server.
type XRoad struct {
	// SecurityServer is its address.
	SecurityServer string
	// Client is the district's identifier: instance/class/member, perhaps /subsystem.
	Client string
	// Service is instance/class/member, perhaps /subsystem, and /service.
	Service string
	// TLS has the certificate the security server knows the client by.
	TLS    TLS
	Limits Limits
}

// NewXRoad makes a sender, which may be used by several goroutines. An error says
// what to correct.
func NewXRoad(x XRoad) (Sender, error) {
	to, err := checkURL(x.SecurityServer, "securityServer")
	if err != nil {
		return nil, err
	}
	client, ok := identifier(x.Client, 3, 4)
	if !ok {
		return nil, errors.New("client is no X-Road identifier; write instance/class/member or instance/class/member/subsystem")
	}
	service, ok := identifier(x.Service, 4, 5)
	if !ok {
		return nil, errors.New("service is no X-Road identifier; write instance/class/member/service, with the subsystem before the service where there is one")
	}
	if len(x.TLS.Certificate) > 0 && to.Scheme != "https" {
		return nil, errors.New("a client certificate needs TLS; let securityServer begin with https://, or take secretRef out")
	}
	c, err := newCaller(x.Limits, x.TLS)
	if err != nil {
		return nil, err
	}
	return &xRoadSender{caller: c, client: client, service: service, to: to.JoinPath("r1", service)}, nil
}

// identifier percent-encodes the parts of an identifier, each for itself (4.2). It
// refuses the characters no identifier may have (4.8).
func identifier(text string, least, most int) (string, bool) {
	parts := strings.Split(text, "/")
	if len(parts) < least || len(parts) > most {
		return "", false
	}
	for i, p := range parts {
		if p == "" || p == "." || p == ".." || strings.ContainsAny(p, `:;\%`) || strings.ContainsFunc(p, invisible) {
			return "", false
		}
		parts[i] = url.PathEscape(p)
	}
	return strings.Join(parts, "/"), true
}

func invisible(r rune) bool {
	return unicode.IsControl(r) || unicode.Is(unicode.Cf, r) || r == unicode.ReplacementChar
}

type xRoadSender struct {
	*caller

	client, service string // as they are on the wire
	to              *url.URL
}

// Close implements Sender.
func (s *xRoadSender) Close() { s.close() }

// Send implements Sender. The request hash of the answer is its evidence: the
// security servers vouch that the answer is to this message.
func (s *xRoadSender) Send(ctx context.Context, m courier.Message, key courier.Key) (courier.Answer, error) {
	req, _, err := post(ctx, s.to, m, key)
	if err != nil {
		return courier.Answer{}, err
	}
	req.Header.Set(xRoadClient, s.client)
	req.Header.Set(xRoadID, string(key))
	if m.Case != "" {
		req.Header.Set(xRoadIssue, m.Case)
	}
	back, err := s.do(req)
	if back.header.Get(xRoadError) != "" {
		return courier.Answer{}, troubled(back)
	}
	if back.answer.Status == 0 { // it says nothing of the message
		return courier.Answer{}, err
	}
	// A service may reject with 4xx: nobody's word counts that is not vouched for.
	if err := s.vouched(back.header, key); err != nil {
		return courier.Answer{}, err
	}
	back.answer.Evidence = back.header.Get(xRoadRequestHash)
	return back.answer, err
}

// vouched says why an answer is not one of the service to this message (4.3).
func (s *xRoadSender) vouched(h http.Header, key courier.Key) error {
	switch raw, err := base64.StdEncoding.DecodeString(h.Get(xRoadRequestHash)); {
	case err != nil || len(raw) != 64:
		return &UnreadableError{Why: "it has no request hash, so no security server vouches for it"}
	case !strings.EqualFold(h.Get(xRoadID), string(key)):
		return &UnreadableError{Why: "it is to another message"}
	case !same(h.Get(xRoadService), s.service), !same(h.Get(xRoadClient), s.client):
		return &UnreadableError{Why: "it is of another service, or to another client"}
	}
	return nil
}

// same compares identifiers, of which one may be encoded where it need not be.
func same(a, b string) bool {
	plainA, errA := url.PathUnescape(a)
	plainB, errB := url.PathUnescape(b)
	return errA == nil && errB == nil && plainA == plainB
}

// troubled is an error that arose within X-Road (4.6), which somebody mends while the
// message waits: it is about servers, rights and services, and what begins with Client
// about how the request names them. Of the message X-Road reads nothing.
func troubled(back reply) error {
	kind := back.header.Get(xRoadError)
	switch {
	case strings.HasPrefix(kind, "Client."):
		return &RetryableError{Why: "X-Road takes the request for malformed; correct client and service", Status: back.status}
	case strings.HasSuffix(kind, ".AccessDenied"):
		return &RetryableError{Why: "X-Road says that we may not use the service; ask its provider for the right"}
	case strings.Contains(kind, "Unknown"):
		return &RetryableError{Why: "X-Road does not know the service or its provider; correct the service"}
	case strings.HasSuffix(kind, ".SslAuthenticationFailed"):
		return &RetryableError{Why: "the security server does not know our certificate; register it, or put the right one into the Secret"}
	}
	return &RetryableError{Why: "a security server of X-Road is out of order", After: retryAfter(back.header, time.Now())}
}
