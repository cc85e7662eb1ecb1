package main

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"encoding/json"
	"errors"
	"io"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	v1 "github.com/google/go-containerregistry/pkg/v1"
)

// binary builds a small static program for Linux.
func binary(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	source := filepath.Join(dir, "main.go")
	if err := os.WriteFile(source, []byte("package main\nfunc main() {}\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	out := filepath.Join(dir, "hello")
	cmd := exec.Command("go", "build", "-trimpath", "-o", out, source)
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0", "GOOS=linux", "GOARCH=arm64")
	if text, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
	return out
}

func unpack(t *testing.T, data io.Reader) map[string]string {
	t.Helper()
	files := map[string]string{}
	reader := tar.NewReader(data)
	for {
		header, err := reader.Next()
		if errors.Is(err, io.EOF) {
			return files
		}
		if err != nil {
			t.Fatal(err)
		}
		if !header.ModTime.Equal(epoch) {
			t.Errorf("%s has the time %v", header.Name, header.ModTime)
		}
		content, err := io.ReadAll(reader)
		if err != nil {
			t.Fatal(err)
		}
		files[header.Name] = string(content)
	}
}

func TestArchive(t *testing.T) {
	program := binary(t)
	out := filepath.Join(t.TempDir(), "out.tar")
	args := []string{"-name", "shequ.io/hello:dev", "-binary", program, "-entrypoint", "/usr/bin/hello", "-o", out}
	if err := run(args, io.Discard); err != nil {
		t.Fatal(err)
	}
	first, err := os.ReadFile(out)
	if err != nil {
		t.Fatal(err)
	}
	if err := run(args, io.Discard); err != nil {
		t.Fatal(err)
	}
	if second, err := os.ReadFile(out); err != nil || !bytes.Equal(first, second) {
		t.Errorf("two runs made different archives (%v)", err)
	}
	files := unpack(t, bytes.NewReader(first))
	var index v1.IndexManifest
	if err := json.Unmarshal([]byte(files["index.json"]), &index); err != nil {
		t.Fatal(err)
	}
	entry := index.Manifests[0]
	if entry.Annotations["io.containerd.image.name"] != "shequ.io/hello:dev" ||
		entry.Annotations["org.opencontainers.image.ref.name"] != "dev" || entry.Platform.Architecture != "arm64" {
		t.Errorf("the index says %+v", entry)
	}
	var manifest v1.Manifest
	if err := json.Unmarshal([]byte(files[blob(entry.Digest)]), &manifest); err != nil {
		t.Fatal(err)
	}
	var config v1.ConfigFile
	if err := json.Unmarshal([]byte(files[blob(manifest.Config.Digest)]), &config); err != nil {
		t.Fatal(err)
	}
	if config.Config.User != "65532:65532" || config.Config.Entrypoint[0] != "/usr/bin/hello" || config.OS != "linux" {
		t.Errorf("the configuration says %+v", config)
	}
	root := map[string]string{}
	for _, layer := range manifest.Layers {
		unzipped, err := gzip.NewReader(strings.NewReader(files[blob(layer.Digest)]))
		if err != nil {
			t.Fatal(err)
		}
		maps.Copy(root, unpack(t, unzipped))
	}
	want, err := os.ReadFile(program)
	if err != nil {
		t.Fatal(err)
	}
	if root["usr/bin/hello"] != string(want) || !strings.Contains(root["etc/passwd"], "nonroot:x:65532:65532:") {
		t.Error("the file system lacks the binary or its user")
	}
	if _, ok := root["tmp/"]; !ok {
		t.Error("there is no /tmp")
	}
}

func TestRefusals(t *testing.T) {
	program := binary(t)
	text := filepath.Join(t.TempDir(), "text")
	if err := os.WriteFile(text, []byte("#!/bin/sh\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	out := filepath.Join(t.TempDir(), "out.tar")
	for name, test := range map[string]struct {
		args []string
		want string
	}{
		"no flags":         {nil, "-name, -binary and -o are needed"},
		"no tag":           {[]string{"-name", "shequ.io/a", "-binary", program, "-o", out}, "must be complete"},
		"no registry":      {[]string{"-name", "a:dev", "-binary", program, "-o", out}, "must be complete"},
		"named user":       {[]string{"-name", "shequ.io/a:dev", "-binary", program, "-o", out, "-user", "nonroot"}, "must be numbers"},
		"relative entry":   {[]string{"-name", "shequ.io/a:dev", "-binary", program, "-o", out, "-entrypoint", "a"}, "absolute"},
		"not a binary":     {[]string{"-name", "shequ.io/a:dev", "-binary", text, "-o", out}, "is no Linux binary"},
		"missing binary":   {[]string{"-name", "shequ.io/a:dev", "-binary", text + "x", "-o", out}, "no such file"},
		"missing out path": {[]string{"-name", "shequ.io/a:dev", "-binary", program, "-o", out + "/x/y"}, "no such file"},
	} {
		if err := run(test.args, io.Discard); err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: got %v, want %q", name, err, test.want)
		}
		if _, err := os.Stat(out); err == nil {
			t.Errorf("%s: an archive was left", name)
		}
	}
}
