package systems

import (
	"bytes"
	"crypto/subtle"
	"errors"
	"fmt"
	"net"
	"path"
	"strings"
	"sync"
	"time"

	"github.com/pkg/sftp"
	"golang.org/x/crypto/ssh"
	"golang.org/x/crypto/ssh/knownhosts"
)

const (
	// Inbox is the directory files are left in.
	Inbox = "inbox/qingnianlu"
	// AckSuffix is what the name of an acknowledgement adds to that of its file.
	AckSuffix = ".ack"

	fileSuffix = ".csv"
	sftpUser   = "communities"
)

// drop is a server files are left at. Only what got its name by renaming is read:
// a file that is being written has another.
type drop struct {
	system       *System
	tree         *tree
	key          ssh.PublicKey // the sender's
	right, wrong ssh.Signer    // host keys
	names        []string      // the host is known by, too
	connections  sync.WaitGroup

	mu     sync.Mutex
	queue  []string // names of files to read, in the order they were renamed
	wake   chan struct{}
	ending bool
}

func newDrop(s *System, keys *keyring, names []string) (*drop, error) {
	d := &drop{system: s, names: names, tree: newTree(s.book.now, "/"+Inbox), wake: make(chan struct{}, 1)}
	d.tree.renamed = d.arrived
	sender, err := keys.sshKey(s.kind.Secret, "ssh-privatekey")
	if err != nil {
		return nil, err
	}
	d.key = sender.PublicKey()
	if _, err := keys.text(s.kind.Secret, "user", sftpUser); err != nil {
		return nil, err
	}
	if d.right, err = keys.sshKey(authority, "ssh-host-key"); err != nil {
		return nil, err
	}
	d.wrong, err = (&keyring{secrets: Secrets{}}).sshKey(authority, "ssh-host-key")
	return d, err
}

// publish writes known-hosts, once it is known where the server listens.
func (d *drop) publish(keys *keyring, address string) error {
	_, port, err := net.SplitHostPort(address)
	if err != nil {
		return err
	}
	var addresses []string
	for _, host := range append([]string{d.system.kind.Name + ".systems.shequ.example", "localhost", "127.0.0.1"}, d.names...) {
		addresses = append(addresses, knownhosts.Normalize(net.JoinHostPort(host, port)), knownhosts.Normalize(host))
	}
	addresses = append(addresses, knownhosts.Normalize(address))
	return keys.write(d.system.kind.Secret, "known-hosts", []byte(knownhosts.Line(addresses, d.right.PublicKey())+"\n"))
}

// serve takes connections until the gate is closed.
func (d *drop) serve() {
	for {
		conn, err := d.system.gate.Accept()
		if errors.Is(err, net.ErrClosed) {
			d.connections.Wait()
			return
		}
		if err != nil {
			time.Sleep(10 * time.Millisecond) // no descriptors, perhaps
			continue
		}
		d.connections.Go(func() { d.connection(conn) })
	}
}

func (d *drop) connection(conn net.Conn) {
	defer func() { _ = conn.Close() }() // the other end may have been faster
	defer d.system.book.begin()()
	faults := d.system.switches.get()
	if faults.Down == Down503 {
		d.system.switches.take()
		d.system.book.spoil(Down503)
		return
	}
	config := &ssh.ServerConfig{PublicKeyCallback: d.known, MaxAuthTries: 3}
	if faults.Wrong == WrongCertificate {
		d.system.book.spoil(WrongCertificate)
		config.AddHostKey(d.wrong)
	} else {
		config.AddHostKey(d.right)
	}
	if conn.SetDeadline(time.Now().Add(10*time.Second)) != nil {
		return
	}
	session, channels, requests, err := ssh.NewServerConn(conn, config)
	if err != nil {
		return
	}
	defer func() { _ = session.Close() }() // likewise
	if conn.SetDeadline(time.Time{}) != nil {
		return
	}
	d.connections.Go(func() { ssh.DiscardRequests(requests) })
	for offered := range channels {
		d.channel(offered)
	}
}

// known lets in whoever has the key, under the user's name.
func (d *drop) known(meta ssh.ConnMetadata, key ssh.PublicKey) (*ssh.Permissions, error) {
	if meta.User() == sftpUser && subtle.ConstantTimeCompare(key.Marshal(), d.key.Marshal()) == 1 {
		return &ssh.Permissions{}, nil
	}
	d.system.book.refuse("ssh-key-unknown")
	return nil, errors.New("show the key this system gave out")
}

func (d *drop) channel(offered ssh.NewChannel) {
	if offered.ChannelType() != "session" {
		_ = offered.Reject(ssh.UnknownChannelType, "sftp only") // the connection may be gone
		return
	}
	channel, requests, err := offered.Accept()
	if err != nil {
		return
	}
	d.connections.Go(func() {
		defer func() { _ = channel.Close() }() // likewise
		for request := range requests {
			var asked struct{ Name string }
			fine := request.Type == "subsystem" && ssh.Unmarshal(request.Payload, &asked) == nil && asked.Name == "sftp"
			if err := request.Reply(fine, nil); err != nil || !fine {
				continue
			}
			d.connections.Go(func() { ssh.DiscardRequests(requests) })
			server := sftp.NewRequestServer(channel, sftp.Handlers{FileGet: d.tree, FilePut: d.tree, FileCmd: d.tree, FileList: d.tree})
			_ = server.Serve() // it ends when the sender goes away
			_ = server.Close()
			return
		}
	})
}

// arrived queues a file that got the name it is to be read under.
func (d *drop) arrived(name string) {
	if !strings.HasPrefix(name, "/inbox/") || !strings.HasSuffix(name, fileSuffix) {
		return
	}
	d.mu.Lock()
	d.queue = append(d.queue, name)
	d.mu.Unlock()
	d.nudge()
}

func (d *drop) nudge() {
	select {
	case d.wake <- struct{}{}:
	default:
	}
}

func (d *drop) stop() {
	d.mu.Lock()
	d.ending = true
	d.mu.Unlock()
	d.nudge()
}

// work reads files one after the other, so that order is kept.
func (d *drop) work() {
	for {
		d.mu.Lock()
		name, ending := "", d.ending
		if len(d.queue) > 0 {
			name, d.queue = d.queue[0], d.queue[1:]
		}
		d.mu.Unlock()
		switch {
		case ending:
			return
		case name != "":
			d.read(name)
		default:
			<-d.wake
		}
	}
}

// read takes a file away, processes its rows and leaves the acknowledgement.
func (d *drop) read(name string) {
	s := d.system
	for wait := s.switches.wait(s.book.now()); wait > 0; wait = s.switches.wait(s.book.now()) {
		s.book.spoil("rate")
		if !s.pause(min(wait, 100*time.Millisecond)) {
			return
		}
	}
	faults := s.switches.take()
	if faults.Slow > 0 {
		s.book.spoil("slow")
		if !s.pause(time.Duration(faults.Slow)) {
			return
		}
	}
	data, there := d.tree.take(name)
	if !there {
		return
	}
	key := strings.TrimSuffix(path.Base(name), fileSuffix)
	ack, err := s.book.rows(key, data)
	if err != nil {
		s.book.refuse("file-malformed")
		ack = unreadable(err)
	}
	if faults.Late > 0 {
		s.book.spoil("late")
		if !s.pause(time.Duration(faults.Late)) {
			return
		}
	}
	switch {
	case faults.Drop:
		s.book.spoil("drop")
		return
	case faults.Wrong == WrongGarbage:
		s.book.spoil(WrongGarbage)
		ack = []byte("\x00\xff\"系统维护中")
	case faults.Wrong == WrongNonsense:
		s.book.spoil(WrongNonsense)
		ack = bytes.ReplaceAll(ack, []byte(Accepted), []byte("perhaps"))
	case faults.Wrong == WrongStatus:
		s.book.spoil(WrongStatus)
		ack = unreadable(fmt.Errorf("something went wrong"))
	}
	d.tree.put(name+AckSuffix, ack)
	if faults.Duplicate {
		s.book.spoil("duplicate")
		d.tree.put(name+AckSuffix+".2", ack)
	}
}
