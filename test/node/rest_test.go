package node

import (
	"context"
	"fmt"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/shequ-io/shequ/test/internal/live"
)

const (
	operatorNamespace = "shequ-system"
	// still is longer than any delay the operator gathers changes for.
	still = 15 * time.Second
)

func operatorPods(ctx context.Context) ([]corev1.Pod, error) {
	var list corev1.PodList
	err := cluster.Client.List(ctx, &list, client.InNamespace(operatorNamespace))
	var out []corev1.Pod
	for _, p := range list.Items {
		if p.DeletionTimestamp == nil {
			out = append(out, p)
		}
	}
	return out, err
}

func TestNoWritesAtRest(t *testing.T) {
	c := settled(t)
	c.Quiet(t, still, 2*time.Minute)
	mark := c.Now(t)
	time.Sleep(60 * time.Second)
	c.NoWrites(t, mark)
}

// The first restart does what is due hourly (the heads of trails that other tests made
// grow are published), so that the second finds nothing to do.
func TestNoWritesAfterARestart(t *testing.T) {
	c := settled(t)
	restartOperator(t, false)
	c.Quiet(t, still, 2*time.Minute)
	mark := c.Now(t)
	restartOperator(t, false)
	time.Sleep(still)
	c.NoWrites(t, mark)
}

// restartOperator deletes the operator's pod, or kills it without a chance to
// finish anything, and waits until the next one leads.
func restartOperator(t *testing.T, kill bool) {
	t.Helper()
	old, err := operatorPods(t.Context())
	if err != nil || len(old) != 1 {
		t.Fatalf("%d operator pods, %v; want one", len(old), err)
	}
	if kill {
		killProcesses(t, &old[0])
	} else if err := cluster.Client.Delete(t.Context(), &old[0]); err != nil {
		t.Fatal(err)
	}
	live.Eventually(t, 2*time.Minute, func(ctx context.Context) error {
		now, err := operatorPods(ctx)
		if err != nil {
			return err
		}
		if len(now) != 1 || !isReady(&now[0]) || !leads(ctx, &now[0]) {
			return fmt.Errorf("%d operator pods, none that leads", len(now))
		}
		if kill && now[0].Status.ContainerStatuses[0].RestartCount == old[0].Status.ContainerStatuses[0].RestartCount {
			return fmt.Errorf("the operator has not been restarted yet")
		}
		if !kill && now[0].UID == old[0].UID {
			return fmt.Errorf("the pod has not been replaced yet")
		}
		return nil
	})
}

func isReady(p *corev1.Pod) bool {
	for _, c := range p.Status.Conditions {
		if c.Type == corev1.PodReady {
			return c.Status == corev1.ConditionTrue
		}
	}
	return false
}

// leads asks the operator itself: a replica that does not lead shows no
// communities.
func leads(ctx context.Context, p *corev1.Pod) bool {
	return shows(ctx, "http://"+p.Status.PodIP+":9090/metrics", "en", "shequ_communities{") == nil
}
