package district

import (
	"context"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"
)

// leastVersion is PostgreSQL 15, whose schema public is closed to strangers.
const leastVersion = 150000

// probe asks the server whether it is there, on a connection of its own: one that
// waited for others' work would take a busy server for a dead one.
type probe struct {
	server *Server
	conn   *pgx.Conn
	fit    bool // the role was found to have what it needs
}

func (p *probe) close(ctx context.Context) {
	if p.conn != nil {
		// There is nobody left to tell.
		_ = p.conn.Close(context.WithoutCancel(ctx))
		p.conn = nil
	}
}

// once looks how things are.
func (p *probe) once(ctx context.Context) State {
	ctx, cancel := context.WithTimeout(ctx, probeTimeout)
	defer cancel()
	admin, err := p.server.o.Admin(ctx)
	if err != nil {
		if !errors.Is(err, ErrAdminMissing) && !errors.Is(err, ErrAdminInvalid) {
			// The API server does not answer: nothing new is known of this one.
			return p.server.last(err)
		}
		p.close(ctx)
		return State{Err: err}
	}
	endpoint, err := p.adopt(ctx, admin)
	if err != nil {
		return State{Err: fmt.Errorf("%w: %w", ErrAdminInvalid, err)}
	}
	return State{Err: classify(p.ask(ctx)), Endpoint: endpoint}
}

// adopt takes the server to be what Admin says from now on.
func (p *probe) adopt(ctx context.Context, admin Admin) (Endpoint, error) {
	s := p.server
	config, endpoint, err := admin.parse(s.o.Host)
	if err != nil {
		p.close(ctx)
		return Endpoint{}, err
	}
	s.mu.Lock()
	same := s.config != nil && s.admin == admin
	if !same {
		s.admin, s.config = admin, config
		clear(s.ensured)
	}
	pool := s.pool
	s.mu.Unlock()
	if !same {
		p.close(ctx)
		pool.Reset()
	}
	return endpoint, nil
}

// ask pings the server, over a new connection where there is none.
func (p *probe) ask(ctx context.Context) error {
	if p.conn != nil {
		err := p.conn.Ping(ctx)
		if err == nil && p.fit {
			return nil
		}
		p.close(ctx)
		p.server.pool.Reset() // those are dead as well
	}
	p.server.mu.Lock()
	config := p.server.config.Copy()
	p.server.mu.Unlock()
	conn, err := pgx.ConnectConfig(ctx, config)
	if err != nil {
		return err
	}
	p.conn, p.fit = conn, false
	if err := able(ctx, conn); err != nil {
		return err
	}
	p.fit = true
	return nil
}

// able reports why a role can't do what the operator needs of it.
func able(ctx context.Context, conn *pgx.Conn) error {
	var role string
	var super, createDB, createRole bool
	var version int
	err := conn.QueryRow(ctx, `select rolname, rolsuper, rolcreatedb, rolcreaterole, current_setting('server_version_num')::int
		from pg_roles where rolname = current_user`).Scan(&role, &super, &createDB, &createRole, &version)
	switch {
	case err != nil:
		return err
	case version < leastVersion:
		return fmt.Errorf("%w: it is PostgreSQL %d, at least 15 is needed: upgrade it, or name another in the dsn", ErrRefused, version/10000)
	case !super && (!createDB || !createRole):
		return fmt.Errorf("%w: role %s may not create databases and roles: ALTER ROLE %s CREATEDB CREATEROLE", ErrRefused, role, pgx.Identifier{role}.Sanitize())
	}
	return nil
}

// last is what was known before something else failed.
func (s *Server) last(err error) State {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.probed {
		return State{Err: fmt.Errorf("%w: its Secret could not be read: %w", ErrUnreachable, err)}
	}
	return s.state
}
