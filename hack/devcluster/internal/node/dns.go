package node

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"net"
	"strings"
	"time"

	"github.com/shequ-io/shequ/hack/devcluster/internal/cluster"
	"github.com/shequ-io/shequ/hack/devcluster/internal/images"
	"github.com/shequ-io/shequ/hack/devcluster/internal/kube"
)

// object is a manifest and the path it is applied to.
type object struct{ path, manifest string }

// dnsObjects is CoreDNS as an ordinary workload, held to the same rules as
// any other pod here.
func dnsObjects() []object {
	const ns = "/api/v1/namespaces/kube-system/"
	return []object{
		{ns + "serviceaccounts/coredns", `apiVersion: v1
kind: ServiceAccount
metadata: {name: coredns, namespace: kube-system}
`},
		{"/apis/rbac.authorization.k8s.io/v1/clusterroles/system:coredns", `apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata: {name: "system:coredns"}
rules:
- {apiGroups: [""], resources: [services, pods, namespaces], verbs: [list, watch]}
- {apiGroups: [discovery.k8s.io], resources: [endpointslices], verbs: [list, watch]}
`},
		{"/apis/rbac.authorization.k8s.io/v1/clusterrolebindings/system:coredns", `apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata: {name: "system:coredns"}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: "system:coredns"}
subjects:
- {kind: ServiceAccount, name: coredns, namespace: kube-system}
`},
		{ns + "configmaps/coredns", `apiVersion: v1
kind: ConfigMap
metadata: {name: coredns, namespace: kube-system}
data:
  Corefile: |
` + indent(corefile) + `  root.zone: |
` + indent(rootZone)},
		{ns + "services/kube-dns", fmt.Sprintf(`apiVersion: v1
kind: Service
metadata:
  name: kube-dns
  namespace: kube-system
  labels: {k8s-app: kube-dns, kubernetes.io/name: CoreDNS}
spec:
  clusterIP: %s
  selector: {k8s-app: kube-dns}
  ports:
  - {name: dns, port: 53, protocol: UDP, targetPort: dns}
  - {name: dns-tcp, port: 53, protocol: TCP, targetPort: dns-tcp}
`, cluster.DNSService)},
		{"/apis/apps/v1/namespaces/kube-system/deployments/coredns", fmt.Sprintf(dnsDeployment, fmt.Sprintf("%x", sha256.Sum256([]byte(corefile+rootZone)))[:12], images.CoreDNS)},
	}
}

const dnsDeployment = `apiVersion: apps/v1
kind: Deployment
metadata:
  name: coredns
  namespace: kube-system
  labels: {k8s-app: kube-dns}
spec:
  replicas: 1
  selector:
    matchLabels: {k8s-app: kube-dns}
  template:
    metadata:
      labels: {k8s-app: kube-dns}
      annotations: {shequ.io/config: "%s"}
    spec:
      serviceAccountName: coredns
      priorityClassName: system-cluster-critical
      dnsPolicy: Default
      securityContext:
        runAsNonRoot: true
        seccompProfile: {type: RuntimeDefault}
      containers:
      - name: coredns
        image: %s
        imagePullPolicy: Never
        args: [-conf, /etc/coredns/Corefile]
        ports:
        - {name: dns, containerPort: 1053, protocol: UDP}
        - {name: dns-tcp, containerPort: 1053, protocol: TCP}
        resources:
          requests: {cpu: 10m, memory: 32Mi}
          limits: {memory: 170Mi}
        readinessProbe:
          httpGet: {path: /ready, port: 8181}
          periodSeconds: 1
        livenessProbe:
          httpGet: {path: /health, port: 8080}
          initialDelaySeconds: 30
        securityContext:
          allowPrivilegeEscalation: false
          readOnlyRootFilesystem: true
          capabilities: {drop: [ALL]}
        volumeMounts:
        - {name: config, mountPath: /etc/coredns, readOnly: true}
      volumes:
      - name: config
        configMap: {name: coredns}
`

// indent makes a text the content of a YAML block two levels deep.
func indent(text string) string {
	return "    " + strings.ReplaceAll(strings.TrimSpace(text), "\n", "\n    ") + "\n"
}

func applyDNS(ctx context.Context, client *kube.Client) error {
	for _, o := range dnsObjects() {
		if err := client.Apply(ctx, o.path, o.manifest); err != nil {
			return fmt.Errorf("%s: %w", o.path, err)
		}
	}
	return nil
}

// dnsAnswers asks the DNS Service, as a pod would, where the API server is.
func dnsAnswers(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, time.Second)
	defer cancel()
	resolver := net.Resolver{PreferGo: true, Dial: func(ctx context.Context, network, _ string) (net.Conn, error) {
		var dialer net.Dialer
		return dialer.DialContext(ctx, network, net.JoinHostPort(cluster.DNSService, "53"))
	}}
	addresses, err := resolver.LookupHost(ctx, "kubernetes.default.svc."+cluster.Domain+".")
	if dnsError, ok := errors.AsType[*net.DNSError](err); ok {
		// Its own text names the resolver of the machine, which was not asked.
		return fmt.Errorf("DNS at %s: %s", cluster.DNSService, dnsError.Err)
	}
	if err != nil {
		return err
	}
	if len(addresses) != 1 || addresses[0] != cluster.APIService {
		return errors.New("DNS gives the API server the addresses " + strings.Join(addresses, ", "))
	}
	return nil
}
