package norms

import (
	"fmt"
	"time"

	v1alpha1 "github.com/shequ-io/shequ/api/v1alpha1"
)

// Calendar knows which days are working days: Monday to Friday but for
// holidays, and the make-up days. Days are plain dates; which day it is now, in
// which time zone, is the caller's to know. A nil Calendar has no holidays.
type Calendar struct {
	holidays, makeUps map[time.Time]bool // keyed by midnight UTC
}

// NewCalendar reads a standard's calendar; nil is one without holidays. Days
// that do not exist, such as 2026-02-30, are an error that names them; the
// calendar returned is then good for all the others.
func NewCalendar(spec *v1alpha1.Calendar) (*Calendar, error) {
	c := &Calendar{holidays: map[time.Time]bool{}, makeUps: map[time.Time]bool{}}
	if spec == nil {
		return c, nil
	}
	var bad []v1alpha1.Date
	read := func(into map[time.Time]bool, days []v1alpha1.Date) {
		for _, d := range days {
			day, err := time.Parse(time.DateOnly, string(d))
			if err != nil {
				bad = append(bad, d)
				continue
			}
			into[day] = true
		}
	}
	read(c.holidays, spec.Holidays)
	read(c.makeUps, spec.MakeUpDays)
	if len(bad) > 0 {
		return c, fmt.Errorf("the calendar names days that do not exist: %q; write existing days as YYYY-MM-DD", bad)
	}
	return c, nil
}

// WorkingDay reports whether people work on the day. A make-up day wins over
// the weekend, a holiday over both.
func (c *Calendar) WorkingDay(year int, month time.Month, day int) bool {
	date := time.Date(year, month, day, 0, 0, 0, 0, time.UTC)
	if c != nil && c.holidays[date] {
		return false
	}
	if c != nil && c.makeUps[date] {
		return true
	}
	weekday := date.Weekday()
	return weekday != time.Saturday && weekday != time.Sunday
}

// WorkingDays counts the working days of a month, from the year 1 to 9999;
// others have none.
func (c *Calendar) WorkingDays(year int, month time.Month) int64 {
	if year < 1 || year > 9999 || month < time.January || month > time.December {
		return 0
	}
	var days int64
	last := time.Date(year, month+1, 0, 0, 0, 0, 0, time.UTC)
	for day := 1; day <= last.Day(); day++ {
		if c.WorkingDay(last.Year(), last.Month(), day) {
			days++
		}
	}
	return days
}
