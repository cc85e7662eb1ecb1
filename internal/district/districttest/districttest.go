// Package districttest runs a PostgreSQL server of Debian's package for tests: one
// that can be stopped and started again, with a role such as a district gives its
// operator, which may create databases and roles and is no superuser.
//
// It is for tests only: nothing it writes outlives them, and it does not wait for
// the disk.
package districttest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"slices"
	"strconv"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
)

// Server is a running PostgreSQL.
type Server struct {
	// Super is the URI of a superuser, Operator that of the operator's role.
	Super, Operator string

	dir, bin string
	port     int
	account  *syscall.Credential
}

// Operator's role and password.
const (
	role     = "operator"
	password = "of-tests-only"
)

// Start starts a server that ends with the test. Without PostgreSQL the test is
// skipped.
func Start(tb testing.TB) *Server {
	tb.Helper()
	s, err := New(tb.Context())
	if errors.Is(err, ErrMissing) {
		tb.Skip(err)
	}
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() {
		if err := s.Close(); err != nil {
			tb.Error(err)
		}
	})
	return s
}

// ErrMissing says that PostgreSQL is not installed.
var ErrMissing = errors.New("PostgreSQL's server programs are not there: apt-get install postgresql")

// New starts a server. The caller closes it. The error is ErrMissing where there
// are no programs to start.
func New(ctx context.Context) (*Server, error) {
	found, err := filepath.Glob("/usr/lib/postgresql/*/bin/initdb")
	if err != nil || len(found) == 0 {
		return nil, ErrMissing
	}
	slices.Sort(found)
	s := &Server{bin: filepath.Dir(found[len(found)-1])}
	if s.dir, err = os.MkdirTemp("", "district-*"); err != nil {
		return nil, err
	}
	if err := s.prepare(ctx); err != nil {
		return nil, errors.Join(err, s.Close())
	}
	return s, nil
}

func (s *Server) prepare(ctx context.Context) error {
	if err := s.become(); err != nil {
		return err
	}
	var err error
	if s.port, err = freePort(ctx); err != nil {
		return err
	}
	if err := s.run(ctx, "initdb", "--pgdata="+s.data(), "--username=postgres", "--auth=scram-sha-256", "--pwfile="+filepath.Join(s.dir, "password"),
		"--encoding=UTF8", "--locale=C", "--no-sync"); err != nil {
		return err
	}
	if err := s.Up(ctx); err != nil {
		return err
	}
	s.Super = s.URI("postgres", password, "postgres")
	s.Operator = s.URI(role, password, "postgres")
	return s.Exec(ctx, fmt.Sprintf("CREATE ROLE %s LOGIN CREATEDB CREATEROLE PASSWORD '%s'", role, password))
}

// become works out whom the server runs as: PostgreSQL refuses root.
func (s *Server) become() error {
	if err := os.WriteFile(filepath.Join(s.dir, "password"), []byte(password), 0o600); err != nil {
		return err
	}
	if os.Geteuid() != 0 {
		return nil
	}
	u, err := user.Lookup("postgres")
	if err != nil {
		return fmt.Errorf("as root the server runs as user postgres: %w", err)
	}
	uid, err := strconv.ParseUint(u.Uid, 10, 32)
	if err != nil {
		return err
	}
	gid, err := strconv.ParseUint(u.Gid, 10, 32)
	if err != nil {
		return err
	}
	s.account = &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}
	return errors.Join(os.Chown(s.dir, int(uid), int(gid)), os.Chown(filepath.Join(s.dir, "password"), int(uid), int(gid)))
}

func freePort(ctx context.Context) (int, error) {
	l, err := (&net.ListenConfig{}).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return 0, err
	}
	defer l.Close()
	addr, ok := l.Addr().(*net.TCPAddr)
	if !ok {
		return 0, errors.New("no TCP address")
	}
	return addr.Port, nil
}

func (s *Server) data() string { return filepath.Join(s.dir, "data") }

// URI of a role in a database.
func (s *Server) URI(user, password, database string) string {
	return fmt.Sprintf("postgres://%s:%s@127.0.0.1:%d/%s?sslmode=disable", user, password, s.port, database)
}

// Address is host and port.
func (s *Server) Address() string { return fmt.Sprintf("127.0.0.1:%d", s.port) }

// Up starts the server, again after Down.
func (s *Server) Up(ctx context.Context) error {
	options := fmt.Sprintf("-c listen_addresses=127.0.0.1 -c port=%d -c unix_socket_directories='' -c fsync=off -c synchronous_commit=off -c full_page_writes=off -c shared_buffers=32MB -c log_statement=all", s.port)
	return s.run(ctx, "pg_ctl", "start", "--wait", "--pgdata="+s.data(), "--log="+s.LogFile(), "--options="+options)
}

// LogFile is where the server logs every statement.
func (s *Server) LogFile() string { return filepath.Join(s.dir, "log") }

// Down stops the server at once and cuts off whoever is connected.
func (s *Server) Down(ctx context.Context) error {
	return s.run(ctx, "pg_ctl", "stop", "--mode=fast", "--wait", "--pgdata="+s.data())
}

// Running reports whether the server runs.
func (s *Server) Running() bool {
	_, err := os.Stat(filepath.Join(s.data(), "postmaster.pid"))
	return err == nil
}

// Close stops the server and removes what it kept.
func (s *Server) Close() error {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	var stopped error
	if s.Running() {
		stopped = s.Down(ctx)
	}
	return errors.Join(stopped, os.RemoveAll(s.dir))
}

func (s *Server) run(ctx context.Context, program string, args ...string) error {
	cmd := exec.CommandContext(ctx, filepath.Join(s.bin, program), args...)
	cmd.Dir = s.dir
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: s.account}
	// A server that was started keeps what it inherited: a pipe would never end.
	out, err := os.CreateTemp(s.dir, program+"-*.out")
	if err != nil {
		return err
	}
	defer out.Close()
	cmd.Stdout, cmd.Stderr = out, out
	if err := cmd.Run(); err != nil {
		said, _ := os.ReadFile(out.Name())
		return fmt.Errorf("%s: %w: %s", program, err, bytes.TrimSpace(said))
	}
	return nil
}

// Exec runs statements as a superuser.
func (s *Server) Exec(ctx context.Context, statements ...string) error {
	conn, err := pgx.Connect(ctx, s.URI("postgres", password, "postgres"))
	if err != nil {
		return err
	}
	defer conn.Close(context.WithoutCancel(ctx)) //nolint:errcheck // nothing is left to be sent
	for _, statement := range statements {
		if _, err := conn.Exec(ctx, statement); err != nil {
			return fmt.Errorf("%s: %w", statement, err)
		}
	}
	return nil
}

// Ask is the text a query answers with, as a superuser; "" for no row.
func (s *Server) Ask(tb testing.TB, query string, args ...any) string {
	tb.Helper()
	conn, err := pgx.Connect(tb.Context(), s.Super)
	if err != nil {
		tb.Fatal(err)
	}
	defer conn.Close(context.WithoutCancel(tb.Context())) //nolint:errcheck // nothing is left to be sent
	var text *string
	if err := conn.QueryRow(tb.Context(), query, args...).Scan(&text); err != nil && !errors.Is(err, pgx.ErrNoRows) {
		tb.Fatalf("%s: %v", query, err)
	}
	if text == nil {
		return ""
	}
	return *text
}
