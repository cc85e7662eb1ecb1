package custody_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/shequ-io/shequ/api/v1alpha1"
	"github.com/shequ-io/shequ/controllers/controllertest"
	"github.com/shequ-io/shequ/internal/district"
)

// These tests move the clock or restart the operator, so they are not parallel.

const day = 24 * time.Hour

// TestRotation: after a period the programs get another role and password, and those
// that still have the last can go on for a day.
func TestRotation(t *testing.T) {
	w := newWorld(t)
	c := w.Community("one")
	w.Create(c)
	w.Ready(c)
	first := w.uri("portal")
	keys := w.secret(w.Home("one"), "desk-secrets").Data["sealing.key"]
	advance(t, 91*day)
	w.touch(c)
	s := &corev1.Secret{ObjectMeta: metav1.ObjectMeta{Namespace: w.Home("one"), Name: "portal-secrets"}}
	w.There(s, func() error {
		if string(s.Data["uri"]) == first {
			return errors.New("the password is the same")
		}
		return nil
	})
	second := string(s.Data["uri"])
	if !strings.Contains(first, "_portal_a:") || !strings.Contains(second, "_portal_b:") {
		t.Errorf("roles do not take turns: %s then %s", role(first), role(second))
	}
	for _, uri := range []string{first, second} {
		if _, err := w.connect(uri); err != nil {
			t.Errorf("%s can't log in: %v", role(uri), err)
		}
	}
	if !bytes.Equal(keys, w.secret(w.Home("one"), "desk-secrets").Data["sealing.key"]) {
		t.Error("the sealing key changed with the password")
	}
	w.Ready(c)
}

func role(uri string) string {
	return strings.SplitN(strings.TrimPrefix(uri, "postgres://"), ":", 2)[0]
}

// TestAdoption: the home of a retained community is deleted with all in it; a
// Community of the same name finds every row, and can read what was sealed.
func TestAdoption(t *testing.T) {
	w := newWorld(t)
	c := w.Community("one")
	w.Create(c)
	w.Ready(c)
	database := district.Name(w.Home("one"))
	w.exec("create table cases (number text)", "insert into cases values ('2026-000001')")
	was := w.secret(w.Home("one"), "desk-secrets").Data
	w.Delete(c)
	w.Gone(c)
	if got := canLogIn(t, district.OwnerRole(database)) + canLogIn(t, district.ProgramRole(database, "desk", 0)); got != "falsefalse" {
		t.Errorf("can log in to what is retained: %s", got)
	}
	w.Delete(&corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: w.Home("one")}})
	for _, program := range []string{"portal", "desk", "migrate"} { // nobody empties a namespace here
		_ = suite.Env.Client.Delete(t.Context(), &corev1.Secret{ObjectMeta: metav1.ObjectMeta{Namespace: w.Home("one"), Name: program + "-secrets"}})
	}
	w.Finalise(w.Home("one"))
	w.Gone(&corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: w.Home("one")}})

	again := w.Community("one")
	w.Create(again)
	w.Ready(again)
	now := w.secret(w.Home("one"), "desk-secrets").Data
	for _, key := range []string{"sealing.key", "receipts.key", "session.key", "uri"} {
		if !bytes.Equal(was[key], now[key]) {
			t.Errorf("%s is another", key)
		}
	}
	conn, err := w.connect(w.uri("migrate"))
	if err != nil {
		t.Fatal(err)
	}
	var number string
	if err := conn.QueryRow(t.Context(), "select number from cases").Scan(&number); err != nil || number != "2026-000001" {
		t.Errorf("the case is %q, %v", number, err)
	}
	w.sealing("one")
}

// TestDelete: the database goes a month after its Community, and its key with it;
// not if a Community of the same name comes back.
func TestDelete(t *testing.T) {
	w := newWorld(t)
	make1 := func() *v1alpha1.Community {
		c := w.Community("one")
		c.Spec.DeletionPolicy = v1alpha1.DeletionDelete
		w.Create(c)
		w.Ready(c)
		return c
	}
	remove := func(c *v1alpha1.Community) {
		w.Delete(c)
		w.Finalise(w.Home("one"))
		w.Gone(c, &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: w.Home("one")}})
	}
	database := district.Name(w.Home("one"))
	remove(make1())
	if got := comment(t, database); !strings.Contains(got, "; drop after ") {
		t.Errorf("comment %q does not say when it goes", got)
	}
	advance(t, 29*day)
	c := make1()
	if got := comment(t, database); strings.Contains(got, "drop") {
		t.Errorf("comment %q after it was taken up again", got)
	}
	advance(t, 2*day)
	suite.Swap(t, suite.Env.Operator(), nil) // which sweeps
	w.databaseReady(c)
	remove(c)
	advance(t, 31*day)
	// What was cut short between the database and its key is brought to its end.
	key := &corev1.Secret{ObjectMeta: metav1.ObjectMeta{Namespace: system, Name: "key-" + w.Home("one")}}
	suite.Swap(t, suite.Env.Operator(), func(r *http.Request) *metav1.Status {
		if r.Method == http.MethodDelete && strings.HasSuffix(r.URL.Path, "/secrets/"+key.Name) {
			return &metav1.Status{Code: http.StatusInternalServerError, Reason: metav1.StatusReasonInternalError, Message: "a crash"}
		}
		return nil
	})
	w.Eventually("end of the database", func() error {
		if got := postgres.Ask(t, "select count(*)::text from (select rolname from pg_roles union all select datname from pg_database) x where rolname like $1", strings.ReplaceAll(database, "_", `\_`)+"%"); got != "0" {
			return fmt.Errorf("%s databases and roles are left", got)
		}
		return nil
	})
	w.Get(key)
	suite.Swap(t, suite.Env.Operator(), nil)
	w.Gone(key)
}

// TestLostKey: a key that was deleted is put back while the operator knows it. One
// that is lost is said to be lost, and never replaced by another.
func TestLostKey(t *testing.T) {
	w := newWorld(t)
	c := w.Community("one")
	w.Create(c)
	w.Ready(c)
	backup := w.secret(system, "key-"+w.Home("one"))
	suite.Stop(t)
	w.Delete(backup.DeepCopy())
	suite.Swap(t, suite.Env.Operator(), nil)
	w.touch(c)
	w.notReady(c, v1alpha1.ReasonKeyMissing, "restore it from its backup")
	w.There(c, func() error { return stalled(c) })
	w.secret(w.Home("one"), "desk-secrets") // what is there stays
	w.absent(&corev1.Secret{ObjectMeta: metav1.ObjectMeta{Namespace: system, Name: "key-" + w.Home("one")}})
	restored := &corev1.Secret{
		ObjectMeta: metav1.ObjectMeta{Namespace: system, Name: backup.Name, Labels: backup.Labels}, Immutable: backup.Immutable, Data: backup.Data,
	}
	w.Create(restored)
	w.touch(c)
	w.Ready(c)
	w.sealing("one")

	// Deleted while the operator runs, it is back with the next sweep, and the district's
	// with it. A copy under another name is none of the operator's business.
	stray := &corev1.Secret{ObjectMeta: metav1.ObjectMeta{Namespace: system, Name: "a", Labels: backup.Labels}}
	w.Create(stray)
	t.Cleanup(func() { _ = suite.Env.Client.Delete(context.Background(), stray) })
	districts := w.secret(system, "district-key")
	w.Delete(restored, districts.DeepCopy())
	w.down()
	w.notReady(c, v1alpha1.ReasonServerUnreachable)
	w.up()
	w.secret(system, backup.Name)
	if again := w.secret(system, "district-key"); !bytes.Equal(again.Data["key"], districts.Data["key"]) || !*again.Immutable {
		t.Error("the district's key is another")
	}
	w.Ready(c)
}

// TestLostDistrictKey: without the district's key nothing is made that hides its
// loss.
func TestLostDistrictKey(t *testing.T) {
	w := newWorld(t)
	c := w.Community("one")
	w.Create(c)
	w.Ready(c)
	backup := w.secret(system, "district-key")
	suite.Stop(t)
	w.Delete(backup.DeepCopy())
	suite.Swap(t, suite.Env.Operator(), nil)
	w.touch(c)
	w.notReady(c, v1alpha1.ReasonKeyMissing, "Secret "+system+"/district-key is gone")
	other := &corev1.Secret{ObjectMeta: metav1.ObjectMeta{Namespace: system, Name: "district-key"}, Data: map[string][]byte{"key": bytes.Repeat([]byte("x"), 32)}}
	w.Create(other)
	w.touch(c)
	w.notReady(c, v1alpha1.ReasonKeyUnreadable, "restore both Secrets from the same backup")
	w.Delete(other)
	w.Create(&corev1.Secret{
		ObjectMeta: metav1.ObjectMeta{Namespace: system, Name: "district-key", Labels: backup.Labels}, Immutable: backup.Immutable, Data: backup.Data,
	})
	w.touch(c) // the wrong one is not believed any more
	w.Ready(c)
}

// TestAuditHead: the head is published when it moved, an hour later at most, and
// one that went back is told and not believed.
func TestAuditHead(t *testing.T) {
	w := newWorld(t)
	c := w.Community("one")
	w.Create(c)
	w.Ready(c)
	if c.Status.Audit != nil {
		t.Errorf("a head %+v before there is a trail", c.Status.Audit)
	}
	head := func(length int, fill string) string {
		return fmt.Sprintf(`update audit_head set length = %d, hash = decode('%s', 'hex')`, length, strings.Repeat(fill, 32))
	}
	w.exec("create table audit_head (length bigint, hash bytea)", "insert into audit_head values (0, '')", head(3, "ab"))
	published := func(length int64, fill string) {
		t.Helper()
		advance(t, 61*time.Minute)
		w.touch(c)
		w.There(c, func() error {
			if a := c.Status.Audit; a == nil || a.Length != length || a.Hash != strings.Repeat(fill, 32) || a.PublishedAt.IsZero() {
				return fmt.Errorf("published is %+v", a)
			}
			return nil
		})
	}
	published(3, "ab")
	// What can't be read for a moment is read soon after, not an hour later.
	w.exec(head(5, "cd"), "alter table audit_head rename to mislaid", "create table audit_head (length bigint)")
	advance(t, 61*time.Minute)
	w.touch(c)
	w.Settle(w.Namespace)
	w.exec("drop table audit_head", "alter table mislaid rename to audit_head")
	advance(t, 6*time.Minute)
	w.touch(c)
	w.There(c, func() error {
		if a := c.Status.Audit; a == nil || a.Length != 5 {
			return fmt.Errorf("published is %+v", a)
		}
		return nil
	})
	// An operator that starts again publishes no sooner.
	w.exec(head(6, "aa"))
	suite.Swap(t, suite.Env.Operator(), nil)
	controllertest.Change(w.World, c, func(c *v1alpha1.Community) { c.Spec.DisplayName.ZH += "新" })
	w.Ready(c) // at the new generation: the new operator has written its status
	if a := c.Status.Audit; a == nil || a.Length != 5 {
		t.Errorf("published within the hour is %+v", a)
	}
	w.exec(head(5, "cd"))
	w.exec(head(4, "ef"))
	advance(t, 61*time.Minute)
	w.touch(c)
	w.Event("AuditTrailRewritten", "of 5 entries")
	published(5, "cd")
	w.exec(head(5, "ef"))
	published(5, "cd")
}

// TestDeliveriesHead: the head of the chain of deliveries is published as that of the
// audit trail is, and a chain that went back is told of with the cure.
func TestDeliveriesHead(t *testing.T) {
	w := newWorld(t)
	c := w.Community("one")
	w.Create(c)
	w.Ready(c)
	head := func(length int, fill string) string {
		return fmt.Sprintf(`update deliveries_head set length = %d, hash = decode('%s', 'hex')`, length, strings.Repeat(fill, 32))
	}
	w.exec("create table deliveries_head (length bigint, hash bytea)", "insert into deliveries_head values (0, decode(repeat('00', 32), 'hex'))")
	published := func(length int64, fill string) {
		t.Helper()
		advance(t, 61*time.Minute)
		w.touch(c)
		w.There(c, func() error {
			if a := c.Status.Deliveries; a == nil || a.Length != length || a.Hash != strings.Repeat(fill, 32) || a.PublishedAt.IsZero() {
				return fmt.Errorf("published is %+v", a)
			}
			return nil
		})
	}
	w.exec(head(3, "ab"))
	published(3, "ab")
	if c.Status.Audit != nil {
		t.Errorf("the trail has a head %+v", c.Status.Audit)
	}
	w.exec(head(7, "cd"))
	published(7, "cd")
	w.exec(head(6, "cd"))
	advance(t, 61*time.Minute)
	w.touch(c)
	w.Event("DeliveriesRewritten", "of 7 records")
	w.Event("DeliveriesRewritten", `"path":"/status/deliveries"`)
	published(7, "cd")
	w.exec(head(7, "ef"))
	published(7, "cd")
}
