package main

import (
	"slices"
	"testing"
	"time"

	"k8s.io/utils/ptr"

	v1alpha1 "github.com/shequ-io/shequ/api/v1alpha1"
	"github.com/shequ-io/shequ/internal/norms"
)

// today is the day the sample is looked at, and horizon how many months ahead.
const (
	today   = "2026-11-22"
	horizon = v1alpha1.LedgerHorizonMonths
)

func visitsIn(w *v1alpha1.TaskWorkload, c surveyed) int64 {
	if w.Visits == nil {
		return 0
	}
	return upTo(c.households*w.Visits.HouseholdPercent*w.Visits.TimesPerYear, 100)
}

func yearlyMinutes(w *v1alpha1.TaskWorkload, c surveyed) int64 {
	out := casesIn(w, c) * w.MinutesPerCase
	if w.Visits != nil {
		out += visitsIn(w, c) * w.Visits.MinutesPerVisit * teamSize
	}
	if w.Reports != nil {
		out += w.Reports.PerYear * w.Reports.MinutesEach
	}
	return out
}

// partOf is the share of a month's days a task runs on.
func partOf(month time.Time, w v1alpha1.TaskWindow) float64 {
	in, days := 0, 0
	for day := month; day.Month() == month.Month(); day = day.AddDate(0, 0, 1) {
		days++
		text := v1alpha1.Date(day.Format(time.DateOnly))
		if text >= w.From && (w.Until == "" || text <= w.Until) {
			in++
		}
	}
	return float64(in) / float64(days)
}

// meantFor are the proposals meant to hold a place in a community.
func meantFor(c surveyed) []proposal {
	return slices.DeleteFunc(proposals(), func(p proposal) bool {
		elsewhere := p.communities != nil && !slices.Contains(p.communities, c.name)
		upheld := slices.ContainsFunc(objections(), func(o objection) bool {
			return o.task == p.ref() && o.community == c.name && o.verdict != v1alpha1.VerdictDismiss
		})
		return elsewhere || upheld || (p.meant != "" && p.meant != v1alpha1.LedgerNotYetEffective)
	})
}

// busiest is the fullest month of a community with all that is meant for it.
type busiest struct {
	month                    string
	minutes, capacity, share float64
	visits, capacityVisits   float64
	indicators, reports      int64
	ledgers                  int64
}

func busiestOf(t *testing.T, s sample, c surveyed, tasks []proposal) busiest {
	t.Helper()
	rules := s.standard.Spec
	calendar, err := norms.NewCalendar(rules.Calendar)
	if err != nil {
		t.Fatal(err)
	}
	var capacityVisits int64
	for _, g := range s.grids {
		if g.Spec.Level == 3 && g.Spec.CommunityRef.Name == c.name {
			n, _ := norms.VisitsPerMonth(int64(len(g.Spec.Workers)), rules.Grid)
			capacityVisits += n
		}
	}
	out := busiest{capacityVisits: float64(capacityVisits)}
	specs := make([]v1alpha1.AdmittedTaskSpec, len(tasks))
	for i := range tasks {
		specs[i] = tasks[i].task().Spec
	}
	first := time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC)
	for i := range horizon {
		month := first.AddDate(0, i, 0)
		b := busiest{month: month.Format("2006-01"), capacityVisits: out.capacityVisits}
		b.capacity = float64(c.staff*rules.Workforce.MinutesPerWorkerDay*
			calendar.WorkingDays(month.Year(), month.Month())*(*rules.Workforce.AdministrativeSharePercent)) / 100
		var round float64
		for i := range specs {
			spec := &specs[i]
			part := partOf(month, spec.Effective)
			if part == 0 {
				continue
			}
			w := spec.Workload
			b.minutes += float64(yearlyMinutes(w, c)) * part / 12
			v := float64(visitsIn(w, c)) * part / 12
			if w.Visits != nil && ptr.Deref(w.Visits.Combinable, false) {
				round = max(round, v)
			} else {
				b.visits += v
			}
			if w.Reports != nil {
				b.reports += upTo(w.Reports.PerYear, 12)
				b.indicators += ptr.Deref(w.Reports.Indicators, 0) * upTo(w.Reports.PerYear, 12)
			}
			b.ledgers += ptr.Deref(w.Ledgers, 0)
		}
		b.visits += round
		if b.share = b.minutes / b.capacity; b.share > out.share {
			out = b
		}
	}
	return out
}

// TestRoomForWhatIsMeantToBeAdmitted keeps every month of every community below
// its capacity with all that is meant for it, and the tighter ones well filled.
func TestRoomForWhatIsMeantToBeAdmitted(t *testing.T) {
	s := load(t)
	burden := s.standard.Spec.Burden
	tight := 0
	for _, c := range surveyedCommunities(t) {
		tasks := meantFor(c)
		b := busiestOf(t, s, c, tasks)
		t.Logf("%-16s %d tasks; %s: %6.0f of %6.0f minutes (%2.0f %%), %4.0f of %4.0f visits, %d indicators, %d reports, %d ledgers",
			c.name, len(tasks), b.month, b.minutes, b.capacity, 100*b.share, b.visits, b.capacityVisits, b.indicators, b.reports, b.ledgers)
		if b.share > 0.95 || b.visits > 0.8*b.capacityVisits || len(tasks) < 40 {
			t.Errorf("%s is too full, or too empty", c.name)
		}
		if b.share > 0.7 {
			tight++
		}
		if b.indicators > *burden.MonthlyIndicators || b.reports > *burden.MonthlyReports || b.ledgers >= *burden.Ledgers {
			t.Errorf("%s has more indicators, reports or ledgers than the standard allows", c.name)
		}
	}
	if tight < 5 {
		t.Errorf("%d communities are filled to 70 %% or more, want five", tight)
	}
}

// The survey counts everything a station settled in a year, its own certificates
// and errands included. The tasks count applications and work orders. So a
// community's sum may be a good part of the survey's figure or, where the survey's
// is far below the others' for its size (Xiwuyuan: 348 cases per thousand
// residents, against 793 on average), up to twice that. Lianhu Road No. 4 is the
// other end, with 1,669.
const (
	leastShare, mostShare       = 0.40, 2.20
	leastOverall, mostOverall   = 0.75, 1.25
	averagePerCommunity, around = 5400, 1
)

func TestCasesComparedWithTheSurvey(t *testing.T) {
	var surveys, tasks int64
	for _, c := range surveyedCommunities(t) {
		var sum int64
		meant := meantFor(c)
		for i := range meant {
			spec := meant[i].task().Spec
			if spec.Effective.From > today {
				continue // the census has not begun
			}
			sum += casesIn(spec.Workload, c)
		}
		ratio := float64(sum) / float64(c.cases)
		t.Logf("%-16s survey %5d cases a year, tasks %5d (%.2f)", c.name, c.cases, sum, ratio)
		if ratio < leastShare || ratio > mostShare {
			t.Errorf("%s: tasks bring %d cases a year and the survey counted %d; %.2f is outside %.2f to %.2f",
				c.name, sum, c.cases, ratio, leastShare, mostShare)
		}
		surveys, tasks = surveys+c.cases, tasks+sum
	}
	ratio := float64(tasks) / float64(surveys)
	t.Logf("all twelve: survey %d, tasks %d (%.2f)", surveys, tasks, ratio)
	if ratio < leastOverall || ratio > mostOverall {
		t.Errorf("tasks bring %d cases a year and the survey counted %d", tasks, surveys)
	}
	if surveys/12-averagePerCommunity > around || averagePerCommunity-surveys/12 > around {
		t.Errorf("the survey's table has %d cases per community, its text %d", surveys/12, averagePerCommunity)
	}
}
