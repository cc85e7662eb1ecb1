package admission

import (
	"cmp"
	"math"
	"slices"

	"github.com/shequ-io/shequ/api/v1alpha1"
	"github.com/shequ-io/shequ/internal/norms"
)

// unlimited is the capacity where the standard sets no limit.
const unlimited = math.MaxInt64

// place is a community as admission sees it: its figures, and what its standard
// lets be asked of it in each month.
type place struct {
	ref        Ref
	households int64
	residents  int64
	workers    int64
	teamSize   int64

	limited  bool  // whether there is a workforce rule
	perDay   int64 // minutes of one worker's day
	share    int64 // percent of them that tasks may take
	workdays [v1alpha1.LedgerHorizonMonths]int64
	minutes  [v1alpha1.LedgerHorizonMonths]int64 // or unlimited

	gridRule *v1alpha1.GridRule // nil: visits are not limited
	grids    []gridTeam         // unit grids, by name
	visits   int64              // a month; or unlimited

	ledgers, reports, indicators int64 // limits; or unlimited
	hourly                       fen   // 0: work is not priced
	coverage                     int64 // percent of the cost that must be funded

	elements   map[string]*v1alpha1.DataElement
	files      bool // one of them is a file
	prohibited map[string]*v1alpha1.CatalogueItem
	unmet      []norms.Result // norms that keep new tasks out

	substandard *Finding // what is said about those, once it was
}

type gridTeam struct {
	name    string
	workers int64
}

// Defaults of a standard, as the API sets them; a file read offline has not met
// the API.
const (
	defaultTeamSize = 2
	defaultCoverage = 100
)

// newPlace works out what a community has.
func newPlace(s *Snapshot, h *horizon) *place {
	c := &s.Community.Spec
	p := &place{
		ref:        Ref{Namespace: s.Community.Namespace, Name: s.Community.Name},
		households: max(c.Profile.Households, 0), residents: max(c.Profile.Residents, 0), teamSize: 1,
		visits: unlimited, ledgers: unlimited, reports: unlimited, indicators: unlimited, coverage: defaultCoverage,
	}
	workers, _ := norms.WorkerCount(c.Workforce)
	p.workers = workers.Floor()
	for i := range p.minutes {
		p.minutes[i] = unlimited
	}
	if s.Standard == nil {
		return p
	}
	std := &s.Standard.Spec
	p.readWorkforce(std, h)
	p.readGrids(std.Grid, s.Grids)
	p.readLimits(std)
	facts := norms.Facts{Community: c}
	if s.Station != nil {
		facts.Station = &s.Station.Spec
	}
	p.unmet = norms.Blocking(norms.Evaluate(facts, std))
	return p
}

func (p *place) readWorkforce(std *v1alpha1.CommunityStandardSpec, h *horizon) {
	if p.limited = std.Workforce != nil; !p.limited {
		return
	}
	p.perDay, _ = norms.MinutesPerMonth(1, std.Workforce, 1)
	p.share, _ = norms.AdministrativeMinutes(100, std.Workforce)
	// Days that do not exist are the standard's own condition to complain of.
	calendar, _ := norms.NewCalendar(std.Calendar)
	for i := range h {
		p.workdays[i] = calendar.WorkingDays(h[i].year, h[i].month)
		p.minutes[i] = p.capacity(i, p.workers)
	}
}

// capacity is the minutes so many workers may spend on tasks in a month, as
// norms has it.
func (p *place) capacity(i int, workers int64) int64 {
	return times(times(times(workers, p.perDay), p.workdays[i]), p.share) / 100
}

func (p *place) readGrids(rule *v1alpha1.GridRule, grids []*v1alpha1.Grid) {
	p.gridRule = rule
	if rule == nil {
		return
	}
	p.teamSize = cmp.Or(max(rule.TeamSize, 0), defaultTeamSize)
	p.visits = 0
	// The units are what teams walk; the level above only sums them up. A
	// community without units is walked as the one grid it is.
	var level int32
	for _, g := range grids {
		level = max(level, g.Spec.Level)
	}
	for _, g := range grids {
		if g.Spec.Level != level {
			continue
		}
		team := gridTeam{name: g.Name, workers: int64(len(g.Spec.Workers))}
		p.grids = append(p.grids, team)
		visits, _ := norms.VisitsPerMonth(team.workers, rule)
		p.visits = plus(p.visits, visits)
	}
	slices.SortFunc(p.grids, func(a, b gridTeam) int { return cmp.Compare(a.name, b.name) })
}

func (p *place) readLimits(std *v1alpha1.CommunityStandardSpec) {
	limit := func(n *int64) int64 {
		if n == nil {
			return unlimited
		}
		return max(*n, 0)
	}
	if b := std.Burden; b != nil {
		p.ledgers, p.reports, p.indicators = limit(b.Ledgers), limit(b.MonthlyReports), limit(b.MonthlyIndicators)
	}
	if m := std.Money; m != nil {
		p.hourly = parseFen(m.HourlyCost)
		if m.MinimumCoveragePercent != nil {
			p.coverage = max(*m.MinimumCoveragePercent, 0)
		}
	}
	p.elements = make(map[string]*v1alpha1.DataElement, len(std.DataElements))
	for i := range std.DataElements {
		p.elements[string(std.DataElements[i].Code)] = &std.DataElements[i]
		p.files = p.files || std.DataElements[i].Type == file
	}
	p.prohibited = make(map[string]*v1alpha1.CatalogueItem, len(std.Catalogue))
	for i := range std.Catalogue {
		p.prohibited[std.Catalogue[i].Code] = &std.Catalogue[i]
	}
}
