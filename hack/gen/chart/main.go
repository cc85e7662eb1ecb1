// Command chart writes the templates of charts/shequ that are copies of files
// in config: CRDs, admission policies, RBAC and alerts. It adds the chart's labels, puts
// the release's namespace in place of shequ-system, and has Helm keep the CRDs.
//
// The operator's Deployment and what else depends on values is written by hand;
// test/charts compares the whole chart with config/default.
//
// Run it in the root of the checkout: go run ./hack/gen/chart
package main

import (
	"fmt"
	"os"
	"path/filepath"
)

func main() {
	if err := run("."); err != nil {
		fmt.Fprintln(os.Stderr, "chart:", err)
		os.Exit(1)
	}
}

// run writes the templates below root and removes those that are no longer
// wanted.
func run(root string) error {
	files, err := Templates(root)
	if err != nil {
		return err
	}
	for _, source := range sources {
		if err := os.RemoveAll(filepath.Join(root, source.to)); err != nil {
			return err
		}
	}
	for path, data := range files {
		path = filepath.Join(root, path)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			return err
		}
		if err := os.WriteFile(path, data, 0o644); err != nil {
			return err
		}
	}
	return nil
}
