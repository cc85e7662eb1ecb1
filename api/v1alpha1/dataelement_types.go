package v1alpha1

// DataElementType is the shape of a data element's value.
// +kubebuilder:validation:Enum=Text;Integer;Decimal;Date;Boolean;Choice;File
type DataElementType string

// DataElementClass says what a data element is about. Only these classes
// exist: there is none for ethnicity, religion, political opinion, biometrics,
// movement, "key person" labels or reproductive state, and no way to add one.
// +kubebuilder:validation:Enum=Base;Contact;Identity;Household;Benefit;Health;Property;Other
type DataElementClass string

// DataElement is one field forms, tasks, systems and mappings may name, in the
// sense of GB/T 29854. What is not declared can't be collected.
type DataElement struct {
	// code of the element, unique in the standard.
	// +required
	Code DataElementCode `json:"code,omitempty"`

	// title of the element as a form shows it.
	// +required
	Title LocalizedText `json:"title,omitzero"`

	// type of the value.
	// +required
	Type DataElementType `json:"type,omitempty"`

	// class of the element.
	// +required
	Class DataElementClass `json:"class,omitempty"`

	// sensitivity is Ordinary (default) or Sensitive. A sensitive element needs a
	// statutory basis or separate consent, and is encrypted at rest.
	// +optional
	// +default="Ordinary"
	Sensitivity Sensitivity `json:"sensitivity,omitempty"`

	// owner is the department that answers for the element's meaning.
	// +optional
	// +kubebuilder:validation:MaxLength=200
	Owner string `json:"owner,omitempty"`
}

// Sensitivity of a data element.
// +kubebuilder:validation:Enum=Ordinary;Sensitive
type Sensitivity string

// The sensitivities.
const (
	SensitivityOrdinary  Sensitivity = "Ordinary"
	SensitivitySensitive Sensitivity = "Sensitive"
)
