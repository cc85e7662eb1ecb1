package main

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"time"

	"github.com/shequ-io/shequ/hack/local/district"
)

// papers are the certificate and key all three parts show, and where they lie.
type papers struct {
	certificate tls.Certificate
	cert, key   string // files
}

const validity = 30 * 24 * time.Hour

// certify makes an authority and, by it, one certificate for the address and for
// every hostname of the sample. The authority's key is thrown away.
func certify(dir, address string) (papers, error) {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return papers{}, err
	}
	authorityKey, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return papers{}, err
	}
	now := time.Now()
	authority := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "shequ development district"},
		NotBefore: now.Add(-time.Hour), NotAfter: now.Add(validity),
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign,
	}
	authorityDER, err := x509.CreateCertificate(rand.Reader, authority, authority, authorityKey.Public(), authorityKey)
	if err != nil {
		return papers{}, err
	}
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return papers{}, err
	}
	leaf := &x509.Certificate{
		SerialNumber: big.NewInt(2), Subject: pkix.Name{CommonName: address},
		NotBefore: now.Add(-time.Hour), NotAfter: now.Add(validity),
		KeyUsage: x509.KeyUsageDigitalSignature, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
		IPAddresses: []net.IP{net.ParseIP(address)}, DNSNames: []string{"*" + district.Suffix},
	}
	leafDER, err := x509.CreateCertificate(rand.Reader, leaf, authority, key.Public(), authorityKey)
	if err != nil {
		return papers{}, err
	}
	keyDER, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return papers{}, err
	}
	certPEM := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: leafDER})
	keyPEM := pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: keyDER})
	p := papers{cert: filepath.Join(dir, "server.crt"), key: filepath.Join(dir, "server.key")}
	if p.certificate, err = tls.X509KeyPair(certPEM, keyPEM); err != nil {
		return papers{}, err
	}
	for name, data := range map[string][]byte{
		p.cert: certPEM, p.key: keyPEM,
		filepath.Join(dir, district.AuthorityFile): pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: authorityDER}),
	} {
		if err := os.WriteFile(name, data, 0o600); err != nil {
			return papers{}, fmt.Errorf("keep the certificate: %w", err)
		}
	}
	return p, nil
}
