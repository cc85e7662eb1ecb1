package main

import (
	"bytes"
	"context"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"go.uber.org/goleak"

	"github.com/shequ-io/shequ/hack/simulators/systems"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestConfigure(t *testing.T) {
	file := filepath.Join(t.TempDir(), "simulators.yaml")
	text := "admin: 127.0.0.1:9600\njournal: /from/file\nserverNames: [node.example]\nsystems:\n- name: hotline-12345\n  listen: 127.0.0.1:9601\n- name: utility-bills\n"
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	config, err := configure([]string{"--config", file, "--plain", "--journal=/from/flag", "--server-name=other.example", "--port=9700", "--webhook-via=10.244.0.1:443"})
	if err != nil {
		t.Fatal(err)
	}
	if config.Admin != "127.0.0.1:9600" || config.Journal != "/from/flag" || config.WebhookVia != "10.244.0.1:443" || strings.Join(config.ServerNames, " ") != "node.example other.example" {
		t.Errorf("%+v", config)
	}
	want := []systems.SystemConfig{{Name: "hotline-12345", Listen: "127.0.0.1:9601", Plain: true}, {Name: "utility-bills", Listen: "127.0.0.1:9708"}}
	if len(config.Systems) != 2 || config.Systems[0] != want[0] || config.Systems[1] != want[1] {
		t.Errorf("%+v", config.Systems)
	}
	config, err = configure(nil)
	if err != nil || len(config.Systems) != len(systems.Kinds()) || config.Admin != "127.0.0.1:9500" || config.Systems[0].Listen != "127.0.0.1:9501" {
		t.Errorf("%+v, %v", config, err)
	}
	config, err = configure([]string{"--system=e-supervision", "--port=0", "--listen=::1"})
	if err != nil || len(config.Systems) != 1 || config.Systems[0].Listen != "[::1]:0" {
		t.Errorf("%+v, %v", config, err)
	}
	for _, args := range [][]string{{"--config=/nowhere"}, {"--webhook-ca=/nowhere"}, {"word"}, {"--unknown"}} {
		if _, err := configure(args); err == nil {
			t.Errorf("%v", args)
		}
	}
}

// written tells when something was printed.
type written struct {
	bytes.Buffer

	first chan struct{}
}

func (w *written) Write(p []byte) (int, error) {
	select {
	case <-w.first:
	default:
		defer close(w.first)
	}
	return w.Buffer.Write(p)
}

func TestRunsUntilTold(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	out := &written{first: make(chan struct{})}
	dir := t.TempDir()
	done := make(chan error, 1)
	go func() { done <- run(ctx, []string{"--port=0", "--credentials=" + dir}, out) }()
	<-out.first
	cancel()
	if err := <-done; err != nil {
		t.Error(err)
	}
	for _, kind := range systems.Kinds() {
		if !strings.Contains(out.String(), kind.Name) {
			t.Errorf("does not say where %s is", kind.Name)
		}
		if entries, err := os.ReadDir(filepath.Join(dir, kind.Secret)); err != nil || len(entries) < 2 {
			t.Errorf("%s: %v %v", kind.Secret, entries, err)
		}
	}
	if err := run(t.Context(), []string{"--listen=256.0.0.1"}, io.Discard); err == nil {
		t.Error("listens at an address that is none")
	}
}
