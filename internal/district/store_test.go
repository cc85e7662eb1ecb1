package district

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/shequ-io/shequ/internal/seal"
	"github.com/shequ-io/shequ/internal/store"
)

// TestStoreWorksWithWhatIsMade: the database and roles are what migration, portal
// and desk need, and keep each of them from what it does not.
func TestStoreWorksWithWhatIsMade(t *testing.T) {
	o := operate(t, postgres)
	seed, made := newSeed(t), time.Now()
	d, a := o.database(seed, "c-store-00000001", made, made)
	o.ensure(d)
	endpoint := o.State(t.Context()).Endpoint
	if err := store.Migrate(t.Context(), endpoint.URI(a.Owner, d.Name, "")); err != nil {
		t.Fatal(err)
	}
	portal, err := store.OpenPortal(t.Context(), store.Config{URI: func() (string, error) { return endpoint.URI(a.Portal, d.Name, ""), nil }})
	if err != nil {
		t.Fatal(err)
	}
	defer portal.Close()
	desk, err := store.OpenDesk(t.Context(), store.Config{URI: func() (string, error) { return endpoint.URI(a.Desk, d.Name, ""), nil }}, keys(t, seed))
	if err != nil {
		t.Fatal(err)
	}
	defer desk.Close()
	for what, ready := range map[string]func(context.Context) error{"portal": portal.Ready, "desk": desk.Ready} {
		if err := ready(t.Context()); err != nil {
			t.Errorf("the %s is not ready: %v", what, err)
		}
	}
	conn, err := pgx.Connect(t.Context(), endpoint.URI(a.Portal, d.Name, ""))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(t.Context())
	for _, statement := range []string{"select * from letters", "create table mine (x int)", "create temporary table mine (x int)", "set role " + a.Owner.Role, "set role " + a.Desk.Role} {
		if _, err := conn.Exec(t.Context(), statement); err == nil || !strings.Contains(err.Error(), "permission denied") {
			t.Errorf("the portal may %s: %v", statement, err)
		}
	}
	if heads, err := o.Heads(t.Context(), a); err != nil || heads.Audit == nil || heads.Audit.Length != 0 || len(heads.Audit.Hash) != 32 {
		t.Errorf("Heads = %+v, %v", heads, err)
	}
}

// keys of a community's desk.
func keys(t *testing.T, seed seal.Seed) store.Keys {
	t.Helper()
	private, err := seed.Sealing()
	if err != nil {
		t.Fatal(err)
	}
	receipts, err := seed.Derive("receipts", seal.KeyBytes)
	if err != nil {
		t.Fatal(err)
	}
	return store.Keys{Open: private, Public: private.Public(), Receipts: receipts}
}
