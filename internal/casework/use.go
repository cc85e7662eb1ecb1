package casework

import (
	"time"

	"github.com/shequ-io/shequ/api/v1alpha1"
)

// Act is what was done with what a resident wrote.
type Act string

// The acts.
const (
	ShowLetter Act = "show-letter" // the fields were shown to the actor
	ShowFile   Act = "show-file"   // a file was
	Erase      Act = "erase"       // letter and files were deleted, their time being over
	// Prefill: fields were put into the form of another application of whoever brought
	// the code or number of this one. Purpose and Task are the new one's.
	Prefill Act = "prefill"
	// ReplayMessage and GiveUpMessage: a message to an information system that was dead
	// is tried again, or never will be.
	ReplayMessage Act = "replay-message"
	GiveUpMessage Act = "give-up-message"
	// Supplement: fields were added to what the resident wrote, corrected or taken out
	// of it. Codes are those fields'.
	Supplement Act = "supplement"
)

// Use is one use of a case's personal data: who was shown or changed what, and what
// for; or that it was deleted. It is recorded in the trail beside the turns, and names the
// codes of data elements, never a value.
type Use struct {
	// Case whose data it was.
	Case string
	// At is when: in UTC, in whole microseconds.
	At  time.Time
	Act Act
	// Actor who was shown it, or changed it; of an Erase, the system that did it.
	Actor Actor
	// Purpose the data is used for.
	Purpose v1alpha1.PurposeCode
	// Task behind the case's item, as namespace/name; empty for none.
	Task string
	// Codes of the data elements shown or changed, sorted, with a comma between.
	Codes string
	// File that was shown, by its id, message that was replayed or given up, by its
	// key, or change that was made, by its id; else empty.
	File string
	// Files is how many files were deleted; of any other act 0.
	Files int64
}

// AppendUse makes the entry that follows a head, and the head after it, as Append
// does for a turn.
func AppendUse(head Head, u Use) (Entry, Head) {
	u.At = instant(u.At)
	e := Entry{Sequence: head.Length + 1, Use: u, Previous: head.Hash}
	e.Hash = e.digest()
	return e, Head{Length: e.Sequence, Hash: e.Hash}
}

// useHeader keeps the hash of a use from ever being that of a turn.
const useHeader = "shequ.io/casework/v1 use\n"

// canonical is the form of a use that is hashed, made as that of a turn.
func (u *Use) canonical(sequence int64) []byte {
	return CanonicalForm(useHeader, []Line{
		{"sequence", CanonicalNumber(sequence)},
		{"case", u.Case},
		{"at", CanonicalTime(u.At)},
		{"act", string(u.Act)},
		{"actor-role", string(u.Actor.Role)},
		{"actor-work", u.Actor.Work},
		{"actor-grid", u.Actor.Grid},
		{"purpose", string(u.Purpose)},
		{"task", u.Task},
		{"codes", u.Codes},
		{"file", u.File},
		{"files", CanonicalNumber(u.Files)},
	})
}

// intact reports whether an entry's hash is of all that is in it: it holds a turn
// or a use and not both, and no time with more in it than is hashed.
func (e *Entry) intact() bool {
	at := e.Turn.At
	if e.Use != (Use{}) {
		at = e.Use.At
		if e.Turn != (Turn{}) {
			return false
		}
	}
	return e.digest() == e.Hash && sameMoment(at)
}
