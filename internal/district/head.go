package district

import (
	"context"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"
)

// Head is the head of a chain in a community's database: how many entries it has, and
// the hash of the last.
type Head struct {
	Length int64
	Hash   []byte
}

// Heads are those of a community's chains; nil where there is no such chain yet.
type Heads struct {
	// Audit is that of the audit trail, Deliveries that of what went to information
	// systems.
	Audit, Deliveries *Head
}

// Heads reads the heads of a database's chains as its owner.
func (s *Server) Heads(ctx context.Context, a Access) (Heads, error) {
	if state := s.State(ctx); state.Err != nil {
		return Heads{}, state.Err
	}
	ctx, cancel := context.WithTimeout(ctx, probeTimeout)
	defer cancel()
	s.mu.Lock()
	config := s.config.Copy()
	s.mu.Unlock()
	config.Database, config.User, config.Password = a.Database, a.Owner.Role, a.Owner.Password
	conn, err := pgx.ConnectConfig(ctx, config)
	if err != nil {
		return Heads{}, fmt.Errorf("read the heads of the chains: %w", classify(err))
	}
	defer conn.Close(context.WithoutCancel(ctx)) //nolint:errcheck // it was only read
	var out Heads
	for _, c := range []struct {
		table string
		head  **Head
	}{{"audit_head", &out.Audit}, {"deliveries_head", &out.Deliveries}} {
		if *c.head, err = readHead(ctx, conn, c.table); err != nil {
			return Heads{}, fmt.Errorf("read %s: %w", c.table, classify(err))
		}
	}
	return out, nil
}

func readHead(ctx context.Context, conn *pgx.Conn, table string) (*Head, error) {
	var h Head
	err := conn.QueryRow(ctx, "select length, hash from "+quote(table)).Scan(&h.Length, &h.Hash)
	if errors.Is(err, pgx.ErrNoRows) || hasCode(err, codeNoTable) {
		return nil, nil
	}
	return &h, err
}
