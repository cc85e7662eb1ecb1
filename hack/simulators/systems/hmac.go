package systems

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"net/http"
	"strings"
	"time"
)

// The headers of a signed request.
const (
	HeaderKeyID     = "Shequ-Key-Id"
	HeaderTimestamp = "Shequ-Timestamp" // RFC 3339, UTC
	HeaderNonce     = "Shequ-Nonce"     // at least 16 random bytes, base64url
	HeaderSignature = "Shequ-Signature" // base64 of the HMAC
)

// skew is how far a timestamp may be from the clock, either way.
const skew = 5 * time.Minute

// shared is a key two parties have, with its name.
type shared struct {
	id  string
	key []byte
}

// signature is HMAC-SHA256 over method, path, timestamp, nonce and the hexadecimal
// SHA-256 of the body, with a line feed between them. The path is as it was sent,
// percent-encoded, and without a query.
func (s shared) signature(method, path, timestamp, nonce string, body []byte) []byte {
	sum := sha256.Sum256(body)
	mac := hmac.New(sha256.New, s.key)
	mac.Write([]byte(method + "\n" + path + "\n" + timestamp + "\n" + nonce + "\n" + hex.EncodeToString(sum[:])))
	return mac.Sum(nil)
}

// sign returns the headers of a request with a new nonce.
func (s shared) sign(method, path string, body []byte, now time.Time) http.Header {
	raw := make([]byte, 18)
	_, _ = rand.Read(raw) // never fails
	timestamp, nonce := now.UTC().Format(time.RFC3339), base64.RawURLEncoding.EncodeToString(raw)
	out := http.Header{}
	out.Set(HeaderKeyID, s.id)
	out.Set(HeaderTimestamp, timestamp)
	out.Set(HeaderNonce, nonce)
	out.Set(HeaderSignature, base64.StdEncoding.EncodeToString(s.signature(method, path, timestamp, nonce, body)))
	return out
}

// signatures guards with signed bodies.
type signatures struct {
	shared

	now    func() time.Time
	nonces *fresh
}

func unsigned(code, message string) *refusal {
	return &refusal{status: http.StatusUnauthorized, code: code, message: message}
}

func (s *signatures) check(r *http.Request, body []byte) *refusal {
	for _, name := range []string{HeaderKeyID, HeaderTimestamp, HeaderNonce, HeaderSignature} {
		if len(r.Header.Values(name)) != 1 {
			return unsigned("signature-missing", "send each of the four headers of a signed request once")
		}
	}
	if r.URL.RawQuery != "" {
		return unsigned("query-not-signed", "the signature does not cover a query; send none")
	}
	if r.Header.Get(HeaderKeyID) != s.id {
		return unsigned("key-unknown", "the key id is not one this system gave out")
	}
	timestamp := r.Header.Get(HeaderTimestamp)
	at, err := time.Parse(time.RFC3339, timestamp)
	if err != nil || !strings.HasSuffix(timestamp, "Z") {
		return unsigned("timestamp-malformed", "the timestamp is RFC 3339 in UTC, with a Z at its end")
	}
	now := s.now()
	if at.Before(now.Add(-skew)) || at.After(now.Add(skew)) {
		return unsigned("timestamp-too-far", "the timestamp is more than five minutes from this system's clock; sign again, and set the clock")
	}
	nonce := r.Header.Get(HeaderNonce)
	raw, err := base64.RawURLEncoding.DecodeString(strings.TrimRight(nonce, "="))
	if err != nil || len(raw) < 16 || len(nonce) > 200 {
		return unsigned("nonce-malformed", "the nonce is at least 16 random bytes in base64url")
	}
	given, err := base64.StdEncoding.DecodeString(r.Header.Get(HeaderSignature))
	if err != nil || !hmac.Equal(given, s.signature(r.Method, r.URL.EscapedPath(), timestamp, nonce, body)) {
		return unsigned("signature-invalid", "the signature is not that of this request; look at method, path, timestamp, nonce, body and key")
	}
	if !s.nonces.first(nonce, now, at.Add(skew)) {
		return unsigned("nonce-replayed", "the nonce was used before; sign every attempt anew")
	}
	return nil
}
