package node

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/shequ-io/shequ/hack/devcluster/internal/cluster"
)

func nodeCluster(t *testing.T) *cluster.Cluster {
	t.Helper()
	t.Setenv("SHEQU_STATE_DIR", "/state")
	c, err := cluster.Open("test")
	if err != nil {
		t.Fatal(err)
	}
	c.Record = cluster.Record{Profile: "node", Ports: map[string]int{
		"kubelet": 20001, "kubelet-health": 20002, "kube-proxy-health": 20003, "kube-proxy-metrics": 20004,
	}}
	return c
}

// What was found out the hard way must stay in the configurations.
func TestConfigs(t *testing.T) {
	c := nodeCluster(t)
	containerd := containerdConfig("/state/test/containerd", "/bin/shim", "/sbin/runc", "/plugins", "/conf")
	for name, test := range map[string]struct {
		text string
		want []string
	}{
		"containerd": {containerd, []string{
			"version = 4\nroot = \"/state/test/containerd\"\nstate = \"/run/shequ/containerd\"\n",
			`address = "/run/shequ/containerd.sock"`, `address = "/run/shequ/containerd.sock.ttrpc"`,
			`sandbox = "shequ.io/pause:dev"`, "restrict_oom_score_adj = true", "SystemdCgroup = false",
			`runtime_path = "/bin/shim"`, `BinaryName = "/sbin/runc"`, `bin_dirs = ["/plugins"]`,
			"netns_mounts_under_state_dir = true", `socket_dir = "/run/shequ/s"`,
		}},
		"kubelet": {kubeletConfig(c), []string{
			"failCgroupV1: false\n", "cgroupDriver: cgroupfs\n", "cgroupRoot: /shequ\n",
			"localStorageCapacityIsolation: false\n", "address: 10.244.0.1\nport: 20001\n", `nodefs.available: "0%"`,
			"clusterDNS: [10.96.0.10]\n", `containerRuntimeEndpoint: "unix:///run/shequ/containerd.sock"`,
			"imageGCHighThresholdPercent: 100\n", "anonymous: {enabled: false}",
		}},
		"proxy": {proxyConfig(c), []string{
			"mode: iptables\n", "bindAddress: 10.244.0.1\n", "maxPerCore: 0", "localhostNodePorts: false",
			"healthzBindAddress: 127.0.0.1:20003\n",
		}},
		"Corefile": {corefile, []string{"kubernetes cluster.local ", "10.244.0.1 node.shequ.internal\n"}},
	} {
		for _, want := range test.want {
			if !strings.Contains(test.text, want) {
				t.Errorf("%s lacks %q:\n%s", name, want, test.text)
			}
		}
		for _, bad := range []string{"%!", "0.0.0.0:", "(string="} {
			if strings.Contains(test.text, bad) {
				t.Errorf("%s contains %q:\n%s", name, bad, test.text)
			}
		}
	}
}

func TestCNIConfig(t *testing.T) {
	var config struct {
		Plugins []struct {
			Bridge string `json:"bridge"`
			IPMasq bool   `json:"ipMasq"`
			IPAM   struct {
				DataDir string `json:"dataDir"`
			} `json:"ipam"`
		} `json:"plugins"`
	}
	if err := json.Unmarshal([]byte(cniConfig("/state/addresses")), &config); err != nil {
		t.Fatal(err)
	}
	if len(config.Plugins) != 1 || config.Plugins[0].Bridge != bridge || config.Plugins[0].IPMasq ||
		config.Plugins[0].IPAM.DataDir != "/state/addresses" {
		t.Errorf("got %+v", config)
	}
}

// The name server itself obeys the strictest Pod Security standard.
func TestDNSObjects(t *testing.T) {
	for _, o := range dnsObjects() {
		kind := o.path[strings.LastIndex(o.path[:strings.LastIndex(o.path, "/")], "/")+1:]
		if !strings.Contains(o.manifest, "apiVersion: ") || strings.Contains(o.manifest, "%!") {
			t.Errorf("%s is malformed:\n%s", kind, o.manifest)
		}
		if !strings.HasPrefix(kind, "deployments/") {
			continue
		}
		for _, want := range []string{
			"runAsNonRoot: true", "readOnlyRootFilesystem: true", "drop: [ALL]", "allowPrivilegeEscalation: false",
			"image: shequ.io/coredns:dev", "imagePullPolicy: Never",
		} {
			if !strings.Contains(o.manifest, want) {
				t.Errorf("%s lacks %q", kind, want)
			}
		}
	}
}
