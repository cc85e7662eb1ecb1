package plan

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"k8s.io/utils/ptr"

	"github.com/shequ-io/shequ/api/v1alpha1"
	"github.com/shequ-io/shequ/internal/admission"
)

// Options say what is planned, and what may be taken for granted.
type Options struct {
	// At is the moment to decide at.
	At time.Time
	// Proposed are the tasks the plan is about. The others are at the door too,
	// and nothing is assumed for them.
	Proposed []Ref
	// Strict assumes nothing: a task nobody approved waits for its approval.
	Strict bool
	// Communities limits the plan to these; empty: all.
	Communities []Ref
	// PolicyProblem says what is wrong with the admission policies.
	PolicyProblem string
	// Before is the district without what is planned; nil: the same objects
	// without the proposed tasks.
	Before *Objects

	proposed map[Ref]bool
}

// Compute works out the plan.
func Compute(objects *Objects, o Options) (*Plan, error) {
	if o.At.IsZero() {
		return nil, errors.New("a plan needs a moment to decide at")
	}
	o.proposed = make(map[Ref]bool, len(o.Proposed))
	for _, ref := range o.Proposed {
		o.proposed[ref] = true
	}
	d := newDistrict(objects)
	proposed, err := find(d, o.Proposed)
	if err != nil {
		return nil, err
	}
	doors, err := chosen(d.doors(), o.Communities)
	if err != nil {
		return nil, err
	}
	p := &Plan{At: o.At, Passed: true, Notes: append(d.notes, d.misplaced()...), Tasks: []Task{}, Communities: []Community{}}
	decisions := d.Decisions
	if !o.Strict {
		granted := d.assume(proposed, o.At)
		decisions, p.Assumed = append(slices.Clone(decisions), granted.decisions...), granted.say()
	}
	docket := admission.NewDocket(d.Tasks, decisions, d.roles, nil)
	past := newPast(objects, &o)
	for _, c := range doors {
		p.Communities = append(p.Communities, d.community(c, docket, past, &o))
		if r := &p.Communities[len(p.Communities)-1]; r.Overcommitted != "" {
			p.Notes = append(p.Notes, fmt.Sprintf("%s/%s is overcommitted: %s", r.Ref.Namespace, r.Ref.Name, r.Overcommitted))
		}
	}
	p.sumUp(proposed, len(o.Communities) > 0)
	p.Notes = append(p.Notes, d.untargeted(p.Tasks, proposed, len(o.Communities) > 0)...)
	return p, nil
}

// find are the proposed tasks, by namespace and name.
func find(d *district, refs []Ref) ([]*v1alpha1.AdmittedTask, error) {
	want := map[Ref]bool{}
	for _, ref := range refs {
		want[ref] = true
	}
	var out []*v1alpha1.AdmittedTask
	for _, t := range sorted(d.Tasks) {
		if ref := refOf(t); want[ref] {
			delete(want, ref)
			out = append(out, t)
		}
	}
	for ref := range want {
		return nil, fmt.Errorf("there is no AdmittedTask %s in namespace %s, or it is being deleted: correct the name or the namespace", ref.Name, ref.Namespace)
	}
	return out, nil
}

// chosen are those of the communities that are asked for.
func chosen(all []*v1alpha1.Community, refs []Ref) ([]*v1alpha1.Community, error) {
	if len(refs) == 0 {
		return all, nil
	}
	var out []*v1alpha1.Community
	for _, ref := range refs {
		i := slices.IndexFunc(all, func(c *v1alpha1.Community) bool { return refOf(c) == ref })
		if i < 0 {
			return nil, fmt.Errorf("there is no Community %s in a sub-district's namespace %s: name one as namespace/name", ref.Name, ref.Namespace)
		}
		out = append(out, all[i])
	}
	return sorted(out), nil
}

// past is the district without what is planned.
type past struct {
	*district
	docket *admission.Docket
	doors  map[Ref]*v1alpha1.Community
}

func newPast(objects *Objects, o *Options) *past {
	before := o.Before
	if before == nil {
		rest := *objects
		rest.Tasks = slices.DeleteFunc(slices.Clone(objects.Tasks), func(t *v1alpha1.AdmittedTask) bool { return o.proposed[refOf(t)] })
		before = &rest
	}
	p := &past{district: newDistrict(before), doors: map[Ref]*v1alpha1.Community{}}
	p.docket = admission.NewDocket(p.Tasks, p.Decisions, p.role, nil)
	for _, c := range p.district.doors() {
		p.doors[refOf(c)] = c
	}
	return p
}

// community decides for one community, and compares with how it was.
func (d *district) community(c *v1alpha1.Community, docket *admission.Docket, was *past, o *Options) Community {
	s := d.snapshot(c, docket, o)
	r := admission.Decide(s)
	out := Community{
		Ref: refOf(c), Title: c.Spec.DisplayName, Ledger: r.Status, Overcommitted: r.Overcommitted,
		Answers: []Answer{}, After: BurdenOf(&r.Status),
	}
	for i := range r.Answers {
		if o.proposed[r.Answers[i].Task.Ref] {
			out.Answers = append(out.Answers, answer(&r.Answers[i], s.Standard))
		}
	}
	if earlier := was.doors[out.Ref]; earlier != nil {
		before := admission.Decide(was.snapshot(earlier, was.docket, o))
		out.Before = ptr.To(BurdenOf(&before.Status))
		out.Others = shifts(&before.Status, &r.Status, o.proposed)
	}
	return out
}

// answer is one community's answer in the plan's terms.
func answer(a *admission.Answer, standard *v1alpha1.CommunityStandard) Answer {
	e, spec := &a.Entry, a.Task.Spec
	out := Answer{
		Task: a.Task.Ref, Decision: e.Decision, Reason: e.Reason, Message: e.Message, Placed: e.AdmittedAt != nil, Findings: a.Findings,
	}
	if e.Decision == v1alpha1.DecisionEnded {
		return out
	}
	out.MinutesPerYear, out.PeakMonth, out.PeakMinutes = ptr.Deref(e.MinutesPerYear, 0), e.PeakMonth, ptr.Deref(e.PeakMinutes, 0)
	out.CasesPerYear, out.VisitsPerYear = a.Cases, a.Visits
	out.FundingPerYear = e.FundingPerYear
	if standard != nil && standard.Spec.Money != nil && standard.Spec.Money.HourlyCost != "" {
		price := cost(out.MinutesPerYear, parseFen(standard.Spec.Money.HourlyCost))
		out.CostPerYear, out.CoveragePercent = price.decimal(), coverage(parseFen(e.FundingPerYear), price)
	}
	out.Ledgers, out.Indicators = ptr.Deref(e.Ledgers, 0), ptr.Deref(e.Indicators, 0)
	if spec.Workload != nil && spec.Workload.Reports != nil {
		out.ReportsPerYear = spec.Workload.Reports.PerYear
	}
	for _, x := range spec.Data {
		if x.Use == v1alpha1.UseCollect {
			out.Collects = append(out.Collects, string(x.Element))
		} else {
			out.Reuses = append(out.Reuses, string(x.Element))
		}
	}
	slices.Sort(out.Collects)
	slices.Sort(out.Reuses)
	return out
}

// shifts are the tasks that are not proposed and whose answer is another now.
func shifts(before, after *v1alpha1.TaskLedgerStatus, proposed map[Ref]bool) []Shift {
	byTask := map[Ref]*Shift{}
	for i := range before.Entries {
		e := &before.Entries[i]
		byTask[e.TaskRef] = &Shift{Task: e.TaskRef, From: e.Decision, Was: e.Reason}
	}
	for i := range after.Entries {
		e := &after.Entries[i]
		if byTask[e.TaskRef] == nil {
			byTask[e.TaskRef] = &Shift{Task: e.TaskRef}
		}
		byTask[e.TaskRef].To, byTask[e.TaskRef].Is = e.Decision, e.Reason
	}
	var out []Shift
	for ref, s := range byTask {
		if (s.From != s.To || s.Was != s.Is) && !proposed[ref] {
			out = append(out, *s)
		}
	}
	slices.SortFunc(out, func(a, b Shift) int { return compareRefs(a.Task, b.Task) })
	return out
}

// sumUp adds the answers up by task.
func (p *Plan) sumUp(proposed []*v1alpha1.AdmittedTask, limited bool) {
	asked, entered := make([]tally, len(proposed)), make([]tally, len(proposed))
	index := make(map[Ref]int, len(proposed))
	for i, t := range proposed {
		index[refOf(t)] = i
		p.Tasks = append(p.Tasks, Task{Ref: refOf(t), Title: t.Spec.Title, Category: t.Spec.Category, Digest: admission.Digest(&t.Spec)})
	}
	for _, c := range p.Communities {
		for j := range c.Answers {
			a := &c.Answers[j]
			i := index[a.Task]
			p.Tasks[i].count(a)
			asked[i].add(a)
			if a.Placed {
				entered[i].add(a)
			}
		}
	}
	for i := range p.Tasks {
		p.Tasks[i].Asked, p.Tasks[i].Entered = asked[i].sum(), entered[i].sum()
		p.Passed = p.Passed && (p.Tasks[i].passed() || limited && p.Tasks[i].Targeted == 0)
	}
}

func (t *Task) count(a *Answer) {
	t.Targeted++
	if !a.Passed() {
		t.barred++
	}
	switch {
	case a.Decision == v1alpha1.DecisionAdmitted:
		t.Admitted++
	case a.reserved():
		t.Reserved++
	case a.Decision == v1alpha1.DecisionWaiting:
		t.Waiting++
	case a.Decision == v1alpha1.DecisionRefused:
		t.Refused++
	case a.Decision == v1alpha1.DecisionContested:
		t.Contested++
	default:
		t.Ended++
	}
}

// untargeted says which tasks are meant for communities that are not there.
func (d *district) untargeted(sums []Task, proposed []*v1alpha1.AdmittedTask, limited bool) []string {
	there := map[Ref]bool{}
	for _, c := range d.doors() {
		there[refOf(c)] = true
	}
	var out []string
	for i, t := range proposed {
		var gone []string
		for _, ref := range t.Spec.Target.Communities {
			if !there[ref] {
				gone = append(gone, ref.Namespace+"/"+ref.Name)
			}
		}
		name := t.Namespace + "/" + t.Name
		if len(gone) > 0 {
			slices.SortFunc(gone, cmp.Compare[string])
			out = append(out, fmt.Sprintf("%s names communities that are not there: %s", name, few(gone, 5)))
		}
		if sums[i].Targeted == 0 && !limited {
			out = append(out, name+" is meant for no community that is there: nothing could be checked; correct spec.target, or add the communities' files")
		}
	}
	return out
}

// few is the first names of a list.
func few(names []string, most int) string {
	if len(names) <= most {
		return strings.Join(names, ", ")
	}
	return fmt.Sprintf("%s and %d more", strings.Join(names[:most], ", "), len(names)-most)
}
