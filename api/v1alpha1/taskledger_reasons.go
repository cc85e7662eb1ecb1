package v1alpha1

// LedgerDecision is where a task stands at one community's door.
// +kubebuilder:validation:Enum=Admitted;Waiting;Refused;Contested;Ended
type LedgerDecision string

// The decisions.
const (
	// DecisionAdmitted: the task is in; its items are served.
	DecisionAdmitted LedgerDecision = "Admitted"
	// DecisionWaiting: something outside the terms is missing. A task that was
	// admitted keeps its reservation, and its items pause.
	DecisionWaiting LedgerDecision = "Waiting"
	// DecisionRefused: the task stays out on these terms.
	DecisionRefused LedgerDecision = "Refused"
	// DecisionContested: the sub-district objected; the committee has to rule.
	DecisionContested LedgerDecision = "Contested"
	// DecisionEnded: the task is over; what it held is released.
	DecisionEnded LedgerDecision = "Ended"
)

// LedgerReason is why a task stands where it stands. The set is closed.
// +kubebuilder:validation:Enum=Admitted;AwaitingApproval;NotYetEffective;FundingNotReleased;PolicyMissing;StandardMissing;SystemMissing;Rejected;Prohibited;LegalBasisExpired;AuthorityMissing;FundingBelowCost;CapacityExceeded;VisitCapacityExceeded;LedgerLimit;IndicatorLimit;ReportLimit;DuplicateCollection;NormNotMet;Contested;Suspended;Expired;Withdrawn
type LedgerReason string

// The reason to admit.
const (
	// LedgerAdmitted: nothing speaks against the task.
	LedgerAdmitted LedgerReason = "Admitted"
)

// The reasons to wait.
const (
	// LedgerAwaitingApproval: no approval of the present digest.
	LedgerAwaitingApproval LedgerReason = "AwaitingApproval"
	// LedgerNotYetEffective: effective.from is still to come.
	LedgerNotYetEffective LedgerReason = "NotYetEffective"
	// LedgerFundingNotReleased: no release for the present period.
	LedgerFundingNotReleased LedgerReason = "FundingNotReleased"
	// LedgerPolicyMissing: an admission policy is absent or was altered.
	LedgerPolicyMissing LedgerReason = "PolicyMissing"
	// LedgerStandardMissing: the community's standard does not exist.
	LedgerStandardMissing LedgerReason = "StandardMissing"
	// LedgerSystemMissing: an information system the task delivers to does not
	// exist, or does not accept the delivery.
	LedgerSystemMissing LedgerReason = "SystemMissing"
)

// The reasons to refuse.
const (
	// LedgerRejected: the guidance committee rejected the present digest.
	LedgerRejected LedgerReason = "Rejected"
	// LedgerProhibited: the catalogue keeps such work out of communities.
	LedgerProhibited LedgerReason = "Prohibited"
	// LedgerLegalBasisExpired: no legal basis at municipal level or above is in
	// force.
	LedgerLegalBasisExpired LedgerReason = "LegalBasisExpired"
	// LedgerAuthorityMissing: a verb has no authority in force.
	LedgerAuthorityMissing LedgerReason = "AuthorityMissing"
	// LedgerFundingBelowCost: the money covers less of the cost than the standard
	// asks for.
	LedgerFundingBelowCost LedgerReason = "FundingBelowCost"
	// LedgerCapacityExceeded: a month has too few working minutes left.
	LedgerCapacityExceeded LedgerReason = "CapacityExceeded"
	// LedgerVisitCapacityExceeded: a month has too few household visits left.
	LedgerVisitCapacityExceeded LedgerReason = "VisitCapacityExceeded"
	// LedgerLedgerLimit: the task asks for more ledgers than are left.
	LedgerLedgerLimit LedgerReason = "LedgerLimit"
	// LedgerIndicatorLimit: the task asks for more monthly indicators than are
	// left.
	LedgerIndicatorLimit LedgerReason = "IndicatorLimit"
	// LedgerReportLimit: the task asks for more monthly reports than are left.
	LedgerReportLimit LedgerReason = "ReportLimit"
	// LedgerDuplicateCollection: another task already collects an element.
	LedgerDuplicateCollection LedgerReason = "DuplicateCollection"
	// LedgerNormNotMet: the community misses a norm whose effect is Enforce.
	LedgerNormNotMet LedgerReason = "NormNotMet"
)

// LedgerContested is the reason of an open contest (decision Contested) and of
// an upheld one (decision Refused).
const LedgerContested LedgerReason = "Contested"

// The reasons for an end.
const (
	// LedgerSuspended: the task's spec.suspend is true.
	LedgerSuspended LedgerReason = "Suspended"
	// LedgerExpired: effective.until has passed.
	LedgerExpired LedgerReason = "Expired"
	// LedgerWithdrawn: the task was deleted or no longer targets the community.
	LedgerWithdrawn LedgerReason = "Withdrawn"
)
