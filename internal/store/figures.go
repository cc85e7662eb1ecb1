package store

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/shequ-io/shequ/internal/casework"
	"github.com/shequ-io/shequ/internal/store/db"
)

// settleDays after a month its figures are published: what came in on its last day has
// had the longest of the usual limits by then.
const settleDays = 15

// readTerms reads terms as they are kept; those that can't be read are zero.
func readTerms(raw []byte) Terms {
	var t Terms
	_ = json.Unmarshal(raw, &t)
	return t
}

// Figures are those of the cases received between two times, by item and all
// together. Counts that would tell of anybody are hidden.
func (d *Desk) Figures(ctx context.Context, who Who, from, to time.Time) (groups []casework.Figures, total casework.Figures, err error) {
	if who.Role != casework.Staff && who.Role != casework.Lead {
		return nil, casework.Figures{}, fmt.Errorf("%w: the station's staff sees its figures", ErrNotYours)
	}
	return d.figures(ctx, from, to)
}

func (d *Desk) figures(ctx context.Context, from, to time.Time) ([]casework.Figures, casework.Figures, error) {
	rows, err := read(ctx, d, func(ctx context.Context, q *db.Queries) ([]db.OutcomesRow, error) {
		return q.Outcomes(ctx, db.OutcomesParams{Now: d.now(), FromTime: from.UTC(), ToTime: to.UTC()})
	})
	if err != nil {
		return nil, casework.Figures{}, err
	}
	outcomes := make([]casework.Outcome, len(rows))
	for i, r := range rows {
		outcomes[i] = casework.Outcome{Group: r.Item, Responded: r.Responded, Resolved: r.Resolved, Late: r.Late, Rated: r.Rated, Satisfied: r.Satisfied}
	}
	groups, total := casework.Publish(outcomes)
	return groups, total, nil
}

// month is the first day of the month a time is in, in China.
func month(at time.Time) time.Time {
	y, m, _ := at.In(china).Date()
	return time.Date(y, m, 1, 0, 0, 0, 0, china)
}

// PublishMonths publishes the figures of months that ended 15 days ago or earlier and
// are not published yet, and reports how many. What was published stays as it is:
// figures of the same cases a day later could be compared with it.
func (d *Desk) PublishMonths(ctx context.Context) (int, error) {
	first, err := read(ctx, d, func(ctx context.Context, q *db.Queries) (time.Time, error) { return q.FirstReceived(ctx) })
	if there, err := exists(err); err != nil || !there {
		return 0, err
	}
	published, err := read(ctx, d, func(ctx context.Context, q *db.Queries) ([]time.Time, error) { return q.PublishedMonths(ctx) })
	if err != nil {
		return 0, err
	}
	n := 0
	for m := month(first); !m.AddDate(0, 1, settleDays).After(d.now()); m = m.AddDate(0, 1, 0) {
		key := day(m)
		if slices.ContainsFunc(published, func(p time.Time) bool { return p.Equal(key) }) {
			continue
		}
		period := Period{From: m.UTC(), To: m.AddDate(0, 1, 0).UTC()}
		if period.Groups, period.Total, err = d.figures(ctx, period.From, period.To); err != nil {
			return n, err
		}
		raw, err := json.Marshal(period)
		if err != nil {
			return n, err
		}
		err = d.in(ctx, func(ctx context.Context, w *work) error {
			return w.PublishFigures(ctx, db.PublishFiguresParams{Month: key, Published: d.now(), Body: raw})
		})
		if err != nil {
			return n, err
		}
		n++
	}
	return n, nil
}

// Answer keeps an answer to a survey that came in on paper. Entered again, it counts
// once.
func (d *Desk) Answer(ctx context.Context, who Who, a Answer) error {
	a.Work = who.Work
	if err := who.permitted(who.Grid); err != nil {
		return err
	}
	if err := fitAnswer(&a); err != nil {
		return err
	}
	choices, err := json.Marshal(a.Choices)
	if err != nil {
		return err
	}
	return d.in(ctx, func(ctx context.Context, w *work) error {
		n, err := w.InsertAnswer(ctx, db.InsertAnswerParams{
			ID: a.ID, Survey: a.Survey, Channel: string(a.Channel), Work: a.Work, Day: day(d.now()), Choices: choices,
		})
		if err != nil || n == 1 {
			return err
		}
		same, err := w.AnswerByID(ctx, db.AnswerByIDParams{ID: a.ID, Survey: a.Survey, Choices: choices})
		if err == nil && !same {
			err = ErrReused
		}
		return err
	})
}

// PublishSurvey publishes the result of a survey that is over, and reports whether it
// was not published before. What is answered later is not counted.
func (d *Desk) PublishSurvey(ctx context.Context, survey string) (bool, error) {
	done, err := read(ctx, d, func(ctx context.Context, q *db.Queries) (bool, error) { return q.SurveyPublished(ctx, survey) })
	if err != nil || done {
		return false, err
	}
	answers, err := read(ctx, d, func(ctx context.Context, q *db.Queries) ([][]byte, error) { return q.Choices(ctx, survey) })
	if err != nil {
		return false, err
	}
	raw, err := json.Marshal(tally(survey, answers))
	if err != nil {
		return false, err
	}
	err = d.in(ctx, func(ctx context.Context, w *work) error {
		return w.PublishSurvey(ctx, db.PublishSurveyParams{Survey: survey, Published: d.now(), Body: raw})
	})
	return err == nil, err
}

// tally counts answers. An option counts as a group of cases does: what is hidden
// can't be worked out from the total.
func tally(survey string, answers [][]byte) SurveyResult {
	chosen := map[string][]casework.Outcome{}
	for _, raw := range answers {
		var choices map[string][]string
		if json.Unmarshal(raw, &choices) != nil {
			continue
		}
		for question, options := range choices {
			for _, o := range options {
				chosen[question] = append(chosen[question], casework.Outcome{Group: o})
			}
		}
	}
	out := SurveyResult{Survey: survey}
	for _, question := range slices.Sorted(maps.Keys(chosen)) {
		groups, total := casework.Publish(chosen[question])
		result := QuestionResult{Question: question, Total: total.Opened}
		for _, g := range groups {
			result.Options = append(result.Options, OptionCount{g.Group, g.Opened})
		}
		out.Questions = append(out.Questions, result)
	}
	return out
}

// Census is how many cases there are, for metrics: of no person, place or item.
type Census struct {
	Open []CensusRow
	// Waiting submissions, those set aside, and words that wait.
	Waiting, SetAside, Words int64
}

// CensusRow counts open cases.
type CensusRow struct {
	Kind        casework.Kind
	Step        casework.Step
	Cases, Late int64
}

// Census counts.
func (d *Desk) Census(ctx context.Context) (Census, error) {
	rows, err := read(ctx, d, func(ctx context.Context, q *db.Queries) ([]db.CensusOpenRow, error) {
		return q.CensusOpen(ctx, d.now())
	})
	if err != nil {
		return Census{}, err
	}
	var out Census
	for _, r := range rows {
		out.Open = append(out.Open, CensusRow{casework.Kind(r.Kind), casework.Step(r.Step), r.Cases, r.Late})
	}
	waiting, err := read(ctx, d, func(ctx context.Context, q *db.Queries) (db.CensusWaitingRow, error) { return q.CensusWaiting(ctx) })
	out.Waiting, out.SetAside, out.Words = waiting.Waiting, waiting.Unreadable, waiting.Words
	return out, err
}
