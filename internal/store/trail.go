package store

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/shequ-io/shequ/api/v1alpha1"
	"github.com/shequ-io/shequ/internal/casework"
	"github.com/shequ-io/shequ/internal/store/db"
)

// body is an entry of the trail as it is kept: what a turn or a use says, without
// what the row says beside it. Empty fields are left out.
type body struct {
	Act     casework.Act         `json:"act,omitempty"` // of a use; empty in a turn
	From    casework.Step        `json:"from,omitempty"`
	To      casework.Step        `json:"to,omitempty"`
	Type    casework.EventType   `json:"type,omitempty"`
	Version int64                `json:"version,omitempty"`
	Role    casework.Role        `json:"role,omitempty"`
	Work    string               `json:"work,omitempty"`
	Grid    string               `json:"grid,omitempty"`
	Purpose v1alpha1.PurposeCode `json:"purpose,omitempty"`
	Reason  casework.Reason      `json:"reason,omitempty"`
	Urgency casework.Urgency     `json:"urgency,omitempty"`

	ToGrid    string `json:"toGrid,omitempty"`
	ToStation string `json:"toStation,omitempty"`
	ToSystem  string `json:"toSystem,omitempty"`

	Case       string        `json:"case,omitempty"` // that is opened
	Kind       casework.Kind `json:"kind,omitempty"`
	Item       string        `json:"item,omitempty"`
	ReopenDays int64         `json:"reopenDays,omitempty"`

	Response     int64 `json:"response,omitempty"`
	Resolution   int64 `json:"resolution,omitempty"`
	Satisfaction int64 `json:"satisfaction,omitempty"`

	Clock casework.Clock `json:"clock,omitempty"`
	Level casework.Level `json:"level,omitempty"`

	Task  string `json:"task,omitempty"` // of a use, as what follows
	Codes string `json:"codes,omitempty"`
	File  string `json:"file,omitempty"`
	Files int64  `json:"files,omitempty"`
}

// entryRow is an entry as it is kept.
func entryRow(e *casework.Entry) (db.AppendEntriesParams, error) {
	row := db.AppendEntriesParams{Sequence: e.Sequence, Previous: e.Previous[:], Hash: e.Hash[:]}
	var b body
	if e.Use != (casework.Use{}) {
		u := &e.Use
		row.CaseID, row.At = u.Case, u.At
		b = body{
			Act: u.Act, Role: u.Actor.Role, Work: u.Actor.Work, Grid: u.Actor.Grid, Purpose: u.Purpose,
			Task: u.Task, Codes: u.Codes, File: u.File, Files: u.Files,
		}
	} else {
		t := &e.Turn
		v := &t.Event
		row.CaseID, row.At, row.Number, row.Event = t.Case, t.At, &t.Number, &v.ID
		b = body{
			From: t.From, To: t.To, Type: v.Type, Version: v.Version, Role: v.Actor.Role, Work: v.Actor.Work, Grid: v.Actor.Grid,
			Purpose: v.Purpose, Reason: v.Reason, Urgency: v.Urgency, ToGrid: v.To.Grid, ToStation: v.To.Station, ToSystem: v.To.System,
			Case: v.Opening.Case, Kind: v.Opening.Kind, Item: v.Opening.Item, ReopenDays: v.Opening.ReopenDays,
			Response: v.Ratings.Response, Resolution: v.Ratings.Resolution, Satisfaction: v.Ratings.Satisfaction,
			Clock: v.Alarm.Clock, Level: v.Alarm.Level,
		}
	}
	var err error
	row.Body, err = json.Marshal(b)
	return row, err
}

// turn reads a turn as it is kept.
func turn(id string, number int64, event string, at time.Time, raw []byte) (casework.Turn, error) {
	var b body
	if err := json.Unmarshal(raw, &b); err != nil {
		return casework.Turn{}, errUnreadable
	}
	return casework.Turn{Case: id, Number: number, At: at.UTC(), From: b.From, To: b.To, Event: casework.Event{
		ID: event, Type: b.Type, Version: b.Version, Actor: casework.Actor{Role: b.Role, Work: b.Work, Grid: b.Grid},
		Purpose: b.Purpose, Reason: b.Reason, Urgency: b.Urgency, To: casework.Place{Grid: b.ToGrid, Station: b.ToStation, System: b.ToSystem},
		Opening: casework.Opening{Case: b.Case, Kind: b.Kind, Item: b.Item, ReopenDays: b.ReopenDays},
		Ratings: casework.Ratings{Response: b.Response, Resolution: b.Resolution, Satisfaction: b.Satisfaction},
		Alarm:   casework.Alarm{Clock: b.Clock, Level: b.Level},
	}}, nil
}

var errUnreadable = errors.New("an entry of the audit trail is in another form; roll out the image that wrote it")

// entry reads an entry as it is kept.
func entry(row *db.Audit) (casework.Entry, error) {
	e := casework.Entry{Sequence: row.Sequence}
	if copy(e.Previous[:], row.Previous) != len(e.Previous) || copy(e.Hash[:], row.Hash) != len(e.Hash) {
		return e, errUnreadable
	}
	if row.Number != nil && row.Event != nil {
		var err error
		e.Turn, err = turn(row.CaseID, *row.Number, *row.Event, row.At, row.Body)
		return e, err
	}
	var b body
	if err := json.Unmarshal(row.Body, &b); err != nil {
		return e, errUnreadable
	}
	e.Use = casework.Use{
		Case: row.CaseID, At: row.At.UTC(), Act: b.Act, Actor: casework.Actor{Role: b.Role, Work: b.Work, Grid: b.Grid},
		Purpose: b.Purpose, Task: b.Task, Codes: b.Codes, File: b.File, Files: b.Files,
	}
	return e, nil
}

// record appends turns and uses to the trail, in order, when the transaction ends.
func (w *work) record(records ...casework.Entry) { w.entries = append(w.entries, records...) }

// appendEntries writes what was recorded. It takes the lock that puts all entries in
// order, and so comes last in a transaction.
func (w *work) appendEntries(ctx context.Context) error {
	if len(w.entries) == 0 {
		return nil
	}
	row, err := w.LockHead(ctx)
	if err != nil {
		return err
	}
	head := casework.Head{Length: row.Length, Hash: casework.Hash(row.Hash)}
	rows := make([]db.AppendEntriesParams, 0, len(w.entries))
	for _, r := range w.entries {
		var e casework.Entry
		if r.Use != (casework.Use{}) {
			e, head = casework.AppendUse(head, r.Use)
		} else {
			e, head = casework.Append(head, r.Turn)
		}
		kept, err := entryRow(&e)
		if err != nil {
			return err
		}
		rows = append(rows, kept)
	}
	if len(rows) == 1 {
		err = w.AppendEntry(ctx, db.AppendEntryParams(rows[0]))
	} else {
		_, err = w.AppendEntries(ctx, rows)
	}
	if err != nil {
		return fmt.Errorf("write to the audit trail: %w", err)
	}
	return w.MoveHead(ctx, db.MoveHeadParams{Length: head.Length, Hash: head.Hash[:]})
}

// maxTrail bounds a page of the trail.
const maxTrail = 10000

// Trail returns at most limit entries of the audit trail (10000 at most), from a
// sequence on, for casework.CheckPage.
func (d *Desk) Trail(ctx context.Context, from int64, limit int) ([]casework.Entry, error) {
	rows, err := read(ctx, d, func(ctx context.Context, q *db.Queries) ([]db.Audit, error) {
		return q.Entries(ctx, db.EntriesParams{FromSequence: from, Most: int32(min(max(limit, 0), maxTrail))})
	})
	if err != nil {
		return nil, err
	}
	out := make([]casework.Entry, len(rows))
	for i := range rows {
		if out[i], err = entry(&rows[i]); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// Head is the audit trail's length and last hash: what is published.
func (d *Desk) Head(ctx context.Context) (casework.Head, error) {
	row, err := read(ctx, d, func(ctx context.Context, q *db.Queries) (db.HeadRow, error) { return q.Head(ctx) })
	if err != nil {
		return casework.Head{}, err
	}
	return casework.Head{Length: row.Length, Hash: casework.Hash(row.Hash)}, nil
}
