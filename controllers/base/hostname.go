package base

import (
	"context"
	"fmt"
	"strings"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/shequ-io/shequ/api/v1alpha1"
	"github.com/shequ-io/shequ/internal/conditions"
)

// HostnameIndex indexes Communities and ServiceStations by the hostname they
// claim.
const HostnameIndex = "hostname"

// claim is one object's claim on a hostname.
type claim struct {
	kind    string
	obj     client.Object
	created metav1.Time
}

func (c claim) before(o claim) bool {
	if !c.created.Equal(&o.created) {
		return c.created.Before(&o.created)
	}
	return c.key() < o.key()
}

func (c claim) key() string {
	return c.kind + " " + c.obj.GetNamespace() + "/" + c.obj.GetName()
}

// Hostname judges an object's claim on a hostname: it must end in an allowed
// suffix, and the oldest claim holds. It reports false when the claim stands.
func (d *Deps) Hostname(ctx context.Context, condition, kind string, obj client.Object, host string) (conditions.Phase, bool, error) {
	phase := conditions.Phase{Type: condition, State: conditions.Stuck}
	if !d.Settings.AllowsHostname(host) {
		phase.Reason = v1alpha1.ReasonHostnameNotAllowed
		phase.Message = fmt.Sprintf("hostname %s ends in none of the suffixes the district allows (%s): choose another, or ask district IT to allow it", host, suffixes(d.Settings.HostnameSuffixes))
		return phase, true, nil
	}
	mine := claim{kind, obj, obj.GetCreationTimestamp()}
	others, err := d.claims(ctx, host)
	if err != nil {
		return phase, false, err
	}
	for _, other := range others {
		if other.key() != mine.key() && other.before(mine) {
			phase.Reason = v1alpha1.ReasonHostnameTaken
			phase.Message = fmt.Sprintf("hostname %s is held by %s, which claimed it first: choose another", host, other.key())
			return phase, true, nil
		}
	}
	return phase, false, nil
}

func (d *Deps) claims(ctx context.Context, host string) ([]claim, error) {
	var out []claim
	var communities v1alpha1.CommunityList
	if err := d.Cache.List(ctx, &communities, client.MatchingFields{HostnameIndex: host}, client.UnsafeDisableDeepCopy); err != nil {
		return nil, err
	}
	for i := range communities.Items {
		c := &communities.Items[i]
		out = append(out, claim{"Community", c, c.CreationTimestamp})
	}
	var stations v1alpha1.ServiceStationList
	if err := d.Cache.List(ctx, &stations, client.MatchingFields{HostnameIndex: host}, client.UnsafeDisableDeepCopy); err != nil {
		return nil, err
	}
	for i := range stations.Items {
		s := &stations.Items[i]
		out = append(out, claim{"ServiceStation", s, s.CreationTimestamp})
	}
	return out, nil
}

func suffixes(in []string) string {
	if len(in) == 0 {
		return "none are configured"
	}
	return strings.Join(in, ", ")
}
