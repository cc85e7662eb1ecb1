package main

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"net/http"
	"sync"
	"time"
)

// trust is the way to the identity provider: by the authorities the machine knows,
// and by the one desk.json names, which may change while the program runs.
type trust struct {
	mu        sync.Mutex
	authority string
	transport *http.Transport
}

// providerTime is how long the provider may take to answer.
const providerTime = 10 * time.Second

func (t *trust) client() *http.Client { return &http.Client{Timeout: providerTime, Transport: t} }

// RoundTrip asks by the newest authority.
func (t *trust) RoundTrip(r *http.Request) (*http.Response, error) {
	t.mu.Lock()
	if t.transport == nil {
		t.transport = way(nil)
	}
	by := t.transport
	t.mu.Unlock()
	return by.RoundTrip(r)
}

// use trusts an authority in PEM beside the machine's own; none when empty.
func (t *trust) use(authority string) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.transport != nil && t.authority == authority {
		return nil
	}
	var pool *x509.CertPool // nil: the machine's own
	if authority != "" {
		var err error
		if pool, err = x509.SystemCertPool(); err != nil {
			pool = x509.NewCertPool() // an image without any
		}
		if !pool.AppendCertsFromPEM([]byte(authority)) {
			return errors.New("oidc.ca holds no certificate; give the authority's in PEM")
		}
	}
	if t.transport != nil {
		t.transport.CloseIdleConnections()
	}
	t.authority, t.transport = authority, way(pool)
	return nil
}

func way(pool *x509.CertPool) *http.Transport {
	return &http.Transport{
		Proxy:               http.ProxyFromEnvironment,
		TLSClientConfig:     &tls.Config{RootCAs: pool, MinVersion: tls.VersionTLS12},
		TLSHandshakeTimeout: providerTime, IdleConnTimeout: time.Minute, MaxIdleConns: 4,
	}
}
