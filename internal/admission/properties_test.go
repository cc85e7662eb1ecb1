package admission_test

import (
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"k8s.io/utils/ptr"

	"github.com/shequ-io/shequ/api/v1alpha1"
	"github.com/shequ-io/shequ/internal/admission"
	"github.com/shequ-io/shequ/internal/admission/admissiontest"
)

// everywhere runs a property over the communities of random districts.
func everywhere(t *testing.T, seeds uint64, property func(d *admissiontest.District, i int)) {
	t.Helper()
	for seed := range seeds {
		o := admissiontest.Options{Tasks: 30 + int(seed%3)*40}
		if seed%2 == 1 {
			o.FlawedPercent = 1 // so that those that are left out are so for want of room
		}
		d := admissiontest.New(seed, o)
		for i := range d.Communities {
			property(d, i)
			if t.Failed() {
				t.Fatalf("in community %d of the district of seed %d", i, seed)
			}
		}
	}
}

// Nothing is promised beyond what there is, what the months show is what the
// tasks with a place take, and a ledger decided on again is the same.
func TestCapacityIsNeverExceeded(t *testing.T) {
	full := 0
	everywhere(t, 40, func(d *admissiontest.District, i int) {
		r := settled(t, d.Snapshot(i, admissiontest.Now, nil))
		for _, e := range r.Status.Entries {
			if e.Reason == v1alpha1.LedgerCapacityExceeded {
				full++
				break
			}
		}
	})
	if full < 50 {
		t.Errorf("only %d communities were full", full)
	}
}

// The order of any list changes nothing.
func TestOrderOfInputChangesNothing(t *testing.T) {
	everywhere(t, 30, func(d *admissiontest.District, i int) {
		source := rand.New(rand.NewPCG(7, uint64(i)))
		other := shuffled(d, source)
		a, b := d.Snapshot(i, admissiontest.Now, nil), other.Snapshot(i, admissiontest.Now, nil)
		first, second := admission.Decide(a), admission.Decide(b)
		if x, y := written(t, &first.Status), written(t, &second.Status); x != y {
			t.Errorf("from nothing: %s", difference(x, y))
		}
		a.Now, b.Now = a.Now.AddDate(0, 0, 40), b.Now.AddDate(0, 0, 40)
		a.Ledger, b.Ledger = &first.Status, reread(t, &first.Status)
		shuffle(source, b.Ledger.Entries)
		first, second = admission.Decide(a), admission.Decide(b)
		if x, y := written(t, &first.Status), written(t, &second.Status); x != y {
			t.Errorf("from a ledger: %s", difference(x, y))
		}
	})
}

func shuffle[T any](source *rand.Rand, list []T) {
	source.Shuffle(len(list), func(i, j int) { list[i], list[j] = list[j], list[i] })
}

// shuffled is a copy of a district with every list in another order.
func shuffled(d *admissiontest.District, source *rand.Rand) *admissiontest.District {
	out := *d
	out.Tasks, out.Decisions, out.Grids, out.Standards = nil, slices.Clone(d.Decisions), slices.Clone(d.Grids), nil
	for _, t := range d.Tasks {
		t = t.DeepCopy()
		s := &t.Spec
		shuffle(source, s.LegalBasis)
		shuffle(source, s.Data)
		shuffle(source, s.Target.Communities)
		if s.Scope != nil {
			shuffle(source, s.Scope.Verbs)
			shuffle(source, s.Scope.Authority.Verbs)
		}
		for i := range s.Deliveries {
			shuffle(source, s.Deliveries[i].Elements)
		}
		out.Tasks = append(out.Tasks, t)
	}
	for _, s := range d.Standards {
		s = s.DeepCopy()
		shuffle(source, s.Spec.DataElements)
		shuffle(source, s.Spec.Catalogue)
		out.Standards = append(out.Standards, s)
	}
	shuffle(source, out.Tasks)
	shuffle(source, out.Decisions)
	shuffle(source, out.Grids)
	shuffle(source, out.Standards)
	out.Changed()
	return &out
}

// What has a place keeps it when more tasks arrive, at the very moment it got it.
func TestPlacesAreKept(t *testing.T) {
	kept, came := 0, 0
	everywhere(t, 40, func(d *admissiontest.District, i int) {
		few := d.Snapshot(i, admissiontest.Now, nil)
		all := d.Snapshot(i, admissiontest.Now.Add(time.Hour), nil)
		// Those that arrive later were approved earlier as often as not.
		few.Tasks = few.Tasks[len(few.Tasks)/2:]
		before := settled(t, few)
		all.Ledger = &before.Status
		after := settled(t, all)
		at := map[admission.Ref]v1alpha1.LedgerEntry{}
		for _, e := range after.Status.Entries {
			at[e.TaskRef] = e
		}
		for _, e := range before.Status.Entries {
			if e.AdmittedAt == nil {
				continue
			}
			kept++
			if now := at[e.TaskRef].AdmittedAt; now == nil || !now.Equal(e.AdmittedAt) {
				t.Errorf("%s had a place since %s, and then %s", e.TaskRef.Name, e.AdmittedAt, now)
			}
		}
		came += len(admission.Placed(&after.Status)) - len(admission.Placed(&before.Status))
	})
	if kept < 500 || came < 200 {
		t.Errorf("%d places were kept and %d tasks came: too few to show anything", kept, came)
	}
}

// The next day the ledger is the same but where a date was reached.
func TestNextDayChangesNothing(t *testing.T) {
	same := 0
	everywhere(t, 40, func(d *admissiontest.District, i int) {
		s := d.Snapshot(i, admissiontest.Now, nil)
		first := settled(t, s)
		if reached(s.Tasks, "2026-11-22", "2026-11-23") {
			return
		}
		same++
		s.Ledger, s.Now = &first.Status, s.Now.AddDate(0, 0, 1)
		second := admission.Decide(s)
		if x, y := written(t, &first.Status), written(t, &second.Status); x != y {
			t.Errorf("the next day: %s", difference(x, y))
		}
	})
	if same < 100 {
		t.Errorf("only %d communities had a day on which nothing was due", same)
	}
}

// reached reports whether any date of the tasks is one of two days.
func reached(tasks []*admission.Task, days ...v1alpha1.Date) bool {
	for _, t := range tasks {
		dates := []v1alpha1.Date{t.Spec.Effective.From, t.Spec.Effective.Until}
		for _, b := range t.Spec.LegalBasis {
			dates = append(dates, b.Expires)
		}
		if t.Spec.Scope != nil && t.Spec.Scope.Authority != nil {
			dates = append(dates, t.Spec.Scope.Authority.Until)
		}
		// An entry goes three months after its end.
		if u, err := time.Parse(time.DateOnly, string(t.Spec.Effective.Until)); err == nil {
			gone := u.AddDate(0, 3, 0).Format(time.DateOnly)
			dates = append(dates, v1alpha1.Date(gone), v1alpha1.Date(u.AddDate(0, 3, 1).Format(time.DateOnly)))
		}
		for _, d := range days {
			if slices.Contains(dates, d) {
				return true
			}
		}
	}
	return false
}

// A lost ledger is rebuilt the same way each time and within capacity, and what
// loses its place is known; one that is exported and imported is the very same.
func TestLostAndRestoredLedgers(t *testing.T) {
	lost := 0
	everywhere(t, 40, func(d *admissiontest.District, i int) {
		few := d.Snapshot(i, admissiontest.Now, nil)
		few.Tasks = few.Tasks[len(few.Tasks)/2:]
		ledger := settled(t, few).Status
		s := d.Snapshot(i, admissiontest.Now.AddDate(0, 0, 1), &ledger)
		before := settled(t, s)

		s.Ledger = reread(t, &before.Status)
		if restored := admission.Decide(s); written(t, &restored.Status) != written(t, &before.Status) {
			t.Error("an imported ledger is another one")
		}
		s.Ledger = nil
		rebuilt, again := settled(t, s), settled(t, s)
		if written(t, &rebuilt.Status) != written(t, &again.Status) {
			t.Error("a lost ledger is rebuilt in two ways")
		}
		in := map[admission.Ref]bool{}
		for _, ref := range admission.Placed(&rebuilt.Status) {
			in[ref] = true
		}
		gone := map[admission.Ref]bool{}
		for _, ref := range admission.Lost(admission.Placed(&before.Status), &rebuilt.Status) {
			gone[ref] = true
			lost++
		}
		for _, ref := range admission.Placed(&before.Status) {
			if in[ref] == gone[ref] {
				t.Errorf("%s: has a place %t, lost it %t", ref.Name, in[ref], gone[ref])
			}
		}
	})
	if lost < 50 {
		t.Errorf("only %d tasks lost a place", lost)
	}
}

// Fewer posts evict nobody and let nobody in.
func TestOvercommitmentEvictsNothing(t *testing.T) {
	over := 0
	everywhere(t, 30, func(d *admissiontest.District, i int) {
		s := d.Snapshot(i, admissiontest.Now, nil)
		few := *s
		few.Tasks = few.Tasks[len(few.Tasks)/3:]
		before := settled(t, &few)
		s.Community = s.Community.DeepCopy()
		for p := range s.Community.Spec.Workforce {
			s.Community.Spec.Workforce[p].Count = ptr.To(int64(1))
		}
		s.Grids = nil
		s.Ledger = &before.Status
		after := settled(t, s)
		if !slices.Equal(admission.Placed(&before.Status), admission.Placed(&after.Status)) && after.Overcommitted != "" {
			t.Error("a place was lost or given")
		}
		if after.Overcommitted == "" {
			return
		}
		over++
		for _, a := range after.Answers {
			if a.Entry.Decision == v1alpha1.DecisionRefused && len(a.Findings) == 1 && a.Findings[0].Reason == v1alpha1.LedgerCapacityExceeded &&
				!strings.Contains(a.Entry.Message, "overcommitted") {
				t.Errorf("%s: %s", a.Task.Ref.Name, a.Entry.Message)
			}
		}
	})
	if over < 50 {
		t.Errorf("only %d communities were overcommitted", over)
	}
}

// Over two years of tasks coming, going, being suspended and contested, money
// running out and the committee changing its mind, every ledger is exact, settled
// and fair: nobody enters a full month, nobody in good standing loses a place.
func TestHistory(t *testing.T) {
	everywhere(t, 12, func(d *admissiontest.District, i int) {
		source := rand.New(rand.NewPCG(11, uint64(i)))
		now := admissiontest.Now
		var ledger *v1alpha1.TaskLedgerStatus
		ended := int64(0)
		for range 12 {
			w := *d
			w.Tasks, w.Decisions = nil, nil
			for _, task := range d.Tasks {
				switch source.IntN(12) {
				case 0: // withdrawn for now
					continue
				case 1:
					task = task.DeepCopy()
					task.Spec.Suspend = ptr.To(source.IntN(2) == 0)
				}
				w.Tasks = append(w.Tasks, task)
			}
			for _, decision := range d.Decisions {
				if source.IntN(15) > 0 {
					w.Decisions = append(w.Decisions, decision)
				}
			}
			w.Changed()
			s := w.Snapshot(i, now, ledger)
			r := settled(t, s)
			for _, a := range r.Answers {
				if e := a.Entry; e.AdmittedAt == nil && had(ledger, e) && e.Decision == v1alpha1.DecisionWaiting && e.Reason != v1alpha1.LedgerAwaitingApproval {
					t.Errorf("%s lost its place and waits: %s", e.TaskRef.Name, e.Message)
				}
			}
			ledger = reread(t, &r.Status)
			if *ledger.Totals.Ended < 0 {
				t.Errorf("%d ended", *ledger.Totals.Ended)
			}
			ended = max(ended, *ledger.Totals.Ended)
			now = now.AddDate(0, 0, 1+source.IntN(100))
		}
		if ended == 0 && len(d.Tasks) > 60 {
			t.Error("nothing ever ended")
		}
	})
}

func had(ledger *v1alpha1.TaskLedgerStatus, e v1alpha1.LedgerEntry) bool {
	if ledger == nil {
		return false
	}
	return slices.ContainsFunc(ledger.Entries, func(o v1alpha1.LedgerEntry) bool {
		return o.TaskRef == e.TaskRef && o.Digest == e.Digest && o.AdmittedAt != nil
	})
}
