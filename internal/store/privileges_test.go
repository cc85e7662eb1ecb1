package store_test

import (
	"flag"
	"os"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"
)

var update = flag.Bool("update", false, "write golden files")

// privileges are all that anybody but the owner may do in a database, a line for each
// object: the role, what it may, and where; "(columns)" where it may so with these only.
const privileges = `
WITH grants AS (
    SELECT c.oid::regclass::text AS object, NULL AS columns, x.grantee, x.privilege_type
    FROM pg_class c, aclexplode(c.relacl) x WHERE c.relnamespace = ANY ($1)
UNION ALL
    SELECT a.attrelid::regclass::text, a.attname::text, x.grantee, x.privilege_type
    FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid, aclexplode(a.attacl) x WHERE c.relnamespace = ANY ($1)
UNION ALL
    SELECT p.oid::regproc::text || '()', NULL, x.grantee, x.privilege_type
    FROM pg_proc p, aclexplode(coalesce(p.proacl, acldefault('f', p.proowner))) x WHERE p.pronamespace = ANY ($1)
UNION ALL
    SELECT 'schema ' || n.nspname, NULL, x.grantee, x.privilege_type
    FROM pg_namespace n, aclexplode(coalesce(n.nspacl, acldefault('n', n.nspowner))) x WHERE n.oid = ANY ($1)
UNION ALL
    SELECT 'database', NULL, x.grantee, x.privilege_type
    FROM pg_database d, aclexplode(coalesce(d.datacl, acldefault('d', d.datdba))) x
    WHERE d.datname = current_database() AND x.grantee NOT IN (SELECT oid FROM pg_roles WHERE rolname LIKE d.datname || '\_%')
), whom AS (
    SELECT coalesce(r.rolname, 'everybody') AS role, g.*
    FROM grants g LEFT JOIN pg_roles r ON r.oid = g.grantee
    WHERE g.grantee <> (SELECT datdba FROM pg_database WHERE datname = current_database())
        AND coalesce(r.rolname, '') <> 'pg_database_owner'
), kinds AS (
    SELECT role, object, privilege_type, '(' || string_agg(columns, ', ' ORDER BY columns) || ')' AS columns
    FROM whom GROUP BY role, object, privilege_type
)
SELECT role || ' ' || object || ': ' || string_agg(privilege_type || coalesce(columns, ''), ' ' ORDER BY privilege_type)
FROM kinds GROUP BY role, object ORDER BY role COLLATE "C", object COLLATE "C"`

// Every right that portal, desk and courier have is in testdata/privileges.txt, and they
// have no other: who adds one reads what that file says then.
func TestPrivileges(t *testing.T) {
	h := newHome(t)
	rows, err := h.admin().Query(t.Context(), strings.ReplaceAll(privileges, "$1", "ARRAY['public'::regnamespace::oid, 'river_desk'::regnamespace::oid]"))
	if err != nil {
		t.Fatal(err)
	}
	lines, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil || len(lines) < 30 {
		t.Fatalf("%d lines, %v", len(lines), err)
	}
	got := strings.Join(lines, "\n") + "\n"
	const golden = "testdata/privileges.txt"
	if *update {
		if err := os.WriteFile(golden, []byte(got), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("%s differs (write it with -update and read what changed); now:\n%s", golden, got)
	}
	// No schema but these is ours, and none is left out.
	var others int
	err = h.admin().QueryRow(t.Context(), `SELECT count(*) FROM pg_namespace
		WHERE nspname NOT IN ('public', 'river_desk', 'information_schema') AND nspname NOT LIKE 'pg\_%'`).Scan(&others)
	if err != nil || others != 0 {
		t.Errorf("%d schemas more, %v", others, err)
	}
}
