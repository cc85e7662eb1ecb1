// Package bins builds the programs a development cluster consists of from
// pinned Go modules and keeps them in the user's cache directory.
//
// It is a build cache, not an installer: nothing is put on PATH, nothing is
// downloaded but Go modules, and nothing is written into the checkout. It
// knows how a program is built, and nothing about how it is run.
package bins

import (
	"fmt"
	"slices"
	"strings"
)

// Binary is one program and where it comes from.
type Binary struct {
	// Name is the file name of the built program.
	Name string
	// Module is the directory, below hack/devcluster, whose go.mod pins it.
	Module string
	// Package is the main package to build.
	Package string
	// VersionOf is the required module whose version is the program's own.
	// It is empty for programs of this repository.
	VersionOf string
	// Stamp lists the -X variables that carry the version at run time.
	Stamp []string
}

const (
	kubernetes = "k8s.io/kubernetes"
	containerd = "github.com/containerd/containerd/v2"
	etcd       = "go.etcd.io/etcd/server/v3"
	coredns    = "github.com/coredns/coredns"
	kwok       = "sigs.k8s.io/kwok"
	helm       = "helm.sh/helm/v4"
)

// catalog lists every program, in the order in which they are built: what
// others wait for comes first.
var catalog = []Binary{
	{Name: "etcd", Module: "etcd", Package: etcd, VersionOf: etcd},
	kubernetesBinary("kube-apiserver"),
	kubernetesBinary("kubectl"),
	kubernetesBinary("kube-controller-manager"),
	kubernetesBinary("kube-scheduler"),
	{Name: "kwok", Module: "kwok", Package: kwok + "/cmd/kwok", VersionOf: kwok},
	kubernetesBinary("kubelet"),
	kubernetesBinary("kube-proxy"),
	containerdBinary("containerd"),
	containerdBinary("containerd-shim-runc-v2"),
	containerdBinary("ctr"),
	{
		Name: "coredns", Module: "coredns", Package: coredns, VersionOf: coredns,
	},
	{Name: "pause", Module: ".", Package: "./pause"},
	{Name: "image", Module: "../image", Package: "."},
	{
		Name: "helm", Module: "helm", Package: helm + "/cmd/helm", VersionOf: helm,
		Stamp: []string{helm + "/internal/version.version={version}"},
	},
}

func kubernetesBinary(name string) Binary {
	// component-base reports the version of servers and of kubectl; client-go
	// has a copy of its own for user agents.
	var stamp []string
	for _, pkg := range []string{"k8s.io/component-base/version", "k8s.io/client-go/pkg/version"} {
		stamp = append(stamp,
			pkg+".gitVersion={version}",
			pkg+".gitMajor={major}",
			pkg+".gitMinor={minor}",
			pkg+".gitCommit=",
			pkg+".gitTreeState=clean",
		)
	}
	return Binary{
		Name: name, Module: "kubernetes", Package: kubernetes + "/cmd/" + name,
		VersionOf: kubernetes, Stamp: stamp,
	}
}

func containerdBinary(name string) Binary {
	return Binary{
		Name: name, Module: "containerd", Package: containerd + "/cmd/" + name,
		VersionOf: containerd,
		Stamp:     []string{containerd + "/version.Version={version}"},
	}
}

var (
	assets       = []string{"etcd", "kube-apiserver", "kubectl"}
	controlPlane = append(slices.Clone(assets), "kube-controller-manager", "kube-scheduler")
	profiles     = map[string][]string{
		"assets": assets,
		"sim":    append(slices.Clone(controlPlane), "kwok"),
		"node": append(slices.Clone(controlPlane),
			"kubelet", "kube-proxy", "containerd", "containerd-shim-runc-v2", "ctr", "coredns", "pause", "image"),
		"all": names(catalog),
	}
)

func names(list []Binary) []string {
	out := make([]string, 0, len(list))
	for _, b := range list {
		out = append(out, b.Name)
	}
	return out
}

// Profile returns the programs the named profile needs.
func Profile(name string) ([]Binary, error) {
	wanted, ok := profiles[name]
	if !ok {
		return nil, fmt.Errorf("unknown profile %q: use assets, sim, node or all", name)
	}
	return slices.DeleteFunc(slices.Clone(catalog), func(b Binary) bool {
		return !slices.Contains(wanted, b.Name)
	}), nil
}

// Lookup returns the program of that name.
func Lookup(name string) (Binary, error) {
	for _, b := range catalog {
		if b.Name == name {
			return b, nil
		}
	}
	return Binary{}, fmt.Errorf("unknown program %q: there are %s", name, strings.Join(names(catalog), ", "))
}
