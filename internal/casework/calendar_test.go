package casework

import (
	"testing"
	"time"
	_ "time/tzdata" // a machine may have no time zones

	"pgregory.net/rapid"

	"github.com/shequ-io/shequ/api/v1alpha1"
	"github.com/shequ-io/shequ/internal/norms"
)

// festival is a calendar like that of early 2026: New Year's Day to Saturday, the
// Sunday after it a make-up day; Spring Festival from 15 to 23 February, with
// Saturdays 14 and 28 worked.
func festival(t testing.TB) *norms.Calendar {
	t.Helper()
	days, err := norms.NewCalendar(&v1alpha1.Calendar{
		Holidays:   []v1alpha1.Date{"2026-01-01", "2026-01-02", "2026-02-16", "2026-02-17", "2026-02-18", "2026-02-19", "2026-02-20", "2026-02-23"},
		MakeUpDays: []v1alpha1.Date{"2026-01-04", "2026-02-14", "2026-02-28"},
	})
	if err != nil {
		t.Fatal(err)
	}
	return days
}

func office(t testing.TB) *Calendar {
	t.Helper()
	var hours []Hours
	for _, span := range [][2]string{{"09:00", "12:00"}, {"13:30", "17:30"}} {
		h, err := ParseHours([]string{"Mon", "Tue", "Wed", "Thu", "Fri"}, span[0], span[1])
		if err != nil {
			t.Fatal(err)
		}
		hours = append(hours, h...)
	}
	c, err := NewCalendar(festival(t), china, hours)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

const layout = "2006-01-02 15:04"

func local(t testing.TB, s string) time.Time {
	t.Helper()
	at, err := time.ParseInLocation(layout, s, china)
	if err != nil {
		t.Fatal(err)
	}
	return at
}

func TestWorkingTime(t *testing.T) {
	const day = minutesPerDay
	cal := office(t)
	for _, c := range []struct {
		name, from string
		minutes    int64
		measure    Measure
		to         string
	}{
		{"the clock knows no holiday", "2026-02-13 17:00", 7 * day, ClockTime, "2026-02-20 17:00"},
		{"no measure is the clock", "2026-02-13 17:00", 60, "", "2026-02-13 18:00"},
		{"over a weekend", "2026-03-06 10:00", day, WorkingDays, "2026-03-09 10:00"},
		{"from a weekend", "2026-03-07 10:00", day, WorkingDays, "2026-03-10 00:00"},
		{"over the festival, both make-up days worked", "2026-02-13 10:00", 3 * day, WorkingDays, "2026-02-25 10:00"},
		{"from within the festival", "2026-02-18 08:00", 5 * day, WorkingDays, "2026-03-01 00:00"},
		{"over the year's end", "2025-12-31 12:00", day, WorkingDays, "2026-01-04 12:00"},
		{"five working days of office hours", "2026-03-02 09:00", 5 * 420, OfficeHours, "2026-03-06 17:30"},
		{"over lunch", "2026-03-02 11:30", 60, OfficeHours, "2026-03-02 14:00"},
		{"to the moment of lunch", "2026-03-02 11:00", 60, OfficeHours, "2026-03-02 12:00"},
		{"after hours", "2026-03-02 20:00", 1, OfficeHours, "2026-03-03 09:01"},
		{"over a weekend's night", "2026-03-06 17:00", 60, OfficeHours, "2026-03-09 09:30"},
		{"a make-up Saturday keeps Monday's hours", "2026-02-13 17:30", 420, OfficeHours, "2026-02-14 17:30"},
		{"an emergency in office hours over New Year", "2025-12-31 17:00", 120, OfficeHours, "2026-01-04 10:30"},
		{"nothing", "2026-02-18 08:00", 0, WorkingDays, "2026-02-18 08:00"},
	} {
		got, ok := cal.add(local(t, c.from), time.Duration(c.minutes)*time.Minute, c.measure)
		if !ok || !got.Equal(local(t, c.to)) {
			t.Errorf("%s: %d minutes from %s are up at %s, want %s", c.name, c.minutes, c.from, got.In(china).Format(layout), c.to)
		}
		if back := cal.between(local(t, c.from), got, c.measure); back != time.Duration(c.minutes)*time.Minute {
			t.Errorf("%s: between the two are %s", c.name, back)
		}
	}
	var none *Calendar
	if got, _ := none.add(local(t, "2026-02-13 10:00"), 24*time.Hour, OfficeHours); !got.Equal(local(t, "2026-02-16 10:00")) {
		t.Errorf("without a calendar: %s", got)
	}
}

// An office with hours on some days only, and one of its own for Saturdays.
func TestUnevenHours(t *testing.T) {
	hours := []Hours{{time.Tuesday, 600, 720}, {time.Tuesday, 660, 780}, {time.Saturday, 540, 600}, {time.Tuesday, 780, 840}}
	cal, err := NewCalendar(festival(t), nil, hours)
	if err != nil {
		t.Fatal(err)
	}
	got, _ := cal.add(local(t, "2026-02-24 10:00"), 5*time.Hour, OfficeHours) // a Tuesday: 10 to 14, then Saturday 28 of 9 to 10
	if !got.Equal(local(t, "2026-02-28 10:00")) {
		t.Errorf("up at %s", got.In(china))
	}
	for _, bad := range []Hours{{time.Monday, 600, 600}, {time.Monday, -1, 60}, {time.Monday, 0, 1441}, {7, 0, 60}, {-1, 0, 60}} {
		if _, err := NewCalendar(nil, nil, []Hours{bad}); err == nil {
			t.Errorf("%+v is taken", bad)
		}
	}
}

// Where clocks change, a working day is as long as it is.
func TestSummerTime(t *testing.T) {
	zone, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	cal, err := NewCalendar(nil, zone, []Hours{{time.Monday, 0, minutesPerDay}})
	if err != nil {
		t.Fatal(err)
	}
	monday := time.Date(2026, 3, 30, 0, 0, 0, 0, zone)
	if d := cal.between(monday.AddDate(0, 0, -7), monday.AddDate(0, 0, 1), WorkingDays); d != 6*24*time.Hour {
		t.Errorf("six working days over the change are %s", d)
	}
	if d := cal.between(monday.AddDate(0, 0, -1), monday, ClockTime); d != 23*time.Hour {
		t.Errorf("the Sunday of the change has %s", d)
	}
}

func TestNobodyEverWorks(t *testing.T) {
	cal, err := NewCalendar(nil, nil, []Hours{{time.Saturday, 0, 60}})
	if err != nil {
		t.Fatal(err)
	}
	if at, ok := cal.add(t0, time.Hour, OfficeHours); ok {
		t.Errorf("an office that opens on Saturdays only has worked an hour at %s", at)
	}
	if d := cal.between(t0, t0.AddDate(300, 0, 0), OfficeHours); d != 0 {
		t.Errorf("it has worked %s", d)
	}
}

// Counting minute by minute, which nobody gets wrong, comes to the same.
func TestWorkingTimeMinuteByMinute(t *testing.T) {
	cal := office(t)
	days := festival(t)
	counts := func(at time.Time, m Measure) bool {
		at = at.In(china)
		year, month, day := at.Date()
		minute := at.Hour()*60 + at.Minute()
		inHours := minute >= 540 && minute < 720 || minute >= 810 && minute < 1050
		return m == ClockTime || days.WorkingDay(year, month, day) && (m == WorkingDays || inHours)
	}
	rapid.Check(t, func(t *rapid.T) {
		from := time.Date(2025, 12, 29, 0, rapid.IntRange(0, 65*minutesPerDay).Draw(t, "from"), 0, 0, china)
		length := rapid.IntRange(0, 4*minutesPerDay).Draw(t, "length")
		m := rapid.SampledFrom([]Measure{ClockTime, WorkingDays, OfficeHours}).Draw(t, "measure")
		n := 0
		for i := range length {
			if counts(from.Add(time.Duration(i)*time.Minute), m) {
				n++
			}
		}
		to := from.Add(time.Duration(length) * time.Minute)
		if got := cal.between(from, to, m); got != time.Duration(n)*time.Minute {
			t.Fatalf("%s from %s to %s, counted %d minutes", got, from, to, n)
		}
		if n == 0 {
			return
		}
		at, ok := cal.add(from, time.Duration(n)*time.Minute, m)
		if !ok || at.After(to) || cal.between(from, at, m) != time.Duration(n)*time.Minute || !counts(at.Add(-time.Minute), m) {
			t.Fatalf("%d minutes from %s are up at %s", n, from, at)
		}
	})
}

func TestParseHours(t *testing.T) {
	for _, c := range [][2]string{{"9:00", "12:00"}, {"09:00", "25:00"}, {"09:60", "10:00"}, {"12:00", "09:00"}, {"09:00", "24:01"}, {"09-00", "10:00"}, {"-9:00", "10:00"}, {"", ""}} {
		if h, err := ParseHours([]string{"Mon"}, c[0], c[1]); err == nil {
			t.Errorf("%s to %s are read as %v", c[0], c[1], h)
		}
	}
	if _, err := ParseHours([]string{"Monday"}, "09:00", "10:00"); err == nil {
		t.Error("Monday is read")
	}
	if h, err := ParseHours([]string{"Sun"}, "00:00", "24:00"); err != nil || h[0] != (Hours{time.Sunday, 0, 1440}) {
		t.Errorf("all Sunday: %v, %v", h, err)
	}
}

func FuzzParseHours(f *testing.F) {
	f.Add("Mon", "09:00", "17:30")
	f.Add("Sun", "00:00", "24:00")
	f.Fuzz(func(t *testing.T, day, opens, closes string) {
		hours, err := ParseHours([]string{day}, opens, closes)
		if err != nil {
			return
		}
		if _, err := NewCalendar(nil, nil, hours); err != nil {
			t.Errorf("%q %q %q is read and refused: %v", day, opens, closes, err)
		}
	})
}
