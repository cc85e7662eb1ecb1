package courier

import (
	"fmt"
	"log/slog"
	"slices"
	"strings"

	"github.com/shequ-io/shequ/api/v1alpha1"
	"github.com/shequ-io/shequ/internal/casework"
	"github.com/shequ-io/shequ/internal/privacy"
)

// Why says why an element does not go to a system.
type Why string

// The reasons, in the order in which they are looked for: of several the first
// is given.
const (
	// Forbidden: it belongs to a class of data nobody may deliver, whatever task
	// and system declare.
	Forbidden Why = "Forbidden"
	// TaskNotAdmitted: the task behind the case is not, or no longer, among those the
	// community works for.
	TaskNotAdmitted Why = "TaskNotAdmitted"
	// NotConnected: the community is not connected to the system.
	NotConnected Why = "NotConnected"
	// WrongSystem: the delivery is meant for another system, or none is for this one.
	WrongSystem Why = "WrongSystem"
	// UndeclaredElement: the task does not declare it among its data.
	UndeclaredElement Why = "UndeclaredElement"
	// CaseWithdrawn: the resident has withdrawn the case.
	CaseWithdrawn Why = "CaseWithdrawn"
	// ConsentWithdrawn: the person concerned no longer consents to its use.
	ConsentWithdrawn Why = "ConsentWithdrawn"
	// PurposeNotAllowed: the system does not take data for the delivery's purpose.
	PurposeNotAllowed Why = "PurposeNotAllowed"
	// OtherPurpose: the task uses the element for another purpose than the
	// delivery's.
	OtherPurpose Why = "OtherPurpose"
	// NotAccepted: the system does not take the element.
	NotAccepted Why = "NotAccepted"
	// NotMapped: the delivery's mapping makes no message of what the case has.
	NotMapped Why = "NotMapped"
	// RetentionOver: its time was over before the system had it, and it was deleted.
	RetentionOver Why = "RetentionOver"
	// Corrected: what was written was corrected while it waited, and what follows it says
	// so.
	Corrected Why = "Corrected"
	// PaymentCancelled: the payment it was about was cancelled before anybody sent it.
	PaymentCancelled Why = "PaymentCancelled"
)

// Whys returns every reason, in the order in which they are looked for.
func Whys() []Why {
	return []Why{
		Forbidden, TaskNotAdmitted, NotConnected, WrongSystem, UndeclaredElement, CaseWithdrawn, ConsentWithdrawn,
		PurposeNotAllowed, OtherPurpose, NotAccepted, NotMapped, RetentionOver, Corrected, PaymentCancelled,
	}
}

// Terms are what an admitted task declares of one delivery.
type Terms struct {
	// Task as namespace/name.
	Task string
	// Data the task declares: all of it, not only what is delivered.
	Data []v1alpha1.TaskData
	// Delivery is one of the task's.
	Delivery v1alpha1.TaskDelivery
}

// System is what has to be known of an information system to decide what it
// gets. One without a name is none the community is connected to.
type System struct {
	Name     string
	Accepts  []Code
	Purposes []v1alpha1.PurposeCode
}

// Subject is the case a delivery is about.
type Subject struct {
	// Case is its identifier.
	Case string
	// Version of the case, from 1.
	Version int64
	// Salt of the message's hash (Message.Salt).
	Salt string
	// Fields are what the community has of it.
	Fields casework.Fields
	// Withdrawn: the resident has withdrawn the case, and nothing more is delivered.
	Withdrawn bool
	// Revoked are the elements to whose use the person concerned no longer consents.
	Revoked []Code
}

// Refusal is one element that does not go.
type Refusal struct {
	Why Why
	// Code of the element. It is empty where only the case names it: what a sender
	// called his fields might say something about somebody.
	Code Code
}

// Selection is what a delivery carries, and what becomes of the rest: each
// element the delivery or the case names is in exactly one of its members.
type Selection struct {
	// Payload goes to the system. No value in it is blank.
	Payload casework.Fields
	// Refused elements, sorted by reason and code.
	Refused []Refusal
	// Absent elements would go, but the case has none. Sorted.
	Absent []Code
	// Kept elements are the task's and no part of this delivery. Sorted.
	Kept []Code
}

// Select takes from a case what goes to a system: the elements the task declares
// and its delivery names, that the system accepts, for a purpose which it allows
// and the task uses them for, to whose use nobody objects. An element of a
// forbidden class never goes, by whatever code it hides.
func Select(t Terms, s System, about Subject) Selection {
	out := Selection{Payload: casework.Fields{}}
	asked := t.Delivery.Elements
	for _, code := range slices.Compact(slices.Sorted(slices.Values(asked))) {
		switch why := refuse(t, s, about, code); {
		case why != "":
			out.Refused = append(out.Refused, Refusal{Why: why, Code: code})
		case strings.TrimSpace(about.Fields[code]) == "":
			out.Absent = append(out.Absent, code)
		default:
			out.Payload[code] = about.Fields[code]
		}
	}
	for _, code := range about.Fields.Codes() {
		switch {
		case slices.Contains(asked, code):
		case forbidden(code):
			out.Refused = append(out.Refused, Refusal{Why: Forbidden})
		case declaration(t, code) == nil:
			out.Refused = append(out.Refused, Refusal{Why: UndeclaredElement})
		default:
			out.Kept = append(out.Kept, code)
		}
	}
	sortRefusals(out.Refused)
	return out
}

// Nothing is the selection of a case no delivery can be looked up for: what it has
// is refused for that reason, or as Forbidden.
func Nothing(fields casework.Fields, why Why) Selection {
	out := Selection{Payload: casework.Fields{}}
	for _, code := range fields.Codes() {
		refusal := Refusal{Why: why}
		if forbidden(code) {
			refusal.Why = Forbidden
		}
		out.Refused = append(out.Refused, refusal)
	}
	sortRefusals(out.Refused)
	return out
}

// withheld is the selection when all that would have gone stays, for one reason.
func (s Selection) withheld(why Why) Selection {
	for _, code := range s.Payload.Codes() {
		s.Refused = append(s.Refused, Refusal{Why: why, Code: code})
	}
	s.Payload = casework.Fields{}
	sortRefusals(s.Refused)
	return s
}

func sortRefusals(all []Refusal) {
	slices.SortFunc(all, func(a, b Refusal) int {
		if a.Why != b.Why {
			return slices.Index(Whys(), a.Why) - slices.Index(Whys(), b.Why)
		}
		return strings.Compare(string(a.Code), string(b.Code))
	})
}

// refuse says why an element the delivery names does not go; empty where it does.
func refuse(t Terms, s System, about Subject, code Code) Why {
	declared := declaration(t, code)
	switch {
	case forbidden(code):
		return Forbidden
	case s.Name == "":
		return NotConnected
	case t.Delivery.SystemRef.Name != s.Name:
		return WrongSystem
	case declared == nil:
		return UndeclaredElement
	case about.Withdrawn:
		return CaseWithdrawn
	case slices.Contains(about.Revoked, code):
		return ConsentWithdrawn
	case t.Delivery.Purpose == "" || !slices.Contains(s.Purposes, t.Delivery.Purpose):
		return PurposeNotAllowed
	case declared.Purpose != t.Delivery.Purpose:
		return OtherPurpose
	case !slices.Contains(s.Accepts, code):
		return NotAccepted
	}
	return ""
}

// declaration of an element by the task; nil where there is none.
func declaration(t Terms, code Code) *v1alpha1.TaskData {
	for i := range t.Data {
		if t.Data[i].Element == code && code != "" {
			return &t.Data[i]
		}
	}
	return nil
}

func forbidden(text Code) bool {
	_, _, found := privacy.Forbidden(string(text))
	return found
}

// Counts is how many elements were refused, by reason; reasons without any are
// not in it.
func (s Selection) Counts() map[Why]int64 {
	out := map[Why]int64{}
	for _, r := range s.Refused {
		out[r.Why]++
	}
	return out
}

// Refusals is Counts for a record: "NotAccepted:2,OtherPurpose:1", in the order
// of Whys.
func (s Selection) Refusals() string {
	counts := s.Counts()
	var parts []string
	for _, why := range Whys() {
		if counts[why] > 0 {
			parts = append(parts, fmt.Sprintf("%s:%d", why, counts[why]))
		}
	}
	return strings.Join(parts, ",")
}

// Format prints how many elements go and how many do not, whatever the verb.
func (s Selection) Format(f fmt.State, _ rune) { fmt.Fprint(f, s.redacted()) }

// LogValue logs how many elements go and how many do not.
func (s Selection) LogValue() slog.Value { return slog.StringValue(s.redacted()) }

func (s Selection) redacted() string {
	return fmt.Sprintf("(%d elements, %d refused)", len(s.Payload), len(s.Refused))
}
