package node

import (
	"context"
	"testing"
	"time"

	"github.com/shequ-io/shequ/api/v1alpha1"
	"github.com/shequ-io/shequ/test/internal/live"
)

// The kubelet brings a changed ConfigMap to a pod within its sync period, a
// minute or so; the portal needs no restart to show it.
func TestContentReloadsWithoutARestart(t *testing.T) {
	settled(t)
	c := community(t, "xiwuyuan")
	was := c.Spec.DisplayName
	before, err := pods(t.Context(), c.Status.Namespace, "portal")
	if err != nil || len(before) != 1 {
		t.Fatalf("%d portal pods, %v; want one", len(before), err)
	}
	base, err := address(t.Context(), c.Status.Namespace, "portal")
	if err != nil {
		t.Fatal(err)
	}
	const zh, en = "西五园新社区", "New West Five Gardens"
	change(t, c, func(c *v1alpha1.Community) { c.Spec.DisplayName = v1alpha1.LocalizedText{ZH: zh, EN: en} })
	t.Cleanup(func() {
		restore(t, "xiwuyuan", func(c *v1alpha1.Community) { c.Spec.DisplayName = was })
	})
	start := time.Now()
	live.Eventually(t, synced, func(ctx context.Context) error {
		if err := shows(ctx, base+"/", "zh-CN", zh); err != nil {
			return err
		}
		return shows(ctx, base+"/", "en", en)
	})
	t.Logf("the page shows the new name after %s", time.Since(start).Round(time.Second))
	after, err := pods(t.Context(), c.Status.Namespace, "portal")
	if err != nil || len(after) != 1 {
		t.Fatalf("%d portal pods, %v; want one", len(after), err)
	}
	if after[0].UID != before[0].UID {
		t.Error("the pod was replaced")
	}
	if n := after[0].Status.ContainerStatuses[0].RestartCount; n != before[0].Status.ContainerStatuses[0].RestartCount {
		t.Errorf("the container was restarted %d times", n)
	}
	// The neighbours list each other, and so show the new name, too.
	neighbour := community(t, "anding")
	other, err := address(t.Context(), neighbour.Status.Namespace, "portal")
	if err != nil {
		t.Fatal(err)
	}
	live.Eventually(t, synced, func(ctx context.Context) error {
		return shows(ctx, other+"/zh-CN/neighbours", "zh-CN", zh)
	})
}
