// Package v1alpha1 is the API of Shequ, group shequ.io: the eight kinds a
// district runs its communities with, their validation (OpenAPI and CEL), their
// defaults, and the names of their conditions and reasons.
//
// It holds shapes and rules only. Arithmetic on them is in internal/norms and
// internal/admission; what they become in a cluster is in internal/blueprint.
// No field of any kind holds personal data: staff appear as posts, groups or
// work identifiers, residents never appear.
//
// +kubebuilder:object:generate=true
// +groupName=shequ.io
// +kubebuilder:ac:generate=true
// +kubebuilder:ac:output:package="applyconfiguration"
package v1alpha1
