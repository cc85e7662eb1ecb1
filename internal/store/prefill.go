package store

import (
	"context"
	"errors"
	"slices"

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
		out, err = d.give(ctx, w, h, who.Actor, &p)
		return err
	})
	if err != nil {
		return nil, err
	}
	return out, nil
}

// give is what a case has for a form, which is recorded.
func (d *Desk) give(ctx context.Context, w *work, h *held, to casework.Actor, p *Prefill) (casework.Fields, error) {
	out := casework.Fields{}
	if !h.deliverable {
		return out, nil
	}
	letter, err := d.letter(ctx, w, h)
	if err != nil || letter == nil {
		return out, err
	}
	for i := range p.Fields {
		f := &p.Fields[i]
		code := v1alpha1.DataElementCode(f.Code)
		if value := letter.Fields[code]; value != "" && p.given(f) {
			out[code] = value
		}
	}
	w.record(casework.Entry{Use: casework.Use{
		Case: h.c.ID, At: d.now(), Act: casework.Prefill, Actor: to, Purpose: p.Purpose, Task: p.Task, Codes: codes(&Letter{Fields: out}),
	}})
	return out, nil
}

// reuse takes over into an application that is taken in what its item reuses, from the
// earlier one whose receipt code the resident gave: only a code will do, since numbers
// can be guessed. What was typed stays. A code that leads to nothing is left in the
// letter, for the desk to see.
func (d *Desk) reuse(ctx context.Context, w *work, h *held) error {
	receipt, err := casework.ParseReceipt(h.letter.Earlier)
	if err != nil || h.c.Kind != casework.Application || d.config.Reuses == nil {
		return nil //nolint:nilerr // that is no code, and leads to nothing
	}
	p := Prefill{Item: h.terms.Item, Task: h.terms.Task, Purpose: h.terms.Purpose}
	for _, f := range d.config.Reuses(h.terms) {
		if f.Reused && h.letter.Fields[v1alpha1.DataElementCode(f.Code)] == "" {
			p.Fields = append(p.Fields, f)
		}
	}
	hash, err := receipt.Hash(d.keys.Receipts)
	if err != nil || len(p.Fields) == 0 {
		return err
	}
	id, err := w.CaseByReceipt(ctx, hash[:])
	if there, err := exists(err); !there {
		return err
	}
	earlier, err := w.hold(ctx, id, false)
	if err != nil {
		return err
	}
	known, err := d.give(ctx, w, earlier, clerk, &p)
	if errors.Is(err, errSealed) || err == nil && len(known) == 0 {
		return nil
	}
	if err != nil {
		return err
	}
	h.letter.change(known)
	h.letter.Earlier = ""
	return d.replace(ctx, w, h, h.letter)
}
