package settings

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"k8s.io/apimachinery/pkg/api/resource"

	"github.com/shequ-io/shequ/api/v1alpha1"
)

const least = "stationImage: registry.example/station:v1\n"

func TestDefaults(t *testing.T) {
	s, err := Parse([]byte(least))
	if err != nil {
		t.Fatal(err)
	}
	if got, want := s.Quota.Default.Pods, int32(20); got != want {
		t.Errorf("default pods %d, want %d", got, want)
	}
	if got := s.Quota.Maximum.CPU.String(); got != "8" {
		t.Errorf("maximum cpu %s, want 8", got)
	}
	if len(s.Network.DNS) != 1 || s.Network.DNS[0].Ports[0] != 53 || s.Network.DNS[0].PodLabels["k8s-app"] != "kube-dns" {
		t.Errorf("DNS peers %+v, want kube-dns at 53", s.Network.DNS)
	}
	if n := s.Network; len(n.Gateway)+len(n.Prometheus)+len(n.OIDC) != 0 || len(s.HostnameSuffixes) != 0 || s.Gateway != nil {
		t.Errorf("something is open that nobody named: %+v", s)
	}
}

func TestParseOverridesDefaults(t *testing.T) {
	s, err := Parse([]byte(least + `
hostnameSuffixes: [".example.org"]
gateway: {namespace: edge, name: public}
quota: {default: {pods: 6}, maximum: {cpu: "4"}}
network:
  dns: [{cidr: 10.96.0.10/32, ports: [53]}]
`))
	if err != nil {
		t.Fatal(err)
	}
	if s.Quota.Default.Pods != 6 || s.Quota.Default.CPU.String() != "2" || s.Quota.Maximum.CPU.String() != "4" {
		t.Errorf("quota %+v: an amount that is named alone changed others, or not itself", s.Quota)
	}
	if len(s.Network.DNS) != 1 || s.Network.DNS[0].CIDR != "10.96.0.10/32" || len(s.Network.DNS[0].PodLabels) != 0 {
		t.Errorf("DNS peers %+v, want the named one alone", s.Network.DNS)
	}
	closed, err := Parse([]byte(least + "network: {dns: []}"))
	if err != nil || len(closed.Network.DNS) != 0 {
		t.Errorf("DNS peers %+v, %v; want none, as the file says", closed.Network.DNS, err)
	}
	if s.Gateway == nil || s.Gateway.Name != "public" {
		t.Errorf("gateway %+v", s.Gateway)
	}
}

// TestMistakes holds each mistake against what district IT reads.
func TestMistakes(t *testing.T) {
	for _, tc := range []struct{ name, yaml, want string }{
		{"no image", "", "stationImage is empty: name the image"},
		{"misspelt key", least + "hostnameSuffix: [.a]\n", `unknown field "hostnameSuffix"`},
		{"misspelt key within", least + "network: {gateways: []}\n", `unknown field "gateways"`},
		{"a key twice", least + least, "already set"},
		{"no YAML", "{", "yaml"},
		{"suffix without a dot", least + "hostnameSuffixes: [example.org]\n", `"example.org" must start with a dot`},
		{"suffix in capitals", least + "hostnameSuffixes: [.Example.org]\n", `".Example.org" must start with a dot and be lower case`},
		{"cpu above the maximum", least + `quota: {default: {cpu: "9"}}`, "default cpu 9 is above the maximum 8: raise"},
		{"memory above the maximum", least + `quota: {default: {memory: 17Gi}}`, "default memory 17Gi is above the maximum 16Gi"},
		{"storage above the maximum", least + `quota: {maximum: {storage: 1Gi}}`, "default storage 10Gi is above the maximum 1Gi"},
		{"pods above the maximum", least + `quota: {default: {pods: 101}}`, "default pods 101 is above the maximum 100"},
		{"no quantity", least + `quota: {default: {cpu: many}}`, "quantities must match"},
		{"a peer that is nobody", least + "network: {gateway: [{}]}", "network.gateway[0]: names nobody"},
		{"a peer that is two", least + "network: {oidc: [{cidr: 10.0.0.0/8, podLabels: {a: b}}]}", "network.oidc[0]: has both labels and a cidr"},
		{"no CIDR", least + "network: {dns: [{cidr: 10.0.0.1}]}", "network.dns[0]: cidr:"},
		{"everywhere", least + "network: {prometheus: [{cidr: 0.0.0.0/0}]}", "cidr 0.0.0.0/0 is everywhere"},
		{"a database server that is nobody", least + "network: {database: [{}]}", "network.database[0]: names nobody"},
		{"a suffix that is no name", least + "hostnameSuffixes: ['.a b']\n", `".a b" must start with a dot`},
		{"a gateway without a namespace", least + "gateway: {name: public}\n", `gateway: namespace "" and name "public" are no Gateway's`},
		{"an amount below 0", least + `quota: {default: {memory: -1Gi}}`, "quota: memory is below 0"},
		{"pods below 0", least + `quota: {maximum: {pods: -1}}`, "quota: pods is below 0"},
		{"port 0", least + "network: {oidc: [{cidr: 10.0.0.0/8, ports: [443, 0]}]}", "network.oidc[0]: port 0: give a number from 1 to 65535"},
		{"port 65536", least + "network: {oidc: [{cidr: 10.0.0.0/8, ports: [65536]}]}", "port 65536"},
		{"no label", least + "network: {gateway: [{podLabels: {app: 'a b'}}]}", "network.gateway[0]: no object can have such a label"},
		{"everywhere in IPv6", least + `network: {prometheus: [{cidr: "::/0"}]}`, "cidr ::/0 is everywhere"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			_, err := Parse([]byte(tc.yaml))
			if err == nil || !strings.Contains(err.Error(), tc.want) {
				t.Errorf("Parse = %v, want an error that says %q", err, tc.want)
			}
		})
	}
}

func TestEveryMistakeIsReported(t *testing.T) {
	_, err := Parse([]byte("hostnameSuffixes: [a, b]\nnetwork: {oidc: [{}, {}]}\n"))
	if err == nil {
		t.Fatal("accepted")
	}
	for _, want := range []string{"stationImage", `"a"`, `"b"`, "oidc[0]", "oidc[1]"} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("%q is not in: %v", want, err)
		}
	}
}

func TestLoad(t *testing.T) {
	path := filepath.Join(t.TempDir(), "config.yaml")
	if _, err := Load(path); err == nil || !strings.Contains(err.Error(), "read the operator's configuration") {
		t.Errorf("Load of a missing file = %v", err)
	}
	if err := os.WriteFile(path, []byte("stationImage: ''"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := Load(path); err == nil || !strings.Contains(err.Error(), path) {
		t.Errorf("Load of a wrong file = %v, want its name", err)
	}
	if err := os.WriteFile(path, []byte(least), 0o600); err != nil {
		t.Fatal(err)
	}
	if s, err := Load(path); err != nil || s.StationImage != "registry.example/station:v1" {
		t.Errorf("Load = %+v, %v", s, err)
	}
}

func TestAllowsHostname(t *testing.T) {
	s := Settings{HostnameSuffixes: []string{".a.example", ".b.example"}}
	for host, want := range map[string]bool{
		"x.a.example": true, "x.y.b.example": true, "a.example": false, ".a.example": false,
		"xa.example": false, "x.c.example": false, "x.a.example.evil.org": false, "": false,
	} {
		if got := s.AllowsHostname(host); got != want {
			t.Errorf("AllowsHostname(%q) = %t, want %t", host, got, want)
		}
	}
	if (Settings{}).AllowsHostname("x.a.example") {
		t.Error("a hostname is allowed although no suffix is")
	}
}

func TestBounded(t *testing.T) {
	s := Defaults()
	quantity := func(text string) *resource.Quantity { q := resource.MustParse(text); return &q }
	if got, above := s.Bounded(nil); got.Pods != 20 || got.CPU.String() != "2" || above != nil {
		t.Errorf("asking for nothing gets %+v, %v", got, above)
	}
	got, above := s.Bounded(&v1alpha1.CommunityQuota{CPU: quantity("8"), Memory: quantity("17Gi"), Storage: quantity("1Gi"), Pods: 101})
	if got.CPU.String() != "8" || got.Memory.String() != "2Gi" || got.Storage.String() != "1Gi" || got.Pods != 20 {
		t.Errorf("granted %+v, want cpu 8, the default memory and pods, storage 1Gi", got)
	}
	if want := "memory 17Gi (at most 16Gi); pods 101 (at most 100)"; strings.Join(above, "; ") != want {
		t.Errorf("above the maximum: %q, want %q", strings.Join(above, "; "), want)
	}
}
