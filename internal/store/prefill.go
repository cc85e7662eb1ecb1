package store

import (
	"context"
	"errors"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"

	"github.com/shequ-io/shequ/api/v1alpha1"
	"github.com/shequ-io/shequ/internal/casework"
	"github.com/shequ-io/shequ/internal/privacy"
)

// basics are the classes of what identifies and reaches somebody: every item shares
// them.
var basics = []string{"Base", "Contact", "Identity"}

// given reports whether a field of a form may be filled with what was written for
// another item.
func (p *Prefill) given(f *PrefillField) bool {
	if _, _, forbidden := privacy.Forbidden(f.Code); forbidden {
		return false
	}
	return slices.Contains(basics, f.Class) || f.Reused && f.Purpose != "" && f.Purpose == p.Purpose
}

// Prefill returns what the community may already know for a new application, from the
// case whose receipt code or number the resident brings: identity and contact basics,
// and what the new item's task reuses for this very purpose. What is given is in the
// audit trail of the earlier case, with the new purpose and task; where that can't be
// written nothing is returned. Of a case that was withdrawn, or whose letter is
// deleted, nothing is known. The errors are ErrUnknownCase and ErrNotYours.
func (d *Desk) Prefill(ctx context.Context, who Who, source string, p Prefill) (casework.Fields, error) {
	id, err := d.lookUp(ctx, source)
	if errors.Is(err, pgx.ErrNoRows) {
		return nil, ErrUnknownCase
	}
	if err != nil {
		return nil, err
	}
	var out casework.Fields
	err = d.in(ctx, func(ctx context.Context, w *work) error {
		h, err := w.hold(ctx, id, false)
		if err != nil {
			return err
		}
		if err := who.permitted(h.c.Place.Grid); err != nil {
			return err
		}
		if out = (casework.Fields{}); !h.deliverable {
			return nil
		}
		letter, err := d.letter(ctx, w, h)
		if err != nil || letter == nil {
			return err
		}
		var names []string
		for i := range p.Fields {
			f := &p.Fields[i]
			code := v1alpha1.DataElementCode(f.Code)
			if value := letter.Fields[code]; value != "" && p.given(f) && out[code] == "" {
				out[code] = value
				names = append(names, f.Code)
			}
		}
		slices.Sort(names)
		w.record(casework.Entry{Use: casework.Use{
			Case: id, At: d.now(), Act: casework.Prefill, Actor: who.Actor, Purpose: p.Purpose, Task: p.Task, Codes: strings.Join(names, ","),
		}})
		return nil
	})
	if err != nil {
		return nil, err
	}
	return out, nil
}
