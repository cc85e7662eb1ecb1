package pki

import (
	"crypto/ecdsa"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func readCert(t *testing.T, path string) *x509.Certificate {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	block, _ := pem.Decode(data)
	cert, err := x509.ParseCertificate(block.Bytes)
	if err != nil {
		t.Fatal(err)
	}
	return cert
}

func TestIssue(t *testing.T) {
	dir := t.TempDir()
	ca, err := NewCA(dir)
	if err != nil {
		t.Fatal(err)
	}
	leaves := []Leaf{
		{File: "admin", CommonName: "admin", Groups: []string{"system:masters"}},
		{File: "server", CommonName: "server", Names: []string{"localhost"}, IPs: []net.IP{net.IPv4(127, 0, 0, 1)}},
	}
	for _, leaf := range leaves {
		if err := ca.Issue(leaf); err != nil {
			t.Fatal(err)
		}
		if _, err := tls.LoadX509KeyPair(filepath.Join(dir, leaf.File+".crt"), filepath.Join(dir, leaf.File+".key")); err != nil {
			t.Errorf("%s: certificate and key do not belong together: %v", leaf.File, err)
		}
		info, err := os.Stat(filepath.Join(dir, leaf.File+".key"))
		if err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("%s.key has mode %v, %v; others must not read it", leaf.File, info.Mode(), err)
		}
	}
	roots := x509.NewCertPool()
	roots.AddCert(readCert(t, filepath.Join(dir, "ca.crt")))
	admin := readCert(t, filepath.Join(dir, "admin.crt"))
	if admin.Subject.CommonName != "admin" || len(admin.Subject.Organization) != 1 || admin.Subject.Organization[0] != "system:masters" {
		t.Errorf("admin's subject is %v", admin.Subject)
	}
	client := x509.VerifyOptions{Roots: roots, KeyUsages: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth}}
	if _, err := admin.Verify(client); err != nil {
		t.Errorf("admin is no valid client: %v", err)
	}
	server := x509.VerifyOptions{Roots: roots, DNSName: "127.0.0.1"}
	if _, err := readCert(t, filepath.Join(dir, "server.crt")).Verify(server); err != nil {
		t.Errorf("server is no valid server: %v", err)
	}
	if _, err := admin.Verify(x509.VerifyOptions{Roots: roots}); err == nil {
		t.Error("a client's certificate must not serve")
	}
	if err := ca.Issue(Leaf{File: "nobody"}); err == nil {
		t.Error("a certificate without a name was issued")
	}
}

func TestKeyPair(t *testing.T) {
	dir := t.TempDir()
	ca, err := NewCA(dir)
	if err != nil {
		t.Fatal(err)
	}
	if err := ca.KeyPair("sa"); err != nil {
		t.Fatal(err)
	}
	public, err := os.ReadFile(filepath.Join(dir, "sa.pub"))
	if err != nil {
		t.Fatal(err)
	}
	private, err := os.ReadFile(filepath.Join(dir, "sa.key"))
	if err != nil {
		t.Fatal(err)
	}
	pub, _ := pem.Decode(public)
	key, _ := pem.Decode(private)
	parsed, err := x509.ParsePKIXPublicKey(pub.Bytes)
	if err != nil {
		t.Fatal(err)
	}
	signer, err := x509.ParseECPrivateKey(key.Bytes)
	if err != nil {
		t.Fatal(err)
	}
	if !signer.PublicKey.Equal(parsed.(*ecdsa.PublicKey)) {
		t.Error("sa.pub is not the public half of sa.key")
	}
}

func TestWriteKubeconfig(t *testing.T) {
	dir := t.TempDir()
	ca, err := NewCA(dir)
	if err != nil {
		t.Fatal(err)
	}
	if err := ca.Issue(Leaf{File: "admin", CommonName: "admin"}); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(dir, "kubeconfig")
	if err := WriteKubeconfig(path, "dev", "https://127.0.0.1:6443", dir, "admin"); err != nil {
		t.Fatal(err)
	}
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"server: https://127.0.0.1:6443\n", "current-context: shequ-dev\n", "client-key-data: LS0t"} {
		if !strings.Contains(string(data), want) {
			t.Errorf("kubeconfig lacks %q:\n%s", want, data)
		}
	}
	if err := WriteKubeconfig(path, "dev", "https://127.0.0.1:6443", dir, "missing"); err == nil {
		t.Error("a kubeconfig without credentials was written")
	}
}
