package node

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// cgroupsUp makes the parent of the pods' cgroups in every hierarchy, so that
// what runs in pods can be found and ended whatever else is lost.
func cgroupsUp() error {
	parents, v2 := cgroupMounts(readMounts())
	if len(parents) == 0 {
		parents = v2
		// In version 2, a child has the controllers its parent passes on.
		// One that cannot be passed on is the kubelet's to complain about.
		for _, parent := range parents {
			for _, name := range []string{"cpu", "cpuset", "hugetlb", "io", "memory", "pids"} {
				_ = os.WriteFile(filepath.Join(parent, "cgroup.subtree_control"), []byte("+"+name), 0o644)
			}
		}
	}
	for _, parent := range parents {
		dir := filepath.Join(parent, cgroup)
		if err := os.Mkdir(dir, 0o755); err != nil && !errors.Is(err, fs.ErrExist) {
			return err
		}
		// In version 1, no process may enter a cpuset that is empty.
		for _, name := range []string{"cpuset.cpus", "cpuset.mems"} {
			value, err := os.ReadFile(filepath.Join(parent, name))
			if err != nil || len(strings.TrimSpace(string(value))) == 0 {
				continue
			}
			if err := os.WriteFile(filepath.Join(dir, name), value, 0o644); err != nil {
				return err
			}
		}
	}
	return nil
}

// ownCgroups lists our cgroups in every hierarchy, children first.
func ownCgroups() []string {
	v1, v2 := cgroupMounts(readMounts())
	var dirs []string
	for _, parent := range append(v1, v2...) {
		_ = filepath.WalkDir(filepath.Join(parent, cgroup), func(path string, entry fs.DirEntry, err error) error {
			if err == nil && entry.IsDir() {
				dirs = append(dirs, path)
			}
			return nil
		})
	}
	slices.Reverse(dirs)
	return dirs
}

// cgroupsDown kills what is in our cgroups and removes them.
func cgroupsDown(ctx context.Context) error {
	deadline := time.Now().Add(15 * time.Second)
	for {
		dirs := ownCgroups()
		for _, dir := range dirs {
			procs, _ := os.ReadFile(filepath.Join(dir, "cgroup.procs"))
			for field := range strings.FieldsSeq(string(procs)) {
				if pid, err := strconv.Atoi(field); err == nil && pid > 1 {
					_ = syscall.Kill(pid, syscall.SIGKILL)
				}
			}
		}
		var last error
		for _, dir := range dirs {
			if err := syscall.Rmdir(dir); err != nil && !errors.Is(err, fs.ErrNotExist) {
				last = &fs.PathError{Op: "rmdir", Path: dir, Err: err}
			}
		}
		if last == nil {
			return nil
		}
		if ctx.Err() != nil || time.Now().After(deadline) {
			return last
		}
		time.Sleep(50 * time.Millisecond)
	}
}
