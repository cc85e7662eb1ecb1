// Package districttest gives tests a district's PostgreSQL server, one of storetest's:
// with a role such as a district gives its operator, which may create databases and
// roles and is no superuser, and with every statement in its log.
//
// It is for tests only.
package districttest

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/shequ-io/shequ/internal/store/storetest"
)

// ErrMissing says that PostgreSQL is not installed.
var ErrMissing = storetest.ErrNotInstalled

// Server is a running PostgreSQL.
type Server struct {
	*storetest.Server

	// Operator is the URI of the operator's role.
	Operator string
}

// Role and Password of the operator.
const (
	Role     = "operator"
	Password = "of-tests-only"
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
	tb.Cleanup(s.Close)
	return s
}

// New starts a server. The caller closes it. The error is ErrMissing where there
// is none to start.
func New(ctx context.Context) (*Server, error) {
	plain, err := storetest.StartServer(ctx, storetest.Options{})
	if err != nil {
		return nil, err
	}
	s := &Server{Server: plain, Operator: plain.URI(Role, Password, "postgres")}
	err = s.Exec(ctx, fmt.Sprintf("CREATE ROLE %s LOGIN CREATEDB CREATEROLE PASSWORD '%s'", Role, Password),
		"ALTER SYSTEM SET log_statement = 'all'", "SELECT pg_reload_conf()")
	if err != nil {
		s.Close()
		return nil, err
	}
	return s, nil
}

// Exec runs statements as a superuser.
func (s *Server) Exec(ctx context.Context, statements ...string) error {
	conn, err := s.Admin(ctx, "postgres")
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
	conn, err := s.Admin(tb.Context(), "postgres")
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

// Log is what the server has logged.
func (s *Server) Log(tb testing.TB) string {
	tb.Helper()
	data, err := os.ReadFile(filepath.Join(filepath.Dir(s.Ask(tb, "show data_directory")), "log"))
	if err != nil {
		tb.Fatal(err)
	}
	return string(data)
}
