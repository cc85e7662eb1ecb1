package store_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/shequ-io/shequ/internal/casework"
	"github.com/shequ-io/shequ/internal/store"
	"github.com/shequ-io/shequ/internal/store/storetest"
)

// refused reports whether the server refused for want of a privilege.
func refused(err error) bool {
	var e *pgconn.PgError
	return errors.As(err, &e) && e.Code == "42501"
}

// relations are all tables, views and sequences of a database, of any schema of ours.
func relations(t *testing.T, conn *pgx.Conn) []string {
	t.Helper()
	rows, err := conn.Query(t.Context(), `SELECT quote_ident(n.nspname) || '.' || quote_ident(c.relname)
		FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
		WHERE c.relkind IN ('r', 'v', 'm', 'p', 'S') AND n.nspname NOT IN ('pg_catalog', 'information_schema', 'pg_toast')`)
	if err != nil {
		t.Fatal(err)
	}
	names, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil || len(names) < 15 {
		t.Fatalf("%d relations, %v", len(names), err)
	}
	return names
}

// granted is what the courier may do with tables; the portal may do nothing with any.
var granted = map[string]string{
	"public.outbox":           "SELECT DELETE COPY",
	"public.deliveries":       "INSERT",
	"public.deliveries_head":  "SELECT COPY",
	"public.replies":          "INSERT",
	"public.nonces":           "SELECT INSERT DELETE COPY",
	"public.question_answers": "INSERT",
}

// The portal reads no table. The courier reads what is sealed to it and what it keeps
// itself: no case, letter, submission, word, figure or trail. Nobody but the portal
// calls the portal's functions, and nobody but the courier the courier's.
func TestRolesReachNoTable(t *testing.T) {
	h := newHome(t)
	h.submit(casework.Application, aLetter)
	all := relations(t, h.Connect(t, storetest.Owner))
	for _, role := range []storetest.Role{storetest.Portal, storetest.Courier} {
		conn := h.Connect(t, role)
		for _, name := range all {
			for _, statement := range []string{
				"SELECT FROM %s", "INSERT INTO %s DEFAULT VALUES", "DELETE FROM %s", "TRUNCATE %s", "COPY %s TO STDOUT",
			} {
				_, err := conn.Exec(t.Context(), fmt.Sprintf(statement, name))
				verb, _, _ := strings.Cut(statement, " ")
				if may := role == storetest.Courier && slices.Contains(strings.Fields(granted[name]), verb); may && refused(err) {
					t.Errorf("%s: "+statement+" is refused: %v", role, name, err)
				} else if !may && !refused(err) && !strings.Contains(fmt.Sprint(err), "42809") { // of the wrong kind for it
					t.Errorf("%s: "+statement+": %v", role, name, err)
				}
			}
		}
		for _, statement := range []string{
			"CREATE TABLE public.mine ()", "CREATE TEMP TABLE mine ()", "CREATE SCHEMA mine", "SET ROLE " + h.Name + "_owner",
			"CREATE FUNCTION public.f() RETURNS int LANGUAGE sql AS 'SELECT 1'",
		} {
			if _, err := conn.Exec(t.Context(), statement); !refused(err) {
				t.Errorf("%s: %s: %v", role, statement, err)
			}
		}
	}
	for _, role := range []storetest.Role{storetest.Desk, storetest.Courier} {
		for _, call := range []string{"portal_disclosed()", "portal_progress('')", "portal_request(gen_random_uuid())"} {
			if _, err := h.Connect(t, role).Exec(t.Context(), "SELECT "+call); !refused(err) {
				t.Errorf("%s: %s: %v", role, call, err)
			}
		}
	}
	for _, role := range []storetest.Role{storetest.Desk, storetest.Portal} {
		if _, err := h.Connect(t, role).Exec(t.Context(), "SELECT courier_order(gen_random_uuid(), '', '', '{}', '', now(), '')"); !refused(err) {
			t.Errorf("%s enters work orders: %v", role, err)
		}
	}
}

// The courier says when a message is tried again, and alters nothing else: not what is
// in it, to whom it goes or what is on record.
func TestTheCourierAltersNoMessage(t *testing.T) {
	h := newHome(t)
	conn := h.Connect(t, storetest.Courier)
	for _, column := range []string{
		"key = key", "case_id = case_id", "task = ''", "system = ''", "purpose = ''", "version = 1", "sealed = ''", "codes = ''",
		"message = NULL", "refused = ''", "tell_only = true", "entered = now()", "stopped = ''",
	} {
		if _, err := conn.Exec(t.Context(), "UPDATE outbox SET "+column); !refused(err) {
			t.Errorf("%s: %v", column, err)
		}
	}
	for _, column := range []string{"state = 'waiting'", "not_before = now()", "failures = 1", "why = ''", "claimed_until = NULL"} {
		if _, err := conn.Exec(t.Context(), "UPDATE outbox SET "+column); err != nil {
			t.Errorf("%s: %v", column, err)
		}
	}
	for _, statement := range []string{
		"UPDATE replies SET state = 'applied'", "DELETE FROM deliveries_head", "UPDATE nonces SET until = now()",
		"UPDATE deliveries SET codes = ''", "SELECT key FROM replies", "SELECT number FROM cases", "SELECT sealed FROM letters", "UPDATE letters SET sealed = ''",
		"ALTER TABLE deliveries DISABLE TRIGGER append_only",
	} {
		if _, err := conn.Exec(t.Context(), statement); !refused(err) {
			t.Errorf("%s: %v", statement, err)
		}
	}
	// It enters work orders of systems, and speaks for nobody else.
	_, err := conn.Exec(t.Context(), "SELECT courier_order(gen_random_uuid(), sha256(''), 'x', '{}', 'ordinary', now(), '')")
	if !refused(err) {
		t.Errorf("an order of no system: %v", err)
	}
}

// Every function that runs as the owner has a search path of its own, with the
// session's temporary schema last, and nobody calls it but whom it is for.
func TestFunctionsArePinned(t *testing.T) {
	h := newHome(t)
	rows, err := h.admin().Query(t.Context(), `SELECT p.proname, coalesce(array_to_string(p.proconfig, ';'), ''), p.proacl::text
		FROM pg_proc p WHERE p.pronamespace = 'public'::regnamespace AND p.prosecdef`)
	if err != nil {
		t.Fatal(err)
	}
	var name, config, acl string
	n := 0
	_, err = pgx.ForEachRow(rows, []any{&name, &config, &acl}, func() error {
		n++
		if config != "search_path=pg_catalog, public, pg_temp" {
			t.Errorf("%s has %q", name, config)
		}
		if strings.Contains(acl, "{=") || strings.Contains(acl, ",=") {
			t.Errorf("everybody may call %s: %s", name, acl)
		}
		return nil
	})
	if err != nil || n < 9 {
		t.Errorf("%d functions, %v", n, err)
	}
}

// The desk can add to the trail and not alter it, and neither can the owner.
func TestTheTrailIsAppendOnly(t *testing.T) {
	h := newHome(t)
	h.submit(casework.Application, aLetter)
	for _, role := range []storetest.Role{storetest.Desk, storetest.Owner} {
		conn := h.Connect(t, role)
		for _, statement := range []string{
			"UPDATE audit SET body = '{}'", "DELETE FROM audit", "TRUNCATE audit", "UPDATE audit SET body = '{}' WHERE false",
			"UPDATE deliveries SET codes = ''", "DELETE FROM deliveries", "TRUNCATE deliveries", "DELETE FROM deliveries WHERE false",
		} {
			if _, err := conn.Exec(t.Context(), statement); !refused(err) {
				t.Errorf("%s: %s: %v", role, statement, err)
			}
		}
	}
	// What was taken away from the owner it can give back to itself; the trigger stays.
	owner := h.Connect(t, storetest.Owner)
	for _, table := range []string{"audit", "deliveries"} {
		if _, err := owner.Exec(t.Context(), "GRANT ALL ON "+table+" TO CURRENT_USER"); err != nil {
			t.Fatal(err)
		}
		if _, err := owner.Exec(t.Context(), "DELETE FROM "+table); err == nil || !strings.Contains(err.Error(), "can be added to and not altered") {
			t.Errorf("the owner deleted from %s: %v", table, err)
		}
	}
	desk := h.Connect(t, storetest.Desk)
	for _, statement := range []string{
		"DELETE FROM cases", "DELETE FROM submissions", "UPDATE submissions SET receipt = ''", "UPDATE letters SET id = id",
		"UPDATE words SET type = 'rate'", "DELETE FROM words", "UPDATE answers SET choices = '{}'", "DELETE FROM figures",
		"UPDATE figures SET body = '{}'", "ALTER TABLE audit DISABLE TRIGGER append_only", "DROP TABLE audit", "DELETE FROM audit_head",
		"ALTER TABLE deliveries DISABLE TRIGGER append_only", "DELETE FROM deliveries_head", "UPDATE outbox SET sealed = ''",
		"UPDATE replies SET verdict = 'accepted'", "INSERT INTO replies DEFAULT VALUES", "DELETE FROM replies", "SELECT FROM nonces",
	} {
		if _, err := desk.Exec(t.Context(), statement); !refused(err) {
			t.Errorf("desk: %s: %v", statement, err)
		}
	}
	h.checkTrail()
}

// One community's credentials open no other's database.
func TestCommunitiesAreApart(t *testing.T) {
	a, b := storetest.NewDatabase(t), storetest.NewDatabase(t)
	for _, role := range []storetest.Role{storetest.Owner, storetest.Portal, storetest.Desk, storetest.Courier} {
		conn, err := pgx.Connect(t.Context(), a.URIOf(role, b.Name))
		if err == nil {
			conn.Close(context.Background())
		}
		if !refused(err) {
			t.Errorf("%s of one is let into the other: %v", role, err)
		}
		if conn, err = pgx.Connect(t.Context(), a.URI(role)); err != nil {
			t.Errorf("%s is not let into its own: %v", role, err)
			continue
		}
		conn.Close(context.Background())
	}
}

// The portal speaks for residents: who takes it over can't enter anything in the
// name of a position.
func TestThePortalEntersNothingForTheCounter(t *testing.T) {
	h := newHome(t)
	for _, change := range []func(*store.Submission){
		func(s *store.Submission) { s.Channel = store.CounterChannel },
		func(s *store.Submission) { s.Channel = store.HotlineChannel },
		func(s *store.Submission) { s.Work = "window-1" },
	} {
		f := h.form(casework.Application, aLetter, change)
		if _, err := h.portal.Submit(t.Context(), f.Submission); err == nil {
			t.Errorf("the portal entered %s by %q", f.Channel, f.Work)
		}
	}
	if got := h.takeIn(); got.Taken != 0 {
		t.Errorf("%d of them became cases", got.Taken)
	}
}
