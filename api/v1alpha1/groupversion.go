package v1alpha1

import (
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
)

// GroupVersion is the group and version of every kind in this package.
var GroupVersion = schema.GroupVersion{Group: "shequ.io", Version: "v1alpha1"}

// SchemeGroupVersion is GroupVersion, by the name generated code knows it.
var SchemeGroupVersion = GroupVersion

// AddToScheme registers every kind of this package with a scheme.
var AddToScheme = schemeBuilder.AddToScheme

var schemeBuilder = runtime.NewSchemeBuilder(func(scheme *runtime.Scheme) error {
	scheme.AddKnownTypes(GroupVersion,
		&Community{}, &CommunityList{},
		&ServiceStation{}, &ServiceStationList{},
		&Grid{}, &GridList{},
		&CommunityStandard{}, &CommunityStandardList{},
		&AdmittedTask{}, &AdmittedTaskList{},
		&TaskDecision{}, &TaskDecisionList{},
		&TaskLedger{}, &TaskLedgerList{},
		&InformationSystem{}, &InformationSystemList{},
	)
	metav1.AddToGroupVersion(scheme, GroupVersion)
	return nil
})
