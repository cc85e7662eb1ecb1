package main

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

// installOperator applies what a district would: kubectl apply -k. Without pods
// the operator runs on this machine, as the very ServiceAccount it would have.
func (d *demo) installOperator(ctx context.Context) error {
	out, err := d.kubeOutput(ctx, "apply", "--server-side", "-k", "config/demo")
	if err != nil {
		return err
	}
	say("      %d objects applied with: kubectl apply --server-side -k config/demo", len(strings.Split(out, "\n")))
	if _, err := d.kubeOutput(ctx, "wait", "crd", "--all", "--for=condition=Established", "--timeout=60s"); err != nil {
		return err
	}
	if d.profile == "node" {
		say("      waiting for the operator's pod")
		_, err := d.kubeOutput(ctx, "-n", operatorNamespace, "rollout", "status", "deployment/shequ-operator", "--timeout=180s")
		return err
	}
	return d.operatorHere(ctx)
}

// operatorHere runs the operator as a process of this machine.
func (d *demo) operatorHere(ctx context.Context) error {
	// A simulated node would show a pod that does nothing as running.
	if _, err := d.kubeOutput(ctx, "-n", operatorNamespace, "scale", "deployment/shequ-operator", "--replicas=0"); err != nil {
		return err
	}
	dir := filepath.Join(filepath.Dir(d.kubeconfig), "demo")
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	config, err := d.kubeOutput(ctx, "-n", operatorNamespace, "get", "configmap", "shequ-operator-config", "-o", `jsonpath={.data.config\.yaml}`)
	if err != nil {
		return err
	}
	configFile := filepath.Join(dir, "config.yaml")
	if err := os.WriteFile(configFile, []byte(config), 0o644); err != nil {
		return err
	}
	kubeconfig, err := d.accountKubeconfig(ctx, filepath.Join(dir, "operator.kubeconfig"))
	if err != nil {
		return err
	}
	operator, err := filepath.Abs("bin/operator")
	if err != nil {
		return err
	}
	return d.devcluster(ctx, "attach", "--name", d.name, "operator", operator,
		"--config="+configFile, "--kubeconfig="+kubeconfig, "--metrics-bind-address=0", "--health-probe-bind-address=0")
}

// accountKubeconfig is a kubeconfig with a token of the operator's account.
func (d *demo) accountKubeconfig(ctx context.Context, path string) (string, error) {
	token, err := d.kubeOutput(ctx, "-n", operatorNamespace, "create", "token", operatorAccount, "--duration=24h")
	if err != nil {
		return "", err
	}
	admin, err := d.kubeOutput(ctx, "config", "view", "--raw", "--minify", "--flatten", "-o", "json")
	if err != nil {
		return "", err
	}
	if err := os.WriteFile(path, []byte(admin), 0o600); err != nil {
		return "", err
	}
	user, err := output(ctx, d.kubectl, "--kubeconfig", path, "config", "view", "-o", "jsonpath={.contexts[0].context.user}")
	if err != nil {
		return "", err
	}
	for _, args := range [][]string{
		{"config", "unset", "users." + user},
		{"config", "set-credentials", user, "--token=" + token},
	} {
		if _, err := output(ctx, d.kubectl, append([]string{"--kubeconfig", path}, args...)...); err != nil {
			return "", fmt.Errorf("write the operator's kubeconfig: %w", err)
		}
	}
	return path, nil
}

// applySample applies the sub-district. The policies take a moment to hold; a
// refusal in that moment would be for no fault of the sample's.
func (d *demo) applySample(ctx context.Context) error {
	out, err := d.kubeOutput(ctx, "apply", "--server-side", "-k", "config/samples/qingnianlu")
	if err != nil {
		return err
	}
	kinds := map[string]int{}
	for line := range strings.SplitSeq(out, "\n") {
		kind, _, _ := strings.Cut(line, ".")
		kind, _, _ = strings.Cut(kind, "/")
		kinds[kind]++
	}
	say("      %d communities, %d stations, %d grids, standard xian-2014", kinds["community"], kinds["servicestation"], kinds["grid"])
	return nil
}
