package main

import (
	"errors"
	"fmt"
	"sync/atomic"
	"time"
	_ "time/tzdata" // the image has no time zones of its own

	"github.com/shequ-io/shequ/api/v1alpha1"
	"github.com/shequ-io/shequ/internal/boundary"
	"github.com/shequ-io/shequ/internal/casework"
	"github.com/shequ-io/shequ/internal/content"
	"github.com/shequ-io/shequ/internal/norms"
	"github.com/shequ-io/shequ/internal/store"
)

// ground is where the community's grids lie and when its station works, as the
// newest desk.json and content say. It may be asked while either is replaced.
type ground struct {
	grids    atomic.Pointer[[]area]
	calendar atomic.Pointer[casework.Calendar]
}

type area struct {
	grid     string
	level    int64
	boundary *boundary.Boundary
}

// Locate returns the grids whose boundary holds a place.
func (g *ground) Locate(p store.Place) []casework.Candidate {
	areas := g.grids.Load()
	if areas == nil {
		return nil
	}
	var out []casework.Candidate
	for _, a := range *areas {
		if a.boundary.Contains(p.Longitude, p.Latitude) {
			out = append(out, casework.Candidate{Grid: a.grid, Level: a.level})
		}
	}
	return out
}

// Calendar is the station's working time; nil until desk.json was read, which is
// one without holidays.
func (g *ground) Calendar() *casework.Calendar { return g.calendar.Load() }

// use takes new boundaries, a new calendar and the station's hours. What is wrong
// with one boundary is no reason to do without the others; the error names it.
func (g *ground) use(desk *content.Desk, station *content.Station) error {
	var problems []error
	areas := make([]area, 0, len(desk.Boundaries))
	for _, b := range desk.Boundaries {
		parsed, err := boundary.Parse(b.GeoJSON, v1alpha1.GridDatum(b.Datum))
		if err != nil {
			problems = append(problems, fmt.Errorf("grid %s: %w", b.Grid, err))
			continue
		}
		areas = append(areas, area{b.Grid, b.Level, parsed})
	}
	g.grids.Store(&areas)
	calendar, err := workingTime(&desk.Calendar, station)
	if err != nil {
		return errors.Join(append(problems, err)...)
	}
	g.calendar.Store(calendar)
	return errors.Join(problems...)
}

// workingTime is the standard's calendar with the station's hours.
func workingTime(c *content.Calendar, station *content.Station) (*casework.Calendar, error) {
	spec := &v1alpha1.Calendar{TimeZone: c.TimeZone}
	for _, day := range c.Holidays {
		spec.Holidays = append(spec.Holidays, v1alpha1.Date(day))
	}
	for _, day := range c.MakeUpDays {
		spec.MakeUpDays = append(spec.MakeUpDays, v1alpha1.Date(day))
	}
	days, err := norms.NewCalendar(spec)
	if err != nil {
		return nil, fmt.Errorf("the calendar: %w", err)
	}
	var zone *time.Location
	if c.TimeZone != "" {
		if zone, err = time.LoadLocation(c.TimeZone); err != nil {
			return nil, fmt.Errorf("the calendar's time zone: %w", err)
		}
	}
	var hours []casework.Hours
	if station != nil {
		for _, o := range station.OpeningHours {
			some, err := casework.ParseHours(o.Days, o.Opens, o.Closes)
			if err != nil {
				return nil, fmt.Errorf("the station's hours: %w", err)
			}
			hours = append(hours, some...)
		}
	}
	return casework.NewCalendar(days, zone, hours)
}
