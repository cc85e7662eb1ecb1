package store_test

import (
	"errors"
	"io/fs"
	"strings"
	"testing"

	"github.com/shequ-io/shequ/internal/store"
	"github.com/shequ-io/shequ/internal/store/migrations"
	"github.com/shequ-io/shequ/internal/store/storetest"
)

// Several migrations at once, and one more, leave one schema.
func TestMigrateIsIdempotent(t *testing.T) {
	d := storetest.Shared(t).EmptyDatabase(t)
	together(4, func(int) {
		if err := store.Migrate(t.Context(), d.URI(storetest.Owner)); err != nil {
			t.Error(err)
		}
	})
	if err := store.Migrate(t.Context(), d.URI(storetest.Owner)); err != nil {
		t.Error(err)
	}
	for _, ready := range []error{d.Portal(t).Ready(t.Context()), d.Desk(t).Ready(t.Context()), d.Courier(t).Ready(t.Context())} {
		if ready != nil {
			t.Error(ready)
		}
	}
}

// A database that a later release migrated is left alone, with what to do about it.
func TestMigrateKnowsWhatIsNewer(t *testing.T) {
	for name, statement := range map[string]string{
		"cases": "INSERT INTO goose_db_version (version_id, is_applied) VALUES (900, true)",
		"jobs":  "INSERT INTO river_desk.river_migration (line, version) VALUES ('main', 900)",
	} {
		d := storetest.NewDatabase(t)
		if _, err := d.Connect(t, storetest.Owner).Exec(t.Context(), statement); err != nil {
			t.Fatal(err)
		}
		err := store.Migrate(t.Context(), d.URI(storetest.Owner))
		var newer *store.NewerSchemaError
		if !errors.As(err, &newer) || newer.Schema != 900 || !strings.Contains(err.Error(), "roll out the newer image") {
			t.Errorf("%s: %v", name, err)
		}
		// What runs already goes on: a later schema keeps what it needs.
		if err := d.Portal(t).Ready(t.Context()); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestNotReady(t *testing.T) {
	d := storetest.Shared(t).EmptyDatabase(t)
	if err := d.Portal(t).Ready(t.Context()); !errors.Is(err, store.ErrUnavailable) {
		t.Errorf("without a schema: %v", err)
	}
	if err := store.Migrate(t.Context(), "://"); err == nil || !strings.Contains(err.Error(), "write postgres://") {
		t.Errorf("no uri: %v", err)
	}
	if err := store.Migrate(t.Context(), d.Server.URI("nobody", "secret-word", d.Name)); !errors.Is(err, store.ErrUnavailable) || strings.Contains(err.Error(), "secret-word") {
		t.Errorf("another password: %v", err)
	}
	if _, err := store.OpenPortal(t.Context(), store.Config{URI: func() (string, error) { return "://", nil }}); err == nil {
		t.Error("opened nothing")
	}
	if _, err := store.OpenDesk(t.Context(), d.Config(storetest.Desk), store.Keys{}); err == nil {
		t.Error("opened without keys")
	}
}

// The version the programs need is that of the last migration.
func TestVersion(t *testing.T) {
	names, err := fs.Glob(migrations.Files, "*.sql")
	if err != nil || len(names) != migrations.Version || !strings.HasPrefix(names[len(names)-1], "0000"+string(rune('0'+migrations.Version))) {
		t.Errorf("%v, and version %d: %v", names, migrations.Version, err)
	}
}

// A password that changes is found with the next connection, with no restart.
func TestPasswordsRotate(t *testing.T) {
	d := storetest.NewDatabase(t)
	uri := d.URI(storetest.Portal)
	p, err := store.OpenPortal(t.Context(), store.Config{URI: func() (string, error) { return uri, nil }})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(p.Close)
	if err := p.Ready(t.Context()); err != nil {
		t.Fatal(err)
	}
	admin, err := d.Server.Admin(t.Context(), d.Name)
	if err != nil {
		t.Fatal(err)
	}
	defer admin.Close(t.Context())
	if _, err := admin.Exec(t.Context(), "ALTER ROLE "+d.Name+"_portal_a PASSWORD 'new'; SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = '"+d.Name+"_portal_a'"); err != nil {
		t.Fatal(err)
	}
	uri = d.Server.URI(d.Name+"_portal_a", "new", d.Name)
	if err := p.Ready(t.Context()); err != nil {
		t.Errorf("after the password changed: %v", err)
	}
}
