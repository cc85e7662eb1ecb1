package backup

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os/exec"
	"path/filepath"
	"strings"

	"github.com/jackc/pgx/v5"

	"github.com/shequ-io/shequ/internal/district"
)

// Tools are PostgreSQL's programs.
type Tools struct {
	// Dir they are in; those of the PATH when empty.
	Dir string
}

// Dumped is what a dump was made of.
type Dumped struct {
	// Path of the dump, and Key and Server as in Manifest.
	Path, Key, Server string
}

// Dump writes a community's database into a directory, as it is at one moment; the
// community goes on meanwhile.
func (t Tools) Dump(ctx context.Context, admin district.Admin, database, dir string) (Dumped, error) {
	out := Dumped{Path: filepath.Join(dir, dumpName)}
	conn, err := admin.Connect(ctx, "")
	if err != nil {
		return out, err
	}
	defer conn.Close(context.WithoutCancel(ctx)) //nolint:errcheck // nothing is left to be sent
	out.Server = conn.PgConn().ParameterStatus("server_version")
	err = district.Borrow(ctx, conn, database, func(owner, key string) error {
		out.Key = key
		return t.run(ctx, admin, database, dir, "pg_dump", "--format=custom", "--no-password", "--role="+owner, "--file="+out.Path)
	})
	return out, err
}

// Restore makes a database on a server and fills it with a dump. It changes no
// database that is there: that is district.ErrThere. One that could not be filled is
// taken away again.
func (t Tools) Restore(ctx context.Context, admin district.Admin, m Manifest, dump, dir string) error {
	conn, err := admin.Connect(ctx, "")
	if err != nil {
		return err
	}
	defer conn.Close(context.WithoutCancel(ctx)) //nolint:errcheck // nothing is left to be sent
	if err := district.Receive(ctx, conn, m.Database, m.Key); err != nil {
		return err
	}
	return district.Borrow(ctx, conn, m.Database, func(owner, _ string) error {
		err := t.run(ctx, admin, m.Database, dir, "pg_restore", "--exit-on-error", "--single-transaction", "--no-owner", "--no-password",
			"--role="+owner, "--dbname="+m.Database, dump)
		if err == nil {
			return nil
		}
		_, dropped := conn.Exec(context.WithoutCancel(ctx), "DROP DATABASE "+pgx.Identifier{m.Database}.Sanitize())
		return errors.Join(err, dropped)
	})
}

// run runs one of PostgreSQL's programs. What it says on its way to failure is the
// error.
func (t Tools) run(ctx context.Context, admin district.Admin, database, dir, program string, args ...string) error {
	env, err := admin.Environment(database, filepath.Join(dir, district.AdminCA))
	if err != nil {
		return err
	}
	path := program
	if t.Dir != "" {
		path = filepath.Join(t.Dir, program)
	}
	cmd := exec.CommandContext(ctx, path, args...) //nolint:gosec // the program is one of two, and no shell reads the arguments
	var said bytes.Buffer
	cmd.Env, cmd.Stdout, cmd.Stderr = env, &said, &said
	switch err := cmd.Run(); {
	case errors.Is(err, exec.ErrNotFound) || errors.Is(err, fs.ErrNotExist):
		return fmt.Errorf("%s is not there: install PostgreSQL's client programs, of the server's version or newer, or name their directory with --pg-bin", program)
	case err != nil:
		return fmt.Errorf("%s: %w: %s", program, err, strings.TrimSpace(said.String()))
	}
	return nil
}
