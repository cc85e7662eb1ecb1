// Package storetest gives tests a PostgreSQL server of their own, as Debian and
// others package it, and databases in it that are migrated as a community's are. One
// server serves a test binary: a package's TestMain is os.Exit(storetest.Run(m)),
// which stops it.
//
// The server listens on the loopback address and a socket in its own directory, runs
// as user postgres where the tests run as root, and goes when the tests do. Where no
// PostgreSQL is installed tests are skipped, and fail where CI is true.
package storetest

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
)

// ErrNotInstalled tells that there is no PostgreSQL to start.
var ErrNotInstalled = errors.New("PostgreSQL 15 or later is not installed: apt-get install postgresql, or name the directory of initdb and postgres in SHEQU_POSTGRES")

// oldest PostgreSQL that is supported.
const oldest = 15

// startTimeout is how long a server may take to answer.
const startTimeout = 2 * time.Minute

// Options of a server.
type Options struct {
	// Durable writes through to the disk at every commit, as a real one does.
	Durable bool
	// MaxConnections at once; 0 means 100.
	MaxConnections int
}

// Server is a PostgreSQL server.
type Server struct {
	options  Options
	bin      string
	dir      string
	port     int
	password string
	user     *syscall.Credential

	// creating databases one by one: grants of one role at once disturb each other.
	creating sync.Mutex

	mu      sync.Mutex
	process *os.Process
	ended   chan struct{}
}

// StartServer makes a server's directory and starts it. The error is
// ErrNotInstalled where there is nothing to start. Close it.
func StartServer(ctx context.Context, options Options) (*Server, error) {
	bin, err := binaries()
	if err != nil {
		return nil, err
	}
	s := &Server{options: options, bin: bin, password: rand.Text()}
	if s.options.MaxConnections == 0 {
		s.options.MaxConnections = 100
	}
	if s.dir, err = os.MkdirTemp("", "shequ-pg-"); err != nil {
		return nil, fmt.Errorf("make the server's directory: %w", err)
	}
	if err := s.initialize(ctx); err != nil {
		s.Close()
		return nil, err
	}
	if err := s.Start(ctx); err != nil {
		s.Close()
		return nil, err
	}
	return s, nil
}

// binaries finds the directory of initdb and postgres, the latest first.
func binaries() (string, error) {
	if dir := os.Getenv("SHEQU_POSTGRES"); dir != "" {
		return dir, nil
	}
	dirs, _ := filepath.Glob("/usr/lib/postgresql/*/bin")
	version := func(dir string) int {
		n, _ := strconv.Atoi(filepath.Base(filepath.Dir(dir)))
		return n
	}
	slices.SortFunc(dirs, func(a, b string) int { return version(b) - version(a) })
	for _, dir := range dirs {
		if _, err := os.Stat(filepath.Join(dir, "initdb")); err == nil && version(dir) >= oldest {
			return dir, nil
		}
	}
	if path, err := exec.LookPath("initdb"); err == nil {
		return filepath.Dir(path), nil
	}
	return "", ErrNotInstalled
}

func (s *Server) data() string { return filepath.Join(s.dir, "data") }

func (s *Server) initialize(ctx context.Context) error {
	var err error
	if s.user, err = credential(); err != nil {
		return err
	}
	secret := filepath.Join(s.dir, "password")
	if err := os.WriteFile(secret, []byte(s.password), 0o600); err != nil {
		return err
	}
	if s.user != nil {
		for _, path := range []string{s.dir, secret} {
			if err := os.Chown(path, int(s.user.Uid), int(s.user.Gid)); err != nil {
				return err
			}
		}
	}
	cmd := exec.CommandContext(ctx, filepath.Join(s.bin, "initdb"), "--pgdata="+s.data(), "--username=postgres",
		"--pwfile="+secret, "--auth=scram-sha-256", "--encoding=UTF8", "--locale=C", "--no-sync")
	cmd.Dir, cmd.SysProcAttr = s.dir, attributes(s.user)
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("initdb: %w: %s", err, bytes.TrimSpace(out))
	}
	return nil
}

// Start starts the server where it does not run, and waits until it answers.
func (s *Server) Start(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, startTimeout)
	defer cancel()
	for {
		err := s.start(ctx)
		if err == nil {
			err = s.await(ctx)
		}
		if err == nil {
			return nil
		}
		// What was killed leaves its children and its port behind for a moment.
		s.signal(syscall.SIGQUIT)
		select {
		case <-ctx.Done():
			return err
		case <-time.After(200 * time.Millisecond):
		}
	}
}

func (s *Server) start(ctx context.Context) error {
	if s.port == 0 {
		listener, err := new(net.ListenConfig).Listen(ctx, "tcp", "127.0.0.1:0")
		if err != nil {
			return err
		}
		s.port = listener.Addr().(*net.TCPAddr).Port //nolint:forcetypeassert // of a TCP listener
		listener.Close()
	}
	settings := []string{
		"listen_addresses=127.0.0.1", "port=" + strconv.Itoa(s.port), "unix_socket_directories=" + s.dir,
		"max_connections=" + strconv.Itoa(s.options.MaxConnections), "timezone=UTC", "shared_buffers=128MB",
		"max_wal_size=4GB", "logging_collector=off",
	}
	if !s.options.Durable {
		settings = append(settings, "fsync=off", "full_page_writes=off")
	}
	args := []string{"-D", s.data()}
	for _, setting := range settings {
		args = append(args, "-c", setting)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.process != nil {
		return nil
	}
	log, err := os.OpenFile(filepath.Join(s.dir, "log"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	defer log.Close()                                              //nolint:errcheck // the server has it open
	cmd := exec.Command(filepath.Join(s.bin, "postgres"), args...) //nolint:noctx // it ends by a signal of its own
	cmd.Dir, cmd.SysProcAttr, cmd.Stdout, cmd.Stderr = s.dir, attributes(s.user), log, log
	started := make(chan error)
	ended := make(chan struct{})
	go run(cmd, started, ended)
	if err := <-started; err != nil {
		return fmt.Errorf("start postgres: %w", err)
	}
	s.process, s.ended = cmd.Process, ended
	return nil
}

// await waits until the server answers, or has ended.
func (s *Server) await(ctx context.Context) error {
	s.mu.Lock()
	ended := s.ended
	s.mu.Unlock()
	for {
		conn, err := pgx.Connect(ctx, s.URI("postgres", s.password, "postgres"))
		if err == nil {
			return conn.Close(ctx)
		}
		select {
		case <-ended:
			s.forget()
			return fmt.Errorf("postgres ended: %s", s.lastWords())
		case <-ctx.Done():
			return fmt.Errorf("postgres does not answer: %w; %s", err, s.lastWords())
		case <-time.After(20 * time.Millisecond):
		}
	}
}

func (s *Server) lastWords() string {
	text, _ := os.ReadFile(filepath.Join(s.dir, "log"))
	lines := strings.Split(strings.TrimSpace(string(text)), "\n")
	return strings.Join(lines[max(0, len(lines)-5):], " | ")
}

func (s *Server) forget() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.process = nil
}

// signal ends the process with a signal and waits for that.
func (s *Server) signal(sig syscall.Signal) {
	s.mu.Lock()
	process, ended := s.process, s.ended
	s.mu.Unlock()
	if process == nil {
		return
	}
	_ = process.Signal(sig)
	<-ended
	s.forget()
}

// Stop stops the server as for a restart: sessions are ended, nothing is lost.
func (s *Server) Stop() { s.signal(syscall.SIGINT) }

// Kill ends the server's main process without a word, as a machine that fails does.
func (s *Server) Kill() { s.signal(syscall.SIGKILL) }

// Close stops the server and removes what it kept.
func (s *Server) Close() {
	s.signal(syscall.SIGQUIT)
	os.RemoveAll(s.dir)
}

// URI of a database for a role.
func (s *Server) URI(role, password, database string) string {
	u := url.URL{
		Scheme: "postgres", User: url.UserPassword(role, password),
		Host: net.JoinHostPort("127.0.0.1", strconv.Itoa(s.port)), Path: "/" + database, RawQuery: "sslmode=disable",
	}
	return u.String()
}

// Admin connects as the server's superuser. Close it.
func (s *Server) Admin(ctx context.Context, database string) (*pgx.Conn, error) {
	return pgx.Connect(ctx, s.URI("postgres", s.password, database))
}

// AdminPool is the server's superuser in a database. Close it.
func (s *Server) AdminPool(ctx context.Context, database string) (*pgxpool.Pool, error) {
	return pgxpool.New(ctx, s.URI("postgres", s.password, database))
}

// Bin is the directory of PostgreSQL's programs, pgbench among them where it is
// installed.
func (s *Server) Bin() string { return s.bin }
