package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"strings"
)

// toolDir is where the devcluster program must be run.
const (
	toolDir    = "hack/devcluster"
	devcluster = "../../bin/devcluster"
)

// command runs a program with its output shown; devcluster from its own
// directory, anything else from the repository's root.
func command(ctx context.Context, name string, args ...string) error {
	cmd := program(ctx, name, args...)
	cmd.Stdout, cmd.Stderr = os.Stdout, os.Stderr
	if err := cmd.Run(); err != nil {
		return fmt.Errorf("%s %s: %w", name, strings.Join(args, " "), err)
	}
	return nil
}

// output runs a program and returns what it prints; errors show its complaints.
func output(ctx context.Context, name string, args ...string) (string, error) {
	cmd := program(ctx, name, args...)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		return "", fmt.Errorf("%s %s: %w\n%s", name, strings.Join(args, " "), err, stderr.String())
	}
	return strings.TrimSpace(string(out)), nil
}

func program(ctx context.Context, name string, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, name, args...)
	if name == devcluster {
		cmd.Dir = toolDir
	}
	return cmd
}

func (d *demo) devcluster(ctx context.Context, args ...string) error {
	return command(ctx, devcluster, args...)
}

// chooseProfile takes real pods where this machine can run them, and says so
// where it can't.
func (d *demo) chooseProfile(ctx context.Context) error {
	if d.profile != "" {
		say("      profile %s, as asked", d.profile)
		return nil
	}
	d.profile = "sim"
	if runtime.GOOS != "linux" || os.Geteuid() != 0 {
		say("      profile sim: a real API server with simulated nodes. No pods run; one community's\n      portal is served on this machine. Real pods need Linux and root.")
		return nil
	}
	args := []string{"preflight", "--profile", "node"}
	if d.install {
		args = append(args, "--install")
	}
	err := d.devcluster(ctx, args...)
	var exit *exec.ExitError
	switch {
	case err == nil:
		d.profile = "node"
		say("      profile node: a real node with real pods on this machine")
	case errors.As(err, &exit) && exit.ExitCode() == 3:
		say("      profile sim, since the above is missing for real pods (INSTALL=1 make demo installs\n      it). No pods run; one community's portal is served on this machine.")
	default:
		return err
	}
	return nil
}

func (d *demo) build(ctx context.Context) error {
	target := "build"
	if d.profile == "node" {
		target = "images"
	}
	return command(ctx, "make", "--no-print-directory", target)
}

func (d *demo) startCluster(ctx context.Context) error {
	if err := d.devcluster(ctx, "up", "--profile", d.profile, "--name", d.name); err != nil {
		return err
	}
	var err error
	if d.kubeconfig, err = output(ctx, devcluster, "kubeconfig", "--name", d.name); err != nil {
		return err
	}
	if d.kubectl, err = output(ctx, devcluster, "bin", "kubectl"); err != nil {
		return err
	}
	if d.profile == "node" {
		return d.devcluster(ctx, "load", "--name", d.name, "../../dist/operator.tar", "../../dist/station.tar")
	}
	return nil
}

// run a kubectl command with its output shown.
func (d *demo) kube(ctx context.Context, args ...string) error {
	return command(ctx, d.kubectl, append([]string{"--kubeconfig", d.kubeconfig}, args...)...)
}

func (d *demo) kubeOutput(ctx context.Context, args ...string) (string, error) {
	return output(ctx, d.kubectl, append([]string{"--kubeconfig", d.kubeconfig}, args...)...)
}
