package main

import (
	"context"
	"fmt"

	admissionv1 "k8s.io/api/admissionregistration/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/shequ-io/shequ/internal/policies"
)

// policyProblem is what is wrong with the cluster's admission policies, as the
// operator would see it. Who may not read them is told, and plans as if all were
// well: it is the operator that keeps the door.
func (a *app) policyProblem(ctx context.Context) (string, error) {
	c, err := a.client()
	if err != nil {
		return "", err
	}
	want, err := policies.Want(policies.AnyOperator)
	if err != nil {
		return "", err
	}
	var live admissionv1.ValidatingAdmissionPolicyList
	var bindings admissionv1.ValidatingAdmissionPolicyBindingList
	for _, list := range []client.ObjectList{&live, &bindings} {
		err := c.List(ctx, list)
		if apierrors.IsForbidden(err) {
			fmt.Fprintf(a.err, "The admission policies can't be read and are taken to be in force: %v\n", err)
			return "", nil
		}
		if err != nil {
			return "", unlisted(list, err)
		}
	}
	have := policies.Set{
		Policies: map[string]*admissionv1.ValidatingAdmissionPolicy{},
		Bindings: map[string]*admissionv1.ValidatingAdmissionPolicyBinding{},
	}
	for i := range live.Items {
		have.Policies[live.Items[i].Name] = &live.Items[i]
	}
	for i := range bindings.Items {
		have.Bindings[bindings.Items[i].Name] = &bindings.Items[i]
	}
	return want.Problem(have), nil
}
