package casework

// Kind is what a case is about, and which way round the loop it takes.
type Kind string

// The kinds of cases.
const (
	Application Kind = "application"  // for an item of the station
	HelpRequest Kind = "help-request" // something to be seen to, often at a place
	Opinion     Kind = "opinion"      // answered, not worked off
	Mediation   Kind = "mediation"    // between parties who sit at one table
	WorkOrder   Kind = "work-order"   // from the 12345 hotline
)

// Kinds returns every kind, in a fixed order.
func Kinds() []Kind { return []Kind{Application, HelpRequest, Opinion, Mediation, WorkOrder} }

// Step is how far a case has come.
type Step string

// The steps of the loop, and the other ends a case can come to. A case that is
// not yet collected has the empty step.
const (
	Collected   Step = "collected"   // it is in
	Registered  Step = "registered"  // the station has accepted it
	Dispatched  Step = "dispatched"  // it is with a grid
	Transferred Step = "transferred" // it is with another station or a department's system
	Handled     Step = "handled"     // the work is done
	Reported    Step = "reported"    // who asked was told
	Verified    Step = "verified"    // somebody looked whether it is so
	Closed      Step = "closed"
	Rejected    Step = "rejected"
	Withdrawn   Step = "withdrawn"
)

// Steps returns every step, in the order of the loop.
func Steps() []Step {
	return []Step{Collected, Registered, Dispatched, Transferred, Handled, Reported, Verified, Closed, Rejected, Withdrawn}
}

// Ended reports whether nobody has anything left to do. A closed case can still
// be reopened.
func (s Step) Ended() bool { return s == Closed || s == Rejected || s == Withdrawn }

// Role is as whom somebody acts.
type Role string

// The roles.
const (
	Resident   Role = "resident"    // whoever holds the receipt code
	Staff      Role = "staff"       // of the station
	GridWorker Role = "grid-worker" // of one grid
	Lead       Role = "lead"        // of the station
	System     Role = "system"      // the station's own jobs, the courier, a department's system
)

// Roles returns every role, in a fixed order.
func Roles() []Role { return []Role{Resident, Staff, GridWorker, Lead, System} }

// EventType is what is to happen to a case.
type EventType string

// The types of events.
const (
	Collect  EventType = "collect"
	Register EventType = "register"
	Take     EventType = "take" // on oneself, out of a queue
	Dispatch EventType = "dispatch"
	Transfer EventType = "transfer"
	Return   EventType = "return" // into the station's queue, or to whoever handled it
	Handle   EventType = "handle"
	Report   EventType = "report"
	Verify   EventType = "verify"
	Close    EventType = "close"
	Reopen   EventType = "reopen"
	Reject   EventType = "reject"
	Pause    EventType = "pause"
	Resume   EventType = "resume"
	Withdraw EventType = "withdraw"
	Rate     EventType = "rate"
	Escalate EventType = "escalate" // a time limit was passed
)

// EventTypes returns every type of event, in a fixed order.
func EventTypes() []EventType {
	return []EventType{
		Collect, Register, Take, Dispatch, Transfer, Return, Handle, Report, Verify, Close,
		Reopen, Reject, Pause, Resume, Withdraw, Rate, Escalate,
	}
}

// Urgency is how pressing a case is, as the 12345 hotline sorts its orders.
type Urgency string

// The urgencies. An empty one is ordinary.
const (
	Emergency Urgency = "emergency"
	Utility   Urgency = "utility" // water, power, gas, heating, lifts
	Ordinary  Urgency = "ordinary"
	Complex   Urgency = "complex" // several departments have a part in it
)

// Urgencies returns every urgency, in a fixed order.
func Urgencies() []Urgency { return []Urgency{Emergency, Utility, Ordinary, Complex} }

// Reason says why. It is a word of a fixed list and never free text: what is
// written about a person belongs among the case's fields, not into its trail.
type Reason string

// The reasons.
const (
	MaterialsMissing     Reason = "materials-missing"
	ResidentUnavailable  Reason = "resident-unavailable"
	WaitingForDepartment Reason = "waiting-for-department"
	UnsafeNow            Reason = "unsafe-now" // weather, a site that is closed off
	NotOurs              Reason = "not-ours"
	NotEligible          Reason = "not-eligible"
	NotAdmitted          Reason = "not-admitted" // the task behind the item is not admitted
	Duplicate            Reason = "duplicate"
	NothingFound         Reason = "nothing-found"
	OutsideBoundary      Reason = "outside-boundary"
	HolderUnavailable    Reason = "holder-unavailable"
	NotDone              Reason = "not-done"
	CameBack             Reason = "came-back"
	NotAsReported        Reason = "not-as-reported"
	NoLongerNeeded       Reason = "no-longer-needed"
	ConsentWithdrawn     Reason = "consent-withdrawn"
)

// reasons of the events that need one.
var reasons = map[EventType][]Reason{
	Transfer: {NotOurs, OutsideBoundary, WaitingForDepartment},
	Return:   {NotOurs, OutsideBoundary, HolderUnavailable, NotDone, NotAsReported},
	Reopen:   {NotDone, CameBack, NotAsReported},
	Reject:   {NotOurs, NotEligible, NotAdmitted, Duplicate, MaterialsMissing, NothingFound, OutsideBoundary},
	Pause:    {MaterialsMissing, ResidentUnavailable, WaitingForDepartment, UnsafeNow},
	Withdraw: {NoLongerNeeded, ConsentWithdrawn},
}

// Reasons returns the reasons an event of the type can have: it must have one
// of them. Nil where it has none.
func Reasons(t EventType) []Reason { return append([]Reason(nil), reasons[t]...) }
