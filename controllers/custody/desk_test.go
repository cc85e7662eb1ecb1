package custody_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/shequ-io/shequ/api/v1alpha1"
	"github.com/shequ-io/shequ/controllers/controllertest"
	"github.com/shequ-io/shequ/internal/admission"
	"github.com/shequ-io/shequ/internal/content"
)

// deskConfig is what the desk of a community is told, as it should be.
func (w world) deskConfig(community string, is func(*content.Desk) error) {
	w.Helper()
	config := &corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{Namespace: w.Home(community), Name: "desk-config"}}
	w.There(config, func() error {
		d, err := content.ParseDesk([]byte(config.Data[content.DeskFile]))
		if err != nil {
			return err
		}
		return is(d)
	})
}

// TestSystemNarrowed: what a system no longer takes it no longer gets.
func TestSystemNarrowed(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	owner := w.owner()
	health, keys := isys(owner, "health")
	c, st := w.connected("one", health), w.Station("one")
	c.Spec.Integrations[0].Report = &v1alpha1.IntegrationReport{Purpose: "reminders"}
	c.Spec.Modules = []v1alpha1.CommunityModule{v1alpha1.ModulePayments}
	c.Spec.Billers = []v1alpha1.Biller{{Name: "water", DisplayName: v1alpha1.LocalizedText{ZH: "水费"}, System: health.Name, Purpose: "allowance"}}
	w.Create(keys, health, c, st)
	w.Ready(c, st)
	says := func(want string) {
		t.Helper()
		w.deskConfig("one", func(d *content.Desk) error {
			var got []string
			for _, c := range d.Connections {
				got = append(got, fmt.Sprintf("%s %v %v %s %d", strings.TrimPrefix(c.Name, owner+"-"), c.Accepts, c.Purposes, c.Report, len(d.Billers)))
			}
			if fmt.Sprint(got) != want {
				return fmt.Errorf("the desk is connected to %v, want %s", got, want)
			}
			return nil
		})
	}
	says("[health [applicant-name] [allowance reminders] reminders 1]")
	controllertest.Change(w.World, health, func(s *v1alpha1.InformationSystem) {
		s.Spec.Accepts, s.Spec.AllowedPurposes = nil, []v1alpha1.PurposeCode{"reminders"}
	})
	says("[health [] [reminders] reminders 1]")
	controllertest.Change(w.World, health, func(s *v1alpha1.InformationSystem) {
		s.Spec.Egress = []v1alpha1.EgressPeer{{CIDR: "192.0.2.0/24", Port: 443}}
	})
	w.Eventually("another way out", func() error {
		if out, _ := w.openings("one"); fmt.Sprint(out) != "[192.0.2.0/24:443]" {
			return fmt.Errorf("the courier reaches %v", out)
		}
		return nil
	})
	w.Delete(health)
	says("[]")
}

// approve has the committee approve a task's present terms.
func (w world) approve(task *v1alpha1.AdmittedTask, committee string) {
	w.Helper()
	w.Create(&v1alpha1.TaskDecision{
		ObjectMeta: metav1.ObjectMeta{Namespace: committee, GenerateName: "approval-"},
		Spec: v1alpha1.TaskDecisionSpec{
			TaskRef: v1alpha1.NamespacedReference{Namespace: task.Namespace, Name: task.Name},
			Approval: &v1alpha1.Approval{
				TaskDigest: admission.Digest(&task.Spec), Verdict: v1alpha1.VerdictApprove, Document: "会议纪要 7",
				DecidedAt: metav1.NewTime(time.Date(2026, 1, 5, 0, 0, 0, 0, time.UTC)),
			},
		},
	})
}

// decided waits for what the ledger of community one says of a task.
func (w world) decided(task *v1alpha1.AdmittedTask, decision v1alpha1.LedgerDecision, reason v1alpha1.LedgerReason) {
	w.Helper()
	ledger := &v1alpha1.TaskLedger{ObjectMeta: metav1.ObjectMeta{Namespace: w.Namespace, Name: "one"}}
	w.There(ledger, func() error {
		for _, e := range ledger.Status.Entries {
			if e.TaskRef.Name == task.Name && e.TaskRef.Namespace == task.Namespace && e.Digest == admission.Digest(&task.Spec) && e.Decision == decision && e.Reason == reason {
				return nil
			}
		}
		return fmt.Errorf("%s is not %s for %s: %+v", task.Name, decision, reason, ledger.Status.Entries)
	})
}

// TestDeskTasks: the desk is told what a task delivers as long as it is admitted, and
// while it waits for a system, since the cases in hand go on; never on terms nobody
// has approved.
func TestDeskTasks(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	owner, committee := w.owner(), suite.Env.Namespace(t, v1alpha1.RoleCommittee)
	health, keys := isys(owner, "health")
	c, st := w.connected("one", health), w.Station("one")
	task := &v1alpha1.AdmittedTask{
		ObjectMeta: metav1.ObjectMeta{Namespace: owner, Name: "allowance"},
		Spec: v1alpha1.AdmittedTaskSpec{
			Title: v1alpha1.LocalizedText{ZH: "高龄津贴"}, Category: v1alpha1.CategoryOwn,
			LegalBasis: []v1alpha1.LegalBasis{{ID: "law", Title: v1alpha1.LocalizedText{ZH: "老年人权益保障条例"}, Level: v1alpha1.LevelMunicipal}},
			Target:     v1alpha1.TaskTarget{Communities: []v1alpha1.NamespacedReference{{Namespace: w.Namespace, Name: "one"}}},
			Effective:  v1alpha1.TaskWindow{From: "2026-01-01"},
			Data:       []v1alpha1.TaskData{{Element: "applicant-name", Use: v1alpha1.UseReuse, Purpose: "allowance", Basis: "law", RetentionDays: 30}},
			Deliveries: []v1alpha1.TaskDelivery{{
				SystemRef: v1alpha1.LocalReference{Name: health.Name}, Purpose: "allowance", Elements: []v1alpha1.DataElementCode{"applicant-name"},
				Mapping: []v1alpha1.FieldMapping{{Field: "name", Expression: "applicant_name"}}, OnRejection: v1alpha1.TellStaff,
			}},
			Service: &v1alpha1.TaskService{Steps: []v1alpha1.LocalizedText{{ZH: "到窗口申请"}}},
		},
	}
	w.Create(keys, health, c, st, task)
	w.approve(task, committee)
	w.decided(task, v1alpha1.DecisionAdmitted, v1alpha1.LedgerAdmitted)
	told := func(want string) {
		t.Helper()
		w.deskConfig("one", func(d *content.Desk) error {
			if got := strings.ReplaceAll(fmt.Sprintf("%+v", d.Tasks), owner, "dept"); got != want {
				return fmt.Errorf("the desk is told of %s, want %s", got, want)
			}
			return nil
		})
	}
	whole := "[{Name:dept/allowance Data:[{Element:applicant-name Type:Text Reused:true Purpose:allowance}] Deliveries:[{System:dept-health Purpose:allowance Elements:[applicant-name] Mapping:[{Field:name Expression:applicant_name}] TellOnly:true}]}]"
	told(whole)

	w.Delete(health.DeepCopy())
	w.decided(task, v1alpha1.DecisionWaiting, v1alpha1.LedgerSystemMissing)
	w.deskConfig("one", func(d *content.Desk) error {
		if len(d.Connections) > 0 {
			return fmt.Errorf("the desk is connected to %v", d.Connections)
		}
		return nil
	})
	w.There(st, func() error {
		if len(st.Status.ServedTasks) > 0 {
			return fmt.Errorf("served are %v", st.Status.ServedTasks)
		}
		return nil
	})
	told(whole)

	again, _ := isys(owner, "health")
	w.Create(again)
	w.decided(task, v1alpha1.DecisionAdmitted, v1alpha1.LedgerAdmitted)
	controllertest.Change(w.World, task, func(a *v1alpha1.AdmittedTask) { a.Spec.Deliveries[0].Mapping = nil })
	told("[]")
	w.decided(task, v1alpha1.DecisionWaiting, v1alpha1.LedgerAwaitingApproval)
	w.Ready(c, st)
	told("[]")
}

// TestClientSecret restarts the operator. What desks prove themselves with to the
// identity provider is taken up as soon as it is there, and again when it changes.
func TestClientSecret(t *testing.T) {
	w := newWorld(t)
	suite.Settings = with(imageOne)
	suite.Settings.OIDC.ClientSecret = "provider"
	suite.Swap(t, suite.Env.Operator(), nil)
	t.Cleanup(func() { restart(t, imageOne) })
	c := w.Community("one")
	w.Create(c)
	w.notReady(c, v1alpha1.ReasonClientSecretMissing, "Secret "+system+"/provider", "make it, or leave oidc.clientSecret out")
	provider := &corev1.Secret{ObjectMeta: metav1.ObjectMeta{Namespace: system, Name: "provider"}, Data: map[string][]byte{"client-secret": []byte("first")}}
	w.Create(provider)
	t.Cleanup(func() { _ = suite.Env.Client.Delete(context.Background(), provider) })
	w.Ready(c)
	holds := func(want string) {
		t.Helper()
		desk := &corev1.Secret{ObjectMeta: metav1.ObjectMeta{Namespace: w.Home("one"), Name: "desk-secrets"}}
		w.There(desk, func() error {
			if got := string(desk.Data["oidc-client-secret"]); got != want {
				return fmt.Errorf("the desk has %q, want %q", got, want)
			}
			return nil
		})
	}
	holds("first")
	controllertest.Change(w.World, provider, func(s *corev1.Secret) { s.Data["client-secret"] = []byte("second") })
	holds("second")
}
