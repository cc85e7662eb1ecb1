package admission_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	authorizationv1 "k8s.io/api/authorization/v1"
	corev1 "k8s.io/api/core/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/shequ-io/shequ/api/v1alpha1"
	"github.com/shequ-io/shequ/controllers/controllertest"
	"github.com/shequ-io/shequ/internal/testenv"
)

// as is a client of a member of a group that holds one of the installed roles
// in one namespace, and nothing else.
func (d *district) as(namespace, role string) client.Client {
	d.Helper()
	group := "group-" + namespace
	d.Create(&rbacv1.RoleBinding{
		ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: "editors"},
		RoleRef:    rbacv1.RoleRef{APIGroup: rbacv1.GroupName, Kind: "ClusterRole", Name: role},
		Subjects:   []rbacv1.Subject{{APIGroup: rbacv1.GroupName, Kind: rbacv1.GroupKind, Name: group}},
	})
	return d.user(group)
}

func (d *district) user(groups ...string) client.Client {
	d.Helper()
	c, err := client.New(suite.Env.As("somebody", append(groups, "system:authenticated")...), client.Options{Scheme: suite.Env.Scheme})
	if err != nil {
		d.Fatal(err)
	}
	return c
}

// installRoles installs the roles district IT binds people to.
func (d *district) installRoles() {
	d.Helper()
	data, err := os.ReadFile(filepath.Join(testenv.Root(), "config", "rbac", "user-roles.yaml"))
	if err != nil {
		d.Fatal(err)
	}
	objects, err := testenv.Decode(data)
	if err != nil {
		d.Fatal(err)
	}
	for _, obj := range objects {
		if err := suite.Env.Client.Create(d.Context(), obj); client.IgnoreAlreadyExists(err) != nil {
			d.Fatal(err)
		}
	}
}

// TestRights acts as each party does where it is installed: with the role it is
// given in its own namespace.
func TestRights(t *testing.T) {
	t.Parallel()
	d := newDistrict(t)
	d.installRoles()
	department, committee := d.as(d.department, "shequ-department-editor"), d.as(d.committee, "shequ-committee-editor")
	finance, subdistrict := d.as(d.finance, "shequ-finance-editor"), d.as(d.Namespace, "shequ-subdistrict-editor")
	other := suite.Env.Namespace(t, v1alpha1.RoleSubdistrict)

	task := d.task("plain")
	d.may(department.Create(t.Context(), task))
	in := func(namespace string, decision *v1alpha1.TaskDecision) *v1alpha1.TaskDecision {
		decision.Namespace = namespace
		return decision
	}
	approval := func() *v1alpha1.TaskDecision { return d.approval(task, v1alpha1.VerdictApprove) }
	release := func() *v1alpha1.TaskDecision { return d.release(task)[0].(*v1alpha1.TaskDecision) }
	contest := func(of string) *v1alpha1.TaskDecision {
		return &v1alpha1.TaskDecision{
			ObjectMeta: metav1.ObjectMeta{Namespace: d.Namespace, GenerateName: "contest-"},
			Spec: v1alpha1.TaskDecisionSpec{TaskRef: d.ref(task), Contest: &v1alpha1.Contest{
				CommunityRef: v1alpha1.NamespacedReference{Namespace: of, Name: "first"}, Reason: "not ours",
			}},
		}
	}

	// A department decides nothing about its own task, neither in the others'
	// namespaces nor in its own.
	d.mayNot(department.Create(t.Context(), approval()))
	d.mayNot(department.Create(t.Context(), release()))
	d.mayNot(department.Create(t.Context(), in(d.department, approval())))
	d.mayNot(department.Create(t.Context(), in(d.department, release())))
	// Nor would it if somebody let it write decisions.
	d.mayNot(suite.Env.Client.Create(t.Context(), in(d.department, approval())), "only the guidance committee approves a task")
	d.mayNot(suite.Env.Client.Create(t.Context(), in(d.department, release())), "only the finance bureau releases money")
	d.says(task, waits, v1alpha1.LedgerAwaitingApproval)

	// Who approves does not pay, and who pays does not approve.
	d.mayNot(committee.Create(t.Context(), in(d.committee, release())), "only the finance bureau releases money")
	d.mayNot(finance.Create(t.Context(), in(d.finance, approval())), "only the guidance committee approves a task")
	d.may(committee.Create(t.Context(), approval()))
	d.may(finance.Create(t.Context(), release()))
	d.admitted(task)

	// A sub-district edits no department's task, and contests for its own only.
	edited := task.DeepCopy()
	edited.Spec.Workload.MinutesPerCase = 1
	d.mayNot(subdistrict.Update(t.Context(), edited))
	d.mayNot(subdistrict.Delete(t.Context(), edited))
	d.mayNot(subdistrict.Create(t.Context(), contest(other)), "a sub-district contests for its own communities only")
	d.may(subdistrict.Create(t.Context(), contest(d.Namespace)))
	d.says(task, v1alpha1.DecisionContested, v1alpha1.LedgerContested)

	// A record stays as it was made.
	made := contest(d.Namespace)
	d.may(subdistrict.Create(t.Context(), made))
	made.Spec.Contest.Reason = "on second thoughts"
	if err := suite.Env.Client.Update(t.Context(), made); !apierrors.IsInvalid(err) || !strings.Contains(err.Error(), "a decision is a record and can't be changed") {
		t.Errorf("a decision was changed: %v", err)
	}
}

// TestLedgerWriter: nobody but the operator writes a ledger, not even who may do
// everything.
func TestLedgerWriter(t *testing.T) {
	t.Parallel()
	d := newDistrict(t)
	d.installRoles()
	d.admitted(d.propose("plain"))
	users := map[string]client.Client{
		"cluster administrator": suite.Env.Client,
		"sub-district":          d.as(d.Namespace, "shequ-subdistrict-editor"),
		"department":            d.as(d.department, "shequ-department-editor"),
		"committee":             d.as(d.committee, "shequ-committee-editor"),
		"finance":               d.as(d.finance, "shequ-finance-editor"),
	}
	for name, user := range users {
		t.Log(name)
		ledger := d.ledger()
		d.Get(ledger)
		ledger.Status.Entries = nil
		d.mayNot(user.Status().Update(t.Context(), ledger))
		ledger.Labels = map[string]string{"a": "b"}
		d.mayNot(user.Update(t.Context(), ledger))
		d.mayNot(user.Create(t.Context(), &v1alpha1.TaskLedger{ObjectMeta: metav1.ObjectMeta{Namespace: d.Namespace, Name: "forged"}}))
	}
	for _, verb := range []string{"create", "update", "patch", "delete"} {
		for name, user := range users {
			if name == "cluster administrator" {
				continue
			}
			review := &authorizationv1.SelfSubjectAccessReview{Spec: authorizationv1.SelfSubjectAccessReviewSpec{
				ResourceAttributes: &authorizationv1.ResourceAttributes{Namespace: d.Namespace, Verb: verb, Group: v1alpha1.GroupVersion.Group, Resource: "taskledgers"},
			}}
			if err := user.Create(t.Context(), review); err != nil {
				t.Fatal(err)
			}
			if review.Status.Allowed {
				t.Errorf("%s can %s taskledgers", name, verb)
			}
		}
	}
}

// TestRoleTakenAway: a decision counts only while its namespace has the role
// that may say it, and a task only in a department's.
func TestRoleTakenAway(t *testing.T) {
	t.Parallel()
	d := newDistrict(t)
	task := d.propose("plain")
	d.admitted(task)
	relabel := func(namespace, role string) {
		controllertest.Change(d.World, &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: namespace}}, func(ns *corev1.Namespace) {
			ns.Labels[v1alpha1.RoleLabel] = role
		})
	}
	relabel(d.committee, v1alpha1.RoleDepartment)
	d.says(task, waits, v1alpha1.LedgerAwaitingApproval)
	relabel(d.committee, v1alpha1.RoleCommittee)
	d.admitted(task)
	relabel(d.department, v1alpha1.RoleFinance)
	d.says(task, ended, v1alpha1.LedgerWithdrawn)
	d.Condition(task, v1alpha1.ConditionReady, metav1.ConditionFalse, v1alpha1.ReasonWrongNamespaceRole, "label")
	relabel(d.department, v1alpha1.RoleDepartment)
	d.admitted(task)
}

func (d *district) may(err error) {
	d.Helper()
	if err != nil {
		d.Error(err)
	}
}

// mayNot wants a refusal that holds each text.
func (d *district) mayNot(err error, says ...string) {
	d.Helper()
	if !apierrors.IsForbidden(err) {
		d.Errorf("the answer is %v, want it forbidden", err)
		return
	}
	for _, text := range says {
		if !strings.Contains(err.Error(), text) {
			d.Errorf("refused with %q, want it to say %q", err, text)
		}
	}
}
