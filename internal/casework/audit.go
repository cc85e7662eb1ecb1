package casework

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"time"
)

// Hash is a sha256. The zero Hash is the one before the first entry.
type Hash [sha256.Size]byte

const hashPrefix = "sha256:"

// String writes the hash as sha256: and 64 hexadecimal digits.
func (h Hash) String() string { return hashPrefix + hex.EncodeToString(h[:]) }

// ParseHash reads what String writes, and nothing else.
func ParseHash(s string) (Hash, error) {
	var h Hash
	if len(s) != len(h.String()) {
		return Hash{}, errors.New("a hash is sha256: and 64 hexadecimal digits")
	}
	if _, err := hex.Decode(h[:], []byte(s[len(hashPrefix):])); err != nil || h.String() != s {
		return Hash{}, errors.New("a hash is sha256: and 64 lower-case hexadecimal digits")
	}
	return h, nil
}

// Head is how long a trail is and the hash of its last entry: what is published,
// so that nobody can rewrite what lies before it unseen.
type Head struct {
	Length int64
	Hash   Hash
}

// Entry is one record of a community's audit trail: a turn, or a use of what a
// resident wrote. An entry is never altered.
type Entry struct {
	// Sequence in the trail, from 1, without gaps.
	Sequence int64
	// Turn of a case; zero where Use is not.
	Turn Turn
	// Use of personal data; zero where Turn is not.
	Use Use
	// Previous is the hash of the entry before; zero in the first.
	Previous Hash
	// Hash of Previous and the entry's canonical form.
	Hash Hash
}

// Append makes the entry of a turn that follows a head, and the head after it. Callers see
// to it that no two entries follow one head: in the database, by a lock on the
// head's row.
func Append(head Head, t Turn) (Entry, Head) {
	t.At = instant(t.At)
	e := Entry{Sequence: head.Length + 1, Turn: t, Previous: head.Hash}
	e.Hash = e.digest()
	return e, Head{Length: e.Sequence, Hash: e.Hash}
}

// digest is the hash an entry ought to have.
func (e *Entry) digest() Hash { return ChainHash(e.Previous, e.Canonical()) }

// canonicalHeader keeps the hash of an entry from ever being that of something
// else, or of an entry of another version.
const canonicalHeader = "shequ.io/casework/v1 entry\n"

// Canonical is the form of an entry that is hashed (CanonicalForm), with a line
// for each field, in a fixed order. Fields that are empty are there too, with
// length 0. The hashes are not part of it. A use has a header and fields of its
// own.
func (e *Entry) Canonical() []byte {
	if e.Use != (Use{}) {
		return e.Use.canonical(e.Sequence)
	}
	t := &e.Turn
	v := &t.Event
	return CanonicalForm(canonicalHeader, []Line{
		{"sequence", CanonicalNumber(e.Sequence)},
		{"case", t.Case},
		{"number", CanonicalNumber(t.Number)},
		{"at", CanonicalTime(t.At)},
		{"from", string(t.From)},
		{"to", string(t.To)},
		{"event", v.ID},
		{"type", string(v.Type)},
		{"version", CanonicalNumber(v.Version)},
		{"actor-role", string(v.Actor.Role)},
		{"actor-work", v.Actor.Work},
		{"actor-grid", v.Actor.Grid},
		{"purpose", string(v.Purpose)},
		{"reason", string(v.Reason)},
		{"to-grid", v.To.Grid},
		{"to-station", v.To.Station},
		{"to-system", v.To.System},
		{"opening-case", v.Opening.Case},
		{"opening-kind", string(v.Opening.Kind)},
		{"opening-item", v.Opening.Item},
		{"opening-reopen-days", CanonicalNumber(v.Opening.ReopenDays)},
		{"urgency", string(v.Urgency)},
		{"rating-response", CanonicalNumber(v.Ratings.Response)},
		{"rating-resolution", CanonicalNumber(v.Ratings.Resolution)},
		{"rating-satisfaction", CanonicalNumber(v.Ratings.Satisfaction)},
		{"alarm-clock", string(v.Alarm.Clock)},
		{"alarm-level", string(v.Alarm.Level)},
	})
}

// sameMoment guards the only part of a turn that has several forms in memory:
// a time with less than a microsecond would hash like another.
func sameMoment(at time.Time) bool { return instant(at).Equal(at) }
