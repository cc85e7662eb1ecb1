package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"text/tabwriter"

	"github.com/shequ-io/shequ/api/v1alpha1"
	"github.com/shequ-io/shequ/hack/local"
	servers "github.com/shequ-io/shequ/hack/local/district"
)

// The task that is explained, and the department it is of: some communities have
// the hours for it and some have not.
const (
	explained   = "compound-patrols"
	explainedOf = "dept-housing"
)

// tables prints what a user would ask for next.
func (d *demo) tables(ctx context.Context) error {
	for _, args := range [][]string{
		{"get", "communitystandards"},
		{"-n", subdistrict, "get", "communities"},
		{"-n", subdistrict, "get", "servicestations"},
		{"-n", subdistrict, "get", "grids", "--field-selector", "spec.level=2"},
		{"-n", subdistrict, "get", "taskledgers"},
		{"-n", explainedOf, "get", "admittedtasks"},
	} {
		say("\n$ kubectl %s", strings.Join(args, " "))
		if err := d.Kube(ctx, args...); err != nil {
			return err
		}
	}
	if err := d.explain(ctx); err != nil {
		return err
	}
	c, err := d.client()
	if err != nil {
		return err
	}
	now, err := read(ctx, c)
	if err != nil {
		return err
	}
	if err := now.norms(); err != nil {
		return err
	}
	return d.where(now)
}

// explain asks the plugin why one task is let in here and kept out there.
func (d *demo) explain(ctx context.Context) error {
	args := []string{"explain", explained, "-n", explainedOf}
	say("\n$ kubectl shequ %s", strings.Join(args, " "))
	return local.Command(ctx, "bin/kubectl-shequ", append(args, "--kubeconfig", d.Kubeconfig)...)
}

// norms shows rule by rule how many communities meet it. Missing a norm never
// makes a community not Ready; it is disclosed at its portal.
func (d *district) norms() error {
	type row struct{ met, missed, unknown int }
	rows, order := map[string]*row{}, []string{}
	for i := range d.communities.Items {
		for _, n := range d.communities.Items[i].Status.Norms {
			r := rows[n.Rule]
			if r == nil {
				r = &row{}
				rows[n.Rule] = r
				order = append(order, n.Rule)
			}
			switch n.Result {
			case v1alpha1.NormMet:
				r.met++
			case v1alpha1.NormNotMet:
				r.missed++
			default:
				r.unknown++
			}
		}
	}
	say("\nNorms of %s, over %d communities (all of them served, whatever they miss):", d.standard.Name, len(d.communities.Items))
	w := tabwriter.NewWriter(os.Stdout, 0, 8, 3, ' ', 0)
	fmt.Fprintln(w, "RULE\tMET\tNOT MET\tNOT DECLARED")
	for _, rule := range order {
		r := rows[rule]
		fmt.Fprintf(w, "%s\t%d\t%d\t%d\n", rule, r.met, r.missed, r.unknown)
	}
	return w.Flush()
}

// deliveries says how to watch one.
func (d *demo) deliveries(c *v1alpha1.Community) {
	admin := "http://" + d.Servers.Systems.Admin
	say("\nTo watch a delivery: apply for the social security enrolment at the portal, register it at the desk, and look at")
	say("what each of its four systems got:  curl -s %s/systems/social-security/messages", admin)
	say("To have the hotline send a work order:  curl -s %s/systems/hotline-12345/work-orders \\", admin)
	say(`  -d '{"text":"路灯不亮","url":"%s"}'`, servers.Webhook(string(c.Spec.Portal.Hostname)))
}

// where says what to open and what to type next.
func (d *demo) where(now district) error {
	switch c := &now.communities.Items[0]; {
	case d.Servers != nil:
		say("\nEach portal is open on this machine at the address above. By their own names portals and desks")
		say("are behind the gateway; a browser, which does not run as root, finds it there with")
		say(`  chromium --ignore-certificate-errors --host-resolver-rules="MAP *%s %s" https://%s/`, servers.Suffix, d.Servers.Address, c.Spec.Portal.Hostname)
		say("Staff sign in at https://%s-desk%s/ as %s-staff or %s-lead, grid workers by", c.Name, servers.Suffix, c.Name, c.Name)
		say("their identifiers such as %s-g01-a; every password is %q.", c.Name, servers.Password)
		d.deliveries(c)
	case d.Profile == local.Node:
		say("\nEach portal is open on this machine at the address above; its desk at the Service named desk.")
	default:
		say("\nNo pods run in profile sim. The portal of %s is open on this machine: %s", now.communities.Items[0].Spec.DisplayName.ZH, d.address)
	}
	plugins, err := filepath.Abs("bin")
	if err != nil {
		return err
	}
	say("\nTo look around:  export KUBECONFIG=%s PATH=%s:$PATH", d.Kubeconfig, plugins)
	say("                 alias kubectl=%s", d.Kubectl)
	say("                 kubectl get shequ -A")
	return nil
}
