package casework

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"slices"
	"strconv"
	"time"
)

// Line is a named value of a canonical form.
type Line struct{ Name, Value string }

// CanonicalForm is the form that is hashed of whatever is kept in a chain: a
// header line, which tells kinds of entries and their versions apart, and then
// one line for each of the values, in the order given,
//
//	name:length:value
//
// where length is the number of bytes of the value, in decimal. As every value
// has its length before it, no two entries have one form, whatever is in them.
func CanonicalForm(header string, lines []Line) []byte {
	var b bytes.Buffer
	b.WriteString(header)
	for _, l := range lines {
		fmt.Fprintf(&b, "%s:%d:%s\n", l.Name, len(l.Value), l.Value)
	}
	return b.Bytes()
}

// CanonicalNumber writes a number for a canonical form: in decimal.
func CanonicalNumber(n int64) string { return strconv.FormatInt(n, 10) }

// CanonicalTime writes a time for a canonical form: in UTC, with six digits of a
// second, such as 2026-02-13T01:00:00.000000Z.
func CanonicalTime(at time.Time) string { return at.UTC().Format("2006-01-02T15:04:05.000000Z07:00") }

// Moment is a time as it is kept and hashed: in UTC, in whole microseconds.
func Moment(at time.Time) time.Time { return instant(at) }

// ChainHash is the hash of an entry: of the hash before it and its canonical form.
func ChainHash(previous Hash, canonical []byte) Hash {
	h := sha256.New()
	h.Write(previous[:])
	h.Write(canonical)
	return Hash(h.Sum(nil))
}

// Link is what checking a chain has to know of an entry.
type Link struct {
	// Sequence in the chain, from 1, without gaps.
	Sequence int64
	// Previous is the hash of the entry before, and Hash that of this one, as they
	// were kept.
	Previous, Hash Hash
	// Intact says that Hash is the one the entry ought to have (ChainHash).
	Intact bool
}

// CheckChain checks a whole chain against a head that was published, which may
// be an older one: links after it are checked against each other only. An error
// is a *TamperedError.
func CheckChain(links []Link, published Head) error {
	head, err := CheckLinks(Head{}, links)
	switch {
	case err != nil:
		return err
	case head.Length < published.Length:
		return &TamperedError{EntryRemoved, head.Length + 1, len(links)}
	case published.Length > 0 && links[published.Length-1].Hash != published.Hash,
		published.Length <= 0 && published != Head{}:
		return &TamperedError{TrailRewritten, published.Length, max(int(published.Length)-1, 0)}
	}
	return nil
}

// CheckLinks checks the links that follow a head and returns the head they lead
// to, so that a long chain can be read page by page. The caller compares heads
// with those that were published: what is missing at the end, or was made up from
// beginning to end, shows there only. An error is a *TamperedError.
func CheckLinks(from Head, links []Link) (Head, error) {
	head := from
	for i, l := range links {
		want := head.Length + 1
		switch {
		case !l.Intact:
			return head, &TamperedError{EntryChanged, l.Sequence, i}
		case l.Sequence == want && l.Previous == head.Hash:
			head = Head{Length: want, Hash: l.Hash}
			continue
		case l.Sequence == want:
			return head, unlinked(head, links, i)
		}
		return head, misplaced(head, links, i)
	}
	return head, nil
}

// unlinked is the finding on a link that is in its place but follows another
// than the one before it. If what comes after follows it, the one before was
// changed and hashed anew; else it was put in.
func unlinked(head Head, links []Link, i int) error {
	if i+1 < len(links) && links[i+1].Sequence == links[i].Sequence {
		return &TamperedError{EntryInserted, links[i].Sequence, i}
	}
	if i+1 < len(links) && links[i+1].Previous != links[i].Hash {
		return &TamperedError{EntryChanged, links[i].Sequence, i}
	}
	return &TamperedError{EntryChanged, head.Length, max(i-1, 0)}
}

// misplaced is the finding on a link whose number is not the next one.
func misplaced(head Head, links []Link, i int) error {
	want := head.Length + 1
	later := slices.ContainsFunc(links[i+1:], func(l Link) bool { return l.Sequence == want })
	switch {
	case links[i].Sequence < want:
		return &TamperedError{EntryInserted, links[i].Sequence, i}
	case later:
		return &TamperedError{EntryMoved, links[i].Sequence, i}
	}
	return &TamperedError{EntryRemoved, want, i}
}
