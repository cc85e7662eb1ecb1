package transport

import (
	"crypto/ed25519"
	"crypto/rand"
	"encoding/pem"
	"errors"
	"io"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/pkg/sftp"
	"golang.org/x/crypto/ssh"
	"golang.org/x/crypto/ssh/knownhosts"
)

// sshKey draws a key: as a signer, and in PEM.
func sshKey() (ssh.Signer, []byte) {
	_, private := must2(ed25519.GenerateKey(rand.Reader))
	return must(ssh.NewSignerFromKey(private)), pem.EncodeToMemory(must(ssh.MarshalPrivateKey(private, "")))
}

func must2[A, B any](a A, b B, err error) (A, B) {
	if err != nil {
		panic(err)
	}
	return a, b
}

// server is an SFTP server over a directory of this machine.
type server struct {
	listener net.Listener
	config   *ssh.ServerConfig
	dir      string
	silent   bool // takes connections and says nothing
	group    sync.WaitGroup
}

func sftpServer(t *testing.T, host ssh.Signer, user ssh.PublicKey, silent bool) *server {
	t.Helper()
	s := &server{dir: t.TempDir(), silent: silent, config: &ssh.ServerConfig{
		PublicKeyCallback: func(c ssh.ConnMetadata, key ssh.PublicKey) (*ssh.Permissions, error) {
			if c.User() != "communities" || string(key.Marshal()) != string(user.Marshal()) {
				return nil, errors.New("unknown")
			}
			return &ssh.Permissions{}, nil
		},
	}}
	s.config.AddHostKey(host)
	s.listener = must((&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0"))
	s.group.Go(func() {
		for {
			conn, err := s.listener.Accept()
			if err != nil {
				return
			}
			s.group.Go(func() { s.serve(conn) })
		}
	})
	t.Cleanup(func() {
		s.listener.Close()
		s.group.Wait()
	})
	return s
}

func (s *server) serve(conn net.Conn) {
	defer conn.Close()
	if s.silent {
		_, _ = io.Copy(io.Discard, conn)
		return
	}
	session, channels, requests, err := ssh.NewServerConn(conn, s.config)
	if err != nil {
		return
	}
	defer session.Close()
	s.group.Go(func() { ssh.DiscardRequests(requests) })
	for c := range channels {
		channel, requests, err := c.Accept()
		if err != nil {
			return
		}
		s.group.Go(func() {
			for r := range requests {
				_ = r.Reply(r.Type == "subsystem", nil)
			}
		})
		files := must(sftp.NewServer(channel, sftp.WithServerWorkingDirectory(s.dir)))
		s.group.Go(func() {
			_ = files.Serve()
			_ = files.Close()
		})
	}
}

func (s *server) options(t *testing.T, key []byte, host ssh.PublicKey) SFTP {
	t.Helper()
	file := filepath.Join(t.TempDir(), "known-hosts")
	line := knownhosts.Line([]string{knownhosts.Normalize(s.listener.Addr().String())}, host)
	if err := os.WriteFile(file, []byte(line+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	_, port, _ := net.SplitHostPort(s.listener.Addr().String())
	return SFTP{Host: "127.0.0.1", Port: must(strconv.Atoi(port)), User: "communities", PrivateKey: key, KnownHosts: file, Directory: "inbox"}
}

func TestSFTP(t *testing.T) {
	host, _ := sshKey()
	user, key := sshKey()
	s := sftpServer(t, host, user.PublicKey(), false)
	inbox := filepath.Join(s.dir, "inbox")
	x := must(NewFile(File{Drop: must(NewSFTP(s.options(t, key, host.PublicKey()))), Limits: Limits{Timeout: 20 * time.Second, Answer: 1000}}))
	if out, err := send(t, x); told(out, err) != "retry" || !strings.Contains(err.Error(), "no such directory") {
		t.Error(err)
	}
	if err := os.Mkdir(inbox, 0o700); err != nil {
		t.Fatal(err)
	}
	for range 2 { // a file that is there is replaced
		if out, err := send(t, x); err != nil || !out.Pending {
			t.Fatal(out, err)
		}
	}
	name := string(message.Key()) + ".csv"
	if names := list(t, inbox); len(names) != 1 || names[0] != name {
		t.Fatal(names)
	}
	if data := string(must(os.ReadFile(filepath.Join(inbox, name)))); !strings.Contains(data, secret) {
		t.Error(data)
	}
	if err := os.WriteFile(filepath.Join(inbox, name+".ack"), []byte(`{"outcome":"accepted"}`), 0o600); err != nil {
		t.Fatal(err)
	}
	if out, err := send(t, x); err != nil || string(out.Body) != `{"outcome":"accepted"}` {
		t.Error(out, err)
	}
	if err := os.WriteFile(filepath.Join(inbox, name+".ack"), make([]byte, 2000), 0o600); err != nil {
		t.Fatal(err)
	}
	if out, err := send(t, x); told(out, err) != "unreadable" {
		t.Error(out, err)
	}
}

func TestSFTPToStrangers(t *testing.T) {
	host, _ := sshKey()
	other, otherKey := sshKey()
	user, key := sshKey()
	s := sftpServer(t, host, user.PublicKey(), false)
	for name, x := range map[string]struct {
		key   []byte
		known ssh.PublicKey
		why   string
	}{
		"another host key": {key, other.PublicKey(), "known-hosts"},
		"another user key": {otherKey, host.PublicKey(), "ssh-privatekey"},
	} {
		drop := must(NewSFTP(s.options(t, x.key, x.known)))
		if out, err := send(t, must(NewFile(File{Drop: drop, Limits: Limits{Timeout: 20 * time.Second}}))); told(out, err) != "retry" || !strings.Contains(err.Error(), x.why) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if len(list(t, s.dir)) != 0 {
		t.Error("a stranger has a file")
	}
	silent := sftpServer(t, host, user.PublicKey(), true)
	drop := must(NewSFTP(silent.options(t, key, host.PublicKey())))
	if out, err := send(t, must(NewFile(File{Drop: drop, Limits: quick}))); told(out, err) != "retry" || !strings.Contains(err.Error(), "in time") {
		t.Error(err)
	}
	silent.listener.Close()
	if out, err := send(t, must(NewFile(File{Drop: drop, Limits: Limits{Timeout: 20 * time.Second}}))); told(out, err) != "retry" || !strings.Contains(err.Error(), "no connection") {
		t.Error(err)
	}
	right := s.options(t, key, host.PublicKey())
	for name, spoil := range map[string]func(*SFTP){
		"no key":       func(x *SFTP) { x.PrivateKey = []byte("client-secret-value") },
		"no hosts":     func(x *SFTP) { x.KnownHosts += "-none" },
		"another host": func(x *SFTP) { x.Host = "sftp.example" },
		"port":         func(x *SFTP) { x.Port = 0 },
		"no host":      func(x *SFTP) { x.Host = "" },
		"no user":      func(x *SFTP) { x.User = "" },
	} {
		x := right
		spoil(&x)
		if _, err := NewSFTP(x); err == nil {
			t.Errorf("%s is a server", name)
		} else {
			clean(t, err)
		}
	}
}
