package store

import (
	"context"
	"errors"
	"slices"

	"github.com/shequ-io/shequ/internal/casework"
	"github.com/shequ-io/shequ/internal/payments"
	"github.com/shequ-io/shequ/internal/store/db"
)

// BooksCheck is what came of checking the books from their beginning.
type BooksCheck struct {
	// Journals there are, and Anchored how many of them, the last ones, the audit trail
	// has the hash of. Those before them are held by the first that is.
	Journals, Anchored int64
	// Wrong is the first journal that is not as it was written, is missing, does not
	// balance, or is another than the trail says; 0 where all are as they were written.
	Wrong int64
}

// booksPage is how many journals are checked at a time.
const booksPage = 1000

// CheckBooks checks all journals there are: that each is as it was written, follows the
// one before and balances, and that it is the one whose hash stands in the audit trail.
// That the trail is whole follows from its published head. The error is ErrNotYours or
// one of the database's.
func (d *Desk) CheckBooks(ctx context.Context, who Who) (BooksCheck, error) {
	if err := who.ofLead(); err != nil {
		return BooksCheck{}, err
	}
	// What the trail has now the books have, and may soon have more.
	known, err := read(ctx, d, func(ctx context.Context, q *db.Queries) (int64, error) { return q.CountAnchors(ctx) })
	if err != nil {
		return BooksCheck{}, err
	}
	end, err := d.LedgerHead(ctx)
	if err != nil {
		return BooksCheck{}, err
	}
	out, anchors := BooksCheck{Journals: end.Length}, anchors{desk: d}
	var head casework.Head
	for head.Length < end.Length {
		entries, err := d.Ledger(ctx, head.Length+1, int(min(booksPage, end.Length-head.Length)))
		if err != nil {
			return out, err
		}
		if len(entries) == 0 {
			out.Wrong = head.Length + 1
			return out, nil
		}
		if head, err = payments.CheckPage(head, entries); err != nil {
			out.Wrong = wrongEntry(err, entries)
			return out, nil
		}
		for i := range entries {
			fits, err := anchors.hold(ctx, &entries[i])
			if err != nil {
				return out, err
			}
			if !fits {
				out.Wrong = entries[i].Sequence
				return out, nil
			}
		}
	}
	out.Anchored = anchors.held
	switch {
	case head.Hash != end.Hash:
		out.Wrong = max(end.Length, 1)
	case anchors.held == 0 && known > 0: // all of them were written anew
		out.Wrong = 1
	case anchors.held < known: // the last ones were taken away
		out.Wrong = end.Length + 1
	}
	return out, nil
}

// wrongEntry is the journal an error of payments.CheckPage is about.
func wrongEntry(err error, among []payments.Entry) int64 {
	if tampered, ok := errors.AsType[*casework.TamperedError](err); ok {
		return max(tampered.Sequence, 1)
	}
	i := slices.IndexFunc(among, func(e payments.Entry) bool { return e.Journal.Balanced() != nil })
	return among[max(i, 0)].Sequence
}

// anchors are the hashes of journals in the audit trail, in their order, which is that
// of the books: nobody writes to the trail between the two.
type anchors struct {
	desk  *Desk
	page  []db.AnchorsRow
	after int64
	over  bool
	held  int64
}

// hold reports whether a journal is the one the trail has next. The journals before the
// first that is in the trail are older than this rule.
func (a *anchors) hold(ctx context.Context, e *payments.Entry) (bool, error) {
	if len(a.page) == 0 && !a.over {
		page, err := read(ctx, a.desk, func(ctx context.Context, q *db.Queries) ([]db.AnchorsRow, error) {
			return q.Anchors(ctx, db.AnchorsParams{After: a.after, Most: booksPage})
		})
		if err != nil {
			return false, err
		}
		a.page, a.over = page, len(page) < booksPage
		if len(page) > 0 {
			a.after = page[len(page)-1].Sequence
		}
	}
	if len(a.page) == 0 || a.page[0].Hash != e.Hash.String() || a.page[0].CaseID != e.Journal.Payment {
		return a.held == 0, nil
	}
	a.page = a.page[1:]
	a.held++
	return true, nil
}
