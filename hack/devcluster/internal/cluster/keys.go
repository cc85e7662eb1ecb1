package cluster

import (
	"net"
	"os"

	"github.com/shequ-io/shequ/hack/devcluster/internal/pki"
)

// NodeName is the name of the real node.
const NodeName = "shequ"

// leaves lists the certificates of the control plane and of the node.
func leaves(profile string) []pki.Leaf {
	loopback := []net.IP{net.IPv4(127, 0, 0, 1)}
	list := []pki.Leaf{
		{File: "admin", CommonName: "admin", Groups: []string{"system:masters"}},
		{
			File: "kube-apiserver", CommonName: "kube-apiserver",
			Names: []string{
				"localhost", "kubernetes", "kubernetes.default",
				"kubernetes.default.svc", "kubernetes.default.svc." + Domain,
			},
			IPs: append([]net.IP{net.ParseIP(APIService), net.ParseIP(Gateway)}, loopback...),
		},
		{File: "etcd", CommonName: "etcd", Names: []string{"localhost"}, IPs: loopback},
		{File: "kube-apiserver-etcd-client", CommonName: "kube-apiserver-etcd-client"},
		{File: "kube-controller-manager", CommonName: "system:kube-controller-manager"},
		{File: "kube-scheduler", CommonName: "system:kube-scheduler"},
	}
	if profile == "sim" {
		return append(list, pki.Leaf{File: "kwok", CommonName: "kwok", Groups: []string{"system:masters"}})
	}
	return append(list,
		pki.Leaf{
			File: "kube-apiserver-kubelet-client", CommonName: "kube-apiserver-kubelet-client",
			Groups: []string{"system:masters"},
		},
		pki.Leaf{
			File: "kubelet", CommonName: "system:node:" + NodeName, Groups: []string{"system:nodes"},
			Names: []string{NodeName}, IPs: []net.IP{net.ParseIP(Gateway)},
		},
		pki.Leaf{File: "kube-proxy", CommonName: "system:kube-proxy"},
	)
}

// kubeconfigUsers lists who logs in with a kubeconfig.
func kubeconfigUsers(profile string) []string {
	users := []string{"kube-controller-manager", "kube-scheduler"}
	if profile == "sim" {
		return append(users, "kwok")
	}
	return append(users, "kubelet", "kube-proxy")
}

func (c *Cluster) writePKI() error {
	dir := c.Path("pki")
	ca, err := pki.NewCA(dir)
	if err != nil {
		return err
	}
	for _, leaf := range leaves(c.Profile) {
		if err := ca.Issue(leaf); err != nil {
			return err
		}
	}
	if err := ca.KeyPair("service-account"); err != nil {
		return err
	}
	if err := c.writeFrontProxy(); err != nil {
		return err
	}
	if err := os.MkdirAll(c.Path("conf"), 0o755); err != nil {
		return err
	}
	for _, user := range kubeconfigUsers(c.Profile) {
		if err := pki.WriteKubeconfig(c.ComponentKubeconfig(user), c.Name, c.Server(), dir, user); err != nil {
			return err
		}
	}
	return pki.WriteKubeconfig(c.Kubeconfig(), c.Name, c.Server(), dir, "admin")
}

// writeFrontProxy makes the keys with which the API server passes requests on
// to aggregated ones. They need a CA of their own: who has its signature may
// speak for any user.
func (c *Cluster) writeFrontProxy() error {
	ca, err := pki.NewCA(c.Path("pki", "front-proxy"))
	if err != nil {
		return err
	}
	return ca.Issue(pki.Leaf{File: "client", CommonName: frontProxy})
}

const frontProxy = "front-proxy-client"

// ComponentKubeconfig is the kubeconfig of a component.
func (c *Cluster) ComponentKubeconfig(name string) string {
	return c.Path("conf", name+".kubeconfig")
}
