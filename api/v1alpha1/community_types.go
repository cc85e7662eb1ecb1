package v1alpha1

import (
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// Condition types of a Community beside Ready, Reconciling and Stalled. One
// that does not apply (no Gateway API, no database, no integrations) is absent.
const (
	// ConditionNamespaceReady: the home namespace and its limits are in place.
	ConditionNamespaceReady = "NamespaceReady"
	// ConditionAccessReady: the role bindings of spec.access are in place.
	ConditionAccessReady = "AccessReady"
	// ConditionPortalReady: the wanted revision of the portal is available.
	ConditionPortalReady = "PortalReady"
	// ConditionRouteReady: the portal's HTTPRoute is accepted by its Gateway.
	ConditionRouteReady = "RouteReady"
	// ConditionDatabaseReady: the community's database and roles exist, and its
	// schema is that of the programs.
	ConditionDatabaseReady = "DatabaseReady"
	// ConditionIntegrationsReady: every system of spec.integrations is connected.
	ConditionIntegrationsReady = "IntegrationsReady"
	// ConditionNormsMet: every rule of the standard is met. It never affects
	// Ready.
	ConditionNormsMet = "NormsMet"
)

// Reasons of a Community's conditions.
const (
	ReasonNamespaceNotOurs  = "NamespaceNotOurs"
	ReasonNamespaceDeleting = "NamespaceDeleting"
	ReasonNormsMet          = "NormsMet"
	ReasonNormsNotMet       = "NormsNotMet"
	ReasonNormsUnknown      = "NormsUnknown"
	ReasonQuotaAboveMaximum = "QuotaAboveMaximum"
	ReasonRouteNotAccepted  = "RouteNotAccepted"
	ReasonGatewayMissing    = "GatewayMissing"
)

// Reasons of the condition DatabaseReady beside Provisioned.
const (
	ReasonAdminSecretMissing  = "AdminSecretMissing"
	ReasonAdminSecretInvalid  = "AdminSecretInvalid"
	ReasonServerUnreachable   = "ServerUnreachable"
	ReasonServerRefuses       = "ServerRefuses"
	ReasonDatabaseNotOurs     = "DatabaseNotOurs"
	ReasonDatabasePending     = "DatabasePending"
	ReasonCloudNativePG       = "CloudNativePGRefuses"
	ReasonKeyMissing          = "KeyMissing"
	ReasonKeyUnreadable       = "KeyUnreadable"
	ReasonClientSecretMissing = "ClientSecretMissing"
	ReasonMigrationRunning    = "MigrationRunning"
	ReasonMigrationFailed     = "MigrationFailed"
)

// CommunitySpec is what a sub-district declares of one community.
type CommunitySpec struct {
	// displayName is the community's public name.
	// +required
	DisplayName LocalizedText `json:"displayName,omitzero"`

	// contact is where the office is and how to call it.
	// +optional
	Contact *Contact `json:"contact,omitempty"`

	// standardRef names the CommunityStandard the community is held to.
	// +required
	StandardRef LocalReference `json:"standardRef,omitzero"`

	// profile is how large the community is.
	// +required
	Profile CommunityProfile `json:"profile,omitzero"`

	// premises the community works from.
	// +optional
	// +listType=map
	// +listMapKey=name
	// +kubebuilder:validation:MaxItems=64
	Premises []Premises `json:"premises,omitempty"`

	// facilities the community has, by the names the standard uses.
	// +optional
	// +listType=set
	// +kubebuilder:validation:MaxItems=64
	// +kubebuilder:validation:items:MinLength=1
	// +kubebuilder:validation:items:MaxLength=63
	Facilities []string `json:"facilities,omitempty"`

	// workforce is the posts and how many people hold each.
	// +optional
	// +listType=map
	// +listMapKey=post
	// +kubebuilder:validation:MaxItems=64
	Workforce []WorkforcePost `json:"workforce,omitempty"`

	// committee is the residents' committee.
	// +optional
	Committee *Committee `json:"committee,omitempty"`

	// budget is the yearly budget, line by line.
	// +optional
	// +listType=map
	// +listMapKey=name
	// +kubebuilder:validation:MaxItems=64
	Budget []BudgetLine `json:"budget,omitempty"`

	// signboards at the community's door, by their text.
	// +optional
	// +listType=set
	// +kubebuilder:validation:MaxItems=100
	// +kubebuilder:validation:items:MinLength=1
	// +kubebuilder:validation:items:MaxLength=100
	Signboards []string `json:"signboards,omitempty"`

	// modules of the portal that are switched on.
	// +optional
	// +listType=set
	// +kubebuilder:validation:MaxItems=8
	Modules []CommunityModule `json:"modules,omitempty"`

	// surveys residents may answer.
	// +optional
	// +listType=map
	// +listMapKey=name
	// +kubebuilder:validation:MaxItems=8
	Surveys []Survey `json:"surveys,omitempty"`

	// portal is the residents' site.
	// +optional
	// +default={}
	Portal PortalSpec `json:"portal,omitzero"`

	// integrations are the information systems the community is connected to.
	// +optional
	// +listType=map
	// +listMapKey=system
	// +kubebuilder:validation:MaxItems=32
	Integrations []Integration `json:"integrations,omitempty"`

	// billers whom residents may pay at the station. They need the module Payments.
	// +optional
	// +listType=map
	// +listMapKey=name
	// +kubebuilder:validation:MaxItems=16
	Billers []Biller `json:"billers,omitempty"`

	// access gives groups a role in the home namespace.
	// +optional
	// +listType=map
	// +listMapKey=group
	// +kubebuilder:validation:MaxItems=32
	Access []AccessGrant `json:"access,omitempty"`

	// quota bounds what the home namespace may use.
	// +optional
	Quota *CommunityQuota `json:"quota,omitempty"`

	// deletionPolicy says what becomes of namespace and data when the Community
	// is deleted. Default Retain.
	// +optional
	// +default="Retain"
	DeletionPolicy DeletionPolicy `json:"deletionPolicy,omitempty"`

	// drift says what happens when somebody else changes what the operator owns.
	// Default Correct.
	// +optional
	// +default="Correct"
	Drift DriftPolicy `json:"drift,omitempty"`

	// suspend scales the community's workloads to zero, keeps its data and stops
	// new admissions. Default false.
	// +optional
	// +default=false
	Suspend *bool `json:"suspend,omitempty"`
}

// CommunityStatus is what the operator has made of a Community.
type CommunityStatus struct {
	// conditions are Ready, Reconciling, Stalled, NamespaceReady, AccessReady,
	// PortalReady, RouteReady, DatabaseReady, IntegrationsReady, NormsMet.
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

	// namespace is the community's home namespace.
	// +optional
	// +kubebuilder:validation:MaxLength=63
	Namespace string `json:"namespace,omitempty"`

	// portalURL is where residents open the portal.
	// +optional
	// +kubebuilder:validation:MaxLength=300
	PortalURL string `json:"portalURL,omitempty"`

	// workforce is the working time the community has.
	// +optional
	Workforce *WorkforceStatus `json:"workforce,omitempty"`

	// norms is every rule of the standard held against the community.
	// +optional
	// +listType=atomic
	// +kubebuilder:validation:MaxItems=32
	Norms []NormStatus `json:"norms,omitempty"`

	// normsMet is how many of those are met, as "met/known".
	// +optional
	// +kubebuilder:validation:MaxLength=15
	NormsMet string `json:"normsMet,omitempty"`

	// counts is what belongs to the community.
	// +optional
	Counts *CommunityCounts `json:"counts,omitempty"`

	// audit is the head of the audit trail in the community's database. It stands
	// here so that not even the owner of the database can rewrite the trail unseen.
	// +optional
	Audit *AuditHead `json:"audit,omitempty"`

	// deliveries is the head of the chain of records of what was delivered to
	// information systems, for the same reason.
	// +optional
	Deliveries *AuditHead `json:"deliveries,omitempty"`

	// inventory is what the operator has provisioned for the community.
	// +optional
	// +listType=atomic
	// +kubebuilder:validation:MaxItems=200
	Inventory []InventoryEntry `json:"inventory,omitempty"`
}

// Community is one residents' community. It becomes a home namespace with a
// portal, isolated from every other community's.
//
// +kubebuilder:object:root=true
// +kubebuilder:subresource:status
// +kubebuilder:selectablefield:JSONPath=`.spec.standardRef.name`
// +kubebuilder:resource:scope=Namespaced,shortName=cmty,categories=shequ
// +kubebuilder:printcolumn:name="Title",type=string,JSONPath=`.spec.displayName.zh`
// +kubebuilder:printcolumn:name="Households",type=integer,JSONPath=`.spec.profile.households`
// +kubebuilder:printcolumn:name="Norms",type=string,JSONPath=`.status.normsMet`
// +kubebuilder:printcolumn:name="NormsMet",type=string,JSONPath=`.status.conditions[?(@.type=="NormsMet")].status`
// +kubebuilder:printcolumn:name="Ready",type=string,JSONPath=`.status.conditions[?(@.type=="Ready")].status`
// +kubebuilder:printcolumn:name="Reason",type=string,JSONPath=`.status.conditions[?(@.type=="Ready")].reason`
// +kubebuilder:printcolumn:name="Home",type=string,priority=1,JSONPath=`.status.namespace`
// +kubebuilder:printcolumn:name="Portal",type=string,priority=1,JSONPath=`.status.portalURL`
// +kubebuilder:printcolumn:name="Message",type=string,priority=1,JSONPath=`.status.conditions[?(@.type=="Ready")].message`
// +kubebuilder:printcolumn:name="Age",type=date,JSONPath=`.metadata.creationTimestamp`
// +kubebuilder:validation:XValidation:rule="self.metadata.name.size() <= 63",message="a community's name may have at most 63 characters: it becomes a label"
type Community struct {
	metav1.TypeMeta `json:",inline"`

	// metadata is standard object metadata. The name has at most 63 characters.
	// +optional
	metav1.ObjectMeta `json:"metadata,omitzero"`

	// spec is what the sub-district declares.
	// +required
	Spec CommunitySpec `json:"spec,omitzero"`

	// status is what the operator has made of it.
	// +optional
	Status CommunityStatus `json:"status,omitzero"`
}

// CommunityList is a list of Communities.
//
// +kubebuilder:object:root=true
type CommunityList struct {
	metav1.TypeMeta `json:",inline"`
	metav1.ListMeta `json:"metadata,omitempty"`
	Items           []Community `json:"items"`
}
