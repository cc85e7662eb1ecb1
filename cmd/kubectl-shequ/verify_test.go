package main

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/shequ-io/shequ/api/v1alpha1"
	"github.com/shequ-io/shequ/internal/blueprint"
	"github.com/shequ-io/shequ/internal/casework"
	"github.com/shequ-io/shequ/internal/courier"
	postgres "github.com/shequ-io/shequ/internal/district"
	"github.com/shequ-io/shequ/internal/district/districttest"
	"github.com/shequ-io/shequ/internal/seal"
	"github.com/shequ-io/shequ/internal/store"
)

// record is a community whose database has a record of deliveries.
type record struct {
	*testing.T

	server            *districttest.Server
	namespace, system string
	config            string
	database          string
	community         *v1alpha1.Community
	desk              *store.Desk
	sent              int
}

func newRecord(t *testing.T) *record {
	t.Helper()
	r := &record{T: t, server: districttest.Start(t), namespace: env.Namespace(t, v1alpha1.RoleSubdistrict), system: env.Namespace(t, ""), config: kubeconfig(t, env.Config)}
	r.database = postgres.Name(blueprint.HomeNamespace(r.namespace, "one"))
	r.community = &v1alpha1.Community{ObjectMeta: metav1.ObjectMeta{Namespace: r.namespace, Name: "one"}, Spec: v1alpha1.CommunitySpec{
		DisplayName: v1alpha1.LocalizedText{ZH: "一"}, StandardRef: v1alpha1.LocalReference{Name: "none"}, Profile: v1alpha1.CommunityProfile{Households: 1, Residents: 1},
	}}
	admin := &corev1.Secret{ObjectMeta: metav1.ObjectMeta{Namespace: r.system, Name: "postgres-admin"}, Data: map[string][]byte{postgres.AdminDSN: []byte(r.server.Operator)}}
	for _, obj := range []any{r.community, admin} {
		var err error
		switch obj := obj.(type) {
		case *v1alpha1.Community:
			err = env.Client.Create(t.Context(), obj)
		case *corev1.Secret:
			err = env.Client.Create(t.Context(), obj)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	r.provision()
	return r
}

// provision makes the database as the operator does, and opens it as a desk does.
func (r *record) provision() {
	r.Helper()
	seed, err := seal.NewSeed(rand.Reader)
	if err != nil {
		r.Fatal(err)
	}
	access, err := postgres.NewAccess(seed, postgres.Home(r.database), time.Now(), time.Now(), 90*24*time.Hour)
	if err != nil {
		r.Fatal(err)
	}
	key, err := postgres.Fingerprint(seed)
	if err != nil {
		r.Fatal(err)
	}
	operator := postgres.New(postgres.Options{
		Admin: func(context.Context) (postgres.Admin, error) { return postgres.Admin{DSN: r.server.Operator}, nil }, Log: slog.New(slog.DiscardHandler),
	})
	ctx, cancel := context.WithCancel(r.Context())
	ended := make(chan error, 1)
	go func() { ended <- operator.Start(ctx) }()
	defer func() { cancel(); <-ended }()
	err = operator.Ensure(ctx, postgres.Database{
		Name: access.Database, Connections: 8, Fingerprint: key, Owner: access.Owner, Programs: []postgres.Login{access.Desk},
	})
	if err != nil {
		r.Fatal(err)
	}
	endpoint := operator.State(ctx).Endpoint
	if err := store.Migrate(ctx, endpoint.URI(access.Owner, access.Database, "")); err != nil {
		r.Fatal(err)
	}
	keys := store.Keys{Receipts: make([]byte, seal.KeyBytes)}
	if keys.Open, err = seed.Sealing(); err != nil {
		r.Fatal(err)
	}
	keys.Public = keys.Open.Public()
	r.desk, err = store.OpenDesk(r.Context(), store.Config{URI: func() (string, error) { return endpoint.URI(access.Desk, access.Database, ""), nil }}, keys)
	if err != nil {
		r.Fatal(err)
	}
	r.Cleanup(r.desk.Close)
}

// withhold puts records in the chain: of messages of which nothing may go.
func (r *record) withhold(n int) {
	r.Helper()
	var all []courier.Consignment
	for range n {
		r.sent++
		all = append(all, courier.Consignment{
			Facts: courier.Facts{
				Case: fmt.Sprintf("00000000-0000-4000-8000-%012d", r.sent), Task: "health/appointments", System: "family-health", Purpose: "appointments", Version: 2,
			},
			Refused: "NotAccepted:2",
		})
	}
	if err := r.desk.Enqueue(r.Context(), all); err != nil {
		r.Fatal(err)
	}
}

// publish has the operator's status name the head of the chain.
func (r *record) publish() casework.Head {
	r.Helper()
	head, err := r.desk.DeliveryHead(r.Context())
	if err != nil {
		r.Fatal(err)
	}
	r.community.Status.Deliveries = &v1alpha1.AuditHead{Length: head.Length, Hash: digits(head.Hash), PublishedAt: metav1.NewTime(time.Date(2026, 3, 1, 8, 0, 0, 0, time.UTC))}
	if err := env.Client.Status().Update(r.Context(), r.community); err != nil {
		r.Fatal(err)
	}
	return head
}

// alter does what the database's owner can do: nothing holds it.
func (r *record) alter(statements ...string) {
	r.Helper()
	conn, err := r.server.Admin(r.Context(), r.database)
	if err != nil {
		r.Fatal(err)
	}
	defer conn.Close(r.Context())
	owner := pgx.Identifier{postgres.OwnerRole(r.database)}.Sanitize()
	for _, s := range append([]string{"SET ROLE " + owner, "GRANT UPDATE, DELETE ON deliveries TO " + owner, "ALTER TABLE deliveries DISABLE TRIGGER append_only"}, statements...) {
		if _, err := conn.Exec(r.Context(), s); err != nil {
			r.Fatalf("%s: %v", s, err)
		}
	}
}

func (r *record) verify(args ...string) result {
	r.Helper()
	return feed(r.T, "", append([]string{"verify-deliveries", "one", "-n", r.namespace, "--kubeconfig", r.config, "--system-namespace", r.system}, args...)...)
}

func TestVerifyDeliveries(t *testing.T) {
	r := newRecord(t)
	expect(t, r.verify(), exitPassed, "0 records of Community "+r.namespace+"/one verify", "published  none")
	r.withhold(3)
	head := r.publish()
	r.withhold(recordsAtOnce) // over the end of a page
	expect(t, r.verify(), exitPassed, fmt.Sprintf("%d records of Community", recordsAtOnce+3), "delivered  0", fmt.Sprintf("withheld   %d", recordsAtOnce+3), "given-up   0",
		fmt.Sprintf("published  3     %s at 2026-03-01T08:00:00Z", digits(head.Hash)))

	out := r.verify("-o", "json")
	var said verification
	if err := json.Unmarshal([]byte(out.out), &said); err != nil || out.code != exitPassed {
		t.Fatalf("exit code %d, %v: %s", out.code, err, out.out)
	}
	if n := int64(recordsAtOnce + 3); !said.Verified || said.Records != n || said.Acts[courier.Withheld] != n || said.Head.Length != n || said.Published.Length != 3 {
		t.Errorf("it says %+v", said)
	}
	expect(t, r.verify("-o", "yaml"), exitFailed, "use table or json")
	expect(t, feed(t, "", "verify-deliveries", "two", "-n", r.namespace, "--kubeconfig", r.config, "--system-namespace", r.system), exitFailed, "there is no such database of a community")
}

// Whoever owns the database can disable its triggers; what is altered shows all the
// same.
func TestVerifyFindsWhatTheOwnerAltered(t *testing.T) {
	r := newRecord(t)
	r.withhold(9)
	r.publish()
	r.withhold(1)
	keep := "CREATE TABLE kept AS TABLE deliveries"
	back := []string{"DELETE FROM deliveries", "INSERT INTO deliveries TABLE kept"}
	r.alter(keep, "CREATE TABLE kept_head AS TABLE deliveries_head")
	for _, tc := range []struct {
		name string
		sql  []string
		want string
		json string
	}{
		{"changed", []string{"UPDATE deliveries SET codes = 'telephone' WHERE sequence = 4"}, "record 4 was changed", `"sequence": 4`},
		{"removed", []string{"DELETE FROM deliveries WHERE sequence = 5"}, "record 5 was removed", `"sequence": 5`},
		{"moved", []string{"UPDATE deliveries SET sequence = 0 WHERE sequence = 7"}, "record 0 was changed", `"sequence": 0`},
		{"cut off", []string{"DELETE FROM deliveries WHERE sequence > 6"}, "record 7 and what follows was removed: 9 records were there", `"sequence": 7`},
		{"the last removed", []string{"DELETE FROM deliveries WHERE sequence = 10"}, "record 10 and what follows was removed: the database counts 10", `"sequence": 10`},
		{"another head", []string{"UPDATE deliveries_head SET hash = decode(repeat('ab', 32), 'hex')"}, "the database's own head, of 10 records", `"sequence": 10`},
	} {
		r.alter(tc.sql...)
		expect(t, r.verify(), exitFailed, "does not verify: "+tc.want)
		if out := r.verify("-o", "json"); out.code != exitFailed || !strings.Contains(out.out, tc.json) || !strings.Contains(out.out, `"verified": false`) {
			t.Errorf("%s: exit code %d, %s", tc.name, out.code, out.out)
		}
		r.alter(append(back, "UPDATE deliveries_head SET (length, hash) = (SELECT length, hash FROM kept_head)")...)
		expect(t, r.verify(), exitPassed)
	}
}

// A chain that was made up from beginning to end is sound in itself: the published
// head gives it away.
func TestVerifyFindsWhatWasRewritten(t *testing.T) {
	r := newRecord(t)
	r.withhold(6)
	r.publish()
	conn, err := r.server.Admin(t.Context(), r.database)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(t.Context())
	tx, err := conn.Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	entries, err := store.DeliveryChain(t.Context(), tx, 1, 10)
	if err != nil || len(entries) != 6 {
		t.Fatalf("%d entries, %v", len(entries), err)
	}
	if err := tx.Rollback(t.Context()); err != nil {
		t.Fatal(err)
	}
	var head casework.Head
	var statements []string
	for _, e := range entries {
		e.Record.Refused = "NotAccepted:1" // a smaller matter
		var forged courier.Entry
		forged, head = courier.Append(head, e.Record)
		statements = append(statements, fmt.Sprintf("UPDATE deliveries SET refused = 'NotAccepted:1', previous = '\\x%s', hash = '\\x%s' WHERE sequence = %d", digits(forged.Previous), digits(forged.Hash), e.Sequence))
	}
	r.alter(append(statements, fmt.Sprintf("UPDATE deliveries_head SET hash = '\\x%s'", digits(head.Hash)))...)
	expect(t, r.verify(), exitFailed, "does not verify: the records up to 6 are not those whose head was published at 2026-03-01T08:00:00Z")
	r.withhold(1) // and goes on
	expect(t, r.verify(), exitFailed, "the records up to 6 are not those whose head was published")
	r.community.Status.Deliveries = nil
	if err := env.Client.Status().Update(t.Context(), r.community); err != nil {
		t.Fatal(err)
	}
	expect(t, r.verify(), exitPassed, "whether it was rewritten as a whole can't be told")
}
