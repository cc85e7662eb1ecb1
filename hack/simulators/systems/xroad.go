package systems

import (
	"crypto/rand"
	"crypto/sha512"
	"crypto/x509"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
)

// Headers of the X-Road message protocol for REST (PR-REST 1.0).
const (
	xRoadClientHeader    = "X-Road-Client"
	xRoadServiceHeader   = "X-Road-Service"
	xRoadIDHeader        = "X-Road-Id"
	xRoadRequestIDHeader = "X-Road-Request-Id"
	xRoadHashHeader      = "X-Road-Request-Hash"
	xRoadErrorHeader     = "X-Road-Error"
)

// securityServer plays the consumer's security server and the service behind the
// provider's: it checks who asks for what, and sets the headers of answers.
type securityServer struct {
	service string // identifier, parts with slashes between them
	name    string // common name of the consumer's certificate
	pool    *x509.CertPool
	plain   bool // without TLS no certificate is asked for
}

func (x securityServer) check(r *http.Request, _ []byte) *refusal {
	if !x.plain && !x.knows(r) {
		return xRoadError(http.StatusInternalServerError, "Server.ClientProxy.SslAuthenticationFailed", "show the certificate that is registered for the client")
	}
	clients := r.Header.Values(xRoadClientHeader)
	if len(clients) != 1 {
		return xRoadError(http.StatusBadRequest, "Client.BadRequest", "send X-Road-Client once")
	}
	client, ok := identifier(clients[0], 3, 4)
	if !ok {
		return xRoadError(http.StatusBadRequest, "Client.BadRequest", "X-Road-Client is instance/class/member, and perhaps /subsystem")
	}
	path, ok := strings.CutPrefix(r.URL.EscapedPath(), "/r1/")
	if !ok {
		return xRoadError(http.StatusBadRequest, "Client.BadRequest", "the path begins with /r1/ and the service's identifier")
	}
	wanted := strings.Split(x.service, "/")
	parts := strings.Split(path, "/")
	if len(parts) > len(wanted) {
		parts = parts[:len(wanted)]
	}
	service, ok := identifier(strings.Join(parts, "/"), 4, 5)
	switch {
	case !ok:
		return xRoadError(http.StatusBadRequest, "Client.BadRequest", "the service is instance/class/member, perhaps /subsystem, and /service, in the path")
	case client[0] != wanted[0] || service[0] != wanted[0] || !slices.Equal(service[:min(3, len(service))], wanted[:3]):
		return xRoadError(http.StatusInternalServerError, "Server.ClientProxy.UnknownMember", "there is no such member")
	case !slices.Equal(service, wanted):
		return xRoadError(http.StatusInternalServerError, "Server.ServerProxy.UnknownService", "there is no such service")
	case strings.Join(client, "/") != XRoadClient:
		return xRoadError(http.StatusInternalServerError, "Server.ServerProxy.AccessDenied", "the client has no right to ask this service")
	case len(r.Header.Get(xRoadIDHeader)) > 200:
		return xRoadError(http.StatusBadRequest, "Client.BadRequest", "X-Road-Id is a UUID")
	}
	return nil
}

// knows says whether the certificate is the one the client has. A security server
// looks at it after the handshake, and answers as X-Road does.
func (x securityServer) knows(r *http.Request) bool {
	if r.TLS == nil || len(r.TLS.PeerCertificates) == 0 {
		return false
	}
	shown := r.TLS.PeerCertificates[0]
	_, err := shown.Verify(x509.VerifyOptions{Roots: x.pool, KeyUsages: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth}})
	return err == nil && shown.Subject.CommonName == x.name
}

// identifier splits an identifier of least to most parts, each percent-encoded.
func identifier(text string, least, most int) ([]string, bool) {
	parts := strings.Split(text, "/")
	if len(parts) < least || len(parts) > most {
		return nil, false
	}
	for i, part := range parts {
		plain, err := url.PathUnescape(part)
		// 4.8 of the protocol: these characters may not be in an identifier.
		if err != nil || plain == "" || plain == "." || plain == ".." || strings.ContainsAny(plain, ":;/\\%\x00") ||
			strings.ContainsFunc(plain, func(r rune) bool { return r < ' ' || r == 0x7f || r == 0x200b || r == 0xfeff }) {
			return nil, false
		}
		parts[i] = plain
	}
	return parts, true
}

func xRoadError(status int, kind, message string) *refusal {
	return &refusal{status: status, code: kind, message: message, header: http.Header{xRoadErrorHeader: {kind}}}
}

// xRoadBody is the body of an error a security server answers.
func xRoadBody(refused *refusal) ([]byte, error) {
	return json.Marshal(map[string]string{"type": refused.code, "message": refused.message, "detail": uuid()})
}

// headers of an answer the service gave.
func (x securityServer) headers(r *http.Request, body []byte) http.Header {
	id := r.Header.Get(xRoadIDHeader)
	if id == "" {
		id = uuid()
	}
	return http.Header{
		xRoadClientHeader:    {r.Header.Get(xRoadClientHeader)},
		xRoadServiceHeader:   {x.service},
		xRoadIDHeader:        {id},
		xRoadRequestIDHeader: {uuid()},
		xRoadHashHeader:      {requestHash(r.Header, body)},
	}
}

// doubleHash is SHA512(SHA512(headers) + SHA512(body)), or SHA512(headers) when
// there is no body.
func doubleHash(header http.Header, body []byte) []byte {
	hash := sha512.New()
	for _, name := range slices.Sorted(maps.Keys(header)) {
		for _, value := range header[name] {
			fmt.Fprintf(hash, "%s:%s\r\n", name, value)
		}
	}
	headers := hash.Sum(nil)
	if len(body) == 0 {
		return headers
	}
	content := sha512.Sum512(body)
	both := sha512.Sum512(append(headers, content[:]...))
	return both[:]
}

// uuid is a random one, version 4.
func uuid() string {
	var raw [16]byte
	_, _ = rand.Read(raw[:]) // never fails
	raw[6], raw[8] = raw[6]&0x0f|0x40, raw[8]&0x3f|0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", raw[:4], raw[4:6], raw[6:8], raw[8:10], raw[10:])
}
