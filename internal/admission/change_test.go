package admission_test

import (
	"fmt"
	"maps"
	"math/big"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/ptr"

	"github.com/shequ-io/shequ/api/v1alpha1"
	"github.com/shequ-io/shequ/internal/admission"
)

// doorstep is one task at one community's door, with all that was said about it.
type doorstep struct {
	*admission.Snapshot
	tasks     []*v1alpha1.AdmittedTask
	decisions []*v1alpha1.TaskDecision
	roles     admission.Roles
	committee string
	finance   string
}

// changed is the snapshot after some changes, as the parties would make them: a
// department edits its file and the committee approves the new terms as it did
// the old ones.
func (d *doorstep) changed(t *testing.T, ref admission.Ref, changes []admission.Change) *admission.Snapshot {
	t.Helper()
	s := *d.Snapshot
	s.Tasks, s.Records, s.Grids, s.Systems = slices.Clone(s.Tasks), maps.Clone(s.Records), slices.Clone(s.Grids), maps.Clone(s.Systems)
	e := &editor{t: t, Snapshot: &s, ref: ref, doorstep: d}
	for _, task := range d.tasks {
		if task.Namespace == ref.Namespace && task.Name == ref.Name {
			e.task = task.DeepCopy()
		}
	}
	for _, decision := range d.decisions {
		if decision.Spec.TaskRef == ref {
			e.decisions = append(e.decisions, decision.DeepCopy())
		}
	}
	before := admission.Digest(&e.task.Spec)
	for _, c := range changes {
		e.apply(c)
	}
	after := admission.Digest(&e.task.Spec)
	for _, decision := range e.decisions {
		if a := decision.Spec.Approval; a != nil && a.TaskDigest == before {
			a.TaskDigest = after
		}
	}
	for i := range s.Tasks {
		if s.Tasks[i].Ref == ref {
			s.Tasks[i] = admission.NewTask(e.task)
		}
	}
	s.Records[ref] = admission.Records(e.decisions, d.roles)[ref]
	return &s
}

// editor applies changes to copies of the objects.
type editor struct {
	*admission.Snapshot
	*doorstep
	t         *testing.T
	ref       admission.Ref
	task      *v1alpha1.AdmittedTask
	decisions []*v1alpha1.TaskDecision
}

func (e *editor) number(c admission.Change) int64 {
	n, err := strconv.ParseInt(c.To, 10, 64)
	if err != nil {
		e.t.Fatalf("%+v: %v", c, err)
	}
	return n
}

func (e *editor) apply(c admission.Change) {
	s := e.Snapshot
	switch c.Object {
	case admission.OfTask:
		e.editTask(c)
	case admission.OfDecision:
		e.decide(c)
	case admission.OfCommunity:
		s.Community = s.Community.DeepCopy()
		e.editCommunity(c, &s.Community.Spec)
	case admission.OfStation:
		s.Station = s.Station.DeepCopy()
		s.Station.Spec.PremisesSquareMeters += e.number(c)
	case admission.OfGrid:
		for i, g := range s.Grids {
			if g.Name == c.Name {
				g = g.DeepCopy()
				for n := range e.number(c) {
					g.Spec.Workers = append(g.Spec.Workers, v1alpha1.GridWorker{ID: fmt.Sprintf("more-%d", n)})
				}
				s.Grids[i] = g
			}
		}
	case admission.OfStandard:
		e.editStandard(c)
	case admission.OfSystem:
		e.editSystem(c)
	case admission.OfPolicy:
		s.PolicyProblem = ""
	default:
		e.t.Fatalf("nobody can change a %s: %+v", c.Object, c)
	}
}

// key splits spec.data[income].use into spec.data.use and income.
func key(field string) (path, name string) {
	before, rest, ok := strings.Cut(field, "[")
	if !ok {
		return field, ""
	}
	name, after, _ := strings.Cut(rest, "]")
	return before + after, name
}

func (e *editor) editTask(c admission.Change) {
	s := &e.task.Spec
	path, name := key(c.Field)
	switch path {
	case "spec.suspend":
		s.Suspend = ptr.To(c.To == "true")
	case "spec.effective.from":
		s.Effective.From = v1alpha1.Date(c.To)
	case "spec.effective.until":
		s.Effective.Until = v1alpha1.Date(c.To)
	case "spec.legalBasis":
		s.LegalBasis = append(s.LegalBasis, v1alpha1.LegalBasis{ID: "new", Level: v1alpha1.LegalLevel(c.To)})
	case "spec.legalBasis.expires":
		for i := range s.LegalBasis {
			if s.LegalBasis[i].ID == name {
				s.LegalBasis[i].Expires = v1alpha1.Date(c.To)
			}
		}
	case "spec.scope.authority.until":
		s.Scope.Authority.Until = v1alpha1.Date(c.To)
	case "spec.scope.authority.verbs":
		if s.Scope.Authority == nil {
			s.Scope.Authority = &v1alpha1.TaskAuthority{}
		}
		if c.How == admission.Add {
			s.Scope.Authority.Verbs = append(s.Scope.Authority.Verbs, v1alpha1.TaskVerb(c.To))
		} else {
			s.Scope.Authority.Verbs = slices.DeleteFunc(s.Scope.Authority.Verbs, func(v v1alpha1.TaskVerb) bool { return string(v) == c.To })
		}
	case "spec.scope.verbs":
		s.Scope.Verbs = slices.DeleteFunc(s.Scope.Verbs, func(v v1alpha1.TaskVerb) bool { return string(v) == c.To })
	case "spec.funding.perCommunity":
		if s.Funding == nil {
			s.Funding = &v1alpha1.TaskFunding{Source: "new"}
		}
		s.Funding.PerCommunity = v1alpha1.Decimal(c.To)
	case "spec.data":
		s.Data = slices.DeleteFunc(s.Data, func(d v1alpha1.TaskData) bool { return string(d.Element) == c.To })
	case "spec.deliveries.elements":
		for i := range s.Deliveries {
			if x := &s.Deliveries[i]; x.SystemRef.Name == name {
				x.Elements = slices.DeleteFunc(x.Elements, func(d v1alpha1.DataElementCode) bool { return string(d) == c.To })
			}
		}
	case "spec.data.use", "spec.data.basis":
		for i := range s.Data {
			switch {
			case string(s.Data[i].Element) != name:
			case path == "spec.data.use":
				s.Data[i].Use = v1alpha1.DataUse(c.To)
			default:
				s.Data[i].Basis = c.To
			}
		}
	default:
		e.editLoad(c, s.Workload)
	}
}

func (e *editor) editLoad(c admission.Change, w *v1alpha1.TaskWorkload) {
	switch c.Field {
	case "spec.workload.casesPerYear":
		w.CasesPerYear = e.number(c)
	case "spec.workload.casesPerThousandResidents":
		w.CasesPerThousandResidents = e.number(c)
	case "spec.workload.visits.householdPercent":
		w.Visits.HouseholdPercent = e.number(c)
	case "spec.workload.visits.combinable":
		w.Visits.Combinable = ptr.To(c.To == "true")
	case "spec.workload.reports":
		w.Reports = nil
	case "spec.workload.reports.perYear":
		w.Reports.PerYear = e.number(c)
	case "spec.workload.reports.indicators":
		w.Reports.Indicators = ptr.To(e.number(c))
	case "spec.workload.ledgers":
		w.Ledgers = ptr.To(e.number(c))
	default:
		e.t.Fatalf("nobody can change %s: %+v", c.Field, c)
	}
}

func (e *editor) decide(c admission.Change) {
	d := &v1alpha1.TaskDecision{
		ObjectMeta: metav1.ObjectMeta{Namespace: e.committee, Name: fmt.Sprintf("change-%d", len(e.decisions))},
		Spec:       v1alpha1.TaskDecisionSpec{TaskRef: e.ref},
	}
	now := metav1.NewTime(e.Now)
	switch {
	case strings.HasPrefix(c.Field, "spec.approval."):
		d.Spec.Approval = &v1alpha1.Approval{TaskDigest: admission.Digest(&e.task.Spec), Verdict: v1alpha1.VerdictApprove, DecidedAt: now}
		if c.Field == "spec.approval.taskDigest" {
			d.Spec.Approval.TaskDigest = v1alpha1.TaskDigest(c.To)
		}
	case c.Field == "spec.ruling.verdict":
		d.Spec.Ruling = &v1alpha1.Ruling{
			ContestRef: v1alpha1.NamespacedReference{Namespace: e.Community.Namespace, Name: c.Name}, Verdict: v1alpha1.RulingVerdict(c.To), DecidedAt: now,
		}
	default:
		d.Namespace = e.finance
		d.Spec.Funding = &v1alpha1.FundingRelease{Period: v1alpha1.FundingPeriod(strings.TrimPrefix(c.Field, "spec.funding.")), Amount: v1alpha1.Decimal(c.To)}
	}
	e.decisions = append(e.decisions, d)
}

func (e *editor) editCommunity(c admission.Change, s *v1alpha1.CommunitySpec) {
	more := func() int64 {
		if c.How == admission.Remove {
			return -e.number(c)
		}
		return e.number(c)
	}
	switch c.Field {
	case "spec.suspend":
		s.Suspend = ptr.To(c.To == "true")
	case "spec.workforce":
		s.Workforce = append(s.Workforce, v1alpha1.WorkforcePost{Post: "more", Count: ptr.To(more())})
	case "spec.profile.households":
		s.Profile.Households += more()
	case "spec.committee.seats":
		s.Committee.Seats = ptr.To(*s.Committee.Seats + more())
	case "spec.premises":
		s.Premises = append(s.Premises, v1alpha1.Premises{Name: "more", OwnedSquareMeters: ptr.To(more())})
	case "spec.facilities":
		s.Facilities = append(s.Facilities, c.To)
	case "spec.signboards":
		s.Signboards = s.Signboards[-more():]
	case "spec.budget":
		e.moveMoney(c, s)
	default:
		e.t.Fatalf("nobody can change %s: %+v", c.Field, c)
	}
}

// moveMoney lets somebody else pay so many percent of the budget that the
// district paid.
func (e *editor) moveMoney(c admission.Change, s *v1alpha1.CommunitySpec) {
	percent, ok := new(big.Rat).SetString(c.To)
	if !ok {
		e.t.Fatalf("%q is no share", c.To)
	}
	total := new(big.Rat)
	for _, line := range s.Budget {
		amount, _ := new(big.Rat).SetString(string(line.YearlyAmount))
		total.Add(total, amount)
	}
	moved := new(big.Rat).Quo(new(big.Rat).Mul(total, percent), rat(100))
	for i := range s.Budget {
		if line := &s.Budget[i]; line.Source == "District" {
			amount, _ := new(big.Rat).SetString(string(line.YearlyAmount))
			line.YearlyAmount = v1alpha1.Decimal(new(big.Rat).Sub(amount, moved).FloatString(2))
		}
	}
	s.Budget = append(s.Budget, v1alpha1.BudgetLine{Name: "more", Source: "Community", YearlyAmount: v1alpha1.Decimal(moved.FloatString(2))})
}

func (e *editor) editStandard(c admission.Change) {
	s := e.Snapshot
	if c.Field == "metadata.name" {
		s.Standard = &v1alpha1.CommunityStandard{ObjectMeta: metav1.ObjectMeta{Name: c.Name}}
		for _, x := range e.task.Spec.Data { // a standard declares what is in use
			s.Standard.Spec.DataElements = append(s.Standard.Spec.DataElements, v1alpha1.DataElement{Code: x.Element, Class: "Other"})
		}
		return
	}
	if c.Name != s.Standard.Name {
		e.t.Fatalf("the standard is %s: %+v", s.Standard.Name, c)
	}
	s.Standard = s.Standard.DeepCopy()
	switch c.Field {
	case "spec.catalogue":
		s.Standard.Spec.Catalogue = slices.DeleteFunc(s.Standard.Spec.Catalogue, func(i v1alpha1.CatalogueItem) bool { return i.Code == c.To })
	case "spec.dataElements":
		s.Standard.Spec.DataElements = append(s.Standard.Spec.DataElements, v1alpha1.DataElement{Code: v1alpha1.DataElementCode(c.To), Class: "Other"})
	default:
		e.t.Fatalf("nobody can change %s: %+v", c.Field, c)
	}
}

func (e *editor) editSystem(c admission.Change) {
	system := e.Systems[c.Name]
	if c.Field == "metadata.name" {
		system = &v1alpha1.InformationSystem{ObjectMeta: metav1.ObjectMeta{Name: c.Name}}
	}
	if system == nil {
		return // what one can't add to a system that is not there
	}
	system = system.DeepCopy()
	if e.Systems == nil {
		e.Systems = map[string]*v1alpha1.InformationSystem{}
	}
	e.Systems[c.Name] = system
	switch c.Field {
	case "spec.allowedPurposes":
		system.Spec.AllowedPurposes = append(system.Spec.AllowedPurposes, v1alpha1.PurposeCode(c.To))
	case "spec.accepts":
		system.Spec.Accepts = append(system.Spec.Accepts, v1alpha1.DataElementCode(c.To))
	}
}

// less is a change by one unit less; false where nothing at all is all that is
// less.
func less(t *testing.T, c admission.Change) (admission.Change, bool) {
	t.Helper()
	path, _ := key(c.Field)
	by := func(n int64) (admission.Change, bool) {
		at, err := strconv.ParseInt(c.To, 10, 64)
		if err != nil {
			t.Fatalf("%+v: %v", c, err)
		}
		c.To = strconv.FormatInt(at+n, 10)
		return c, at+n > 0
	}
	day := func(n int) (admission.Change, bool) {
		at, err := time.Parse(time.DateOnly, c.To)
		if err != nil {
			t.Fatalf("%+v: %v", c, err)
		}
		c.To = at.AddDate(0, 0, n).Format(time.DateOnly)
		return c, true
	}
	switch path {
	case "spec.effective.from":
		return day(1)
	case "spec.effective.until", "spec.legalBasis.expires", "spec.scope.authority.until":
		return day(-1)
	case "spec.workload.casesPerYear", "spec.workload.casesPerThousandResidents", "spec.workload.visits.householdPercent",
		"spec.workload.reports.perYear", "spec.workload.reports.indicators", "spec.workload.ledgers":
		return by(1)
	case "spec.workforce", "spec.workers", "spec.profile.households", "spec.committee.seats", "spec.premises", "spec.premisesSquareMeters", "spec.signboards":
		return by(-1)
	case "spec.budget":
		at, _ := new(big.Rat).SetString(c.To)
		c.To = at.Sub(at, big.NewRat(1, 100)).FloatString(2)
		return c, true
	case "spec.funding.perCommunity":
		return cent(c)
	}
	if strings.HasPrefix(path, "spec.funding.") {
		return cent(c)
	}
	return c, false
}

// cent takes a hundredth off an amount of money.
func cent(c admission.Change) (admission.Change, bool) {
	at, _ := new(big.Rat).SetString(c.To)
	at.Sub(at, big.NewRat(1, 100))
	c.To = at.FloatString(2)
	return c, at.Sign() > 0
}
