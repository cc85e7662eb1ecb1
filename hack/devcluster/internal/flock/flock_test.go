//go:build unix

package flock

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"
)

func TestLockExcludes(t *testing.T) {
	path := filepath.Join(t.TempDir(), "lock")
	unlock, err := Lock(t.Context(), path, nil)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 250*time.Millisecond)
	defer cancel()
	waited := 0
	if _, err := Lock(ctx, path, func() { waited++ }); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("a second holder got in: %v", err)
	}
	if waited != 1 {
		t.Errorf("waiting was announced %d times", waited)
	}
	unlock()
	again, err := Lock(t.Context(), path, func() { t.Error("had to wait for a free lock") })
	if err != nil {
		t.Fatal(err)
	}
	again()
}

// A holder that removes the file must not let two others in.
func TestRemovedLockFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "lock")
	unlock, err := Lock(t.Context(), path, nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	fresh, err := Lock(t.Context(), path, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer fresh()
	unlock()
	ctx, cancel := context.WithTimeout(t.Context(), 150*time.Millisecond)
	defer cancel()
	if _, err := Lock(ctx, path, nil); err == nil {
		t.Error("the lock on the new file was given out twice")
	}
}
