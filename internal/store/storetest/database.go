package storetest

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/jackc/pgx/v5"
	"go.uber.org/goleak"

	"github.com/shequ-io/shequ/internal/seal"
	"github.com/shequ-io/shequ/internal/store"
)

// shared is the server of a test binary.
var shared struct {
	once    sync.Once
	running atomic.Bool // by Run
	server  *Server
	err     error
}

// Run runs a package's tests, stops the server they shared, and fails when
// goroutines stay behind. It returns what the process is to end with.
func Run(m *testing.M) int {
	shared.running.Store(true)
	code := m.Run()
	if shared.server != nil {
		shared.server.Close()
	}
	if code == 0 {
		if err := goleak.Find(); err != nil {
			fmt.Fprintln(os.Stderr, err)
			code = 1
		}
	}
	return code
}

// Shared is the server all tests of a binary share. It is started when it is first
// asked for.
func Shared(tb testing.TB) *Server {
	tb.Helper()
	if !shared.running.Load() {
		tb.Fatal("the package has no TestMain that calls storetest.Run: the server would stay behind")
	}
	shared.once.Do(func() {
		shared.server, shared.err = StartServer(context.Background(), Options{MaxConnections: 300})
	})
	unless(tb, shared.err)
	return shared.server
}

// NewServer is a server of a test's own, which it may stop and kill.
func NewServer(tb testing.TB, options Options) *Server {
	tb.Helper()
	s, err := StartServer(tb.Context(), options)
	unless(tb, err)
	tb.Cleanup(s.Close)
	return s
}

func unless(tb testing.TB, err error) {
	tb.Helper()
	if errors.Is(err, ErrNotInstalled) && os.Getenv("CI") != "true" {
		tb.Skip(err)
	}
	if err != nil {
		tb.Fatal(err)
	}
}

// Role is one of a database's.
type Role string

// The roles.
const (
	Owner   Role = "owner"
	Portal  Role = "portal_a"
	Desk    Role = "desk_a"
	Courier Role = "courier_a"
)

var groups = map[Role]string{Portal: "shequ_portal", Desk: "shequ_desk", Courier: "shequ_courier"}

// Database is one community's.
type Database struct {
	Server *Server
	Name   string
	// Keys of the community's desk and courier; Seed is what they come from.
	Keys        store.Keys
	CourierKeys store.CourierKeys
	Seed        seal.Seed

	password string // of all its roles
}

// NewDatabase makes a database in the shared server, with its roles and its schema.
func NewDatabase(tb testing.TB) *Database {
	tb.Helper()
	return Shared(tb).NewDatabase(tb)
}

var count atomic.Int64

// NewDatabase makes a database with its roles and its schema.
func (s *Server) NewDatabase(tb testing.TB) *Database {
	tb.Helper()
	d, err := s.CreateDatabase(tb.Context())
	if err != nil {
		tb.Fatal(err)
	}
	return d
}

// EmptyDatabase makes a database with its roles and no schema.
func (s *Server) EmptyDatabase(tb testing.TB) *Database {
	tb.Helper()
	d, err := s.create(tb.Context())
	if err != nil {
		tb.Fatal(err)
	}
	return d
}

// CreateDatabase is NewDatabase for programs that are no test.
func (s *Server) CreateDatabase(ctx context.Context) (*Database, error) {
	d, err := s.create(ctx)
	if err == nil {
		err = store.Migrate(ctx, d.URI(Owner))
	}
	return d, err
}

func (s *Server) create(ctx context.Context) (*Database, error) {
	d := &Database{Server: s, Name: fmt.Sprintf("home_%d", count.Add(1)), password: rand.Text()}
	if err := d.keys(); err != nil {
		return nil, err
	}
	return d, d.create(ctx, "")
}

// Clone makes a database like this one, by its files. Nobody may be connected to
// it. All belong to this one's owner.
func (d *Database) Clone(ctx context.Context) (*Database, error) {
	c := &Database{Server: d.Server, Name: fmt.Sprintf("home_%d", count.Add(1)), password: d.password, Keys: d.Keys, CourierKeys: d.CourierKeys, Seed: d.Seed}
	return c, c.create(ctx, d.Name)
}

func (d *Database) keys() error {
	var err error
	if d.Seed, err = seal.NewSeed(rand.Reader); err != nil {
		return err
	}
	if d.Keys.Open, err = d.Seed.Sealing(); err != nil {
		return err
	}
	d.Keys.Public = d.Keys.Open.Public()
	if d.Keys.Receipts, err = d.Seed.Derive("receipts", seal.KeyBytes); err != nil {
		return err
	}
	if d.CourierKeys.Open, err = d.Seed.Courier(); err != nil {
		return err
	}
	d.Keys.Courier = d.CourierKeys.Open.Public()
	d.CourierKeys.Public, d.CourierKeys.Receipts = d.Keys.Public, d.Keys.Receipts
	return nil
}

// create makes the database and its roles, as the operator does.
func (d *Database) create(ctx context.Context, template string) error {
	d.Server.creating.Lock()
	defer d.Server.creating.Unlock()
	admin, err := d.Server.Admin(ctx, "postgres")
	if err != nil {
		return err
	}
	defer admin.Close(ctx) //nolint:errcheck // nothing is left to be said to it
	database := pgx.Identifier{d.Name}.Sanitize()
	var sql []string
	for _, group := range groups {
		sql = append(sql, fmt.Sprintf("DO $$ BEGIN CREATE ROLE %s NOLOGIN; EXCEPTION WHEN duplicate_object THEN END $$", group))
	}
	for _, role := range []Role{Owner, Portal, Desk, Courier} {
		sql = append(sql, fmt.Sprintf("CREATE ROLE %s LOGIN PASSWORD '%s'", d.role(role), d.password))
		if group := groups[role]; group != "" {
			sql = append(sql, fmt.Sprintf("GRANT %s TO %s", group, d.role(role)))
		}
	}
	create := fmt.Sprintf("CREATE DATABASE %s OWNER %s", database, d.role(Owner))
	if template != "" {
		// What is in it belongs to the template's owner, and so must it.
		owner := pgx.Identifier{template + "_" + string(Owner)}.Sanitize()
		create = fmt.Sprintf("CREATE DATABASE %s OWNER %s TEMPLATE %s STRATEGY file_copy", database, owner, pgx.Identifier{template}.Sanitize())
	}
	sql = append(sql, create, fmt.Sprintf("REVOKE ALL ON DATABASE %s FROM PUBLIC", database))
	for _, role := range []Role{Portal, Desk, Courier} {
		sql = append(sql, fmt.Sprintf("GRANT CONNECT ON DATABASE %s TO %s", database, d.role(role)))
	}
	for _, statement := range sql {
		if _, err := admin.Exec(ctx, statement); err != nil {
			return fmt.Errorf("%s: %w", strings.ReplaceAll(statement, d.password, "…"), err)
		}
	}
	return nil
}

func (d *Database) role(r Role) string { return pgx.Identifier{d.Name + "_" + string(r)}.Sanitize() }

// URI of the database for one of its roles.
func (d *Database) URI(r Role) string { return d.URIOf(r, d.Name) }

// URIOf is another database for one of this one's roles.
func (d *Database) URIOf(r Role, database string) string {
	return d.Server.URI(d.Name+"_"+string(r), d.password, database)
}

// Config of a pool for one of its roles.
func (d *Database) Config(r Role) store.Config {
	return store.Config{URI: func() (string, error) { return d.URI(r), nil }}
}

// Portal is the database as a portal has it, until the test ends.
func (d *Database) Portal(tb testing.TB, change ...func(*store.Config)) *store.Portal {
	tb.Helper()
	config := d.Config(Portal)
	for _, c := range change {
		c(&config)
	}
	p, err := store.OpenPortal(tb.Context(), config)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(p.Close)
	return p
}

// Desk is the database as a desk has it, until the test ends.
func (d *Database) Desk(tb testing.TB, change ...func(*store.Config)) *store.Desk {
	tb.Helper()
	config := d.Config(Desk)
	for _, c := range change {
		c(&config)
	}
	desk, err := store.OpenDesk(tb.Context(), config, d.Keys)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(desk.Close)
	return desk
}

// Courier is the database as a courier has it, until the test ends.
func (d *Database) Courier(tb testing.TB, change ...func(*store.Config)) *store.Courier {
	tb.Helper()
	config := d.Config(Courier)
	for _, c := range change {
		c(&config)
	}
	courier, err := store.OpenCourier(tb.Context(), config, d.CourierKeys)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(courier.Close)
	return courier
}

// Connect connects one of its roles, until the test ends.
func (d *Database) Connect(tb testing.TB, r Role) *pgx.Conn {
	tb.Helper()
	conn, err := pgx.Connect(tb.Context(), d.URI(r))
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { conn.Close(context.Background()) }) //nolint:errcheck // the test is over
	return conn
}
