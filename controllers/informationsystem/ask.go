package informationsystem

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"net"
	"net/http"
	"net/netip"
	"strings"
	"syscall"
	"time"

	"github.com/shequ-io/shequ/api/v1alpha1"
	"github.com/shequ-io/shequ/internal/credentials"
)

// target is how a system is asked whether it answers.
type target struct {
	address string // host:port
	// url to get; empty: a connection is enough.
	url string
	// ca, certificate and key in PEM, where there are any.
	ca, certificate, key []byte
	// egress is where couriers may go: nobody else is asked.
	egress            []v1alpha1.EgressPeer
	interval, timeout time.Duration
}

// The defaults of the API, for objects from before they were there.
const (
	defaultInterval = 60
	defaultTimeout  = 5
)

// target is how to ask the system; nil: not at all, as none is declared, or since
// the spec has to be corrected first. While credentials are lacking only a
// connection is made.
func (s *scope) target() *target {
	spec := &s.system.Spec
	at := addresses(&spec.Protocol)
	if spec.Probe == nil || len(s.mistakes) > 0 || len(at) == 0 {
		return nil
	}
	t := &target{
		address: at[0].at(), egress: spec.Egress,
		interval: seconds(spec.Probe.IntervalSeconds, defaultInterval), timeout: seconds(spec.Probe.TimeoutSeconds, defaultTimeout),
	}
	base := ""
	switch p := &spec.Protocol; {
	case p.HTTP != nil:
		base = string(p.HTTP.BaseURL)
	case p.XRoad != nil:
		base = string(p.XRoad.SecurityServer)
	case p.File != nil && p.File.Transport == v1alpha1.TransportS3:
		base = "https://" + at[0].at()
	}
	if spec.Probe.Path == "" || base == "" || s.lacking != nil || s.barred != nil {
		return t
	}
	t.url = strings.TrimSuffix(base, "/") + spec.Probe.Path
	t.ca, t.certificate, t.key = s.secret[credentials.CA], s.secret[credentials.Certificate], s.secret[credentials.PrivateKey]
	return t
}

func seconds(n, otherwise int64) time.Duration {
	if n <= 0 {
		n = otherwise
	}
	return time.Duration(n) * time.Second
}

// errOutside tells that a name stands for an address couriers may not reach.
var errOutside = errors.New("outside spec.egress")

// within lets connections be made to what is opened to couriers alone.
func within(egress []v1alpha1.EgressPeer) func(context.Context, string, string, syscall.RawConn) error {
	return func(_ context.Context, _, address string, _ syscall.RawConn) error {
		at, err := netip.ParseAddrPort(address)
		if err != nil || !opened(egress, at.Addr(), int32(at.Port())) {
			return errOutside
		}
		return nil
	}
}

// ask makes a connection, or gets a page and looks at its status alone. It sends
// nothing of anybody, and no credentials but the certificate a handshake asks for.
func ask(ctx context.Context, t *target) outcome {
	ctx, cancel := context.WithTimeout(ctx, t.timeout)
	defer cancel()
	dialer := &net.Dialer{ControlContext: within(t.egress)}
	if t.url != "" {
		return get(ctx, dialer, t)
	}
	conn, err := dialer.DialContext(ctx, "tcp", t.address)
	if err != nil {
		return outcome{message: unanswered(err)}
	}
	_ = conn.Close() // nothing was written
	return outcome{answered: true, message: "the system takes connections"}
}

func get(ctx context.Context, dialer *net.Dialer, t *target) outcome {
	config := &tls.Config{MinVersion: tls.VersionTLS12}
	if len(t.ca) > 0 {
		config.RootCAs = x509.NewCertPool()
		config.RootCAs.AppendCertsFromPEM(t.ca) // it was checked
	}
	if pair, err := tls.X509KeyPair(t.certificate, t.key); err == nil {
		config.Certificates = []tls.Certificate{pair}
	}
	transport := &http.Transport{DialContext: dialer.DialContext, TLSClientConfig: config, DisableKeepAlives: true, MaxResponseHeaderBytes: 64 << 10}
	client := &http.Client{
		Transport:     transport,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, t.url, http.NoBody)
	if err != nil {
		return outcome{message: "its address and spec.probe.path make no URL; correct them"}
	}
	req.Header.Set("User-Agent", "shequ-operator")
	resp, err := client.Do(req)
	if err != nil {
		return outcome{message: unanswered(err)}
	}
	_ = resp.Body.Close() // what is in it is not asked
	switch {
	case resp.StatusCode >= http.StatusInternalServerError:
		return outcome{message: "the system answers that it is out of order; ask who runs it"}
	case resp.StatusCode == http.StatusNotFound, resp.StatusCode == http.StatusGone:
		return outcome{message: "the system has nothing at spec.probe.path; correct it, or leave it out"}
	}
	// Refusing somebody without credentials is an answer, too.
	return outcome{answered: true, message: "the system answers at spec.probe.path"}
}

// unanswered is what it means that there was no answer, and what to look at.
func unanswered(err error) string {
	var untrusted *tls.CertificateVerificationError
	var name *net.DNSError
	var broken *net.OpError
	var slow net.Error
	switch {
	case errors.Is(err, errOutside):
		return "its name stands for an address outside spec.egress, which couriers may not reach either; add its range with the port, or correct the name"
	case errors.As(err, &untrusted):
		return "the system shows a certificate that is not trusted for its address; put its authority into ca.crt of the Secret, or correct the address"
	case errors.As(err, &name) && !name.IsTimeout:
		return "the system's name is not known; correct its address, or mend the DNS"
	case errors.As(err, &broken) && broken.Op == "remote error": // an alert of TLS
		return "the system refuses the TLS connection; see whether it takes the certificate in the Secret, and TLS 1.2"
	case errors.As(err, &slow) && slow.Timeout(), errors.Is(err, context.DeadlineExceeded):
		return "the system did not answer within spec.probe.timeoutSeconds; see whether it runs, and whether firewalls let the operator reach it"
	}
	return "there is no connection to the system; see whether it runs, its port, and whether firewalls let the operator reach it"
}
