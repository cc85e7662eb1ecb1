package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"
	clientcmdapi "k8s.io/client-go/tools/clientcmd/api"
	"sigs.k8s.io/yaml"

	"github.com/shequ-io/shequ/api/v1alpha1"
	"github.com/shequ-io/shequ/internal/testenv"
)

// env is the API server of the tests that need one.
var env *testenv.Env

func TestMain(m *testing.M) {
	os.Exit(testenv.Main(m, testenv.Options{}, func(e *testenv.Env) { env = e }))
}

// at is the moment all plans are for.
const at = "2026-11-22T10:00:00+08:00"

// result is what a command did.
type result struct {
	code     int
	out, err string
}

// kubectl runs the plugin without a cluster.
func kubectl(t *testing.T, args ...string) result {
	t.Helper()
	return feed(t, "", append(args, "--kubeconfig", none(t))...)
}

// none is a kubeconfig that leads nowhere.
func none(t *testing.T) string {
	t.Helper()
	return kubeconfig(t, &rest.Config{Host: "http://127.0.0.1:1"})
}

// feed runs the plugin with something on its standard input.
func feed(t *testing.T, in string, args ...string) result {
	t.Helper()
	var out, errs bytes.Buffer
	code := run(t.Context(), args, &streams{in: strings.NewReader(in), out: &out, err: &errs})
	return result{code, out.String(), errs.String()}
}

// kubeconfig writes a configuration as kubectl reads it.
func kubeconfig(t *testing.T, c *rest.Config) string {
	t.Helper()
	config := clientcmdapi.NewConfig()
	config.Clusters["test"] = &clientcmdapi.Cluster{Server: c.Host, CertificateAuthorityData: c.CAData}
	config.AuthInfos["test"] = &clientcmdapi.AuthInfo{ClientCertificateData: c.CertData, ClientKeyData: c.KeyData, Token: c.BearerToken}
	config.Contexts["test"] = &clientcmdapi.Context{Cluster: "test", AuthInfo: "test"}
	config.CurrentContext = "test"
	path := filepath.Join(t.TempDir(), "config")
	if err := clientcmd.WriteToFile(*config, path); err != nil {
		t.Fatal(err)
	}
	return path
}

// write writes a file of the test.
func write(t *testing.T, name, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// testdata is a file package plan is tested with.
func testdata(t *testing.T, name string) string {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(testenv.Root(), "internal", "plan", "testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

// district is the files of a district, with the approval made by approve.
func district(t *testing.T) string {
	t.Helper()
	text := testdata(t, "district.yaml")
	unapproved := write(t, "district.yaml", text)
	r := kubectl(t, "approve", "civil-affairs/old-age-allowance", "-f", unapproved, "--document", "1")
	var d v1alpha1.TaskDecision
	if err := yaml.UnmarshalStrict([]byte(r.out), &d); err != nil || r.code != 0 {
		t.Fatal(r, err)
	}
	return write(t, "district.yaml", strings.Replace(text, "DIGEST", string(d.Spec.Approval.TaskDigest), 1))
}

func expect(t *testing.T, r result, code int, says ...string) {
	t.Helper()
	if r.code != code {
		t.Errorf("exit code %d, want %d\n%s%s", r.code, code, r.out, r.err)
	}
	for _, s := range says {
		if !strings.Contains(r.out+r.err, s) {
			t.Errorf("does not say %q:\n%s%s", s, r.out, r.err)
		}
	}
}
