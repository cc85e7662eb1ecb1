package v1alpha1

import (
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// Condition types of a TaskLedger beside Ready, Reconciling and Stalled.
const (
	// ConditionCurrent: every task and decision seen so far is in the ledger.
	ConditionCurrent = "Current"
	// ConditionOvercommitted: a month has more commitments than capacity. Nothing
	// is evicted; nothing new enters.
	ConditionOvercommitted = "Overcommitted"
)

// Reasons of a ledger's conditions.
const (
	ReasonDecided        = "Decided"
	ReasonLedgerFull     = "LedgerFull"
	ReasonOvercommitted  = "Overcommitted"
	ReasonWithinCapacity = "WithinCapacity"
)

// The bounds of a ledger.
const (
	// LedgerHorizonMonths is how many months a ledger looks ahead, the present
	// one included.
	LedgerHorizonMonths = 24
	// LedgerMaxEntries is how many tasks a ledger can hold.
	LedgerMaxEntries = 400
	// LedgerMessageMaxLength is the most characters a message of an entry has.
	LedgerMessageMaxLength = 512
)

// Month is a calendar month in the standard's time zone, as 2006-01.
// +kubebuilder:validation:MinLength=7
// +kubebuilder:validation:MaxLength=7
// +kubebuilder:validation:Pattern=`^[0-9]{4}-(0[1-9]|1[0-2])$`
type Month string

// LedgerMonth is what one month of a community has and what it has promised.
type LedgerMonth struct {
	// month this is about.
	// +required
	Month Month `json:"month,omitempty"`

	// capacityMinutes of working time administrative tasks may take, in minutes.
	// +optional
	// +kubebuilder:validation:Minimum=0
	CapacityMinutes *int64 `json:"capacityMinutes,omitempty"`

	// committedMinutes is what admitted tasks take, in minutes, paused ones
	// included.
	// +optional
	// +kubebuilder:validation:Minimum=0
	CommittedMinutes *int64 `json:"committedMinutes,omitempty"`

	// reservedMinutes is the part of committedMinutes held for admitted tasks
	// that are paused, in minutes.
	// +optional
	// +kubebuilder:validation:Minimum=0
	ReservedMinutes *int64 `json:"reservedMinutes,omitempty"`

	// capacityVisits is how many household visits the grids' teams can make.
	// +optional
	// +kubebuilder:validation:Minimum=0
	CapacityVisits *int64 `json:"capacityVisits,omitempty"`

	// committedVisits is how many admitted tasks take, shared rounds counted once.
	// +optional
	// +kubebuilder:validation:Minimum=0
	CommittedVisits *int64 `json:"committedVisits,omitempty"`

	// indicators admitted tasks ask for in the month.
	// +optional
	// +kubebuilder:validation:Minimum=0
	Indicators *int64 `json:"indicators,omitempty"`

	// reports admitted tasks ask for in the month.
	// +optional
	// +kubebuilder:validation:Minimum=0
	Reports *int64 `json:"reports,omitempty"`
}

// LedgerEntry is one task at a community's door.
type LedgerEntry struct {
	// taskRef names the AdmittedTask.
	// +required
	TaskRef NamespacedReference `json:"taskRef,omitzero"`

	// digest of the terms decided on.
	// +optional
	Digest TaskDigest `json:"digest,omitempty"`

	// decision is where the task stands.
	// +required
	Decision LedgerDecision `json:"decision,omitempty"`

	// reason for the decision, of a closed set.
	// +required
	Reason LedgerReason `json:"reason,omitempty"`

	// message carries the numbers (needs, has) and the smallest change that would
	// alter the answer.
	// +optional
	// +kubebuilder:validation:MaxLength=512
	Message string `json:"message,omitempty"`

	// admittedAt is when the task gained its place, which it keeps while it is
	// admitted, paused or contested. Absent: it has no place.
	// +optional
	AdmittedAt *metav1.Time `json:"admittedAt,omitempty"`

	// minutesPerYear the task takes here, in minutes.
	// +optional
	// +kubebuilder:validation:Minimum=0
	MinutesPerYear *int64 `json:"minutesPerYear,omitempty"`

	// peakMonth is the month in which it takes most.
	// +optional
	PeakMonth Month `json:"peakMonth,omitempty"`

	// peakMinutes is what it takes in that month, in minutes.
	// +optional
	// +kubebuilder:validation:Minimum=0
	PeakMinutes *int64 `json:"peakMinutes,omitempty"`

	// fundingPerYear is the money the task brings here, in the standard's currency.
	// +optional
	FundingPerYear Decimal `json:"fundingPerYear,omitempty"`

	// ledgers the community has to keep for the task.
	// +optional
	// +kubebuilder:validation:Minimum=0
	Ledgers *int64 `json:"ledgers,omitempty"`

	// indicators the task asks for in its fullest month.
	// +optional
	// +kubebuilder:validation:Minimum=0
	Indicators *int64 `json:"indicators,omitempty"`

	// owns are the codes of the data elements this task is the one collector of
	// in the community. Other tasks reuse them; when the task loses its place they
	// pass to the next task that does. A task that was suspended keeps the list
	// until it has a place again, and then gets back what is only reused. They are no DataElementCodes, so that no
	// CEL runs over the entries.
	// +optional
	// +listType=atomic
	// +kubebuilder:validation:MaxItems=64
	// +kubebuilder:validation:items:MinLength=1
	// +kubebuilder:validation:items:MaxLength=63
	Owns []string `json:"owns,omitempty"`

	// since is when the present decision and reason came about.
	// +optional
	Since *metav1.Time `json:"since,omitempty"`

	// until is the last day of the task, or the day it ended, as 2006-01-02.
	// Absent: no end. It is no Date, so that no CEL runs over the entries.
	// +optional
	// +kubebuilder:validation:MinLength=10
	// +kubebuilder:validation:MaxLength=10
	Until string `json:"until,omitempty"`
}

// LedgerTotals sums a ledger up.
type LedgerTotals struct {
	// admitted tasks.
	// +optional
	// +kubebuilder:validation:Minimum=0
	Admitted *int64 `json:"admitted,omitempty"`

	// waiting tasks.
	// +optional
	// +kubebuilder:validation:Minimum=0
	Waiting *int64 `json:"waiting,omitempty"`

	// refused tasks.
	// +optional
	// +kubebuilder:validation:Minimum=0
	Refused *int64 `json:"refused,omitempty"`

	// contested tasks.
	// +optional
	// +kubebuilder:validation:Minimum=0
	Contested *int64 `json:"contested,omitempty"`

	// ended tasks since the ledger began, those whose entries are gone included.
	// +optional
	// +kubebuilder:validation:Minimum=0
	Ended *int64 `json:"ended,omitempty"`

	// minutesPerYear all tasks with a place take, in minutes.
	// +optional
	// +kubebuilder:validation:Minimum=0
	MinutesPerYear *int64 `json:"minutesPerYear,omitempty"`

	// fundingPerYear all tasks with a place bring, in the standard's currency.
	// +optional
	FundingPerYear Decimal `json:"fundingPerYear,omitempty"`

	// ledgers all tasks with a place ask for.
	// +optional
	// +kubebuilder:validation:Minimum=0
	Ledgers *int64 `json:"ledgers,omitempty"`
}

// TaskLedgerStatus is the ledger itself.
type TaskLedgerStatus struct {
	// conditions are Ready, Reconciling, Stalled, Current, Overcommitted.
	// +optional
	// +patchMergeKey=type
	// +patchStrategy=merge
	// +listType=map
	// +listMapKey=type
	// +kubebuilder:validation:MaxItems=8
	Conditions []metav1.Condition `json:"conditions,omitempty" patchStrategy:"merge" patchMergeKey:"type"`

	// observedGeneration is the generation of the ledger this status speaks of.
	// +optional
	// +kubebuilder:validation:Minimum=1
	ObservedGeneration int64 `json:"observedGeneration,omitempty"`

	// totals over the entries.
	// +optional
	Totals *LedgerTotals `json:"totals,omitempty"`

	// months from the present one to the horizon, in order.
	// +optional
	// +listType=atomic
	// +kubebuilder:validation:MaxItems=24
	Months []LedgerMonth `json:"months,omitempty"`

	// entries is every task at the community's door, in the order of admission.
	// Ended ones stay three months.
	// +optional
	// +listType=atomic
	// +kubebuilder:validation:MaxItems=400
	Entries []LedgerEntry `json:"entries,omitempty"`
}

// TaskLedger is everything that is asked of one community, in one list. It has
// the name and namespace of its Community and no spec: it follows from the
// community, its standard, the tasks and the decisions. Only the operator
// writes it.
//
// +kubebuilder:object:root=true
// +kubebuilder:subresource:status
// +kubebuilder:resource:scope=Namespaced,shortName=ledger,categories=shequ
// +kubebuilder:printcolumn:name="Admitted",type=integer,JSONPath=`.status.totals.admitted`
// +kubebuilder:printcolumn:name="Waiting",type=integer,JSONPath=`.status.totals.waiting`
// +kubebuilder:printcolumn:name="Refused",type=integer,JSONPath=`.status.totals.refused`
// +kubebuilder:printcolumn:name="Contested",type=integer,JSONPath=`.status.totals.contested`
// +kubebuilder:printcolumn:name="Minutes",type=integer,JSONPath=`.status.months[0].committedMinutes`
// +kubebuilder:printcolumn:name="Capacity",type=integer,JSONPath=`.status.months[0].capacityMinutes`
// +kubebuilder:printcolumn:name="Overcommitted",type=string,JSONPath=`.status.conditions[?(@.type=="Overcommitted")].status`
// +kubebuilder:printcolumn:name="Current",type=string,JSONPath=`.status.conditions[?(@.type=="Current")].status`
// +kubebuilder:printcolumn:name="Ledgers",type=integer,priority=1,JSONPath=`.status.totals.ledgers`
// +kubebuilder:printcolumn:name="Funding",type=string,priority=1,JSONPath=`.status.totals.fundingPerYear`
// +kubebuilder:printcolumn:name="Age",type=date,JSONPath=`.metadata.creationTimestamp`
type TaskLedger struct {
	metav1.TypeMeta `json:",inline"`

	// metadata is standard object metadata. Name and namespace are those of the
	// Community.
	// +optional
	metav1.ObjectMeta `json:"metadata,omitzero"`

	// status is the ledger.
	// +optional
	Status TaskLedgerStatus `json:"status,omitzero"`
}

// TaskLedgerList is a list of TaskLedgers.
//
// +kubebuilder:object:root=true
type TaskLedgerList struct {
	metav1.TypeMeta `json:",inline"`
	metav1.ListMeta `json:"metadata,omitempty"`
	Items           []TaskLedger `json:"items"`
}
