package payments

import (
	"fmt"
	"regexp"
	"slices"
	"time"

	"github.com/shequ-io/shequ/internal/casework"
)

// Means is how money came in. Of none is more kept than this word.
type Means string

// The means.
const (
	Cash  Means = "cash"
	Other Means = "other" // the station's own, such as its terminal for cards
)

// AllMeans returns every means, in a fixed order.
func AllMeans() []Means { return []Means{Cash, Other} }

// State is how far a payment has come.
type State string

// The states.
const (
	Taken     State = "taken"     // the money is here; nothing was sent yet
	Sent      State = "sent"      // the biller's system may have it
	Confirmed State = "confirmed" // the biller has taken it, with a receipt number
	Refused   State = "refused"   // the biller has not; the resident gets the money back
	Returned  State = "returned"  // and got it
	Cancelled State = "cancelled" // before it was sent; the resident has the money
)

// States returns every state, in a fixed order.
func States() []State { return []State{Taken, Sent, Confirmed, Refused, Returned, Cancelled} }

// Ended reports whether nothing is left to be done for the resident.
func (s State) Ended() bool { return s == Confirmed || s == Returned || s == Cancelled }

// EventType is what happens to a payment, or to the books.
type EventType string

// The types of events.
const (
	Take    EventType = "take"
	Send    EventType = "send"
	Confirm EventType = "confirm"
	Refuse  EventType = "refuse"
	Return  EventType = "return"
	Cancel  EventType = "cancel"
	// PaidOver is no event of a payment: the lead paid a biller what is owed.
	PaidOver EventType = "paid-over"
	// Counted is none either: the lead counted a till.
	Counted EventType = "count"
)

// Event happens to a payment.
type Event struct {
	Type  EventType
	Actor casework.Actor
	// Reason of a Refuse; else empty.
	Reason casework.Reason
	// Receipt is the biller's number of a Confirm; else empty.
	Receipt string
}

// Payment is one, with nothing about whoever pays. The zero Payment is none.
type Payment struct {
	ID     string // a UUID
	Biller string // its name
	Amount Amount
	Means  Means
	State  State
	// Reason for which it was refused; else empty.
	Reason casework.Reason
	// Receipt is the biller's number of it; empty until it is confirmed, and where the
	// biller gives none.
	Receipt string
	// Version is how many events were applied.
	Version int64
}

// GivenUp is the reason of a payment whose message never arrived: somebody at the
// desk gave it up.
const GivenUp casework.Reason = "given-up"

var (
	nameForm    = regexp.MustCompile(`^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$`)
	idForm      = regexp.MustCompile(`^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$`)
	receiptForm = regexp.MustCompile(`^[A-Za-z0-9./-]{1,64}$`)
	reasonForm  = regexp.MustCompile(`^[a-z]([-a-z]{0,61}[a-z])?$`)
)

// RefusedError says why an event was not applied. It holds no value anybody wrote.
type RefusedError struct {
	Cause casework.Cause
	Event EventType
	Why   string
}

// Error says it in a line.
func (e *RefusedError) Error() string { return fmt.Sprintf("%s refused: %s", e.Event, e.Why) }

// step is where an event leads from, and who may cause it.
type step struct {
	from []State
	to   State
	by   []casework.Role
}

var steps = map[EventType]step{
	Take:    {from: []State{""}, to: Taken, by: []casework.Role{casework.Staff, casework.Lead}},
	Send:    {from: []State{Taken}, to: Sent, by: []casework.Role{casework.System}},
	Confirm: {from: []State{Sent, Refused}, to: Confirmed, by: []casework.Role{casework.System, casework.Lead}},
	Refuse:  {from: []State{Sent}, to: Refused, by: []casework.Role{casework.System}},
	Return:  {from: []State{Refused}, to: Returned, by: []casework.Role{casework.Staff, casework.Lead}},
	Cancel:  {from: []State{Taken}, to: Cancelled, by: []casework.Role{casework.Staff, casework.Lead}},
}

// Allowed is what somebody of a role may do with a payment in its state.
func Allowed(p *Payment, role casework.Role) []EventType {
	var out []EventType
	for _, e := range []EventType{Send, Confirm, Refuse, Return, Cancel} {
		s := steps[e]
		if slices.Contains(s.from, p.State) && slices.Contains(s.by, role) && !overruled(p, e, role) {
			out = append(out, e)
		}
	}
	return out
}

// overruled reports whether an event would go against what is known: what a biller
// refused is not confirmed by the same system, and what it refused with a reason of
// its own is confirmed by nobody. What was given up may have arrived all the same: the
// lead finds it on the biller's statement.
func overruled(p *Payment, e EventType, role casework.Role) bool {
	return e == Confirm && p.State == Refused && (role != casework.Lead || p.Reason != GivenUp)
}

// Apply applies an event to a payment, and returns the payment after it with the
// journal of what it means. An event that already happened (the same state, receipt
// and reason) is applied once: the journal is nil then. The error is a *RefusedError.
func Apply(p Payment, e Event, at time.Time) (Payment, *Journal, error) {
	if err := e.fit(); err != nil {
		return p, nil, err
	}
	s := steps[e.Type]
	switch {
	case e.Type == Take && p.State == "":
		if err := p.fit(); err != nil {
			return p, nil, err
		}
	case e.Type != Take && p.State == s.to && (e.Type != Confirm || e.Receipt == p.Receipt) && (e.Type != Refuse || e.Reason == p.Reason):
		return p, nil, nil
	case !slices.Contains(s.from, p.State) || overruled(&p, e.Type, e.Actor.Role):
		return p, nil, &RefusedError{Cause: casework.NotNow, Event: e.Type, Why: fmt.Sprintf("the payment is %s", p.State)}
	}
	j := &Journal{
		Payment: p.ID, Biller: p.Biller, Event: e.Type, At: casework.Moment(at), Actor: e.Actor, Reason: e.Reason,
		Postings: p.postings(e.Type),
	}
	switch e.Type {
	case Refuse:
		p.Reason = e.Reason
	case Confirm:
		p.Reason, p.Receipt = "", e.Receipt
	case Take, Send, Return, Cancel, PaidOver, Counted:
	}
	p.State = s.to
	p.Version++
	return p, j, nil
}

// fit refuses an event that is none, whatever the payment.
func (e *Event) fit() error {
	s, known := steps[e.Type]
	refuse := func(cause casework.Cause, why string) error {
		return &RefusedError{Cause: cause, Event: e.Type, Why: why}
	}
	switch {
	case !known:
		return refuse(casework.Malformed, "there is no such event of a payment")
	case !slices.Contains(s.by, e.Actor.Role):
		return refuse(casework.NotYou, "this is for "+fmt.Sprint(s.by))
	case (e.Type == Refuse) != (e.Reason != "") || e.Reason != "" && !reasonForm.MatchString(string(e.Reason)):
		return refuse(casework.Malformed, "a refusal, and nothing else, has a reason")
	case e.Receipt != "" && (e.Type != Confirm || !IsReceipt(e.Receipt)):
		return refuse(casework.Malformed, "a confirmation alone has a receipt number, of 1 to 64 letters, digits, points, slashes and dashes")
	case e.Type == Confirm && e.Actor.Role == casework.Lead && e.Receipt == "":
		return refuse(casework.Malformed, "write the receipt number that stands on the biller's statement")
	}
	return nil
}

// IsReceipt reports whether a text can be a biller's receipt number.
func IsReceipt(text string) bool { return receiptForm.MatchString(text) && !LooksLikeCard(text) }

// fit refuses a payment that can't be taken.
func (p *Payment) fit() error {
	refuse := func(why string) error { return &RefusedError{Cause: casework.Malformed, Event: Take, Why: why} }
	switch {
	case !idForm.MatchString(p.ID):
		return refuse("its id is no UUID in lower case")
	case !nameForm.MatchString(p.Biller):
		return refuse("it names no biller")
	case p.Amount <= 0 || p.Amount > MaxAmount:
		return refuse(ErrAmount.Error())
	case !slices.Contains(AllMeans(), p.Means):
		return refuse("it came in cash or by other means")
	case p.Reason != "" || p.Receipt != "" || p.Version != 0:
		return refuse("it has been taken before")
	}
	return nil
}

// postings of an event: where the money goes.
func (p *Payment) postings(e EventType) []Posting {
	till, held, owed, back := Till(p.Means), Held(p.Biller), Owed(p.Biller), ToReturn(p.Biller)
	switch e {
	case Take:
		return move(p.Amount, held, till)
	case Confirm:
		if p.State == Refused {
			return move(p.Amount, owed, back)
		}
		return move(p.Amount, owed, held)
	case Refuse:
		return move(p.Amount, back, held)
	case Return:
		return move(p.Amount, till, back)
	case Cancel:
		return move(p.Amount, till, held)
	case Send, PaidOver, Counted:
	}
	return nil
}
