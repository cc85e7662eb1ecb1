package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"slices"
	"strconv"
	"syscall"
	"time"

	"github.com/shequ-io/shequ/hack/local/district"
)

// anybodyNear lets every role in, to every database, from the server's own network:
// pods share the bridge's with this machine, and nobody else does.
const anybodyNear = "hostssl\tall\tall\tsamenet\tscram-sha-256\n" //nolint:dupword // a column each

// postgres is the district's database server: Debian's, started again whenever it
// ends, as a service manager would.
type postgres struct {
	dir, address string
	config       district.Postgres
	papers       papers
	log          *slog.Logger

	credential *syscall.Credential // PostgreSQL refuses to run as root
	bin        string
}

// prepare makes a new data directory; one that an earlier run was killed over goes.
func (p *postgres) prepare(ctx context.Context) error {
	found, err := filepath.Glob("/usr/lib/postgresql/*/bin/postgres")
	if err != nil || len(found) == 0 {
		return errors.New("there is no PostgreSQL server here: install the Debian package postgresql")
	}
	slices.Sort(found)
	p.bin = filepath.Dir(found[len(found)-1])
	if err := p.impersonate(); err != nil {
		return err
	}
	if err := os.RemoveAll(p.dir); err != nil {
		return err
	}
	if err := os.MkdirAll(p.dir, 0o755); err != nil {
		return err
	}
	data := filepath.Join(p.dir, "data")
	password := filepath.Join(p.dir, "password")
	if err := os.WriteFile(password, []byte(p.config.Password), 0o600); err != nil {
		return err
	}
	for _, name := range []string{p.papers.cert, p.papers.key} {
		text, err := os.ReadFile(name)
		if err != nil {
			return err
		}
		if err := os.WriteFile(filepath.Join(p.dir, filepath.Base(name)), text, 0o600); err != nil {
			return err
		}
	}
	if err := p.handOver(p.dir); err != nil {
		return err
	}
	out, err := p.command(ctx, "initdb", "--pgdata", data, "--username", p.config.User, "--pwfile", password,
		"--auth", "scram-sha-256", "--encoding", "UTF8", "--locale", "C.UTF-8").CombinedOutput()
	if err != nil {
		return fmt.Errorf("initdb: %w\n%s", err, out)
	}
	if err := os.WriteFile(filepath.Join(data, "pg_hba.conf"), []byte(anybodyNear), 0o600); err != nil {
		return err
	}
	return os.Remove(password)
}

// impersonate finds whom to run the server as, where we are root.
func (p *postgres) impersonate() error {
	if os.Geteuid() != 0 {
		return nil
	}
	owner, err := user.Lookup("postgres")
	if err != nil {
		return fmt.Errorf("whom to run PostgreSQL as: %w", err)
	}
	uid, err := strconv.ParseUint(owner.Uid, 10, 32)
	if err != nil {
		return err
	}
	gid, err := strconv.ParseUint(owner.Gid, 10, 32)
	if err != nil {
		return err
	}
	p.credential = &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}
	return nil
}

func (p *postgres) handOver(dir string) error {
	if p.credential == nil {
		return nil
	}
	return filepath.WalkDir(dir, func(path string, _ os.DirEntry, err error) error {
		if err != nil {
			return err
		}
		return os.Chown(path, int(p.credential.Uid), int(p.credential.Gid))
	})
}

func (p *postgres) command(ctx context.Context, name string, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, filepath.Join(p.bin, name), args...)
	cmd.Dir = p.dir
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: p.credential}
	// An immediate shutdown: what would be written out now goes with the directory.
	cmd.Cancel = func() error { return cmd.Process.Signal(syscall.SIGQUIT) }
	cmd.WaitDelay = 20 * time.Second
	return cmd
}

// run keeps the server running until ctx ends.
func (p *postgres) run(ctx context.Context) error {
	for ctx.Err() == nil {
		cmd := p.command(ctx, "postgres", "-D", filepath.Join(p.dir, "data"),
			"-h", p.address, "-p", strconv.Itoa(p.config.Port), "-k", p.dir,
			"-c", "ssl=on", "-c", "ssl_cert_file="+filepath.Join(p.dir, "server.crt"), "-c", "ssl_key_file="+filepath.Join(p.dir, "server.key"),
			"-c", "max_connections=500", "-c", "shared_buffers=64MB")
		cmd.Stdout, cmd.Stderr = os.Stderr, os.Stderr
		if err := cmd.Run(); ctx.Err() == nil {
			p.log.Warn("PostgreSQL ended and is started again", "error", err)
		}
		select {
		case <-ctx.Done():
		case <-time.After(time.Second):
		}
	}
	return nil
}
