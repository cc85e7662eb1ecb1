package pki

import (
	"encoding/base64"
	"os"
	"path/filepath"
	"strings"
	"text/template"
)

var kubeconfigTemplate = template.Must(template.New("kubeconfig").Parse(`apiVersion: v1
kind: Config
clusters:
- name: {{.Cluster}}
  cluster:
    server: {{.Server}}
    certificate-authority-data: {{.CA}}
users:
- name: {{.User}}
  user:
    client-certificate-data: {{.Cert}}
    client-key-data: {{.Key}}
contexts:
- name: {{.Cluster}}
  context:
    cluster: {{.Cluster}}
    user: {{.User}}
current-context: {{.Cluster}}
`))

// WriteKubeconfig writes a kubeconfig that logs in with the certificate of
// that file name. It carries the credentials in itself, so that it may be
// copied elsewhere.
func WriteKubeconfig(path, cluster, server, dir, file string) error {
	values := map[string]string{"Cluster": "shequ-" + cluster, "User": file, "Server": server}
	for field, name := range map[string]string{"CA": "ca.crt", "Cert": file + ".crt", "Key": file + ".key"} {
		data, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			return err
		}
		values[field] = base64.StdEncoding.EncodeToString(data)
	}
	var out strings.Builder
	if err := kubeconfigTemplate.Execute(&out, values); err != nil {
		return err
	}
	return os.WriteFile(path, []byte(out.String()), 0o600)
}
