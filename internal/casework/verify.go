package casework

import (
	"fmt"
	"slices"
)

// Tampering is what was done to a trail.
type Tampering string

// The kinds of tampering.
const (
	EntryChanged   Tampering = "changed"
	EntryRemoved   Tampering = "removed"
	EntryInserted  Tampering = "inserted"
	EntryMoved     Tampering = "moved"
	TrailRewritten Tampering = "rewritten" // consistent in itself, but not what was published
)

// TamperedError says what is wrong with a trail, at the first entry where
// anything is.
type TamperedError struct {
	Tampering Tampering
	// Sequence of the entry; where several were removed, of the first.
	Sequence int64
	// Index among the entries given, from 0, at which it shows; their number where
	// it shows at their end.
	Index int
}

// Error says it in a sentence.
func (e *TamperedError) Error() string {
	if e.Tampering == TrailRewritten {
		return fmt.Sprintf("the trail up to entry %d is not the one whose head was published", e.Sequence)
	}
	return fmt.Sprintf("entry %d of the trail was %s", e.Sequence, e.Tampering)
}

// CheckTrail checks a whole trail against a head that was published, which may
// be an older one: entries after it are checked against each other only. An
// error is a *TamperedError.
func CheckTrail(entries []Entry, published Head) error {
	head, err := CheckPage(Head{}, entries)
	switch {
	case err != nil:
		return err
	case head.Length < published.Length:
		return &TamperedError{EntryRemoved, head.Length + 1, len(entries)}
	case published.Length > 0 && entries[published.Length-1].Hash != published.Hash,
		published.Length <= 0 && published != Head{}:
		return &TamperedError{TrailRewritten, published.Length, max(int(published.Length)-1, 0)}
	}
	return nil
}

// CheckPage checks the entries that follow a head and returns the head they lead
// to, so that a long trail can be read page by page. The caller compares heads
// with those that were published: what is missing at the end, or was made up from
// beginning to end, shows there only. An error is a *TamperedError.
func CheckPage(from Head, entries []Entry) (Head, error) {
	head := from
	for i := range entries {
		e := &entries[i]
		want := head.Length + 1
		switch {
		case !e.intact():
			return head, &TamperedError{EntryChanged, e.Sequence, i}
		case e.Sequence == want && e.Previous == head.Hash:
			head = Head{Length: want, Hash: e.Hash}
			continue
		case e.Sequence == want:
			return head, unlinked(head, entries, i)
		}
		return head, misplaced(head, entries, i)
	}
	return head, nil
}

// unlinked is the finding on an entry that is in its place but follows another
// entry than the one before it. If what comes after follows it, the one before
// was changed and hashed anew; else it was put in.
func unlinked(head Head, entries []Entry, i int) error {
	if i+1 < len(entries) && entries[i+1].Sequence == entries[i].Sequence {
		return &TamperedError{EntryInserted, entries[i].Sequence, i}
	}
	if i+1 < len(entries) && entries[i+1].Previous != entries[i].Hash {
		return &TamperedError{EntryChanged, entries[i].Sequence, i}
	}
	return &TamperedError{EntryChanged, head.Length, max(i-1, 0)}
}

// misplaced is the finding on an entry whose number is not the next one.
func misplaced(head Head, entries []Entry, i int) error {
	want := head.Length + 1
	later := slices.ContainsFunc(entries[i+1:], func(e Entry) bool { return e.Sequence == want })
	switch {
	case entries[i].Sequence < want:
		return &TamperedError{EntryInserted, entries[i].Sequence, i}
	case later:
		return &TamperedError{EntryMoved, entries[i].Sequence, i}
	}
	return &TamperedError{EntryRemoved, want, i}
}
