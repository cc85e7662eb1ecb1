package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/shequ-io/shequ/hack/simulators/systems"
)

// The variables that make the test's binary a courier or a simulated system, so that
// one can be killed as a machine would.
const (
	courierProcess = "SHEQU_TEST_COURIER"
	systemProcess  = "SHEQU_TEST_SYSTEM"
)

// asProcess runs what a variable says the process is; false where it says nothing. It
// ends with whoever started it, if it was not killed before.
func asProcess() (code int, is bool) {
	for name, program := range map[string]func([]byte) error{courierProcess: runCourier, systemProcess: runSystem} {
		given := os.Getenv(name)
		if given == "" {
			continue
		}
		go func() {
			_, _ = io.Copy(io.Discard, os.Stdin) // until nobody holds the other end
			os.Exit(3)
		}()
		if err := program([]byte(given)); err != nil {
			fmt.Fprintln(os.Stderr, err)
			return 1, true
		}
		return 0, true
	}
	return 0, false
}

// mountedForCourier is what a courier's process is given.
type mountedForCourier struct {
	Secrets     string `json:"secrets"`
	Courier     string `json:"courier"`
	Credentials string `json:"credentials"`
}

func runCourier(given []byte) error {
	var m mountedForCourier
	if err := json.Unmarshal(given, &m); err != nil {
		return err
	}
	o := options{
		secrets: secrets(m.Secrets), courier: m.Courier, credentials: m.Credentials, listen: "127.0.0.1:0", metrics: "127.0.0.1:0",
		// What a killed courier had claimed waits for twice that.
		timeout: 3 * time.Second,
	}
	return deliver(context.Background(), o, slog.New(slog.NewTextHandler(os.Stderr, nil)), func(string, string) { fmt.Println("null") })
}

// listening is what a system's process says once it listens.
type listening struct {
	Admin   string            `json:"admin"`
	Address string            `json:"address"`
	System  systems.Described `json:"system"`
}

func runSystem(given []byte) error {
	var config systems.Config
	if err := json.Unmarshal(given, &config); err != nil {
		return err
	}
	farm, err := systems.Start(context.Background(), config)
	if err != nil {
		return err
	}
	s := farm.Systems()[0]
	if err := json.NewEncoder(os.Stdout).Encode(listening{farm.Admin(), s.Address(), s.Describe()}); err != nil {
		return err
	}
	select {} // until it is killed
}

// killable is a program in a process of its own.
type killable struct {
	t     *testing.T
	as    string // the variable that says what it is
	given any
	log   journal
	cmd   *exec.Cmd
	hold  io.Closer
}

// start starts it, and reads what it says once it is there.
func (k *killable) start(says any) {
	k.t.Helper()
	given, err := json.Marshal(k.given)
	if err != nil {
		k.t.Fatal(err)
	}
	// The port it had may be taken by an outgoing connection for a moment.
	for end := time.Now().Add(20 * time.Second); ; time.Sleep(100 * time.Millisecond) {
		if err = k.try(string(given), says); err == nil {
			return
		}
		k.kill()
		if time.Now().After(end) {
			k.t.Fatalf("%v:\n%s", err, k.log.String())
		}
	}
}

func (k *killable) try(given string, says any) error {
	k.cmd = exec.CommandContext(context.Background(), os.Args[0])
	k.cmd.Env = append(os.Environ(), k.as+"="+given)
	k.cmd.Stderr = &k.log
	in, err := k.cmd.StdinPipe()
	if err != nil {
		return err
	}
	k.hold = in
	out, err := k.cmd.StdoutPipe()
	if err != nil {
		return err
	}
	if err := k.cmd.Start(); err != nil {
		return err
	}
	return json.NewDecoder(out).Decode(says)
}

// kill kills it, and waits until it is gone.
func (k *killable) kill() {
	if k.cmd == nil || k.cmd.Process == nil {
		return
	}
	_ = k.cmd.Process.Kill()
	_ = k.cmd.Wait() // it was killed
	_ = k.hold.Close()
}

// remote is a simulated system in a process of its own, of which the administrator's
// interface says what it has.
type remote struct {
	killable

	kind   systems.Kind
	config systems.Config
	is     listening
	deaths int
}

func newRemote(t *testing.T, kind systems.Kind) *remote {
	t.Helper()
	dir := t.TempDir()
	r := &remote{kind: kind, config: systems.Config{
		Systems: []systems.SystemConfig{{Name: kind.Name, Plain: true}}, Credentials: filepath.Join(dir, "credentials"), Journal: filepath.Join(dir, "journal"),
	}}
	r.killable = killable{t: t, as: systemProcess, given: &r.config}
	t.Cleanup(r.kill)
	r.start(&r.is)
	// Started again it is where it was.
	r.config.Admin, r.config.Systems[0].Listen = r.is.Admin[len("http://"):], r.is.Address
	return r
}

// secrets are the credentials it gave out.
func (r *remote) secrets() map[string][]byte {
	r.t.Helper()
	dir := filepath.Join(r.config.Credentials, r.kind.Secret)
	files, err := os.ReadDir(dir)
	if err != nil {
		r.t.Fatal(err)
	}
	out := map[string][]byte{}
	for _, f := range files {
		if out[f.Name()], err = os.ReadFile(filepath.Join(dir, f.Name())); err != nil {
			r.t.Fatal(err)
		}
	}
	return out
}

// ask asks the administrator's interface for what is below the system.
func (r *remote) ask(method, what string, body, into any) {
	r.t.Helper()
	data, err := json.Marshal(body)
	if err != nil {
		r.t.Fatal(err)
	}
	req, err := http.NewRequestWithContext(r.t.Context(), method, r.is.Admin+"/systems/"+r.kind.Name+what, bytes.NewReader(data))
	if err != nil {
		r.t.Fatal(err)
	}
	req.Close = true
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		r.t.Fatal(err)
	}
	defer resp.Body.Close()
	if err := json.NewDecoder(resp.Body).Decode(into); err != nil || resp.StatusCode != http.StatusOK {
		r.t.Fatalf("%s %s: %d, %v", method, what, resp.StatusCode, err)
	}
}

func (r *remote) summary() (out systems.Summary) {
	r.t.Helper()
	r.ask(http.MethodGet, "/summary", nil, &out)
	return out
}

func (r *remote) faults(f systems.Faults) {
	r.t.Helper()
	r.ask(http.MethodPut, "/faults", f, &f)
}

// provoke switches faults on, and waits until they have hit messages, each that is named.
func (r *remote) provoke(f systems.Faults, named ...string) {
	r.t.Helper()
	before, now := r.summary().Faulty, map[string]int64(nil)
	r.faults(f)
	// It may be left alone for a while, since it died or had faults before.
	for end := time.Now().Add(90 * time.Second); slices.ContainsFunc(named, func(n string) bool { return now[n] <= before[n] }); time.Sleep(20 * time.Millisecond) {
		if now = r.summary().Faulty; time.Now().After(end) {
			r.t.Fatalf("%s never had the faults %v: %v", r.kind.Name, named, now)
		}
	}
}

// die kills the system while it works on messages: when it has stored some that it has
// not answered, or before it has stored them. Then it is started again. It says how
// many those were at least.
func (r *remote) die(stored bool) (atWork int64) {
	r.t.Helper()
	fault, at := systems.Faults{Slow: systems.Duration(time.Minute)}, "slow"
	if stored {
		fault, at = systems.Faults{Late: systems.Duration(time.Minute)}, "late"
	}
	r.provoke(fault, at)
	atWork = r.summary().Faulty[at]
	r.restart()
	r.deaths++
	return atWork
}

// restart kills it, whatever it does, and starts it again.
func (r *remote) restart() {
	r.t.Helper()
	r.kill()
	r.start(&r.is)
}
