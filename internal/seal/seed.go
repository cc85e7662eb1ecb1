package seal

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
)

// KeyBytes is the length of a Seed and of a DistrictKey.
const KeyBytes = 32

const (
	redacted = "(key)"
	// wrapHeader tells a wrapped seed from anything else, and its version.
	wrapHeader = "shequ-seed-1\n"
	nonceBytes = 12
	tagBytes   = 16
)

// Seed is the one secret of a community from which all its others follow.
type Seed struct{ b [KeyBytes]byte }

// DistrictKey wraps the seeds of a district's communities.
type DistrictKey struct{ b [KeyBytes]byte }

// NewSeed draws a seed; random is crypto/rand.Reader outside of tests. The error
// is the reader's.
func NewSeed(random io.Reader) (Seed, error) {
	var s Seed
	if _, err := io.ReadFull(random, s.b[:]); err != nil {
		return Seed{}, fmt.Errorf("draw a community's seed: %w", err)
	}
	return s, nil
}

// NewDistrictKey draws a district's key, as raw bytes to be kept. The error is
// the reader's.
func NewDistrictKey(random io.Reader) ([]byte, error) {
	key := make([]byte, KeyBytes)
	if _, err := io.ReadFull(random, key); err != nil {
		return nil, fmt.Errorf("draw a district's key: %w", err)
	}
	return key, nil
}

// ParseDistrictKey reads a key that was kept. The error says how long it must be.
func ParseDistrictKey(kept []byte) (DistrictKey, error) {
	if len(kept) != KeyBytes {
		return DistrictKey{}, fmt.Errorf("the district's key has %d bytes, it must have %d: put the one back that was there first, or nothing sealed so far can be read", len(kept), KeyBytes)
	}
	return DistrictKey{[KeyBytes]byte(kept)}, nil
}

// Wrap closes a seed with the district's key; of names whose it is, and unwrapping
// needs the same name. Random is for the nonce.
func (k DistrictKey) Wrap(random io.Reader, s Seed, of string) ([]byte, error) {
	aead, err := k.aead()
	if err != nil {
		return nil, err
	}
	nonce := make([]byte, nonceBytes)
	if _, err := io.ReadFull(random, nonce); err != nil {
		return nil, fmt.Errorf("wrap a seed: %w", err)
	}
	out := append([]byte(wrapHeader), nonce...)
	return aead.Seal(out, nonce, s.b[:], []byte(wrapHeader+of)), nil
}

// ErrWrapped says that a wrapped seed can't be opened with this key, or is not the
// one of that name.
var ErrWrapped = errors.New("the wrapped seed can't be opened: it was changed, belongs to another community, or was wrapped with another district's key; restore both Secrets from the same backup")

// Unwrap opens what Wrap closed. The error is ErrWrapped.
func (k DistrictKey) Unwrap(wrapped []byte, of string) (Seed, error) {
	if len(wrapped) != len(wrapHeader)+nonceBytes+KeyBytes+tagBytes || string(wrapped[:len(wrapHeader)]) != wrapHeader {
		return Seed{}, ErrWrapped
	}
	aead, err := k.aead()
	if err != nil {
		return Seed{}, err
	}
	body := wrapped[len(wrapHeader):]
	plain, err := aead.Open(nil, body[:nonceBytes], body[nonceBytes:], []byte(wrapHeader+of))
	if err != nil {
		return Seed{}, ErrWrapped
	}
	return Seed{[KeyBytes]byte(plain)}, nil
}

func (k DistrictKey) aead() (cipher.AEAD, error) { return newAEAD(k.b[:]) }

func newAEAD(key []byte) (cipher.AEAD, error) {
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, err
	}
	return cipher.NewGCM(block)
}

// Derive makes n bytes (at most 255 × 32) that only the seed and the label lead
// to: a key of its own for each use.
func (s Seed) Derive(label string, n int) ([]byte, error) {
	out, err := hkdf.Key(sha256.New, s.b[:], nil, "shequ.io/seal/v1 "+label, n)
	if err != nil {
		return nil, fmt.Errorf("derive %s: %w", label, err)
	}
	return out, nil
}

// Password derives a password of 32 characters, letters, digits, - and _, with 192
// bits.
func (s Seed) Password(label string) (string, error) {
	raw, err := s.Derive("password "+label, 24)
	if err != nil {
		return "", err
	}
	return base64.RawURLEncoding.EncodeToString(raw), nil
}

// Format prints no key, whatever the verb.
func (Seed) Format(f fmt.State, _ rune) { fmt.Fprint(f, redacted) }

// Format prints no key, whatever the verb.
func (DistrictKey) Format(f fmt.State, _ rune) { fmt.Fprint(f, redacted) }
