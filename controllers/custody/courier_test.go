package custody_test

import (
	"bytes"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/ptr"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/shequ-io/shequ/api/v1alpha1"
	"github.com/shequ-io/shequ/controllers/controllertest"
	"github.com/shequ-io/shequ/internal/content"
	"github.com/shequ-io/shequ/internal/district"
	"github.com/shequ-io/shequ/internal/seal"
)

// owner of the systems of a test: a namespace with their Secrets.
func (w world) owner() string {
	w.Helper()
	return suite.Env.Namespace(w.T, v1alpha1.RoleDepartment)
}

// isys is a system of a test that is ready once it is there, and its Secret, which
// holds more than the system needs. Their names begin with the owner's.
func isys(owner, name string, sends ...v1alpha1.SystemSends) (*v1alpha1.InformationSystem, *corev1.Secret) {
	secret := &corev1.Secret{ObjectMeta: metav1.ObjectMeta{Namespace: owner, Name: name}, Data: map[string][]byte{
		"key-id": []byte("of-" + name), "key": []byte("a key that " + name + " has issued"), "decoy": []byte("nobody's business"),
	}}
	if len(sends) > 0 {
		secret.Data["webhook-key-id"], secret.Data["webhook-key"] = []byte("hook"), []byte("what its work orders are signed with")
	}
	return &v1alpha1.InformationSystem{
		ObjectMeta: metav1.ObjectMeta{Name: owner + "-" + name},
		Spec: v1alpha1.InformationSystemSpec{
			DisplayName: v1alpha1.LocalizedText{ZH: "试系统"}, Owner: "试部门", DataLocation: v1alpha1.LocalizedText{ZH: "数据中心"},
			Accepts: []v1alpha1.DataElementCode{"applicant-name"}, AllowedPurposes: []v1alpha1.PurposeCode{"allowance", "reminders"},
			Protocol: v1alpha1.SystemProtocol{Type: v1alpha1.ProtocolHTTP, HTTP: &v1alpha1.HTTPProtocol{
				BaseURL: "https://192.0.2.10/api", Auth: v1alpha1.HTTPAuth{Type: v1alpha1.AuthHMAC, SecretRef: v1alpha1.NamespacedReference{Namespace: owner, Name: name}},
			}},
			Egress: []v1alpha1.EgressPeer{{CIDR: "192.0.2.10/32", Port: 443}},
			Sends:  sends,
		},
	}, secret
}

// connected is a community connected to some systems, not yet created.
func (w world) connected(name string, systems ...*v1alpha1.InformationSystem) *v1alpha1.Community {
	c := w.Community(name)
	for _, s := range systems {
		c.Spec.Integrations = append(c.Spec.Integrations, v1alpha1.Integration{System: s.Name})
	}
	return c
}

func (w world) integrated(c *v1alpha1.Community, status metav1.ConditionStatus, reason string, texts ...string) {
	w.Helper()
	w.Condition(c, v1alpha1.ConditionIntegrationsReady, status, reason, texts...)
}

// holds waits until a home has exactly these credentials.
func (w world) holds(community string, want map[string]string) {
	w.Helper()
	s := &corev1.Secret{ObjectMeta: metav1.ObjectMeta{Namespace: w.Home(community), Name: "courier-credentials"}}
	w.There(s, func() error {
		got := map[string]string{}
		for key, value := range s.Data {
			got[key] = string(value)
		}
		if !maps.Equal(got, want) {
			return fmt.Errorf("the home of %s has the credentials %v, want %v", community, slices.Sorted(maps.Keys(got)), slices.Sorted(maps.Keys(want)))
		}
		return nil
	})
}

// files are the credentials a home has of systems and their Secrets.
func files(of map[*v1alpha1.InformationSystem]*corev1.Secret) map[string]string {
	out := map[string]string{}
	for s, secret := range of {
		for key, value := range secret.Data {
			if key != "decoy" {
				out[content.CredentialFile(s.Name, key)] = string(value)
			}
		}
	}
	return out
}

// courier.json of a home, as it should be.
func (w world) courierConfig(community string, is func(*content.Courier) error) {
	w.Helper()
	config := &corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{Namespace: w.Home(community), Name: "courier-config"}}
	w.There(config, func() error {
		c, err := content.ParseCourier([]byte(config.Data[content.CourierFile]))
		if err != nil {
			return err
		}
		return is(c)
	})
}

// openings are what the policies of a home let the courier reach beyond what all
// programs do, and who is let in to it.
func (w world) openings(community string) (out, in []string) {
	w.Helper()
	var list networkingv1.NetworkPolicyList
	if err := suite.Env.Client.List(w.Context(), &list, client.InNamespace(w.Home(community))); err != nil {
		w.Fatal(err)
	}
	for _, p := range list.Items {
		if p.Spec.PodSelector.MatchLabels[v1alpha1.ComponentLabel] != "courier" {
			continue
		}
		for _, rule := range p.Spec.Egress {
			for _, port := range rule.Ports {
				out = append(out, fmt.Sprintf("%s:%d", rule.To[0].IPBlock.CIDR, port.Port.IntVal))
			}
		}
		for _, rule := range p.Spec.Ingress {
			in = append(in, fmt.Sprintf("%v:%d", rule.From[0].NamespaceSelector.MatchLabels, rule.Ports[0].Port.IntVal))
		}
	}
	return out, in
}

// ofCourier are all objects a home has for a courier.
func (w world) ofCourier(community string) []client.Object {
	m := func(name string) metav1.ObjectMeta {
		return metav1.ObjectMeta{Namespace: w.Home(community), Name: name}
	}
	return []client.Object{
		w.deployment(community, "courier"), &corev1.Service{ObjectMeta: m("courier")}, &corev1.ServiceAccount{ObjectMeta: m("courier")},
		&networkingv1.NetworkPolicy{ObjectMeta: m("courier")}, &corev1.ConfigMap{ObjectMeta: m("courier-config")},
		&corev1.Secret{ObjectMeta: m("courier-credentials")}, &corev1.Secret{ObjectMeta: m("courier-secrets")},
	}
}

// TestCourier: each home has what the systems it is connected to need, and no more.
func TestCourier(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	owner := w.owner()
	health, healthKeys := isys(owner, "health")
	hotline, hotlineKeys := isys(owner, "hotline", v1alpha1.SendsWorkOrders)
	hotline.Spec.Egress = []v1alpha1.EgressPeer{{CIDR: "192.0.2.10/32", Port: 443}, {CIDR: "198.51.100.0/24", Port: 8443}}
	one, two, three := w.connected("one", hotline, health), w.Community("two"), w.connected("three", health)
	w.Create(healthKeys, hotlineKeys, health, hotline, one, two, three)
	w.Ready(one, two, three)
	w.integrated(one, metav1.ConditionTrue, v1alpha1.ReasonConnected, "2 information systems", "give it one with spec.portal.hostname")
	w.integrated(three, metav1.ConditionTrue, v1alpha1.ReasonConnected, "1 information system")
	w.Absent(two, v1alpha1.ConditionIntegrationsReady)
	for _, obj := range w.ofCourier("two") {
		w.absent(obj)
	}

	w.holds("one", files(map[*v1alpha1.InformationSystem]*corev1.Secret{health: healthKeys, hotline: hotlineKeys}))
	w.holds("three", files(map[*v1alpha1.InformationSystem]*corev1.Secret{health: healthKeys}))
	w.courierConfig("one", func(c *content.Courier) error {
		if len(c.Systems) != 2 || c.Systems[0].Name != health.Name || c.Systems[0].Protocol.HTTP.BaseURL != "https://192.0.2.10/api" || c.Orders == nil || c.Orders.Item != "hotline-12345" {
			return fmt.Errorf("courier.json says %+v", c)
		}
		return nil
	})
	w.courierConfig("three", func(c *content.Courier) error {
		if len(c.Systems) != 1 || c.Orders != nil {
			return fmt.Errorf("courier.json says %+v", c)
		}
		return nil
	})
	out, in := w.openings("one")
	if fmt.Sprint(out) != "[192.0.2.10/32:443 198.51.100.0/24:8443]" || fmt.Sprint(in) != "[map[kubernetes.io/metadata.name:gateway]:8080]" {
		t.Errorf("the courier of one reaches %v and is reached by %v", out, in)
	}
	if out, in := w.openings("three"); fmt.Sprint(out, in) != "[192.0.2.10/32:443] []" {
		t.Errorf("the courier of three reaches %v and is reached by %v", out, in)
	}
	w.courierSecrets("one")
	d := w.deployment("one", "courier")
	w.Get(d)
	if *d.Spec.Replicas != 1 || d.Spec.Strategy.Type != "Recreate" || !strings.HasPrefix(args(d), "courier --secrets=/etc/shequ/secrets --credentials=/etc/shequ/credentials --courier=/etc/shequ/courier") {
		t.Errorf("the courier is %+v", d.Spec)
	}
}

// courierSecrets holds a courier's Secret against what it is for.
func (w world) courierSecrets(community string) {
	w.Helper()
	s := w.secret(w.Home(community), "courier-secrets")
	if got := fmt.Sprint(slices.Sorted(maps.Keys(s.Data))); got != "[courier.key receipts.key sealing.pub uri]" {
		w.Errorf("courier-secrets holds %s", got)
	}
	conn, err := w.connect(string(s.Data["uri"]))
	if err != nil {
		w.Fatalf("the courier can't log in: %v", err)
	}
	var member bool
	if err := conn.QueryRow(w.Context(), "select pg_has_role(current_user, 'shequ_courier', 'USAGE') and not pg_has_role(current_user, 'shequ_desk', 'MEMBER')").Scan(&member); err != nil || !member {
		w.Errorf("the courier is a member of its own group alone: %t, %v", member, err)
	}
	desk := w.secret(w.Home(community), "desk-secrets").Data
	public, err := seal.ParsePublicKey(desk["courier.pub"])
	if err != nil {
		w.Fatal(err)
	}
	private, err := seal.ParsePrivateKey(s.Data["courier.key"])
	if err != nil {
		w.Fatal(err)
	}
	sealed, err := public.Seal([]byte("a message"), []byte("context"))
	if err != nil {
		w.Fatal(err)
	}
	if text, err := private.Open(sealed, []byte("context")); err != nil || string(text) != "a message" {
		w.Errorf("the courier reads %q, %v", text, err)
	}
	if bytes.Equal(desk["sealing.key"], s.Data["courier.key"]) || !bytes.Equal(desk["sealing.pub"], s.Data["sealing.pub"]) {
		w.Error("the courier opens letters, or seals to another key than the desk's")
	}
}

// TestCredentialsFollow: what changes in a system's Secret reaches the homes that use
// it, and what is gone there is gone in them.
func TestCredentialsFollow(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	owner := w.owner()
	health, healthKeys := isys(owner, "health")
	relief, reliefKeys := isys(owner, "relief")
	c := w.connected("one", health, relief)
	w.Create(healthKeys, reliefKeys, health, relief, c)
	w.Ready(c)
	both := map[*v1alpha1.InformationSystem]*corev1.Secret{health: healthKeys, relief: reliefKeys}
	w.holds("one", files(both))
	generation := func() int64 {
		d := w.deployment("one", "courier")
		w.Get(d)
		return d.Generation
	}
	before := generation()

	began := time.Now()
	controllertest.Change(w.World, healthKeys, func(s *corev1.Secret) { s.Data["key"] = []byte("a key issued since") })
	w.holds("one", files(both))
	t.Logf("a changed credential was in the home after %v", time.Since(began).Round(time.Millisecond))

	w.Delete(healthKeys.DeepCopy())
	w.holds("one", files(map[*v1alpha1.InformationSystem]*corev1.Secret{relief: reliefKeys}))
	w.integrated(c, metav1.ConditionFalse, v1alpha1.ReasonCredentialsMissing, health.Name, owner+"/health is not there", "make it with key-id and key")
	w.Condition(c, v1alpha1.ConditionReady, metav1.ConditionFalse, v1alpha1.ReasonCredentialsMissing)
	_, again := isys(owner, "health")
	delete(again.Data, "key-id")
	w.Create(again)
	w.integrated(c, metav1.ConditionFalse, v1alpha1.ReasonCredentialsMissing, "it has no key-id")
	controllertest.Change(w.World, again, func(s *corev1.Secret) { s.Data["key-id"] = []byte("of-health") })
	w.Ready(c)
	both[health] = again
	w.holds("one", files(both))
	if after := generation(); after != before {
		t.Error("the courier was rolled out anew")
	}
}

// TestIntegrationsGo: a system that is integrated no more leaves nothing behind, and
// the last one takes the courier along.
func TestIntegrationsGo(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	owner := w.owner()
	health, healthKeys := isys(owner, "health")
	hotline, hotlineKeys := isys(owner, "hotline", v1alpha1.SendsWorkOrders)
	hotline.Spec.Egress[0].CIDR, hotline.Spec.Protocol.HTTP.BaseURL = "192.0.2.20/32", "https://192.0.2.20/api"
	c := w.connected("one", health, hotline)
	w.Create(healthKeys, hotlineKeys, health, hotline, c)
	w.Ready(c)
	uri := string(w.secret(w.Home("one"), "courier-secrets").Data["uri"])

	controllertest.Change(w.World, c, func(c *v1alpha1.Community) { c.Spec.Integrations = c.Spec.Integrations[:1] })
	w.holds("one", files(map[*v1alpha1.InformationSystem]*corev1.Secret{health: healthKeys}))
	w.Ready(c)
	if out, in := w.openings("one"); fmt.Sprint(out, in) != "[192.0.2.10/32:443] []" {
		t.Errorf("the courier reaches %v and is reached by %v", out, in)
	}

	// A system that is not there is said to be missing, and what is there goes on.
	w.Delete(health.DeepCopy())
	w.integrated(c, metav1.ConditionFalse, v1alpha1.ReasonSystemMissing, health.Name, "ask district IT to declare it, or take it out of spec.integrations")
	w.holds("one", map[string]string{})
	w.Eventually("closed way out", func() error {
		if out, _ := w.openings("one"); len(out) > 0 {
			return fmt.Errorf("the courier still reaches %v", out)
		}
		return nil
	})
	again, _ := isys(owner, "health")
	w.Create(again)
	w.Ready(c)
	w.holds("one", files(map[*v1alpha1.InformationSystem]*corev1.Secret{again: healthKeys}))

	controllertest.Change(w.World, c, func(c *v1alpha1.Community) { c.Spec.Integrations = nil })
	w.Gone(w.ofCourier("one")...)
	w.Absent(c, v1alpha1.ConditionIntegrationsReady)
	w.Ready(c)
	if _, err := w.connect(uri); err == nil || !strings.Contains(err.Error(), "not permitted to log in") {
		t.Errorf("somebody logs in as a courier there is no more: %v", err)
	}
	if _, err := w.connect(w.uri("desk")); err != nil {
		t.Errorf("the desk can't log in: %v", err)
	}
}

// TestCourierWaits: the courier is held until its schema is there, and stands still
// with a community that is suspended.
func TestCourierWaits(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	owner := w.owner()
	health, keys := isys(owner, "health")
	c := w.connected("one", health)
	w.Jobs(w.Home("one"), controllertest.Runs)
	w.Create(keys, health, c)
	w.integrated(c, metav1.ConditionFalse, v1alpha1.ReasonRolloutInProgress, v1alpha1.ConditionDatabaseReady)
	w.absent(w.deployment("one", "courier"))
	w.Jobs(w.Home("one"), controllertest.Succeeds)
	w.Ready(c)

	controllertest.Change(w.World, c, func(c *v1alpha1.Community) { c.Spec.Suspend = ptr.To(true) })
	w.integrated(c, metav1.ConditionTrue, v1alpha1.ReasonSuspended)
	d := w.deployment("one", "courier")
	w.There(d, func() error {
		if *d.Spec.Replicas != 0 {
			return fmt.Errorf("%d couriers run", *d.Spec.Replicas)
		}
		return nil
	})
	w.holds("one", files(map[*v1alpha1.InformationSystem]*corev1.Secret{health: keys}))
	controllertest.Change(w.World, c, func(c *v1alpha1.Community) { c.Spec.Suspend = ptr.To(false) })
	w.integrated(c, metav1.ConditionTrue, v1alpha1.ReasonConnected)
}

// TestDeletedWithItsCourier: nothing of a courier is retained.
func TestDeletedWithItsCourier(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	owner := w.owner()
	health, keys := isys(owner, "health")
	c := w.connected("one", health)
	w.Create(keys, health, c)
	w.Ready(c)
	w.Delete(c)
	w.Gone(c)
	for _, obj := range w.ofCourier("one") {
		w.absent(obj)
	}
	if got := canLogIn(t, district.ProgramRole(district.Name(w.Home("one")), "courier", 0)); got != "false" {
		t.Errorf("the courier of what is retained can log in: %s", got)
	}
	w.secret(owner, "health") // it is the department's
}

// TestDatabaseOfTheCourierIsAway stops the server, and so is not parallel.
func TestDatabaseOfTheCourierIsAway(t *testing.T) {
	w := newWorld(t)
	owner := w.owner()
	health, keys := isys(owner, "health")
	c := w.connected("one", health)
	w.Create(keys, health, c)
	w.Ready(c)
	w.down()
	w.notReady(c, v1alpha1.ReasonServerUnreachable)
	w.integrated(c, metav1.ConditionFalse, v1alpha1.ReasonDatabaseNotReady, "see condition "+v1alpha1.ConditionDatabaseReady)
	for _, obj := range w.ofCourier("one") {
		w.Get(obj) // what runs goes on
	}
	controllertest.Change(w.World, keys, func(s *corev1.Secret) { s.Data["key"] = []byte("a key issued meanwhile") })
	w.holds("one", files(map[*v1alpha1.InformationSystem]*corev1.Secret{health: keys}))
	w.up()
	w.Ready(c)
}

// TestCredentialsThatCantBeRead answers the operator's requests, and so is not
// parallel: what it may not read is in no home any more, what it can't read just now
// stays.
func TestCredentialsThatCantBeRead(t *testing.T) {
	w := newWorld(t)
	owner := w.owner()
	health, keys := isys(owner, "health")
	relief, reliefKeys := isys(owner, "relief")
	c := w.connected("one", health, relief)
	w.Create(keys, reliefKeys, health, relief, c)
	w.Ready(c)
	answer := func(status *metav1.Status) controllertest.Fault {
		return func(r *http.Request) *metav1.Status {
			if r.Method == http.MethodGet && strings.HasSuffix(r.URL.Path, "/namespaces/"+owner+"/secrets/health") {
				return status.DeepCopy()
			}
			return nil
		}
	}
	all := files(map[*v1alpha1.InformationSystem]*corev1.Secret{health: keys, relief: reliefKeys})
	suite.With(t, suite.Env.Operator(), answer(&metav1.Status{Code: http.StatusInternalServerError, Reason: metav1.StatusReasonInternalError, Message: "no key to decrypt it"}))
	w.touch(c)
	w.integrated(c, metav1.ConditionFalse, v1alpha1.ReasonCredentialsMissing, health.Name, "tried again every minute", "no key to decrypt it")
	w.holds("one", all)
	w.databaseReady(c) // all else goes on

	suite.Swap(t, suite.Env.Operator(), answer(&metav1.Status{Code: http.StatusForbidden, Reason: metav1.StatusReasonForbidden, Message: "you may not"}))
	w.touch(c)
	w.integrated(c, metav1.ConditionFalse, v1alpha1.ReasonCredentialsMissing, health.Name, "restore the ClusterRole")
	w.Condition(health, v1alpha1.ConditionReady, metav1.ConditionFalse, v1alpha1.ReasonCredentialsMissing, "the operator may not read its Secret", "restore the ClusterRole")
	w.holds("one", files(map[*v1alpha1.InformationSystem]*corev1.Secret{relief: reliefKeys}))

	suite.Swap(t, suite.Env.Operator(), nil)
	w.Ready(c)
	w.holds("one", all)
}

// TestConnectedCommunitiesAtRest looks at the whole server and restarts the operator.
func TestConnectedCommunitiesAtRest(t *testing.T) {
	w := newWorld(t)
	owner := w.owner()
	var all []client.Object
	var systems []*v1alpha1.InformationSystem
	for i := range 3 {
		s, keys := isys(owner, fmt.Sprintf("system-%d", i))
		systems = append(systems, s)
		all = append(all, keys, s)
	}
	w.Create(all...)
	var communities []client.Object
	for _, name := range []string{"a", "b"} {
		communities = append(communities, w.connected(name, systems...), w.Station(name))
	}
	w.Create(communities...)
	w.Ready(communities...)
	time.Sleep(6 * time.Second) // neighbours are told of each other after five
	w.Settle()
	suite.Traffic.Reset()
	suite.Swap(t, suite.Env.Operator(), nil)
	w.Eventually("look at the systems' Secrets", func() error {
		if len(suite.Traffic.Requests(owner)) < len(systems) {
			return errors.New("they are not read yet")
		}
		return nil
	})
	time.Sleep(6 * time.Second)
	if got := suite.Traffic.Writes(); len(got) > 0 {
		t.Errorf("writes at rest, or after a restart: %v", got)
	}
	w.Ready(communities...)
	reads := 0
	for _, r := range suite.Traffic.Requests(owner) {
		if r.Method == "GET" && strings.Contains(r.Path, "/secrets/") {
			reads++
		}
	}
	// Once for all communities that are connected.
	if reads != len(systems) {
		t.Errorf("%d Secrets were read %d times", len(systems), reads)
	}
}
