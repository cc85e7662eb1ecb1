package v1alpha1_test

import (
	"testing"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/shequ-io/shequ/api/v1alpha1"
	"github.com/shequ-io/shequ/internal/testenv"
)

// roles are those of a namespace; none is a namespace without the label, other
// one with a value that is no role.
var roles = []string{"", "other", "subdistrict", "department", "committee", "finance"}

// TestKindsByRole tries each kind in a namespace of each role.
func TestKindsByRole(t *testing.T) {
	decision := func(member string) string {
		return "apiVersion: shequ.io/v1alpha1\nkind: TaskDecision\nmetadata: {name: d}\n" +
			"spec:\n  taskRef: {namespace: civil-affairs, name: old-age-allowance}\n" + member
	}
	for _, kind := range []struct {
		name, yaml, role, says string
	}{
		{"Community", validCommunity, "subdistrict", "a Community is declared in its sub-district's namespace: ask district IT to label it"},
		{"ServiceStation", validStation, "subdistrict", "a ServiceStation is declared in its sub-district's namespace: ask district IT to label it"},
		{"Grid", validGrid, "subdistrict", "a Grid is declared in its sub-district's namespace: ask district IT to label it"},
		{"AdmittedTask", validTask, "department", "an AdmittedTask is proposed in its department's namespace: ask district IT to label it"},
		{"approval", decision(approvalMember), "committee", "only the guidance committee approves a task: leave the approval to it"},
		{"ruling", decision(rulingMember), "committee", "only the guidance committee rules on a contest: leave the ruling to it"},
		{"funding", decision(fundingMember), "finance", "only the finance bureau releases money: leave the release to it"},
		{"contest", decision(contestMember("NAMESPACE")), "subdistrict", "only a sub-district contests a task: leave the contest to it"},
	} {
		for _, role := range roles {
			t.Run(kind.name+" in "+label(role), func(t *testing.T) {
				namespace := env.Namespace(t, role)
				asked := object(t, kind.yaml, "", namespace)
				if kind.name == "contest" {
					asked = object(t, decision(contestMember(namespace)), "", namespace)
				}
				err := create(t, env.Client, asked)
				if role == kind.role {
					check(t, err, "")
					return
				}
				check(t, err, `namespace "`+namespace+`" is not labelled shequ.io/role=`+kind.role+"; ")
				check(t, err, kind.says)
				if !apierrors.IsForbidden(err) {
					t.Errorf("refused with %v, want it to be forbidden", apierrors.ReasonForError(err))
				}
			})
		}
	}
}

func label(role string) string {
	if role == "" {
		return "none"
	}
	return role
}

// TestContestForAnother tries a contest for a community of another sub-district.
func TestContestForAnother(t *testing.T) {
	own, other := env.Namespace(t, "subdistrict"), env.Namespace(t, "subdistrict")
	contest := object(t, validDecision, "spec:\n  approval: null\n"+contestMember(other), own)
	check(t, create(t, env.Client, contest),
		`a sub-district contests for its own communities only; the community is in namespace "`+other+
			`" and the decision in "`+own+`": leave the contest to that sub-district`)
}

// TestUnlabelled takes the role from a namespace that has a Community: its spec
// is frozen, but it can still be deleted.
func TestUnlabelled(t *testing.T) {
	namespace := env.Namespace(t, "subdistrict")
	community := object(t, validCommunity, "metadata: {finalizers: [shequ.io/teardown]}", namespace)
	if err := env.Client.Create(t.Context(), community); err != nil {
		t.Fatal(err)
	}
	unlabel := object(t, "{apiVersion: v1, kind: Namespace, metadata: {name: "+namespace+"}}", "", "")
	if err := env.Client.Patch(t.Context(), unlabel,
		client.RawPatch("application/merge-patch+json", []byte(`{"metadata":{"labels":{"shequ.io/role":null}}}`))); err != nil {
		t.Fatal(err)
	}
	changed := community.DeepCopy()
	changed.Object = merged(changed.Object, fields(t, "spec: {profile: {households: 2001}}"))
	eventually(t, func() error { return env.Client.Update(t.Context(), changed.DeepCopy(), client.DryRunAll) },
		"is not labelled shequ.io/role=subdistrict")

	if err := env.Client.Delete(t.Context(), community.DeepCopy()); err != nil {
		t.Fatal(err)
	}
	if err := env.Client.Patch(t.Context(), community,
		client.RawPatch("application/merge-patch+json", []byte(`{"metadata":{"finalizers":null}}`))); err != nil {
		t.Errorf("a finalizer can't be taken off: %v", err)
	}
}

// TestLedgerWriter tries to write a ledger as the administrator and as the
// operator.
func TestLedgerWriter(t *testing.T) {
	const alone = "a TaskLedger is written by the operator alone; change a task, a decision or the community instead, and the ledger follows"
	namespace := env.Namespace(t, "subdistrict")
	operator := operatorClient(t)
	ledger := object(t, validLedger, "", namespace)
	check(t, create(t, env.Client, ledger.DeepCopy()), alone)
	if err := operator.Create(t.Context(), ledger); err != nil {
		t.Fatal(err)
	}
	labelled := ledger.DeepCopy()
	labelled.SetLabels(map[string]string{"a": "b"})
	check(t, env.Client.Update(t.Context(), labelled.DeepCopy()), alone)
	check(t, operator.Update(t.Context(), labelled.DeepCopy(), client.DryRunAll), "")

	written := ledger.DeepCopy()
	written.Object = merged(written.Object, fields(t, "status: {totals: {admitted: 100}}"))
	check(t, env.Client.Status().Update(t.Context(), written.DeepCopy()), alone)
	check(t, operator.Status().Update(t.Context(), written.DeepCopy()), "")

	check(t, env.Client.Delete(t.Context(), ledger), "")
}

// TestPolicyNames holds the constants to config/policy.
func TestPolicyNames(t *testing.T) {
	objects, err := testenv.Policies()
	if err != nil {
		t.Fatal(err)
	}
	kinds := map[string]int{}
	for _, o := range objects {
		kinds[o.GetKind()+"/"+o.GetName()]++
	}
	for _, name := range v1alpha1.PolicyNames() {
		for _, kind := range []string{"ValidatingAdmissionPolicy", "ValidatingAdmissionPolicyBinding"} {
			if kinds[kind+"/"+name] != 1 {
				t.Errorf("config/policy has %d of %s %s, want 1", kinds[kind+"/"+name], kind, name)
			}
		}
	}
	if len(objects) != 2*len(v1alpha1.PolicyNames()) {
		t.Errorf("config/policy has %d objects, want a policy and a binding for each of %d names",
			len(objects), len(v1alpha1.PolicyNames()))
	}
}
