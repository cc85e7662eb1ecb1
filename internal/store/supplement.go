package store

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"

	"github.com/shequ-io/shequ/internal/casework"
	"github.com/shequ-io/shequ/internal/store/db"
)

// Supplement is what is added to what a resident wrote, or corrected in it.
type Supplement struct {
	// ID is a UUID in lower case, drawn with the form: sent twice, it is done once.
	ID string
	// Fields that are added or corrected, and no others. An empty value takes the field
	// out.
	Fields casework.Fields
	// Was is what stood in those fields when whoever changes them looked; what is not in
	// it was empty. Where somebody else has changed one since, nothing is. Nil: nobody
	// looked, and whatever is there is changed.
	Was casework.Fields
}

// Supplement changes what the resident of an open case wrote. The letter is sealed
// anew; that it was changed, and which elements, is in the audit trail, and where that
// can't be written nothing is changed. What a system has stays as it was sent: the next
// turn that delivers sends the letter as it is now. What still waits to be sent, or could
// not be composed of what was there, is composed anew (amend). What is there already as
// it is given changes nothing and is not recorded.
//
// The caller knows which fields the case's item declares; those of classes nobody may
// collect, and what is no plain text, are refused here too, with a
// *casework.FieldsError. The other errors are ErrInvalid, ErrUnknownCase, ErrNotYours,
// ErrEnded, ErrExpired, ErrMeanwhile and, where the id is another change's, ErrReused.
func (d *Desk) Supplement(ctx context.Context, who Who, caseID string, change Supplement) error {
	if !uuidForm.MatchString(change.ID) {
		return invalid("the change's id is no UUID in lower case")
	}
	if err := (casework.Item{Elements: change.Fields.Codes()}).Check(change.Fields, false); err != nil {
		return err
	}
	return d.in(ctx, func(ctx context.Context, w *work) error {
		h, err := w.hold(ctx, caseID, true)
		if err != nil {
			return err
		}
		if err := who.permitted(h.c.Place.Grid); err != nil {
			return err
		}
		if again, err := w.supplemented(ctx, caseID, change.ID); err != nil || again {
			return err
		}
		if h.c.Step.Ended() {
			return ErrEnded
		}
		letter, err := d.letter(ctx, w, h)
		if err != nil {
			return err
		}
		if letter == nil {
			return ErrExpired
		}
		if letter.since(&change) {
			return ErrMeanwhile
		}
		before := maps.Clone(letter.Fields)
		changed := letter.change(change.Fields)
		if len(changed) == 0 {
			return nil
		}
		if err := d.replace(ctx, w, h, letter); err != nil {
			return err
		}
		w.record(casework.Entry{Use: casework.Use{
			Case: h.c.ID, At: d.now(), Act: casework.Supplement, Actor: who.Actor, Purpose: h.terms.Purpose, Task: h.terms.Task,
			Codes: strings.Join(changed, ","), File: change.ID,
		}})
		return d.amend(ctx, w, h, before, changed)
	})
}

// supplemented reports whether a change was made before. The caller holds the case.
func (w *work) supplemented(ctx context.Context, caseID, id string) (bool, error) {
	of, err := w.Supplemented(ctx, id)
	if errors.Is(err, pgx.ErrNoRows) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("read the audit trail: %w", err)
	}
	if of != caseID {
		return false, ErrReused
	}
	return true, nil
}

// since reports whether somebody changed one of a change's fields to something else
// after whoever makes it looked.
func (l *Letter) since(c *Supplement) bool {
	for code, value := range c.Fields {
		if now := l.Fields[code]; c.Was != nil && now != value && now != c.Was[code] {
			return true
		}
	}
	return false
}

// change sets fields, and returns the codes of those that were otherwise, sorted.
func (l *Letter) change(fields casework.Fields) (changed []string) {
	for code, value := range fields {
		if l.Fields[code] == value {
			continue
		}
		if l.Fields == nil {
			l.Fields = casework.Fields{}
		}
		if l.Fields[code] = value; value == "" {
			delete(l.Fields, code)
		}
		changed = append(changed, string(code))
	}
	slices.Sort(changed)
	return changed
}

// replace seals a letter in the place of the one a case has.
func (d *Desk) replace(ctx context.Context, w *work, h *held, letter *Letter) error {
	plain, err := json.Marshal(letter)
	if err != nil {
		return err
	}
	sealed, err := d.keys.Public.Seal(plain, SubmissionContext(h.c.ID))
	if err != nil {
		return err
	}
	if len(sealed) > MaxSealedBytes {
		return invalid(fmt.Sprintf("the letter would have more than %d bytes", MaxSealedBytes))
	}
	n, err := w.ReplaceLetter(ctx, db.ReplaceLetterParams{ID: h.c.ID, Sealed: sealed})
	if err == nil && n != 1 {
		return ErrExpired // deleted at this moment
	}
	return err
}
