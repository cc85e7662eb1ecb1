package district

import (
	"context"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"
)

// Head is the head of a community's audit trail: how many entries it has, and the
// hash of the last.
type Head struct {
	Length int64
	Hash   []byte
}

// Head reads the head of a database's audit trail as its owner. It reports false
// where there is no trail yet.
func (s *Server) Head(ctx context.Context, a Access) (Head, bool, error) {
	if state := s.State(ctx); state.Err != nil {
		return Head{}, false, state.Err
	}
	ctx, cancel := context.WithTimeout(ctx, probeTimeout)
	defer cancel()
	s.mu.Lock()
	config := s.config.Copy()
	s.mu.Unlock()
	config.Database, config.User, config.Password = a.Database, a.Owner.Role, a.Owner.Password
	conn, err := pgx.ConnectConfig(ctx, config)
	if err != nil {
		return Head{}, false, fmt.Errorf("read the audit trail's head: %w", classify(err))
	}
	defer conn.Close(context.WithoutCancel(ctx)) //nolint:errcheck // it was only read
	var h Head
	err = conn.QueryRow(ctx, "select length, hash from audit_head").Scan(&h.Length, &h.Hash)
	if errors.Is(err, pgx.ErrNoRows) || hasCode(err, codeNoTable) {
		return Head{}, false, nil
	}
	if err != nil {
		return Head{}, false, fmt.Errorf("read the audit trail's head: %w", classify(err))
	}
	return h, true, nil
}
