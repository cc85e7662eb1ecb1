package casework

import (
	"maps"
	"slices"
)

// MinCount is the least count that is published: fewer could be somebody.
const MinCount = 10

// satisfied is the least rating that counts as satisfied.
const satisfied = 4

// Outcome is what one case adds to the figures of its group.
type Outcome struct {
	// Group the case is counted in: a kind, an item, a grid.
	Group string
	// Responded: the station has accepted or rejected it.
	Responded bool
	// Resolved: it is closed, and not open again.
	Resolved bool
	// Late: it has passed a time limit.
	Late bool
	// Rated and Satisfied: it has ratings, and a satisfaction of 4 or 5.
	Rated, Satisfied bool
}

// Outcome of a case for the figures; late is whether Late named any clock.
func (c Case) Outcome(group string, late bool) Outcome {
	o := Outcome{Group: group, Late: late, Resolved: c.Step == Closed, Rated: c.RatedRound > 0}
	o.Satisfied = o.Rated && c.Ratings.Satisfaction >= satisfied
	for _, t := range c.History {
		o.Responded = o.Responded || t.From == Collected && (t.To == Registered || t.To == Rejected)
	}
	return o
}

// Count is a count that may be published. One that is hidden has no number.
type Count struct {
	N      int64 `json:"n"`
	Hidden bool  `json:"hidden,omitempty"`
}

// Precision says how a share is to be read.
type Precision string

// The precisions of a share.
const (
	Exactly Precision = "exactly"
	AtLeast Precision = "at-least" // fewer than MinCount are not among them
	AtMost  Precision = "at-most"  // fewer than MinCount are
	Unknown Precision = "unknown"  // hidden
)

// Share is one count in per cent of another, rounded down.
type Share struct {
	Percent   int64     `json:"percent"`
	Precision Precision `json:"precision"`
}

// Figures are the figures of one group, or of all of them.
type Figures struct {
	Group     string `json:"group,omitempty"` // empty for all
	Opened    Count  `json:"opened"`
	Responded Count  `json:"responded"`
	Resolved  Count  `json:"resolved"`
	Late      Count  `json:"late"`
	Rated     Count  `json:"rated"`
	Satisfied Count  `json:"satisfied"`
	// Response and Resolution are shares of the opened, Satisfaction of the rated.
	Response     Share `json:"response"`
	Resolution   Share `json:"resolution"`
	Satisfaction Share `json:"satisfaction"`
}

// columns of the figures. Each but the first counts some of those in another.
const (
	colOpened = iota
	colResponded
	colResolved
	colLate
	colRated
	colSatisfied
	columns
)

var within = [columns]int{
	colOpened: colOpened, colResponded: colOpened, colResolved: colOpened, colLate: colOpened,
	colRated: colOpened, colSatisfied: colRated,
}

type tally [columns]int64

// Publish makes the figures of groups, sorted by name, and of all of them
// together, such that nobody can work out a count below MinCount:
//
//   - a count below MinCount is hidden, and so is one that leaves fewer than
//     MinCount of what it is counted among (92 of 95 tell of three);
//   - where a total is published and something in its column is hidden, other
//     counts are hidden beside it until the difference tells nothing; where they
//     do not suffice, the whole column is hidden;
//   - a share with a hidden count is given as "at least" or "at most", the same
//     for all counts that would be hidden there, or not at all.
//
// Each outcome must be in one group. Figures of the same cases published by
// another grouping, or a day later, could be compared with these: publish one
// grouping, for periods that are over.
func Publish(outcomes []Outcome) (groups []Figures, total Figures) {
	counts := map[string]*tally{"": {}}
	for _, o := range outcomes {
		key := "group " + o.Group
		if counts[key] == nil {
			counts[key] = &tally{}
		}
		for _, t := range []*tally{counts[key], counts[""]} {
			t.enter(o)
		}
	}
	all := counts[""]
	delete(counts, "")
	names := slices.Sorted(maps.Keys(counts))
	rows := make([]tally, len(names))
	for i, n := range names {
		rows[i] = *counts[n]
	}
	hidden, hiddenTotal := suppress(rows, all)
	for i, n := range names {
		groups = append(groups, figures(n[len("group "):], &rows[i], hidden[i]))
	}
	return groups, figures("", all, hiddenTotal)
}

func (t *tally) enter(o Outcome) {
	for column, yes := range [columns]bool{true, o.Responded, o.Resolved, o.Late, o.Rated, o.Rated && o.Satisfied} {
		if yes {
			t[column]++
		}
	}
}

func figures(group string, t *tally, hidden [columns]veil) Figures {
	count := func(column int) Count {
		if hidden[column] != shown {
			return Count{Hidden: true}
		}
		return Count{N: t[column]}
	}
	return Figures{
		Group: group, Opened: count(colOpened), Responded: count(colResponded), Resolved: count(colResolved),
		Late: count(colLate), Rated: count(colRated), Satisfied: count(colSatisfied),
		Response: share(t, hidden, colResponded), Resolution: share(t, hidden, colResolved), Satisfaction: share(t, hidden, colSatisfied),
	}
}

// share of a column among those it is counted in.
func share(t *tally, hidden [columns]veil, column int) Share {
	of := t[within[column]]
	if hidden[within[column]] != shown || of < 2*MinCount {
		return Share{Precision: Unknown}
	}
	switch hidden[column] {
	case shown:
		return Share{Percent: t[column] * 100 / of, Precision: Exactly}
	case few:
		return Share{Percent: (MinCount - 1) * 100 / of, Precision: AtMost}
	case nearlyAll:
		return Share{Percent: (of - MinCount + 1) * 100 / of, Precision: AtLeast}
	case cover:
	}
	return Share{Precision: Unknown}
}
