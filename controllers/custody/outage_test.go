package custody_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/shequ-io/shequ/api/v1alpha1"
	"github.com/shequ-io/shequ/controllers/controllertest"
	"github.com/shequ-io/shequ/internal/district"
)

// These tests stop the server, so they are not parallel.

// TestServerStops: a server that is away is a condition; what runs goes on, and all
// is well by itself once it is back.
func TestServerStops(t *testing.T) {
	w := newWorld(t)
	old := w.Community("old")
	w.Create(old)
	w.Ready(old)
	portal := w.deployment("old", "portal")
	w.There(portal)
	was := portal.ResourceVersion
	w.down()
	w.notReady(old, v1alpha1.ReasonServerUnreachable, "the server does not answer")
	fresh := w.Community("fresh")
	w.Create(fresh)
	w.notReady(fresh, v1alpha1.ReasonServerUnreachable)
	w.Condition(fresh, v1alpha1.ConditionNamespaceReady, metav1.ConditionTrue, v1alpha1.ReasonProvisioned)
	w.absent(&corev1.Secret{ObjectMeta: metav1.ObjectMeta{Namespace: w.Home("fresh"), Name: "portal-secrets"}})

	time.Sleep(6 * time.Second) // neighbours are told of each other after five
	w.Settle(w.Namespace, w.Home("old"), w.Home("fresh"))
	suite.Traffic.Reset()
	time.Sleep(3 * time.Second)
	if got := suite.Traffic.Writes(); len(got) > 0 {
		t.Errorf("writes while the server is away: %v", got)
	}
	if w.Get(portal); portal.ResourceVersion != was {
		t.Error("the portal was touched")
	}
	// A restart meanwhile takes nothing away.
	suite.Swap(t, suite.Env.Operator(), nil)
	w.Settle(w.Home("old"))
	if w.Get(portal); portal.ResourceVersion != was {
		t.Error("the portal was touched after a restart")
	}
	w.secret(w.Home("old"), "portal-secrets")
	began := time.Now()
	w.up()
	w.Ready(old, fresh)
	t.Logf("all is well %v after the server's start", time.Since(began).Round(100*time.Millisecond))
}

// TestMigrationFailedWhileAway: what failed for want of a server is made anew when
// it is back.
func TestMigrationFailedWhileAway(t *testing.T) {
	w := newWorld(t)
	w.Jobs(w.Home("one"), controllertest.Fails)
	c := w.Community("one")
	w.Create(c)
	w.notReady(c, v1alpha1.ReasonMigrationFailed)
	time.Sleep(1100 * time.Millisecond) // times of conditions are whole seconds
	w.down()
	w.notReady(c, v1alpha1.ReasonServerUnreachable)
	w.Jobs(w.Home("one"), controllertest.Succeeds)
	w.up()
	w.Ready(c)
}

// TestDeletedWhileAway: a deletion waits for nothing, and is made good later.
func TestDeletedWhileAway(t *testing.T) {
	w := newWorld(t)
	stays, goes := w.Community("stays"), w.Community("goes")
	goes.Spec.DeletionPolicy = v1alpha1.DeletionDelete
	w.Create(stays, goes)
	w.Ready(stays, goes)
	w.down()
	w.notReady(stays, v1alpha1.ReasonServerUnreachable)
	w.Delete(stays, goes)
	w.Finalise(w.Home("goes"))
	w.Gone(stays, goes)
	w.up()
	for _, name := range []string{"stays", "goes"} {
		database := district.Name(w.Home(name))
		w.Eventually("shut door of "+name, func() error {
			if can := canLogIn(t, district.OwnerRole(database)) + canLogIn(t, district.ProgramRole(database, "portal", 0)); can != "falsefalse" {
				return fmt.Errorf("can log in: %s", can)
			}
			if marked := strings.Contains(comment(t, database), "drop after"); marked != (name == "goes") {
				return fmt.Errorf("comment %q", comment(t, database))
			}
			if pending := w.secret(system, "key-"+w.Home(name)).Annotations["shequ.io/pending"]; pending != "" {
				return fmt.Errorf("still pending: %s", pending)
			}
			return nil
		})
	}
}

// TestAdminSecret: a Secret that is missing, wrong or put right is told and taken up.
func TestAdminSecret(t *testing.T) {
	w := newWorld(t)
	c := w.Community("one")
	w.Create(c)
	w.Ready(c)
	s := w.secret(system, adminSecret)
	w.Delete(s)
	t.Cleanup(func() {
		if err := suite.Env.Client.Create(w.Context(), admin()); err == nil {
			t.Error("the Secret was not put back")
		}
	})
	w.notReady(c, v1alpha1.ReasonAdminSecretMissing, "Secret "+system+"/"+adminSecret, "make it with the key dsn")
	w.There(c, func() error { return stalled(c) })
	w.secret(w.Home("one"), "portal-secrets")
	wrong := admin()
	wrong.Data[district.AdminDSN] = []byte("host=db password=hush")
	w.Create(wrong)
	w.notReady(c, v1alpha1.ReasonAdminSecretInvalid, "must be a URI of one server")
	for _, cond := range c.Status.Conditions {
		if strings.Contains(cond.Message, "hush") {
			t.Errorf("%s tells the password: %s", cond.Type, cond.Message)
		}
	}
	controllertest.Change(w.World, wrong, func(s *corev1.Secret) { s.Data[district.AdminDSN] = []byte(postgres.Operator) })
	w.Ready(c)
}
