package main

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/shequ-io/shequ/api/v1alpha1"
	"github.com/shequ-io/shequ/hack/simulators/systems"
	"github.com/shequ-io/shequ/internal/content"
	"github.com/shequ-io/shequ/internal/courier"
	"github.com/shequ-io/shequ/internal/store"
	"github.com/shequ-io/shequ/internal/store/storetest"
)

// courierProcess is the variable that makes the test's binary a courier, so that one
// can be killed as a machine would.
const courierProcess = "SHEQU_TEST_COURIER"

// mountedForCourier is what a courier's process is given.
type mountedForCourier struct {
	Secrets     string `json:"secrets"`
	Courier     string `json:"courier"`
	Credentials string `json:"credentials"`
}

func runCourier(given string) int {
	var m mountedForCourier
	if err := json.Unmarshal([]byte(given), &m); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 2
	}
	o := options{
		secrets: secrets(m.Secrets), courier: m.Courier, credentials: m.Credentials, listen: "127.0.0.1:0", metrics: "127.0.0.1:0",
		// What a killed courier had claimed waits for twice that.
		timeout: 3 * time.Second,
	}
	if err := deliver(context.Background(), o, slog.New(slog.NewTextHandler(os.Stderr, nil)), nil); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return 0
}

// killable is a courier in a process of its own.
type killable struct {
	t     *testing.T
	given string
	log   journal
	cmd   *exec.Cmd
}

func (k *killable) start() {
	k.t.Helper()
	k.cmd = exec.CommandContext(context.Background(), os.Args[0])
	k.cmd.Env = append(os.Environ(), courierProcess+"="+k.given)
	k.cmd.Stderr = &k.log
	if err := k.cmd.Start(); err != nil {
		k.t.Fatal(err)
	}
}

func (k *killable) kill() {
	_ = k.cmd.Process.Kill()
	_ = k.cmd.Wait() // it was killed
}

// town is a community's database, its courier, and the systems it delivers to, each of
// which can be killed.
type town struct {
	t       *testing.T
	server  *storetest.Server
	desk    *store.Desk
	courier *killable
	config  map[string]systems.Config
	mu      sync.Mutex
	farms   map[string]*systems.Farm
}

func (x *town) system(name string) *systems.System {
	x.mu.Lock()
	defer x.mu.Unlock()
	return x.farms[name].System(name)
}

// startSystem starts a system that knows what it had processed before.
func (x *town) startSystem(name string) {
	x.t.Helper()
	farm, err := systems.Start(x.t.Context(), x.config[name])
	if err != nil {
		x.t.Fatal(err)
	}
	x.mu.Lock()
	defer x.mu.Unlock()
	x.farms[name] = farm
}

func (x *town) killSystem(name string) {
	x.mu.Lock()
	defer x.mu.Unlock()
	_ = x.farms[name].Close()
}

func (x *town) processed() int {
	n := 0
	for name := range x.config {
		n += len(x.system(name).Keys())
	}
	return n
}

func newTown(t *testing.T, names []string) *town {
	t.Helper()
	x := &town{t: t, config: map[string]systems.Config{}, farms: map[string]*systems.Farm{}}
	x.server = storetest.NewServer(t, storetest.Options{Durable: true})
	database := x.server.NewDatabase(t)
	x.desk = database.Desk(t)
	private, err := database.CourierKeys.Open.Bytes()
	if err != nil {
		t.Fatal(err)
	}
	given := mountedForCourier{t.TempDir(), t.TempDir(), t.TempDir()}
	put(t, given.Secrets, uriKey, []byte(database.URI(storetest.Courier)))
	put(t, given.Secrets, courierKey, private)
	put(t, given.Secrets, publicKey, database.Keys.Public.Bytes())
	put(t, given.Secrets, receiptsKey, database.Keys.Receipts)
	var c content.Courier
	for _, name := range names {
		dir := t.TempDir()
		x.config[name] = systems.Config{
			Systems: []systems.SystemConfig{{Name: name, Plain: true}}, Credentials: filepath.Join(dir, "credentials"), Journal: filepath.Join(dir, "journal"),
		}
		x.startSystem(name)
		s := x.system(name)
		x.config[name].Systems[0].Listen = s.Address()
		declared := reachable(s)
		declared.RateLimit = &v1alpha1.SystemRateLimit{PerMinute: 60000, Concurrent: 8}
		c.Systems = append(c.Systems, declared)
		for key, value := range x.farms[name].Secrets()[s.Kind().Secret] {
			put(t, given.Credentials, content.CredentialFile(name, key), value)
		}
	}
	data, err := content.MarshalCourier(c)
	if err != nil {
		t.Fatal(err)
	}
	put(t, given.Courier, content.CourierFile, data)
	text, err := json.Marshal(given)
	if err != nil {
		t.Fatal(err)
	}
	x.courier = &killable{t: t, given: string(text)}
	t.Cleanup(func() {
		for _, farm := range x.farms {
			_ = farm.Close()
		}
	})
	return x
}

// enter enters so many versions of so many cases for each system.
func (x *town) enter(cases, versions int) (all []courier.Consignment) {
	x.t.Helper()
	values := map[string]string{"applicant-name": "某甲", "identity-number": "000000000000000000", "course-title": "书法", "request-text": "楼道的灯坏了"}
	for name := range x.config {
		kind := x.system(name).Kind()
		codes := kind.Required
		if len(codes) == 0 { // the hotline's depend on what is sent
			codes = kind.Accepts
		}
		for n := range cases {
			for v := range versions {
				m := courier.Message{
					Facts: courier.Facts{Case: fmt.Sprintf("00000000-0000-4000-8000-%012d", n), Task: "d/t", System: name, Purpose: v1alpha1.PurposeCode(kind.Purposes[0]), Version: int64(v + 1)},
					Salt:  "0123456789abcdef",
				}
				for _, code := range codes {
					m.Fields, m.Codes = append(m.Fields, courier.Field{Name: code, Value: values[code]}), append(m.Codes, courier.Code(code))
				}
				all = append(all, courier.Consignment{Facts: m.Facts, Message: &m})
			}
		}
	}
	for batch := range slices.Chunk(all, 1000) {
		if err := x.desk.Enqueue(x.t.Context(), batch); err != nil {
			x.t.Fatal(err)
		}
	}
	return all
}

// TestNothingIsLost delivers ten thousand messages while courier, database and systems
// are killed in turn, some systems process without answering, and one asks to be left
// alone: every message is processed once, those of a case in their order, nothing is
// left, and the record of all of it holds.
func TestNothingIsLost(t *testing.T) {
	names := []string{systems.SocialSecurity, systems.RemoteEducation, systems.CivilAffairs, systems.Hotline}
	const cases, versions = 500, 5
	x := newTown(t, names)
	began := time.Now()
	all := x.enter(cases, versions)
	t.Logf("%d messages are entered after %v", len(all), time.Since(began).Round(time.Millisecond))
	x.courier.start()
	t.Cleanup(func() { x.courier.kill() })
	blows := []func(round int){
		func(int) { x.courier.kill(); x.courier.start() },
		func(int) {
			x.server.Kill()
			if err := x.server.Start(t.Context()); err != nil {
				t.Fatal(err)
			}
		},
		func(round int) {
			name := names[round%len(names)]
			x.killSystem(name)
			x.startSystem(name)
		},
		func(round int) {
			if err := x.system(names[(round+1)%len(names)]).SetFaults(systems.Faults{Drop: true, Times: 20}); err != nil {
				t.Fatal(err)
			}
			if err := x.system(names[(round+2)%len(names)]).SetFaults(systems.Faults{Rate: &systems.Rate{Messages: 50, Per: systems.Duration(time.Second)}, Wrong: systems.WrongStatus, Times: 3}); err != nil {
				t.Fatal(err)
			}
		},
	}
	const rounds = 4
	for round := range rounds {
		for i, blow := range blows {
			want := len(all) * (round*len(blows) + i + 1) / (rounds*len(blows) + 4)
			x.until(want)
			t.Logf("%v: %d are processed", time.Since(began).Round(time.Millisecond), x.processed())
			blow(round)
		}
		for _, name := range names {
			if err := x.system(name).SetFaults(systems.Faults{}); err != nil {
				t.Fatal(err)
			}
		}
	}
	left := func() int64 {
		waiting, err := x.desk.Waiting(t.Context(), lead)
		if err != nil {
			return -1
		}
		var n int64
		for _, w := range waiting {
			n += w.Waiting + w.Dead
		}
		return n
	}
	for end := time.Now().Add(90 * time.Second); left() != 0; time.Sleep(100 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("%d are left:\n%s", left(), x.courier.log.String())
		}
	}
	t.Logf("all is delivered %v after the first was entered", time.Since(began).Round(time.Millisecond))
	x.check(all, versions)
	if text := x.courier.log.String(); strings.Contains(text, "某甲") || strings.Contains(text, "书法") {
		t.Error("the log holds what was delivered")
	}
}

// until waits until so many messages are processed.
func (x *town) until(want int) {
	x.t.Helper()
	for end := time.Now().Add(60 * time.Second); x.processed() < want; time.Sleep(20 * time.Millisecond) {
		if time.Now().After(end) {
			for name := range x.config {
				x.t.Logf("%s has processed %d: %+v", name, len(x.system(name).Keys()), x.system(name).Summary())
			}
			x.t.Fatalf("never %d of them processed:\n%s", want, x.courier.log.String())
		}
	}
}

// check holds systems and records against what was entered.
func (x *town) check(all []courier.Consignment, versions int) {
	t := x.t
	t.Helper()
	version, again := map[string]int64{}, int64(0)
	for i := range all {
		version[string(all[i].Key())] = all[i].Version
	}
	for name := range x.config {
		s := x.system(name)
		keys := s.Keys()
		if len(keys) != len(all)/len(x.config) {
			t.Errorf("%s has %d messages, want %d", name, len(keys), len(all)/len(x.config))
		}
		for key, n := range keys {
			if version[key] == 0 || n.Received < 1 || n.Processed != 1 {
				t.Errorf("%s: key %s came %d times and was processed %d times", name, key, n.Received, n.Processed)
			}
			again += n.Received - 1
		}
		for c, keys := range s.Cases() {
			var order []int64
			for _, key := range keys {
				order = append(order, version[key])
			}
			if len(order) != versions || !slices.IsSorted(order) {
				t.Errorf("%s had the versions of case %s as %v", name, c, order)
			}
		}
	}
	t.Logf("%d messages came more than once, and were processed once", again)
	var entries []courier.Entry
	for {
		page, err := x.desk.DeliveryTrail(t.Context(), int64(len(entries))+1, 1000)
		if err != nil {
			t.Fatal(err)
		}
		if len(page) == 0 {
			break
		}
		entries = append(entries, page...)
	}
	head, err := x.desk.DeliveryHead(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if err := courier.Check(entries, head); err != nil {
		t.Error(err)
	}
	recorded := map[courier.Key]bool{}
	for _, e := range entries {
		if recorded[e.Record.Key] || e.Record.Act != courier.Delivered || e.Record.Verdict != courier.Accepted {
			t.Errorf("record %d is %s %s of %s", e.Sequence, e.Record.Act, e.Record.Verdict, e.Record.Key)
		}
		recorded[e.Record.Key] = true
	}
	if len(recorded) != len(all) {
		t.Errorf("%d records of %d messages", len(recorded), len(all))
	}
}
