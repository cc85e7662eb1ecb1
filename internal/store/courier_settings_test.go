package store

import (
	"bytes"
	"testing"

	"github.com/shequ-io/shequ/internal/seal"
)

// The courier's connections are told to walk indexes: without that a server that has
// no statistics of the outbox sorts all of it for each claim.
func TestTheCourierWalks(t *testing.T) {
	uri := func() (string, error) { return "postgres://nobody@127.0.0.1:1/none", nil }
	c, err := OpenCourier(t.Context(), Config{URI: uri}, CourierKeys{Receipts: make([]byte, seal.KeyBytes)})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	config := c.pool.Config()
	for name, value := range walks {
		if config.ConnConfig.RuntimeParams[name] != value {
			t.Errorf("%s is not %s", name, value)
		}
	}
	if config.MaxConns != 1 || config.MinConns != 0 || config.MaxConnIdleTime > courierIdle {
		t.Errorf("at most %d connections, at least %d, idle for %v", config.MaxConns, config.MinConns, config.MaxConnIdleTime)
	}
	if _, err := OpenCourier(t.Context(), Config{URI: uri}, CourierKeys{Receipts: bytes.Repeat([]byte{1}, 3)}); err == nil {
		t.Error("opened with a key for receipts of three bytes")
	}
}
