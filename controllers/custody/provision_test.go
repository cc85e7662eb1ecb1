package custody_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/ptr"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/shequ-io/shequ/api/v1alpha1"
	"github.com/shequ-io/shequ/controllers/controllertest"
	"github.com/shequ-io/shequ/internal/content"
	"github.com/shequ-io/shequ/internal/district"
	"github.com/shequ-io/shequ/internal/seal"
)

func TestProvisioning(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	c, st := w.Community("one"), w.Station("one")
	c.Spec.Access = []v1alpha1.AccessGrant{{Group: "one:leads", Role: v1alpha1.AccessLead}}
	grid := &v1alpha1.Grid{ObjectMeta: metav1.ObjectMeta{Namespace: w.Namespace, Name: "one-1"}, Spec: v1alpha1.GridSpec{
		Level: 3, ParentRef: &v1alpha1.LocalReference{Name: "one"}, CommunityRef: &v1alpha1.LocalReference{Name: "one"}, Households: 600, Residents: 1500,
		Workers: []v1alpha1.GridWorker{{ID: "one-g1-a"}},
	}}
	w.Create(c, st, grid)
	w.Ready(c, st)
	w.databaseReady(c)

	for program, keys := range map[string][]string{
		"portal": {"uri", "sealing.pub", "receipts.key"}, "desk": {"uri", "sealing.pub", "receipts.key", "sealing.key", "session.key", "courier.pub"}, "migrate": {"uri"},
	} {
		s := w.secret(w.Home("one"), program+"-secrets")
		for _, key := range keys {
			if len(s.Data[key]) == 0 {
				t.Errorf("%s has no %s", s.Name, key)
			}
		}
		if len(s.Data) != len(keys) {
			t.Errorf("%s has %d keys, want %v", s.Name, len(s.Data), keys)
		}
		if conn, err := w.connect(string(s.Data["uri"])); err != nil {
			t.Errorf("%s can't log in: %v", program, err)
		} else if err := conn.Ping(t.Context()); err != nil {
			t.Error(err)
		}
	}
	portal, desk := w.deployment("one", "portal"), w.deployment("one", "desk")
	w.There(portal)
	w.There(desk)
	if got := args(portal); !strings.Contains(got, "--secrets=/etc/shequ/secrets") || strings.Contains(got, "--desk") {
		t.Errorf("the portal's arguments: %s", got)
	}
	if got := args(desk); !strings.Contains(got, "--secrets=/etc/shequ/secrets --desk=/etc/shequ/desk") {
		t.Errorf("the desk's arguments: %s", got)
	}
	config := &corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{Namespace: w.Home("one"), Name: "desk-config"}}
	w.There(config, func() error {
		d, err := content.ParseDesk([]byte(config.Data[content.DeskFile]))
		if err != nil {
			return err
		}
		if fmt.Sprint(d.Access, d.Workers) != "[{one:leads Lead}] [{one-g1-a one-1}]" || d.OIDC == nil || d.OIDC.ClientID != "desk" {
			return fmt.Errorf("desk.json says %+v", d)
		}
		return nil
	})
	w.sealing("one")
}

// sealing seals with what the portal has and opens with what the desk has.
func (w world) sealing(community string) {
	w.Helper()
	public, err := seal.ParsePublicKey(w.secret(w.Home(community), "portal-secrets").Data["sealing.pub"])
	if err != nil {
		w.Fatal(err)
	}
	private, err := seal.ParsePrivateKey(w.secret(w.Home(community), "desk-secrets").Data["sealing.key"])
	if err != nil {
		w.Fatal(err)
	}
	sealed, err := public.Seal([]byte("a letter"), []byte("context"))
	if err != nil {
		w.Fatal(err)
	}
	if text, err := private.Open(sealed, []byte("context")); err != nil || string(text) != "a letter" {
		w.Errorf("the desk reads %q, %v", text, err)
	}
}

// The keys are where no home's deletion reaches them, and nobody can change them.
func TestKeys(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	c := w.Community("one")
	w.Create(c)
	w.Ready(c)
	for _, name := range []string{"district-key", "key-" + w.Home("one")} {
		s := w.secret(system, name)
		if s.Immutable == nil || !*s.Immutable || len(s.OwnerReferences) > 0 {
			t.Errorf("%s can be changed, or goes with something else: %+v", name, s.ObjectMeta)
		}
	}
	if got := len(w.secret(system, "district-key").Data["key"]); got != seal.KeyBytes {
		t.Errorf("the district's key has %d bytes", got)
	}
}

func TestCredentialsOfAnotherCommunity(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	one, two := w.Community("one"), w.Community("two")
	w.Create(one, two)
	w.Ready(one, two)
	for _, program := range []string{"portal", "desk", "migrate"} {
		uri := strings.Replace(w.uri(program), "/"+district.Name(w.Home("one"))+"?", "/"+district.Name(w.Home("two"))+"?", 1)
		if _, err := w.connect(uri); err == nil || !strings.Contains(err.Error(), "permission denied for database") {
			t.Errorf("the %s of one connects to the database of two: %v", program, err)
		}
	}
	if a, b := w.secret(w.Home("one"), "desk-secrets"), w.secret(w.Home("two"), "desk-secrets"); string(a.Data["sealing.key"]) == string(b.Data["sealing.key"]) || string(a.Data["session.key"]) == string(b.Data["session.key"]) {
		t.Error("two communities share a key")
	}
}

// The programs wait for their schema, at first and with another image.
func TestMigrationComesFirst(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.Jobs(w.Home("one"), controllertest.Runs)
	c, st := w.Community("one"), w.Station("one")
	w.Create(c, st)
	w.notReady(c, v1alpha1.ReasonMigrationRunning, "Job "+w.Home("one")+"/migrate-")
	w.Condition(st, v1alpha1.ConditionDeskReady, metav1.ConditionFalse, v1alpha1.ReasonRolloutInProgress, v1alpha1.ConditionDatabaseReady)
	w.Condition(c, v1alpha1.ConditionPortalReady, metav1.ConditionFalse, v1alpha1.ReasonRolloutInProgress, v1alpha1.ConditionDatabaseReady)
	w.absent(w.deployment("one", "portal"))
	w.absent(w.deployment("one", "desk"))
	w.Jobs(w.Home("one"), controllertest.Succeeds)
	w.Ready(c, st)
	w.databaseReady(c)
}

func TestMigrationFails(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.Jobs(w.Home("one"), controllertest.Fails)
	c := w.Community("one")
	w.Create(c)
	w.notReady(c, v1alpha1.ReasonMigrationFailed, "kubectl logs --namespace "+w.Home("one")+" job/migrate-", "delete the Job")
	w.There(c, func() error { return stalled(c) })
	w.absent(w.deployment("one", "portal"))
	w.Jobs(w.Home("one"), controllertest.Succeeds)
	for _, job := range w.jobs("one") {
		if err := suite.Env.Client.Delete(t.Context(), &job, client.PropagationPolicy(metav1.DeletePropagationBackground)); err != nil {
			t.Fatal(err)
		}
	}
	w.Ready(c)
}

// A community that is suspended from the start is migrated all the same, so that it
// opens at once.
func TestSuspended(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.Jobs(w.Home("one"), controllertest.Runs)
	c := w.Community("one")
	c.Spec.Suspend = ptr.To(true)
	w.Create(c)
	w.notReady(c, v1alpha1.ReasonMigrationRunning)
	portal := w.deployment("one", "portal")
	w.There(portal, func() error {
		if *portal.Spec.Replicas != 0 {
			return errors.New("something runs")
		}
		return nil
	})
	w.Jobs(w.Home("one"), controllertest.Succeeds)
	w.databaseReady(c)
}

// TestNewImage restarts the operator.
func TestNewImage(t *testing.T) {
	w := newWorld(t)
	c, st := w.Community("one"), w.Station("one")
	w.Create(c, st)
	w.Ready(c, st)
	first := w.jobs("one")[0].Name
	w.Jobs(w.Home("one"), controllertest.Runs)
	restart(t, imageTwo)
	t.Cleanup(func() { restart(t, imageOne) })
	w.notReady(c, v1alpha1.ReasonMigrationRunning)
	w.Condition(st, v1alpha1.ConditionDeskReady, metav1.ConditionFalse, v1alpha1.ReasonRolloutInProgress)
	w.Settle(w.Home("one"))
	for _, name := range []string{"portal", "desk"} {
		d := w.deployment("one", name)
		w.There(d)
		if got := d.Spec.Template.Spec.Containers[0].Image; got != imageOne {
			t.Errorf("the %s runs %s before its schema is there", name, got)
		}
	}
	if n := len(w.jobs("one")); n != 2 {
		t.Errorf("%d Jobs, want the one before kept beside the new one", n)
	}
	w.Jobs(w.Home("one"), controllertest.Succeeds)
	w.Ready(c, st)
	for _, name := range []string{"portal", "desk"} {
		d := w.deployment("one", name)
		w.There(d, func() error {
			if got := d.Spec.Template.Spec.Containers[0].Image; got != imageTwo {
				return fmt.Errorf("it runs %s", got)
			}
			return nil
		})
	}
	w.Gone(&batchv1.Job{ObjectMeta: metav1.ObjectMeta{Namespace: w.Home("one"), Name: first}})
}

// TestRestWritesNothing looks at the whole server and restarts the operator.
func TestRestWritesNothing(t *testing.T) {
	w := newWorld(t)
	var all []client.Object
	for _, name := range []string{"a", "b"} {
		all = append(all, w.Community(name), w.Station(name))
	}
	w.Create(all...)
	w.Ready(all...)
	time.Sleep(6 * time.Second) // neighbours are told of each other after five
	w.Settle()
	suite.Traffic.Reset()
	time.Sleep(4 * time.Second)
	if got := suite.Traffic.Writes(); len(got) > 0 {
		t.Errorf("writes at rest: %v", got)
	}
	suite.Swap(t, suite.Env.Operator(), nil)
	time.Sleep(6 * time.Second)
	if got := suite.Traffic.Writes(); len(got) > 0 {
		t.Errorf("writes after a restart: %v", got)
	}
	w.Ready(all...)
	// What Secrets hold is in no cache: none is read but those in the operator's own
	// namespace and those InformationSystems name, which are of no home, and none is
	// listed or watched with what it holds.
	for _, r := range suite.Traffic.Requests() {
		if strings.HasSuffix(r.Path, "/secrets") && !r.Metadata {
			t.Errorf("%s %s asks for more than metadata", r.Method, r.Path)
		}
		if r.Method == "GET" && strings.Contains(r.Path, "/secrets/") && strings.Contains(r.Path, "/namespaces/c-") {
			t.Errorf("%s %s reads a Secret of a home", r.Method, r.Path)
		}
	}
}
