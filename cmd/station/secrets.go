package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/shequ-io/shequ/internal/seal"
)

// The keys of the Secrets a program finds, as the operator writes them.
const (
	uriKey          = "uri"
	publicKey       = "sealing.pub"
	privateKey      = "sealing.key"
	receiptsKey     = "receipts.key"
	sessionKey      = "session.key"
	courierKey      = "courier.key"
	courierPublic   = "courier.pub"
	clientSecretKey = "oidc-client-secret" //nolint:gosec // the name of a file
)

// secrets is the directory a program's Secret is mounted at. What is in it may be
// replaced while the program runs.
type secrets string

// given reports whether the community keeps cases: whether there is a database.
func (s secrets) given() (bool, error) {
	_, err := os.Stat(filepath.Join(string(s), uriKey))
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	return err == nil, err
}

// uri of the database, read anew for every connection: passwords are replaced
// without a restart.
func (s secrets) uri() (string, error) {
	raw, err := s.read(uriKey)
	return strings.TrimSpace(string(raw)), err
}

func (s secrets) read(key string) ([]byte, error) {
	raw, err := os.ReadFile(filepath.Join(string(s), key))
	if err != nil {
		return nil, fmt.Errorf("the program's Secret: %w; mount the one the operator made at --secrets", err)
	}
	return raw, nil
}

func (s secrets) sealingKey() (seal.PublicKey, error) {
	raw, err := s.read(publicKey)
	if err != nil {
		return seal.PublicKey{}, err
	}
	return seal.ParsePublicKey(raw)
}

func (s secrets) openingKey() (seal.PrivateKey, error) {
	raw, err := s.read(privateKey)
	if err != nil {
		return seal.PrivateKey{}, err
	}
	return seal.ParsePrivateKey(raw)
}

// sealingToCourier is the courier's public key; false where the Secret has none, and
// nothing is delivered.
func (s secrets) sealingToCourier() (key seal.PublicKey, given bool, err error) {
	raw, err := os.ReadFile(filepath.Join(string(s), courierPublic))
	if errors.Is(err, fs.ErrNotExist) {
		return key, false, nil
	}
	if err == nil {
		key, err = seal.ParsePublicKey(raw)
	}
	return key, err == nil, err
}

// clientSecret is empty where the provider wants none.
func (s secrets) clientSecret() (string, error) {
	raw, err := os.ReadFile(filepath.Join(string(s), clientSecretKey))
	if errors.Is(err, fs.ErrNotExist) {
		return "", nil
	}
	return strings.TrimSpace(string(raw)), err
}
