package v1alpha1

import (
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// Condition types of an AdmittedTask beside Ready, Reconciling and Stalled.
const (
	// ConditionApproved: the guidance committee approved the present digest.
	ConditionApproved = "Approved"
	// ConditionAdmitted: every targeted community has admitted the task.
	ConditionAdmitted = "Admitted"
	// ConditionFunded: the money of the present period is released.
	ConditionFunded = "Funded"
	// ConditionProvisioned: the station items are served wherever the task is
	// admitted.
	ConditionProvisioned = "Provisioned"
)

// Reasons of an AdmittedTask's conditions, beside those of the ledgers.
const (
	ReasonApproved         = "Approved"
	ReasonAdmittedByAll    = "AdmittedByAll"
	ReasonNoTarget         = "NoTarget"
	ReasonDeciding         = "Deciding"
	ReasonReleased         = "Released"
	ReasonReleasedBelowDue = "ReleasedBelowDue"
	ReasonServed           = "Served"
	ReasonServing          = "Serving"
)

// TaskCategory says whose work a task is.
// +kubebuilder:validation:Enum=Own;Assist;Campaign
type TaskCategory string

// The task categories, in the order admission considers them.
const (
	// CategoryOwn is the community's own work by law.
	CategoryOwn TaskCategory = "Own"
	// CategoryAssist is a department's work the community assists with.
	CategoryAssist TaskCategory = "Assist"
	// CategoryCampaign is work for a limited time; it needs an end.
	CategoryCampaign TaskCategory = "Campaign"
)

// LegalLevel is the level of government that issued a document. District and
// Subdistrict can be named, but no task is admitted on them alone.
// +kubebuilder:validation:Enum=National;Provincial;Municipal;District;Subdistrict
type LegalLevel string

// The legal levels, highest first.
const (
	LevelNational    LegalLevel = "National"
	LevelProvincial  LegalLevel = "Provincial"
	LevelMunicipal   LegalLevel = "Municipal"
	LevelDistrict    LegalLevel = "District"
	LevelSubdistrict LegalLevel = "Subdistrict"
)

// TaskVerb is what a community may be asked to do. Penalise can be named, so
// that the refusal can say why, and is always refused.
// +kubebuilder:validation:Enum=Discover;Publicise;Inspect;Supervise;Remediate;Penalise
type TaskVerb string

// The task verbs.
const (
	// VerbDiscover is to notice and report.
	VerbDiscover TaskVerb = "Discover"
	// VerbPublicise is to make known.
	VerbPublicise TaskVerb = "Publicise"
	// VerbInspect is to look at on the department's behalf.
	VerbInspect TaskVerb = "Inspect"
	// VerbSupervise is to follow whether something is put right.
	VerbSupervise TaskVerb = "Supervise"
	// VerbRemediate is to put something right.
	VerbRemediate TaskVerb = "Remediate"
	// VerbPenalise is refused: a community has no power to punish.
	VerbPenalise TaskVerb = "Penalise"
)

// DataUse says whether a task asks people for a data element or takes what the
// community already has.
// +kubebuilder:validation:Enum=Collect;Reuse
type DataUse string

// The uses of a data element.
const (
	// UseCollect asks for the element. One task per community may collect an
	// element that is not of class Base or Contact.
	UseCollect DataUse = "Collect"
	// UseReuse takes the element another task collects, for this purpose.
	UseReuse DataUse = "Reuse"
)

// ConsentBasis as the basis of a data use stands for the separate consent of
// the person concerned, in place of a legal basis.
const ConsentBasis = "consent"

// FundingPeriods says how often money is released, and with that how the
// periods are named that a TaskDecision of the finance bureau releases: Yearly
// 2026, HalfYearly 2026-H1, Quarterly 2026-Q1, Monthly 2026-01, Once once.
// +kubebuilder:validation:Enum=Yearly;HalfYearly;Quarterly;Monthly;Once
type FundingPeriods string

// The funding periods.
const (
	PeriodsYearly     FundingPeriods = "Yearly"
	PeriodsHalfYearly FundingPeriods = "HalfYearly"
	PeriodsQuarterly  FundingPeriods = "Quarterly"
	PeriodsMonthly    FundingPeriods = "Monthly"
	PeriodsOnce       FundingPeriods = "Once"
)

// OnlineApplication says whether residents may apply at the portal. The counter
// is always open to them.
// +kubebuilder:validation:Enum=Offered;CounterOnly
type OnlineApplication string

// The ways to apply.
const (
	OnlineOffered     OnlineApplication = "Offered"
	OnlineCounterOnly OnlineApplication = "CounterOnly"
)

// AdmittedTaskSpec is the terms a line department proposes a task on. All of it
// but suspend enters the digest the guidance committee approves.
// +kubebuilder:validation:XValidation:rule="has(self.legalBasis) && self.legalBasis.exists(b, b.level in ['National', 'Provincial', 'Municipal'])",message="a task needs a legal basis at municipal level or above; add a document of level National, Provincial or Municipal to spec.legalBasis",fieldPath=".legalBasis"
// +kubebuilder:validation:XValidation:rule="self.category != 'Campaign' || has(self.effective.until)",message="a campaign must have an end; set spec.effective.until",fieldPath=".effective"
// +kubebuilder:validation:XValidation:rule="!has(self.data) || self.data.all(d, d.basis == 'consent' || (has(self.legalBasis) && self.legalBasis.exists(b, b.id == d.basis)))",message="every data element needs a basis the task has; set basis to the id of an entry of spec.legalBasis, or to consent",fieldPath=".data"
// +kubebuilder:validation:XValidation:rule="!has(self.deliveries) || self.deliveries.all(x, x.elements.all(e, has(self.data) && self.data.exists(d, d.element == e)))",message="a delivery may only carry data elements the task declares; add them to spec.data or take them out of the delivery",fieldPath=".deliveries"
type AdmittedTaskSpec struct {
	// title of the task as communities and residents read it.
	// +required
	Title LocalizedText `json:"title,omitzero"`

	// catalogueCode is the task's code in the district's task catalogue. A code
	// the standard lists as not to be borne is refused with Prohibited. Left out:
	// the task is not in the catalogue.
	// +optional
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=63
	CatalogueCode string `json:"catalogueCode,omitempty"`

	// category is Own (the community's own work), Assist (a department's work it
	// assists with) or Campaign (for a limited time; needs effective.until).
	// +required
	Category TaskCategory `json:"category,omitempty"`

	// legalBasis is the documents the task rests on. At least one must be of
	// municipal level or above; a document below that may stand beside it. Without
	// one the task is rejected.
	// +optional
	// +listType=map
	// +listMapKey=id
	// +kubebuilder:validation:MaxItems=16
	LegalBasis []LegalBasis `json:"legalBasis,omitempty"`

	// scope is what the community is asked to do, and the authority it is given
	// for it. Left out: nothing but the service at the counter.
	// +optional
	Scope *TaskScope `json:"scope,omitempty"`

	// target is the communities the task is meant for. Left out or empty: none.
	// +optional
	Target TaskTarget `json:"target,omitzero"`

	// effective is when the task runs.
	// +required
	Effective TaskWindow `json:"effective,omitzero"`

	// workload is what the task costs one community in working time, in minutes.
	// Left out: no work at all. Work that is not declared is not owed.
	// +optional
	Workload *TaskWorkload `json:"workload,omitempty"`

	// funding is the money that follows the task. Left out: none, which is refused
	// with FundingBelowCost where the standard asks for coverage.
	// +optional
	Funding *TaskFunding `json:"funding,omitempty"`

	// data is every data element the task collects or reuses. What is not listed
	// can't be asked for.
	// +optional
	// +listType=map
	// +listMapKey=element
	// +kubebuilder:validation:MaxItems=64
	Data []TaskData `json:"data,omitempty"`

	// deliveries is what is sent to which information system, and what for.
	// +optional
	// +listType=atomic
	// +kubebuilder:validation:MaxItems=16
	Deliveries []TaskDelivery `json:"deliveries,omitempty"`

	// service is the item residents find at the station while the task is
	// admitted. Left out: the task has no item.
	// +optional
	Service *TaskService `json:"service,omitempty"`

	// suspend pauses the task everywhere: its items go and its reservations are
	// released, as if it had ended, until it is lifted. It is not part of the
	// terms. Default false.
	// +optional
	// +default=false
	Suspend *bool `json:"suspend,omitempty"`
}

// AdmittedTaskStatus is the sum of what the targeted communities decided.
type AdmittedTaskStatus struct {
	// conditions are Ready, Reconciling, Stalled, Approved, Admitted, Funded,
	// Provisioned.
	// +optional
	// +patchMergeKey=type
	// +patchStrategy=merge
	// +listType=map
	// +listMapKey=type
	// +kubebuilder:validation:MaxItems=16
	Conditions []metav1.Condition `json:"conditions,omitempty" patchStrategy:"merge" patchMergeKey:"type"`

	// observedGeneration is the spec's generation this status speaks of.
	// +optional
	// +kubebuilder:validation:Minimum=1
	ObservedGeneration int64 `json:"observedGeneration,omitempty"`

	// digest of the task's canonical terms; an approval is for exactly one digest.
	// +optional
	Digest TaskDigest `json:"digest,omitempty"`

	// totals of the decisions over the targeted communities.
	// +optional
	Totals *TaskTotals `json:"totals,omitempty"`

	// reasons why communities did not admit the task, most frequent first.
	// +optional
	// +listType=atomic
	// +kubebuilder:validation:MaxItems=32
	Reasons []ReasonCount `json:"reasons,omitempty"`

	// fundingPeriod is the present funding period.
	// +optional
	FundingPeriod FundingPeriod `json:"fundingPeriod,omitempty"`

	// fundingReleased is the money released for the present period.
	// +optional
	FundingReleased Decimal `json:"fundingReleased,omitempty"`

	// minutesPerYear of work in all communities that admitted the task.
	// +optional
	// +kubebuilder:validation:Minimum=0
	MinutesPerYear *int64 `json:"minutesPerYear,omitempty"`

	// fundingPerYear is the money the task brings all communities that admitted
	// it, in the standard's currency.
	// +optional
	FundingPerYear Decimal `json:"fundingPerYear,omitempty"`
}

// AdmittedTask is a line department's proposal of work for communities. It
// enters a community only when that community's TaskLedger admits it.
//
// +kubebuilder:object:root=true
// +kubebuilder:subresource:status
// +kubebuilder:resource:scope=Namespaced,shortName=atask,categories=shequ
// +kubebuilder:printcolumn:name="Title",type=string,JSONPath=`.spec.title.zh`
// +kubebuilder:printcolumn:name="Category",type=string,JSONPath=`.spec.category`
// +kubebuilder:printcolumn:name="Targeted",type=integer,JSONPath=`.status.totals.targeted`
// +kubebuilder:printcolumn:name="Admitted",type=integer,JSONPath=`.status.totals.admitted`
// +kubebuilder:printcolumn:name="Waiting",type=integer,JSONPath=`.status.totals.waiting`
// +kubebuilder:printcolumn:name="Refused",type=integer,JSONPath=`.status.totals.refused`
// +kubebuilder:printcolumn:name="Ready",type=string,JSONPath=`.status.conditions[?(@.type=="Ready")].status`
// +kubebuilder:printcolumn:name="Reason",type=string,JSONPath=`.status.conditions[?(@.type=="Ready")].reason`
// +kubebuilder:printcolumn:name="Approved",type=string,priority=1,JSONPath=`.status.conditions[?(@.type=="Approved")].status`
// +kubebuilder:printcolumn:name="Funded",type=string,priority=1,JSONPath=`.status.conditions[?(@.type=="Funded")].status`
// +kubebuilder:printcolumn:name="Until",type=string,priority=1,JSONPath=`.spec.effective.until`
// +kubebuilder:printcolumn:name="Message",type=string,priority=1,JSONPath=`.status.conditions[?(@.type=="Ready")].message`
// +kubebuilder:printcolumn:name="Age",type=date,JSONPath=`.metadata.creationTimestamp`
// +kubebuilder:validation:XValidation:rule="self.metadata.name.size() <= 63",message="a task's name may have at most 63 characters: it becomes a label"
type AdmittedTask struct {
	metav1.TypeMeta `json:",inline"`

	// metadata is standard object metadata. The name has at most 63 characters.
	// +optional
	metav1.ObjectMeta `json:"metadata,omitzero"`

	// spec is the terms the department proposes.
	// +required
	Spec AdmittedTaskSpec `json:"spec,omitzero"`

	// status is what the communities decided.
	// +optional
	Status AdmittedTaskStatus `json:"status,omitzero"`
}

// AdmittedTaskList is a list of AdmittedTasks.
//
// +kubebuilder:object:root=true
type AdmittedTaskList struct {
	metav1.TypeMeta `json:",inline"`
	metav1.ListMeta `json:"metadata,omitempty"`
	Items           []AdmittedTask `json:"items"`
}
