package blueprint

import (
	"crypto/sha256"
	"encoding/hex"
	"maps"
	"strings"

	"github.com/shequ-io/shequ/api/v1alpha1"
)

// Names of children in a home namespace.
const (
	quotaName         = "community"
	limitsName        = "community"
	dnsPolicyName     = "allow-dns"
	metricsPolicyName = "allow-metrics"
	contentName       = "portal-content"
	itemsPrefix       = "station-items-"

	databasePolicyName = "allow-database"

	// DenyPolicyName is the policy that closes a home namespace.
	DenyPolicyName = "default-deny"

	// CourierConfigName is the ConfigMap that says which information systems the
	// community is connected to, and CourierCredentialsName the Secret with what the
	// courier shows them.
	CourierConfigName      = "courier-config"
	CourierCredentialsName = "courier-credentials" //nolint:gosec // the name of a Secret

	// DeskConfigName is the ConfigMap that says who may work as what.
	DeskConfigName = "desk-config"

	// ComponentPortal and ComponentDesk are the programs of a community and the
	// names of their Deployments and Services.
	ComponentPortal = "portal"
	ComponentDesk   = "desk"
	// ComponentCourier is the program that delivers to information systems.
	ComponentCourier = "courier"
	// ComponentMigrate is the migration of the community's database.
	ComponentMigrate = "migrate"
)

const (
	managedByLabel = "app.kubernetes.io/managed-by"
	managedBy      = "shequ"
	nameLabel      = "app.kubernetes.io/name"
	maxNamespace   = 63
	hashLength     = 8
)

// HomeNamespace is the name of a community's home namespace: readable, unique,
// and at most 63 characters whatever the names are.
func HomeNamespace(subdistrict, community string) string {
	sum := sha256.Sum256([]byte(subdistrict + "/" + community))
	suffix := hex.EncodeToString(sum[:])[:hashLength]
	// A Community may be named with dots, a namespace may not.
	prefix := strings.ReplaceAll("c-"+subdistrict+"-"+community, ".", "-")
	if limit := maxNamespace - 1 - hashLength; len(prefix) > limit {
		prefix = prefix[:limit]
	}
	return strings.TrimRight(prefix, "-") + "-" + suffix
}

// CommunityLabels are on every child that is provisioned for a Community.
func CommunityLabels(namespace, name string) map[string]string {
	return map[string]string{
		managedByLabel:                   managedBy,
		v1alpha1.CommunityNamespaceLabel: namespace,
		v1alpha1.CommunityNameLabel:      name,
	}
}

// StationLabels are on every child that is provisioned for a ServiceStation;
// station names it, so that the child's events reach the right controller.
func StationLabels(namespace, community, station string) map[string]string {
	l := CommunityLabels(namespace, community)
	l[v1alpha1.StationNameLabel] = station
	return l
}

func with(labels map[string]string, component string) map[string]string {
	out := map[string]string{v1alpha1.ComponentLabel: component, nameLabel: component}
	maps.Copy(out, labels)
	return out
}

// groupName is a name for the role binding of a group, whose own name may hold
// characters an object's name may not.
func groupName(group string) string {
	sum := sha256.Sum256([]byte(group))
	return "access-" + hex.EncodeToString(sum[:])[:hashLength*2]
}
