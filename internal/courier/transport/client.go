package transport

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"io"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/shequ-io/shequ/internal/courier"
)

// TLS is what a connection is made with. All of it is PEM.
type TLS struct {
	// CA that signed the system's certificate. Empty: the machine's own roots.
	CA []byte
	// Certificate and Key shown to the system. Empty: none is.
	Certificate, Key []byte
}

func (t TLS) config() (*tls.Config, error) {
	// Who comes again need not prove everything anew.
	out := &tls.Config{MinVersion: tls.VersionTLS12, ClientSessionCache: tls.NewLRUClientSessionCache(8)}
	if len(t.CA) > 0 {
		out.RootCAs = x509.NewCertPool()
		if !out.RootCAs.AppendCertsFromPEM(t.CA) {
			return nil, errors.New("ca.crt holds no certificate in PEM; put the one in that signed the system's")
		}
	}
	if len(t.Certificate)+len(t.Key) > 0 {
		pair, err := tls.X509KeyPair(t.Certificate, t.Key)
		if err != nil {
			return nil, errors.New("tls.crt and tls.key are no certificate in PEM and its key; put both in, of one pair")
		}
		out.Certificates = []tls.Certificate{pair}
	}
	return out, nil
}

// caller makes bounded requests.
type caller struct {
	limits Limits
	client *http.Client
}

func newCaller(limits Limits, t TLS) (*caller, error) {
	config, err := t.config()
	if err != nil {
		return nil, err
	}
	limits = limits.orDefault()
	dialer := &net.Dialer{Timeout: min(10*time.Second, limits.Timeout), ControlContext: outward}
	return &caller{limits: limits, client: &http.Client{
		Timeout: limits.Timeout,
		// A redirect would carry personal data to whoever the answer names, and turn
		// a message into a mere question.
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		Transport: &alone{Transport: &http.Transport{
			DialContext: dialer.DialContext, TLSClientConfig: config, TLSHandshakeTimeout: dialer.Timeout,
			ForceAttemptHTTP2: true, MaxIdleConnsPerHost: 4, IdleConnTimeout: time.Minute,
			ResponseHeaderTimeout: limits.Timeout, MaxResponseHeaderBytes: 64 << 10,
			DisableCompression: true, // what is bounded is what arrives
		}},
	}}, nil
}

// errNowhere: an address that can be no system's.
var errNowhere = errors.New("an address of the link, of many or of none")

// outward refuses to connect to an address that can be no system's, whatever a name
// stands for: one of the link, where machines keep their metadata, of many, or of none.
// To which others it may connect is for the NetworkPolicy to hold.
func outward(_ context.Context, _, address string, _ syscall.RawConn) error {
	at, err := netip.ParseAddrPort(address)
	if ip := at.Addr().Unmap(); err != nil || ip.IsLinkLocalUnicast() || ip.IsMulticast() || ip.IsUnspecified() {
		return errNowhere
	}
	return nil
}

func (c *caller) close() { c.client.CloseIdleConnections() }

// alone gives each request a connection of its own, as long as the server does not
// speak HTTP/2. Over HTTP/1 nothing says which request an answer is to: where a system
// answers one message twice, the next one on that connection would have its answer.
type alone struct {
	*http.Transport

	// second are the servers that spoke HTTP/2 when they were last heard, by host.
	second sync.Map
}

// RoundTrip implements http.RoundTripper.
func (a *alone) RoundTrip(r *http.Request) (*http.Response, error) {
	host := r.URL.Host
	_, second := a.second.Load(host)
	if !second {
		r = r.WithContext(r.Context()) // a request is its sender's
		r.Close = true
	}
	resp, err := a.Transport.RoundTrip(r)
	switch {
	case err != nil:
	case resp.ProtoMajor == 2:
		a.second.Store(host, true)
	case second:
		a.second.Delete(host)
		a.CloseIdleConnections()
	}
	return resp, err
}

// checkURL refuses addresses a message can't be sent to.
func checkURL(text, what string) (*url.URL, error) {
	u, err := url.Parse(text)
	if err != nil || u.Host == "" || u.User != nil || u.RawQuery != "" || u.Fragment != "" || !slices.Contains([]string{"http", "https"}, u.Scheme) {
		return nil, errors.New(what + " is no complete http or https address without user, query and fragment; correct it in the InformationSystem")
	}
	return u, nil
}

// post makes the request of a message.
func post(ctx context.Context, to *url.URL, m courier.Message, key courier.Key) (*http.Request, []byte, error) {
	body, err := m.JSON()
	if err != nil {
		return nil, nil, &RefusedError{Why: err.Error()}
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, to.String(), bytes.NewReader(body))
	if err != nil {
		return nil, nil, &RefusedError{Why: "no request can be made of the system's address; correct it"}
	}
	req.Header.Set("Content-Type", "application/json; charset=utf-8")
	req.Header.Set("Accept", "application/json")
	req.Header.Set("User-Agent", "shequ-courier")
	req.Header.Set(HeaderIdempotencyKey, string(key))
	for name, value := range map[string]string{
		HeaderCase: m.Case, HeaderPurpose: string(m.Purpose), HeaderSalt: m.Salt, HeaderSequence: strconv.FormatInt(m.Version, 10),
	} {
		if value != "" {
			req.Header.Set(name, value)
		}
	}
	return req, body, nil
}

// The headers of a message.
const (
	// HeaderIdempotencyKey: a message with a key the system had is the same message.
	HeaderIdempotencyKey = "Idempotency-Key"
	// HeaderCase is the case's identifier. Order is kept per case.
	HeaderCase = "Shequ-Case"
	// HeaderPurpose is what the data is for.
	HeaderPurpose = "Shequ-Purpose"
	// HeaderSequence grows with each message of a case.
	HeaderSequence = "Shequ-Sequence"
	// HeaderSalt is what the hash of the message on record is salted with.
	HeaderSalt = "Shequ-Salt"
)

// reply is what came back, whether or not it decides on the message.
type reply struct {
	answer courier.Answer
	header http.Header
	status int // 0: nothing came back
}

// drainBytes of an answer nobody asks for are read.
const drainBytes = 4 << 10

// do sends a request and reads the answer by its status.
func (c *caller) do(req *http.Request) (reply, error) {
	resp, err := c.client.Do(req) //nolint:gosec // where to is the district's to say, and egress is bounded by its declared ranges
	if err != nil {
		return reply{}, failed(err)
	}
	defer func() { _ = resp.Body.Close() }() // read or not, it is over
	out := reply{header: resp.Header, status: resp.StatusCode}
	if err := unanswered(resp); err != nil {
		// What little is left is read, so that the connection can be used again.
		_, _ = io.CopyN(io.Discard, resp.Body, drainBytes)
		return out, err
	}
	body, err := io.ReadAll(io.LimitReader(resp.Body, c.limits.Answer+1))
	long := int64(len(body)) > c.limits.Answer
	if err == nil && !long && (len(body) == 0 || json.Valid(body)) {
		out.answer = courier.Answer{Status: resp.StatusCode, Body: body}
	}
	switch {
	case resp.StatusCode >= 400:
		return out, &RefusedError{Status: resp.StatusCode, Why: "look at the mapping, or ask who runs it"}
	case err != nil:
		return out, &RetryableError{Why: "the connection broke before the answer was whole"}
	case long:
		return out, &UnreadableError{Why: "it is too long"}
	case out.answer.Status == 0:
		return out, &UnreadableError{Why: "it is no JSON"}
	}
	return out, nil
}

// failed is what it means that there was no answer. The client's error names the
// address, and is not repeated.
func failed(err error) error {
	var untrusted *tls.CertificateVerificationError
	var broken *net.OpError
	var name *net.DNSError
	var slow net.Error
	switch {
	case errors.As(err, &untrusted):
		return &RetryableError{Why: "the system shows a certificate that is not trusted for its address; put its authority into ca.crt, or correct the address"}
	case errors.As(err, &broken) && broken.Op == "remote error": // an alert of TLS
		return &RetryableError{Why: "the system refuses the TLS connection; renew tls.crt and tls.key, and see whether it speaks TLS 1.2"}
	case errors.Is(err, errNowhere):
		return &RetryableError{Why: "the system's name stands for an address that can be no system's; correct its address, or mend the DNS"}
	case errors.As(err, &name):
		return &RetryableError{Why: "the system's name is not known; correct its address, or mend the DNS"}
	case errors.Is(err, context.Canceled):
		return &RetryableError{Why: "it was broken off"}
	case errors.As(err, &slow) && slow.Timeout():
		return &RetryableError{Why: "the system did not answer in time"}
	}
	return &RetryableError{Why: "there is no connection to the system; see whether it runs, and whether egress to it is open"}
}

// unanswered is what a status means by which a system does not decide on a
// message; nil for the others.
func unanswered(resp *http.Response) error {
	switch s := resp.StatusCode; {
	case s >= 300 && s < 400, s < 200:
		return &RetryableError{Why: "the system sends us elsewhere; let its address be the one that answers", Status: s}
	case (s == http.StatusUnauthorized || s == http.StatusForbidden) && apart(resp.Header, time.Now()):
		return &RetryableError{Why: clocksApart, Status: s}
	case s == http.StatusUnauthorized, s == http.StatusForbidden, s == http.StatusProxyAuthRequired:
		return &RetryableError{Why: "the system does not let us in; correct the credentials in the Secret, or ask for the right to send", Status: s}
	case slices.Contains([]int{http.StatusRequestTimeout, http.StatusConflict, http.StatusTooEarly, http.StatusTooManyRequests}, s):
		return &RetryableError{Why: "the system is busy", After: retryAfter(resp.Header, time.Now()), Status: s}
	case s >= 500:
		return &RetryableError{Why: "the system is out of order", After: retryAfter(resp.Header, time.Now()), Status: s}
	}
	return nil
}

const clocksApart = "the system does not let us in, and its clock is minutes from the courier's, which what is signed does not outlive; set the clocks"

// apart says that by its own clock (Date, RFC 9110) a system is further from ours than
// signatures are taken.
func apart(h http.Header, now time.Time) bool {
	at, err := http.ParseTime(h.Get("Date"))
	return err == nil && now.Sub(at).Abs() >= 5*time.Minute
}

// retryAfter reads the header of that name (RFC 9110), in seconds or as a date.
func retryAfter(h http.Header, now time.Time) time.Duration {
	text := strings.TrimSpace(h.Get("Retry-After"))
	// More than fits into 32 bits is as much as does.
	if seconds, err := strconv.ParseInt(text, 10, 32); err == nil || errors.Is(err, strconv.ErrRange) {
		return min(max(time.Duration(seconds)*time.Second, 0), maxWait)
	}
	if at, err := http.ParseTime(text); err == nil {
		return min(max(at.Sub(now), 0), maxWait)
	}
	return 0
}
