package store

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"net"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgtype"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/shequ-io/shequ/internal/casework"
	"github.com/shequ-io/shequ/internal/courier"
	"github.com/shequ-io/shequ/internal/payments"
	"github.com/shequ-io/shequ/internal/store/migrations"
)

// Config of a connection to a community's database.
type Config struct {
	// URI is asked for every new connection, so that a password may change while the
	// program runs.
	URI func() (string, error)
	// MaxConns at once; 0 means 2.
	MaxConns int32
	// Log of what nobody is told otherwise; nil logs nothing.
	Log *slog.Logger
	// Now is the clock; nil means time.Now.
	Now func() time.Time

	// Calendar of working time, asked anew each time; nil, or a nil one, has no
	// holidays. The desk's only, as what follows.
	Calendar func() *casework.Calendar
	// Locator finds the grids of a place; nil finds none.
	Locator Locator
	// Applied is told of every case that went a turn, once that is kept; nil is told
	// nothing. It must not wait.
	Applied func(casework.Case)
	// Booked is told of every journal of payments, once that is kept; nil is told
	// nothing. It must not wait.
	Booked func(payments.Journal)
	// Compose decides what a turn delivers, in the turn's transaction; nil delivers
	// nothing. It must not wait.
	Compose func(courier.Occasion) []courier.Consignment

	// Reuses says what the item of an application reuses, for what is taken over from an
	// earlier one; nil takes over nothing. It must not wait.
	Reuses func(Terms) []PrefillField

	// settings of the server's for each connection.
	settings map[string]string
}

// Locator finds the grids whose boundaries contain a place.
type Locator interface {
	Locate(p Place) []casework.Candidate
}

// operationTimeout bounds whatever is done with the database: longer than any of it
// takes, shorter than anybody waits.
const operationTimeout = 15 * time.Second

const defaultMaxConns = 2

// missed has the server notice within a minute that a program is gone that could not
// say so, its machine being gone too, and not after two hours: until then its locks hold
// up everybody, that of a migration too.
var missed = map[string]string{"tcp_keepalives_idle": "30", "tcp_keepalives_interval": "10", "tcp_keepalives_count": "3"}

// parse reads a uri, which its error does not repeat.
func parse(uri string) (*pgxpool.Config, error) {
	config, err := pgxpool.ParseConfig(uri)
	if err != nil {
		return nil, errors.New("the uri of the database can't be read: write postgres://user:password@host:port/database")
	}
	maps.Copy(config.ConnConfig.RuntimeParams, missed)
	return config, nil
}

// open makes a pool that connects when it is used, and keeps a connection no longer
// than idle when it is not.
func open(ctx context.Context, c *Config, name string, idle time.Duration) (*pgxpool.Pool, error) {
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	fresh := func() (*pgxpool.Config, error) {
		uri, err := c.URI()
		if err != nil {
			return nil, fmt.Errorf("find the database: %w", err)
		}
		config, err := parse(uri)
		if err != nil {
			return nil, err
		}
		maps.Copy(config.ConnConfig.RuntimeParams, map[string]string{
			"application_name": "shequ-" + name, "timezone": "UTC",
			"statement_timeout": "60s", "idle_in_transaction_session_timeout": "60s",
		})
		maps.Copy(config.ConnConfig.RuntimeParams, c.settings)
		config.ConnConfig.ConnectTimeout = 5 * time.Second
		return config, nil
	}
	config, err := fresh()
	if err != nil {
		return nil, err
	}
	config.MinConns, config.MaxConns = 0, c.MaxConns
	if config.MaxConns <= 0 {
		config.MaxConns = defaultMaxConns
	}
	config.MaxConnIdleTime, config.HealthCheckPeriod = idle, idle/2
	config.MaxConnLifetime, config.MaxConnLifetimeJitter = time.Hour, 10*time.Minute
	config.BeforeConnect = func(_ context.Context, to *pgx.ConnConfig) error {
		now, err := fresh()
		if err == nil {
			to.Config = now.ConnConfig.Config
		}
		return err
	}
	config.AfterConnect = func(_ context.Context, conn *pgx.Conn) error {
		conn.TypeMap().RegisterType(&pgtype.Type{
			Name: "timestamptz", OID: pgtype.TimestamptzOID, Codec: &pgtype.TimestamptzCodec{ScanLocation: time.UTC},
		})
		return nil
	}
	return pgxpool.NewWithConfig(ctx, config)
}

// ready reports whether the database answers and has the schema this release needs.
func ready(ctx context.Context, pool *pgxpool.Pool) error {
	var version int64
	err := steadily(ctx, pool, func(ctx context.Context) error {
		return pool.QueryRow(ctx, "SELECT schema_version()").Scan(&version)
	})
	if err != nil {
		return err
	}
	if version < migrations.Version {
		return fmt.Errorf("%w: it has schema %d and needs %d; let the migration end", ErrUnavailable, version, migrations.Version)
	}
	return nil
}

// tries is how often something is begun that failed for no fault of its own: whatever
// is done here may be done again.
const tries = 3

// steadily does something with the database within the time any of it may take, and
// again where that may help. The error is explained.
func steadily(ctx context.Context, pool *pgxpool.Pool, do func(context.Context) error) error {
	ctx, cancel := context.WithTimeout(ctx, operationTimeout)
	defer cancel()
	for n := 1; ; n++ {
		err := do(ctx)
		if err == nil || n == tries || ctx.Err() != nil || !again(pool, err) {
			return explain(err)
		}
	}
}

// again reports whether something that failed may succeed when it is tried again at
// once: others were in its way, or its connection was of a server that has since been
// restarted. Then none of the pool's is of use.
func again(pool *pgxpool.Pool, err error) bool {
	var refused *pgconn.PgError
	var connect *pgconn.ConnectError
	switch {
	case errors.As(err, &connect):
		return false // there is no server now
	case errors.As(err, &refused):
		if refused.Code == "40001" || refused.Code == "40P01" {
			return true
		}
		if refused.Code != "57P01" && refused.Code != "57P02" {
			return false
		}
	case !severed(err):
		return false
	}
	pool.Reset()
	return true
}

// severed reports whether an error is of a connection and not of what was asked.
func severed(err error) bool {
	var network net.Error
	return errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, net.ErrClosed) ||
		errors.As(err, &network) && !network.Timeout() || pgconn.SafeToRetry(err) || strings.Contains(err.Error(), "conn closed")
}

// explain sorts an error of the database: which of ours it is. What the server said
// is left out but for its code, because it can repeat what it was sent.
func explain(err error) error {
	var refused *pgconn.PgError
	var connect *pgconn.ConnectError
	var network net.Error
	switch {
	case err == nil, errors.Is(err, context.Canceled):
		return err
	case errors.As(err, &refused):
		cause := fmt.Errorf("the database answered SQLSTATE %s %s", refused.Code, refused.ConstraintName)
		if kind := kindOf(refused.Code); kind != nil {
			return fmt.Errorf("%w: %w", kind, cause)
		}
		return cause
	case errors.Is(err, context.DeadlineExceeded):
		return fmt.Errorf("%w: %w", ErrBusy, err)
	case errors.As(err, &connect), errors.As(err, &network), severed(err):
		return fmt.Errorf("%w: %w", ErrUnavailable, err)
	}
	return err
}

// kindOf says which of our errors a code of the server is; nil for none.
func kindOf(code string) error {
	switch code {
	case "53300", "40001", "40P01", "55P03", "57014": // too many connections, conflicts, locks, timeouts
		return ErrBusy
	case "3D000", "3F000", "42P01", "42703", "42883": // no database, not migrated yet
		return ErrUnavailable
	case "23505":
		return ErrReused
	}
	switch code[:min(2, len(code))] {
	case "08", "28", "53", "57", "58", "XX": // connection, password, resources, shutdown, disk
		return ErrUnavailable
	case "22", "23":
		return ErrInvalid
	}
	return nil
}
