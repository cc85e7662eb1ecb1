package seal

import (
	"crypto/hpke"
	"crypto/sha256"
	"errors"
	"fmt"
)

// idBytes of a public key's hash stand before what was sealed with it, so that a
// wrong key is told from a changed text.
const idBytes = 8

const version = 1

// Overhead is how many bytes a sealed text is longer than the text.
const Overhead = 1 + idBytes + encapsulatedBytes + tagBytes

// encapsulatedBytes of the hybrid key exchange: ML-KEM-768's ciphertext and an
// X25519 share.
const encapsulatedBytes = 1088 + 32

// Errors of Open.
var (
	// ErrOtherKey: it was sealed to another key.
	ErrOtherKey = errors.New("sealed to another key than this community's: restore the key's Secret that was there when it was written")
	// ErrSealed: it was changed, cut off, or is of another place.
	ErrSealed = errors.New("what was sealed can't be opened: it was changed or does not belong here")
)

// PublicKey seals. It is no secret.
type PublicKey struct {
	key hpke.PublicKey
	id  [idBytes]byte
}

// PrivateKey opens what the public key of its pair sealed.
type PrivateKey struct {
	key    hpke.PrivateKey
	public PublicKey
}

func kem() hpke.KEM   { return hpke.MLKEM768X25519() }
func kdf() hpke.KDF   { return hpke.HKDFSHA256() }
func aead() hpke.AEAD { return hpke.AES256GCM() }

// Sealing is the key pair of the community.
func (s Seed) Sealing() (PrivateKey, error) { return s.pair("sealing") }

// Courier is the key pair of the community's courier: it opens the messages to
// information systems, and nothing a resident wrote otherwise.
func (s Seed) Courier() (PrivateKey, error) { return s.pair("courier") }

func (s Seed) pair(label string) (PrivateKey, error) {
	ikm, err := s.Derive(label, KeyBytes)
	if err != nil {
		return PrivateKey{}, err
	}
	key, err := kem().DeriveKeyPair(ikm)
	if err != nil {
		return PrivateKey{}, fmt.Errorf("derive the %s key: %w", label, err)
	}
	return private(key), nil
}

func private(key hpke.PrivateKey) PrivateKey { return PrivateKey{key, public(key.PublicKey())} }

func public(key hpke.PublicKey) PublicKey {
	sum := sha256.Sum256(key.Bytes())
	return PublicKey{key, [idBytes]byte(sum[:idBytes])}
}

// ParsePublicKey reads what Bytes wrote.
func ParsePublicKey(raw []byte) (PublicKey, error) {
	key, err := kem().NewPublicKey(raw)
	if err != nil {
		return PublicKey{}, fmt.Errorf("sealing.pub is no sealing key: %w", err)
	}
	return public(key), nil
}

// Bytes are the key as it is kept.
func (k PublicKey) Bytes() []byte { return k.key.Bytes() }

// Seal closes a text to the holder of the private key. Opening needs the same
// context: where the text belongs, such as a submission's identifier, so that it
// can't be moved elsewhere unseen.
func (k PublicKey) Seal(text, context []byte) ([]byte, error) {
	if k.key == nil {
		return nil, errors.New("there is no key to seal with")
	}
	sealed, err := hpke.Seal(k.key, kdf(), aead(), info(context), text)
	if err != nil {
		return nil, fmt.Errorf("seal: %w", err)
	}
	out := make([]byte, 0, 1+idBytes+len(sealed))
	out = append(out, version)
	out = append(out, k.id[:]...)
	return append(out, sealed...), nil
}

// ParsePrivateKey reads what PrivateKey.Bytes wrote. The error tells nothing of it.
func ParsePrivateKey(raw []byte) (PrivateKey, error) {
	key, err := kem().NewPrivateKey(raw)
	if err != nil {
		return PrivateKey{}, errors.New("sealing.key is no private sealing key")
	}
	return private(key), nil
}

// Bytes are the key as it is kept: a secret.
func (k PrivateKey) Bytes() ([]byte, error) { return k.key.Bytes() }

// Public is the other half of the pair.
func (k PrivateKey) Public() PublicKey { return k.public }

// Open opens what was sealed with the public key under the same context. The
// error is ErrOtherKey or ErrSealed.
func (k PrivateKey) Open(sealed, context []byte) ([]byte, error) {
	switch {
	case k.key == nil:
		return nil, ErrOtherKey
	case len(sealed) < Overhead || sealed[0] != version:
		return nil, ErrSealed
	case [idBytes]byte(sealed[1:1+idBytes]) != k.public.id:
		return nil, ErrOtherKey
	}
	text, err := hpke.Open(k.key, kdf(), aead(), info(context), sealed[1+idBytes:])
	if err != nil {
		return nil, ErrSealed
	}
	return text, nil
}

func info(context []byte) []byte { return append([]byte("shequ.io/seal/v1\n"), context...) }

// Format prints no key, whatever the verb.
func (PrivateKey) Format(f fmt.State, _ rune) { fmt.Fprint(f, redacted) }
