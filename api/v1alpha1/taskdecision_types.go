package v1alpha1

import (
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// ApprovalVerdict is the guidance committee's answer to a task.
// +kubebuilder:validation:Enum=Approve;Reject
type ApprovalVerdict string

// The answers to a task.
const (
	VerdictApprove ApprovalVerdict = "Approve"
	VerdictReject  ApprovalVerdict = "Reject"
)

// RulingVerdict is the guidance committee's answer to a contest.
// +kubebuilder:validation:Enum=Uphold;Dismiss
type RulingVerdict string

// The answers to a contest.
const (
	// VerdictUphold takes the task out of the contesting community.
	VerdictUphold RulingVerdict = "Uphold"
	// VerdictDismiss lets the task enter it.
	VerdictDismiss RulingVerdict = "Dismiss"
)

// FundingPeriod names a period money is released for: 2026, 2026-H1, 2026-Q1,
// 2026-01, or once.
// +kubebuilder:validation:MinLength=4
// +kubebuilder:validation:MaxLength=7
// +kubebuilder:validation:Pattern=`^([0-9]{4}(-(H[12]|Q[1-4]|0[1-9]|1[0-2]))?|once)$`
type FundingPeriod string

// TaskDecisionSpec is one thing one party has to say about one task. It can't be
// changed.
// +kubebuilder:validation:XValidation:rule="[has(self.approval), has(self.funding), has(self.contest), has(self.ruling)].filter(x, x).size() == 1",message="a decision says exactly one thing; set one of approval, funding, contest and ruling, and write a second TaskDecision for a second one"
type TaskDecisionSpec struct {
	// taskRef names the AdmittedTask the decision is about.
	// +required
	TaskRef NamespacedReference `json:"taskRef,omitzero"`

	// approval is the guidance committee's answer to the task's terms; only in a
	// namespace of role committee.
	// +optional
	Approval *Approval `json:"approval,omitempty"`

	// funding is the finance bureau's release of money for one period; only in a
	// namespace of role finance.
	// +optional
	Funding *FundingRelease `json:"funding,omitempty"`

	// contest is a sub-district's objection for one of its communities; only in
	// its own namespace, of role subdistrict.
	// +optional
	Contest *Contest `json:"contest,omitempty"`

	// ruling is the guidance committee's answer to a contest; only in a namespace
	// of role committee.
	// +optional
	Ruling *Ruling `json:"ruling,omitempty"`
}

// Approval is the guidance committee's answer to the terms of a task.
type Approval struct {
	// taskDigest is the digest of the terms decided on, as the task's
	// status.digest showed it. A task whose digest has changed since is
	// unapproved.
	// +required
	TaskDigest TaskDigest `json:"taskDigest,omitempty"`

	// verdict is Approve or Reject.
	// +required
	Verdict ApprovalVerdict `json:"verdict,omitempty"`

	// document is the committee's record of the decision, with its number.
	// +required
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=300
	Document string `json:"document,omitempty"`

	// decidedAt is when the committee decided. Tasks approved earlier are
	// considered earlier.
	// +required
	DecidedAt metav1.Time `json:"decidedAt,omitzero"`
}

// FundingRelease is money released for one period of a task.
type FundingRelease struct {
	// period the money is for, named after the task's funding.periods: 2026,
	// 2026-H1, 2026-Q1, 2026-01 or once.
	// +required
	Period FundingPeriod `json:"period,omitempty"`

	// amount released, over all communities, in the standard's currency.
	// +required
	Amount Decimal `json:"amount,omitempty"`

	// voucher is the number of the payment voucher.
	// +required
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=100
	Voucher string `json:"voucher,omitempty"`
}

// Contest is a sub-district's objection to a task for one of its communities.
type Contest struct {
	// communityRef names the Community; its namespace must be the decision's own.
	// +required
	CommunityRef NamespacedReference `json:"communityRef,omitzero"`

	// reason for the objection, in a few sentences. It names no person.
	// +required
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=1000
	Reason string `json:"reason,omitempty"`
}

// Ruling is the guidance committee's answer to a contest.
type Ruling struct {
	// contestRef names the TaskDecision that holds the contest.
	// +required
	ContestRef NamespacedReference `json:"contestRef,omitzero"`

	// verdict is Uphold (the task stays out of that community) or Dismiss.
	// +required
	Verdict RulingVerdict `json:"verdict,omitempty"`

	// document is the committee's record of the ruling, with its number.
	// +required
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=300
	Document string `json:"document,omitempty"`

	// decidedAt is when the committee ruled. Of several rulings on one contest
	// the latest counts.
	// +required
	DecidedAt metav1.Time `json:"decidedAt,omitzero"`
}

// TaskDecision is an append-only record of what a party other than the
// department has to say about a task. Deleting it withdraws it. It has no
// status: what it leads to is in the communities' TaskLedgers.
//
// +kubebuilder:object:root=true
// +kubebuilder:resource:scope=Namespaced,shortName=tdec,categories=shequ
// +kubebuilder:printcolumn:name="Task-Namespace",type=string,JSONPath=`.spec.taskRef.namespace`
// +kubebuilder:printcolumn:name="Task",type=string,JSONPath=`.spec.taskRef.name`
// +kubebuilder:printcolumn:name="Approval",type=string,JSONPath=`.spec.approval.verdict`
// +kubebuilder:printcolumn:name="Funding",type=string,JSONPath=`.spec.funding.period`
// +kubebuilder:printcolumn:name="Amount",type=string,JSONPath=`.spec.funding.amount`
// +kubebuilder:printcolumn:name="Contest-For",type=string,JSONPath=`.spec.contest.communityRef.name`
// +kubebuilder:printcolumn:name="Ruling",type=string,JSONPath=`.spec.ruling.verdict`
// +kubebuilder:printcolumn:name="Digest",type=string,priority=1,JSONPath=`.spec.approval.taskDigest`
// +kubebuilder:printcolumn:name="Age",type=date,JSONPath=`.metadata.creationTimestamp`
type TaskDecision struct {
	metav1.TypeMeta `json:",inline"`

	// metadata is standard object metadata.
	// +optional
	metav1.ObjectMeta `json:"metadata,omitzero"`

	// spec is the decision. It can't be changed.
	// +required
	// +kubebuilder:validation:XValidation:rule="self == oldSelf",message="a decision is a record and can't be changed; delete it to withdraw it, and create another"
	Spec TaskDecisionSpec `json:"spec,omitzero"`
}

// TaskDecisionList is a list of TaskDecisions.
//
// +kubebuilder:object:root=true
type TaskDecisionList struct {
	metav1.TypeMeta `json:",inline"`
	metav1.ListMeta `json:"metadata,omitempty"`
	Items           []TaskDecision `json:"items"`
}
