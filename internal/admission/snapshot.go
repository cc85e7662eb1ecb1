package admission

import (
	"cmp"
	"strconv"
	"sync"
	"time"
	_ "time/tzdata" // a static image has no time zones of its own

	"github.com/shequ-io/shequ/api/v1alpha1"
)

// Snapshot is all a decision depends on. Nothing in it is changed.
type Snapshot struct {
	// Now is the clock, in any zone.
	Now time.Time
	// PolicyProblem says what is wrong with the admission policies; while it is
	// not empty nothing new enters.
	PolicyProblem string
	Community     *v1alpha1.Community
	Standard      *v1alpha1.CommunityStandard // nil: not found
	Station       *v1alpha1.ServiceStation    // nil: none
	Grids         []*v1alpha1.Grid            // of the community, at any level
	Ledger        *v1alpha1.TaskLedgerStatus  // nil: none yet, or lost
	// Tasks that target the community, in any order.
	Tasks   []*Task
	Records map[Ref]*Record
	Systems map[string]*v1alpha1.InformationSystem
}

const defaultTimeZone = "Asia/Shanghai"

var zones sync.Map // by name: reading one takes longer than deciding

// zone is the standard's time zone; China's where it names none there is.
func zone(standard *v1alpha1.CommunityStandard) *time.Location {
	name := defaultTimeZone
	if standard != nil && standard.Spec.Calendar != nil {
		name = cmp.Or(standard.Spec.Calendar.TimeZone, name)
	}
	if known, ok := zones.Load(name); ok {
		if loc, ok := known.(*time.Location); ok {
			return loc
		}
	}
	loc, err := time.LoadLocation(name)
	if err != nil || loc == time.Local { //nolint:gosmopolitan // the one zone that must not decide: the host's
		loc = time.FixedZone(defaultTimeZone, 8*60*60)
	}
	zones.Store(name, loc)
	return loc
}

// clock is the present day of a community, and the moment it ends.
func (s *Snapshot) clock() (today day, tomorrow time.Time) {
	loc := zone(s.Standard)
	now := s.Now.In(loc)
	y, m, d := now.Date()
	return dayOf(now), time.Date(y, m, d+1, 0, 0, 0, 0, loc)
}

// once is the one period of what is funded once.
const once v1alpha1.FundingPeriod = "once"

// period is the funding period a day lies in, with its first and last day. One
// that is funded once has a single period.
func period(periods v1alpha1.FundingPeriods, today day) (name v1alpha1.FundingPeriod, first, last day) {
	at := today.time()
	year := at.Format("2006")
	from, months := time.Date(at.Year(), 1, 1, 0, 0, 0, 0, time.UTC), 12
	m := int(at.Month()) - 1
	switch periods {
	case v1alpha1.PeriodsYearly:
	case v1alpha1.PeriodsOnce:
		return once, 0, forever
	case v1alpha1.PeriodsHalfYearly:
		from, months = from.AddDate(0, m/6*6, 0), 6
		year += "-H" + strconv.Itoa(1+m/6)
	case v1alpha1.PeriodsQuarterly:
		from, months = from.AddDate(0, m/3*3, 0), 3
		year += "-Q" + strconv.Itoa(1+m/3)
	case v1alpha1.PeriodsMonthly:
		from, months = from.AddDate(0, m, 0), 1
		year = at.Format("2006-01")
	}
	return v1alpha1.FundingPeriod(year), dayOf(from), dayOf(from.AddDate(0, months, 0)) - 1
}
