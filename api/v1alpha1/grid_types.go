package v1alpha1

import (
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// Condition types of a Grid beside Ready, Reconciling and Stalled.
const (
	// ConditionBoundaryValid: the boundary is a simple polygon inside its
	// parent that overlaps no sibling.
	ConditionBoundaryValid = "BoundaryValid"
	// ConditionSizeMet: the households are within the standard's bounds, or the
	// grid is one compound. It never affects Ready.
	ConditionSizeMet = "SizeMet"
	// ConditionRollUpMatches: the households of the grids below add up to this
	// one's. It never affects Ready.
	ConditionRollUpMatches = "RollUpMatches"
	// ConditionParentReady: parentRef and communityRef lead somewhere.
	ConditionParentReady = "ParentReady"
)

// Reasons of a Grid's conditions.
const (
	ReasonBoundaryValid      = "BoundaryValid"
	ReasonBoundaryMissing    = "BoundaryMissing"
	ReasonBoundaryUnreadable = "BoundaryUnreadable"
	ReasonSelfIntersection   = "SelfIntersection"
	ReasonAxesSwapped        = "AxesSwapped"
	ReasonOverlapsSibling    = "OverlapsSibling"
	ReasonOutsideParent      = "OutsideParent"
	ReasonParentNotFound     = "ParentNotFound"
	ReasonParentWrongLevel   = "ParentWrongLevel"
	ReasonWithinBounds       = "WithinBounds"
	ReasonOneCompound        = "OneCompound"
	ReasonTooSmall           = "TooSmall"
	ReasonTooLarge           = "TooLarge"
	ReasonRollUpMatches      = "RollUpMatches"
	ReasonRollUpDiffers      = "RollUpDiffers"
	ReasonNoGridRule         = "NoGridRule"
)

// GridDatum is the geodetic datum a boundary's coordinates are in.
// +kubebuilder:validation:Enum=WGS84;CGCS2000
type GridDatum string

// The datums. At the precision of a grid boundary the two are the same.
const (
	DatumWGS84    GridDatum = "WGS84"
	DatumCGCS2000 GridDatum = "CGCS2000"
)

// StaffingModel says who works a grid.
// +kubebuilder:validation:Enum=MergedTeams;Comprehensive;ServiceCentre;PropertyManagement;SelfGovernance
type StaffingModel string

// GridWorker is a position in a grid, by its work identifier, never a person's
// name or number.
type GridWorker struct {
	// id is the work identifier of the position, such as qnl1-g02-a.
	// +required
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=63
	// +kubebuilder:validation:Pattern=`^[a-z0-9]([-a-z0-9]*[a-z0-9])?$`
	// +kubebuilder:validation:XValidation:rule="!self.matches('^[0-9]{11}$|^[0-9]{15}$|^[0-9]{17}[0-9x]$')",message="a worker's id must be a work identifier, not a telephone or identity-card number"
	ID string `json:"id,omitempty"`

	// role of the position. Default Worker.
	// +optional
	// +default="Worker"
	Role GridWorkerRole `json:"role,omitempty"`
}

// GridWorkerRole is the role of a position in a grid.
// +kubebuilder:validation:Enum=Lead;Worker;Volunteer
type GridWorkerRole string

// GridProvider is the organisation a grid's work is given to.
type GridProvider struct {
	// name of the organisation.
	// +required
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=200
	Name string `json:"name,omitempty"`

	// contractUntil is the last day of its contract; its access ends with it.
	// +required
	ContractUntil Date `json:"contractUntil,omitempty"`
}

// GridSpec is one service grid.
// +kubebuilder:validation:XValidation:rule="self.level == 1 ? !has(self.parentRef) : has(self.parentRef)",message="a grid of level 1 (sub-district) has no parentRef; a grid of level 2 or 3 needs one"
// +kubebuilder:validation:XValidation:rule="self.level == 1 ? !has(self.communityRef) : has(self.communityRef)",message="a grid of level 1 (sub-district) has no communityRef; a grid of level 2 or 3 needs one"
// +kubebuilder:validation:XValidation:rule="!(has(self.staffingModel) && self.staffingModel in ['ServiceCentre','PropertyManagement']) || has(self.provider)",message="staffingModel ServiceCentre or PropertyManagement needs a provider with contractUntil"
type GridSpec struct {
	// level of the grid: 1 is the sub-district's, 2 a community's, 3 a unit.
	// +required
	// +kubebuilder:validation:Minimum=1
	// +kubebuilder:validation:Maximum=3
	Level int32 `json:"level,omitempty"`

	// displayName is the grid's public name; the object's name when left out.
	// +optional
	DisplayName *LocalizedText `json:"displayName,omitempty"`

	// parentRef names the grid one level up, in the same namespace. A grid of
	// level 1 has none.
	// +optional
	ParentRef *LocalReference `json:"parentRef,omitempty"`

	// communityRef names the Community in the same namespace. A grid of level 1
	// has none.
	// +optional
	CommunityRef *LocalReference `json:"communityRef,omitempty"`

	// area is the kind of area. Compound is one residential compound, valid at any size;
	// Blocks (default) is held to the standard's bounds.
	// +optional
	// +default="Blocks"
	Area GridArea `json:"area,omitempty"`

	// code is the unit code of GB/T 30428: 15 or 17 digits (6 administrative
	// division, 3 sub-district, 3 community, 3 or 5 unit).
	// +optional
	// +kubebuilder:validation:MinLength=15
	// +kubebuilder:validation:MaxLength=17
	// +kubebuilder:validation:XValidation:rule="self.matches('^([0-9]{15}|[0-9]{17})$')",message="a GB/T 30428 unit code has 15 or 17 digits"
	Code string `json:"code,omitempty"`

	// boundary is a GeoJSON Polygon or MultiPolygon geometry as a string, at
	// most 64 KiB; longitude comes first.
	// +optional
	// +kubebuilder:validation:MinLength=2
	// +kubebuilder:validation:MaxLength=65536
	Boundary string `json:"boundary,omitempty"`

	// datum of the boundary's coordinates. Default CGCS2000.
	// +optional
	// +default="CGCS2000"
	Datum GridDatum `json:"datum,omitempty"`

	// households in the grid.
	// +required
	// +kubebuilder:validation:Minimum=1
	// +kubebuilder:validation:Maximum=2000000
	Households int64 `json:"households,omitempty"`

	// residents in the grid.
	// +optional
	// +kubebuilder:validation:Minimum=1
	// +kubebuilder:validation:Maximum=10000000
	Residents int64 `json:"residents,omitempty"`

	// workers are the positions that serve the grid.
	// +optional
	// +listType=map
	// +listMapKey=id
	// +kubebuilder:validation:MaxItems=64
	Workers []GridWorker `json:"workers,omitempty"`

	// staffingModel says who works the grid. Default MergedTeams.
	// +optional
	// +default="MergedTeams"
	StaffingModel StaffingModel `json:"staffingModel,omitempty"`

	// provider is the organisation the work is given to, if any.
	// +optional
	Provider *GridProvider `json:"provider,omitempty"`
}

// GridArea is what a grid covers.
// +kubebuilder:validation:Enum=Blocks;Compound
type GridArea string

// The areas of a grid.
const (
	GridBlocks   GridArea = "Blocks"
	GridCompound GridArea = "Compound"
)

// GridRollUp is what the grids below add up to.
type GridRollUp struct {
	// grids directly below.
	// +optional
	// +kubebuilder:validation:Minimum=0
	Grids *int64 `json:"grids,omitempty"`

	// households in them.
	// +optional
	// +kubebuilder:validation:Minimum=0
	Households *int64 `json:"households,omitempty"`

	// workers in them and below.
	// +optional
	// +kubebuilder:validation:Minimum=0
	Workers *int64 `json:"workers,omitempty"`
}

// GridStatus is what the operator sees of a grid.
type GridStatus struct {
	// conditions are Ready, Reconciling, Stalled, ParentReady, BoundaryValid,
	// SizeMet, RollUpMatches.
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

	// householdsPerWorker is exact, as a decimal or a fraction.
	// +optional
	// +kubebuilder:validation:MaxLength=31
	HouseholdsPerWorker string `json:"householdsPerWorker,omitempty"`

	// visitCycleDays is how many working days it takes to visit every household
	// once: households per worker × team size ÷ households per team-day.
	// +optional
	// +kubebuilder:validation:MaxLength=31
	VisitCycleDays string `json:"visitCycleDays,omitempty"`

	// visitCycle is visitCycleDays rounded to one decimal, to be read.
	// +optional
	// +kubebuilder:validation:MaxLength=31
	VisitCycle string `json:"visitCycle,omitempty"`

	// visitsPerMonth is how many household visits the grid's teams can make in a
	// month.
	// +optional
	// +kubebuilder:validation:Minimum=0
	VisitsPerMonth *int64 `json:"visitsPerMonth,omitempty"`

	// areaSquareMeters of the boundary, in m², rounded.
	// +optional
	// +kubebuilder:validation:Minimum=0
	AreaSquareMeters *int64 `json:"areaSquareMeters,omitempty"`

	// overlaps are the siblings whose boundaries overlap this one's, at most 16.
	// +optional
	// +listType=atomic
	// +kubebuilder:validation:MaxItems=16
	// +kubebuilder:validation:items:MaxLength=253
	Overlaps []string `json:"overlaps,omitempty"`

	// rollUp is what the grids below add up to.
	// +optional
	RollUp *GridRollUp `json:"rollUp,omitempty"`
}

// Grid is a service grid with a clear boundary and a measurable load. Grids know
// counts only: nothing about a person or a household is kept.
//
// +kubebuilder:object:root=true
// +kubebuilder:subresource:status
// +kubebuilder:selectablefield:JSONPath=`.spec.level`
// +kubebuilder:selectablefield:JSONPath=`.spec.communityRef.name`
// +kubebuilder:resource:scope=Namespaced,shortName=grid,categories=shequ
// +kubebuilder:printcolumn:name="Level",type=integer,JSONPath=`.spec.level`
// +kubebuilder:printcolumn:name="Community",type=string,JSONPath=`.spec.communityRef.name`
// +kubebuilder:printcolumn:name="Households",type=integer,JSONPath=`.spec.households`
// +kubebuilder:printcolumn:name="VisitCycle",type=string,JSONPath=`.status.visitCycle`
// +kubebuilder:printcolumn:name="SizeMet",type=string,JSONPath=`.status.conditions[?(@.type=="SizeMet")].status`
// +kubebuilder:printcolumn:name="Ready",type=string,JSONPath=`.status.conditions[?(@.type=="Ready")].status`
// +kubebuilder:printcolumn:name="Reason",type=string,JSONPath=`.status.conditions[?(@.type=="Ready")].reason`
// +kubebuilder:printcolumn:name="Area",type=integer,priority=1,JSONPath=`.status.areaSquareMeters`
// +kubebuilder:printcolumn:name="Message",type=string,priority=1,JSONPath=`.status.conditions[?(@.type=="Ready")].message`
// +kubebuilder:printcolumn:name="Age",type=date,JSONPath=`.metadata.creationTimestamp`
// +kubebuilder:validation:XValidation:rule="self.metadata.name.size() <= 63",message="a grid's name may have at most 63 characters: it becomes a label"
type Grid struct {
	metav1.TypeMeta `json:",inline"`

	// metadata is standard object metadata. The name has at most 63 characters.
	// +optional
	metav1.ObjectMeta `json:"metadata,omitzero"`

	// spec is what the sub-district declares.
	// +required
	Spec GridSpec `json:"spec,omitzero"`

	// status is what the operator sees.
	// +optional
	Status GridStatus `json:"status,omitzero"`
}

// GridList is a list of Grids.
//
// +kubebuilder:object:root=true
type GridList struct {
	metav1.TypeMeta `json:",inline"`
	metav1.ListMeta `json:"metadata,omitempty"`
	Items           []Grid `json:"items"`
}
