package casework

import "fmt"

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

// CheckTrail is CheckChain for a whole trail. An error is a *TamperedError.
func CheckTrail(entries []Entry, published Head) error { return CheckChain(links(entries), published) }

// CheckPage is CheckLinks for a page of a trail. An error is a *TamperedError.
func CheckPage(from Head, entries []Entry) (Head, error) { return CheckLinks(from, links(entries)) }

func links(entries []Entry) []Link {
	out := make([]Link, len(entries))
	for i := range entries {
		e := &entries[i]
		out[i] = Link{Sequence: e.Sequence, Previous: e.Previous, Hash: e.Hash, Intact: e.intact()}
	}
	return out
}
