package transport

import (
	"context"
	"errors"
	"net"
	"os"
	"path"
	"strconv"
	"time"

	"github.com/pkg/sftp"
	"golang.org/x/crypto/ssh"
	"golang.org/x/crypto/ssh/knownhosts"
)

// SFTP is a directory on an SFTP server.
type SFTP struct {
	Host string
	// Port; 22 when 0.
	Port int
	User string
	// PrivateKey in PEM, without a passphrase.
	PrivateKey []byte
	// KnownHosts is the path of a file as ssh has it. A host that is not in it is
	// not talked to.
	KnownHosts string
	// Directory files are left in; the one the server begins with when empty.
	Directory string
}

// NewSFTP makes a drop. A connection is made for each file, so that none is kept
// open at rest. An error says what to correct.
func NewSFTP(s SFTP) (Drop, error) {
	key, err := ssh.ParsePrivateKey(s.PrivateKey)
	if err != nil {
		return nil, errors.New("ssh-privatekey is no private key in PEM without a passphrase; put one into the Secret")
	}
	hosts, err := knownhosts.New(s.KnownHosts)
	if err != nil {
		return nil, errors.New("known-hosts can't be read; put the line into the Secret that ssh-keyscan prints, after comparing its fingerprint")
	}
	if s.Port == 0 {
		s.Port = 22
	}
	if s.Host == "" || s.User == "" {
		return nil, errors.New("SFTP needs a host and a user; name them in the InformationSystem and its Secret")
	}
	address := net.JoinHostPort(s.Host, strconv.Itoa(s.Port))
	algorithms := hostKeys(hosts, address)
	if len(algorithms) == 0 {
		return nil, errors.New("known-hosts does not have the SFTP server; put its line in, with the port in brackets where it is not 22")
	}
	return &sftpDrop{
		address: address, directory: s.Directory,
		config: &ssh.ClientConfig{
			User: s.User, Auth: []ssh.AuthMethod{ssh.PublicKeys(key)}, ClientVersion: "SSH-2.0-shequ",
			HostKeyCallback: hosts, HostKeyAlgorithms: algorithms,
		},
	}, nil
}

// hostKeys are the algorithms of the keys a host is known by. Were others asked
// for, a server that has several keys might show one that is not known.
func hostKeys(hosts ssh.HostKeyCallback, address string) []string {
	var known *knownhosts.KeyError
	if !errors.As(hosts(address, &net.TCPAddr{IP: net.IPv4zero}, noKey{}), &known) {
		return nil
	}
	var out []string
	for _, k := range known.Want {
		if k.Key.Type() == ssh.KeyAlgoRSA {
			out = append(out, ssh.KeyAlgoRSASHA512, ssh.KeyAlgoRSASHA256)
			continue
		}
		out = append(out, k.Key.Type())
	}
	return out
}

// noKey is a key no host has.
type noKey struct{}

// The methods of ssh.PublicKey.

func (noKey) Type() string                        { return "none" }
func (noKey) Marshal() []byte                     { return []byte("none") }
func (noKey) Verify([]byte, *ssh.Signature) error { return errors.ErrUnsupported }

type sftpDrop struct {
	address, directory string
	config             *ssh.ClientConfig
}

// Close implements Drop; there is nothing to let go of.
func (d *sftpDrop) Close() {}

// connected does something over a connection of its own, which is cut when the
// context ends: the protocol itself knows no end.
func (d *sftpDrop) connected(ctx context.Context, do func(*sftp.Client) error) (err error) {
	dialer := net.Dialer{Timeout: 10 * time.Second, ControlContext: outward}
	conn, err := dialer.DialContext(ctx, "tcp", d.address)
	if err != nil {
		return &RetryableError{Why: "there is no connection to the SFTP server; see whether it runs, and whether egress to it is open"}
	}
	stop := context.AfterFunc(ctx, func() { _ = conn.Close() })
	defer func() {
		stop()
		_ = conn.Close() // twice does no harm
		if ended := ctx.Err(); ended != nil && err != nil {
			err = ended
		}
	}()
	transport, channels, requests, err := ssh.NewClientConn(conn, d.address, d.config)
	if err != nil {
		if _, stranger := errors.AsType[*knownhosts.KeyError](err); stranger {
			return &RetryableError{Why: "the SFTP server shows a key that is not in known-hosts; find out whether it was changed, and put it in"}
		}
		return &RetryableError{Why: "the SFTP server does not let us in; correct user and ssh-privatekey"}
	}
	client := ssh.NewClient(transport, channels, requests)
	defer func() { _ = client.Close() }() // what was written was closed before
	files, err := sftp.NewClient(client)
	if err != nil {
		return &RetryableError{Why: "the server speaks SSH and no SFTP; ask who runs it"}
	}
	defer func() { _ = files.Close() }() // the same
	return do(files)
}

// Put implements Drop: it writes under another name and renames.
func (d *sftpDrop) Put(ctx context.Context, name string, data []byte) error {
	if !safeName(name) {
		return errName
	}
	to := path.Join(d.directory, name)
	return d.connected(ctx, func(c *sftp.Client) error {
		f, err := c.OpenFile(to+partSuffix, os.O_WRONLY|os.O_CREATE|os.O_TRUNC)
		if err != nil {
			return err
		}
		_, err = f.Write(data)
		if _, can := c.HasExtension("fsync@openssh.com"); can && err == nil {
			err = f.Sync()
		}
		if err = errors.Join(err, f.Close()); err == nil {
			err = rename(c, to+partSuffix, to)
		}
		if err != nil {
			_ = c.Remove(to + partSuffix) // the error is already one
		}
		return err
	})
}

// rename replaces what is there where the server can do that at once. Without it
// a file that is there is left: it has the same key, and so the same message.
func rename(c *sftp.Client, from, to string) error {
	if _, can := c.HasExtension("posix-rename@openssh.com"); can {
		return c.PosixRename(from, to)
	}
	err := c.Rename(from, to)
	if err == nil {
		return nil
	}
	if _, there := c.Stat(to); there == nil {
		return c.Remove(from)
	}
	return err
}

// Get implements Drop.
func (d *sftpDrop) Get(ctx context.Context, name string, most int64) (data []byte, err error) {
	if !safeName(name) {
		return nil, errName
	}
	err = d.connected(ctx, func(c *sftp.Client) error {
		f, err := c.Open(path.Join(d.directory, name))
		if err != nil {
			return err
		}
		defer func() { _ = f.Close() }() // it was only read
		data, err = bounded(f, most)
		return err
	})
	return data, err
}
