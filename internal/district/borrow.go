package district

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strconv"

	"github.com/jackc/pgx/v5"
)

// ErrThere tells that a database that was to be made is there already.
var ErrThere = errors.New("the database is there already")

// ErrNotThere tells that there is no such database, or that it is somebody else's.
var ErrNotThere = errors.New("there is no such database of a community")

// Connect connects as the Secret says, to a database of the server or, without a
// name, to the dsn's own. Close it.
func (a Admin) Connect(ctx context.Context, database string) (*pgx.Conn, error) {
	config, _, err := a.parse("")
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrAdminInvalid, err)
	}
	if database != "" {
		config.Database = database
	}
	conn, err := pgx.ConnectConfig(ctx, config)
	if err != nil {
		return nil, classify(err)
	}
	return conn, nil
}

// Environment is what PostgreSQL's own programs need to reach a database as Connect
// does; caFile is where the CA is written, if there is one. It holds the password,
// which has no place among a process's arguments.
func (a Admin) Environment(database, caFile string) ([]string, error) {
	u, err := a.url()
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrAdminInvalid, err)
	}
	env := append(os.Environ(),
		"PGHOST="+u.Hostname(), "PGPORT="+u.Port(), "PGUSER="+u.User.Username(),
		"PGDATABASE="+database, "PGSSLMODE="+u.Query().Get("sslmode"), "PGAPPNAME=shequ", "PGCONNECT_TIMEOUT="+strconv.Itoa(int(connectTimeout.Seconds())))
	if password, given := u.User.Password(); given {
		env = append(env, "PGPASSWORD="+password)
	}
	if a.CA == "" {
		return env, nil
	}
	if err := os.WriteFile(caFile, []byte(a.CA), 0o600); err != nil {
		return nil, err
	}
	return append(env, "PGSSLROOTCERT="+caFile), nil
}

// Borrow runs do while the role that is connected is a member of a community's
// database's owner, and tells it who that is and which key the database was made
// with. The error is ErrNotThere where there is nothing to borrow.
func Borrow(ctx context.Context, conn *pgx.Conn, database string, do func(owner, key string) error) error {
	var f found
	if err := f.database(ctx, conn, database); err != nil {
		return classify(err)
	}
	if !f.there || f.owner != OwnerRole(database) {
		return fmt.Errorf("%w: %s", ErrNotThere, database)
	}
	return asMember(ctx, conn, f.owner, func() error { return do(f.owner, f.mark.key) })
}

// Receive makes an empty database for a community, marked with the key it is for,
// and the group roles what is put into it refers to. Nobody can log in to it until
// an operator has taken it up. The error is ErrThere where it is there.
func Receive(ctx context.Context, conn *pgx.Conn, database, key string) error {
	return locked(ctx, conn, database, func() error {
		d := Database{Name: database, Connections: -1, Fingerprint: key, Owner: Login{Role: OwnerRole(database)}}
		have, err := look(ctx, conn, d)
		if err != nil {
			return classify(err)
		}
		if have.there {
			return fmt.Errorf("%w: %s", ErrThere, database)
		}
		if err := ensureGroups(ctx, conn); err != nil {
			return err
		}
		if !slices.Contains(have.roles, d.Owner.Role) {
			if _, err := conn.Exec(ctx, "CREATE ROLE "+quote(d.Owner.Role)+" NOLOGIN"); err != nil {
				return fmt.Errorf("create role %s: %w", d.Owner.Role, classify(err))
			}
		}
		return asMember(ctx, conn, d.Owner.Role, func() error { return ensureDatabase(ctx, conn, d, false) })
	})
}
