package district

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/shequ-io/shequ/internal/district/districttest"
	"github.com/shequ-io/shequ/internal/seal"
)

const (
	rotation = 90 * 24 * time.Hour
	soon     = 20 * time.Second
)

// operator is a Server under test with what it needs.
type operator struct {
	*testing.T
	*Server

	pg      *districttest.Server
	admin   atomic.Pointer[Admin]
	changes atomic.Int64
}

// operate runs a Server over a PostgreSQL until the test ends.
func operate(t *testing.T, pg *districttest.Server) *operator {
	t.Helper()
	if pg == nil {
		t.Skip(districttest.ErrMissing)
	}
	o := &operator{T: t, pg: pg}
	o.admin.Store(&Admin{DSN: pg.Operator})
	o.Server = New(Options{
		Admin: func(context.Context) (Admin, error) {
			if a := o.admin.Load(); a != nil {
				return *a, nil
			}
			return Admin{}, ErrAdminMissing
		},
		Changed: func() { o.changes.Add(1) },
		Period:  50 * time.Millisecond, Retry: 50 * time.Millisecond,
		Log: slog.New(slog.DiscardHandler),
	})
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- o.Start(ctx) }()
	t.Cleanup(func() {
		cancel()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
	return o
}

// database is what a community should have, with who may log in.
func (o *operator) database(seed seal.Seed, home string, made, now time.Time) (Database, Access) {
	o.Helper()
	a, err := NewAccess(seed, home, made, now, rotation)
	if err != nil {
		o.Fatal(err)
	}
	key, err := Fingerprint(seed)
	if err != nil {
		o.Fatal(err)
	}
	return Database{Name: a.Database, Connections: 8, Fingerprint: key, Owner: a.Owner, Programs: []Login{a.Portal, a.Desk}}, a
}

func (o *operator) ensure(d Database) {
	o.Helper()
	if err := o.Ensure(o.Context(), d); err != nil {
		o.Fatal(err)
	}
}

// login reports how a login to a database goes.
func (o *operator) login(l Login, database string) error {
	o.Helper()
	conn, err := pgx.Connect(o.Context(), o.State(o.Context()).Endpoint.URI(l, database, ""))
	if err != nil {
		return err
	}
	return conn.Close(o.Context())
}

func (o *operator) loggedIn(l Login, database string) {
	o.Helper()
	if err := o.login(l, database); err != nil {
		o.Errorf("%v can't log in to %s: %v", l, database, err)
	}
}

func (o *operator) refused(l Login, database, why string) {
	o.Helper()
	if err := o.login(l, database); err == nil || !strings.Contains(err.Error(), why) {
		o.Errorf("%v at %s: %v, want a refusal that says %q", l, database, err, why)
	}
}

func (o *operator) until(what string, holds func() bool) {
	o.Helper()
	for end := time.Now().Add(soon); time.Now().Before(end); time.Sleep(10 * time.Millisecond) {
		if holds() {
			return
		}
	}
	o.Fatalf("not %s: %v", what, o.State(o.Context()).Err)
}

func newSeed(t *testing.T) seal.Seed {
	t.Helper()
	seed, err := seal.NewSeed(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return seed
}

func TestEnsure(t *testing.T) {
	o := operate(t, postgres)
	made := time.Now()
	one, a := o.database(newSeed(t), "c-here-one-00000001", made, made)
	two, b := o.database(newSeed(t), "c-here-two-00000002", made, made)
	o.ensure(one)
	o.ensure(two)
	for _, l := range []Login{a.Owner, a.Portal, a.Desk} {
		o.loggedIn(l, one.Name)
		o.refused(l, two.Name, "permission denied for database")
		wrong := l
		wrong.Password = "wrong"
		o.refused(wrong, one.Name, "password authentication failed")
	}
	o.loggedIn(b.Portal, two.Name)
	if got := postgres.Ask(t, "select datconnlimit || ' ' || pg_encoding_to_char(encoding) from pg_database where datname = $1", one.Name); got != "8 UTF8" {
		t.Errorf("limit and encoding %s", got)
	}
	// The operator is a member of nothing it does not need to be.
	if got := postgres.Ask(t, "select string_agg(pg_get_userbyid(roleid), ' ') from pg_auth_members where pg_get_userbyid(member) = 'operator'"); got != "" {
		t.Errorf("the operator is left a member of %s", got)
	}
	// What the roles may do.
	if got := postgres.Ask(t, `select string_agg(rolname, ' ') from pg_roles where (rolcreatedb or rolcreaterole or rolsuper or rolreplication or rolbypassrls) and rolname like 'c\_here%'`); got != "" {
		t.Errorf("these may do too much: %s", got)
	}
	memberships := postgres.Ask(t, "select (pg_has_role($1, 'shequ_portal', 'USAGE'), pg_has_role($1, 'shequ_desk', 'MEMBER'), pg_has_role($1, $2, 'MEMBER'))::text", a.Portal.Role, a.Owner.Role)
	if memberships != "(t,f,f)" {
		t.Errorf("the portal is a member of its group, the desk's, the owner: %s", memberships)
	}
}

// What was done once is not done again, and whatever somebody undid is put right.
func TestEnsureAgain(t *testing.T) {
	o := operate(t, postgres)
	made := time.Now()
	d, a := o.database(newSeed(t), "c-again-00000001", made, made)
	o.ensure(d)
	statements := func() int { return strings.Count(postgres.Log(t), d.Name) }
	before := statements()
	for range 3 {
		o.ensure(d)
	}
	if after := statements(); after != before {
		t.Errorf("%d statements for what was so", after-before)
	}
	if err := postgres.Exec(t.Context(), "ALTER ROLE "+quote(a.Desk.Role)+" NOLOGIN", "GRANT CONNECT ON DATABASE "+quote(d.Name)+" TO PUBLIC",
		"ALTER ROLE "+quote(a.Portal.Role)+" PASSWORD 'somebody''s'", "ALTER DATABASE "+quote(d.Name)+" CONNECTION LIMIT 0"); err != nil {
		t.Fatal(err)
	}
	o.forget(d.Name)
	o.ensure(d)
	o.loggedIn(a.Desk, d.Name)
	o.loggedIn(a.Portal, d.Name)
	if got := postgres.Ask(t, "select (has_database_privilege('public', oid, 'CONNECT'), datconnlimit)::text from pg_database where datname = $1", d.Name); got != "(f,8)" {
		t.Errorf("open to everybody, limit: %s", got)
	}
}

func TestTwoOperatorsAtOnce(t *testing.T) {
	one, two := operate(t, postgres), operate(t, postgres)
	made := time.Now()
	errs := make(chan error)
	for i := range 4 {
		d, _ := one.database(newSeed(t), fmt.Sprintf("c-both-%08d", i), made, made)
		for _, o := range []*operator{one, two} {
			go func() { errs <- o.Ensure(t.Context(), d) }()
		}
	}
	for range 8 {
		if err := <-errs; err != nil {
			t.Error(err)
		}
	}
}

func TestRotation(t *testing.T) {
	o := operate(t, postgres)
	seed, made := newSeed(t), time.Now()
	first, a := o.database(seed, "c-turn-00000001", made, made)
	second, b := o.database(seed, "c-turn-00000001", made, made.Add(rotation))
	third, c := o.database(seed, "c-turn-00000001", made, made.Add(2*rotation))
	o.ensure(first)
	o.ensure(second)
	o.loggedIn(a.Portal, first.Name) // the last one's time is not over
	o.loggedIn(b.Portal, first.Name)
	o.refused(a.Owner, first.Name, "password authentication failed") // one role alone: a Job reads its Secret at start
	o.ensure(third)
	o.loggedIn(b.Desk, first.Name)
	o.loggedIn(c.Desk, first.Name)
	o.refused(a.Portal, first.Name, "password authentication failed")
	if c.Portal.Role != a.Portal.Role || b.Portal.Role == a.Portal.Role {
		t.Errorf("roles %v %v %v do not take turns", a.Portal, b.Portal, c.Portal)
	}
	want := c.Next.Add(overlap).UTC().Truncate(time.Second).Format(time.RFC3339)
	if got := postgres.Ask(t, `select to_char(rolvaliduntil at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"') from pg_roles where rolname = $1`, c.Portal.Role); got != want {
		t.Errorf("%v is valid until %s, want %s", c.Portal, got, want)
	}
}

// Nobody logs in as a program the community has no more; what comes back does.
func TestProgramThatGoes(t *testing.T) {
	o := operate(t, postgres)
	seed, made := newSeed(t), time.Now()
	d, a := o.database(seed, "c-goes-00000001", made, made)
	o.ensure(d)
	o.refused(a.Courier, d.Name, "password authentication failed") // there is no such role
	with, first := d, a.Courier
	with.Programs = []Login{a.Portal, a.Desk, a.Courier}
	o.ensure(with)
	o.loggedIn(a.Courier, d.Name)
	if got := postgres.Ask(t, "select pg_has_role($1, 'shequ_courier', 'USAGE')::text", a.Courier.Role); got != "true" {
		t.Errorf("the courier is a member of its group: %s", got)
	}
	turned, b := o.database(seed, "c-goes-00000001", made, made.Add(rotation))
	turned.Programs = []Login{b.Portal, b.Desk, b.Courier}
	o.ensure(turned)
	o.loggedIn(first, d.Name) // its time is not over
	o.loggedIn(b.Courier, d.Name)
	turned.Programs = []Login{b.Portal, b.Desk}
	o.ensure(turned)
	for _, l := range []Login{first, b.Courier} {
		o.refused(l, d.Name, "not permitted to log in")
	}
	for _, l := range []Login{a.Portal, b.Portal, b.Desk, b.Owner} {
		o.loggedIn(l, d.Name)
	}
	turned.Programs = []Login{b.Portal, b.Desk, b.Courier}
	o.ensure(turned)
	o.loggedIn(b.Courier, d.Name)
}

// A password whose time is over opens nothing.
func TestExpiredPassword(t *testing.T) {
	o := operate(t, postgres)
	made := time.Now().Add(-rotation - 2*overlap)
	d, a := o.database(newSeed(t), "c-over-00000001", made, made)
	o.ensure(d)
	o.refused(a.Portal, d.Name, "password authentication failed")
}

func TestOtherKey(t *testing.T) {
	o := operate(t, postgres)
	made := time.Now()
	d, _ := o.database(newSeed(t), "c-key-00000001", made, made)
	o.ensure(d)
	if got, err := o.MadeWith(t.Context(), d.Name); got != d.Fingerprint || err != nil {
		t.Errorf("MadeWith = %s, %v, want %s", got, err, d.Fingerprint)
	}
	if got, err := o.MadeWith(t.Context(), "c_nobody"); got != "" || err != nil {
		t.Errorf("MadeWith = %s, %v for no database", got, err)
	}
	other, _ := o.database(newSeed(t), "c-key-00000001", made, made)
	err := o.Ensure(t.Context(), other)
	if !errors.Is(err, ErrOtherKey) || !strings.Contains(err.Error(), "restore the Secret that belongs to it") {
		t.Errorf("Ensure = %v, want ErrOtherKey with its cure", err)
	}
	if err := postgres.Exec(t.Context(), "CREATE DATABASE c_foreign_00000001"); err != nil {
		t.Fatal(err)
	}
	foreign, _ := o.database(newSeed(t), "c-foreign-00000001", made, made)
	if err := o.Ensure(t.Context(), foreign); !errors.Is(err, ErrForeign) {
		t.Errorf("Ensure = %v, want ErrForeign", err)
	}
}

func TestRetireAndDrop(t *testing.T) {
	o := operate(t, postgres)
	seed, made := newSeed(t), time.Now()
	d, a := o.database(seed, "c-leaves-00000001", made, made)
	o.ensure(d)
	if err := o.Retire(t.Context(), d.Name, time.Time{}); err != nil {
		t.Fatal(err)
	}
	o.refused(a.Portal, d.Name, "not permitted to log in")
	o.refused(a.Owner, d.Name, "not permitted to log in")
	after := made.Add(30 * 24 * time.Hour)
	if err := o.Retire(t.Context(), d.Name, after); err != nil {
		t.Fatal(err)
	}
	// Marked once is marked: a second deletion does not put it off.
	if err := o.Retire(t.Context(), d.Name, after.Add(time.Hour)); err != nil {
		t.Fatal(err)
	}
	comment := "select shobj_description(oid, 'pg_database') from pg_database where datname = $1"
	if got, want := postgres.Ask(t, comment, d.Name), "shequ: key "+d.Fingerprint+"; drop after "+after.UTC().Format(time.RFC3339); got != want {
		t.Errorf("comment %q, want %q", got, want)
	}
	if got, err := o.Due(t.Context(), after.Add(-time.Second)); err != nil || len(got) > 0 {
		t.Errorf("Due = %v, %v before the time", got, err)
	}
	if done, err := o.Drop(t.Context(), d.Name, after.Add(-time.Second)); done || err != nil {
		t.Errorf("Drop = %t, %v before the time", done, err)
	}
	// Taken up again, it is not due.
	o.ensure(d)
	o.loggedIn(a.Portal, d.Name)
	if got := postgres.Ask(t, comment, d.Name); got != "shequ: key "+d.Fingerprint {
		t.Errorf("comment %q is not cleared", got)
	}
	if done, err := o.Drop(t.Context(), d.Name, after.Add(time.Hour)); done || err != nil {
		t.Errorf("Drop = %t, %v of what was taken up again", done, err)
	}
	if err := o.Retire(t.Context(), d.Name, after); err != nil {
		t.Fatal(err)
	}
	if got, err := o.Due(t.Context(), after.Add(time.Hour)); err != nil || fmt.Sprint(got) != "["+d.Name+"]" {
		t.Errorf("Due = %v, %v after the time", got, err)
	}
	if done, err := o.Drop(t.Context(), d.Name, after.Add(time.Hour)); !done || err != nil {
		t.Errorf("Drop = %t, %v after the time", done, err)
	}
	if got := postgres.Ask(t, `select string_agg(n, ' ') from (select rolname::text n from pg_roles union select datname from pg_database) x where n like 'c\_leaves%'`); got != "" {
		t.Errorf("left behind: %s", got)
	}
	if err := o.Retire(t.Context(), d.Name, after); err != nil {
		t.Errorf("Retire = %v of what is gone", err)
	}
}

// Roles that were left when a drop was cut short go with the next.
func TestDropGoesOn(t *testing.T) {
	o := operate(t, postgres)
	made := time.Now()
	d, _ := o.database(newSeed(t), "c-halfway-00000001", made, made)
	o.ensure(d)
	if err := postgres.Exec(t.Context(), "DROP DATABASE "+quote(d.Name)); err != nil {
		t.Fatal(err)
	}
	if done, err := o.Drop(t.Context(), d.Name, made); !done || err != nil {
		t.Errorf("Drop = %t, %v of what is gone", done, err)
	}
	if got := postgres.Ask(t, `select string_agg(rolname, ' ') from pg_roles where rolname like 'c\_halfway%'`); got != "" {
		t.Errorf("left behind: %s", got)
	}
}

// What somebody else marked, or owns, is never dropped.
func TestDropsOnlyItsOwn(t *testing.T) {
	o := operate(t, postgres)
	if err := postgres.Exec(t.Context(), "CREATE DATABASE c_theirs", "COMMENT ON DATABASE c_theirs IS 'shequ: drop after 2001-01-01T00:00:00Z'"); err != nil {
		t.Fatal(err)
	}
	if done, err := o.Drop(t.Context(), "c_theirs", time.Now()); done || err != nil {
		t.Errorf("Drop = %t, %v", done, err)
	}
	if err := o.Retire(t.Context(), "c_theirs", time.Now()); err != nil {
		t.Error(err)
	}
	if err := postgres.Exec(t.Context(), "DROP DATABASE c_theirs"); err != nil {
		t.Fatal(err)
	}
}

func TestHead(t *testing.T) {
	o := operate(t, postgres)
	made := time.Now()
	d, a := o.database(newSeed(t), "c-head-00000001", made, made)
	o.ensure(d)
	if h, err := o.Heads(t.Context(), a); h != (Heads{}) || err != nil {
		t.Errorf("Heads = %+v, %v before there is a chain", h, err)
	}
	conn, err := pgx.Connect(t.Context(), o.State(t.Context()).Endpoint.URI(a.Owner, d.Name, ""))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(t.Context())
	if _, err := conn.Exec(t.Context(), `create table audit_head (length bigint, hash bytea); insert into audit_head values (3, '\x0102')`); err != nil {
		t.Fatal(err)
	}
	if h, err := o.Heads(t.Context(), a); err != nil || h.Audit == nil || h.Deliveries != nil || h.Audit.Length != 3 || string(h.Audit.Hash) != "\x01\x02" {
		t.Errorf("Heads = %+v, %v", h, err)
	}
	if _, err := conn.Exec(t.Context(), `create table deliveries_head (length bigint, hash bytea); insert into deliveries_head values (5, '\x03')`); err != nil {
		t.Fatal(err)
	}
	if h, err := o.Heads(t.Context(), a); err != nil || h.Deliveries == nil || h.Deliveries.Length != 5 || h.Audit.Length != 3 {
		t.Errorf("Heads = %+v, %v", h, err)
	}
}

// No password goes over the wire, and none is logged.
func TestNoPasswordInStatements(t *testing.T) {
	o := operate(t, postgres)
	made := time.Now()
	d, a := o.database(newSeed(t), "c-quiet-00000001", made, made)
	o.ensure(d)
	text := postgres.Log(t)
	if !strings.Contains(text, "ROLE \"c_quiet_00000001_owner\" LOGIN PASSWORD 'SCRAM-SHA-256$") {
		t.Error("the log of statements shows no verifier: is it on?")
	}
	for _, l := range []Login{a.Owner, a.Portal, a.Desk} {
		if strings.Contains(text, l.Password) {
			t.Errorf("the password of %v is logged", l)
		}
	}
	if got := fmt.Sprintf("%v %+v %#v %s", a, d, a.Owner, Admin{DSN: "secret"}); strings.Contains(got, a.Portal.Password) || strings.Contains(got, "secret") {
		t.Error("printing shows a password")
	}
}
