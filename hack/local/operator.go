package local

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

const (
	operatorNamespace = "shequ-system"
	operatorAccount   = "shequ-operator"
)

// Install applies what a district would, with kubectl apply -k, and reports how
// many objects that were. The operator is not waited for.
func (c *Cluster) Install(ctx context.Context) (int, error) {
	source := []string{"-k", "config/demo"}
	if c.Servers != nil {
		file, err := c.manifestsWithDistrict(ctx)
		if err != nil {
			return 0, err
		}
		source = []string{"-f", file}
	}
	out, err := c.KubeOutput(ctx, append([]string{"apply", "--server-side"}, source...)...)
	if err != nil {
		return 0, err
	}
	_, err = c.KubeOutput(ctx, "wait", "crd", "--all", "--for=condition=Established", "--timeout=60s")
	if err != nil || c.Profile == Node {
		return len(strings.Split(out, "\n")), err
	}
	// A simulated node would show a pod that does nothing as running.
	_, err = c.KubeOutput(ctx, "-n", operatorNamespace, "scale", "deployment/shequ-operator", "--replicas=0")
	return len(strings.Split(out, "\n")), err
}

// StartOperator has the operator run: as its pod where pods run, else as a
// process of this machine with the very ServiceAccount it would have.
func (c *Cluster) StartOperator(ctx context.Context) error {
	if c.Profile == Node {
		_, err := c.KubeOutput(ctx, "-n", operatorNamespace, "rollout", "status", "deployment/shequ-operator", "--timeout=180s")
		return err
	}
	config, kubeconfig, err := c.OperatorFiles(ctx)
	if err != nil {
		return err
	}
	operator, err := filepath.Abs("bin/operator")
	if err != nil {
		return err
	}
	return c.Attach(ctx, "operator", operator,
		"--config="+config, "--kubeconfig="+kubeconfig, "--metrics-bind-address=0", "--health-probe-bind-address=0")
}

// OperatorFiles writes the operator's configuration and a kubeconfig of its
// ServiceAccount, as they would be mounted into its pod.
func (c *Cluster) OperatorFiles(ctx context.Context) (config, kubeconfig string, err error) {
	dir, err := c.Dir()
	if err != nil {
		return "", "", err
	}
	text, err := c.KubeOutput(ctx, "-n", operatorNamespace, "get", "configmap", "shequ-operator-config", "-o", `jsonpath={.data.config\.yaml}`)
	if err != nil {
		return "", "", err
	}
	config = filepath.Join(dir, "config.yaml")
	if err := os.WriteFile(config, []byte(text), 0o644); err != nil {
		return "", "", err
	}
	kubeconfig, err = c.accountKubeconfig(ctx, filepath.Join(dir, "operator.kubeconfig"))
	return config, kubeconfig, err
}

// accountKubeconfig is a kubeconfig with a token of the operator's account.
func (c *Cluster) accountKubeconfig(ctx context.Context, path string) (string, error) {
	token, err := c.KubeOutput(ctx, "-n", operatorNamespace, "create", "token", operatorAccount, "--duration=24h")
	if err != nil {
		return "", err
	}
	admin, err := c.KubeOutput(ctx, "config", "view", "--raw", "--minify", "--flatten", "-o", "json")
	if err != nil {
		return "", err
	}
	if err := os.WriteFile(path, []byte(admin), 0o600); err != nil {
		return "", err
	}
	user, err := Output(ctx, c.Kubectl, "--kubeconfig", path, "config", "view", "-o", "jsonpath={.contexts[0].context.user}")
	if err != nil {
		return "", err
	}
	for _, args := range [][]string{
		{"config", "unset", "users." + user},
		{"config", "set-credentials", user, "--token=" + token},
	} {
		if _, err := Output(ctx, c.Kubectl, append([]string{"--kubeconfig", path}, args...)...); err != nil {
			return "", fmt.Errorf("write the operator's kubeconfig: %w", err)
		}
	}
	return path, nil
}
