package policies_test

import (
	"strings"
	"testing"

	admissionv1 "k8s.io/api/admissionregistration/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/shequ-io/shequ/api/v1alpha1"
	"github.com/shequ-io/shequ/internal/policies"
	"github.com/shequ-io/shequ/internal/testenv"
)

// live is the policies as a real API server gives them back.
func live(t *testing.T, c client.Client) policies.Set {
	t.Helper()
	var found admissionv1.ValidatingAdmissionPolicyList
	var bindings admissionv1.ValidatingAdmissionPolicyBindingList
	for _, list := range []client.ObjectList{&found, &bindings} {
		if err := c.List(t.Context(), list); err != nil {
			t.Fatal(err)
		}
	}
	out := policies.Set{
		Policies: map[string]*admissionv1.ValidatingAdmissionPolicy{},
		Bindings: map[string]*admissionv1.ValidatingAdmissionPolicyBinding{},
	}
	for i := range found.Items {
		out.Policies[found.Items[i].Name] = &found.Items[i]
	}
	for i := range bindings.Items {
		out.Bindings[bindings.Items[i].Name] = &bindings.Items[i]
	}
	return out
}

// TestProblem alters the policies one by one, every way that would open a door.
func TestProblem(t *testing.T) {
	env := testenv.Start(t, testenv.Options{})
	want, err := policies.Want(v1alpha1.OperatorUsername)
	if err != nil {
		t.Fatal(err)
	}
	if problem := want.Problem(live(t, env.Client)); problem != "" {
		t.Fatalf("as installed: %s", problem)
	}
	for name, alter := range map[string]func(policies.Set, string) string{
		"missing: NAME": func(s policies.Set, name string) string { delete(s.Policies, name); return "missing: " + name },
		"missing binding": func(s policies.Set, name string) string {
			delete(s.Bindings, name)
			return "missing: the binding of " + name
		},
		"a rule less": func(s policies.Set, name string) string {
			p := &s.Policies[name].Spec
			p.Validations = p.Validations[1:]
			return "altered: " + name
		},
		"an expression": func(s policies.Set, name string) string {
			s.Policies[name].Spec.Validations[0].Expression = "true"
			return "altered: " + name
		},
		"ignored failures": func(s policies.Set, name string) string {
			ignore := admissionv1.Ignore
			s.Policies[name].Spec.FailurePolicy = &ignore
			return "altered: " + name
		},
		"an exception": func(s policies.Set, name string) string {
			p := &s.Policies[name].Spec
			p.MatchConditions = append(p.MatchConditions, admissionv1.MatchCondition{Name: "not-me", Expression: "request.userInfo.username != 'me'"})
			return "altered: " + name
		},
		"a narrower selector": func(s policies.Set, name string) string {
			s.Policies[name].Spec.MatchConstraints.NamespaceSelector.MatchLabels = map[string]string{"a": "b"}
			return "altered: " + name
		},
		"only a warning": func(s policies.Set, name string) string {
			s.Bindings[name].Spec.ValidationActions = []admissionv1.ValidationAction{admissionv1.Warn}
			return "altered: the binding of " + name
		},
		"a binding to some namespaces": func(s policies.Set, name string) string {
			s.Bindings[name].Spec.MatchResources = &admissionv1.MatchResources{}
			return "altered: the binding of " + name
		},
	} {
		for _, policy := range v1alpha1.PolicyNames() {
			t.Run(name+" "+policy, func(t *testing.T) {
				s := live(t, env.Client)
				says := alter(s, policy)
				if problem := want.Problem(s); !strings.Contains(problem, says) || !strings.Contains(problem, "restore config/policy") {
					t.Errorf("the problem is %q, want it to say %q and the cure", problem, says)
				}
			})
		}
	}
}

// TestOperator: an installation may name its own operator, and nobody else may.
func TestOperator(t *testing.T) {
	const other = "system:serviceaccount:elsewhere:shequ-operator"
	s, err := policies.Want(other)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []struct {
		operator string
		fine     bool
	}{{other, true}, {v1alpha1.OperatorUsername, false}, {policies.AnyOperator, true}} {
		w, err := policies.Want(want.operator)
		if err != nil {
			t.Fatal(err)
		}
		if problem := w.Problem(s); (problem == "") != want.fine {
			t.Errorf("for %q: %q", want.operator, problem)
		}
	}
	// Any one operator is not anything at all.
	for i, v := range s.Policies[v1alpha1.PolicyLedgerWriter].Spec.Variables {
		if v.Name == "operator" {
			s.Policies[v1alpha1.PolicyLedgerWriter].Spec.Variables[i].Expression = "request.userInfo.username"
		}
	}
	w, err := policies.Want(policies.AnyOperator)
	if err != nil {
		t.Fatal(err)
	}
	if w.Problem(s) == "" {
		t.Error("a policy that lets everybody write ledgers is taken to be in force")
	}
}
