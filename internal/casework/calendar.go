package casework

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/shequ-io/shequ/internal/norms"
)

// Measure is how a limit's minutes are counted.
type Measure string

// The measures.
const (
	// ClockTime counts every minute. It is what an empty measure means.
	ClockTime Measure = "clock"
	// WorkingDays counts the minutes of working days, from midnight to midnight:
	// five of them are 7200 minutes, and end at the time of day they began at.
	WorkingDays Measure = "working-days"
	// OfficeHours counts the minutes in which the office is open on working days;
	// the same as WorkingDays where no hours are known.
	OfficeHours Measure = "office-hours"
)

const (
	minutesPerDay = 24 * 60
	// maxDays bounds a search through a calendar on which nobody ever works.
	maxDays = 100 * 366
)

// Hours are one span of a weekday's office hours, in minutes after local
// midnight, 0 to 1440.
type Hours struct {
	Day           time.Weekday
	Opens, Closes int
}

// Calendar tells working time. A nil Calendar has no holidays and no office
// hours, and is in China's time.
type Calendar struct {
	days  *norms.Calendar
	zone  *time.Location
	hours [7][]Hours // by weekday, in order, apart from one another
}

// china is China Standard Time, which has no summer time.
var china = time.FixedZone("CST", 8*60*60)

// NewCalendar makes a calendar of a standard's working days, the time zone they
// are meant in (China's when nil) and the hours of the office (none: a working
// day is all of it). Hours that overlap are joined; hours that are not 0 ≤ opens
// < closes ≤ 1440 of a weekday are an error.
func NewCalendar(days *norms.Calendar, zone *time.Location, hours []Hours) (*Calendar, error) {
	c := &Calendar{days: days, zone: zone}
	sorted := slices.Clone(hours)
	slices.SortFunc(sorted, func(a, b Hours) int { return cmp.Or(cmp.Compare(a.Opens, b.Opens), cmp.Compare(a.Closes, b.Closes)) })
	for _, h := range sorted {
		if h.Day < time.Sunday || h.Day > time.Saturday || h.Opens < 0 || h.Opens >= h.Closes || h.Closes > minutesPerDay {
			return nil, fmt.Errorf("office hours open before they close, between 0 and %d minutes after midnight of a weekday: %+v do not", minutesPerDay, h)
		}
		day := &c.hours[h.Day]
		if n := len(*day); n > 0 && h.Opens <= (*day)[n-1].Closes {
			(*day)[n-1].Closes = max((*day)[n-1].Closes, h.Closes)
			continue
		}
		*day = append(*day, h)
	}
	return c, nil
}

var weekdays = map[string]time.Weekday{
	"Mon": time.Monday, "Tue": time.Tuesday, "Wed": time.Wednesday, "Thu": time.Thursday,
	"Fri": time.Friday, "Sat": time.Saturday, "Sun": time.Sunday,
}

var errTimeOfDay = errors.New("a time of day is 00:00 to 24:00")

// ParseHours reads a span of hours as a station declares it: weekdays (Mon to
// Sun) and two times of day (00:00 to 24:00).
func ParseHours(days []string, opens, closes string) ([]Hours, error) {
	from, err := timeOfDay(opens)
	if err != nil {
		return nil, err
	}
	to, err := timeOfDay(closes)
	if err != nil {
		return nil, err
	}
	if from >= to {
		return nil, errors.New("hours open before they close; divide those that pass midnight in two")
	}
	out := make([]Hours, 0, len(days))
	for _, d := range days {
		day, ok := weekdays[d]
		if !ok {
			return nil, errors.New("a day is one of Mon, Tue, Wed, Thu, Fri, Sat, Sun")
		}
		out = append(out, Hours{Day: day, Opens: from, Closes: to})
	}
	return out, nil
}

func timeOfDay(s string) (minutes int, err error) {
	if len(s) != 5 || s[2] != ':' {
		return 0, errTimeOfDay
	}
	for _, i := range []int{0, 1, 3, 4} {
		if s[i] < '0' || s[i] > '9' {
			return 0, errTimeOfDay
		}
	}
	hour, minute := int(s[0]-'0')*10+int(s[1]-'0'), int(s[3]-'0')*10+int(s[4]-'0')
	if minutes = hour*60 + minute; minute > 59 || minutes > minutesPerDay {
		return 0, errTimeOfDay
	}
	return minutes, nil
}

func (c *Calendar) location() *time.Location {
	if c == nil || c.zone == nil {
		return china
	}
	return c.zone
}

// open are the office hours of a working day. A make-up day at the weekend, for
// which the office has no hours, keeps those of the week's first day that has.
func (c *Calendar) open(day time.Weekday) []Hours {
	whole := []Hours{{Opens: 0, Closes: minutesPerDay}}
	if c == nil {
		return whole
	}
	hours := c.hours[day]
	weekend := day == time.Saturday || day == time.Sunday
	for d := time.Monday; d <= time.Friday && weekend && len(hours) == 0; d++ {
		hours = c.hours[d]
	}
	if len(hours) == 0 && !slices.ContainsFunc(c.hours[:], func(h []Hours) bool { return len(h) > 0 }) {
		return whole
	}
	return hours
}

type span struct{ from, to time.Time }

// spans are the working spans of the n-th day after the one at is in.
func (c *Calendar) spans(at time.Time, n int, m Measure) []span {
	zone := c.location()
	year, month, day := at.In(zone).Date()
	date := time.Date(year, month, day+n, 12, 0, 0, 0, zone)
	year, month, day = date.Date()
	var days *norms.Calendar
	if c != nil {
		days = c.days
	}
	if !days.WorkingDay(year, month, day) {
		return nil
	}
	if m == WorkingDays {
		return []span{{time.Date(year, month, day, 0, 0, 0, 0, zone), time.Date(year, month, day+1, 0, 0, 0, 0, zone)}}
	}
	var out []span
	for _, h := range c.open(date.Weekday()) {
		out = append(out, span{time.Date(year, month, day, 0, h.Opens, 0, 0, zone), time.Date(year, month, day, 0, h.Closes, 0, 0, zone)})
	}
	return out
}

// add is the first moment at which so much time has been counted since a
// moment; false when it is not within a hundred years.
func (c *Calendar) add(from time.Time, d time.Duration, m Measure) (time.Time, bool) {
	if m != WorkingDays && m != OfficeHours {
		return from.Add(d), true
	}
	if d <= 0 {
		return from, true
	}
	for n := range maxDays {
		for _, s := range c.spans(from, n, m) {
			if s.from.Before(from) {
				s.from = from
			}
			length := s.to.Sub(s.from)
			if length >= d {
				return s.from.Add(d).UTC(), true
			}
			d -= max(length, 0)
		}
	}
	return time.Time{}, false
}

// between is the time counted between two moments; 0 when they are in the wrong
// order, and that of the first hundred years when there are more.
func (c *Calendar) between(from, to time.Time, m Measure) time.Duration {
	if !from.Before(to) {
		return 0
	}
	if m != WorkingDays && m != OfficeHours {
		return to.Sub(from)
	}
	var sum time.Duration
	for n := range maxDays {
		for _, s := range c.spans(from, n, m) {
			if s.from.Before(from) {
				s.from = from
			}
			if s.to.After(to) {
				s.to = to
			}
			sum += max(s.to.Sub(s.from), 0)
		}
		year, month, day := from.In(c.location()).Date()
		if !time.Date(year, month, day+n+1, 0, 0, 0, 0, c.location()).Before(to) {
			break
		}
	}
	return sum
}
