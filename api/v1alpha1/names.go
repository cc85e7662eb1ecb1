package v1alpha1

// RoleLabel marks a namespace with the one party that speaks in it. District IT
// sets it; policies refuse a kind in a namespace of the wrong role.
const RoleLabel = "shequ.io/role"

// The values of RoleLabel.
const (
	RoleSubdistrict = "subdistrict"
	RoleDepartment  = "department"
	RoleCommittee   = "committee"
	RoleFinance     = "finance"
)

// TitleZHAnnotation and TitleENAnnotation on a sub-district's namespace give
// the public name its communities' portals show. Without them the namespace's
// own name is shown.
const (
	TitleZHAnnotation = "shequ.io/title-zh"
	TitleENAnnotation = "shequ.io/title-en"
)

// Labels on every object the operator creates.
const (
	// CommunityNamespaceLabel and CommunityNameLabel name the Community an
	// object belongs to.
	CommunityNamespaceLabel = "shequ.io/community-namespace"
	CommunityNameLabel      = "shequ.io/community-name"
	// StationNameLabel names the ServiceStation an object is provisioned for;
	// absent on what the Community itself wants.
	StationNameLabel = "shequ.io/station-name"
	// ComponentLabel names the program or part: portal, desk, courier.
	ComponentLabel = "shequ.io/component"
)

// Annotations on a home namespace.
const (
	// HomeOfAnnotation is the namespace/name of the Community a home namespace
	// was made for. A namespace without it is never taken over.
	HomeOfAnnotation = "shequ.io/home-of"
	// HomeOfUIDAnnotation is the UID of that Community. Another UID means that an
	// earlier Community of the same name made the namespace.
	HomeOfUIDAnnotation = "shequ.io/home-of-uid"
	// RetainedAnnotation marks a home namespace whose Community was deleted
	// under deletionPolicy Retain; a Community of the same name adopts it.
	RetainedAnnotation = "shequ.io/retained"
)

// InventoryAnnotation on an intent object lists the children it may have, as
// written before they are applied, so that a crash never leaves an orphan.
const InventoryAnnotation = "shequ.io/inventory"

// Finalizer holds an intent object until what it provisioned is taken back.
const Finalizer = "shequ.io/teardown"

// Condition types that every kind with a controller has. They follow kstatus.
const (
	// ConditionReady is the summary: every applicable part is in place at this
	// generation.
	ConditionReady = "Ready"
	// ConditionReconciling is True while the controller still has work to do.
	ConditionReconciling = "Reconciling"
	// ConditionStandardReady: the standard that is referred to exists.
	ConditionStandardReady = "StandardReady"
	// ConditionStalled is True when only a change by a person can help.
	ConditionStalled = "Stalled"
)

// Reasons shared by the conditions of several kinds.
const (
	ReasonReady              = "Ready"
	ReasonProgressing        = "Progressing"
	ReasonDeleting           = "Deleting"
	ReasonSuspended          = "Suspended"
	ReasonApplyFailed        = "ApplyFailed"
	ReasonForbidden          = "Forbidden"
	ReasonInvalidSpec        = "InvalidSpec"
	ReasonWrongNamespaceRole = "WrongNamespaceRole"
	ReasonCommunityNotFound  = "CommunityNotFound"
	ReasonCommunityNotReady  = "CommunityNotReady"
	ReasonStandardNotFound   = "StandardNotFound"
	ReasonHostnameNotAllowed = "HostnameNotAllowed"
	ReasonHostnameTaken      = "HostnameTaken"
	ReasonRolloutInProgress  = "RolloutInProgress"
	ReasonDriftDetected      = "DriftDetected"
	ReasonStandardFound      = "StandardFound"
	ReasonCommunityFound     = "CommunityFound"
	ReasonProvisioned        = "Provisioned"
	ReasonAvailable          = "Available"
	ReasonQuotaExceeded      = "QuotaExceeded"
)
