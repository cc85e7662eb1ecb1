package main

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/shequ-io/shequ/api/v1alpha1"
	"github.com/shequ-io/shequ/hack/simulators/systems"
	"github.com/shequ-io/shequ/internal/content"
	"github.com/shequ-io/shequ/internal/courier"
	"github.com/shequ-io/shequ/internal/store"
	"github.com/shequ-io/shequ/internal/store/storetest"
)

// town is a community's database, its courier, and the systems it delivers to, each of
// which can be killed.
type town struct {
	t       *testing.T
	server  *storetest.Server
	desk    *store.Desk
	courier killable
	systems map[string]*remote
}

func (x *town) processed() (n int) {
	x.t.Helper()
	for _, s := range x.systems {
		n += int(s.summary().Processed)
	}
	return n
}

func newTown(t *testing.T, names []string) *town {
	t.Helper()
	x := &town{t: t, systems: map[string]*remote{}}
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
	for _, kind := range systems.Kinds() {
		if !slices.Contains(names, kind.Name) {
			continue
		}
		s := newRemote(t, kind)
		x.systems[kind.Name] = s
		declared := reachable(kind, s.is.System)
		// None of them is done before all were killed.
		declared.RateLimit = &v1alpha1.SystemRateLimit{PerMinute: 6000, Concurrent: 8}
		c.Systems = append(c.Systems, declared)
		for key, value := range s.secrets() {
			put(t, given.Credentials, content.CredentialFile(kind.Name, key), value)
		}
	}
	data, err := content.MarshalCourier(c)
	if err != nil {
		t.Fatal(err)
	}
	put(t, given.Courier, content.CourierFile, data)
	x.courier = killable{t: t, as: courierProcess, given: given}
	t.Cleanup(x.courier.kill)
	return x
}

// enter enters so many versions of so many cases for each system.
func (x *town) enter(cases, versions int) (all []courier.Consignment) {
	x.t.Helper()
	values := map[string]string{"applicant-name": "某甲", "identity-number": "000000000000000000", "course-title": "书法", "request-text": "楼道的灯坏了"}
	for name, s := range x.systems {
		kind := s.kind
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

// TestNothingIsLost delivers ten thousand messages while courier, database and systems,
// each a process of its own, are killed in turn: systems with messages that they have
// stored and not answered, and with some that they have not stored yet. Some process
// without answering besides, and one asks to be left alone. Every message is processed
// once, those of a case in their order, nothing is left, and the record of all of it
// holds.
func TestNothingIsLost(t *testing.T) {
	names := []string{systems.SocialSecurity, systems.RemoteEducation, systems.CivilAffairs, systems.Hotline}
	const cases, versions = 500, 5
	x := newTown(t, names)
	began := time.Now()
	all := x.enter(cases, versions)
	t.Logf("%d messages are entered after %v", len(all), time.Since(began).Round(time.Millisecond))
	x.courier.start(new(any))
	blows := []func(round int){
		func(int) { x.courier.kill(); x.courier.start(new(any)) },
		func(int) {
			x.server.Kill()
			if err := x.server.Start(t.Context()); err != nil {
				t.Fatal(err)
			}
		},
		func(round int) {
			// Of those that died least often, the one that has most to do.
			s := slices.MinFunc(x.busy(cases*versions), func(a, b *remote) int { return a.deaths - b.deaths })
			stored := round%2 == 0
			t.Logf("%s died with %d messages at work, stored: %v", s.kind.Name, s.die(stored), stored)
		},
		func(int) {
			all := x.busy(cases * versions)
			all[0].provoke(systems.Faults{Drop: true, Times: 4}, "drop")
			all[len(all)-1].provoke(systems.Faults{Rate: &systems.Rate{Messages: 50, Per: systems.Duration(time.Second)}, Wrong: systems.WrongStatus, Times: 3}, systems.WrongStatus, "rate")
		},
	}
	const rounds = 4
	for round := range rounds {
		for i, blow := range blows {
			want := len(all) * (round*len(blows) + i + 1) / (rounds*len(blows) + 10)
			x.until(want)
			t.Logf("%v: %d are processed", time.Since(began).Round(time.Millisecond), x.processed())
			blow(round)
		}
		for _, name := range names {
			x.systems[name].faults(systems.Faults{})
		}
	}
	for end := time.Now().Add(90 * time.Second); x.left() != 0; time.Sleep(100 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("%d are left:\n%s", x.left(), x.courier.log.String())
		}
	}
	t.Logf("all is delivered %v after the first was entered", time.Since(began).Round(time.Millisecond))
	for _, s := range x.systems {
		s.restart() // what counts is what it kept
	}
	x.check(all, versions)
	x.checkRecords(all)
	if text := x.courier.log.String(); strings.Contains(text, "某甲") || strings.Contains(text, "书法") {
		t.Error("the log holds what was delivered")
	}
}

// busy are the systems that still have much to do, those that have most first.
func (x *town) busy(each int) (out []*remote) {
	x.t.Helper()
	done := map[*remote]int64{}
	for _, s := range x.systems {
		if done[s] = s.summary().Processed; done[s] <= int64(each)-200 {
			out = append(out, s)
		}
	}
	if len(out) == 0 {
		x.t.Fatal("all systems have nearly all; enter more messages")
	}
	slices.SortFunc(out, func(a, b *remote) int { return int(done[a] - done[b]) })
	return out
}

// left is how many messages are in the outbox, dead ones too; -1 where it can't be asked.
func (x *town) left() (n int64) {
	waiting, err := x.desk.Waiting(x.t.Context(), lead)
	if err != nil {
		return -1
	}
	for _, w := range waiting {
		n += w.Waiting + w.Dead
	}
	return n
}

// until waits until so many messages are processed.
func (x *town) until(want int) {
	x.t.Helper()
	for end := time.Now().Add(60 * time.Second); x.processed() < want; time.Sleep(20 * time.Millisecond) {
		if time.Now().After(end) {
			for name, s := range x.systems {
				x.t.Logf("%s: %+v", name, s.summary())
			}
			x.t.Fatalf("never %d of them processed:\n%s", want, x.courier.log.String())
		}
	}
}

// check holds what systems have against what was entered.
func (x *town) check(all []courier.Consignment, versions int) {
	t := x.t
	t.Helper()
	entered, again := map[string]map[string]int64{}, int64(0)
	for i := range all {
		c := &all[i]
		if entered[c.System] == nil {
			entered[c.System] = map[string]int64{}
		}
		entered[c.System][string(c.Key())] = c.Version
	}
	for name, s := range x.systems {
		var keys map[string]systems.KeyCount
		var cases map[string][]string
		s.ask(http.MethodGet, "/keys", nil, &keys)
		s.ask(http.MethodGet, "/cases", nil, &cases)
		for key := range entered[name] {
			if n := keys[key]; n.Received < 1 || n.Processed != 1 {
				t.Errorf("%s: key %s came %d times and was processed %d times", name, key, n.Received, n.Processed)
			}
			again += keys[key].Received - 1
		}
		if len(keys) != len(entered[name]) {
			t.Errorf("%s has %d messages, want %d", name, len(keys), len(entered[name]))
		}
		for c, keys := range cases {
			var order []int64
			for _, key := range keys {
				order = append(order, entered[name][key])
			}
			if len(order) != versions || !slices.IsSorted(order) {
				t.Errorf("%s had the versions of case %s as %v", name, c, order)
			}
		}
	}
	t.Logf("%d messages came more than once, and were processed once", again)
}

// checkRecords holds the records against what was entered.
func (x *town) checkRecords(all []courier.Consignment) {
	t := x.t
	t.Helper()
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
