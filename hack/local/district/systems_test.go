package district_test

import (
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"sigs.k8s.io/yaml"

	"github.com/shequ-io/shequ/api/v1alpha1"
	"github.com/shequ-io/shequ/hack/local/district"
	"github.com/shequ-io/shequ/hack/simulators/systems"
)

// Every system of the sample leads to the one that stands in for it, and its
// credentials have the Secret it names.
func TestSystemsOfTheSample(t *testing.T) {
	const sample = "../../../config/samples/qingnianlu"
	c, err := district.OfSample(sample, "test", t.TempDir(), "10.244.0.1", "10.96.0.10")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := c.Systems.Secrets("shequ-system"); err == nil {
		t.Error("there are credentials before anything has started")
	}
	farm, err := systems.Start(t.Context(), systems.Config{Credentials: c.Systems.Credentials})
	if err != nil {
		t.Fatal(err)
	}
	if err := farm.Close(); err != nil {
		t.Fatal(err)
	}
	secrets, err := c.Systems.Secrets("shequ-system")
	if err != nil {
		t.Fatal(err)
	}
	has := map[v1alpha1.NamespacedReference]int{}
	for _, s := range secrets {
		has[v1alpha1.NamespacedReference{Namespace: s.Namespace, Name: s.Name}] = len(s.Data)
	}
	data, err := os.ReadFile(filepath.Join(sample, "systems/systems.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	ports := map[int32]bool{}
	for document := range strings.SplitSeq(string(data), "\n---\n") {
		var s v1alpha1.InformationSystem
		if err := yaml.Unmarshal([]byte(document), &s); err != nil {
			t.Fatal(err)
		}
		if err := c.Systems.Move(&s); err != nil {
			t.Fatal(err)
		}
		written, err := yaml.Marshal(&s)
		if err != nil || strings.Contains(string(written), ".example") {
			t.Errorf("%s leads elsewhere (%v):\n%s", s.Name, err, written)
		}
		ref, at := places(&s)
		if has[ref] < 2 || c.Systems.Listen[s.Name] != at {
			t.Errorf("%s is at %s with %d credentials in %s", s.Name, at, has[ref], ref.Name)
		}
		if e := s.Spec.Egress; len(e) != 1 || fmt.Sprintf("%s:%d", strings.TrimSuffix(e[0].CIDR, "/32"), e[0].Port) != at {
			t.Errorf("%s is at %s and opens %v", s.Name, at, s.Spec.Egress)
		}
		ports[s.Spec.Egress[0].Port] = true
	}
	if len(ports) != len(c.Systems.Listen) {
		t.Errorf("%d systems stand in for %d", len(c.Systems.Listen), len(ports))
	}
}

// places are where a system's credentials are, and the host and port it is at.
func places(s *v1alpha1.InformationSystem) (secret v1alpha1.NamespacedReference, at string) {
	host := func(address v1alpha1.ServiceURL) string {
		u, err := url.Parse(string(address))
		if err != nil || u.Scheme != "https" {
			return ""
		}
		return u.Host
	}
	switch p := &s.Spec.Protocol; {
	case p.HTTP != nil:
		at = host(p.HTTP.BaseURL)
		if token := p.HTTP.Auth.TokenURL; token != "" && host(token) != at {
			at = "two places"
		}
		return p.HTTP.Auth.SecretRef, at
	case p.XRoad != nil:
		return *p.XRoad.SecretRef, host(p.XRoad.SecurityServer)
	default:
		return p.File.SecretRef, fmt.Sprintf("%s:%d", p.File.Host, p.File.Port)
	}
}
