package session

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
)

// keyBytes a session key has.
const keyBytes = 32

// errBox says nothing more: whoever made up a cookie learns nothing from it.
var errBox = errors.New("the cookie is not one of ours")

// box encrypts and authenticates what the browser keeps for us, with AES-256-GCM
// and one derived key per purpose, so that a cookie of one kind is none of another.
type box struct {
	aead    cipher.AEAD
	random  io.Reader
	purpose string
}

func derive(key []byte, purpose string) ([]byte, error) {
	return hkdf.Key(sha256.New, key, nil, "shequ.io/session/v1 "+purpose, keyBytes)
}

func newBox(key []byte, purpose string, random io.Reader) (*box, error) {
	derived, err := derive(key, purpose)
	if err != nil {
		return nil, err
	}
	block, err := aes.NewCipher(derived)
	if err != nil {
		return nil, err
	}
	aead, err := cipher.NewGCM(block)
	if err != nil {
		return nil, err
	}
	return &box{aead: aead, random: random, purpose: purpose}, nil
}

// seal writes a value as text for a cookie. The error is the random reader's.
func (b *box) seal(v any) (string, error) {
	plain, err := json.Marshal(v)
	if err != nil {
		return "", err
	}
	nonce := make([]byte, b.aead.NonceSize(), b.aead.NonceSize()+len(plain)+b.aead.Overhead())
	if _, err := io.ReadFull(b.random, nonce); err != nil {
		return "", fmt.Errorf("draw a nonce: %w", err)
	}
	return base64.RawURLEncoding.EncodeToString(b.aead.Seal(nonce, nonce, plain, []byte(b.purpose))), nil
}

// open reads what seal wrote.
func (b *box) open(text string, v any) error {
	data, err := base64.RawURLEncoding.Strict().DecodeString(text)
	if err != nil || len(data) < b.aead.NonceSize() {
		return errBox
	}
	n := b.aead.NonceSize()
	plain, err := b.aead.Open(nil, data[:n], data[n:], []byte(b.purpose))
	if err != nil || json.Unmarshal(plain, v) != nil {
		return errBox
	}
	return nil
}
