package store

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"slices"

	"github.com/shequ-io/shequ/internal/casework"
	"github.com/shequ-io/shequ/internal/courier"
	"github.com/shequ-io/shequ/internal/store/db"
)

// reportedMonths is how far back a system gets reports: one that is connected today is
// not sent the community's history.
const reportedMonths = 12

// Report enters the monthly reports that systems get and have not: the figures as they
// were published, of the latest 12 months that are, the oldest first. It returns how
// many it entered. Entered again, nothing is.
func (d *Desk) Report(ctx context.Context, wanted []Report) (int, error) {
	if len(wanted) == 0 {
		return 0, nil
	}
	rows, err := read(ctx, d, func(ctx context.Context, q *db.Queries) ([]db.LatestFiguresRow, error) {
		return q.LatestFigures(ctx, reportedMonths)
	})
	if err != nil || len(rows) == 0 {
		return 0, err
	}
	var all []courier.Consignment
	for _, r := range wanted {
		for _, row := range slices.Backward(rows) {
			var period Period
			if err := json.Unmarshal(row.Body, &period); err != nil {
				return 0, fmt.Errorf("figures are kept in another form; roll out the image that published them: %w", errUnreadable)
			}
			all = append(all, report(r, &period))
		}
	}
	keys := make([]string, len(all))
	for i := range all {
		keys[i] = string(all[i].Key())
	}
	known, err := read(ctx, d, func(ctx context.Context, q *db.Queries) ([]string, error) { return q.KnownMessages(ctx, keys) })
	if err != nil {
		return 0, err
	}
	all = slices.DeleteFunc(all, func(c courier.Consignment) bool { return slices.Contains(known, string(c.Key())) })
	return len(all), d.Enqueue(ctx, all)
}

// report is the message with the figures of a month, all items together. Counts that
// were hidden are null. Reports of one community to one system are one line, in which
// the months go one after the other.
func report(r Report, p *Period) courier.Consignment {
	month := p.From.In(china)
	line := string(courier.NewKey(r.Community, ReportTask, r.System, r.Purpose, 0))
	f := courier.Facts{
		Case: line, Task: ReportTask, System: r.System, Purpose: r.Purpose,
		Version: int64(month.Year())*100 + int64(month.Month()),
	}
	fields := []courier.Field{{Name: "period", Value: month.Format("2006-01")}, {Name: "community", Value: r.Community}}
	t := &p.Total
	for _, count := range []struct {
		name string
		of   casework.Count
	}{
		{"opened", t.Opened},
		{"responded", t.Responded},
		{"resolved", t.Resolved},
		{"late", t.Late},
		{"rated", t.Rated},
		{"satisfied", t.Satisfied},
	} {
		var value any
		if !count.of.Hidden {
			value = count.of.N
		}
		fields = append(fields, courier.Field{Name: "figures." + count.name, Value: value})
	}
	return courier.Consignment{Facts: f, TellOnly: true, Message: &courier.Message{Facts: f, Fields: fields, Salt: rand.Text()}}
}
