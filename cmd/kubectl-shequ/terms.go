package main

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/shequ-io/shequ/api/v1alpha1"
)

// checkTask finds values that the API server would refuse and that the engine
// would read as something else: a day that is none, a misspelt choice, an amount
// that is no number, a negative load. The API server checks the rest when the
// task is applied.
func checkTask(t *v1alpha1.AdmittedTask) error {
	s, c := &t.Spec, &checker{}
	choice(c, "spec.category", s.Category, v1alpha1.CategoryOwn, v1alpha1.CategoryAssist, v1alpha1.CategoryCampaign)
	c.day("spec.effective.from", s.Effective.From, true)
	c.day("spec.effective.until", s.Effective.Until, false)
	if s.Effective.Until != "" && s.Effective.Until < s.Effective.From {
		c.fail("spec.effective.until", string(s.Effective.Until), "the day of spec.effective.from or a later one")
	}
	for i := range s.LegalBasis {
		b, field := &s.LegalBasis[i], fmt.Sprintf("spec.legalBasis[%d]", i)
		choice(c, field+".level", b.Level, v1alpha1.LevelNational, v1alpha1.LevelProvincial, v1alpha1.LevelMunicipal, v1alpha1.LevelDistrict, v1alpha1.LevelSubdistrict)
		c.day(field+".issued", b.Issued, false)
		c.day(field+".expires", b.Expires, false)
	}
	c.scope(s.Scope)
	if len(s.Target.Communities) > 0 && s.Target.SubdistrictSelector != nil {
		c.fail("spec.target", "communities and subdistrictSelector", "one of them")
	}
	c.workload(s.Workload)
	if f := s.Funding; f != nil {
		c.amount("spec.funding.perCase", f.PerCase)
		c.amount("spec.funding.perHousehold", f.PerHousehold)
		c.amount("spec.funding.perCommunity", f.PerCommunity)
		if f.Periods != "" {
			choice(c, "spec.funding.periods", f.Periods, v1alpha1.PeriodsYearly, v1alpha1.PeriodsHalfYearly, v1alpha1.PeriodsQuarterly, v1alpha1.PeriodsMonthly, v1alpha1.PeriodsOnce)
		}
	}
	for i := range s.Data {
		choice(c, fmt.Sprintf("spec.data[%d].use", i), s.Data[i].Use, v1alpha1.UseCollect, v1alpha1.UseReuse)
	}
	return c.err
}

// checker keeps the first thing that is wrong.
type checker struct{ err error }

func (c *checker) fail(field, has, want string) {
	if c.err != nil {
		return
	}
	if has == "" {
		c.err = fmt.Errorf("%s is missing; give %s", field, want)
		return
	}
	c.err = fmt.Errorf("%s can't be %s; give %s", field, has, want)
}

// choice checks a value of a closed set.
func choice[T ~string](c *checker, field string, has T, of ...T) {
	if slices.Contains(of, has) {
		return
	}
	words := make([]string, len(of))
	for i, x := range of {
		words[i] = string(x)
	}
	c.fail(field, string(has), strings.Join(words[:len(words)-1], ", ")+" or "+words[len(words)-1])
}

func (c *checker) day(field string, d v1alpha1.Date, required bool) {
	if d == "" && !required {
		return
	}
	if _, err := time.Parse(time.DateOnly, string(d)); err != nil {
		c.fail(field, string(d), "a day of the calendar, such as 2026-01-31")
	}
}

var amounts = regexp.MustCompile(`^(0|[1-9][0-9]{0,11})(\.[0-9]{1,2})?$`)

func (c *checker) amount(field string, d v1alpha1.Decimal) {
	if d != "" && !amounts.MatchString(string(d)) {
		c.fail(field, string(d), `an amount in quotes, such as "15000" or "16.50"`)
	}
}

func (c *checker) scope(s *v1alpha1.TaskScope) {
	if s == nil {
		return
	}
	all := []v1alpha1.TaskVerb{
		v1alpha1.VerbDiscover, v1alpha1.VerbPublicise, v1alpha1.VerbInspect, v1alpha1.VerbSupervise, v1alpha1.VerbRemediate, v1alpha1.VerbPenalise,
	}
	for i, verb := range s.Verbs {
		choice(c, fmt.Sprintf("spec.scope.verbs[%d]", i), verb, all...)
	}
	if s.Authority == nil {
		return
	}
	c.day("spec.scope.authority.until", s.Authority.Until, false)
	for i, verb := range s.Authority.Verbs {
		choice(c, fmt.Sprintf("spec.scope.authority.verbs[%d]", i), verb, all...)
	}
}

func (c *checker) workload(w *v1alpha1.TaskWorkload) {
	if w == nil {
		return
	}
	const field = "spec.workload."
	c.atLeast(field+"casesPerYear", w.CasesPerYear, 0)
	c.atLeast(field+"casesPerThousandResidents", w.CasesPerThousandResidents, 0)
	c.atLeast(field+"minutesPerCase", w.MinutesPerCase, 0)
	if w.CasesPerYear > 0 && w.CasesPerThousandResidents > 0 {
		c.fail(field+"casesPerThousandResidents", "given beside casesPerYear", "one of them")
	}
	if (w.CasesPerYear > 0 || w.CasesPerThousandResidents > 0) != (w.MinutesPerCase > 0) {
		c.fail("spec.workload", "cases without minutes, or minutes without cases", "minutesPerCase together with casesPerYear or casesPerThousandResidents")
	}
	if v := w.Visits; v != nil {
		c.atLeast(field+"visits.householdPercent", v.HouseholdPercent, 1)
		c.atLeast(field+"visits.timesPerYear", v.TimesPerYear, 1)
		c.atLeast(field+"visits.minutesPerVisit", v.MinutesPerVisit, 1)
		if v.HouseholdPercent > 100 {
			c.fail(field+"visits.householdPercent", fmt.Sprint(v.HouseholdPercent), "at most 100")
		}
	}
	if r := w.Reports; r != nil {
		c.atLeast(field+"reports.perYear", r.PerYear, 1)
		c.atLeast(field+"reports.minutesEach", r.MinutesEach, 1)
		if r.Indicators != nil {
			c.atLeast(field+"reports.indicators", *r.Indicators, 0)
		}
	}
	if w.Ledgers != nil {
		c.atLeast(field+"ledgers", *w.Ledgers, 0)
	}
}

func (c *checker) atLeast(field string, has, least int64) {
	if has < least {
		c.fail(field, fmt.Sprint(has), fmt.Sprintf("%d or more", least))
	}
}
