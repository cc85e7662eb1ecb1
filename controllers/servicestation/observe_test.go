package servicestation

import (
	"context"
	"fmt"
	"strings"
	"testing"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/utils/ptr"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/shequ-io/shequ/api/v1alpha1"
	"github.com/shequ-io/shequ/controllers/base"
	"github.com/shequ-io/shequ/internal/admission"
)

// shelf is a cache that holds one ledger, some tasks and systems, and no namespace.
type shelf struct {
	client.Reader

	ledger  *v1alpha1.TaskLedger
	tasks   map[string]*v1alpha1.AdmittedTask
	systems map[string]*v1alpha1.InformationSystem
}

func (s *shelf) Get(_ context.Context, key client.ObjectKey, obj client.Object, _ ...client.GetOption) error {
	switch o := obj.(type) {
	case *v1alpha1.TaskLedger:
		if s.ledger != nil {
			*o = *s.ledger
			return nil
		}
	case *v1alpha1.AdmittedTask:
		if t := s.tasks[key.Name]; t != nil {
			*o = *t
			return nil
		}
	case *v1alpha1.InformationSystem:
		if system := s.systems[key.Name]; system != nil {
			*o = *system
			return nil
		}
	}
	return apierrors.NewNotFound(schema.GroupResource{}, key.Name)
}

// What residents are told of who gets what is of the systems the community is
// connected to, of those that exist.
func TestOffersKnowTheSystems(t *testing.T) {
	named := func(name string) *v1alpha1.InformationSystem {
		return &v1alpha1.InformationSystem{ObjectMeta: metav1.ObjectMeta{Name: name}}
	}
	r := &Reconciler{Deps: &base.Deps{Cache: &shelf{systems: map[string]*v1alpha1.InformationSystem{"pensions": named("pensions"), "elsewhere": named("elsewhere")}}}}
	s := &scope{community: &v1alpha1.Community{Spec: v1alpha1.CommunitySpec{Integrations: []v1alpha1.Integration{{System: "pensions"}, {System: "absent"}}}}}
	if err := r.observeSystems(t.Context(), s); err != nil {
		t.Fatal(err)
	}
	if got := s.facts().Systems; len(got) != 1 || got[0].Name != "pensions" {
		t.Errorf("an offer is made of the systems %v", got)
	}
}

// Whatever the ledger and the tasks say of each other at one moment, only what
// is admitted on its present terms is served.
func TestObserveTasks(t *testing.T) {
	s := &shelf{ledger: &v1alpha1.TaskLedger{}, tasks: map[string]*v1alpha1.AdmittedTask{}}
	for i, name := range []string{"served", "plain", "waiting", "changed", "suspended", "going", "absent", "undigested"} {
		task := &v1alpha1.AdmittedTask{ObjectMeta: metav1.ObjectMeta{Namespace: "dept", Name: name, UID: types.UID(fmt.Sprint(i)), Generation: 1}}
		task.Spec.Title.ZH = name
		entry := v1alpha1.LedgerEntry{
			TaskRef: v1alpha1.NamespacedReference{Namespace: "dept", Name: name}, Decision: v1alpha1.DecisionAdmitted, Digest: admission.Digest(&task.Spec),
		}
		s.tasks[name] = task
		switch name {
		case "waiting":
			entry.Decision = v1alpha1.DecisionWaiting
		case "changed":
			entry.Digest = v1alpha1.TaskDigest("sha256:" + strings.Repeat("0", 64))
		case "suspended":
			task.Spec.Suspend = ptr.To(true)
		case "going":
			task.DeletionTimestamp = ptr.To(metav1.Now())
		case "absent":
			delete(s.tasks, name)
		case "undigested":
			entry.Digest = ""
		}
		s.ledger.Status.Entries = append(s.ledger.Status.Entries, entry)
	}
	s.ledger.Status.Entries = append(s.ledger.Status.Entries, s.ledger.Status.Entries[0])
	r := &Reconciler{Deps: &base.Deps{Cache: s}, digests: newDigests()}
	look := func(want string) {
		t.Helper()
		scope := &scope{community: &v1alpha1.Community{}}
		if err := r.observeTasks(t.Context(), scope); err != nil {
			t.Fatal(err)
		}
		var names []string
		for _, f := range scope.tasks {
			names = append(names, f.Task.Name)
			if f.Department.ZH != "dept" {
				t.Errorf("department %v", f.Department)
			}
		}
		if got := strings.Join(names, " "); got != want {
			t.Errorf("%q are served, want %q", got, want)
		}
	}
	look("plain served")
	// A remembered digest is of one generation.
	s.tasks["served"].Generation, s.tasks["served"].Spec.Title.ZH = 2, "other"
	look("plain")
	r.digests.forget("0")
	if len(r.digests.held) == 0 || r.digests.held["0"].digest != "" {
		t.Errorf("digests held: %v", r.digests.held)
	}
	s.ledger = nil
	look("")
}
