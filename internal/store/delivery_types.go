package store

import (
	"time"

	"github.com/shequ-io/shequ/api/v1alpha1"
	"github.com/shequ-io/shequ/internal/casework"
	"github.com/shequ-io/shequ/internal/courier"
	"github.com/shequ-io/shequ/internal/seal"
)

// What stands for the task in messages that are of no case.
const (
	// ReportTask is of the monthly figures.
	ReportTask = "report"
	// PaymentTask is of payments.
	PaymentTask = "payment"
)

// ParcelContext binds a sealed message to its key, and so to case, task, system,
// purpose and version.
func ParcelContext(key courier.Key) []byte { return []byte("shequ.io/store/v1 message " + string(key)) }

// DeliveryState is how a delivery stands.
type DeliveryState string

// The states: of what waits in the outbox, and of what is on record.
const (
	DeliveryWaiting   DeliveryState = "waiting"
	DeliveryUnderWay  DeliveryState = "under-way"
	DeliveryDead      DeliveryState = "dead" // until somebody at the desk replays it or gives it up
	DeliveryDelivered DeliveryState = "delivered"
	DeliveryWithheld  DeliveryState = "withheld"
	DeliveryGivenUp   DeliveryState = "given-up"
)

// ReplyState is what became of a system's answer at the desk.
type ReplyState string

// The states of an answer.
const (
	ReplyWaiting ReplyState = "waiting" // the clerk has not come to it
	ReplyApplied ReplyState = "applied"
	// ReplyRefused: the case was not to be changed by it, or could not be any more.
	// It is shown, and somebody decides.
	ReplyRefused ReplyState = "refused"
)

// CauseTellOnly of a refused reply: the task wants it told and the case left alone.
// All other causes are those of casework.
const CauseTellOnly casework.Cause = "tell-only"

// Delivery is a message to a system, or what became of it: codes and counts, and no
// value.
type Delivery struct {
	Key courier.Key
	// Case it is of, and its Number: empty for what is of none.
	Case, Number string
	Task, System string
	Purpose      v1alpha1.PurposeCode
	Version      int64
	State        DeliveryState
	// At is when it was entered, or when what is on record happened.
	At time.Time
	// NotBefore is when it is tried next; zero when it is not.
	NotBefore time.Time
	Failures  int64
	// Why it failed last, in a word.
	Why string
	// Codes of the elements in it, with a comma between; Refused is how many did not
	// go, by reason, as in a courier.Record.
	Codes, Refused string
	// Verdict, Reason and Reference are the system's; empty while it has said nothing.
	Verdict   courier.Verdict
	Reason    casework.Reason
	Reference string
	// Reply is what became of the answer at the desk; empty while there is none.
	// Cause tells why it was refused.
	Reply ReplyState
	Cause casework.Cause
	// Message is its hash; zero where there was none.
	Message casework.Hash
	// Sequence in the chain of records; 0 while it is in none.
	Sequence int64
}

// SystemBacklog is what waits for a system.
type SystemBacklog struct {
	System string
	// Waiting messages, those under way included, and dead ones.
	Waiting, Dead int64
	// Oldest is when the oldest of them was entered.
	Oldest time.Time
}

// Prefill asks for what the community may already know for a new application.
type Prefill struct {
	// Item and Task (namespace/name; empty for none) of the new application.
	Item, Task string
	// Purpose it uses data for.
	Purpose v1alpha1.PurposeCode
	// Fields its form asks for.
	Fields []PrefillField
}

// PrefillField is a field of a form, as the standard and the task declare it.
type PrefillField struct {
	// Code of the data element, and its Class by the standard: Base, Contact, …
	Code, Class string
	// Reused: the task reuses what another has collected, for Purpose.
	Reused  bool
	Purpose v1alpha1.PurposeCode
}

// CourierKeys are what the courier opens and closes with.
type CourierKeys struct {
	// Open opens messages (seal.Seed.Courier).
	Open seal.PrivateKey
	// Public seals letters of work orders (seal.Seed.Sealing).
	Public seal.PublicKey
	// Receipts is the key of receipt codes' hashes, of at least 32 bytes.
	Receipts []byte
}

// Parcel is a message that was claimed, opened.
type Parcel struct {
	courier.Message

	Key courier.Key
	// Refused is what did not go, as a courier.Record has it.
	Refused string
	// TellOnly: a rejection does not end the case.
	TellOnly bool
	Failures int64
	Entered  time.Time

	// until is the end of the lease it was claimed with.
	until time.Time
}

// Settlement is what became of a parcel that was claimed: exactly one of Delivered,
// Later and Dead.
type Settlement struct {
	Key courier.Key
	// Parcel as it was claimed.
	Parcel *Parcel
	At     time.Time

	// Delivered: the system has it; what it said of it, if it did.
	Delivered *courier.Outcome
	// Reference is the number the system has given it; Evidence the protocol's.
	Reference, Evidence string
	// Body of the answer, which is kept, sealed, where the message was a question.
	Body []byte

	// Later is when it is tried again.
	Later time.Time
	// Failed counts it as a failure: a pending acknowledgement does not.
	Failed bool
	// Why it failed, or is dead, in a word that holds nothing of anybody.
	Why string
	// Dead: somebody at the desk has to look.
	Dead bool
}

// WorkOrder is what a hotline asks for.
type WorkOrder struct {
	// System it comes from, and the key it gave the order: with both it is kept once.
	System, Key string
	// Reference is its number in the system.
	Reference string
	Urgency   casework.Urgency // empty: ordinary
	// Terms of the case; System and Reference are filled in.
	Terms    Terms
	Letter   Letter
	Received time.Time
}

// Report is a monthly report that a system gets.
type Report struct {
	System  string
	Purpose v1alpha1.PurposeCode
	// Community is what it calls itself in the report.
	Community string
}
