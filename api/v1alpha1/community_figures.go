package v1alpha1

import (
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// NormResult is the verdict on one rule.
// +kubebuilder:validation:Enum=Met;NotMet;Unknown
type NormResult string

// The norm results.
const (
	NormMet     NormResult = "Met"
	NormNotMet  NormResult = "NotMet"
	NormUnknown NormResult = "Unknown"
)

// NormStatus is one rule of the standard held against the community.
type NormStatus struct {
	// rule is the rule's name.
	// +required
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=63
	Rule string `json:"rule,omitempty"`

	// result is Met, NotMet, or Unknown when the spec doesn't say.
	// +required
	Result NormResult `json:"result,omitempty"`

	// required by the rule, exact, in the rule's unit.
	// +optional
	// +kubebuilder:validation:MaxLength=300
	Required string `json:"required,omitempty"`

	// actual figure of the community, exact, in the rule's unit.
	// +optional
	// +kubebuilder:validation:MaxLength=300
	Actual string `json:"actual,omitempty"`

	// unit of required and actual.
	// +optional
	// +kubebuilder:validation:MaxLength=63
	Unit string `json:"unit,omitempty"`

	// effect of the rule.
	// +optional
	Effect RuleEffect `json:"effect,omitempty"`

	// source is the document the rule comes from.
	// +optional
	// +kubebuilder:validation:MaxLength=300
	Source string `json:"source,omitempty"`
}

// CommunityCounts is what belongs to the community.
type CommunityCounts struct {
	// grids of level 2 and 3 that name the community.
	// +optional
	// +kubebuilder:validation:Minimum=0
	Grids *int64 `json:"grids,omitempty"`

	// gridWorkers in those grids.
	// +optional
	// +kubebuilder:validation:Minimum=0
	GridWorkers *int64 `json:"gridWorkers,omitempty"`

	// stations that name the community.
	// +optional
	// +kubebuilder:validation:Minimum=0
	Stations *int64 `json:"stations,omitempty"`

	// workers of all posts.
	// +optional
	// +kubebuilder:validation:Minimum=0
	Workers *int64 `json:"workers,omitempty"`

	// objects the operator keeps for the community.
	// +optional
	// +kubebuilder:validation:Minimum=0
	Objects *int64 `json:"objects,omitempty"`
}

// WorkforceStatus is the working time the community has.
type WorkforceStatus struct {
	// minutesPerMonth all posts work in a month of the standard's working days.
	// +optional
	// +kubebuilder:validation:Minimum=0
	MinutesPerMonth *int64 `json:"minutesPerMonth,omitempty"`

	// administrativeMinutesPerMonth of those that tasks may take; the rest is
	// reserved for self-government.
	// +optional
	// +kubebuilder:validation:Minimum=0
	AdministrativeMinutesPerMonth *int64 `json:"administrativeMinutesPerMonth,omitempty"`
}

// AuditHead is the head of a community's audit trail: all that came before follows
// from it.
type AuditHead struct {
	// length is how many entries the trail has. It never becomes less.
	// +required
	// +kubebuilder:validation:Minimum=1
	Length int64 `json:"length,omitempty"`

	// hash is the SHA-256 of the last entry, in hexadecimal.
	// +required
	// +kubebuilder:validation:MinLength=64
	// +kubebuilder:validation:MaxLength=64
	Hash string `json:"hash,omitempty"`

	// publishedAt is when the operator first saw this head.
	// +optional
	PublishedAt metav1.Time `json:"publishedAt,omitzero"`
}
