package local

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/yaml"

	"github.com/shequ-io/shequ/hack/local/district"
)

// The node's own address on the pods' bridge, and the cluster's DNS, as
// hack/devcluster sets them up.
const (
	nodeAddress = "10.244.0.1"
	clusterDNS  = "10.96.0.10"

	sampleDir = "config/samples/qingnianlu"
	configMap = "shequ-operator-config"
	configKey = "config.yaml"

	startLimit = time.Minute
)

// AdminSecret is the Secret, in the operator's namespace, that says how the
// district's database server is reached.
const AdminSecret = "district-server"

// ErrNoPostgreSQL says that this machine has no PostgreSQL server to run.
var ErrNoPostgreSQL = errors.New("there is no PostgreSQL server here: install the Debian package postgresql")

// StartDistrict runs a database server, an identity provider, a gateway and
// stand-ins for information systems beside a cluster with real pods, and waits
// until they answer. The error is ErrNoPostgreSQL where the machine has none.
func (c *Cluster) StartDistrict(ctx context.Context) error {
	if found, err := filepath.Glob("/usr/lib/postgresql/*/bin/postgres"); err != nil || len(found) == 0 {
		return ErrNoPostgreSQL
	}
	if err := Command(ctx, "make", "--no-print-directory", "bin/district"); err != nil {
		return err
	}
	dir, err := c.Dir()
	if err != nil {
		return err
	}
	config, err := district.OfSample(sampleDir, c.Name, filepath.Join(dir, "district"), nodeAddress, clusterDNS)
	if err != nil {
		return err
	}
	file, err := config.Write()
	if err != nil {
		return err
	}
	program, err := filepath.Abs("bin/district")
	if err != nil {
		return err
	}
	if err := c.Attach(ctx, "district", program, "--config="+file); err != nil {
		return err
	}
	if err := answers(ctx, config); err != nil {
		return err
	}
	c.Servers = config
	return nil
}

// answers waits until all of them are there.
func answers(ctx context.Context, d *district.Config) error {
	ctx, cancel := context.WithTimeout(ctx, startLimit)
	defer cancel()
	for {
		err := answersNow(ctx, d)
		if err == nil {
			return nil
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("the district's servers do not answer after %s: %w", startLimit, err)
		case <-time.After(200 * time.Millisecond):
		}
	}
}

func answersNow(ctx context.Context, d *district.Config) error {
	conn, err := (&net.Dialer{}).DialContext(ctx, "tcp", net.JoinHostPort(d.Address, strconv.Itoa(d.Postgres.Port)))
	if err != nil {
		return err
	}
	_ = conn.Close()
	client, err := Trusting(d)
	if err != nil {
		return err
	}
	defer client.CloseIdleConnections()
	for _, address := range []string{d.Issuer() + "/.well-known/openid-configuration", "http://" + d.Systems.Admin + "/systems"} {
		req, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
		if err != nil {
			return err
		}
		resp, err := client.Do(req)
		if err != nil {
			return err
		}
		if err := resp.Body.Close(); err != nil {
			return err
		}
	}
	return nil
}

// Trusting is a client that trusts the district's authority and, whatever the
// hostname of the sample, goes to its gateway.
func Trusting(d *district.Config) (*http.Client, error) {
	authority, err := os.ReadFile(filepath.Join(d.Dir, district.AuthorityFile))
	if err != nil {
		return nil, err
	}
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(authority) {
		return nil, errors.New("the district's authority is no certificate")
	}
	dialer := &net.Dialer{Timeout: 5 * time.Second}
	return &http.Client{Timeout: 30 * time.Second, Transport: &http.Transport{
		TLSClientConfig: &tls.Config{RootCAs: pool, MinVersion: tls.VersionTLS12},
		DialContext: func(ctx context.Context, network, address string) (net.Conn, error) {
			if host, port, err := net.SplitHostPort(address); err == nil && strings.HasSuffix(host, district.Suffix) {
				address = net.JoinHostPort(d.Address, port)
			}
			return dialer.DialContext(ctx, network, address)
		},
	}}, nil
}

// manifestsWithDistrict is what is installed, with the operator told of the
// district's servers and given the secret to the database.
func (c *Cluster) manifestsWithDistrict(ctx context.Context) (string, error) {
	text, err := c.KubeOutput(ctx, "kustomize", "config/demo")
	if err != nil {
		return "", err
	}
	authority, err := os.ReadFile(filepath.Join(c.Servers.Dir, district.AuthorityFile))
	if err != nil {
		return "", err
	}
	documents := strings.Split(text, "\n---\n")
	told := false
	for i, document := range documents {
		var m corev1.ConfigMap
		if err := yaml.Unmarshal([]byte(document), &m); err != nil || m.Kind != "ConfigMap" || m.Name != configMap {
			continue // most are no ConfigMaps
		}
		if m.Data[configKey], err = tell(m.Data[configKey], c.Servers, string(authority)); err != nil {
			return "", err
		}
		written, err := yaml.Marshal(&m)
		if err != nil {
			return "", err
		}
		documents[i], told = string(written), true
	}
	if !told {
		return "", fmt.Errorf("config/demo has no ConfigMap %s", configMap)
	}
	secret, err := yaml.Marshal(&corev1.Secret{
		TypeMeta:   metav1.TypeMeta{APIVersion: "v1", Kind: "Secret"},
		ObjectMeta: metav1.ObjectMeta{Namespace: operatorNamespace, Name: AdminSecret},
		Data:       map[string][]byte{"dsn": []byte(c.Servers.DSN()), "ca.crt": authority},
	})
	if err != nil {
		return "", err
	}
	dir, err := c.Dir()
	if err != nil {
		return "", err
	}
	file := filepath.Join(dir, "install.yaml")
	return file, os.WriteFile(file, []byte(strings.Join(append(documents, string(secret)), "\n---\n")), 0o600)
}

// tell adds the district's servers to the operator's configuration.
func tell(config string, d *district.Config, authority string) (string, error) {
	values := map[string]any{}
	if err := yaml.Unmarshal([]byte(config), &values); err != nil {
		return "", err
	}
	network, ok := values["network"].(map[string]any)
	if !ok {
		network = map[string]any{}
	}
	peer := func(port int) []any {
		return []any{map[string]any{"cidr": d.Address + "/32", "ports": []int{port}}}
	}
	network["database"], network["oidc"] = peer(d.Postgres.Port), peer(d.IssuerPort)
	network["gateway"] = []any{map[string]any{"cidr": d.Address + "/32"}}
	values["network"] = network
	values["database"] = map[string]any{"adminSecret": AdminSecret}
	values["oidc"] = map[string]any{"issuer": d.Issuer(), "clientID": district.ClientID, "ca": authority}
	out, err := yaml.Marshal(values)
	return string(out), err
}
