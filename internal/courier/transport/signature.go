package transport

import (
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"net/http"
	"regexp"
	"strings"
	"sync"
	"time"
)

// The headers of a signed request.
const (
	HeaderKeyID     = "Shequ-Key-Id"
	HeaderTimestamp = "Shequ-Timestamp" // RFC 3339 in UTC, whole seconds
	HeaderNonce     = "Shequ-Nonce"     // at least 16 random bytes, base64url without padding
	HeaderSignature = "Shequ-Signature" // base64 of the HMAC
)

// Signature signs requests with a key two parties share: HMAC-SHA256 over method,
// path (as sent, percent-encoded), timestamp, nonce and the SHA-256 of the body in
// hexadecimal, with a line feed between them. The query and other headers are not
// signed.
type Signature struct {
	KeyID string
	Key   []byte
}

// minKey is the shortest key, in bytes.
const minKey = 16

var keyID = regexp.MustCompile(`^[A-Za-z0-9._-]{1,100}$`)

func (s *Signature) check() error {
	if !keyID.MatchString(s.KeyID) || len(s.Key) < minKey {
		return errors.New("key-id is letters, digits and . _ -, and key at least 16 bytes; put both into the Secret")
	}
	return nil
}

// Sign sets the headers, with a nonce of its own. Each try is signed anew.
func (s *Signature) Sign(req *http.Request, body []byte, now time.Time) {
	var raw [18]byte
	_, _ = rand.Read(raw[:]) // never fails
	nonce := base64.RawURLEncoding.EncodeToString(raw[:])
	timestamp := now.UTC().Format(time.RFC3339)
	req.Header.Set(HeaderKeyID, s.KeyID)
	req.Header.Set(HeaderTimestamp, timestamp)
	req.Header.Set(HeaderNonce, nonce)
	req.Header.Set(HeaderSignature, base64.StdEncoding.EncodeToString(mac(s.Key, req.Method, req.URL.EscapedPath(), timestamp, nonce, body)))
}

func mac(key []byte, method, path, timestamp, nonce string, body []byte) []byte {
	if path == "" {
		path = "/" // as it is sent (RFC 9112, 3.2.1)
	}
	sum := sha256.Sum256(body)
	h := hmac.New(sha256.New, key)
	h.Write([]byte(strings.Join([]string{method, path, timestamp, nonce, hex.EncodeToString(sum[:])}, "\n")))
	return h.Sum(nil)
}

// Nonces remembers nonces, so that a signed request counts once.
type Nonces interface {
	// First says whether nobody has used a nonce of a key before, and remembers it
	// until a time. Of two that ask at once one is the first.
	First(ctx context.Context, keyID, nonce string, until time.Time) (bool, error)
}

// Verifier checks requests that others signed.
type Verifier struct {
	// Keys by their id. While one is replaced there are two.
	Keys map[string][]byte
	// Nonces that were used.
	Nonces Nonces
	// Skew is how far a timestamp may be from the clock, either way. Default 5 min.
	Skew time.Duration
}

// The ways in which a request is not what it should be. They do not tell a
// stranger which keys there are.
var (
	ErrUnsigned = errors.New("the request is not signed as it must be; send each of the four headers once, no query, and a signature of this method, path and body")
	ErrOld      = errors.New("the timestamp is too far from the clock; sign again, and set the clock")
	ErrReplayed = errors.New("the nonce was used before; sign every try anew")
)

var nonceShape = regexp.MustCompile(`^[A-Za-z0-9_-]{22,128}$`)

// Verify checks the signature of a request whose body was read, and that it comes
// for the first time. The error is ErrUnsigned, ErrOld, ErrReplayed or that of
// Nonces; on any of them the request counts for nothing.
func (v *Verifier) Verify(req *http.Request, body []byte, now time.Time) error {
	for _, name := range []string{HeaderKeyID, HeaderTimestamp, HeaderNonce, HeaderSignature} {
		if len(req.Header.Values(name)) != 1 {
			return ErrUnsigned
		}
	}
	id, nonce, timestamp := req.Header.Get(HeaderKeyID), req.Header.Get(HeaderNonce), req.Header.Get(HeaderTimestamp)
	given, err := base64.StdEncoding.DecodeString(req.Header.Get(HeaderSignature))
	key, known := v.Keys[id]
	at, wrong := time.Parse(time.RFC3339, timestamp)
	// An unknown key takes as long to find out as a wrong signature.
	right := hmac.Equal(given, mac(key, req.Method, req.URL.EscapedPath(), timestamp, nonce, body))
	switch {
	case err != nil, wrong != nil, !known, len(key) < minKey, !right, req.URL.RawQuery != "", !nonceShape.MatchString(nonce), !strings.HasSuffix(timestamp, "Z"):
		return ErrUnsigned
	}
	skew := v.Skew
	if skew <= 0 {
		skew = 5 * time.Minute
	}
	if at.Before(now.Add(-skew)) || at.After(now.Add(skew)) {
		return ErrOld
	}
	// As long as its timestamp is taken, the nonce is remembered.
	first, err := v.Nonces.First(req.Context(), id, nonce, at.Add(skew).Add(time.Second))
	switch {
	case err != nil:
		return err
	case !first:
		return ErrReplayed
	}
	return nil
}

// MemoryNonces remembers nonces in one process: with several replicas each would
// take a request once, so those share a Nonces of a database.
type MemoryNonces struct {
	now  func() time.Time
	most int

	mu   sync.Mutex
	used map[string]time.Time
}

// ErrTooMany says that no more nonces can be remembered now.
var ErrTooMany = errors.New("too many signed requests at once; try again in a few minutes")

// NewMemoryNonces remembers so many nonces at most. Beyond that requests are
// refused with ErrTooMany, for to forget one would be to let it be replayed.
func NewMemoryNonces(most int, now func() time.Time) *MemoryNonces {
	return &MemoryNonces{now: now, most: most, used: map[string]time.Time{}}
}

// First implements Nonces.
func (n *MemoryNonces) First(_ context.Context, keyID, nonce string, until time.Time) (bool, error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	id, now := keyID+"\n"+nonce, n.now()
	if over, used := n.used[id]; used && now.Before(over) {
		return false, nil
	}
	if len(n.used) >= n.most {
		for other, over := range n.used {
			if !now.Before(over) {
				delete(n.used, other)
			}
		}
		if len(n.used) >= n.most {
			return false, ErrTooMany
		}
	}
	n.used[id] = until
	return true, nil
}
