package v1alpha1

import (
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// Condition types of a ServiceStation beside Ready, Reconciling and Stalled.
const (
	// ConditionItemsReady: the items are published to portal and desk.
	ConditionItemsReady = "ItemsReady"
	// ConditionDeskReady: the wanted revision of the desk is available.
	ConditionDeskReady = "DeskReady"
	// ConditionDeskRouteReady: the desk's HTTPRoute is accepted by its Gateway.
	ConditionDeskRouteReady = "DeskRouteReady"
	// ConditionCommunityReady: the Community the station belongs to has its home
	// namespace.
	ConditionCommunityReady = "CommunityReady"
)

// Reasons of a ServiceStation's conditions.
const (
	ReasonItemsPublished   = "ItemsPublished"
	ReasonUnknownElement   = "UnknownDataElement"
	ReasonItemsOverflow    = "ItemsOverflow"
	ReasonStationDuplicate = "AnotherStationServes"
)

// StationType is how large a station is.
// +kubebuilder:validation:Enum=Station;Workstation;Centre
type StationType string

// Weekday is a day of the week.
// +kubebuilder:validation:Enum=Mon;Tue;Wed;Thu;Fri;Sat;Sun
type Weekday string

// TimeOfDay is a local time, 00:00 to 24:00.
// +kubebuilder:validation:MinLength=5
// +kubebuilder:validation:MaxLength=5
// +kubebuilder:validation:Pattern=`^(([01][0-9]|2[0-3]):[0-5][0-9]|24:00)$`
type TimeOfDay string

// OpeningHours is one span of the weekly hours, in the standard's time zone.
// +kubebuilder:validation:XValidation:rule="self.opens < self.closes",message="opens must be before closes; split hours that pass midnight into two spans"
type OpeningHours struct {
	// days the span holds on.
	// +required
	// +listType=set
	// +kubebuilder:validation:MinItems=1
	// +kubebuilder:validation:MaxItems=7
	Days []Weekday `json:"days,omitempty"`

	// opens is when the doors open.
	// +required
	Opens TimeOfDay `json:"opens,omitempty"`

	// closes is when the doors close.
	// +required
	Closes TimeOfDay `json:"closes,omitempty"`
}

// StationWindow is a counter of the hall.
type StationWindow struct {
	// name of the window, unique in the station.
	// +required
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=63
	Name string `json:"name,omitempty"`

	// title as residents read it; the name when left out.
	// +optional
	Title *LocalizedText `json:"title,omitempty"`

	// items the window handles, by name.
	// +optional
	// +listType=set
	// +kubebuilder:validation:MaxItems=128
	// +kubebuilder:validation:items:MinLength=1
	// +kubebuilder:validation:items:MaxLength=63
	Items []string `json:"items,omitempty"`
}

// ItemCategory groups items for residents.
// +kubebuilder:validation:Enum=Certificate;Agency;Mediation;Booking;Other
type ItemCategory string

// StationItem is one thing of the station's own that a resident can have done.
type StationItem struct {
	// name of the item, unique in the station.
	// +required
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=63
	// +kubebuilder:validation:Pattern=`^[a-z0-9]([-a-z0-9]*[a-z0-9])?$`
	Name string `json:"name,omitempty"`

	// title as residents read it.
	// +required
	Title LocalizedText `json:"title,omitzero"`

	// category groups the item. Default Other.
	// +optional
	// +default="Other"
	Category ItemCategory `json:"category,omitempty"`

	// summary says in a sentence what the item is for.
	// +optional
	Summary *LocalizedText `json:"summary,omitempty"`

	// dataElements the form asks for, by the standard's codes.
	// +optional
	// +listType=set
	// +kubebuilder:validation:MaxItems=64
	DataElements []DataElementCode `json:"dataElements,omitempty"`

	// materials to bring to the counter.
	// +optional
	// +listType=atomic
	// +kubebuilder:validation:MaxItems=16
	Materials []LocalizedText `json:"materials,omitempty"`

	// steps the item takes, in order.
	// +optional
	// +listType=atomic
	// +kubebuilder:validation:MaxItems=16
	Steps []LocalizedText `json:"steps,omitempty"`

	// acceptWithinMinutes is the time limit for taking the case, in minutes.
	// +optional
	// +kubebuilder:validation:Minimum=1
	// +kubebuilder:validation:Maximum=525600
	AcceptWithinMinutes int64 `json:"acceptWithinMinutes,omitempty"`

	// resolveWithinMinutes is the time limit for settling the case, in minutes
	// of the clock: 1440 a day.
	// +optional
	// +kubebuilder:validation:Minimum=1
	// +kubebuilder:validation:Maximum=525600
	ResolveWithinMinutes int64 `json:"resolveWithinMinutes,omitempty"`

	// onlineApplication says whether residents may apply at the portal too.
	// Default Offered; the counter takes every item.
	// +optional
	// +default="Offered"
	OnlineApplication OnlineApplication `json:"onlineApplication,omitempty"`

	// purpose what applicants write is used for. Default station-service.
	// +optional
	// +default="station-service"
	Purpose PurposeCode `json:"purpose,omitempty"`

	// retentionDays is how long what applicants write is kept after the case has
	// ended, in days; then it is deleted. Default 365.
	// +optional
	// +default=365
	// +kubebuilder:validation:Minimum=1
	// +kubebuilder:validation:Maximum=36500
	RetentionDays int64 `json:"retentionDays,omitempty"`
}

// DeskSpec is the staff's program.
type DeskSpec struct {
	// hostname the desk answers to. It must end in a suffix the district allows
	// and be nobody else's. Left out, the desk has no route.
	// +optional
	Hostname Hostname `json:"hostname,omitempty"`

	// gatewayRef is the Gateway the route attaches to; the district's default
	// when left out.
	// +optional
	GatewayRef *GatewayReference `json:"gatewayRef,omitempty"`

	// replicas of the desk, 1 to 10. Default 1.
	// +optional
	// +default=1
	// +kubebuilder:validation:Minimum=1
	// +kubebuilder:validation:Maximum=10
	Replicas *int32 `json:"replicas,omitempty"`
}

// ServiceStationSpec is the one-stop hall of one community.
// +kubebuilder:validation:XValidation:rule="!has(self.windows) || self.windows.all(w, !has(w.items) || w.items.all(i, has(self.items) && self.items.exists(o, o.name == i)))",message="a window may only name items the station declares in spec.items"
type ServiceStationSpec struct {
	// communityRef names the Community in the same namespace. It can't be
	// changed: declare another station instead.
	// +required
	// +kubebuilder:validation:XValidation:rule="self == oldSelf",message="a station can't move to another community; declare another ServiceStation there"
	CommunityRef LocalReference `json:"communityRef,omitzero"`

	// displayName is the station's public name; the community's when left out.
	// +optional
	DisplayName *LocalizedText `json:"displayName,omitempty"`

	// type of the station. Default Station.
	// +optional
	// +default="Station"
	Type StationType `json:"type,omitempty"`

	// premisesSquareMeters of floor area of the hall, in m².
	// +optional
	// +kubebuilder:validation:Minimum=1
	// +kubebuilder:validation:Maximum=1000000
	PremisesSquareMeters int64 `json:"premisesSquareMeters,omitempty"`

	// windows of the hall.
	// +optional
	// +listType=map
	// +listMapKey=name
	// +kubebuilder:validation:MaxItems=16
	Windows []StationWindow `json:"windows,omitempty"`

	// openingHours of the week.
	// +optional
	// +listType=atomic
	// +kubebuilder:validation:MaxItems=28
	OpeningHours []OpeningHours `json:"openingHours,omitempty"`

	// items of the station's own: certificates, agency services, mediation,
	// bookings. Items of admitted tasks come by themselves.
	// +optional
	// +listType=map
	// +listMapKey=name
	// +kubebuilder:validation:MaxItems=128
	Items []StationItem `json:"items,omitempty"`

	// desk is the staff's program.
	// +optional
	// +default={}
	Desk DeskSpec `json:"desk,omitzero"`

	// suspend scales the desk to zero and keeps its data. Default false.
	// +optional
	// +default=false
	Suspend *bool `json:"suspend,omitempty"`
}

// ServiceStationStatus is what the operator has made of a ServiceStation.
type ServiceStationStatus struct {
	// conditions are Ready, Reconciling, Stalled, CommunityReady, ItemsReady,
	// DeskReady, DeskRouteReady.
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

	// items served now: the station's own and those of admitted tasks.
	// +optional
	// +kubebuilder:validation:Minimum=0
	Items *int64 `json:"items,omitempty"`

	// servedTasks are the admitted tasks whose items are served, by namespace and
	// name.
	// +optional
	// +listType=atomic
	// +kubebuilder:validation:MaxItems=400
	ServedTasks []NamespacedReference `json:"servedTasks,omitempty"`

	// windows of the hall.
	// +optional
	// +kubebuilder:validation:Minimum=0
	Windows *int64 `json:"windows,omitempty"`

	// deskURL is where staff open the desk.
	// +optional
	// +kubebuilder:validation:MaxLength=300
	DeskURL string `json:"deskURL,omitempty"`

	// inventory is what the operator has provisioned for the station.
	// +optional
	// +listType=atomic
	// +kubebuilder:validation:MaxItems=200
	Inventory []InventoryEntry `json:"inventory,omitempty"`
}

// ServiceStation is a community's one-stop hall: windows, items, hours, and the
// desk its staff work with. It stands beside its Community.
//
// +kubebuilder:object:root=true
// +kubebuilder:subresource:status
// +kubebuilder:selectablefield:JSONPath=`.spec.communityRef.name`
// +kubebuilder:resource:scope=Namespaced,shortName=station,categories=shequ
// +kubebuilder:printcolumn:name="Community",type=string,JSONPath=`.spec.communityRef.name`
// +kubebuilder:printcolumn:name="Type",type=string,JSONPath=`.spec.type`
// +kubebuilder:printcolumn:name="Items",type=integer,JSONPath=`.status.items`
// +kubebuilder:printcolumn:name="Windows",type=integer,JSONPath=`.status.windows`
// +kubebuilder:printcolumn:name="Ready",type=string,JSONPath=`.status.conditions[?(@.type=="Ready")].status`
// +kubebuilder:printcolumn:name="Reason",type=string,JSONPath=`.status.conditions[?(@.type=="Ready")].reason`
// +kubebuilder:printcolumn:name="Desk",type=string,priority=1,JSONPath=`.status.deskURL`
// +kubebuilder:printcolumn:name="Message",type=string,priority=1,JSONPath=`.status.conditions[?(@.type=="Ready")].message`
// +kubebuilder:printcolumn:name="Age",type=date,JSONPath=`.metadata.creationTimestamp`
// +kubebuilder:validation:XValidation:rule="self.metadata.name.size() <= 63",message="a station's name may have at most 63 characters: it becomes a label"
type ServiceStation struct {
	metav1.TypeMeta `json:",inline"`

	// metadata is standard object metadata. The name has at most 63 characters.
	// +optional
	metav1.ObjectMeta `json:"metadata,omitzero"`

	// spec is what the sub-district declares.
	// +required
	Spec ServiceStationSpec `json:"spec,omitzero"`

	// status is what the operator has made of it.
	// +optional
	Status ServiceStationStatus `json:"status,omitzero"`
}

// ServiceStationList is a list of ServiceStations.
//
// +kubebuilder:object:root=true
type ServiceStationList struct {
	metav1.TypeMeta `json:",inline"`
	metav1.ListMeta `json:"metadata,omitempty"`
	Items           []ServiceStation `json:"items"`
}
