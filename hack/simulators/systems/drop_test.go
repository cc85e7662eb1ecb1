package systems

import (
	"bytes"
	"encoding/csv"
	"errors"
	"io"
	"net"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/pkg/sftp"
	"golang.org/x/crypto/ssh"
	"golang.org/x/crypto/ssh/knownhosts"
)

type netDialer struct{ net.Dialer }

func (d *netDialer) dial(address string) (net.Conn, error) {
	d.Timeout = 5 * time.Second
	return d.Dial("tcp", address)
}

// connect logs in with the Secret as it was given out.
func connect(t *testing.T, farm *Farm, spoil func(c *ssh.ClientConfig)) (*sftp.Client, error) {
	t.Helper()
	s := farm.System(PropertyManagement)
	keys := farm.Secrets()[s.Kind().Secret]
	signer, err := ssh.ParsePrivateKey(keys["ssh-privatekey"])
	if err != nil {
		t.Fatal(err)
	}
	hosts := filepath.Join(t.TempDir(), "known_hosts")
	if err := os.WriteFile(hosts, keys["known-hosts"], 0o600); err != nil {
		t.Fatal(err)
	}
	known, err := knownhosts.New(hosts)
	if err != nil {
		t.Fatal(err)
	}
	config := &ssh.ClientConfig{User: string(keys["user"]), Auth: []ssh.AuthMethod{ssh.PublicKeys(signer)}, HostKeyCallback: known, Timeout: 5 * time.Second}
	if spoil != nil {
		spoil(config)
	}
	connection, err := ssh.Dial("tcp", s.Address(), config)
	if err != nil {
		return nil, err
	}
	t.Cleanup(func() { _ = connection.Close() })
	client, err := sftp.NewClient(connection)
	if err != nil {
		return nil, err
	}
	t.Cleanup(func() { _ = client.Close() })
	return client, nil
}

func login(t *testing.T, farm *Farm) *sftp.Client {
	t.Helper()
	client, err := connect(t, farm, nil)
	if err != nil {
		t.Fatal(err)
	}
	return client
}

// leave writes a file under another name and renames it.
func leave(t *testing.T, client *sftp.Client, name, text string) {
	t.Helper()
	file, err := client.Create(Inbox + "/." + name + ".part")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := file.Write([]byte(text)); err != nil || file.Close() != nil {
		t.Fatal(err)
	}
	if err := client.PosixRename(Inbox+"/."+name+".part", Inbox+"/"+name); err != nil {
		t.Fatal(err)
	}
}

// acknowledgement waits for one and takes it away.
func acknowledgement(t *testing.T, client *sftp.Client, name string) string {
	t.Helper()
	var data []byte
	eventually(t, name, func() bool {
		file, err := client.Open(Inbox + "/" + name)
		if err != nil {
			return false
		}
		defer file.Close()
		data, err = io.ReadAll(file)
		return err == nil
	})
	if err := client.Remove(Inbox + "/" + name); err != nil {
		t.Error(err)
	}
	return string(data)
}

// outcomes are the keys and outcomes of an acknowledgement.
func outcomes(t *testing.T, ack string) string {
	t.Helper()
	rows, err := csv.NewReader(strings.NewReader(ack)).ReadAll()
	if err != nil || len(rows) < 2 || strings.Join(rows[0], ",") != "idempotency-key,outcome,reference,reason,needs,message,again" {
		t.Fatalf("%v %q", err, ack)
	}
	var out []string
	for _, row := range rows[1:] {
		out = append(out, strings.Join([]string{row[0], row[1], row[3], row[6]}, " "))
	}
	return strings.Join(out, "; ")
}

const rowGood = "property-address,request-text\n示例路 1 号,电梯需要检修\n"

func TestFilesAreAcknowledged(t *testing.T) {
	farm, _ := start(t, PropertyManagement)
	client := login(t, farm)
	s := farm.System(PropertyManagement)
	leave(t, client, "k-1.csv", rowGood)
	if got := outcomes(t, acknowledgement(t, client, "k-1.csv.ack")); got != "k-1 accepted  false" {
		t.Error(got)
	}
	leave(t, client, "k-1.csv", rowGood)
	if got := outcomes(t, acknowledgement(t, client, "k-1.csv.ack")); got != "k-1 accepted  true" {
		t.Error(got)
	}
	leave(t, client, "day.csv", "\xef\xbb\xbfidempotency-key,case,purpose,sequence,property-address,request-text\n"+
		"k-2,2026-000001,property-supervision,1,示例路 1 号,电梯需要检修\nk-3,2026-000001,property-supervision,2,示例路,电梯需要检修\nk-4,2026-000001,,3,示例路 1 号,\nk-1,,,,示例路 1 号,别的事\n")
	want := "k-2 accepted  false; k-3 rejected address-unknown false; k-4 more-information elements-missing false; k-1 refused key-reused false"
	if got := outcomes(t, acknowledgement(t, client, "day.csv.ack")); got != want {
		t.Error(got)
	}
	if got := strings.Join(s.Cases()["2026-000001"], " "); got != "k-2 k-3 k-4" || s.Keys()["k-1"].Received != 2 {
		t.Error(got)
	}
	if _, err := client.Stat(Inbox + "/k-1.csv"); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the file was not taken: %v", err)
	}
	for name, text := range map[string]string{
		"empty.csv": "", "header.csv": "a,b\n", "twice.csv": "a,a\n1,2\n", "rows.csv": "property-address\n1\n2\n", "ragged.csv": "a,b\n1\n", "key.csv": "idempotency-key,a\n,1\n",
	} {
		leave(t, client, name, text)
		if got := outcomes(t, acknowledgement(t, client, name+".ack")); got != " unreadable file-malformed false" {
			t.Errorf("%s: %s", name, got)
		}
	}
}

// A file that is being written is not read, nor one under another suffix.
func TestOnlyRenamedFilesAreRead(t *testing.T) {
	farm, _ := start(t, PropertyManagement)
	client := login(t, farm)
	file, err := client.Create(Inbox + "/direct.csv")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := file.Write([]byte(rowGood)); err != nil || file.Close() != nil {
		t.Fatal(err)
	}
	leave(t, client, "other.txt", rowGood)
	leave(t, client, "last.csv", rowGood)
	acknowledgement(t, client, "last.csv.ack")
	if n := farm.System(PropertyManagement).Summary().Received; n != 1 {
		t.Errorf("%d were read", n)
	}
	entries, err := client.ReadDir(Inbox)
	if err != nil || len(entries) != 2 || entries[0].Name() != "direct.csv" {
		t.Errorf("%v %v", entries, err)
	}
	if err := client.Rename(Inbox+"/other.txt", Inbox+"/direct.csv"); err == nil {
		t.Error("a plain rename replaces")
	}
	if err := client.Mkdir(Inbox + "/more"); err != nil {
		t.Error(err)
	}
	for name, err := range map[string]error{
		"outside":   client.Mkdir("elsewhere"),
		"above":     client.Mkdir("../../etc"),
		"nowhere":   client.Rename("nothing", Inbox+"/x.csv"),
		"a link":    client.Symlink(Inbox, "inbox/link"),
		"not there": client.Remove("inbox/nothing"),
	} {
		if err == nil {
			t.Error(name)
		}
	}
	if _, err := client.Create("elsewhere/x"); err == nil {
		t.Error("writes where there is no directory")
	}
}

func TestOnlyTheRightKeyLogsIn(t *testing.T) {
	farm, _ := start(t, PropertyManagement)
	other, err := (&keyring{secrets: Secrets{}}).sshKey("x", "y")
	if err != nil {
		t.Fatal(err)
	}
	for name, spoil := range map[string]func(c *ssh.ClientConfig){
		"key":      func(c *ssh.ClientConfig) { c.Auth = []ssh.AuthMethod{ssh.PublicKeys(other)} },
		"user":     func(c *ssh.ClientConfig) { c.User = "root" },
		"password": func(c *ssh.ClientConfig) { c.Auth = []ssh.AuthMethod{ssh.Password("x")} },
		"none":     func(c *ssh.ClientConfig) { c.Auth = nil },
	} {
		if _, err := connect(t, farm, spoil); err == nil {
			t.Errorf("another %s logs in", name)
		}
	}
	login(t, farm)
}

func TestFaultsOfFiles(t *testing.T) {
	farm, _ := start(t, PropertyManagement)
	s := farm.System(PropertyManagement)
	set := func(f Faults) {
		t.Helper()
		if err := s.SetFaults(f); err != nil {
			t.Fatal(err)
		}
	}
	client := login(t, farm)
	for _, row := range []struct {
		name   string
		faults Faults
		ack    func(text string) bool
	}{
		{"garbage", Faults{Wrong: WrongGarbage}, func(text string) bool { return !strings.Contains(text, "outcome") }},
		{"nonsense", Faults{Wrong: WrongNonsense}, func(text string) bool { return strings.Contains(text, "perhaps") }},
		{"status", Faults{Wrong: WrongStatus}, func(text string) bool { return strings.Contains(text, "unreadable") }},
		{"late", Faults{Late: Duration(20 * time.Millisecond)}, func(text string) bool { return strings.Contains(text, string(Accepted)) }},
		{"slow", Faults{Slow: Duration(20 * time.Millisecond)}, func(text string) bool { return strings.Contains(text, string(Accepted)) }},
	} {
		row.faults.Times = 1
		set(row.faults)
		leave(t, client, row.name+".csv", rowGood)
		if text := acknowledgement(t, client, row.name+".csv.ack"); !row.ack(text) {
			t.Errorf("%s: %q", row.name, text)
		}
	}
	set(Faults{Duplicate: true, Times: 1})
	leave(t, client, "twice.csv", rowGood)
	if first, second := acknowledgement(t, client, "twice.csv.ack"), acknowledgement(t, client, "twice.csv.ack.2"); first != second {
		t.Errorf("%q, %q", first, second)
	}
	set(Faults{Drop: true, Times: 1})
	leave(t, client, "dropped.csv", rowGood)
	leave(t, client, "after.csv", rowGood)
	acknowledgement(t, client, "after.csv.ack")
	if _, err := client.Stat(Inbox + "/dropped.csv.ack"); !errors.Is(err, os.ErrNotExist) || s.Keys()["dropped"].Received != 1 {
		t.Errorf("dropped: %v", err)
	}
	set(Faults{Down: DownRefuse})
	if _, err := connect(t, farm, nil); !errors.Is(err, syscall.ECONNREFUSED) {
		t.Error(err)
	}
	set(Faults{Down: Down503})
	if _, err := connect(t, farm, nil); err == nil {
		t.Error("lets in")
	}
	set(Faults{Wrong: WrongCertificate})
	var unknown *knownhosts.KeyError
	if _, err := connect(t, farm, nil); !errors.As(err, &unknown) {
		t.Error(err)
	}
	set(Faults{})
	login(t, farm)
}

func TestFilesWait(t *testing.T) {
	farm, c := start(t, PropertyManagement)
	s := farm.System(PropertyManagement)
	if err := s.SetFaults(Faults{Rate: &Rate{Messages: 1, Per: Duration(time.Minute)}}); err != nil {
		t.Fatal(err)
	}
	client := login(t, farm)
	leave(t, client, "k-1.csv", rowGood)
	leave(t, client, "k-2.csv", rowGood)
	eventually(t, "the second is held back", func() bool { return s.Summary().Faulty["rate"] > 0 })
	if n := s.Summary().Processed; n != 1 {
		t.Errorf("%d were processed", n)
	}
	c.add(time.Minute)
	acknowledgement(t, client, "k-2.csv.ack")
}

func FuzzFiles(f *testing.F) {
	f.Add([]byte(rowGood))
	f.Add([]byte("idempotency-key,sequence\nk,-1\n"))
	f.Add([]byte("\"\n\x00,\xff"))
	f.Fuzz(func(t *testing.T, data []byte) {
		b := newBook(Kinds()[4], newClock().now)
		ack, err := b.rows("k", data)
		if err != nil {
			ack = unreadable(err)
		}
		rows, bad := csv.NewReader(bytes.NewReader(ack)).ReadAll()
		if bad != nil || len(rows) < 2 {
			t.Errorf("%v %q", bad, ack)
		}
	})
}
