package main

import (
	"bytes"
	"crypto/rand"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/shequ-io/shequ/internal/content"
	"github.com/shequ-io/shequ/internal/seal"
)

func put(t *testing.T, dir, name string, data []byte) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(dir, name), data, 0o600); err != nil {
		t.Fatal(err)
	}
}

func TestSecretsAreReadAnew(t *testing.T) {
	dir := t.TempDir()
	s := secrets(dir)
	if given, err := s.given(); given || err != nil {
		t.Errorf("an empty directory: %v, %v", given, err)
	}
	if given, err := secrets(filepath.Join(dir, "absent")).given(); given || err != nil {
		t.Errorf("no directory: %v, %v", given, err)
	}
	if _, err := s.uri(); err == nil || !strings.Contains(err.Error(), "--secrets") {
		t.Errorf("no URI: %v", err)
	}
	for _, uri := range []string{"postgres://one", "postgres://two"} {
		put(t, dir, uriKey, []byte(uri+"\n"))
		if got, err := s.uri(); got != uri || err != nil {
			t.Errorf("URI %q, %v", got, err)
		}
	}
	if given, err := s.given(); !given || err != nil {
		t.Errorf("with a URI: %v, %v", given, err)
	}
	if secret, err := s.clientSecret(); secret != "" || err != nil {
		t.Errorf("no client secret: %q, %v", secret, err)
	}
	put(t, dir, clientSecretKey, []byte("s3cret\n"))
	if secret, err := s.clientSecret(); secret != "s3cret" || err != nil {
		t.Errorf("client secret %q, %v", secret, err)
	}
}

func TestKeysOfAPair(t *testing.T) {
	dir := t.TempDir()
	s := secrets(dir)
	if _, err := s.sealingKey(); err == nil {
		t.Error("a key out of nothing")
	}
	if _, err := s.openingKey(); err == nil {
		t.Error("a private key out of nothing")
	}
	seed, err := seal.NewSeed(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	pair, err := seed.Sealing()
	if err != nil {
		t.Fatal(err)
	}
	raw, err := pair.Bytes()
	if err != nil {
		t.Fatal(err)
	}
	put(t, dir, publicKey, pair.Public().Bytes())
	put(t, dir, privateKey, raw)
	public, err := s.sealingKey()
	if err != nil {
		t.Fatal(err)
	}
	private, err := s.openingKey()
	if err != nil {
		t.Fatal(err)
	}
	sealed, err := public.Seal([]byte("text"), nil)
	if err != nil {
		t.Fatal(err)
	}
	if text, err := private.Open(sealed, nil); string(text) != "text" || err != nil {
		t.Errorf("opened %q, %v", text, err)
	}
}

func TestDeskFileIsFollowed(t *testing.T) {
	dir := t.TempDir()
	var log bytes.Buffer
	var used []*content.Desk
	f := deskFile(dir, slog.New(slog.NewTextHandler(&log, nil)), func(d *content.Desk) { used = append(used, d) })
	f.look()
	f.look()
	if strings.Count(log.String(), "mount the ConfigMap") != 1 {
		t.Errorf("a missing file is told of more or less than once:\n%s", &log)
	}
	put(t, dir, content.DeskFile, []byte(`{"schemaVersion":1,"access":[{"group":"a","role":"Lead"}]}`))
	f.look()
	f.look()
	put(t, dir, content.DeskFile, []byte(`{"schemaVersion":1,`))
	f.look()
	f.look()
	if len(used) != 1 || strings.Count(log.String(), "not whole JSON") != 1 {
		t.Errorf("used %d times:\n%s", len(used), &log)
	}
	put(t, dir, content.DeskFile, []byte(`{"schemaVersion":1}`))
	f.look()
	if len(used) != 2 || len(used[1].Access) != 0 {
		t.Errorf("the mended file is not used: %d", len(used))
	}
}
