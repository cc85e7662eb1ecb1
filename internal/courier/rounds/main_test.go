package rounds

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/shequ-io/shequ/internal/courier"
	"github.com/shequ-io/shequ/internal/store"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

// outbox is one in memory, as store.Courier has it in a database.
type outbox struct {
	mu        sync.Mutex
	rows      map[courier.Key]*row
	delivered []store.Settlement
	settled   []store.Settlement
	away      error // the database is not there
	invalid   courier.Key
	// looks, claims and writes are how often it was asked.
	looks, claims, writes int
	most                  int // messages of one claim
}

type row struct {
	courier.Pending

	parcel store.Parcel
	until  time.Time // of the lease
	why    string
}

func newOutbox() *outbox { return &outbox{rows: map[courier.Key]*row{}} }

// enter puts messages of a case in, for the system of the tests.
func (o *outbox) enter(caseID string, versions ...int64) {
	o.mu.Lock()
	defer o.mu.Unlock()
	for _, v := range versions {
		m := courier.Message{
			Facts:  courier.Facts{Case: caseID, Task: "d/t", System: "s", Purpose: "p", Version: v},
			Fields: []courier.Field{{Name: "a", Value: "b"}}, Codes: []courier.Code{"a"}, Salt: "0123456789abcdef",
		}
		o.rows[m.Key()] = &row{
			Pending: courier.Pending{Key: m.Key(), Case: caseID, System: "s", Version: v, State: courier.Waiting, NotBefore: time.Now()},
			parcel:  store.Parcel{Message: m, Key: m.Key(), Refused: "NotAccepted:2,OtherPurpose:1", Entered: time.Now()},
		}
	}
}

func (o *outbox) due(system string, now time.Time, most int) []courier.Pending {
	var all []courier.Pending
	for _, r := range o.rows {
		p := r.Pending
		if p.State == courier.UnderWay && !r.until.After(now) {
			p.State = courier.Waiting
		}
		if p.System == system {
			all = append(all, p)
		}
	}
	return courier.Next(all, now, most)
}

// Due implements Store.
func (o *outbox) Due(context.Context) ([]string, time.Time, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.looks++
	if o.away != nil {
		return nil, time.Time{}, o.away
	}
	systems := map[string]bool{}
	var next time.Time
	now := time.Now()
	for _, r := range o.rows {
		at := r.NotBefore
		if r.State == courier.UnderWay {
			at = r.until
		}
		if at.After(now) && r.State != courier.Dead && (next.IsZero() || at.Before(next)) {
			next = at
		}
		if !systems[r.System] && len(o.due(r.System, now, 1)) > 0 {
			systems[r.System] = true
		}
	}
	return slices.Sorted(maps.Keys(systems)), next, nil
}

// Claim implements Store.
func (o *outbox) Claim(_ context.Context, system string, most int, lease time.Duration) ([]store.Parcel, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.claims++
	if o.away != nil {
		return nil, o.away
	}
	var out []store.Parcel
	for _, p := range o.due(system, time.Now(), most) {
		r := o.rows[p.Key]
		r.State, r.until = courier.UnderWay, time.Now().Add(lease)
		out = append(out, r.parcel)
	}
	o.most = max(o.most, len(out))
	if len(out) > 0 {
		o.writes++
	}
	return out, nil
}

// Settle implements Store.
func (o *outbox) Settle(_ context.Context, settlements []store.Settlement) error {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.writes++
	if o.away != nil {
		return o.away
	}
	for _, s := range settlements {
		if s.Key == o.invalid && s.Delivered != nil {
			return store.ErrInvalid
		}
	}
	for _, s := range settlements {
		o.settled = append(o.settled, s)
		r := o.rows[s.Key]
		switch {
		case r == nil:
		case s.Delivered != nil:
			delete(o.rows, s.Key)
			o.delivered = append(o.delivered, s)
		case s.Dead:
			r.State, r.why = courier.Dead, s.Why
		default:
			r.State, r.NotBefore, r.why = courier.Waiting, s.Later, s.Why
			if s.Failed {
				r.parcel.Failures++
			}
		}
	}
	return nil
}

// empty takes all away, as the desk does of cases that are withdrawn.
func (o *outbox) empty() {
	o.mu.Lock()
	defer o.mu.Unlock()
	clear(o.rows)
}

func (o *outbox) fail(err error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.away = err
}

// count is how many messages stand so.
func (o *outbox) count(state courier.PendingState) int {
	o.mu.Lock()
	defer o.mu.Unlock()
	n := 0
	for _, r := range o.rows {
		if r.State == state {
			n++
		}
	}
	return n
}

// asked is how often it was looked at, claimed from and written to.
func (o *outbox) asked() (looks, claims, writes int) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.looks, o.claims, o.writes
}

func (o *outbox) left() int {
	o.mu.Lock()
	defer o.mu.Unlock()
	return len(o.rows)
}

// system is one that is sent to: it answers as it is told, and remembers.
type system struct {
	answer func(n int, m courier.Message) (courier.Answer, error)
	takes  time.Duration

	mu       sync.Mutex
	begun    []time.Time
	received map[courier.Key]int
	order    map[string][]int64 // versions of each case, as they were taken
	underWay int
	atOnce   int
}

func newSystem() *system {
	return &system{received: map[courier.Key]int{}, order: map[string][]int64{}}
}

var accepted = courier.Answer{Status: 200, Body: []byte(`{"outcome":"accepted","reference":"R-1"}`)}

// Send implements transport.Sender.
func (s *system) Send(ctx context.Context, m courier.Message, key courier.Key) (courier.Answer, error) {
	s.mu.Lock()
	s.begun = append(s.begun, time.Now())
	n := len(s.begun)
	s.underWay++
	s.atOnce = max(s.atOnce, s.underWay)
	s.mu.Unlock()
	defer func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.underWay--
	}()
	if s.takes > 0 {
		select {
		case <-time.After(s.takes):
		case <-ctx.Done():
			return courier.Answer{}, down("it was broken off")
		}
	}
	out, err := accepted, error(nil)
	if s.answer != nil {
		out, err = s.answer(n, m)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if err == nil {
		if s.received[key]++; s.received[key] == 1 {
			s.order[m.Case] = append(s.order[m.Case], m.Version)
		}
	}
	return out, err
}

// Close implements transport.Sender.
func (*system) Close() {}

func (s *system) asked() []time.Time {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.begun)
}

// inOrder checks that the versions of every case were taken in their order.
func (s *system) inOrder(t testing.TB) {
	t.Helper()
	s.mu.Lock()
	defer s.mu.Unlock()
	for c, versions := range s.order {
		if !slices.IsSorted(versions) {
			t.Errorf("case %s was taken as %v", c, versions)
		}
	}
}

// twice is how many messages it got more than once.
func (s *system) twice() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	n := 0
	for _, times := range s.received {
		if times > 1 {
			n++
		}
	}
	return n
}

// reading is that of the simulated systems.
var reading = must(courier.CompileReading(courier.ReadingRules{
	Accepted:   `body.outcome == "accepted"`,
	Rejected:   &courier.Condition{When: `body.outcome == "rejected"`, Otherwise: "not-eligible"},
	MoreNeeded: &courier.Condition{When: `body.outcome == "more-information"`, Otherwise: "materials-missing"},
	Reference:  "body.reference",
}))

// systems are those of a test.
type systems struct {
	mu  sync.Mutex
	all map[string]System
	why map[string]*HeldError
}

// Find implements Systems.
func (s *systems) Find(name string) (System, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if e := s.why[name]; e != nil {
		return System{}, e
	}
	if out, ok := s.all[name]; ok {
		return out, nil
	}
	return System{}, &HeldError{HeldUnknown, "there is no such system"}
}

// hold has nothing sent to the system of the tests, for a reason; nil: it is sent to.
func (s *systems) hold(e *HeldError) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.why = map[string]*HeldError{"s": e}
}

func single(s *system, rules courier.PaceRules) *systems {
	return &systems{all: map[string]System{"s": {Sender: s, Reading: reading, Pace: rules, Timeout: 30 * time.Second, Generation: 1}}}
}

// start runs rounds; the returned function ends them.
func start(o *outbox, config Config) (*Rounds, func()) {
	config.Seed = 1
	r := New(o, config)
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() {
		defer close(done)
		r.Run(ctx)
	}()
	return r, func() {
		cancel()
		<-done
	}
}

// checkMinutes checks that no minute has more than the limit.
func checkMinutes(t testing.TB, begun []time.Time, limit int) {
	t.Helper()
	first := 0
	for i, at := range begun {
		for at.Sub(begun[first]) >= time.Minute {
			first++
		}
		if i-first+1 > limit {
			t.Fatalf("%d begun in the minute before %v, limit %d", i-first+1, at, limit)
		}
	}
}

func caseName(n int) string { return fmt.Sprintf("case-%d", n) }

// contextOf is a context that ends when the returned function is called.
func contextOf(testing.TB) (context.Context, context.CancelFunc) {
	return context.WithCancel(context.Background())
}

// headOf is the first message of a message's line.
func (o *outbox) headOf(key courier.Key) courier.Pending {
	o.mu.Lock()
	defer o.mu.Unlock()
	head := o.rows[key].Pending
	for _, r := range o.rows {
		if r.Case == head.Case && r.System == head.System && r.Version < head.Version {
			head = r.Pending
		}
	}
	return head
}

// backlog counts an outbox.
type backlog struct{ *outbox }

// Backlog implements Backlog.
func (b backlog) Backlog(context.Context) ([]store.SystemBacklog, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.away != nil {
		return nil, b.away
	}
	if len(b.rows) == 0 {
		return nil, nil
	}
	out := store.SystemBacklog{System: "s"}
	for _, r := range b.rows {
		if r.State == courier.Dead {
			out.Dead++
		} else {
			out.Waiting++
		}
		if out.Oldest.IsZero() || r.parcel.Entered.Before(out.Oldest) {
			out.Oldest = r.parcel.Entered
		}
	}
	return []store.SystemBacklog{out}, nil
}
