package store

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"

	"github.com/shequ-io/shequ/internal/casework"
	"github.com/shequ-io/shequ/internal/store/db"
)

// errSealed: a letter that could be opened once can't be any more.
var errSealed = errors.New("what the resident wrote can't be opened with the community's key; put back the key it was sealed for")

// Case returns a case with what the resident wrote. That it was shown is in the audit
// trail when it is; where that can't be written, nothing is returned.
func (d *Desk) Case(ctx context.Context, who Who, id string) (Detail, error) {
	var out Detail
	err := d.in(ctx, func(ctx context.Context, w *work) error {
		h, err := w.hold(ctx, id, false)
		if err != nil {
			return err
		}
		if err := who.permitted(h.c.Place.Grid); err != nil {
			return err
		}
		if out, err = d.detail(ctx, w, h); err != nil {
			return err
		}
		w.record(casework.Entry{Use: casework.Use{
			Case: id, At: d.now(), Act: casework.ShowLetter, Actor: who.Actor, Purpose: h.terms.Purpose, Task: h.terms.Task,
			Codes: codes(&out.Letter),
		}})
		return nil
	})
	if err != nil {
		return Detail{}, err
	}
	return out, nil
}

// codes of what a letter holds: its data elements, and "place" for one.
func codes(l *Letter) string {
	var out []string
	for _, c := range l.Fields.Codes() {
		out = append(out, string(c))
	}
	if l.Place != nil {
		out = append(out, "place")
	}
	slices.Sort(out)
	return strings.Join(out, ",")
}

func (d *Desk) detail(ctx context.Context, w *work, h *held) (Detail, error) {
	now := d.now()
	row := h.row(d.calendar())
	out := Detail{
		Row: Row{
			ID: h.c.ID, Number: h.number, Reference: h.terms.Reference, Kind: h.c.Kind, Item: h.c.Item, Urgency: h.c.Urgency, Step: h.c.Step, Place: h.c.Place,
			Holder: h.c.Holder, Paused: h.c.Paused, Received: row.Received, DueAt: orZero(row.Due), Late: row.Due.Before(now),
			Version: h.c.Version, Doubt: h.routing.Why,
		},
		Case: h.c, Terms: h.terms, Channel: h.channel, Language: h.language, Among: h.routing.Among,
		Allowed: casework.Allowed(h.c, now), Readings: casework.Read(h.c, h.terms.limits(h.c.Urgency), d.calendar(), now),
	}
	letter, err := d.letter(ctx, w, h)
	if err != nil {
		return out, err
	}
	if letter == nil {
		out.Expired = true
		return out, nil
	}
	out.Letter = *letter
	files, err := w.Files(ctx, h.c.ID)
	for _, f := range files {
		out.Files = append(out.Files, FileInfo(f))
	}
	return out, err
}

// letter opens what the resident wrote; nil where it is no longer kept.
func (d *Desk) letter(ctx context.Context, w *work, h *held) (*Letter, error) {
	if h.letter != nil {
		return h.letter, nil
	}
	sealed, err := w.Letter(ctx, h.c.ID)
	there, err := exists(err)
	if err != nil || !there {
		return nil, err
	}
	var letter Letter
	plain, err := d.keys.Open.Open(sealed, SubmissionContext(h.c.ID))
	if err != nil || json.Unmarshal(plain, &letter) != nil {
		return nil, errSealed
	}
	h.letter = &letter
	return h.letter, nil
}

// File returns what a resident sent with a case. That it was shown is in the audit
// trail when it is; where that can't be written, nothing is returned.
func (d *Desk) File(ctx context.Context, who Who, caseID, fileID string) (FileInfo, []byte, error) {
	if !uuidForm.MatchString(fileID) {
		return FileInfo{}, nil, ErrUnknownFile
	}
	var info FileInfo
	var content []byte
	err := d.in(ctx, func(ctx context.Context, w *work) error {
		h, err := w.hold(ctx, caseID, false)
		if err != nil {
			return err
		}
		if err := who.permitted(h.c.Place.Grid); err != nil {
			return err
		}
		row, err := w.File(ctx, db.FileParams{ID: fileID, Submission: caseID})
		if errors.Is(err, pgx.ErrNoRows) {
			return ErrUnknownFile
		}
		if err != nil {
			return err
		}
		if content, err = d.keys.Open.Open(row.Sealed, FileContext(fileID)); err != nil {
			return errSealed
		}
		info = FileInfo{ID: fileID, MediaType: row.MediaType, Size: row.Size}
		w.record(casework.Entry{Use: casework.Use{
			Case: caseID, At: d.now(), Act: casework.ShowFile, Actor: who.Actor, Purpose: h.terms.Purpose, Task: h.terms.Task, File: fileID,
		}})
		return nil
	})
	if err != nil {
		return FileInfo{}, nil, err
	}
	return info, content, nil
}
