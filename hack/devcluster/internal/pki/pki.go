// Package pki makes the certificates and keys of one development cluster.
//
// It is not a certificate manager: everything is made once when the cluster
// is created, lasts a year, and is thrown away with the cluster.
package pki

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"fmt"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"time"
)

const lifetime = 365 * 24 * time.Hour

// CA signs the certificates of one cluster.
type CA struct {
	cert *x509.Certificate
	key  *ecdsa.PrivateKey
	dir  string
}

// Leaf says what a certificate is for.
type Leaf struct {
	// File is the base name of the .crt and .key files.
	File string
	// CommonName is the user name where the certificate is a client's.
	CommonName string
	// Groups are the user's groups.
	Groups []string
	// Names and IPs make it a server's certificate, too.
	Names []string
	IPs   []net.IP
}

// NewCA makes a certificate authority and writes ca.crt and ca.key into dir.
func NewCA(dir string) (*CA, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, err
	}
	key, err := newKey()
	if err != nil {
		return nil, err
	}
	template, err := skeleton("shequ-devcluster")
	if err != nil {
		return nil, err
	}
	template.IsCA = true
	template.BasicConstraintsValid = true
	template.KeyUsage = x509.KeyUsageCertSign | x509.KeyUsageDigitalSignature
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		return nil, err
	}
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		return nil, err
	}
	if err := writePair(dir, "ca", der, key); err != nil {
		return nil, err
	}
	return &CA{cert: cert, key: key, dir: dir}, nil
}

// Issue signs a certificate and writes it and its key into the CA's directory.
func (ca *CA) Issue(leaf Leaf) error {
	key, err := newKey()
	if err != nil {
		return err
	}
	template, err := skeleton(leaf.CommonName)
	if err != nil {
		return err
	}
	template.Subject.Organization = leaf.Groups
	template.DNSNames = leaf.Names
	template.IPAddresses = leaf.IPs
	template.KeyUsage = x509.KeyUsageDigitalSignature
	template.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth}
	if len(leaf.Names)+len(leaf.IPs) > 0 {
		template.ExtKeyUsage = append(template.ExtKeyUsage, x509.ExtKeyUsageServerAuth)
	}
	der, err := x509.CreateCertificate(rand.Reader, template, ca.cert, key.Public(), ca.key)
	if err != nil {
		return fmt.Errorf("certificate %s: %w", leaf.File, err)
	}
	return writePair(ca.dir, leaf.File, der, key)
}

// KeyPair writes a private and a public key that are no certificate: the API
// server checks with one the service-account tokens signed with the other.
func (ca *CA) KeyPair(file string) error {
	key, err := newKey()
	if err != nil {
		return err
	}
	if err := writeKey(ca.dir, file, key); err != nil {
		return err
	}
	public, err := x509.MarshalPKIXPublicKey(key.Public())
	if err != nil {
		return err
	}
	return writePEM(filepath.Join(ca.dir, file+".pub"), "PUBLIC KEY", public, 0o644)
}

func newKey() (*ecdsa.PrivateKey, error) {
	return ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
}

func skeleton(commonName string) (*x509.Certificate, error) {
	if commonName == "" {
		return nil, errors.New("a certificate needs a common name")
	}
	serial, err := rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), 127))
	if err != nil {
		return nil, err
	}
	now := time.Now()
	return &x509.Certificate{
		SerialNumber: serial,
		Subject:      pkix.Name{CommonName: commonName},
		// A clock set back a little must not invalidate a running cluster.
		NotBefore: now.Add(-time.Hour),
		NotAfter:  now.Add(lifetime),
	}, nil
}

func writePair(dir, file string, der []byte, key *ecdsa.PrivateKey) error {
	if err := writePEM(filepath.Join(dir, file+".crt"), "CERTIFICATE", der, 0o644); err != nil {
		return err
	}
	return writeKey(dir, file, key)
}

func writeKey(dir, file string, key *ecdsa.PrivateKey) error {
	der, err := x509.MarshalECPrivateKey(key)
	if err != nil {
		return err
	}
	return writePEM(filepath.Join(dir, file+".key"), "EC PRIVATE KEY", der, 0o600)
}

func writePEM(path, kind string, der []byte, mode os.FileMode) error {
	return os.WriteFile(path, pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}), mode)
}
