package payments

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/shequ-io/shequ/internal/casework"
)

// Account is one of a community's books: a kind, and the biller where there is one for
// each. What comes in is positive in the till, what is owed to somebody negative.
type Account string

// Kinds of accounts.
const (
	// TillKind is what the station has: till/cash, and till/other for what came by a
	// means of the station's own and stands elsewhere.
	TillKind = "till"
	// HeldKind is what was taken and the biller has not answered for: held/water.
	HeldKind = "held"
	// OwedKind is what the station owes a biller that confirmed: owed/water.
	OwedKind = "owed"
	// ReturnKind is what has to be returned to residents: return/water.
	ReturnKind = "return"
	// DifferenceKind is what counting a till found: difference/cash is what is missing,
	// and below nothing what is too much.
	DifferenceKind = "difference"
)

// Kinds of accounts there are, in the order in which books show them.
func Kinds() []string {
	return []string{TillKind, HeldKind, OwedKind, ReturnKind, DifferenceKind}
}

// Till is the account of a means.
func Till(m Means) Account { return Account(TillKind + "/" + string(m)) }

// Held is what was taken for a biller that has not answered yet.
func Held(biller string) Account { return Account(HeldKind + "/" + biller) }

// Owed is what the station owes a biller.
func Owed(biller string) Account { return Account(OwedKind + "/" + biller) }

// ToReturn is what residents get back of what they wanted to pay to a biller.
func ToReturn(biller string) Account { return Account(ReturnKind + "/" + biller) }

// Difference is what counting the till of a means found.
func Difference(m Means) Account { return Account(DifferenceKind + "/" + string(m)) }

// Kind of the account.
func (a Account) Kind() string {
	kind, _, _ := strings.Cut(string(a), "/")
	return kind
}

// Of is the biller it is for, or the means of a till.
func (a Account) Of() string {
	_, of, _ := strings.Cut(string(a), "/")
	return of
}

// Posting is what a journal puts on one account.
type Posting struct {
	Account Account
	Amount  Amount // never nothing
}

// Journal is one thing that happened to the money. It holds nobody's number and name.
type Journal struct {
	// Payment it is of; else the id of what was paid over, or of a count.
	Payment string
	Biller  string // empty of a count
	Event   EventType
	// At is when: in UTC, in whole microseconds.
	At     time.Time
	Actor  casework.Actor
	Reason casework.Reason
	// Postings add up to nothing. Sent has none, and neither has a count that fits.
	Postings []Posting
}

// ErrUnbalanced says that a journal does not add up. No step of a payment makes one.
var ErrUnbalanced = errors.New("the journal does not balance; nothing of it is kept")

// Balanced reports whether the postings add up to nothing, each on its own account
// and none of them empty.
func (j *Journal) Balanced() error {
	var sum Amount
	var seen []Account
	for _, p := range j.Postings {
		if p.Amount == 0 || slices.Contains(seen, p.Account) {
			return fmt.Errorf("%w: %s", ErrUnbalanced, p.Account)
		}
		seen = append(seen, p.Account)
		sum += p.Amount
	}
	if sum != 0 {
		return ErrUnbalanced
	}
	return nil
}

// move takes an amount from one account to another.
func move(a Amount, from, to Account) []Posting {
	return []Posting{{Account: to, Amount: a}, {Account: from, Amount: -a}}
}

// PayOver is the journal of what the lead pays over to a biller out of a till. The
// error says what is wrong; whether so much is owed is for whoever holds the books.
func PayOver(id, biller string, amount Amount, from Means, by casework.Actor, at time.Time) (Journal, error) {
	j := Journal{
		Payment: id, Biller: biller, Event: PaidOver, At: casework.Moment(at), Actor: by,
		Postings: move(amount, Till(from), Owed(biller)),
	}
	switch {
	case by.Role != casework.Lead:
		return Journal{}, &RefusedError{Cause: casework.NotYou, Event: PaidOver, Why: "the lead pays over"}
	case id == "" || !nameForm.MatchString(biller) || !slices.Contains(AllMeans(), from):
		return Journal{}, &RefusedError{Cause: casework.Malformed, Event: PaidOver, Why: "it names no biller, or no till"}
	case amount <= 0 || amount > MaxTotal:
		return Journal{}, &RefusedError{Cause: casework.Malformed, Event: PaidOver, Why: ErrAmount.Error()}
	}
	return j, nil
}

// Count is the journal of a till that was counted: what is on it is afterwards what was
// found, and the difference has an account of its own. Counted again, a till that was
// miscounted comes right. The error says what is wrong.
func Count(id string, of Means, counted, booked Amount, by casework.Actor, at time.Time) (Journal, error) {
	j := Journal{Payment: id, Event: Counted, At: casework.Moment(at), Actor: by}
	switch {
	case by.Role != casework.Lead:
		return Journal{}, &RefusedError{Cause: casework.NotYou, Event: Counted, Why: "the lead counts"}
	case !idForm.MatchString(id) || !slices.Contains(AllMeans(), of):
		return Journal{}, &RefusedError{Cause: casework.Malformed, Event: Counted, Why: "a count has a UUID in lower case and a till"}
	case counted < 0 || counted > MaxTotal:
		return Journal{}, &RefusedError{Cause: casework.Malformed, Event: Counted, Why: ErrTotal.Error()}
	case counted != booked:
		j.Postings = move(counted-booked, Difference(of), Till(of))
	}
	return j, nil
}

// Entry is a journal in the chain of a community's books. It is never altered.
type Entry struct {
	// Sequence in the chain, from 1, without gaps.
	Sequence int64
	Journal  Journal
	// Previous is the hash of the entry before; zero in the first.
	Previous casework.Hash
	// Hash of Previous and the entry's canonical form.
	Hash casework.Hash
}

// Append makes the entry that follows a head, and the head after it, as
// casework.Append does for a turn. The error is ErrUnbalanced.
func Append(head casework.Head, j Journal) (Entry, casework.Head, error) {
	if err := j.Balanced(); err != nil {
		return Entry{}, head, err
	}
	j.At = casework.Moment(j.At)
	e := Entry{Sequence: head.Length + 1, Journal: j, Previous: head.Hash}
	e.Hash = casework.ChainHash(e.Previous, e.canonical())
	return e, casework.Head{Length: e.Sequence, Hash: e.Hash}, nil
}

// journalHeader keeps the hash of a journal from ever being that of anything else.
const journalHeader = "shequ.io/payments/v1 journal\n"

func (e *Entry) canonical() []byte {
	j := &e.Journal
	lines := []casework.Line{
		{Name: "sequence", Value: casework.CanonicalNumber(e.Sequence)},
		{Name: "payment", Value: j.Payment},
		{Name: "biller", Value: j.Biller},
		{Name: "event", Value: string(j.Event)},
		{Name: "at", Value: casework.CanonicalTime(j.At)},
		{Name: "actor-role", Value: string(j.Actor.Role)},
		{Name: "actor-work", Value: j.Actor.Work},
		{Name: "reason", Value: string(j.Reason)},
	}
	for _, p := range j.Postings {
		lines = append(lines,
			casework.Line{Name: "account", Value: string(p.Account)},
			casework.Line{Name: "amount", Value: casework.CanonicalNumber(int64(p.Amount))})
	}
	return casework.CanonicalForm(journalHeader, lines)
}

// CheckPage checks the entries that follow a head, and returns the head they lead to:
// each is as it was written, balances, and follows the one before. An error is a
// *casework.TamperedError, or ErrUnbalanced.
func CheckPage(from casework.Head, entries []Entry) (casework.Head, error) {
	links := make([]casework.Link, len(entries))
	for i := range entries {
		e := &entries[i]
		if err := e.Journal.Balanced(); err != nil {
			return from, err
		}
		links[i] = casework.Link{
			Sequence: e.Sequence, Previous: e.Previous, Hash: e.Hash,
			Intact: casework.ChainHash(e.Previous, e.canonical()) == e.Hash && casework.Moment(e.Journal.At).Equal(e.Journal.At),
		}
	}
	return casework.CheckLinks(from, links)
}
