// Package plan works out what tasks would mean before anything is applied: for
// each community the ledger that would follow, and for each proposed task the
// hours, money, data and decision there, with what would change the answer. It
// asks the very engine the admission controller asks.
//
// It is pure: objects come in, a plan goes out, and where the objects are from
// (files, a cluster, or files laid over a cluster) is its caller's business. It
// does not write ledgers and does not render; package show does.
package plan

import (
	"slices"
	"time"

	"github.com/shequ-io/shequ/api/v1alpha1"
	"github.com/shequ-io/shequ/internal/admission"
)

// Ref names an object of a namespaced kind.
type Ref = v1alpha1.NamespacedReference

// Plan is what would follow from the objects.
type Plan struct {
	// At is the moment the plan is for.
	At time.Time `json:"at"`
	// Passed reports whether every proposed task enters, or has its place kept,
	// in every community it is meant for.
	Passed bool `json:"passed"`
	// Assumed is what is taken for granted though nobody has said it yet.
	Assumed []string `json:"assumed,omitempty"`
	// Notes is what the reader should know besides.
	Notes []string `json:"notes,omitempty"`
	// Tasks are the proposed ones, by namespace and name.
	Tasks []Task `json:"tasks"`
	// Communities by namespace and name.
	Communities []Community `json:"communities"`
}

// Task sums up one proposed task over the communities it is meant for.
type Task struct {
	Ref      Ref                    `json:"task"`
	Title    v1alpha1.LocalizedText `json:"title"`
	Category v1alpha1.TaskCategory  `json:"category,omitempty"`
	Digest   v1alpha1.TaskDigest    `json:"digest"`

	Targeted  int `json:"targeted"`
	Admitted  int `json:"admitted"`
	Reserved  int `json:"reserved"` // not yet effective, place kept
	Waiting   int `json:"waiting"`
	Refused   int `json:"refused"`
	Contested int `json:"contested"`
	Ended     int `json:"ended"`

	// Asked is what the task asks of all communities it is meant for, and
	// Entered what it takes and brings where it has a place.
	Asked   Sum `json:"asked"`
	Entered Sum `json:"entered"`

	barred int // communities something keeps it out of
}

// passed reports whether nothing keeps the task out anywhere.
func (t *Task) passed() bool { return t.Targeted > 0 && t.barred == 0 }

// Sum is working time and money of a year.
type Sum struct {
	MinutesPerYear int64            `json:"minutesPerYear"`
	CostPerYear    v1alpha1.Decimal `json:"costPerYear"`
	FundingPerYear v1alpha1.Decimal `json:"fundingPerYear"`
}

// Community is one community as it would be.
type Community struct {
	Ref   Ref                    `json:"community"`
	Title v1alpha1.LocalizedText `json:"title"`
	// Ledger is the whole ledger that would follow, without conditions.
	Ledger v1alpha1.TaskLedgerStatus `json:"ledger"`
	// Overcommitted says which month is promised more than it has.
	Overcommitted string `json:"overcommitted,omitempty"`
	// Answers to the proposed tasks, in the ledger's order.
	Answers []Answer `json:"answers"`
	// Others are tasks that are not proposed and whose answer would change.
	Others []Shift `json:"others,omitempty"`
	// Before is the burden without what is planned; nil where the community is
	// new.
	Before *Burden `json:"before,omitempty"`
	After  Burden  `json:"after"`
}

// Answer is what one community says to one proposed task.
type Answer struct {
	Task     Ref                     `json:"task"`
	Decision v1alpha1.LedgerDecision `json:"decision"`
	Reason   v1alpha1.LedgerReason   `json:"reason"`
	Message  string                  `json:"message,omitempty"`
	// Placed reports whether the task has a place, even if it has yet to begin.
	Placed bool `json:"placed"`

	MinutesPerYear int64          `json:"minutesPerYear"`
	PeakMonth      v1alpha1.Month `json:"peakMonth,omitempty"`
	PeakMinutes    int64          `json:"peakMinutes"`
	CasesPerYear   int64          `json:"casesPerYear"`
	VisitsPerYear  int64          `json:"visitsPerYear"`

	// CostPerYear is empty where the standard prices no work.
	CostPerYear    v1alpha1.Decimal `json:"costPerYear,omitempty"`
	FundingPerYear v1alpha1.Decimal `json:"fundingPerYear,omitempty"`
	// CoveragePercent of the cost by the funding, rounded down; nil where there
	// is no cost.
	CoveragePercent *int64 `json:"coveragePercent,omitempty"`

	Collects       []string `json:"collects,omitempty"`
	Reuses         []string `json:"reuses,omitempty"`
	Ledgers        int64    `json:"ledgers"`
	Indicators     int64    `json:"indicators"` // in its fullest month
	ReportsPerYear int64    `json:"reportsPerYear"`

	// Findings is all that stands between the task and the community, with what
	// would put each out of the way.
	Findings []admission.Finding `json:"findings,omitempty"`
}

// Passed reports whether nothing keeps the task out: it is admitted, begins
// later with its place kept, or has ended by its own terms. A community that is
// suspended does keep it out.
func (a *Answer) Passed() bool {
	if a.Decision == v1alpha1.DecisionEnded {
		return !slices.ContainsFunc(a.Findings, func(f admission.Finding) bool {
			return slices.ContainsFunc(f.Changes, func(c admission.Change) bool { return c.Object == admission.OfCommunity })
		})
	}
	return a.Decision == v1alpha1.DecisionAdmitted || a.reserved()
}

func (a *Answer) reserved() bool { return a.Reason == v1alpha1.LedgerNotYetEffective && a.Placed }

// Shift is how the answer to a task changes that is not proposed.
type Shift struct {
	Task Ref                     `json:"task"`
	From v1alpha1.LedgerDecision `json:"from,omitempty"` // empty: it was not at the door
	Was  v1alpha1.LedgerReason   `json:"was,omitempty"`
	To   v1alpha1.LedgerDecision `json:"to,omitempty"` // empty: it is gone
	Is   v1alpha1.LedgerReason   `json:"is,omitempty"`
}
