package testenv

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/util/wait"
	"k8s.io/apimachinery/pkg/util/yaml"
	"sigs.k8s.io/controller-runtime/pkg/client"

	shequv1alpha1 "github.com/shequ-io/shequ/api/v1alpha1"
	"github.com/shequ-io/shequ/config/policy"
)

// policyTimeout is how long the API server may take to enforce a new policy.
const policyTimeout = 30 * time.Second

func (e *Env) installPolicies(ctx context.Context) error {
	objects, err := Policies()
	if err != nil {
		return err
	}
	for _, object := range objects {
		if err := e.Client.Create(ctx, object); err != nil {
			return fmt.Errorf("installing policy %s: %w", object.GetName(), err)
		}
	}
	return e.AwaitPolicies(ctx)
}

// Policies returns the policies and bindings of config/policy.
func Policies() ([]*unstructured.Unstructured, error) {
	names, err := fs.Glob(policy.Files, "*.yaml")
	if err != nil {
		return nil, fmt.Errorf("listing policies: %w", err)
	}
	var objects []*unstructured.Unstructured
	for _, name := range names {
		data, err := policy.Files.ReadFile(name)
		if err != nil {
			return nil, fmt.Errorf("reading policy: %w", err)
		}
		found, err := Decode(data)
		if err != nil {
			return nil, fmt.Errorf("reading policy %s: %w", name, err)
		}
		objects = append(objects, found...)
	}
	return objects, nil
}

// Decode reads the objects of a YAML file.
func Decode(data []byte) ([]*unstructured.Unstructured, error) {
	decoder := yaml.NewYAMLOrJSONDecoder(bytes.NewReader(data), 4096)
	var objects []*unstructured.Unstructured
	for {
		object := &unstructured.Unstructured{}
		err := decoder.Decode(object)
		if errors.Is(err, io.EOF) {
			return objects, nil
		}
		if err != nil {
			return nil, fmt.Errorf("decoding YAML: %w", err)
		}
		if len(object.Object) > 0 {
			objects = append(objects, object)
		}
	}
}

// AwaitPolicies returns once the API server enforces every policy, which takes
// it a moment after they are created.
func (e *Env) AwaitPolicies(ctx context.Context) error {
	for _, probe := range policyProbes() {
		err := wait.PollUntilContextTimeout(ctx, 50*time.Millisecond, policyTimeout, true,
			func(ctx context.Context) (bool, error) {
				err := e.Client.Create(ctx, probe, client.DryRunAll)
				if err == nil {
					return false, nil
				}
				if !apierrors.IsForbidden(err) {
					return false, err
				}
				return true, nil
			})
		if err != nil {
			return fmt.Errorf("waiting for the policy on %T: %w", probe, err)
		}
	}
	return nil
}

// policyProbes are one valid object per policy, each of which only that policy
// refuses, in a namespace without a role.
func policyProbes() []client.Object {
	meta := metav1.ObjectMeta{Name: "policy-probe", Namespace: corev1.NamespaceDefault}
	title := shequv1alpha1.LocalizedText{ZH: "试"}
	return []client.Object{
		&shequv1alpha1.Community{ObjectMeta: meta, Spec: shequv1alpha1.CommunitySpec{
			DisplayName: title,
			StandardRef: shequv1alpha1.LocalReference{Name: "probe"},
			Profile:     shequv1alpha1.CommunityProfile{Households: 1, Residents: 1},
		}},
		&shequv1alpha1.AdmittedTask{ObjectMeta: meta, Spec: shequv1alpha1.AdmittedTaskSpec{
			Title:    title,
			Category: shequv1alpha1.CategoryOwn,
			LegalBasis: []shequv1alpha1.LegalBasis{{
				ID: "probe", Title: title, Level: shequv1alpha1.LevelMunicipal,
			}},
			Effective: shequv1alpha1.TaskWindow{From: "2026-01-01"},
			Target: shequv1alpha1.TaskTarget{Communities: []shequv1alpha1.NamespacedReference{
				{Namespace: corev1.NamespaceDefault, Name: "probe"},
			}},
		}},
		&shequv1alpha1.TaskDecision{ObjectMeta: meta, Spec: shequv1alpha1.TaskDecisionSpec{
			TaskRef: shequv1alpha1.NamespacedReference{Namespace: corev1.NamespaceDefault, Name: "probe"},
			Contest: &shequv1alpha1.Contest{
				CommunityRef: shequv1alpha1.NamespacedReference{Namespace: corev1.NamespaceDefault, Name: "probe"},
				Reason:       "probe",
			},
		}},
		&shequv1alpha1.TaskLedger{ObjectMeta: meta},
	}
}
