package cluster

import (
	"fmt"

	"github.com/shequ-io/shequ/hack/devcluster/internal/procs"
)

// flag is a short way to write --name=value.
func flag(name string, value any) string { return fmt.Sprintf("--%s=%v", name, value) }

func (c *Cluster) pki(file string) string { return c.Path("pki", file) }

// AuditPolicy returns the policy of the audit log: who changed what, without
// the contents. Reads are many, so they are logged only where asked for.
func AuditPolicy(reads bool) string {
	policy := `apiVersion: audit.k8s.io/v1
kind: Policy
omitStages: [RequestReceived]
rules:
- level: Metadata
  verbs: [create, update, patch, delete, deletecollection]
`
	if reads {
		return policy + `- level: Metadata
  verbs: [get, list, watch]
`
	}
	return policy + "- level: None\n"
}

func schedulerConfig(kubeconfig string) string {
	return fmt.Sprintf(`apiVersion: kubescheduler.config.k8s.io/v1
kind: KubeSchedulerConfiguration
leaderElection:
  leaderElect: false
clientConnection:
  kubeconfig: %q
  qps: 1000
  burst: 2000
`, kubeconfig)
}

// etcdSpec runs etcd without syncing to disk: what it holds is thrown away.
func (c *Cluster) etcdSpec(path string) procs.Spec {
	client := httpsURL(Loopback, c.Ports["etcd"])
	peer := httpsURL(Loopback, c.Ports["etcd-peer"])
	return procs.Spec{Name: "etcd", Path: path, Args: []string{
		flag("name", "default"),
		flag("data-dir", c.Path("etcd")),
		flag("listen-client-urls", client),
		flag("advertise-client-urls", client),
		flag("listen-peer-urls", peer),
		flag("initial-advertise-peer-urls", peer),
		flag("initial-cluster", "default="+peer),
		flag("cert-file", c.pki("etcd.crt")),
		flag("key-file", c.pki("etcd.key")),
		flag("client-cert-auth", true),
		flag("trusted-ca-file", c.pki("ca.crt")),
		flag("peer-cert-file", c.pki("etcd.crt")),
		flag("peer-key-file", c.pki("etcd.key")),
		flag("peer-client-cert-auth", true),
		flag("peer-trusted-ca-file", c.pki("ca.crt")),
		flag("quota-backend-bytes", 8<<30),
		flag("log-level", "warn"),
		"--unsafe-no-fsync",
	}}
}

func (c *Cluster) apiserverSpec(path, auditPolicy string) procs.Spec {
	args := []string{
		flag("bind-address", c.APIAddress()),
		flag("secure-port", c.Ports["kube-apiserver"]),
		// Without it the server looks for a network card; there may be none.
		flag("advertise-address", Gateway),
		flag("cert-dir", c.Path("pki")),
		flag("tls-cert-file", c.pki("kube-apiserver.crt")),
		flag("tls-private-key-file", c.pki("kube-apiserver.key")),
		flag("client-ca-file", c.pki("ca.crt")),
		flag("etcd-servers", httpsURL(Loopback, c.Ports["etcd"])),
		flag("etcd-cafile", c.pki("ca.crt")),
		flag("etcd-certfile", c.pki("kube-apiserver-etcd-client.crt")),
		flag("etcd-keyfile", c.pki("kube-apiserver-etcd-client.key")),
		flag("requestheader-client-ca-file", c.Path("pki", "front-proxy", "ca.crt")),
		flag("requestheader-allowed-names", frontProxy),
		flag("requestheader-username-headers", "X-Remote-User"),
		flag("requestheader-group-headers", "X-Remote-Group"),
		flag("requestheader-extra-headers-prefix", "X-Remote-Extra-"),
		flag("proxy-client-cert-file", c.Path("pki", "front-proxy", "client.crt")),
		flag("proxy-client-key-file", c.Path("pki", "front-proxy", "client.key")),
		flag("authorization-mode", "Node,RBAC"),
		flag("enable-admission-plugins", "NodeRestriction"),
		flag("allow-privileged", true),
		flag("service-cluster-ip-range", ServiceCIDR),
		flag("service-account-issuer", "https://kubernetes.default.svc."+Domain),
		flag("service-account-key-file", c.pki("service-account.pub")),
		flag("service-account-signing-key-file", c.pki("service-account.key")),
		// Blocking, the default mode, has each event in the file before its
		// request is answered; tests count on that. One big file, so that a
		// reader need not follow rotations.
		flag("audit-policy-file", auditPolicy),
		flag("audit-log-path", c.AuditLog()),
		flag("audit-log-maxsize", 4096),
		flag("audit-log-maxbackup", 1),
	}
	if c.Profile == "node" {
		args = append(args,
			flag("kubelet-certificate-authority", c.pki("ca.crt")),
			flag("kubelet-client-certificate", c.pki("kube-apiserver-kubelet-client.crt")),
			flag("kubelet-client-key", c.pki("kube-apiserver-kubelet-client.key")),
			flag("kubelet-preferred-address-types", "InternalIP"),
		)
	}
	return procs.Spec{Name: "kube-apiserver", Path: path, Args: args}
}

func (c *Cluster) controllerManagerSpec(path string) procs.Spec {
	const name = "kube-controller-manager"
	kubeconfig := c.ComponentKubeconfig(name)
	args := []string{
		flag("bind-address", Loopback),
		flag("secure-port", c.Ports[name]),
		flag("cert-dir", c.Path("pki", name)),
		flag("kubeconfig", kubeconfig),
		flag("authentication-kubeconfig", kubeconfig),
		flag("authorization-kubeconfig", kubeconfig),
		flag("client-ca-file", c.pki("ca.crt")),
		flag("root-ca-file", c.pki("ca.crt")),
		flag("cluster-signing-cert-file", c.pki("ca.crt")),
		flag("cluster-signing-key-file", c.pki("ca.key")),
		flag("service-account-private-key-file", c.pki("service-account.key")),
		flag("use-service-account-credentials", true),
		flag("leader-elect", false),
		// Measurements are of the operator, so nothing else may hold it up.
		flag("kube-api-qps", 1000),
		flag("kube-api-burst", 2000),
	}
	for _, kind := range []string{
		"deployment", "replicaset", "statefulset", "job", "namespace",
		"endpoint", "service-endpoint", "resource-quota", "serviceaccount-token",
	} {
		args = append(args, flag("concurrent-"+kind+"-syncs", 20))
	}
	return procs.Spec{Name: name, Path: path, Args: args}
}

func (c *Cluster) schedulerSpec(path, config string) procs.Spec {
	const name = "kube-scheduler"
	kubeconfig := c.ComponentKubeconfig(name)
	return procs.Spec{Name: name, Path: path, Args: []string{
		flag("config", config),
		flag("bind-address", Loopback),
		flag("secure-port", c.Ports[name]),
		flag("cert-dir", c.Path("pki", name)),
		flag("authentication-kubeconfig", kubeconfig),
		flag("authorization-kubeconfig", kubeconfig),
		flag("client-ca-file", c.pki("ca.crt")),
	}}
}
