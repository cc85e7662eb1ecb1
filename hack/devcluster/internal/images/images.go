// Package images makes the images the node itself needs out of programs that
// are already built, and keeps them in the user's cache directory.
//
// The packing is done by hack/image; this package only says of what.
package images

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
)

// The names are this project's own, so that no node ever asks a registry.
const (
	Pause   = "shequ.io/pause:dev"
	CoreDNS = "shequ.io/coredns:dev"
)

// Ensure returns the archives of the node's images.
func Ensure(ctx context.Context, bins map[string]string, dir string) ([]string, error) {
	var archives []string
	for _, image := range []struct{ name, binary string }{{Pause, "pause"}, {CoreDNS, "coredns"}} {
		path, err := ensure(ctx, bins["image"], image.name, bins[image.binary], dir)
		if err != nil {
			return nil, err
		}
		archives = append(archives, path)
	}
	return archives, nil
}

// ensure makes one archive, unless there is one of the same program and the
// same packer: their paths in the cache carry their content keys.
func ensure(ctx context.Context, packer, name, binary, dir string) (string, error) {
	sum := sha256.Sum256([]byte(packer + "\n" + name + "\n" + binary))
	path := filepath.Join(dir, fmt.Sprintf("%s-%s.tar", filepath.Base(binary), hex.EncodeToString(sum[:6])))
	if _, err := os.Stat(path); err == nil {
		return path, nil
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return "", err
	}
	cmd := exec.CommandContext(ctx, packer, "-name", name, "-binary", binary, "-o", path)
	if out, err := cmd.CombinedOutput(); err != nil {
		return "", fmt.Errorf("packing %s: %w\n%s", name, err, out)
	}
	return path, nil
}
