//go:build !linux

package node

import (
	"context"
	"errors"
	"io"

	"github.com/shequ-io/shequ/hack/devcluster/internal/cluster"
)

var errLinux = errors.New("profile node needs Linux")

// Prepare is not possible here.
func Prepare(context.Context, *cluster.Cluster, map[string]string, []string, io.Writer) error {
	return errLinux
}

// Load is not possible here.
func Load(context.Context, string, []string) error { return errLinux }

// Up is not possible here.
func Up(context.Context, *cluster.Cluster, map[string]string, io.Writer) error { return errLinux }

// Owns is always false here.
func Owns(*cluster.Cluster) bool { return false }

// Down has nothing to do here.
func Down(context.Context, *cluster.Cluster, string, io.Writer) error { return nil }
