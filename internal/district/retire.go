package district

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"
)

// Retire takes a database out of use: nobody logs in to it any more. With a time it
// may be dropped after that; a zero time leaves what is marked already. Ensure takes
// both back. A database that is not there is retired.
func (s *Server) Retire(ctx context.Context, name string, dropAfter time.Time) error {
	s.forget(name)
	return s.with(ctx, func(ctx context.Context, conn *pgx.Conn) error {
		return locked(ctx, conn, name, func() error { return retire(ctx, conn, name, dropAfter) })
	})
}

func retire(ctx context.Context, conn *pgx.Conn, name string, dropAfter time.Time) error {
	have, err := look(ctx, conn, Database{Name: name})
	if err != nil {
		return err
	}
	if err := shutOut(ctx, conn, have.roles); err != nil {
		return err
	}
	if !have.there || dropAfter.IsZero() || !have.mark.drop.IsZero() || have.owner != OwnerRole(name) {
		return nil
	}
	have.mark.drop = dropAfter
	return asMember(ctx, conn, have.owner, func() error { return asOwner(ctx, conn, have.owner, comment(name, have.mark)) })
}

// shutOut lets roles log in no more.
func shutOut(ctx context.Context, conn *pgx.Conn, roles []string) error {
	for _, role := range roles {
		if _, err := conn.Exec(ctx, fmt.Sprintf("ALTER ROLE %s NOLOGIN", quote(role))); err != nil {
			return fmt.Errorf("shut out role %s: %w", role, err)
		}
	}
	return nil
}

// Due lists the databases whose time has come.
func (s *Server) Due(ctx context.Context, now time.Time) ([]string, error) {
	var out []string
	err := s.with(ctx, func(ctx context.Context, conn *pgx.Conn) error {
		rows, err := conn.Query(ctx, `select datname, coalesce(shobj_description(oid, 'pg_database'), '') from pg_database order by datname`)
		if err != nil {
			return err
		}
		var name, text string
		_, err = pgx.ForEachRow(rows, []any{&name, &text}, func() error {
			if due(parseMark(text), now) {
				out = append(out, name)
			}
			return nil
		})
		return err
	})
	return out, err
}

func due(m mark, now time.Time) bool { return !m.drop.IsZero() && now.After(m.drop) }

// Drop drops a database that is due, and its roles. It reports false when the
// database turns out not to be due: a community has taken it up again. Of one that is
// gone already it drops the roles.
func (s *Server) Drop(ctx context.Context, name string, now time.Time) (bool, error) {
	s.forget(name)
	dropped := false
	err := s.with(ctx, func(ctx context.Context, conn *pgx.Conn) error {
		return locked(ctx, conn, name, func() error {
			var err error
			dropped, err = drop(ctx, conn, name, now)
			return err
		})
	})
	return dropped, err
}

func drop(ctx context.Context, conn *pgx.Conn, name string, now time.Time) (bool, error) {
	have, err := look(ctx, conn, Database{Name: name})
	if err != nil || (have.there && (!due(have.mark, now) || have.owner != OwnerRole(name))) {
		return false, err
	}
	if have.there {
		err = asMember(ctx, conn, have.owner, func() error {
			return asOwner(ctx, conn, have.owner, "DROP DATABASE "+quote(name)+" WITH (FORCE)")
		})
		if err != nil {
			return false, fmt.Errorf("drop database %s: %w", name, err)
		}
	}
	slices.Sort(have.roles)
	for _, role := range have.roles {
		if _, err := conn.Exec(ctx, "DROP ROLE IF EXISTS "+quote(role)); err != nil {
			return false, fmt.Errorf("drop role %s: %w", role, err)
		}
	}
	return true, nil
}
