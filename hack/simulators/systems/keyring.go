package systems

import (
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/base64"
	"encoding/pem"
	"errors"
	"fmt"
	"io/fs"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"slices"
	"time"

	"golang.org/x/crypto/ssh"
)

// Secrets are what Secrets hold: by the Secret's name, by key. A sender gets the
// keys the InformationSystem's documentation names, ca.crt beside them.
type Secrets map[string]map[string][]byte

// keyring makes credentials, or reads the ones made before from a directory that
// has one directory per Secret and one, authority, for what senders don't get.
type keyring struct {
	dir     string // empty: nothing is kept
	secrets Secrets
	ca      *tls.Certificate
}

const authority = "authority"

func newKeyring(dir string) (*keyring, error) {
	k := &keyring{dir: dir, secrets: Secrets{}}
	cert, err := k.certificate(authority, "tls", &x509.Certificate{
		Subject: pkix.Name{CommonName: "Simulators' authority"}, IsCA: true, BasicConstraintsValid: true,
		KeyUsage: x509.KeyUsageCertSign | x509.KeyUsageCRLSign,
	}, nil)
	k.ca = cert
	return k, err
}

// value is a key of a Secret: what was kept, or what create makes.
func (k *keyring) value(secret, key string, create func() ([]byte, error)) ([]byte, error) {
	if had, there := k.secrets[secret][key]; there {
		return had, nil
	}
	data, err := k.kept(secret, key)
	if errors.Is(err, fs.ErrNotExist) {
		if data, err = create(); err == nil {
			err = k.write(secret, key, data)
		}
	}
	if err != nil {
		return nil, fmt.Errorf("credentials %s/%s: %w; name a directory that can be written", secret, key, err)
	}
	k.remember(secret, key, data)
	return data, nil
}

// kept reads what an earlier keyring left in the directory.
func (k *keyring) kept(secret, key string) ([]byte, error) {
	if k.dir == "" {
		return nil, fs.ErrNotExist
	}
	return os.ReadFile(filepath.Join(k.dir, secret, key))
}

func (k *keyring) remember(secret, key string, data []byte) {
	if k.secrets[secret] == nil {
		k.secrets[secret] = map[string][]byte{}
	}
	k.secrets[secret][key] = data
}

// token is a random text; its bytes as they are, are the credential.
func (k *keyring) token(secret, key string) ([]byte, error) {
	return k.value(secret, key, func() ([]byte, error) {
		raw := make([]byte, 32)
		_, err := rand.Read(raw)
		return []byte(base64.RawURLEncoding.EncodeToString(raw)), err
	})
}

func (k *keyring) text(secret, key, text string) ([]byte, error) {
	return k.value(secret, key, func() ([]byte, error) { return []byte(text), nil })
}

// certificate is a pair of keys prefix.key and prefix.crt. Without an issuer it
// signs itself. Server certificates are made anew at every start, since the names
// they are for may have changed: give them no prefix.
func (k *keyring) certificate(secret, prefix string, template *x509.Certificate, issuer *tls.Certificate) (*tls.Certificate, error) {
	if prefix == "" {
		crt, key, err := issue(template, issuer)
		if err != nil {
			return nil, err
		}
		return pair(crt, key)
	}
	var made []byte
	key, err := k.value(secret, prefix+".key", func() (key []byte, err error) {
		made, key, err = issue(template, issuer)
		return key, err
	})
	if err != nil {
		return nil, err
	}
	crt, err := k.value(secret, prefix+".crt", func() ([]byte, error) {
		if made == nil {
			return nil, errors.New("the key has no certificate beside it; remove it")
		}
		return made, nil
	})
	if err != nil {
		return nil, err
	}
	return pair(crt, key)
}

func pair(crt, key []byte) (*tls.Certificate, error) {
	out, err := tls.X509KeyPair(crt, key)
	if err != nil {
		return nil, fmt.Errorf("a kept certificate can't be read: %w; remove it", err)
	}
	out.Leaf, err = x509.ParseCertificate(out.Certificate[0])
	return &out, err
}

func issue(template *x509.Certificate, issuer *tls.Certificate) (crt, key []byte, err error) {
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, nil, err
	}
	serial, err := rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), 120))
	if err != nil {
		return nil, nil, err
	}
	template.SerialNumber = serial
	template.NotBefore, template.NotAfter = time.Now().Add(-time.Hour), time.Now().AddDate(2, 0, 0)
	parent, signer := template, any(private)
	if issuer != nil {
		parent, signer = issuer.Leaf, issuer.PrivateKey
	}
	der, err := x509.CreateCertificate(rand.Reader, template, parent, private.Public(), signer)
	if err != nil {
		return nil, nil, err
	}
	raw, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		return nil, nil, err
	}
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}),
		pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: raw}), nil
}

// server makes the certificate of a system, and one of an authority nobody knows.
func (k *keyring) server(name string, names []string) (right, wrong *tls.Certificate, err error) {
	template := func(names []string) *x509.Certificate {
		out := &x509.Certificate{
			Subject: pkix.Name{CommonName: names[0]}, KeyUsage: x509.KeyUsageDigitalSignature,
			ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
		}
		for _, name := range names {
			if ip := net.ParseIP(name); ip != nil {
				out.IPAddresses = append(out.IPAddresses, ip)
			} else {
				out.DNSNames = append(out.DNSNames, name)
			}
		}
		return out
	}
	all := slices.Concat([]string{name + ".systems.shequ.example", "security-server.systems.shequ.example", "localhost", "127.0.0.1", "::1"}, names)
	if right, err = k.certificate("", "", template(all), k.ca); err != nil {
		return nil, nil, err
	}
	wrong, err = k.certificate("", "", template(all), nil)
	return right, wrong, err
}

// client makes the certificate a sender shows; its common name is the Secret's.
func (k *keyring) client(secret string) error {
	_, err := k.certificate(secret, "tls", &x509.Certificate{
		Subject: pkix.Name{CommonName: secret}, KeyUsage: x509.KeyUsageDigitalSignature,
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth},
	}, k.ca)
	return err
}

// pool trusts the authority and nobody else.
func (k *keyring) pool() *x509.CertPool {
	pool := x509.NewCertPool()
	pool.AddCert(k.ca.Leaf)
	return pool
}

// sshKey is an OpenSSH private key under a key of a Secret.
func (k *keyring) sshKey(secret, key string) (ssh.Signer, error) {
	data, err := k.value(secret, key, func() ([]byte, error) {
		_, private, err := ed25519.GenerateKey(rand.Reader)
		if err != nil {
			return nil, err
		}
		block, err := ssh.MarshalPrivateKey(private, "")
		if err != nil {
			return nil, err
		}
		return pem.EncodeToMemory(block), nil
	})
	if err != nil {
		return nil, err
	}
	return ssh.ParsePrivateKey(data)
}

// write puts a value in place of the one that was kept, for what depends on where
// the systems are.
func (k *keyring) write(secret, key string, data []byte) error {
	k.remember(secret, key, data)
	if k.dir == "" {
		return nil
	}
	path := filepath.Join(k.dir, secret, key)
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return err
	}
	return os.WriteFile(path, data, 0o600)
}

// forSenders are the Secrets without what only the systems have.
func (k *keyring) forSenders() Secrets {
	out := Secrets{}
	for name, keys := range k.secrets {
		if name != authority {
			out[name] = keys
		}
	}
	return out
}
