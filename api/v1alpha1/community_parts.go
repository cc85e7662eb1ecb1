package v1alpha1

import (
	"k8s.io/apimachinery/pkg/api/resource"
)

// CommunityProfile is how large the community is.
type CommunityProfile struct {
	// households registered in the community, 1 to 200,000. A larger figure is a
	// sub-district: declare its communities one by one.
	// +required
	// +kubebuilder:validation:Minimum=1
	// +kubebuilder:validation:Maximum=200000
	Households int64 `json:"households,omitempty"`

	// residents living in the community, 1 to 1,000,000.
	// +required
	// +kubebuilder:validation:Minimum=1
	// +kubebuilder:validation:Maximum=1000000
	Residents int64 `json:"residents,omitempty"`

	// buildings in the community.
	// +optional
	// +kubebuilder:validation:Minimum=1
	// +kubebuilder:validation:Maximum=100000
	Buildings int64 `json:"buildings,omitempty"`

	// areaSquareMeters of land, in m².
	// +optional
	// +kubebuilder:validation:Minimum=1
	// +kubebuilder:validation:Maximum=10000000000
	AreaSquareMeters int64 `json:"areaSquareMeters,omitempty"`
}

// Premises is one place the community works from.
type Premises struct {
	// name of the premises, unique in the community.
	// +required
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=63
	Name string `json:"name,omitempty"`

	// title as the portal shows it; the name when left out.
	// +optional
	Title *LocalizedText `json:"title,omitempty"`

	// class picks the standard's band, such as old, new or a named estate; empty
	// takes the standard's bands without a class.
	// +optional
	// +kubebuilder:validation:MaxLength=63
	Class string `json:"class,omitempty"`

	// ownedSquareMeters of floor area the community owns, in m². Default 0.
	// +optional
	// +default=0
	// +kubebuilder:validation:Minimum=0
	// +kubebuilder:validation:Maximum=1000000
	OwnedSquareMeters *int64 `json:"ownedSquareMeters,omitempty"`

	// leasedSquareMeters of floor area the community leases, in m². Default 0.
	// +optional
	// +default=0
	// +kubebuilder:validation:Minimum=0
	// +kubebuilder:validation:Maximum=1000000
	LeasedSquareMeters *int64 `json:"leasedSquareMeters,omitempty"`
}

// WorkforcePost is a kind of position and how many people hold it, never who.
type WorkforcePost struct {
	// post is the position's key, such as community-worker.
	// +required
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=63
	// +kubebuilder:validation:Pattern=`^[a-z0-9]([-a-z0-9]*[a-z0-9])?$`
	Post string `json:"post,omitempty"`

	// title as the portal shows it; the key when left out.
	// +optional
	Title *LocalizedText `json:"title,omitempty"`

	// count of people who hold the position.
	// +required
	// +kubebuilder:validation:Minimum=0
	// +kubebuilder:validation:Maximum=10000
	Count *int64 `json:"count,omitempty"`
}

// Committee is the residents' committee.
type Committee struct {
	// seats the committee has.
	// +required
	// +kubebuilder:validation:Minimum=0
	// +kubebuilder:validation:Maximum=99
	Seats *int64 `json:"seats,omitempty"`
}

// BudgetSource says who pays.
// +kubebuilder:validation:Enum=Community;Subdistrict;District;Municipal;Provincial;National;Donation;Other
type BudgetSource string

// BudgetLine is one line of the community's yearly budget.
type BudgetLine struct {
	// name of the line, unique in the community.
	// +required
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=63
	Name string `json:"name,omitempty"`

	// title as the portal shows it; the name when left out.
	// +optional
	Title *LocalizedText `json:"title,omitempty"`

	// yearlyAmount in the standard's currency.
	// +required
	YearlyAmount Decimal `json:"yearlyAmount,omitempty"`

	// source of the money.
	// +required
	Source BudgetSource `json:"source,omitempty"`
}

// CommunityModule is a part of the portal that can be switched on.
// +kubebuilder:validation:Enum=Applications;HelpRequests;Opinions;Disclosure;Payments;Volunteers;Mediation;Bookings
type CommunityModule string

// The modules of a community.
const (
	ModuleApplications CommunityModule = "Applications"
	ModuleHelpRequests CommunityModule = "HelpRequests"
	ModuleOpinions     CommunityModule = "Opinions"
	ModuleDisclosure   CommunityModule = "Disclosure"
	ModulePayments     CommunityModule = "Payments"
	ModuleVolunteers   CommunityModule = "Volunteers"
	ModuleMediation    CommunityModule = "Mediation"
	ModuleBookings     CommunityModule = "Bookings"
)

// SurveyQuestionType is how a question is answered.
// +kubebuilder:validation:Enum=Choice;Choices;Scale;Text
type SurveyQuestionType string

// SurveyQuestion is one question of a survey.
// +kubebuilder:validation:XValidation:rule="!(self.type in ['Choice','Choices']) || (has(self.choices) && size(self.choices) >= 2)",message="a Choice or Choices question needs at least two choices"
type SurveyQuestion struct {
	// name of the question, unique in the survey: lower-case letters, digits and dashes.
	// +required
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=63
	// +kubebuilder:validation:Pattern=`^[a-z0-9]([-a-z0-9]*[a-z0-9])?$`
	Name string `json:"name,omitempty"`

	// title is the question as residents read it.
	// +required
	Title LocalizedText `json:"title,omitzero"`

	// type is how the question is answered.
	// +required
	Type SurveyQuestionType `json:"type,omitempty"`

	// choices to pick from, for Choice and Choices.
	// +optional
	// +listType=atomic
	// +kubebuilder:validation:MaxItems=20
	Choices []LocalizedText `json:"choices,omitempty"`
}

// Survey is a short public survey.
// +kubebuilder:validation:XValidation:rule="self.from <= self.until",message="until must not be before from"
type Survey struct {
	// name of the survey, unique in the community: lower-case letters, digits and dashes.
	// +required
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=63
	// +kubebuilder:validation:Pattern=`^[a-z0-9]([-a-z0-9]*[a-z0-9])?$`
	Name string `json:"name,omitempty"`

	// title as residents read it.
	// +required
	Title LocalizedText `json:"title,omitzero"`

	// questions of the survey, in order.
	// +required
	// +listType=map
	// +listMapKey=name
	// +kubebuilder:validation:MinItems=1
	// +kubebuilder:validation:MaxItems=20
	Questions []SurveyQuestion `json:"questions,omitempty"`

	// from is the first day answers are taken.
	// +required
	From Date `json:"from,omitempty"`

	// until is the last day answers are taken.
	// +required
	Until Date `json:"until,omitempty"`
}

// Language is a language of the public pages, BCP 47.
// +kubebuilder:validation:Enum=zh-CN;en
type Language string

// The languages.
const (
	LanguageChinese Language = "zh-CN"
	LanguageEnglish Language = "en"
)

// PortalSpec is the residents' site.
type PortalSpec struct {
	// hostname the portal answers to. It must end in a suffix the district
	// allows and be nobody else's. Left out, the portal has no route and is
	// reached through its Service.
	// +optional
	Hostname Hostname `json:"hostname,omitempty"`

	// gatewayRef is the Gateway the route attaches to; the district's default
	// when left out.
	// +optional
	GatewayRef *GatewayReference `json:"gatewayRef,omitempty"`

	// replicas of the portal, 1 to 10. Default 1.
	// +optional
	// +default=1
	// +kubebuilder:validation:Minimum=1
	// +kubebuilder:validation:Maximum=10
	Replicas *int32 `json:"replicas,omitempty"`

	// languages of the pages, the default one first. Default: zh-CN, en.
	// +optional
	// +default=["zh-CN","en"]
	// +listType=atomic
	// +kubebuilder:validation:MinItems=1
	// +kubebuilder:validation:MaxItems=2
	// +kubebuilder:validation:XValidation:rule="size(self) < 2 || self[0] != self[1]",message="each language may be named once"
	Languages []Language `json:"languages,omitempty"`
}

// Contact is where the office is and how to call it. It is the office's, never
// a person's.
type Contact struct {
	// address of the office.
	// +optional
	Address *LocalizedText `json:"address,omitempty"`

	// telephone is the office's public number.
	// +optional
	// +kubebuilder:validation:MinLength=3
	// +kubebuilder:validation:MaxLength=32
	// +kubebuilder:validation:Pattern=`^[+0-9][-0-9 ]*$`
	Telephone string `json:"telephone,omitempty"`
}

// Integration is an information system this community is connected to.
type Integration struct {
	// system is the name of the InformationSystem.
	// +required
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=253
	System string `json:"system,omitempty"`

	// report is what the system gets every month of what the community does, counted
	// from its cases. Left out: nothing.
	// +optional
	Report *IntegrationReport `json:"report,omitempty"`
}

// IntegrationReport is the monthly figures a system gets, in place of indicators
// somebody types. They are counts of cases; small ones are suppressed.
type IntegrationReport struct {
	// purpose of the report; the system must allow it.
	// +required
	Purpose PurposeCode `json:"purpose,omitempty"`
}

// Biller is whom residents may pay at the station, with the module Payments.
type Biller struct {
	// name tells billers of a community apart, and enters the books.
	// +required
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=63
	// +kubebuilder:validation:Pattern=`^[a-z0-9]([-a-z0-9]*[a-z0-9])?$`
	Name string `json:"name,omitempty"`

	// displayName as residents read it.
	// +required
	DisplayName LocalizedText `json:"displayName,omitzero"`

	// system is the name of the InformationSystem that takes the payments. It must be
	// among spec.integrations.
	// +required
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=253
	System string `json:"system,omitempty"`

	// purpose of what is sent; the system must allow it.
	// +required
	Purpose PurposeCode `json:"purpose,omitempty"`
}

// AccessRole is what a group may do with what runs in the home namespace.
// +kubebuilder:validation:Enum=Lead;Worker;Viewer
type AccessRole string

// The access roles.
const (
	// AccessLead may look at everything and restart workloads.
	AccessLead AccessRole = "Lead"
	// AccessWorker may look at workloads and their logs.
	AccessWorker AccessRole = "Worker"
	// AccessViewer may look at workloads.
	AccessViewer AccessRole = "Viewer"
)

// AccessGrant gives one group of the district's identity provider a role.
type AccessGrant struct {
	// group as the identity provider names it. Kubernetes' own groups
	// ("system:…") are refused: they would open the community to everyone.
	// +required
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=253
	// +kubebuilder:validation:XValidation:rule="!self.startsWith('system:')",message="a group starting with \"system:\" is Kubernetes' own and would open the community to everyone; name a group of the district's identity provider"
	Group string `json:"group,omitempty"`

	// role the group has.
	// +required
	Role AccessRole `json:"role,omitempty"`
}

// CommunityQuota bounds what the home namespace may use. Each value is bounded
// by the district's maximum; left out, the district's default holds.
type CommunityQuota struct {
	// cpu is the sum of CPU requests.
	// +optional
	CPU *resource.Quantity `json:"cpu,omitempty"`

	// memory is the sum of memory requests.
	// +optional
	Memory *resource.Quantity `json:"memory,omitempty"`

	// storage is the sum of storage requests.
	// +optional
	Storage *resource.Quantity `json:"storage,omitempty"`

	// pods is the number of pods.
	// +optional
	// +kubebuilder:validation:Minimum=4
	// +kubebuilder:validation:Maximum=1000
	Pods int32 `json:"pods,omitempty"`
}
