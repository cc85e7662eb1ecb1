package cluster

import (
	"context"
	"fmt"
	"io"
	"net"
	"strconv"
	"time"

	"github.com/shequ-io/shequ/hack/devcluster/internal/kube"
	"github.com/shequ-io/shequ/hack/devcluster/internal/procs"
)

// StartControlPlane starts what is not running yet of etcd, API server,
// controller manager and scheduler, and waits until they serve.
func (c *Cluster) StartControlPlane(ctx context.Context, bins map[string]string, progress io.Writer) error {
	policy, err := c.WriteFile(AuditPolicy(c.AuditReads), "conf", "audit-policy.yaml")
	if err != nil {
		return err
	}
	scheduler, err := c.WriteFile(schedulerConfig(c.ComponentKubeconfig("kube-scheduler")), "conf", "scheduler.yaml")
	if err != nil {
		return err
	}
	fmt.Fprintln(progress, "starting etcd and the API server")
	if err := c.Run(ctx, c.etcdSpec(bins["etcd"]), 30*time.Second, c.listening("etcd")); err != nil {
		return err
	}
	client, err := c.Client()
	if err != nil {
		return err
	}
	ready := func(ctx context.Context) error { return client.Ready(ctx, "/readyz") }
	if err := c.Run(ctx, c.apiserverSpec(bins["kube-apiserver"], policy), 2*time.Minute, ready); err != nil {
		return err
	}
	fmt.Fprintln(progress, "starting the controllers and the scheduler")
	for _, spec := range []procs.Spec{
		c.controllerManagerSpec(bins["kube-controller-manager"]),
		c.schedulerSpec(bins["kube-scheduler"], scheduler),
	} {
		if err := c.Procs().Start(spec); err != nil {
			return err
		}
	}
	return nil
}

// WaitControllers waits until the controllers work: pods are refused until
// the default namespace has its service account.
func (c *Cluster) WaitControllers(ctx context.Context) error {
	client, err := c.Client()
	if err != nil {
		return err
	}
	for _, name := range []string{"kube-scheduler", "kube-controller-manager"} {
		if err := c.WaitFor(ctx, name, time.Minute, c.listening(name)); err != nil {
			return err
		}
	}
	return c.WaitFor(ctx, "kube-controller-manager", time.Minute, func(ctx context.Context) error {
		return client.Ready(ctx, "/api/v1/namespaces/default/serviceaccounts/default")
	})
}

// Run starts a process and waits until the check passes.
func (c *Cluster) Run(ctx context.Context, spec procs.Spec, limit time.Duration, check func(context.Context) error) error {
	if err := c.Procs().Start(spec); err != nil {
		return err
	}
	return c.WaitFor(ctx, spec.Name, limit, check)
}

// WaitFor waits for a check on a started process. If it fails, the error
// shows the end of the process's log.
func (c *Cluster) WaitFor(ctx context.Context, name string, limit time.Duration, check func(context.Context) error) error {
	table := c.Procs()
	err := kube.Wait(ctx, limit, name+" does not get ready", func(ctx context.Context) error {
		err := check(ctx)
		if err == nil {
			return nil
		}
		if p, perr := table.Get(name); perr != nil || p == nil || !p.Alive() {
			return &kube.FatalError{Err: fmt.Errorf("it ended (%w)", err)}
		}
		return err
	})
	if err != nil && ctx.Err() == nil {
		return fmt.Errorf("%w\n--- the end of %s\n%s", err, table.LogPath(name), table.Tail(name, 15))
	}
	return err
}

// listening checks that somebody listens on the component's port.
func (c *Cluster) listening(name string) func(context.Context) error {
	address := net.JoinHostPort(Loopback, strconv.Itoa(c.Ports[name]))
	return func(ctx context.Context) error {
		dialer := net.Dialer{Timeout: time.Second}
		conn, err := dialer.DialContext(ctx, "tcp", address)
		if err != nil {
			return err
		}
		return conn.Close()
	}
}
