// Package settings is the operator's configuration file, owned by district IT:
// images, the hostnames and quotas communities may ask for, and the peers their
// network policies open to.
//
// It is not an API type and holds no secrets: a Secret is named, never read
// here.
package settings

import (
	"errors"
	"fmt"
	"net/netip"
	"os"
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/api/resource"
	metav1validation "k8s.io/apimachinery/pkg/apis/meta/v1/validation"
	"k8s.io/apimachinery/pkg/util/validation"
	"sigs.k8s.io/yaml"

	"github.com/shequ-io/shequ/api/v1alpha1"
)

// Settings is the operator's configuration.
type Settings struct {
	// StationImage is the image of the station binary, by tag or digest.
	StationImage string `json:"stationImage"`
	// HostnameSuffixes a portal's or desk's hostname must end in, each starting
	// with a dot. Empty: no hostnames are allowed.
	HostnameSuffixes []string `json:"hostnameSuffixes,omitempty"`
	// Gateway that routes attach to unless the Community names another.
	Gateway *v1alpha1.GatewayReference `json:"gateway,omitempty"`
	// Quota of a home namespace.
	Quota Quota `json:"quota,omitzero"`
	// Network peers.
	Network Network `json:"network,omitzero"`
	// Database server of the district; nil: communities keep no cases.
	Database *Database `json:"database,omitempty"`
	// OIDC is the identity provider of staff; nil: nobody signs in at a desk.
	OIDC *OIDC `json:"oidc,omitempty"`
}

// Quota bounds home namespaces.
type Quota struct {
	// Default holds where a Community asks for nothing.
	Default Amounts `json:"default,omitzero"`
	// Maximum a Community may ask for.
	Maximum Amounts `json:"maximum,omitzero"`
}

// Amounts of a quota.
type Amounts struct {
	CPU     resource.Quantity `json:"cpu,omitzero"`
	Memory  resource.Quantity `json:"memory,omitzero"`
	Storage resource.Quantity `json:"storage,omitzero"`
	Pods    int32             `json:"pods,omitempty"`
}

// Network names who may reach the communities' programs and whom these may
// reach. What isn't named is closed.
type Network struct {
	// Gateway pods that reach portal and desk. Where it is named by its network, the
	// portals believe it whom it forwards for; where by labels, all its visitors count
	// as one household, of a generous size.
	Gateway []Peer `json:"gateway,omitempty"`
	// Prometheus pods that reach the metrics ports.
	Prometheus []Peer `json:"prometheus,omitempty"`
	// DNS pods every program may ask.
	DNS []Peer `json:"dns,omitempty"`
	// OIDC providers the desk may reach.
	OIDC []Peer `json:"oidc,omitempty"`
	// Database servers the communities' programs may reach.
	Database []Peer `json:"database,omitempty"`
}

// GatewayNetworks are the gateway's addresses, where it is named by them.
func (n Network) GatewayNetworks() []string {
	var out []string
	for _, p := range n.Gateway {
		if p.CIDR != "" {
			out = append(out, p.CIDR)
		}
	}
	return out
}

// Peer is a set of pods by labels, or a CIDR, with the ports that are open.
type Peer struct {
	NamespaceLabels map[string]string `json:"namespaceLabels,omitempty"`
	PodLabels       map[string]string `json:"podLabels,omitempty"`
	CIDR            string            `json:"cidr,omitempty"`
	// Ports open towards the peer; used for egress only.
	Ports []int32 `json:"ports,omitempty"`
}

// Defaults is the configuration an empty file stands for, but for the image.
func Defaults() Settings {
	return Settings{
		Quota: Quota{
			Default: Amounts{CPU: resource.MustParse("2"), Memory: resource.MustParse("2Gi"), Storage: resource.MustParse("10Gi"), Pods: 20},
			Maximum: Amounts{CPU: resource.MustParse("8"), Memory: resource.MustParse("16Gi"), Storage: resource.MustParse("200Gi"), Pods: 100},
		},
		Network: Network{
			DNS: []Peer{{
				NamespaceLabels: map[string]string{"kubernetes.io/metadata.name": "kube-system"},
				PodLabels:       map[string]string{"k8s-app": "kube-dns"},
				Ports:           []int32{53},
			}},
		},
	}
}

// Load reads a configuration file over the defaults. Unknown keys are errors: a
// misspelt one would silently leave a door open or shut.
func Load(path string) (Settings, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return Settings{}, fmt.Errorf("read the operator's configuration: %w", err)
	}
	s, err := Parse(data)
	if err != nil {
		return Settings{}, fmt.Errorf("%s: %w", path, err)
	}
	return s, nil
}

// Parse reads a configuration from YAML.
func Parse(data []byte) (Settings, error) {
	s := Defaults()
	dns := s.Network.DNS
	s.Network.DNS = nil // a list that is named replaces the default; JSON would merge into it
	if err := yaml.UnmarshalStrict(data, &s); err != nil {
		return Settings{}, err
	}
	if s.Network.DNS == nil {
		s.Network.DNS = dns
	}
	complete(&s)
	return s, s.Validate()
}

// Validate reports every mistake, each with its cure.
func (s Settings) Validate() error {
	var errs []error
	if s.StationImage == "" {
		errs = append(errs, errors.New("stationImage is empty: name the image of the station binary"))
	}
	for _, suffix := range s.HostnameSuffixes {
		if rest, dot := strings.CutPrefix(suffix, "."); !dot || len(validation.IsDNS1123Subdomain(rest)) > 0 {
			errs = append(errs, fmt.Errorf("hostnameSuffixes: %q must start with a dot and be lower case, such as .example.org", suffix))
		}
	}
	if g := s.Gateway; g != nil && (len(validation.IsDNS1123Label(g.Namespace)) > 0 || len(validation.IsDNS1123Subdomain(g.Name)) > 0) {
		errs = append(errs, fmt.Errorf("gateway: namespace %q and name %q are no Gateway's: give both as kubectl get gateways --all-namespaces shows them", g.Namespace, g.Name))
	}
	for name, peers := range map[string][]Peer{
		"gateway": s.Network.Gateway, "prometheus": s.Network.Prometheus, "dns": s.Network.DNS, "oidc": s.Network.OIDC, "database": s.Network.Database,
	} {
		for i, p := range peers {
			if err := p.validate(); err != nil {
				errs = append(errs, fmt.Errorf("network.%s[%d]: %w", name, i, err))
			}
		}
	}
	return errors.Join(slices.Concat(errs, s.Quota.validate(), s.validateDatabase(), s.validateOIDC())...)
}

func (q Quota) validate() []error {
	var errs []error
	fail := func(format string, args ...any) { errs = append(errs, fmt.Errorf("quota: "+format, args...)) }
	d, m := q.Default, q.Maximum
	for _, a := range []struct {
		name     string
		def, max resource.Quantity
	}{{"cpu", d.CPU, m.CPU}, {"memory", d.Memory, m.Memory}, {"storage", d.Storage, m.Storage}, {"pods", pods(d), pods(m)}} {
		switch {
		case a.def.Sign() < 0 || a.max.Sign() < 0:
			fail("%s is below 0: give an amount, or leave it out", a.name)
		case a.def.Cmp(a.max) > 0:
			fail("default %s %s is above the maximum %s: raise the maximum or lower the default", a.name, a.def.String(), a.max.String())
		}
	}
	return errs
}

func pods(a Amounts) resource.Quantity {
	return *resource.NewQuantity(int64(a.Pods), resource.DecimalSI)
}

func (p Peer) validate() error {
	byLabels := len(p.NamespaceLabels)+len(p.PodLabels) > 0
	for _, n := range p.Ports {
		if len(validation.IsValidPortNum(int(n))) > 0 {
			return fmt.Errorf("port %d: give a number from 1 to 65535", n)
		}
	}
	for _, labels := range []map[string]string{p.NamespaceLabels, p.PodLabels} {
		if wrong := metav1validation.ValidateLabels(labels, nil); len(wrong) > 0 {
			return fmt.Errorf("no object can have such a label: %w", wrong[0])
		}
	}
	switch {
	case p.CIDR == "" && !byLabels:
		return errors.New("names nobody: give namespaceLabels, podLabels or a cidr")
	case p.CIDR != "" && byLabels:
		return errors.New("has both labels and a cidr: make two peers of it")
	case p.CIDR != "":
		prefix, err := netip.ParsePrefix(p.CIDR)
		if err != nil {
			return fmt.Errorf("cidr: %w", err)
		}
		if prefix.Bits() == 0 {
			return fmt.Errorf("cidr %s is everywhere: name the network you mean", p.CIDR)
		}
	}
	return nil
}

// AllowsHostname reports whether a hostname ends in an allowed suffix.
func (s Settings) AllowsHostname(host string) bool {
	for _, suffix := range s.HostnameSuffixes {
		if strings.HasSuffix(host, suffix) && len(host) > len(suffix) {
			return true
		}
	}
	return false
}

// Bounded is the quota a Community gets: what it asks for, or the default. The
// names of the amounts that are above the maximum come back too.
func (s Settings) Bounded(ask *v1alpha1.CommunityQuota) (Amounts, []string) {
	got := s.Quota.Default
	if ask == nil {
		return got, nil
	}
	var above []string
	take := func(name string, want *resource.Quantity, into *resource.Quantity, limit resource.Quantity) {
		if want == nil {
			return
		}
		if want.Cmp(limit) > 0 {
			above = append(above, fmt.Sprintf("%s %s (at most %s)", name, want.String(), limit.String()))
			return
		}
		*into = *want
	}
	limit := s.Quota.Maximum
	take("cpu", ask.CPU, &got.CPU, limit.CPU)
	take("memory", ask.Memory, &got.Memory, limit.Memory)
	take("storage", ask.Storage, &got.Storage, limit.Storage)
	if ask.Pods > limit.Pods {
		above = append(above, fmt.Sprintf("pods %d (at most %d)", ask.Pods, limit.Pods))
	} else if ask.Pods > 0 {
		got.Pods = ask.Pods
	}
	return got, above
}
