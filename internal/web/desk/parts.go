package desk

import (
	"slices"
	"strconv"
	"time"

	"github.com/shequ-io/shequ/internal/casework"
	"github.com/shequ-io/shequ/internal/store"
	"github.com/shequ-io/shequ/internal/web/frame"
)

// rowPart is a row with the page it stands on.
type rowPart struct {
	V   view
	Row store.Row
}

// Part passes a row on to a template part.
func (v view) Part(r store.Row) rowPart { return rowPart{v, r} }

// listPart are rows with the page they stand on.
type listPart struct {
	V    view
	Rows []store.Row
}

// List passes rows on to a template part.
func (v view) List(rows []store.Row) listPart { return listPart{v, rows} }

// historyPart are turns with the page they stand on.
type historyPart struct {
	V     view
	Turns []casework.Turn
}

// History passes turns on to a template part.
func (v view) History(turns []casework.Turn) historyPart { return historyPart{v, turns} }

// Holder says who has a case.
func (v view) Holder(work string) string {
	switch work {
	case "":
		return v.L.Must("desk.holder.none")
	case v.q.who.Work:
		return v.L.Must("desk.holder.you")
	}
	return work
}

// By says which position acted, and of a resident who entered it; empty for none.
func (v view) By(a casework.Actor) string {
	if a.Role == casework.Resident && a.Work != "" {
		return v.L.Must("desk.case.by.counter", a.Work)
	}
	return a.Work
}

// RatingsText are ratings in words.
func (v view) RatingsText(r casework.Ratings) string {
	return v.L.Must("desk.case.ratings.text", v.L.Int(r.Response), v.L.Int(r.Resolution), v.L.Int(r.Satisfaction))
}

// DidText says what was just done.
func (v view) DidText(t casework.EventType) (string, error) {
	word, err := v.Word("turn", t)
	if err != nil {
		return "", err
	}
	return v.L.M("desk.case.did", word)
}

// AttemptName is what was tried, in words; whatever was sent where there is no such
// thing.
func (v caseView) AttemptName(a *attempt) string {
	if word, err := v.Word("event", a.Type); err == nil {
		return word
	}
	return "–"
}

// SpentText says how much of a limit has gone.
func (v caseView) SpentText(r casework.Reading) (string, error) {
	spent, err := v.Span(r.Spent)
	if err != nil {
		return "", err
	}
	limit, err := v.L.Minutes(r.Limit.Minutes)
	if err != nil {
		return "", err
	}
	if r.Limit.Measure != "" && r.Limit.Measure != casework.ClockTime {
		measure, err := v.Word("measure", r.Limit.Measure)
		if err != nil {
			return "", err
		}
		limit += " " + measure
	}
	return v.L.M("desk.limit.spent", spent, limit)
}

// FileLabel names a file by its place in the list, its kind and its size.
func (v caseView) FileLabel(i int, f store.FileInfo) string {
	kind := f.MediaType
	if extension, known := extensions[f.MediaType]; known {
		kind = extension[1:]
	}
	size := strconv.FormatInt((f.Size+1023)/1024, 10) + " KiB"
	if f.Size >= 1<<20 {
		size = strconv.FormatFloat(float64(f.Size)/(1<<20), 'f', 1, 64) + " MiB"
	}
	return v.L.Must("desk.case.file", v.L.Int(int64(i)+1)) + " (" + kind + ", " + size + ")"
}

// GrantWord is what a group may, in words.
func (v noAccessView) GrantWord(role string) string {
	if word, err := v.L.M("desk.noaccess." + role); err == nil {
		return word
	}
	return role
}

// Group passes a window or a department on to a template part.
func (v enterView) Group(c frame.Counter) group { return group{v.Page, c} }

// InTheirs writes a moment in the resident's language, with the year: paper is kept.
func (v receiptView) InTheirs(at time.Time) string { return v.In.Moment(at) }

// actPart is an action with the case it is for.
type actPart struct {
	V     caseView
	A     action
	First bool
}

// Act passes an action on to a template part.
func (v caseView) Act(a action, first bool) actPart { return actPart{v, a, first} }

// placeGroup are places of one kind.
type placeGroup struct {
	Label  string
	Places []place
}

// Groups are the places to choose from, by kind.
func (p actPart) Groups() []placeGroup {
	groups := []placeGroup{
		{Label: p.V.L.Must("desk.form.grids")}, {Label: p.V.L.Must("desk.form.stations")}, {Label: p.V.L.Must("desk.form.systems")},
	}
	for _, to := range p.A.Places {
		at := 2
		switch {
		case to.Grid != "":
			at = 0
		case to.Station != "":
			at = 1
		}
		groups[at].Places = append(groups[at].Places, to)
	}
	return slices.DeleteFunc(groups, func(g placeGroup) bool { return len(g.Places) == 0 })
}

// Urgencies are those to choose from.
func (actPart) Urgencies() []casework.Urgency { return casework.Urgencies() }

// Rated are what is rated, and Stars the ratings.
func (actPart) Rated() []string { return []string{"response", "resolution", "satisfaction"} }

// Stars are the ratings to choose from, the best first.
func (actPart) Stars() []int { return []int{5, 4, 3, 2, 1} }

// Chosen reports whether a value was chosen when this action was tried.
func (p actPart) Chosen(field, value string) bool {
	if !p.V.Tried(p.A) {
		return false
	}
	tried := p.V.Attempt
	chosen := map[string]string{
		"reason": string(tried.Reason), "urgency": string(tried.Urgency), "to": place{Place: tried.To}.Value(),
		"response":     strconv.FormatInt(tried.Ratings.Response, 10),
		"resolution":   strconv.FormatInt(tried.Ratings.Resolution, 10),
		"satisfaction": strconv.FormatInt(tried.Ratings.Satisfaction, 10),
	}
	return chosen[field] == value
}
