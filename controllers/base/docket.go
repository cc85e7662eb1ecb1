package base

import (
	"context"
	"sync"

	admissionv1 "k8s.io/api/admissionregistration/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/shequ-io/shequ/api/v1alpha1"
	"github.com/shequ-io/shequ/internal/admission"
	"github.com/shequ-io/shequ/internal/policies"
)

// Docket keeps what all communities' decisions have in common, read from the
// cache once for each change instead of once for each community.
type Docket struct {
	cache client.Reader

	mu    sync.Mutex
	stale bool
	held  *District
}

// District is what a Docket holds, as of one moment. It does not change.
type District struct {
	*admission.Docket
	Systems  map[string]*v1alpha1.InformationSystem
	Policies policies.Set
}

// NewDocket makes a Docket over a cache.
func NewDocket(cache client.Reader) *Docket { return &Docket{cache: cache, stale: true} }

// Changed says that something of it has changed. Whoever is told of a change
// calls it before enqueuing whom that concerns.
func (d *Docket) Changed() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.stale = true
}

// Read returns the district as the cache has it now.
func (d *Docket) Read(ctx context.Context) (*District, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if !d.stale {
		return d.held, nil
	}
	next, err := d.gather(ctx)
	if err != nil {
		return nil, err
	}
	d.held, d.stale = next, false
	return next, nil
}

func (d *Docket) gather(ctx context.Context) (*District, error) {
	var tasks v1alpha1.AdmittedTaskList
	var decisions v1alpha1.TaskDecisionList
	var systems v1alpha1.InformationSystemList
	var live admissionv1.ValidatingAdmissionPolicyList
	var bindings admissionv1.ValidatingAdmissionPolicyBindingList
	namespaces := &metav1.PartialObjectMetadataList{}
	namespaces.SetGroupVersionKind(corev1.SchemeGroupVersion.WithKind("NamespaceList"))
	for _, list := range []client.ObjectList{&tasks, &decisions, &systems, &live, &bindings, namespaces} {
		if err := d.cache.List(ctx, list, client.UnsafeDisableDeepCopy); err != nil {
			return nil, err
		}
	}
	roles := make(map[string]string, len(namespaces.Items))
	for i := range namespaces.Items {
		roles[namespaces.Items[i].Name] = namespaces.Items[i].Labels[v1alpha1.RoleLabel]
	}
	out := &District{
		Systems: byName(systems.Items, func(s *v1alpha1.InformationSystem) string { return s.Name }),
		Policies: policies.Set{
			Policies: byName(live.Items, func(p *admissionv1.ValidatingAdmissionPolicy) string { return p.Name }),
			Bindings: byName(bindings.Items, func(b *admissionv1.ValidatingAdmissionPolicyBinding) string { return b.Name }),
		},
	}
	var last *admission.Docket
	if d.held != nil {
		last = d.held.Docket
	}
	out.Docket = admission.NewDocket(pointers(tasks.Items), pointers(decisions.Items),
		func(namespace string) string { return roles[namespace] }, last)
	return out, nil
}

func byName[T any](items []T, name func(*T) string) map[string]*T {
	out := make(map[string]*T, len(items))
	for i := range items {
		out[name(&items[i])] = &items[i]
	}
	return out
}

func pointers[T any](items []T) []*T {
	out := make([]*T, len(items))
	for i := range items {
		out[i] = &items[i]
	}
	return out
}
