package v1alpha1

// LocalizedText is a short public text. Simplified Chinese is required; where
// English is missing, the Chinese is shown.
type LocalizedText struct {
	// zh is the text in Simplified Chinese, 1 to 200 characters.
	// +required
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=200
	ZH string `json:"zh,omitempty"`

	// en is the text in English, at most 200 characters.
	// +optional
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=200
	EN string `json:"en,omitempty"`
}

// LocalReference names an object in the same namespace, or a cluster-scoped one.
type LocalReference struct {
	// name of the object referred to, a DNS subdomain name.
	// +required
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=253
	Name string `json:"name,omitempty"`
}

// NamespacedReference names an object in any namespace.
type NamespacedReference struct {
	// namespace of the object referred to.
	// +required
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=63
	Namespace string `json:"namespace,omitempty"`

	// name of the object referred to, a DNS subdomain name.
	// +required
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=253
	Name string `json:"name,omitempty"`
}

// GatewayReference names the Gateway API Gateway a route attaches to.
type GatewayReference struct {
	// namespace of the Gateway.
	// +required
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=63
	Namespace string `json:"namespace,omitempty"`

	// name of the Gateway.
	// +required
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=253
	Name string `json:"name,omitempty"`

	// sectionName picks one listener of the Gateway; empty means any.
	// +optional
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=253
	SectionName string `json:"sectionName,omitempty"`
}

// Decimal is an exact, non-negative amount of money: at most twelve digits
// before the point and two after it, such as "15000" or "16.50".
// +kubebuilder:validation:MinLength=1
// +kubebuilder:validation:MaxLength=15
// +kubebuilder:validation:Pattern=`^(0|[1-9][0-9]{0,11})(\.[0-9]{1,2})?$`
type Decimal string

// Date is a calendar day in the standard's time zone, as 2006-01-02.
// +kubebuilder:validation:MinLength=10
// +kubebuilder:validation:MaxLength=10
// +kubebuilder:validation:Pattern=`^[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])$`
// +kubebuilder:validation:XValidation:rule="!format.date().validate(self).hasValue()",message="a date must be a day of the calendar, written as 2026-01-31"
type Date string

// DataElementCode is the code of a data element a CommunityStandard declares:
// letters, digits and dashes, such as "applicant-name".
// +kubebuilder:validation:MinLength=1
// +kubebuilder:validation:MaxLength=63
// +kubebuilder:validation:Pattern=`^[a-z0-9]([-a-z0-9]*[a-z0-9])?$`
type DataElementCode string

// Hostname is a lower-case DNS name without a port or a wildcard.
// +kubebuilder:validation:MinLength=1
// +kubebuilder:validation:MaxLength=253
// +kubebuilder:validation:Pattern=`^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?(\.[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?)+$`
type Hostname string

// DriftPolicy says what happens when somebody else changes what the operator
// owns.
// +kubebuilder:validation:Enum=Correct;Warn;Off
type DriftPolicy string

// The drift policies.
const (
	// DriftCorrect puts a foreign change back and says so in an event.
	DriftCorrect DriftPolicy = "Correct"
	// DriftWarn says so in an event and leaves the change.
	DriftWarn DriftPolicy = "Warn"
	// DriftOff leaves the change and is silent.
	DriftOff DriftPolicy = "Off"
)

// DeletionPolicy says what becomes of a community's data when its Community is
// deleted.
// +kubebuilder:validation:Enum=Retain;Delete
type DeletionPolicy string

// The deletion policies.
const (
	// DeletionRetain stops what runs and keeps namespace and data.
	DeletionRetain DeletionPolicy = "Retain"
	// DeletionDelete removes the home namespace with all in it.
	DeletionDelete DeletionPolicy = "Delete"
)

// InventoryEntry is one object an intent object has provisioned, as it was when
// last applied. With it the operator knows, even after a restart, what is
// already so and need not be sent, and what to take back.
type InventoryEntry struct {
	// group of the object; empty for the core group.
	// +optional
	// +kubebuilder:validation:MaxLength=253
	Group string `json:"group,omitempty"`

	// kind of the object.
	// +required
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=63
	Kind string `json:"kind,omitempty"`

	// namespace of the object; empty for a cluster-scoped one.
	// +optional
	// +kubebuilder:validation:MaxLength=63
	Namespace string `json:"namespace,omitempty"`

	// name of the object.
	// +required
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=253
	Name string `json:"name,omitempty"`

	// uid of the object when it was last applied.
	// +optional
	// +kubebuilder:validation:MaxLength=64
	UID string `json:"uid,omitempty"`

	// hash of the intent that was applied.
	// +optional
	// +kubebuilder:validation:MaxLength=64
	Hash string `json:"hash,omitempty"`

	// version is the generation that the apply left, or the resourceVersion for
	// a kind that is watched without its content (ConfigMap).
	// +optional
	// +kubebuilder:validation:MaxLength=64
	Version string `json:"version,omitempty"`
}
