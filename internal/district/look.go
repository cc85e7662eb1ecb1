package district

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/jackc/pgx/v5"
)

// found is what the server has of a database.
type found struct {
	there bool
	owner string
	limit int32
	open  bool // to anybody who can log in at all
	mark  mark
	roles []string // of those that log in
	shut  []string // of the programs, those that can't connect
}

// look reads what there is.
func look(ctx context.Context, conn *pgx.Conn, d Database) (found, error) {
	var f found
	rows, err := conn.Query(ctx, "select rolname from pg_roles where rolname = any($1)", logins(d.Name))
	if err != nil {
		return f, err
	}
	if f.roles, err = pgx.CollectRows(rows, pgx.RowTo[string]); err != nil {
		return f, err
	}
	if err := f.database(ctx, conn, d.Name); err != nil || !f.there {
		return f, err
	}
	var names []string
	for _, l := range d.Programs {
		names = append(names, l.Role)
	}
	rows, err = conn.Query(ctx, `select n from unnest($1::text[]) n left join pg_roles r on r.rolname = n
		where r.oid is null or not has_database_privilege(r.oid, $2, 'CONNECT')`, names, d.Name)
	if err != nil {
		return f, err
	}
	f.shut, err = pgx.CollectRows(rows, pgx.RowTo[string])
	return f, err
}

// among are those of some roles that there are.
func (f *found) among(roles []string) []string {
	var out []string
	for _, role := range roles {
		if slices.Contains(f.roles, role) {
			out = append(out, role)
		}
	}
	return out
}

func (f *found) database(ctx context.Context, conn *pgx.Conn, name string) error {
	var text string
	err := conn.QueryRow(ctx, `select pg_get_userbyid(datdba), datconnlimit, has_database_privilege('public', oid, 'CONNECT'),
		coalesce(shobj_description(oid, 'pg_database'), '') from pg_database where datname = $1`, name).
		Scan(&f.owner, &f.limit, &f.open, &text)
	if errors.Is(err, pgx.ErrNoRows) {
		return nil
	}
	f.there, f.mark = err == nil, parseMark(text)
	return err
}

// ours reports why a database that is there can't be taken up.
func (f *found) ours(d Database) error {
	switch {
	case !f.there:
		return nil
	case f.owner != d.Owner.Role:
		return fmt.Errorf("%w: database %s belongs to %s and not to %s: rename it, or give it to that role", ErrForeign, d.Name, f.owner, d.Owner.Role)
	case f.mark.key != "" && f.mark.key != d.Fingerprint:
		return fmt.Errorf("%w: database %s was made with key %s, the community's Secret holds key %s: restore the Secret that belongs to it", ErrOtherKey, d.Name, f.mark.key, d.Fingerprint)
	}
	return nil
}

// settled reports that nothing is left to do as owner.
func (f *found) settled(d Database) bool {
	return f.limit == d.Connections && !f.open && len(f.shut) == 0 && f.mark == mark{key: d.Fingerprint}
}

// MadeWith is the fingerprint of the key a database was made with; empty where
// there is no database, or it does not say.
func (s *Server) MadeWith(ctx context.Context, name string) (string, error) {
	var f found
	err := s.with(ctx, func(ctx context.Context, conn *pgx.Conn) error { return f.database(ctx, conn, name) })
	return f.mark.key, err
}
