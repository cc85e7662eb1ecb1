// Package policies tells whether the admission policies of config/policy are in
// force exactly as they were written. While they are not, nothing new is
// admitted: an altered policy may have let through a decision nobody was
// entitled to.
//
// It compares objects it is given; it reads no cluster and installs nothing.
package policies

import (
	"bytes"
	"fmt"
	"io/fs"
	"regexp"
	"strings"

	admissionv1 "k8s.io/api/admissionregistration/v1"
	"k8s.io/apimachinery/pkg/api/equality"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/ptr"
	"sigs.k8s.io/yaml"

	"github.com/shequ-io/shequ/api/v1alpha1"
	"github.com/shequ-io/shequ/config/policy"
)

// AnyOperator stands for whatever user the live policy names: who is not the
// operator can't know who is.
const AnyOperator = ""

// operatorVariable is the variable of the ledger's policy that an installation
// may change: it names the user the operator acts as.
const operatorVariable = "operator"

// Set is the policies and their bindings, by name.
type Set struct {
	Policies map[string]*admissionv1.ValidatingAdmissionPolicy
	Bindings map[string]*admissionv1.ValidatingAdmissionPolicyBinding

	anyOperator bool
}

// oneUser is the expression of a variable that names one ServiceAccount.
var oneUser = regexp.MustCompile(`^'system:serviceaccount:[-a-z0-9]+:[-.a-z0-9]+'$`)

// Want reads the policies as they were written, for an operator that acts as a
// user.
func Want(operator string) (Set, error) {
	out := Set{map[string]*admissionv1.ValidatingAdmissionPolicy{}, map[string]*admissionv1.ValidatingAdmissionPolicyBinding{}, operator == AnyOperator}
	names, err := fs.Glob(policy.Files, "*.yaml")
	if err != nil {
		return out, err
	}
	for _, name := range names {
		data, err := policy.Files.ReadFile(name)
		if err != nil {
			return out, err
		}
		for doc := range bytes.SplitSeq(data, []byte("\n---\n")) {
			if err := out.read(doc); err != nil {
				return out, fmt.Errorf("config/policy/%s: %w", name, err)
			}
		}
	}
	operatorOf(&out.Policies[v1alpha1.PolicyLedgerWriter].Spec).Expression = "'" + operator + "'"
	return out, nil
}

// operatorOf is the variable that names the operator; one of nobody's where
// there is none.
func operatorOf(spec *admissionv1.ValidatingAdmissionPolicySpec) *admissionv1.Variable {
	for i := range spec.Variables {
		if v := &spec.Variables[i]; v.Name == operatorVariable {
			return v
		}
	}
	return &admissionv1.Variable{}
}

func (s Set) read(doc []byte) error {
	var head metav1.TypeMeta
	if err := yaml.Unmarshal(doc, &head); err != nil {
		return err
	}
	switch head.Kind {
	case "ValidatingAdmissionPolicy":
		p := &admissionv1.ValidatingAdmissionPolicy{}
		if err := yaml.UnmarshalStrict(doc, p); err != nil {
			return err
		}
		s.Policies[p.Name] = p
	case "ValidatingAdmissionPolicyBinding":
		b := &admissionv1.ValidatingAdmissionPolicyBinding{}
		if err := yaml.UnmarshalStrict(doc, b); err != nil {
			return err
		}
		s.Bindings[b.Name] = b
	}
	return nil
}

// Problem says what is missing or altered of what is wanted, with the cure;
// empty when all is in force.
func (s Set) Problem(live Set) string {
	var missing, altered []string
	for _, name := range v1alpha1.PolicyNames() {
		p, b := live.Policies[name], live.Bindings[name]
		switch {
		case p == nil:
			missing = append(missing, name)
		case b == nil:
			missing = append(missing, "the binding of "+name)
		case !equality.Semantic.DeepEqual(s.wanted(name, p), defaulted(p.Spec)):
			altered = append(altered, name)
		case !equality.Semantic.DeepEqual(s.Bindings[name].Spec, b.Spec):
			altered = append(altered, "the binding of "+name)
		}
	}
	var what []string
	if len(missing) > 0 {
		what = append(what, "missing: "+strings.Join(missing, ", "))
	}
	if len(altered) > 0 {
		what = append(what, "altered: "+strings.Join(altered, ", "))
	}
	if len(what) == 0 {
		return ""
	}
	return "admission policies are " + strings.Join(what, "; ") + "; restore config/policy of this release, nothing new enters until then"
}

// wanted is a policy as it should be.
func (s Set) wanted(name string, live *admissionv1.ValidatingAdmissionPolicy) admissionv1.ValidatingAdmissionPolicySpec {
	out := defaulted(s.Policies[name].Spec)
	if user := operatorOf(&live.Spec).Expression; s.anyOperator && name == v1alpha1.PolicyLedgerWriter && oneUser.MatchString(user) {
		operatorOf(&out).Expression = user
	}
	return out
}

// defaulted fills in what the API server does.
func defaulted(spec admissionv1.ValidatingAdmissionPolicySpec) admissionv1.ValidatingAdmissionPolicySpec {
	out := *spec.DeepCopy()
	if out.FailurePolicy == nil {
		out.FailurePolicy = ptr.To(admissionv1.Fail)
	}
	if m := out.MatchConstraints; m != nil {
		if m.MatchPolicy == nil {
			m.MatchPolicy = ptr.To(admissionv1.Equivalent)
		}
		if m.NamespaceSelector == nil {
			m.NamespaceSelector = &metav1.LabelSelector{}
		}
		if m.ObjectSelector == nil {
			m.ObjectSelector = &metav1.LabelSelector{}
		}
		for i := range m.ResourceRules {
			if m.ResourceRules[i].Scope == nil {
				m.ResourceRules[i].Scope = ptr.To(admissionv1.AllScopes)
			}
		}
	}
	return out
}
