package store

import (
	"context"
	"database/sql"
	"fmt"
	"log/slog"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/jackc/pgx/v5/stdlib"
	"github.com/pressly/goose/v3"
	"github.com/riverqueue/river/riverdriver/riverpgxv5"
	"github.com/riverqueue/river/rivermigrate"

	"github.com/shequ-io/shequ/internal/store/migrations"
)

// JobsSchema is where River keeps the desk's jobs.
const JobsSchema = "river_desk"

// migrationLock is the advisory lock that lets one migration run at a time. The
// number means nothing.
const migrationLock = 0x73686571752f3031

// NewerSchemaError tells that the database was migrated by a later release.
type NewerSchemaError struct {
	Schema, Known int64
}

// Error says what to do about it.
func (e *NewerSchemaError) Error() string {
	return fmt.Sprintf("the database has schema %d and this release knows %d: roll out the newer image", e.Schema, e.Known)
}

// Migrate brings a database to the schema this release needs, River's included.
// uri is that of the role that owns it. It may be called again, and by several at
// once: one does it and the others find it done. A database that a later release
// migrated is left alone; that is a *NewerSchemaError.
func Migrate(ctx context.Context, uri string) error {
	config, err := parse(uri)
	if err != nil {
		return err
	}
	config.MaxConns = 3
	pool, err := pgxpool.NewWithConfig(ctx, config)
	if err != nil {
		return fmt.Errorf("migrate: %w", err)
	}
	defer pool.Close()
	lock, err := pool.Acquire(ctx)
	if err != nil {
		return fmt.Errorf("%w: %w", ErrUnavailable, err)
	}
	// Ending its session gives the lock back, whatever happened.
	defer func() { _ = lock.Hijack().Close(context.WithoutCancel(ctx)) }()
	if _, err := lock.Exec(ctx, "SELECT pg_advisory_lock($1)", int64(migrationLock)); err != nil {
		return fmt.Errorf("wait for another migration: %w", err)
	}
	db := stdlib.OpenDBFromPool(pool)
	defer db.Close() //nolint:errcheck // it closes nothing: the pool does
	if err := migrateCases(ctx, db); err != nil {
		return err
	}
	return migrateJobs(ctx, pool)
}

func migrateCases(ctx context.Context, db *sql.DB) error {
	provider, err := goose.NewProvider(goose.DialectPostgres, db, migrations.Files, goose.WithSlog(slog.New(slog.DiscardHandler)))
	if err != nil {
		return fmt.Errorf("read the migrations: %w", err)
	}
	have, err := provider.GetDBVersion(ctx)
	if err != nil {
		return fmt.Errorf("read the schema's version: %w", err)
	}
	if have > migrations.Version {
		return &NewerSchemaError{Schema: have, Known: migrations.Version}
	}
	if _, err := provider.Up(ctx); err != nil {
		return fmt.Errorf("migrate the schema: %w", err)
	}
	return nil
}

func migrateJobs(ctx context.Context, pool *pgxpool.Pool) error {
	schema := pgx.Identifier{JobsSchema}.Sanitize()
	if _, err := pool.Exec(ctx, "CREATE SCHEMA IF NOT EXISTS "+schema); err != nil {
		return fmt.Errorf("create the schema of jobs: %w", err)
	}
	migrator, err := rivermigrate.New(riverpgxv5.New(pool), &rivermigrate.Config{Schema: JobsSchema, Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		return fmt.Errorf("read the migrations of jobs: %w", err)
	}
	if err := knowsJobs(ctx, pool, migrator.AllVersions()); err != nil {
		return err
	}
	if _, err := migrator.Migrate(ctx, rivermigrate.DirectionUp, nil); err != nil {
		return fmt.Errorf("migrate the schema of jobs: %w", err)
	}
	_, err = pool.Exec(ctx, fmt.Sprintf(`
		GRANT USAGE ON SCHEMA %[1]s TO shequ_desk;
		GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA %[1]s TO shequ_desk;
		GRANT USAGE ON ALL SEQUENCES IN SCHEMA %[1]s TO shequ_desk;
		REVOKE EXECUTE ON ALL FUNCTIONS IN SCHEMA %[1]s FROM PUBLIC;
		GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA %[1]s TO shequ_desk`, schema))
	if err != nil {
		return fmt.Errorf("grant the desk its jobs: %w", err)
	}
	return nil
}

// knowsJobs refuses a schema of jobs that a later release migrated.
func knowsJobs(ctx context.Context, pool *pgxpool.Pool, known []rivermigrate.Migration) error {
	var there bool
	if err := pool.QueryRow(ctx, "SELECT to_regclass($1) IS NOT NULL", JobsSchema+".river_migration").Scan(&there); err != nil || !there {
		return err
	}
	var have int64
	err := pool.QueryRow(ctx, "SELECT coalesce(max(version), 0) FROM "+pgx.Identifier{JobsSchema, "river_migration"}.Sanitize()).Scan(&have)
	latest := int64(known[len(known)-1].Version)
	if err == nil && have > latest {
		err = &NewerSchemaError{Schema: have, Known: latest}
	}
	return err
}
