package v1alpha1

import (
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// RuleEffect says what follows when a community misses a rule.
// +kubebuilder:validation:Enum=Warn;Enforce
type RuleEffect string

// The rule effects.
const (
	// EffectWarn shows the miss in status, portal and metrics.
	EffectWarn RuleEffect = "Warn"
	// EffectEnforce also blocks new admissions, with reason NormNotMet.
	EffectEnforce RuleEffect = "Enforce"
)

// RuleMeta is what every rule of a standard carries.
type RuleMeta struct {
	// source is the document the rule comes from, with its number. Leave it
	// empty rather than invent one.
	// +optional
	// +kubebuilder:validation:MaxLength=300
	Source string `json:"source,omitempty"`

	// effect is Warn (default: shown, nothing blocked) or Enforce (new
	// admissions are refused with NormNotMet until the rule is met).
	// +optional
	// +default="Warn"
	Effect RuleEffect `json:"effect,omitempty"`
}

// CommitteeBand is the size of a residents' committee for one band of
// households.
// +kubebuilder:validation:XValidation:rule="self.seats == self.chairs + self.viceChairs + self.members",message="seats must equal chairs + viceChairs + members"
type CommitteeBand struct {
	// maxHouseholds is the largest number of households in the band, inclusive.
	// Leave it out in the last band only.
	// +optional
	// +kubebuilder:validation:Minimum=1
	// +kubebuilder:validation:Maximum=200000
	MaxHouseholds int64 `json:"maxHouseholds,omitempty"`

	// seats of the whole committee.
	// +required
	// +kubebuilder:validation:Minimum=1
	// +kubebuilder:validation:Maximum=99
	Seats int64 `json:"seats,omitempty"`

	// chairs among the seats.
	// +required
	// +kubebuilder:validation:Minimum=1
	// +kubebuilder:validation:Maximum=9
	Chairs int64 `json:"chairs,omitempty"`

	// viceChairs among the seats.
	// +optional
	// +default=0
	// +kubebuilder:validation:Minimum=0
	// +kubebuilder:validation:Maximum=9
	ViceChairs *int64 `json:"viceChairs,omitempty"`

	// members among the seats.
	// +optional
	// +default=0
	// +kubebuilder:validation:Minimum=0
	// +kubebuilder:validation:Maximum=99
	Members *int64 `json:"members,omitempty"`
}

// CommitteeRule sets the seats of the residents' committee by households.
type CommitteeRule struct {
	RuleMeta `json:",inline"`

	// bands in ascending order of maxHouseholds; the last has none and takes
	// all that is left.
	// +required
	// +listType=atomic
	// +kubebuilder:validation:MinItems=1
	// +kubebuilder:validation:MaxItems=16
	// +kubebuilder:validation:XValidation:rule="self.all(b, has(b.maxHouseholds) || b == self[size(self)-1])",message="only the last band may leave out maxHouseholds"
	// +kubebuilder:validation:XValidation:rule="!has(self[size(self)-1].maxHouseholds)",message="the last band must leave out maxHouseholds, so that every community has a band"
	// +kubebuilder:validation:XValidation:rule="self.filter(b, has(b.maxHouseholds)).map(b, b.maxHouseholds).isSorted() && self.all(b, self.exists_one(o, (has(o.maxHouseholds) ? o.maxHouseholds : 0) == (has(b.maxHouseholds) ? b.maxHouseholds : 0)))",message="bands must be in ascending order of maxHouseholds, each with its own"
	Bands []CommitteeBand `json:"bands,omitempty"`
}

// PremisesBand is the floor area one class of premises needs, for one band of
// households.
type PremisesBand struct {
	// class of the premises the band is for, as in the Community's
	// premises; empty applies to every class that has no band of its own.
	// +optional
	// +kubebuilder:validation:MaxLength=63
	Class string `json:"class,omitempty"`

	// maxHouseholds is the largest number of households in the band, inclusive;
	// left out, the band has no upper end.
	// +optional
	// +kubebuilder:validation:Minimum=1
	// +kubebuilder:validation:Maximum=200000
	MaxHouseholds int64 `json:"maxHouseholds,omitempty"`

	// squareMeters of floor area needed, in m².
	// +required
	// +kubebuilder:validation:Minimum=1
	// +kubebuilder:validation:Maximum=1000000
	SquareMeters int64 `json:"squareMeters,omitempty"`
}

// PremisesRule sets the floor area of a community's office and service
// premises.
type PremisesRule struct {
	RuleMeta `json:",inline"`

	// bands are looked through in order; the first whose class and households
	// fit decides. A community of several classes needs the largest of theirs.
	// +required
	// +listType=atomic
	// +kubebuilder:validation:MinItems=1
	// +kubebuilder:validation:MaxItems=32
	Bands []PremisesBand `json:"bands,omitempty"`
}

// StationRule sets the floor area of the service station.
type StationRule struct {
	RuleMeta `json:",inline"`

	// squareMeters of floor area a station needs at least, in m².
	// +required
	// +kubebuilder:validation:Minimum=1
	// +kubebuilder:validation:Maximum=1000000
	SquareMeters int64 `json:"squareMeters,omitempty"`
}

// ServiceAreaRule sets floor area in proportion to households.
type ServiceAreaRule struct {
	RuleMeta `json:",inline"`

	// squareMetersPer100Households of service premises, in m² per 100 households.
	// +required
	// +kubebuilder:validation:Minimum=1
	// +kubebuilder:validation:Maximum=10000
	SquareMetersPer100Households int64 `json:"squareMetersPer100Households,omitempty"`
}

// FacilityRule sets the facilities every community has.
type FacilityRule struct {
	RuleMeta `json:",inline"`

	// required facilities, by the names Communities use in spec.facilities.
	// +required
	// +listType=set
	// +kubebuilder:validation:MinItems=1
	// +kubebuilder:validation:MaxItems=64
	// +kubebuilder:validation:items:MinLength=1
	// +kubebuilder:validation:items:MaxLength=63
	Required []string `json:"required,omitempty"`
}

// SizeRule bounds the size of a community.
// +kubebuilder:validation:XValidation:rule="self.minHouseholds <= self.maxHouseholds",message="minHouseholds must not be above maxHouseholds"
type SizeRule struct {
	RuleMeta `json:",inline"`

	// minHouseholds of a community, inclusive.
	// +required
	// +kubebuilder:validation:Minimum=1
	// +kubebuilder:validation:Maximum=200000
	MinHouseholds int64 `json:"minHouseholds,omitempty"`

	// maxHouseholds of a community, inclusive.
	// +required
	// +kubebuilder:validation:Minimum=1
	// +kubebuilder:validation:Maximum=200000
	MaxHouseholds int64 `json:"maxHouseholds,omitempty"`
}

// WorkersRule sets the number of community workers by residents.
type WorkersRule struct {
	RuleMeta `json:",inline"`

	// per10000Residents is the number of workers per 10,000 residents.
	// +required
	// +kubebuilder:validation:Minimum=1
	// +kubebuilder:validation:Maximum=10000
	Per10000Residents int64 `json:"per10000Residents,omitempty"`
}

// GridRule sets the size of a grid and how its households are visited.
// +kubebuilder:validation:XValidation:rule="self.minHouseholds <= self.maxHouseholds",message="minHouseholds must not be above maxHouseholds"
type GridRule struct {
	RuleMeta `json:",inline"`

	// minHouseholds of a grid, inclusive. One compound is valid at any size.
	// +required
	// +kubebuilder:validation:Minimum=1
	// +kubebuilder:validation:Maximum=200000
	MinHouseholds int64 `json:"minHouseholds,omitempty"`

	// maxHouseholds of a grid, inclusive.
	// +required
	// +kubebuilder:validation:Minimum=1
	// +kubebuilder:validation:Maximum=200000
	MaxHouseholds int64 `json:"maxHouseholds,omitempty"`

	// teamSize is how many workers go on a visit together. Default 2.
	// +optional
	// +default=2
	// +kubebuilder:validation:Minimum=1
	// +kubebuilder:validation:Maximum=20
	TeamSize int64 `json:"teamSize,omitempty"`

	// householdsPerTeamDay is how many households a team visits in a working
	// day. Default 10.
	// +optional
	// +default=10
	// +kubebuilder:validation:Minimum=1
	// +kubebuilder:validation:Maximum=1000
	HouseholdsPerTeamDay int64 `json:"householdsPerTeamDay,omitempty"`

	// workingDaysPerMonth is how many days of a month visits are made. Default 20.
	// +optional
	// +default=20
	// +kubebuilder:validation:Minimum=1
	// +kubebuilder:validation:Maximum=31
	WorkingDaysPerMonth int64 `json:"workingDaysPerMonth,omitempty"`
}

// WorkforceRule sets how much of the workers' time administrative tasks may
// take. What is left is reserved for self-government.
type WorkforceRule struct {
	RuleMeta `json:",inline"`

	// minutesPerWorkerDay is the working time of one worker on one working day,
	// in minutes. Default 480.
	// +optional
	// +default=480
	// +kubebuilder:validation:Minimum=1
	// +kubebuilder:validation:Maximum=1440
	MinutesPerWorkerDay int64 `json:"minutesPerWorkerDay,omitempty"`

	// administrativeSharePercent is the share of working time administrative
	// tasks may take, in percent. Default 60.
	// +optional
	// +default=60
	// +kubebuilder:validation:Minimum=0
	// +kubebuilder:validation:Maximum=100
	AdministrativeSharePercent *int64 `json:"administrativeSharePercent,omitempty"`
}

// Calendar says which days are working days.
type Calendar struct {
	// timeZone is an IANA name. Default Asia/Shanghai.
	// +optional
	// +default="Asia/Shanghai"
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=64
	TimeZone string `json:"timeZone,omitempty"`

	// holidays are days on which nobody works, beside Saturdays and Sundays.
	// +optional
	// +listType=set
	// +kubebuilder:validation:MaxItems=400
	Holidays []Date `json:"holidays,omitempty"`

	// makeUpDays are Saturdays or Sundays on which everybody works.
	// +optional
	// +listType=set
	// +kubebuilder:validation:MaxItems=100
	MakeUpDays []Date `json:"makeUpDays,omitempty"`
}

// BurdenRule caps what may be asked of one community.
type BurdenRule struct {
	RuleMeta `json:",inline"`

	// ledgers a community may be asked to keep at most. Left out: no limit.
	// +optional
	// +kubebuilder:validation:Minimum=0
	// +kubebuilder:validation:Maximum=10000
	Ledgers *int64 `json:"ledgers,omitempty"`

	// signboards at a community's door at most. Left out: no limit.
	// +optional
	// +kubebuilder:validation:Minimum=0
	// +kubebuilder:validation:Maximum=10000
	Signboards *int64 `json:"signboards,omitempty"`

	// monthlyIndicators a community may be asked to report at most, per month.
	// Left out: no limit.
	// +optional
	// +kubebuilder:validation:Minimum=0
	// +kubebuilder:validation:Maximum=100000
	MonthlyIndicators *int64 `json:"monthlyIndicators,omitempty"`

	// monthlyReports a community may be asked to write at most, per month.
	// Left out: no limit.
	// +optional
	// +kubebuilder:validation:Minimum=0
	// +kubebuilder:validation:Maximum=10000
	MonthlyReports *int64 `json:"monthlyReports,omitempty"`
}

// CatalogueItem is a kind of work that must not enter communities.
type CatalogueItem struct {
	// code of the item, as AdmittedTask.spec.catalogueCode gives it.
	// +required
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=63
	Code string `json:"code,omitempty"`

	// title of the item.
	// +required
	Title LocalizedText `json:"title,omitzero"`

	// basis is the document that keeps the item out of communities.
	// +required
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=300
	Basis string `json:"basis,omitempty"`
}

// MoneyRule sets what work costs and who must pay for it.
type MoneyRule struct {
	RuleMeta `json:",inline"`

	// currency of every amount in the district, ISO 4217. Default CNY.
	// +optional
	// +default="CNY"
	// +kubebuilder:validation:MinLength=3
	// +kubebuilder:validation:MaxLength=3
	// +kubebuilder:validation:Pattern=`^[A-Z]{3}$`
	Currency string `json:"currency,omitempty"`

	// hourlyCost of one worker's hour, in the currency.
	// +optional
	HourlyCost Decimal `json:"hourlyCost,omitempty"`

	// minimumCoveragePercent is the least share of a task's cost its funding
	// must cover, in percent. Default 100.
	// +optional
	// +default=100
	// +kubebuilder:validation:Minimum=0
	// +kubebuilder:validation:Maximum=100
	MinimumCoveragePercent *int64 `json:"minimumCoveragePercent,omitempty"`

	// districtShareLimitPercent is the largest share of a community's budget
	// that may come from the district, in percent. Default 50.
	// +optional
	// +default=50
	// +kubebuilder:validation:Minimum=0
	// +kubebuilder:validation:Maximum=100
	DistrictShareLimitPercent *int64 `json:"districtShareLimitPercent,omitempty"`
}

// CommunityStandardSpec is the norms of one city, each with its source.
// A rule that is left out does not exist for the communities of this standard.
type CommunityStandardSpec struct {
	// title of the standard as portals show it.
	// +required
	Title LocalizedText `json:"title,omitzero"`

	// committee sets the seats of the residents' committee.
	// +optional
	Committee *CommitteeRule `json:"committee,omitempty"`

	// premises sets the floor area of office and service premises.
	// +optional
	Premises *PremisesRule `json:"premises,omitempty"`

	// station sets the floor area of the service station.
	// +optional
	Station *StationRule `json:"station,omitempty"`

	// serviceArea sets floor area in proportion to households.
	// +optional
	ServiceArea *ServiceAreaRule `json:"serviceArea,omitempty"`

	// facilities sets what every community has.
	// +optional
	Facilities *FacilityRule `json:"facilities,omitempty"`

	// size bounds the households of a community.
	// +optional
	Size *SizeRule `json:"size,omitempty"`

	// workers sets the number of community workers.
	// +optional
	Workers *WorkersRule `json:"workers,omitempty"`

	// grid sets the size of grids and how their households are visited.
	// +optional
	Grid *GridRule `json:"grid,omitempty"`

	// workforce sets how much working time administrative tasks may take.
	// +optional
	Workforce *WorkforceRule `json:"workforce,omitempty"`

	// calendar says which days are working days. Default: Monday to Friday.
	// +optional
	Calendar *Calendar `json:"calendar,omitempty"`

	// burden caps what may be asked of one community.
	// +optional
	Burden *BurdenRule `json:"burden,omitempty"`

	// catalogue lists what must not enter communities.
	// +optional
	// +listType=map
	// +listMapKey=code
	// +kubebuilder:validation:MaxItems=256
	Catalogue []CatalogueItem `json:"catalogue,omitempty"`

	// dataElements are the only fields forms, tasks, systems and mappings may
	// name.
	// +optional
	// +listType=map
	// +listMapKey=code
	// +kubebuilder:validation:MaxItems=256
	DataElements []DataElement `json:"dataElements,omitempty"`

	// money sets what work costs and who must pay for it.
	// +optional
	Money *MoneyRule `json:"money,omitempty"`
}

// CommunityStandardStatus is what the operator sees of a standard.
type CommunityStandardStatus struct {
	// conditions are Ready, Reconciling, Stalled.
	// +optional
	// +patchMergeKey=type
	// +patchStrategy=merge
	// +listType=map
	// +listMapKey=type
	// +kubebuilder:validation:MaxItems=8
	Conditions []metav1.Condition `json:"conditions,omitempty" patchStrategy:"merge" patchMergeKey:"type"`

	// observedGeneration is the spec's generation this status speaks of.
	// +optional
	// +kubebuilder:validation:Minimum=1
	ObservedGeneration int64 `json:"observedGeneration,omitempty"`

	// communities is the number of communities that name this standard.
	// +optional
	// +kubebuilder:validation:Minimum=0
	Communities *int64 `json:"communities,omitempty"`

	// rules is the number of rules the standard sets.
	// +optional
	// +kubebuilder:validation:Minimum=0
	Rules *int64 `json:"rules,omitempty"`

	// conforming is the number of communities that meet every rule whose
	// figures they declare.
	// +optional
	// +kubebuilder:validation:Minimum=0
	Conforming *int64 `json:"conforming,omitempty"`
}

// CommunityStandard is the norms of a city, kept once for all its communities.
// It is named after city and year, such as xian-2014.
//
// +kubebuilder:object:root=true
// +kubebuilder:subresource:status
// +kubebuilder:resource:scope=Cluster,shortName=cstd,categories=shequ
// +kubebuilder:printcolumn:name="Title",type=string,JSONPath=`.spec.title.zh`
// +kubebuilder:printcolumn:name="Rules",type=integer,JSONPath=`.status.rules`
// +kubebuilder:printcolumn:name="Communities",type=integer,JSONPath=`.status.communities`
// +kubebuilder:printcolumn:name="Conforming",type=integer,JSONPath=`.status.conforming`
// +kubebuilder:printcolumn:name="Ready",type=string,JSONPath=`.status.conditions[?(@.type=="Ready")].status`
// +kubebuilder:printcolumn:name="Reason",type=string,priority=1,JSONPath=`.status.conditions[?(@.type=="Ready")].reason`
// +kubebuilder:printcolumn:name="Age",type=date,JSONPath=`.metadata.creationTimestamp`
type CommunityStandard struct {
	metav1.TypeMeta `json:",inline"`

	// metadata is standard object metadata.
	// +optional
	metav1.ObjectMeta `json:"metadata,omitzero"`

	// spec is the norms.
	// +required
	Spec CommunityStandardSpec `json:"spec,omitzero"`

	// status is what the operator sees.
	// +optional
	Status CommunityStandardStatus `json:"status,omitzero"`
}

// CommunityStandardList is a list of CommunityStandards.
//
// +kubebuilder:object:root=true
type CommunityStandardList struct {
	metav1.TypeMeta `json:",inline"`
	metav1.ListMeta `json:"metadata,omitempty"`
	Items           []CommunityStandard `json:"items"`
}
