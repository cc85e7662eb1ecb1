package desk

import (
	"fmt"
	"strconv"
	"time"

	"github.com/shequ-io/shequ/internal/content"
	"github.com/shequ-io/shequ/internal/store"
)

var months = [...]string{"Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"}

// When writes a moment in the community's time: 3月2日 09:05, and the year where it
// is another one.
func (v view) When(at time.Time) string {
	local, now := at.In(v.q.zone), v.q.d.Now().In(v.q.zone)
	if v.L.Lang == content.English {
		day := strconv.Itoa(local.Day()) + " " + months[local.Month()-1]
		if local.Year() != now.Year() {
			day += " " + strconv.Itoa(local.Year())
		}
		return day + " " + local.Format("15:04")
	}
	day := fmt.Sprintf("%d月%d日", local.Month(), local.Day())
	if local.Year() != now.Year() {
		day = fmt.Sprintf("%d年", local.Year()) + day
	}
	return day + " " + local.Format("15:04")
}

// Machine writes a moment for programs.
func (v view) Machine(at time.Time) string { return at.In(v.q.zone).Format(time.RFC3339) }

// Rough writes a span of time in one unit, as people say it when it matters little.
func (v view) Rough(d time.Duration) (string, error) {
	if d < 0 {
		d = -d
	}
	switch {
	case d >= 48*time.Hour:
		return v.L.N("unit.days", int64(d/(24*time.Hour)))
	case d >= 2*time.Hour:
		return v.L.N("unit.hours", int64(d/time.Hour))
	default:
		return v.L.N("unit.minutes", int64(d/time.Minute))
	}
}

// due is how a case stands with its next limit.
type due struct {
	// State is late, soon, ahead or none, for the style and the words.
	State string
	Text  string
	At    time.Time
}

// Due says how much time a row has left, or how much too late it is.
func (v view) Due(r store.Row) (due, error) {
	left := r.DueAt.Sub(v.q.d.Now())
	d := due{At: r.DueAt}
	key := "desk.due.left"
	switch {
	case r.DueAt.IsZero() && r.Late:
		return due{State: "late", Text: v.L.Must("desk.due.late")}, nil
	case r.DueAt.IsZero():
		return due{State: "none"}, nil
	case left < 0:
		d.State, key = "late", "desk.due.over"
	case left < 4*time.Hour:
		d.State = "soon"
	default:
		d.State = "ahead"
	}
	if left > -time.Minute && left < time.Minute {
		d.Text = v.L.Must("desk.due.now")
		return d, nil
	}
	span, err := v.Rough(left)
	if err != nil {
		return due{}, err
	}
	d.Text = v.L.Must(key, span)
	return d, nil
}
