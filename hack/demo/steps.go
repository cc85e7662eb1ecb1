package main

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"runtime"
	"strings"

	"github.com/shequ-io/shequ/hack/local"
)

// chooseProfile takes real pods where this machine can run them, and says so
// where it can't.
func (d *demo) chooseProfile(ctx context.Context) error {
	if d.Profile != "" {
		say("      profile %s, as asked", d.Profile)
		return nil
	}
	d.Profile = local.Sim
	if runtime.GOOS != "linux" || os.Geteuid() != 0 {
		say("      profile sim: a real API server with simulated nodes. No pods run; one community's\n      portal is served on this machine. Real pods need Linux and root.")
		return nil
	}
	err := local.Preflight(ctx, d.install)
	var exit *exec.ExitError
	switch {
	case err == nil:
		d.Profile = local.Node
		say("      profile node: a real node with real pods on this machine")
	case errors.As(err, &exit) && exit.ExitCode() == 3:
		say("      profile sim, since the above is missing for real pods (INSTALL=1 make demo installs\n      it). No pods run; one community's portal is served on this machine.")
	default:
		return err
	}
	return nil
}

func (d *demo) build(ctx context.Context) error {
	targets := []string{"--no-print-directory", "build"}
	if d.Profile == local.Node {
		targets = append(targets, "images")
	}
	return local.Command(ctx, "make", targets...)
}

func (d *demo) startCluster(ctx context.Context) error {
	if err := d.Up(ctx); err != nil {
		return err
	}
	if d.Profile == local.Node {
		return d.Load(ctx)
	}
	return nil
}

// startDistrict gives the communities what they keep cases in, where pods run and
// there is a PostgreSQL to run.
func (d *demo) startDistrict(ctx context.Context) error {
	if d.Profile != local.Node {
		say("      none in profile sim: the communities publish, and take nothing in")
		return nil
	}
	switch err := d.StartDistrict(ctx); {
	case errors.Is(err, local.ErrNoPostgreSQL):
		say("      none: %v.\n      The communities publish, and take nothing in.", err)
	case err != nil:
		return err
	default:
		say("      PostgreSQL at %s:%d, sign-in at %s, the sample's hostnames at https://%s",
			d.Servers.Address, d.Servers.Postgres.Port, d.Servers.Issuer(), d.Servers.Address)
		say("      stand-ins for %d information systems, which show what they got at http://%s/systems",
			len(d.Servers.Systems.Listen), d.Servers.Systems.Admin)
	}
	return nil
}

func (d *demo) installOperator(ctx context.Context) error {
	n, err := d.Install(ctx)
	if err != nil {
		return err
	}
	say("      %d objects applied with: kubectl apply --server-side -k config/demo", n)
	return d.StartOperator(ctx)
}

func (d *demo) applySample(ctx context.Context) error {
	out, err := d.ApplySample(ctx)
	if err != nil {
		return err
	}
	kinds := map[string]int{}
	for line := range strings.SplitSeq(out, "\n") {
		kind, _, _ := strings.Cut(line, ".")
		kind, _, _ = strings.Cut(kind, "/")
		kinds[kind]++
	}
	say("      %d communities, %d stations, %d grids, standard xian-2014", kinds["community"], kinds["servicestation"], kinds["grid"])
	say("      %d tasks of line departments, %d decisions on them, %d information systems", kinds["admittedtask"], kinds["taskdecision"], kinds["informationsystem"])
	return nil
}
