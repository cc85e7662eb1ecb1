package store

import (
	"context"
	"encoding/json"
	"fmt"
)

// Reported is a month's figures as they were published, and what became of the reports
// of them.
type Reported struct {
	Period Period
	// Sent is the report to each system that was asked about, in that order; one that
	// was not entered yet is not in it.
	Sent []Delivery
}

// Reported are the latest months whose figures are published, at most 12 and the latest
// first, with what became of the reports that systems get of them. The error is
// ErrNotYours for whoever is neither staff nor lead.
func (d *Desk) Reported(ctx context.Context, who Who, wanted []Report) ([]Reported, error) {
	if err := who.ofStation(); err != nil {
		return nil, err
	}
	var out []Reported
	err := d.in(ctx, func(ctx context.Context, w *work) error {
		rows, err := w.LatestFigures(ctx, reportedMonths)
		if err != nil {
			return err
		}
		out = make([]Reported, len(rows))
		for i, row := range rows {
			if err := json.Unmarshal(row.Body, &out[i].Period); err != nil {
				return fmt.Errorf("figures are kept in another form; roll out the image that published them: %w", errUnreadable)
			}
		}
		return w.reported(ctx, out, wanted)
	})
	if err != nil {
		return nil, err
	}
	return out, nil
}

// reported finds what became of the reports of months.
func (w *work) reported(ctx context.Context, months []Reported, wanted []Report) error {
	for _, r := range wanted {
		sent, err := w.deliveries(ctx, report(r, &Period{}).Case)
		if err != nil {
			return err
		}
		for i := range months {
			key := report(r, &months[i].Period).Key()
			for _, s := range sent {
				if s.Key == key {
					months[i].Sent = append(months[i].Sent, s)
				}
			}
		}
	}
	return nil
}
