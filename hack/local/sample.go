package local

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"sigs.k8s.io/yaml"

	"github.com/shequ-io/shequ/api/v1alpha1"
)

// ApplySample applies the sample as a district would and returns what kubectl
// says. Where the district's servers run, the information systems lead to those
// that stand in for them, and have their credentials; elsewhere they lead nowhere.
func (c *Cluster) ApplySample(ctx context.Context) (string, error) {
	source := []string{"-k", sampleDir}
	if c.Servers != nil {
		file, err := c.sampleWithSystems(ctx)
		if err != nil {
			return "", err
		}
		source = []string{"-f", file}
	}
	return c.KubeOutput(ctx, append([]string{"apply", "--server-side", "--force-conflicts"}, source...)...)
}

// sampleWithSystems writes the sample with its systems moved to where they are
// simulated, the Secrets with their credentials first.
func (c *Cluster) sampleWithSystems(ctx context.Context) (string, error) {
	text, err := c.KubeOutput(ctx, "kustomize", sampleDir)
	if err != nil {
		return "", err
	}
	secrets, err := c.Servers.Systems.Secrets(operatorNamespace)
	if err != nil {
		return "", err
	}
	var documents []string
	for i := range secrets {
		written, err := yaml.Marshal(&secrets[i])
		if err != nil {
			return "", err
		}
		documents = append(documents, string(written))
	}
	sample := strings.Split(text, "\n---\n")
	for i, document := range sample {
		if !slices.Contains(strings.Split(document, "\n"), "kind: InformationSystem") {
			continue
		}
		var system v1alpha1.InformationSystem
		if err := yaml.UnmarshalStrict([]byte(document), &system); err != nil {
			return "", err
		}
		if err := c.Servers.Systems.Move(&system); err != nil {
			return "", err
		}
		written, err := yaml.Marshal(&system)
		if err != nil {
			return "", err
		}
		sample[i] = string(written)
	}
	dir, err := c.Dir()
	if err != nil {
		return "", err
	}
	file := filepath.Join(dir, "sample.yaml")
	return file, os.WriteFile(file, []byte(strings.Join(append(documents, sample...), "\n---\n")), 0o600)
}
