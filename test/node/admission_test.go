package node

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/ptr"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/shequ-io/shequ/api/v1alpha1"
	"github.com/shequ-io/shequ/test/internal/live"
)

// answers counts what all ledgers say of a task, by reason.
func answers(ctx context.Context, task v1alpha1.NamespacedReference) (map[v1alpha1.LedgerReason]int, error) {
	var ledgers v1alpha1.TaskLedgerList
	if err := cluster.Client.List(ctx, &ledgers, client.InNamespace(live.Subdistrict)); err != nil {
		return nil, err
	}
	out := map[v1alpha1.LedgerReason]int{}
	for i := range ledgers.Items {
		for _, e := range ledgers.Items[i].Status.Entries {
			if e.TaskRef == task {
				out[e.Reason]++
			}
		}
	}
	return out, nil
}

func counts(ctx context.Context, task v1alpha1.NamespacedReference, reason v1alpha1.LedgerReason, want int) error {
	got, err := answers(ctx, task)
	if err == nil && got[reason] != want {
		err = fmt.Errorf("%s: %v, want %s %d times", task.Name, got, reason, want)
	}
	return err
}

// TestTasksAreDecided: the sample's tasks are let in and kept out as they are
// meant to be, and the portals show what is in and nothing of what is not.
func TestTasksAreDecided(t *testing.T) {
	settled(t)
	for _, want := range []struct {
		namespace, name string
		reason          v1alpha1.LedgerReason
		communities     int
	}{
		{"dept-civil-affairs", "old-age-allowance", v1alpha1.LedgerAdmitted, 12},
		{"dept-housing", "compound-patrols", v1alpha1.LedgerAdmitted, 5},
		{"dept-housing", "compound-patrols", v1alpha1.LedgerCapacityExceeded, 7},
		{"dept-market-supervision", "shop-inspection", v1alpha1.LedgerProhibited, 12},
		{"dept-civil-affairs", "community-canteens", v1alpha1.LedgerAwaitingApproval, 12},
		{"dept-urban-management", "waste-sorting-checks", v1alpha1.LedgerVisitCapacityExceeded, 9},
	} {
		live.Eventually(t, soon, func(ctx context.Context) error {
			return counts(ctx, v1alpha1.NamespacedReference{Namespace: want.namespace, Name: want.name}, want.reason, want.communities)
		})
	}
	base, err := address(t.Context(), community(t, "qingnianlu-2").Status.Namespace, "portal")
	if err != nil {
		t.Fatal(err)
	}
	live.Eventually(t, synced, func(ctx context.Context) error {
		return shows(ctx, base+"/zh-CN/services/dept-civil-affairs.old-age-allowance", "zh-CN", "高龄老人津贴", "中华人民共和国老年人权益保障法")
	})
	body, err := fetch(t.Context(), base+"/zh-CN/tasks", "zh-CN")
	if err != nil {
		t.Fatal(err)
	}
	for text, want := range map[string]bool{"高龄老人津贴": true, "小区物业每日双人巡查": false, "食品经营单位日常检查": false, "社区助餐点就餐登记": false} {
		if shown := strings.Contains(body, text); shown != want {
			t.Errorf("the tasks admitted in Qingnian Road No.2 show %s: %v, want %v", text, shown, want)
		}
	}
}

// TestATaskEndsAndIsTakenBack: a task that is suspended leaves every ledger and
// every portal, without a restart, and comes back the same way.
func TestATaskEndsAndIsTakenBack(t *testing.T) {
	settled(t)
	ref := v1alpha1.NamespacedReference{Namespace: "dept-civil-affairs", Name: "old-age-allowance"}
	home := community(t, "anding").Status.Namespace
	base, err := address(t.Context(), home, "portal")
	if err != nil {
		t.Fatal(err)
	}
	page := base + "/zh-CN/services/" + ref.Namespace + "." + ref.Name
	live.Eventually(t, synced, func(ctx context.Context) error { return shows(ctx, page, "zh-CN", "高龄老人津贴") })
	before, err := pods(t.Context(), home, "portal")
	if err != nil {
		t.Fatal(err)
	}
	task := &v1alpha1.AdmittedTask{ObjectMeta: metav1.ObjectMeta{Namespace: ref.Namespace, Name: ref.Name}}
	suspend := func(yes bool) {
		get(t, ref.Namespace, ref.Name, task)
		change(t, task, func(task *v1alpha1.AdmittedTask) { task.Spec.Suspend = ptr.To(yes) })
	}
	suspend(true)
	live.Eventually(t, soon, func(ctx context.Context) error { return counts(ctx, ref, v1alpha1.LedgerSuspended, 12) })
	live.Eventually(t, synced, func(ctx context.Context) error { return gone(ctx, page) })
	suspend(false)
	live.Eventually(t, soon, func(ctx context.Context) error { return counts(ctx, ref, v1alpha1.LedgerAdmitted, 12) })
	live.Eventually(t, synced, func(ctx context.Context) error { return shows(ctx, page, "zh-CN", "高龄老人津贴") })
	after, err := pods(t.Context(), home, "portal")
	if err != nil {
		t.Fatal(err)
	}
	if len(before) != 1 || len(after) != 1 || before[0].UID != after[0].UID ||
		before[0].Status.ContainerStatuses[0].RestartCount != after[0].Status.ContainerStatuses[0].RestartCount {
		t.Error("the portal's pod was restarted")
	}
}

// gone wants a page that says its service has ended.
func gone(ctx context.Context, url string) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return err
	}
	resp, err := (&http.Client{Timeout: 5 * time.Second}).Do(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusGone {
		return errors.New(url + " answers " + resp.Status)
	}
	return nil
}
