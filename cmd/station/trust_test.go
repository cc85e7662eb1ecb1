package main

import (
	"encoding/pem"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

func TestTrustFollowsTheAuthority(t *testing.T) {
	server := httptest.NewTLSServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	t.Cleanup(server.Close)
	authority := string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw}))
	var way trust
	t.Cleanup(func() { way.transport.CloseIdleConnections() })
	ask := func() error {
		resp, err := way.client().Get(server.URL)
		if err == nil {
			err = resp.Body.Close()
		}
		return err
	}
	if err := ask(); err == nil || !strings.Contains(err.Error(), "certificate") {
		t.Errorf("an unknown authority is trusted: %v", err)
	}
	if err := way.use("no certificate"); err == nil || !strings.Contains(err.Error(), "PEM") {
		t.Errorf("anything is an authority: %v", err)
	}
	for range 2 {
		if err := way.use(authority); err != nil {
			t.Fatal(err)
		}
		if err := ask(); err != nil {
			t.Errorf("the named authority is not trusted: %v", err)
		}
	}
	if err := way.use(""); err != nil {
		t.Fatal(err)
	}
	if err := ask(); err == nil {
		t.Error("an authority that was taken back is still trusted")
	}
}
