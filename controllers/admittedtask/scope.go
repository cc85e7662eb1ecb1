package admittedtask

import (
	"cmp"
	"context"
	"slices"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/shequ-io/shequ/api/v1alpha1"
	"github.com/shequ-io/shequ/internal/admission"
)

// scope is what one reconcile knows.
type scope struct {
	task       *v1alpha1.AdmittedTask
	department *metav1.PartialObjectMetadata
	terms      *admission.Task // nil: the task lies where no department speaks
	standing   admission.Standing
	sum        sum
}

// sum is what the targeted communities say.
type sum struct {
	targeted  int64
	undecided int64 // without an answer to the present terms yet
	decisions map[v1alpha1.LedgerDecision]int64
	reasons   map[v1alpha1.LedgerReason]*v1alpha1.ReasonCount
	minutes   int64
	funding   []v1alpha1.Decimal
	served    int64
	unserved  int64          // admitted, but the items are not there
	behind    *admission.Ref // the first of these by name, whatever order the cache has
}

func (r *Reconciler) observe(ctx context.Context, task *v1alpha1.AdmittedTask) (*scope, error) {
	s := &scope{task: task}
	var err error
	if s.department, err = r.Namespace(ctx, task.Namespace); err != nil {
		return nil, err
	}
	district, err := r.Docket.Read(ctx)
	if err != nil {
		return nil, err
	}
	s.terms = district.Task(admission.Ref{Namespace: task.Namespace, Name: task.Name})
	if s.terms == nil {
		return s, nil
	}
	s.standing = district.Standing(s.terms, r.now().In(admission.Zone(nil)))
	return s, r.add(ctx, s)
}

// add goes through the communities the task targets.
func (r *Reconciler) add(ctx context.Context, s *scope) error {
	var communities v1alpha1.CommunityList
	if err := r.Cache.List(ctx, &communities, client.UnsafeDisableDeepCopy); err != nil {
		return err
	}
	answers, err := r.answers(ctx, s.terms)
	if err != nil {
		return err
	}
	served, err := r.served(ctx, s.terms.Ref)
	if err != nil {
		return err
	}
	s.sum = sum{decisions: map[v1alpha1.LedgerDecision]int64{}, reasons: map[v1alpha1.LedgerReason]*v1alpha1.ReasonCount{}}
	labels := map[string]map[string]string{}
	for i := range communities.Items {
		c := &communities.Items[i]
		if _, known := labels[c.Namespace]; !known {
			ns, err := r.Namespace(ctx, c.Namespace)
			if err != nil {
				return err
			}
			if ns != nil {
				labels[c.Namespace] = ns.Labels
			}
		}
		ref := admission.Ref{Namespace: c.Namespace, Name: c.Name}
		if !c.DeletionTimestamp.IsZero() || labels[c.Namespace][v1alpha1.RoleLabel] != v1alpha1.RoleSubdistrict || !s.terms.Targets(ref, labels[c.Namespace]) {
			continue
		}
		s.sum.add(ref, answers[ref], served[ref])
	}
	return nil
}

// answers are the entries of the task's present terms, by community. Entries are
// read in place and must not be changed.
func (r *Reconciler) answers(ctx context.Context, t *admission.Task) (map[admission.Ref]*v1alpha1.LedgerEntry, error) {
	var ledgers v1alpha1.TaskLedgerList
	if err := r.Cache.List(ctx, &ledgers, client.UnsafeDisableDeepCopy); err != nil {
		return nil, err
	}
	out := map[admission.Ref]*v1alpha1.LedgerEntry{}
	for i := range ledgers.Items {
		l := &ledgers.Items[i]
		for j := range l.Status.Entries {
			if e := &l.Status.Entries[j]; e.TaskRef == t.Ref && e.Digest == t.Digest {
				out[admission.Ref{Namespace: l.Namespace, Name: l.Name}] = e
				break
			}
		}
	}
	return out, nil
}

// served are the communities whose station serves the task's item.
func (r *Reconciler) served(ctx context.Context, task admission.Ref) (map[admission.Ref]bool, error) {
	var stations v1alpha1.ServiceStationList
	if err := r.Cache.List(ctx, &stations, client.UnsafeDisableDeepCopy); err != nil {
		return nil, err
	}
	out := map[admission.Ref]bool{}
	for i := range stations.Items {
		st := &stations.Items[i]
		if slices.Contains(st.Status.ServedTasks, task) {
			out[admission.Ref{Namespace: st.Namespace, Name: st.Spec.CommunityRef.Name}] = true
		}
	}
	return out, nil
}

func (s *sum) add(community admission.Ref, e *v1alpha1.LedgerEntry, served bool) {
	s.targeted++
	if e == nil {
		s.undecided++
		return
	}
	s.decisions[e.Decision]++
	if e.Decision != v1alpha1.DecisionAdmitted {
		if s.reasons[e.Reason] == nil {
			s.reasons[e.Reason] = &v1alpha1.ReasonCount{Reason: e.Reason}
		}
		count := s.reasons[e.Reason]
		count.Count++
		if count.Example == nil || before(community, *count.Example) {
			count.Example = &community
		}
		return
	}
	if e.MinutesPerYear != nil {
		s.minutes += *e.MinutesPerYear
	}
	s.funding = append(s.funding, e.FundingPerYear)
	if served {
		s.served++
		return
	}
	s.unserved++
	if s.behind == nil || before(community, *s.behind) {
		s.behind = &community
	}
}

func before(a, b admission.Ref) bool {
	return cmp.Or(cmp.Compare(a.Namespace, b.Namespace), cmp.Compare(a.Name, b.Name)) < 0
}

// counted are the reasons, most frequent first.
func (s *sum) counted() []v1alpha1.ReasonCount {
	var out []v1alpha1.ReasonCount
	for _, c := range s.reasons {
		out = append(out, *c)
	}
	slices.SortFunc(out, func(a, b v1alpha1.ReasonCount) int {
		return cmp.Or(cmp.Compare(b.Count, a.Count), cmp.Compare(a.Reason, b.Reason))
	})
	return out
}

func key(ref admission.Ref) types.NamespacedName {
	return types.NamespacedName{Namespace: ref.Namespace, Name: ref.Name}
}
