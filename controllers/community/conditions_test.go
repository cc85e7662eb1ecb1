package community_test

import (
	"errors"
	"fmt"
	"testing"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/ptr"

	"github.com/shequ-io/shequ/api/v1alpha1"
	"github.com/shequ-io/shequ/controllers/controllertest"
)

func TestStandardAppears(t *testing.T) {
	w := world(t)
	c := w.Community("anding")
	c.Spec.StandardRef.Name = "late-" + w.Namespace
	w.Create(c)
	w.Condition(c, v1alpha1.ConditionReady, metav1.ConditionFalse, v1alpha1.ReasonStandardNotFound, c.Spec.StandardRef.Name, "apply it")
	w.Condition(c, v1alpha1.ConditionStandardReady, metav1.ConditionFalse, v1alpha1.ReasonStandardNotFound)
	w.Condition(c, v1alpha1.ConditionNormsMet, metav1.ConditionUnknown, v1alpha1.ReasonStandardNotFound)
	w.Condition(c, v1alpha1.ConditionPortalReady, metav1.ConditionTrue, v1alpha1.ReasonAvailable)
	w.Create(controllertest.NewStandard(c.Spec.StandardRef.Name))
	w.Ready(c)
	w.Condition(c, v1alpha1.ConditionNormsMet, metav1.ConditionTrue, v1alpha1.ReasonNormsMet)
	w.Delete(controllertest.NewStandard(c.Spec.StandardRef.Name))
	w.Condition(c, v1alpha1.ConditionReady, metav1.ConditionFalse, v1alpha1.ReasonStandardNotFound)
	w.Event(v1alpha1.ReasonStandardNotFound, c.Spec.StandardRef.Name)
}

func TestMissedNormDoesNotAffectReady(t *testing.T) {
	w := world(t)
	c := w.Community("anding")
	c.Spec.Profile.Households = 75
	w.Create(c)
	w.Ready(c)
	w.Condition(c, v1alpha1.ConditionNormsMet, metav1.ConditionFalse, v1alpha1.ReasonNormsNotMet, "75")
	if c.Status.NormsMet != "0/1" || len(c.Status.Norms) == 0 {
		t.Errorf("norms met %q of %d", c.Status.NormsMet, len(c.Status.Norms))
	}
	w.Get(&v1alpha1.CommunityStandard{ObjectMeta: metav1.ObjectMeta{Name: w.Standard}})
	bare := &v1alpha1.CommunityStandard{ObjectMeta: metav1.ObjectMeta{Name: w.Standard}}
	controllertest.Change(w, bare, func(s *v1alpha1.CommunityStandard) { s.Spec.Size = nil })
	w.Condition(c, v1alpha1.ConditionNormsMet, metav1.ConditionUnknown, v1alpha1.ReasonNormsUnknown, "declares none")
}

func TestNamespaceLosesItsRole(t *testing.T) {
	w := world(t)
	c := w.Community("anding")
	w.Create(c)
	w.Ready(c)
	role := func(labels map[string]string) {
		ns := &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: w.Namespace}}
		controllertest.Change(w, ns, func(ns *corev1.Namespace) { ns.Labels = labels })
	}
	role(nil)
	w.Condition(c, v1alpha1.ConditionReady, metav1.ConditionFalse, v1alpha1.ReasonWrongNamespaceRole, "shequ.io/role=subdistrict", "ask district IT")
	w.Condition(c, v1alpha1.ConditionStalled, metav1.ConditionTrue, v1alpha1.ReasonWrongNamespaceRole)
	w.Event(v1alpha1.ReasonWrongNamespaceRole, w.Namespace)
	mustHave(w, w.Home("anding"), whole()) // a slip of the hand takes nothing down
	role(map[string]string{v1alpha1.RoleLabel: v1alpha1.RoleSubdistrict})
	w.Ready(c)
}

func TestHostnameOutsideTheSuffixes(t *testing.T) {
	w := world(t)
	c := w.Community("anding")
	c.Spec.Portal.Hostname = "anding.example.org"
	w.Create(c)
	w.Condition(c, v1alpha1.ConditionReady, metav1.ConditionFalse, v1alpha1.ReasonHostnameNotAllowed, "anding.example.org", ".shequ.example", "ask district IT")
	w.Condition(c, v1alpha1.ConditionRouteReady, metav1.ConditionFalse, v1alpha1.ReasonHostnameNotAllowed)
	w.Condition(c, v1alpha1.ConditionPortalReady, metav1.ConditionTrue, v1alpha1.ReasonAvailable) // within the cluster
	controllertest.Change(w, c, func(c *v1alpha1.Community) {
		c.Spec.Portal.Hostname = v1alpha1.Hostname(w.Namespace + ".shequ.example")
	})
	w.Ready(c)
	w.Absent(c, v1alpha1.ConditionRouteReady) // no Gateway API here
}

func TestTwoClaimOneHostname(t *testing.T) {
	w := world(t)
	host := v1alpha1.Hostname("claimed-" + w.Namespace + ".shequ.example")
	older, younger := w.Community("a-older"), w.Community("b-younger")
	older.Spec.Portal.Hostname, younger.Spec.Portal.Hostname = host, host
	w.Create(older)
	w.Ready(older)
	w.Create(younger)
	w.Condition(younger, v1alpha1.ConditionReady, metav1.ConditionFalse, v1alpha1.ReasonHostnameTaken, "Community "+w.Namespace+"/a-older", "choose another")
	w.Ready(older)
	w.Delete(older)
	w.Gone(older)
	w.Ready(younger)
}

// A station may hold what a community of another sub-district wants.
func TestHostnameOfAStation(t *testing.T) {
	w := world(t)
	host := v1alpha1.Hostname("desk-" + w.Namespace + ".shequ.example")
	other := &controllertest.World{T: t, Suite: suite, Namespace: suite.Env.Namespace(t, v1alpha1.RoleSubdistrict), Standard: w.Standard}
	holder, station := other.Community("a"), other.Station("a")
	station.Spec.Desk.Hostname = host
	w.Create(holder, station)
	w.Ready(holder, station)
	c := w.Community("anding")
	c.Spec.Portal.Hostname = host
	w.Create(c)
	w.Condition(c, v1alpha1.ConditionReady, metav1.ConditionFalse, v1alpha1.ReasonHostnameTaken, "ServiceStation "+other.Namespace+"/a")
	w.Delete(station)
	w.Gone(station)
	w.Ready(c)
}

func TestQuotaAboveTheMaximum(t *testing.T) {
	w := world(t)
	c := w.Community("anding")
	c.Spec.Quota = &v1alpha1.CommunityQuota{CPU: ptr.To(resource.MustParse("1")), Memory: ptr.To(resource.MustParse("17Gi"))}
	w.Create(c)
	w.Condition(c, v1alpha1.ConditionReady, metav1.ConditionFalse, v1alpha1.ReasonQuotaAboveMaximum, "memory 17Gi (at most 16Gi)", "lower it")
	w.Condition(c, v1alpha1.ConditionNamespaceReady, metav1.ConditionFalse, v1alpha1.ReasonQuotaAboveMaximum)
	quota := &corev1.ResourceQuota{ObjectMeta: in(w.Home("anding"), "community")}
	amounts := func(cpu, memory string) func() error {
		return func() error {
			hard := quota.Spec.Hard
			if hard[corev1.ResourceRequestsCPU] != resource.MustParse(cpu) || hard[corev1.ResourceRequestsMemory] != resource.MustParse(memory) {
				return fmt.Errorf("granted %v, want cpu %s and memory %s", hard, cpu, memory)
			}
			return nil
		}
	}
	w.There(quota, amounts("1", "2Gi"))
	controllertest.Change(w, c, func(c *v1alpha1.Community) { c.Spec.Quota.Memory = ptr.To(resource.MustParse("16Gi")) })
	w.Ready(c)
	w.There(quota, amounts("1", "16Gi"))
}

func TestHouseholdsOutOfRangeAreRefused(t *testing.T) {
	w := world(t)
	for _, households := range []int64{0, 10_000_000} {
		c := w.Community("anding")
		c.Spec.Profile.Households = households
		if err := suite.Env.Client.Create(w.Context(), c); err == nil {
			t.Errorf("%d households are accepted", households)
		}
	}
	c := w.Community("anding")
	c.Spec.Access = []v1alpha1.AccessGrant{{Group: "system:authenticated", Role: v1alpha1.AccessViewer}}
	if err := suite.Env.Client.Create(w.Context(), c); err == nil {
		t.Error("system:authenticated is given access")
	}
}

// The whole home goes by somebody's hand: it is made anew.
func TestHomeIsDeleted(t *testing.T) {
	w := world(t)
	c := w.Community("anding")
	w.Create(c)
	w.Ready(c)
	home := &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: w.Home("anding")}}
	w.Get(home)
	first := home.UID
	w.Delete(home)
	w.Condition(c, v1alpha1.ConditionReady, metav1.ConditionFalse, v1alpha1.ReasonNamespaceDeleting, home.Name)
	empty(w, home.Name)
	w.Finalise(home.Name)
	w.There(home, func() error {
		if home.UID == first || home.DeletionTimestamp != nil {
			return errors.New("it is the old one")
		}
		return nil
	})
	mustHave(w, home.Name, whole())
	w.Ready(c)
	w.Event("DriftCorrected", "Namespace "+home.Name)
}
