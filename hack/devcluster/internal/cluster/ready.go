package cluster

import (
	"context"
	"errors"
	"fmt"

	"github.com/shequ-io/shequ/hack/devcluster/internal/kube"
)

// NodeReady checks that a node is ready and takes pods.
func NodeReady(ctx context.Context, client *kube.Client, name string) error {
	var node struct {
		Spec struct {
			Taints []struct {
				Key string `json:"key"`
			} `json:"taints"`
		} `json:"spec"`
		Status struct {
			Conditions []struct {
				Type    string `json:"type"`
				Status  string `json:"status"`
				Message string `json:"message"`
			} `json:"conditions"`
		} `json:"status"`
	}
	if err := client.Get(ctx, "/api/v1/nodes/"+name, &node); err != nil {
		return err
	}
	ready := errors.New("the node has not reported yet")
	for _, condition := range node.Status.Conditions {
		if condition.Type != "Ready" {
			continue
		}
		if ready = nil; condition.Status != "True" {
			ready = fmt.Errorf("the node is not ready: %s", condition.Message)
		}
	}
	if ready == nil && len(node.Spec.Taints) > 0 {
		return fmt.Errorf("the node still has the taint %s", node.Spec.Taints[0].Key)
	}
	return ready
}
