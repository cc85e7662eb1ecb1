package node

import (
	"fmt"
	"path/filepath"

	"github.com/shequ-io/shequ/hack/devcluster/internal/cluster"
	"github.com/shequ-io/shequ/hack/devcluster/internal/images"
)

const (
	bridge = "shequ0"
	// bridgeMAC is fixed: a bridge otherwise takes the least address of its
	// ports, and pods would lose the gateway whenever one came or went.
	bridgeMAC = "02:73:68:71:00:01"
	// runDir holds sockets, whose paths must be short. There is one node.
	runDir = "/run/shequ"
	// cgroup is the parent of all the pods' cgroups.
	cgroup = "shequ"
)

func socket() string { return filepath.Join(runDir, "containerd.sock") }

// containerdConfig keeps all of containerd's state in our directories, and
// out of the places a containerd installed on the machine would use.
func containerdConfig(root, shim, runc, pluginDir, confDir string) string {
	return fmt.Sprintf(containerdFormat, root, filepath.Join(runDir, "containerd"), socket(), socket(),
		filepath.Join(runDir, "s"), filepath.Join(root, "opt"), images.Pause, pluginDir, confDir,
		shim, runc, filepath.Join(runDir, "runc"))
}

const containerdFormat = `version = 4
root = %[1]q
state = %[2]q
imports = []
disabled_plugins = [
  "io.containerd.snapshotter.v1.blockfile",
  "io.containerd.snapshotter.v1.btrfs",
  "io.containerd.snapshotter.v1.devmapper",
  "io.containerd.snapshotter.v1.erofs",
  "io.containerd.snapshotter.v1.zfs",
]

[plugins."io.containerd.server.v1.grpc"]
  address = %[3]q

[plugins."io.containerd.server.v1.ttrpc"]
  address = "%[4]s.ttrpc"

[plugins."io.containerd.shim.v1.manager"]
  socket_dir = %[5]q

[plugins."io.containerd.internal.v1.opt"]
  path = %[6]q

# Syncing every image to disk serves no cluster that is thrown away.
[plugins."io.containerd.metadata.v1.bolt"]
  no_sync = true

[plugins."io.containerd.nri.v1.nri"]
  disable = true

[plugins."io.containerd.cri.v1.images"]
  snapshotter = "overlayfs"
  [plugins."io.containerd.cri.v1.images".pinned_images]
    sandbox = %[7]q

[plugins."io.containerd.cri.v1.runtime"]
  # A profile loaded into the kernel would outlive the cluster.
  disable_apparmor = true
  # Where root is itself confined it may not lower a score below its own.
  restrict_oom_score_adj = true
  netns_mounts_under_state_dir = true
  tolerate_missing_hugetlb_controller = true
  disable_hugetlb_controller = true
  cdi_spec_dirs = []
  [plugins."io.containerd.cri.v1.runtime".cni]
    bin_dirs = [%[8]q]
    conf_dir = %[9]q
    use_internal_loopback = true
  [plugins."io.containerd.cri.v1.runtime".containerd]
    default_runtime_name = "runc"
    [plugins."io.containerd.cri.v1.runtime".containerd.runtimes.runc]
      runtime_type = "io.containerd.runc.v2"
      runtime_path = %[10]q
      [plugins."io.containerd.cri.v1.runtime".containerd.runtimes.runc.options]
        BinaryName = %[11]q
        Root = %[12]q
        SystemdCgroup = false
`

// cniConfig gives pods addresses on the bridge and a route to the node. There
// is no masquerading: pods talk to each other, to Services and to the node,
// and to nothing else.
func cniConfig(dataDir string) string {
	return fmt.Sprintf(`{
  "cniVersion": "1.0.0",
  "name": "shequ",
  "plugins": [
    {
      "type": "bridge",
      "bridge": %q,
      "isGateway": true,
      "hairpinMode": true,
      "ipam": {
        "type": "host-local",
        "dataDir": %q,
        "ranges": [[{"subnet": %q, "gateway": %q}]],
        "routes": [{"dst": "0.0.0.0/0"}]
      }
    }
  ]
}
`, bridge, dataDir, cluster.PodCIDR, cluster.Gateway)
}

// kubeletConfig accepts both versions of cgroups, and never evicts a pod or
// an image because the developer's disk is full.
func kubeletConfig(c *cluster.Cluster) string {
	return fmt.Sprintf(`apiVersion: kubelet.config.k8s.io/v1beta1
kind: KubeletConfiguration
address: %[1]s
port: %[2]d
readOnlyPort: 0
healthzBindAddress: %[3]s
healthzPort: %[4]d
authentication:
  anonymous: {enabled: false}
  webhook: {enabled: true}
  x509: {clientCAFile: %[5]q}
authorization: {mode: Webhook}
tlsCertFile: %[6]q
tlsPrivateKeyFile: %[7]q
clusterDomain: %[8]s
clusterDNS: [%[9]s]
resolvConf: %[10]q
containerRuntimeEndpoint: %[11]q
cgroupDriver: cgroupfs
cgroupRoot: /%[12]s
enforceNodeAllocatable: [none]
failCgroupV1: false
failSwapOn: false
localStorageCapacityIsolation: false
evictionHard:
  memory.available: "0%%"
  nodefs.available: "0%%"
  nodefs.inodesFree: "0%%"
  imagefs.available: "0%%"
  imagefs.inodesFree: "0%%"
imageGCHighThresholdPercent: 100
imageGCLowThresholdPercent: 99
oomScoreAdj: 0
maxPods: 200
seccompDefault: true
serializeImagePulls: false
makeIPTablesUtilChains: false
podLogsDir: %[13]q
volumePluginDir: %[14]q
kubeAPIQPS: 200
kubeAPIBurst: 400
eventRecordQPS: 0
`, cluster.Gateway, c.Ports["kubelet"], cluster.Loopback, c.Ports["kubelet-health"],
		c.Path("pki", "ca.crt"), c.Path("pki", "kubelet.crt"), c.Path("pki", "kubelet.key"),
		cluster.Domain, cluster.DNSService, c.Path("conf", "resolv.conf"), "unix://"+socket(), cgroup,
		c.Path("pod-logs"), c.Path("kubelet", "volume-plugins"))
}

// proxyConfig leaves the machine's connection-tracking settings alone, and
// opens node ports on the bridge only.
func proxyConfig(c *cluster.Cluster) string {
	return fmt.Sprintf(`apiVersion: kubeproxy.config.k8s.io/v1alpha1
kind: KubeProxyConfiguration
mode: iptables
bindAddress: %[1]s
hostnameOverride: %[2]s
clusterCIDR: %[3]s
detectLocalMode: ClusterCIDR
clientConnection: {kubeconfig: %[4]q}
healthzBindAddress: %[5]s:%[6]d
metricsBindAddress: %[5]s:%[7]d
nodePortAddresses: [primary]
oomScoreAdj: 0
conntrack: {maxPerCore: 0, min: 0, tcpEstablishedTimeout: 0s, tcpCloseWaitTimeout: 0s}
iptables: {localhostNodePorts: false, minSyncPeriod: 200ms, syncPeriod: 30s}
`, cluster.Gateway, cluster.NodeName, cluster.PodCIDR, c.ComponentKubeconfig("kube-proxy"),
		cluster.Loopback, c.Ports["kube-proxy-health"], c.Ports["kube-proxy-metrics"])
}

// nodeDNS is the name under which pods find what runs on the machine itself.
const nodeDNS = "node.shequ.internal"

// corefile answers for the cluster's names and the node's, and for no others:
// a cluster that worked only with a way out would not be known to work without.
var corefile = fmt.Sprintf(`.:1053 {
    errors
    health :8080 {
        lameduck 1s
    }
    ready :8181
    kubernetes %s in-addr.arpa ip6.arpa {
        pods insecure
        fallthrough in-addr.arpa ip6.arpa
        ttl 5
    }
    hosts {
        %s %s
        ttl 30
        fallthrough
    }
    file /etc/coredns/root.zone .
    cache 5
    loadbalance
}
`, cluster.Domain, cluster.Gateway, nodeDNS)

// rootZone makes every other name one that does not exist. Without it the
// answer would be a refusal, which resolvers take for a fault and repeat.
const rootZone = `. 5 IN SOA ns.shequ.internal. none.shequ.internal. 1 7200 3600 86400 5
. 5 IN NS ns.shequ.internal.
`
