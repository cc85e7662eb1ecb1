package district

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
)

// Database is what there should be for one community.
type Database struct {
	Name string
	// Connections at most.
	Connections int32
	// Fingerprint of the community's key.
	Fingerprint string
	// Owner of the database, and who else logs in to it: nobody logs in any more as a
	// program that is not here.
	Owner    Login
	Programs []Login
	// Elsewhere: somebody else makes the database, for an owner who is there already.
	Elsewhere bool
}

// without are the roles of the programs the community does not have.
func (d Database) without() []string {
	var out []string
	for _, program := range []string{programPortal, programDesk, programCourier} {
		roles := turns(d.Name, program)
		if !slices.ContainsFunc(d.Programs, func(l Login) bool { return slices.Contains(roles, l.Role) }) {
			out = append(out, roles...)
		}
	}
	return out
}

// Ensure makes a database and its roles what they should be. What it did not long
// ago it does not do again. The error wraps ErrOtherKey, ErrForeign, ErrRefused,
// ErrNotMade where its owner is there and the database is made elsewhere, or whatever the server's State says.
func (s *Server) Ensure(ctx context.Context, d Database) error {
	if state := s.State(ctx); state.Err != nil {
		return state.Err
	}
	if s.known(d) {
		return nil
	}
	err := s.with(ctx, func(ctx context.Context, conn *pgx.Conn) error {
		return locked(ctx, conn, d.Name, func() error { return ensure(ctx, conn, d) })
	})
	if err == nil {
		s.remember(d)
	}
	return err
}

// locked runs do while no other operator works on the same database.
func locked(ctx context.Context, conn *pgx.Conn, name string, do func() error) error {
	const key = "hashtextextended('shequ/' || $1, 0)"
	if _, err := conn.Exec(ctx, "select pg_advisory_lock("+key+")", name); err != nil {
		return err
	}
	err := do()
	// Whatever came of it; a connection that is gone holds no lock.
	_, unlock := conn.Exec(context.WithoutCancel(ctx), "select pg_advisory_unlock("+key+")", name)
	return errors.Join(err, unlock)
}

func ensure(ctx context.Context, conn *pgx.Conn, d Database) error {
	have, err := look(ctx, conn, d)
	if err != nil {
		return err
	}
	if err := have.ours(d); err != nil {
		return err
	}
	if err := ensureGroups(ctx, conn); err != nil {
		return err
	}
	for _, login := range append([]Login{d.Owner}, d.Programs...) {
		if err := ensureLogin(ctx, conn, login, slices.Contains(have.roles, login.Role)); err != nil {
			return err
		}
	}
	if err := shutOut(ctx, conn, have.among(d.without())); err != nil {
		return err
	}
	switch {
	case have.there && have.settled(d):
		return nil
	case !have.there && d.Elsewhere:
		return ErrNotMade
	}
	return asMember(ctx, conn, d.Owner.Role, func() error { return ensureDatabase(ctx, conn, d, have.there) })
}

// ensureGroups makes the roles that migrations grant to, once for the server.
func ensureGroups(ctx context.Context, conn *pgx.Conn) error {
	for _, group := range []string{GroupPortal, GroupDesk, GroupCourier} {
		_, err := conn.Exec(ctx, "CREATE ROLE "+quote(group)+" NOLOGIN")
		if err != nil && !hasCode(err, codeDuplicateObject, codeUnique) {
			return fmt.Errorf("create group role %s: %w", group, err)
		}
	}
	return nil
}

// ensureLogin lets a role log in until its password's time is over.
func ensureLogin(ctx context.Context, conn *pgx.Conn, l Login, there bool) error {
	secret, err := verifier(l.Role, l.Password)
	if err != nil {
		return err
	}
	verb := "CREATE"
	if there {
		verb = "ALTER"
	}
	_, err = conn.Exec(ctx, fmt.Sprintf("%s ROLE %s LOGIN PASSWORD '%s' VALID UNTIL '%s'", verb, quote(l.Role), secret, l.Until.UTC().Format(time.RFC3339)))
	if err != nil {
		return fmt.Errorf("%s role %s: %w", strings.ToLower(verb), l.Role, err)
	}
	if l.Group == "" {
		return nil
	}
	var member bool
	if err := conn.QueryRow(ctx, "select pg_has_role($1, $2, 'MEMBER')", l.Role, l.Group).Scan(&member); err != nil || member {
		return err
	}
	if _, err := conn.Exec(ctx, fmt.Sprintf("GRANT %s TO %s", quote(l.Group), quote(l.Role))); err != nil {
		return fmt.Errorf("grant %s to %s: %w", l.Group, l.Role, err)
	}
	return nil
}

// asMember runs do while the operator is a member of a database's owner, which it
// is at no other time.
func asMember(ctx context.Context, conn *pgx.Conn, owner string, do func() error) error {
	if _, err := conn.Exec(ctx, fmt.Sprintf("GRANT %s TO CURRENT_USER", quote(owner))); err != nil {
		return fmt.Errorf("become a member of %s: %w", owner, err)
	}
	err := do()
	_, left := conn.Exec(context.WithoutCancel(ctx), fmt.Sprintf("REVOKE %s FROM CURRENT_USER", quote(owner)))
	return errors.Join(err, left)
}

// asOwner runs statements as a database's owner.
func asOwner(ctx context.Context, conn *pgx.Conn, owner string, statements ...string) error {
	if _, err := conn.Exec(ctx, "SET ROLE "+quote(owner)); err != nil {
		return fmt.Errorf("act as %s: %w", owner, err)
	}
	var err error
	for _, statement := range statements {
		if _, err = conn.Exec(ctx, statement); err != nil {
			break
		}
	}
	_, reset := conn.Exec(context.WithoutCancel(ctx), "RESET ROLE")
	return errors.Join(err, reset)
}

// ensureDatabase makes the database and shuts it to everybody but its own.
func ensureDatabase(ctx context.Context, conn *pgx.Conn, d Database, there bool) error {
	name, owner := quote(d.Name), quote(d.Owner.Role)
	if !there {
		// Locale C sorts alike on every machine, so an index survives a move.
		_, err := conn.Exec(ctx, fmt.Sprintf("CREATE DATABASE %s OWNER %s TEMPLATE template0 ENCODING 'UTF8' LOCALE 'C' CONNECTION LIMIT %d", name, owner, d.Connections))
		if err != nil {
			return fmt.Errorf("create database %s: %w", d.Name, err)
		}
	}
	statements := []string{
		fmt.Sprintf("REVOKE ALL ON DATABASE %s FROM PUBLIC", name),
		fmt.Sprintf("ALTER DATABASE %s CONNECTION LIMIT %d", name, d.Connections),
	}
	for _, l := range d.Programs {
		statements = append(statements, fmt.Sprintf("GRANT CONNECT ON DATABASE %s TO %s", name, quote(l.Role)))
	}
	statements = append(statements, comment(d.Name, mark{key: d.Fingerprint}))
	if err := asOwner(ctx, conn, d.Owner.Role, statements...); err != nil {
		return fmt.Errorf("set up database %s: %w", d.Name, err)
	}
	return nil
}

func quote(name string) string { return pgx.Identifier{name}.Sanitize() }
