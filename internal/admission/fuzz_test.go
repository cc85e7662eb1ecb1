package admission_test

import (
	"fmt"
	"math/rand/v2"
	"regexp"
	"strings"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/ptr"

	"github.com/shequ-io/shequ/api/v1alpha1"
	"github.com/shequ-io/shequ/internal/admission"
)

// FuzzDecide decides on objects made from bytes within what the CRDs' schemas
// allow, their extremes included: there is no panic, a second look changes
// nothing, and the status is one the API server takes.
func FuzzDecide(f *testing.F) {
	f.Add([]byte(""))
	f.Add([]byte(strings.Repeat("\x00", 200)))
	f.Add([]byte(strings.Repeat("\xff", 600)))
	f.Add([]byte(strings.Repeat("\x01\x80\xff\x40\x07", 200)))
	f.Add([]byte("a community with several tasks, some contested, most of them at the limits of what a schema allows"))
	source := rand.New(rand.NewPCG(3, 5))
	for range 40 {
		data := make([]byte, 400+source.IntN(800))
		for i := range data {
			data[i] = byte(source.Uint32())
		}
		f.Add(data)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		m := &maker{data: data}
		s := m.snapshot()
		s.Now = m.clock()
		r := admission.Decide(s)
		checkSchema(t, &r.Status)
		again := *s
		again.Ledger = reread(t, &r.Status)
		second := admission.Decide(&again)
		if a, b := written(t, &r.Status), written(t, &second.Status); a != b {
			t.Errorf("a second look changes the ledger:\n%s", difference(a, b))
		}
		for _, months := range []int{1, 7, 240} {
			again.Now, again.Ledger = again.Now.AddDate(0, months, 0), reread(t, &second.Status)
			second = admission.Decide(&again)
			checkSchema(t, &second.Status)
		}
		if r.Overcommitted != "" {
			t.Errorf("tasks that entered overcommit the community: %s", r.Overcommitted)
		}
		checkPlaces(t, &r)
	})
}

// checkPlaces holds the places against the months: nothing is beyond capacity.
func checkPlaces(t *testing.T, r *admission.Result) {
	t.Helper()
	for _, m := range r.Status.Months {
		if m.CapacityMinutes != nil && *m.CommittedMinutes > *m.CapacityMinutes || m.CapacityVisits != nil && *m.CommittedVisits > *m.CapacityVisits {
			t.Errorf("%s: %d of %d minutes, %d of %d visits", m.Month, *m.CommittedMinutes, value(m.CapacityMinutes), *m.CommittedVisits, value(m.CapacityVisits))
		}
	}
	for _, a := range r.Answers {
		if (a.Entry.Decision == v1alpha1.DecisionAdmitted) != (len(a.Findings) == 0) || a.Entry.Decision == v1alpha1.DecisionAdmitted && a.Entry.AdmittedAt == nil {
			t.Errorf("%s with a place since %s: %+v", a.Entry.Decision, a.Entry.AdmittedAt, a.Findings)
		}
	}
}

var (
	decimalPattern = regexp.MustCompile(`^(0|[1-9][0-9]{0,11})(\.[0-9]{1,2})?$`)
	monthPattern   = regexp.MustCompile(`^[0-9]{4}-(0[1-9]|1[0-2])$`)
	digestPattern  = regexp.MustCompile(`^sha256:[0-9a-f]{64}$`)
	dayPattern     = regexp.MustCompile(`^[0-9]{4}-[0-9]{2}-[0-9]{2}$`)
)

// checkSchema holds a status against the limits of the TaskLedger's CRD.
func checkSchema(t *testing.T, s *v1alpha1.TaskLedgerStatus) {
	t.Helper()
	wrong := func(what string, v any) { t.Errorf("%s: %v", what, v) }
	if len(s.Entries) > v1alpha1.LedgerMaxEntries || len(s.Months) > v1alpha1.LedgerHorizonMonths {
		wrong("lists", fmt.Sprint(len(s.Entries), " ", len(s.Months)))
	}
	figure := func(what string, n *int64) {
		if n != nil && *n < 0 {
			wrong(what, *n)
		}
	}
	for _, m := range s.Months {
		if !monthPattern.MatchString(string(m.Month)) {
			wrong("month", m.Month)
		}
		for what, n := range map[string]*int64{"capacity": m.CapacityMinutes, "committed": m.CommittedMinutes, "reserved": m.ReservedMinutes,
			"visit capacity": m.CapacityVisits, "visits": m.CommittedVisits, "indicators": m.Indicators, "reports": m.Reports} {
			figure(what, n)
		}
	}
	for i := range s.Entries {
		e := &s.Entries[i]
		switch {
		case e.TaskRef.Namespace == "" || e.TaskRef.Name == "" || e.Decision == "" || e.Reason == "":
			wrong("entry", e)
		case len([]rune(e.Message)) > v1alpha1.LedgerMessageMaxLength:
			wrong("message", e.Message)
		case e.Until != "" && !dayPattern.MatchString(e.Until):
			wrong("until", e.Until)
		case e.PeakMonth != "" && !monthPattern.MatchString(string(e.PeakMonth)):
			wrong("peak month", e.PeakMonth)
		case e.FundingPerYear != "" && !decimalPattern.MatchString(string(e.FundingPerYear)):
			wrong("funding", e.FundingPerYear)
		case e.Digest != "" && !digestPattern.MatchString(string(e.Digest)):
			wrong("digest", e.Digest)
		case len(e.Owns) > 64:
			wrong("owns", len(e.Owns))
		}
		for what, n := range map[string]*int64{"minutes": e.MinutesPerYear, "peak": e.PeakMinutes, "ledgers": e.Ledgers, "indicators": e.Indicators} {
			figure(what, n)
		}
	}
	o := s.Totals
	for what, n := range map[string]*int64{"admitted": o.Admitted, "waiting": o.Waiting, "refused": o.Refused, "contested": o.Contested, "ended": o.Ended,
		"minutes": o.MinutesPerYear, "ledgers": o.Ledgers} {
		if n == nil {
			wrong("no total", what)
		}
		figure(what, n)
	}
	if !decimalPattern.MatchString(string(o.FundingPerYear)) {
		wrong("total funding", o.FundingPerYear)
	}
}

// maker makes objects from bytes; where they end, from zeros.
type maker struct{ data []byte }

func (m *maker) byte() byte {
	if len(m.data) == 0 {
		return 0
	}
	b := m.data[0]
	m.data = m.data[1:]
	return b
}

func (m *maker) maybe() bool { return m.byte()%2 == 1 }

// number is one of the bounds, or something between them.
func (m *maker) number(low, high int64) int64 {
	switch b := m.byte(); {
	case b < 64:
		return low
	case b >= 192:
		return high
	default:
		return low + int64(uint64(b)*0x9E3779B97F4A7C15>>1)%(high-low+1)
	}
}

func choice[T any](m *maker, from ...T) T { return from[int(m.byte())%len(from)] }

func (m *maker) date() v1alpha1.Date {
	return choice[v1alpha1.Date](m, "", "0001-01-01", "9999-12-31", "1969-12-31", "1970-01-01", "2026-11-22", "2026-11-21", "2026-11-23", "2026-12-01",
		"2024-02-29", "2028-02-29", "2028-10-31", "2028-11-01", "2027-02-28")
}

func (m *maker) amount() v1alpha1.Decimal {
	return choice[v1alpha1.Decimal](m, "", "0", "0.01", "0.5", "30", "5000", "999999999999.99", "999999999999", "123456.7")
}

func (m *maker) element() v1alpha1.DataElementCode {
	return choice[v1alpha1.DataElementCode](m, "name", "income", "pension", "lease", v1alpha1.DataElementCode(strings.Repeat("z", 63)))
}

func (m *maker) clock() time.Time {
	return choice(m, now, now, now, time.Date(1, 1, 1, 0, 0, 0, 0, time.UTC), time.Date(9999, 12, 31, 23, 59, 59, 0, time.UTC), time.Date(1969, 12, 31, 0, 0, 0, 0, time.UTC),
		time.Date(2028, 2, 29, 15, 59, 59, 999, time.UTC), time.Time{})
}

func (m *maker) snapshot() *admission.Snapshot {
	s := setup()
	s.Community.Spec.Profile = v1alpha1.CommunityProfile{Households: m.number(1, 200_000), Residents: m.number(1, 1_000_000)}
	s.Community.Spec.Workforce[0].Count = ptr.To(m.number(0, 10_000))
	if m.maybe() {
		s.Grids = nil
	}
	m.standard(s)
	var tasks []*v1alpha1.AdmittedTask
	var decisions []*v1alpha1.TaskDecision
	for i := range int(m.byte()) % 24 {
		task := m.task(fmt.Sprintf("t-%02d", i))
		tasks = append(tasks, task)
		decisions = append(decisions, m.decisions(task)...)
	}
	docket := admission.NewDocket(tasks, decisions, role, nil)
	s.Tasks, s.Records = docket.For(admission.Ref{Namespace: "street", Name: "first"}, map[string]string{"a": "b"}), docket.Records
	if m.maybe() {
		s.Systems = map[string]*v1alpha1.InformationSystem{"register": {Spec: v1alpha1.InformationSystemSpec{
			Accepts: []v1alpha1.DataElementCode{"income", "name"}, AllowedPurposes: []v1alpha1.PurposeCode{"benefit"}}}}
	}
	return s
}

func (m *maker) standard(s *admission.Snapshot) {
	std := &s.Standard.Spec
	if m.maybe() {
		std.Workforce = &v1alpha1.WorkforceRule{MinutesPerWorkerDay: m.number(1, 1440), AdministrativeSharePercent: ptr.To(m.number(0, 100))}
	}
	if m.maybe() {
		std.Grid = &v1alpha1.GridRule{MinHouseholds: 1, MaxHouseholds: 2, TeamSize: m.number(1, 20), HouseholdsPerTeamDay: m.number(1, 1000), WorkingDaysPerMonth: m.number(1, 31)}
	}
	if m.maybe() {
		std.Burden = &v1alpha1.BurdenRule{Ledgers: ptr.To(m.number(0, 10_000)), MonthlyIndicators: ptr.To(m.number(0, 100_000)), MonthlyReports: ptr.To(m.number(0, 10_000))}
	}
	if m.maybe() {
		std.Money = &v1alpha1.MoneyRule{HourlyCost: m.amount(), MinimumCoveragePercent: ptr.To(m.number(0, 100))}
	}
	switch m.byte() % 8 {
	case 0:
		std.Burden, std.Money = nil, nil
	case 1:
		std.Workforce, std.Grid = nil, nil
	case 2:
		s.Standard = nil
	case 3:
		std.Calendar = &v1alpha1.Calendar{TimeZone: choice(m, "Pacific/Kiritimati", "Pacific/Pago_Pago", "Nowhere", "../..", "Local", "UTC"), Holidays: []v1alpha1.Date{m.date()}, MakeUpDays: []v1alpha1.Date{m.date()}}
	}
}

func (m *maker) task(name string) *v1alpha1.AdmittedTask {
	return newTask(name, func(s *v1alpha1.AdmittedTaskSpec) {
		s.Category = choice(m, v1alpha1.CategoryOwn, v1alpha1.CategoryAssist, v1alpha1.CategoryCampaign)
		s.CatalogueCode = choice(m, "", "fines", strings.Repeat("码", 63))
		s.Effective = v1alpha1.TaskWindow{From: choice(m, s.Effective.From, m.date()), Until: m.date()}
		for i := range s.LegalBasis {
			s.LegalBasis[i].Expires = m.date()
		}
		if m.maybe() {
			s.Target.Communities = nil
			for i := range m.number(1, 1000) {
				s.Target.Communities = append(s.Target.Communities, v1alpha1.NamespacedReference{Namespace: "street", Name: choice(m, "first", fmt.Sprint(i))})
			}
		}
		m.load(s)
		for range m.byte() % 4 {
			s.Data = append(s.Data, v1alpha1.TaskData{Element: m.element(), Use: choice(m, v1alpha1.UseCollect, v1alpha1.UseReuse), Purpose: "benefit", Basis: choice(m, "law", "consent"), RetentionDays: 1})
		}
		if m.byte()%4 == 0 {
			s.Deliveries = []v1alpha1.TaskDelivery{{SystemRef: v1alpha1.LocalReference{Name: "register"}, Purpose: choice[v1alpha1.PurposeCode](m, "benefit", "other"), Elements: []v1alpha1.DataElementCode{m.element()}}}
		}
		s.Suspend = choice(m, nil, nil, nil, ptr.To(true), ptr.To(false))
	})
}

func (m *maker) load(s *v1alpha1.AdmittedTaskSpec) {
	w := &v1alpha1.TaskWorkload{}
	switch m.byte() % 3 {
	case 0:
		w.CasesPerYear, w.MinutesPerCase = m.number(1, 1_000_000), m.number(1, 14_400)
	case 1:
		w.CasesPerThousandResidents, w.MinutesPerCase = m.number(1, 100_000), m.number(1, 14_400)
	}
	if m.maybe() {
		w.Visits = &v1alpha1.VisitLoad{HouseholdPercent: m.number(1, 100), TimesPerYear: m.number(1, 366), MinutesPerVisit: m.number(1, 1440), Combinable: choice(m, nil, ptr.To(true), ptr.To(false))}
	}
	if m.maybe() {
		w.Reports = &v1alpha1.ReportLoad{PerYear: m.number(1, 1000), MinutesEach: m.number(1, 14_400), Indicators: choice(m, nil, ptr.To(m.number(0, 10_000)))}
	}
	w.Ledgers = choice(m, nil, ptr.To(m.number(0, 1000)))
	s.Workload = choice(m, w, w, w, nil)
	s.Funding = choice(m, nil, &v1alpha1.TaskFunding{PerCase: m.amount(), PerHousehold: m.amount(), PerCommunity: m.amount(), Source: "city",
		Periods: choice(m, "", v1alpha1.PeriodsYearly, v1alpha1.PeriodsHalfYearly, v1alpha1.PeriodsQuarterly, v1alpha1.PeriodsMonthly, v1alpha1.PeriodsOnce)})
}

func (m *maker) decisions(task *v1alpha1.AdmittedTask) []*v1alpha1.TaskDecision {
	approval, money := agree(task, m.clock())
	ref := admission.Ref{Namespace: task.Namespace, Name: task.Name}
	var out []*v1alpha1.TaskDecision
	if m.byte()%4 > 0 {
		out = append(out, approval)
	}
	if m.byte()%4 > 0 {
		out = append(out, money...)
	}
	if m.byte()%8 == 1 {
		no := objection("no-" + task.Name)
		no.Spec.TaskRef = ref
		out = append(out, no)
		if m.maybe() {
			rule := ruling("rule-"+task.Name, no.Name, choice(m, v1alpha1.VerdictUphold, v1alpha1.VerdictDismiss), now)
			rule.Spec.TaskRef, rule.Spec.Ruling.DecidedAt = ref, metav1.NewTime(m.clock())
			out = append(out, rule)
		}
	}
	return out
}
