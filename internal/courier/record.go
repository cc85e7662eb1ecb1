package courier

import (
	"slices"
	"strings"
	"time"

	"github.com/shequ-io/shequ/api/v1alpha1"
	"github.com/shequ-io/shequ/internal/casework"
)

// Act is what happened to a delivery.
type Act string

// The acts.
const (
	// Delivered: the system has the message. Verdict says what it made of it, where
	// it said so.
	Delivered Act = "delivered"
	// Withheld: nothing was sent, since no element may go or the case has none.
	Withheld Act = "withheld"
	// GivenUp: the message was never taken, and somebody at the desk gave it up.
	GivenUp Act = "given-up"
)

// Record is the verifiable record of one delivery: what fields, for which purpose
// and task, when, and the hash of the message. It holds codes of data elements
// and never a value.
type Record struct {
	// Case, Task (namespace/name) and System it was about.
	Case, Task, System string
	// Version of the case.
	Version int64
	// Purpose the data was delivered for.
	Purpose v1alpha1.PurposeCode
	// At is when: in UTC, in whole microseconds.
	At  time.Time
	Act Act
	// Verdict of the system; empty while it has none.
	Verdict Verdict
	// Reason the system gave, as a case understands it; else empty.
	Reason casework.Reason
	// Key of the message.
	Key Key
	// Codes of the elements in the message, sorted, with a comma between.
	Codes string
	// Refused is how many elements did not go, by reason: "NotAccepted:2", with a
	// comma between, in the order of Whys.
	Refused string
	// Message is the hash of the message (Message.Hash); zero where there was none.
	Message casework.Hash
	// Evidence of the protocol that the system had it, such as X-Road's request
	// hash; else empty.
	Evidence string
}

// NewRecord is the record of what became of a delivery at a time, but for verdict,
// reason and evidence. Sent is what went; the zero Message where nothing did, and
// then facts says what it was about. Refused is what did not go (Selection.Refusals).
// The error is that of Message.Hash.
func NewRecord(act Act, f Facts, sent Message, refused string, at time.Time) (Record, error) {
	r := Record{
		Case: f.Case, Task: f.Task, System: f.System, Version: f.Version, Purpose: f.Purpose,
		At: casework.Moment(at), Act: act, Key: f.Key(), Refused: refused,
	}
	if len(sent.Fields) == 0 {
		return r, nil
	}
	texts := make([]string, len(sent.Codes))
	for i, c := range sent.Codes {
		texts[i] = string(c)
	}
	slices.Sort(texts)
	r.Codes = strings.Join(slices.Compact(texts), ",")
	var err error
	r.Message, err = sent.Hash()
	return r, err
}

// Entry is a record in the chain of a community's deliveries. It is never
// altered.
type Entry struct {
	// Sequence in the chain, from 1, without gaps.
	Sequence int64
	Record   Record
	// Previous is the hash of the entry before; zero in the first.
	Previous casework.Hash
	// Hash of Previous and the entry's canonical form.
	Hash casework.Hash
}

// Append makes the entry that follows a head, and the head after it. Callers see
// to it that no two entries follow one head: in the database, by a lock on the
// head's row.
func Append(head casework.Head, r Record) (Entry, casework.Head) {
	r.At = casework.Moment(r.At)
	e := Entry{Sequence: head.Length + 1, Record: r, Previous: head.Hash}
	e.Hash = casework.ChainHash(e.Previous, e.Canonical())
	return e, casework.Head{Length: e.Sequence, Hash: e.Hash}
}

// recordHeader keeps the hash of a delivery from ever being that of an entry of
// the audit trail, or of another version.
const recordHeader = "shequ.io/courier/v1 delivery\n"

// Canonical is the form of an entry that is hashed (casework.CanonicalForm), with
// a line for each field, in a fixed order; empty ones too. The hashes of the
// chain are not part of it, that of the message is: zero as an empty line.
func (e *Entry) Canonical() []byte {
	r := &e.Record
	message := ""
	if r.Message != (casework.Hash{}) {
		message = r.Message.String()
	}
	return casework.CanonicalForm(recordHeader, []casework.Line{
		{Name: "sequence", Value: casework.CanonicalNumber(e.Sequence)},
		{Name: "case", Value: r.Case},
		{Name: "task", Value: r.Task},
		{Name: "system", Value: r.System},
		{Name: "version", Value: casework.CanonicalNumber(r.Version)},
		{Name: "purpose", Value: string(r.Purpose)},
		{Name: "at", Value: casework.CanonicalTime(r.At)},
		{Name: "act", Value: string(r.Act)},
		{Name: "verdict", Value: string(r.Verdict)},
		{Name: "reason", Value: string(r.Reason)},
		{Name: "key", Value: string(r.Key)},
		{Name: "codes", Value: r.Codes},
		{Name: "refused", Value: r.Refused},
		{Name: "message", Value: message},
		{Name: "evidence", Value: r.Evidence},
	})
}

// intact reports whether an entry's hash is of all that is in it.
func (e *Entry) intact() bool {
	return casework.ChainHash(e.Previous, e.Canonical()) == e.Hash && casework.Moment(e.Record.At).Equal(e.Record.At)
}

// CheckPage checks the entries that follow a head and returns the head they lead
// to, as casework.CheckLinks does. An error is a *casework.TamperedError, which
// names the first entry that was changed, removed, put in or moved.
func CheckPage(from casework.Head, entries []Entry) (casework.Head, error) {
	return casework.CheckLinks(from, links(entries))
}

// Check checks a whole chain against a head that was published, as
// casework.CheckChain does. An error is a *casework.TamperedError.
func Check(entries []Entry, published casework.Head) error {
	return casework.CheckChain(links(entries), published)
}

func links(entries []Entry) []casework.Link {
	out := make([]casework.Link, len(entries))
	for i := range entries {
		e := &entries[i]
		out[i] = casework.Link{Sequence: e.Sequence, Previous: e.Previous, Hash: e.Hash, Intact: e.intact()}
	}
	return out
}
