package v1alpha1

// Names of the ValidatingAdmissionPolicies in config/policy. Each has a binding
// of the same name. While one is missing or altered, nothing new is admitted
// (PolicyMissing).
const (
	// PolicySubdistrictKinds keeps Community, ServiceStation and Grid in
	// namespaces of role subdistrict.
	PolicySubdistrictKinds = "shequ-subdistrict-kinds"
	// PolicyDepartmentKinds keeps AdmittedTask in namespaces of role department.
	PolicyDepartmentKinds = "shequ-department-kinds"
	// PolicyDecisionMembers lets each party say in a TaskDecision only what is
	// its to say.
	PolicyDecisionMembers = "shequ-decision-members"
	// PolicyLedgerWriter lets only the operator write TaskLedgers.
	PolicyLedgerWriter = "shequ-ledger-writer"
	// PolicySurveyTerms lets no survey ask about what nobody may collect.
	PolicySurveyTerms = "shequ-survey-terms"
)

// PolicyNames returns the names of all policies, and of their bindings.
func PolicyNames() []string {
	return []string{
		PolicySubdistrictKinds,
		PolicyDepartmentKinds,
		PolicyDecisionMembers,
		PolicyLedgerWriter,
		PolicySurveyTerms,
	}
}

// OperatorUsername is the user the operator acts as where it is installed as
// config/default and the chart install it.
const OperatorUsername = "system:serviceaccount:shequ-system:shequ-operator"
