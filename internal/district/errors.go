package district

import (
	"errors"
	"fmt"
	"net"
	"slices"

	"github.com/jackc/pgx/v5/pgconn"
)

// What callers tell apart.
var (
	// ErrAdminMissing: the Secret that says how the server is reached is not there.
	ErrAdminMissing = errors.New("the Secret with the server's dsn is not there")
	// ErrAdminInvalid: that Secret can't be used.
	ErrAdminInvalid = errors.New("the Secret with the server's dsn can't be used")
	// ErrUnreachable: the server does not answer.
	ErrUnreachable = errors.New("the server does not answer")
	// ErrRefused: the server answers and refuses what the operator needs.
	ErrRefused = errors.New("the server refuses")
	// ErrOtherKey: the database was made with another key than is there now.
	ErrOtherKey = errors.New("the database belongs to another key")
	// ErrForeign: the database was not made by a Shequ operator.
	ErrForeign = errors.New("the database is somebody else's")
	// ErrNotMade: whoever makes the databases has not made it.
	ErrNotMade = errors.New("the database is not made yet")
)

// PostgreSQL's codes for what is told apart here.
const (
	codeDuplicateObject = "42710"
	codeUnique          = "23505"
	codeNoTable         = "42P01"
)

func hasCode(err error, codes ...string) bool {
	pg, is := errors.AsType[*pgconn.PgError](err)
	return is && slices.Contains(codes, pg.Code)
}

// classify says of an error from the server which of the above it is. A server
// that is starting, stopping or out of connections answers, and is as good as gone.
func classify(err error) error {
	for _, told := range []error{ErrUnreachable, ErrRefused, ErrOtherKey, ErrForeign, ErrNotMade} {
		if errors.Is(err, told) {
			return err
		}
	}
	if err == nil {
		return nil
	}
	if pg, is := errors.AsType[*pgconn.PgError](err); is {
		switch pg.Code[:2] {
		case "57", "53", "08": // operator intervention, insufficient resources, connection
			return fmt.Errorf("%w: %s", ErrUnreachable, pg.Message)
		default:
			return fmt.Errorf("%w: %s (%s)", ErrRefused, pg.Message, pg.Code)
		}
	}
	return fmt.Errorf("%w: %s", ErrUnreachable, cause(err))
}

// cause is what is at the bottom of a failed connection, without the names around
// it.
func cause(err error) string {
	if op, is := errors.AsType[*net.OpError](err); is {
		return op.Error()
	}
	return err.Error()
}
