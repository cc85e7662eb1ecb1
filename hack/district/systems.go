package main

import (
	"context"
	"net"
	"os"
	"path/filepath"

	"github.com/shequ-io/shequ/hack/local/district"
	"github.com/shequ-io/shequ/hack/simulators/systems"
)

// simulate runs the stand-ins for line departments' systems until ctx ends. The
// hotline's work orders go by the gateway, as those of a hotline outside would.
func simulate(ctx context.Context, c district.Config) error {
	authority, err := os.ReadFile(filepath.Join(c.Dir, district.AuthorityFile))
	if err != nil {
		return err
	}
	config := systems.Config{
		Admin: c.Systems.Admin, Credentials: c.Systems.Credentials, ServerNames: []string{c.Address},
		WebhookCA: string(authority), WebhookVia: net.JoinHostPort(c.Address, "443"),
	}
	for name, at := range c.Systems.Listen {
		config.Systems = append(config.Systems, systems.SystemConfig{Name: name, Listen: at})
	}
	farm, err := systems.Start(ctx, config)
	if err != nil {
		return err
	}
	<-ctx.Done()
	return farm.Close()
}
