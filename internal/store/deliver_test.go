package store_test

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"testing"
	"time"

	"github.com/shequ-io/shequ/internal/casework"
	"github.com/shequ-io/shequ/internal/courier"
	"github.com/shequ-io/shequ/internal/store"
	"github.com/shequ-io/shequ/internal/store/storetest"
)

const aSalt = "0123456789abcdef"

// rules decide on deliveries in a test.
type rules func(courier.Occasion) []courier.Consignment

func (h *home) compose(o courier.Occasion) []courier.Consignment {
	if r := h.rules.Load(); r != nil {
		return (*r)(o)
	}
	return nil
}

func (h *home) deliver(r rules) { h.rules.Store(&r) }

// message is a consignment about a case, with one element.
func message(caseID, system string, version int64) courier.Consignment {
	f := courier.Facts{Case: caseID, Task: "civil-affairs/allowance", System: system, Purpose: "service", Version: version}
	return courier.Consignment{Facts: f, Message: &courier.Message{
		Facts: f, Fields: []courier.Field{{Name: "name", Value: "a resident’s name"}}, Codes: []courier.Code{"applicant-name"}, Salt: aSalt,
	}}
}

// onRegister sends the name to two systems when a case is registered, and withholds
// the rest from a third.
func onRegister(o courier.Occasion) []courier.Consignment {
	if o.Case.History[len(o.Case.History)-1].Event.Type != casework.Register {
		return nil
	}
	var out []courier.Consignment
	for _, system := range []string{"a-system", "b-system", "c-system"} {
		f := courier.Facts{Case: o.Case.ID, Task: o.Task, System: system, Purpose: o.Purpose, Version: o.Case.Version}
		c := courier.Consignment{Facts: f, Refused: "NotAccepted:1"}
		if system != "c-system" {
			c.Message = &courier.Message{
				Facts: f, Fields: []courier.Field{{Name: "name", Value: o.Fields["applicant-name"]}}, Codes: []courier.Code{"applicant-name"}, Salt: o.Salt(),
			}
		}
		out = append(out, c)
	}
	return out
}

// courier is the home's courier, which has its clock.
func courierOf(t testing.TB, h *home) *store.Courier {
	t.Helper()
	return h.Courier(t, func(c *store.Config) { c.Now = h.clock.Now })
}

func (h *home) enqueue(t testing.TB, all ...courier.Consignment) {
	t.Helper()
	if err := h.desk.Enqueue(context.Background(), all); err != nil {
		t.Fatal(err)
	}
}

func settle(t testing.TB, c *store.Courier, all ...store.Settlement) {
	t.Helper()
	if err := c.Settle(context.Background(), all); err != nil {
		t.Fatal(err)
	}
}

// claim claims what is due for a system: so many parcels.
func claim(t testing.TB, c *store.Courier, system string, n int) []store.Parcel {
	t.Helper()
	got, err := c.Claim(context.Background(), system, 100, time.Minute)
	if err != nil || len(got) != n {
		t.Fatalf("%d parcels for %s, want %d: %v", len(got), system, n, err)
	}
	return got
}

func (h *home) taken(p *store.Parcel, said courier.Outcome) store.Settlement {
	return store.Settlement{Key: p.Key, Parcel: p, At: h.clock.Now(), Delivered: &said}
}

func (h *home) dead(p *store.Parcel) store.Settlement {
	return store.Settlement{Key: p.Key, Parcel: p, At: h.clock.Now(), Dead: true, Failed: true, Why: "status-400"}
}

// deliveriesOf are those of a case, as "state system version why".
func (h *home) deliveriesOf(t testing.TB, id string) []store.Delivery {
	t.Helper()
	out, err := h.desk.Deliveries(context.Background(), staff, id)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func states(all []store.Delivery) string {
	out := ""
	for _, d := range all {
		out += fmt.Sprintf("%s %s; ", d.System, d.State)
	}
	return out
}

// checkDeliveries reads the whole chain of deliveries and holds it against its head.
func (h *home) checkDeliveries(t testing.TB) []courier.Entry {
	t.Helper()
	entries, err := readDeliveries(h.desk)
	if err != nil {
		t.Fatal(err)
	}
	head, err := h.desk.DeliveryHead(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	if err := courier.Check(entries, head); err != nil {
		t.Fatal(err)
	}
	once := map[courier.Key]bool{}
	for _, e := range entries {
		if once[e.Record.Key] {
			t.Errorf("%s is twice on record", e.Record.Key)
		}
		once[e.Record.Key] = true
	}
	return entries
}

func readDeliveries(d *store.Desk) ([]courier.Entry, error) {
	var out []courier.Entry
	for {
		page, err := d.DeliveryTrail(context.Background(), int64(len(out))+1, 50)
		if err != nil || len(page) == 0 {
			return out, err
		}
		out = append(out, page...)
	}
}

// A turn asks what it delivers, with all that has to be known.
func TestATurnAsks(t *testing.T) {
	h := newHome(t)
	var asked []courier.Occasion
	h.deliver(func(o courier.Occasion) []courier.Consignment {
		asked = append(asked, o)
		return nil
	})
	f := h.submit(casework.Application, aLetter)
	h.clock.pass(time.Hour)
	h.do(staff, f.ID, casework.Register)
	if len(asked) != 2 {
		t.Fatalf("asked %d times", len(asked))
	}
	o := asked[1]
	if o.Task != f.Terms.Task || o.Item != f.Terms.Item || o.Purpose != f.Terms.Purpose || o.Case.Version != 2 || !o.At.Equal(t0.Add(time.Hour)) {
		t.Errorf("%+v", o)
	}
	salt, other := o.Salt(), o.Salt()
	if !reflect.DeepEqual(o.Fields, aLetter.Fields) || o.Expired || o.Withdrawn || o.From != "" || o.Replies != nil || len(salt) < 16 || salt == other {
		t.Errorf("%+v", o)
	}
}

// A case that is registered is delivered: what goes waits, what does not is on record
// at once, and nothing that is kept says what the resident wrote.
func TestATurnDelivers(t *testing.T) {
	h := newHome(t)
	h.deliver(onRegister)
	f := h.submit(casework.Application, aLetter)
	h.do(staff, f.ID, casework.Register)
	all := h.deliveriesOf(t, f.ID)
	if s := states(all); s != "c-system withheld; a-system waiting; b-system waiting; " && s != "c-system withheld; b-system waiting; a-system waiting; " {
		t.Fatal(s)
	}
	if d := all[0]; d.Refused != "NotAccepted:1" || d.Sequence != 1 || d.Version != 2 || d.Message != (casework.Hash{}) || d.Codes != "" {
		t.Errorf("withheld: %+v", d)
	}
	if d := all[1]; d.Codes != "applicant-name" || d.Refused != "NotAccepted:1" || !d.NotBefore.Equal(h.clock.Now()) || d.Number != "2026-000001" || d.Case != f.ID {
		t.Errorf("waiting: %+v", d)
	}
	h.nowhere(t, "a resident’s name")
}

// The courier alone opens what goes, as it was made; that it went is shown, and what
// the system said.
func TestAParcelGoes(t *testing.T) {
	h := newHome(t)
	c := courierOf(t, h)
	f, p := h.registered(t, c)
	if p.Fields[0].Value != "a resident’s name" || p.Refused != "NotAccepted:1" || p.Codes[0] != "applicant-name" || p.Facts.Key() != p.Key || !p.Entered.Equal(t0) {
		t.Errorf("%+v: %v", p.Facts, p.Fields[0].Name)
	}
	if systems, next, err := c.Due(t.Context()); err != nil || fmt.Sprint(systems) != "[b-system]" || !next.Equal(t0.Add(time.Minute)) {
		t.Errorf("due: %v, %v, %v", systems, next, err)
	}
	hash, err := p.Hash()
	if err != nil || !containsHash(h.deliveriesOf(t, f.ID), hash) {
		t.Errorf("the hash shown is not the message's: %v", err)
	}
	settle(t, c, h.taken(&p, courier.Outcome{Verdict: courier.Accepted, Reference: "SS-1"}))
	if d := h.deliveriesOf(t, f.ID)[1]; d.State != store.DeliveryDelivered || d.Verdict != courier.Accepted || d.Reference != "SS-1" ||
		d.Reply != store.ReplyWaiting || d.Message != hash || d.Sequence != 2 {
		t.Errorf("delivered: %+v", d)
	}
	if n := len(h.checkDeliveries(t)); n != 2 || h.left(t) != 1 {
		t.Errorf("%d on record, %d wait", n, h.left(t))
	}
}

func containsHash(all []store.Delivery, hash casework.Hash) bool {
	for _, d := range all {
		if d.Message == hash {
			return true
		}
	}
	return false
}

// Where what a turn delivers can't be kept, the turn is not kept either.
func TestNoTurnWithoutItsDeliveries(t *testing.T) {
	h := newHome(t)
	f := h.submit(casework.Application, aLetter)
	for name, r := range map[string]rules{
		"of another case": func(courier.Occasion) []courier.Consignment {
			return []courier.Consignment{{Facts: courier.Facts{}, Message: message(uuid(), "a", 1).Message}}
		},
		"no value": func(o courier.Occasion) []courier.Consignment {
			c := message(o.Case.ID, "a-system", 2)
			c.Message.Fields[0].Value = []string{"a"}
			return []courier.Consignment{c}
		},
	} {
		h.deliver(r)
		if _, err := h.try(staff, f.ID, casework.Register); !errors.Is(err, store.ErrInvalid) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := h.admin().Exec(t.Context(), "REVOKE INSERT ON deliveries FROM shequ_desk"); err != nil {
		t.Fatal(err)
	}
	h.deliver(onRegister)
	if _, err := h.try(staff, f.ID, casework.Register); err == nil {
		t.Error("registered without a record")
	}
	if p := h.progress(f); p.Step != casework.Collected || h.left(t) != 0 || len(h.checkTrail()) != 1 {
		t.Errorf("%s, and %d wait", p.Step, h.left(t))
	}
}

// A message nobody can send does not hold up its case: it is dead, and is shown.
func TestAMessageThatIsUnfit(t *testing.T) {
	h := newHome(t)
	h.deliver(func(o courier.Occasion) []courier.Consignment {
		c := message(o.Case.ID, "a-system", o.Case.Version)
		c.Message.Salt = "short"
		return []courier.Consignment{c}
	})
	f := h.submit(casework.Application, aLetter)
	if all := h.deliveriesOf(t, f.ID); len(all) != 1 || all[0].State != store.DeliveryDead || all[0].Why != "unfit" {
		t.Errorf("%+v", all)
	}
}

// The letter is opened for what may be delivered only: not of a case without a task,
// nor for a turn that hands nothing on.
func TestLettersStayClosed(t *testing.T) {
	h := newHome(t)
	asked := 0
	h.deliver(func(courier.Occasion) []courier.Consignment { asked++; return nil })
	f := h.submit(casework.Application, aLetter, func(s *store.Submission) { s.Terms.Task = "" })
	h.do(staff, f.ID, casework.Register)
	if asked != 0 {
		t.Errorf("asked %d times about a case without a task", asked)
	}
	g := h.submit(casework.Application, aLetter, func(s *store.Submission) { s.Terms.AcceptWithinMinutes = 1 })
	if asked != 1 {
		t.Errorf("asked %d times", asked)
	}
	// With a letter that can't be opened time limits and withdrawal go on; what might
	// deliver does not.
	if _, err := h.admin().Exec(t.Context(), "UPDATE letters SET sealed = 'x' WHERE id = $1", g.ID); err != nil {
		t.Fatal(err)
	}
	h.clock.pass(time.Hour)
	if n, err := h.desk.Escalate(t.Context()); n == 0 || err != nil {
		t.Errorf("%d alarms, %v", n, err)
	}
	if _, err := h.try(staff, g.ID, casework.Register); err == nil {
		t.Error("registered without knowing what to deliver")
	}
	h.do(staff, g.ID, casework.Withdraw, because(casework.ConsentWithdrawn), asResident)
	// A case that is registered goes all the way, also to its grid with nobody asking.
	k := h.submit(casework.Application, store.Letter{Fields: aLetter.Fields, Place: &store.Place{Longitude: 121_0000000}})
	h.do(staff, k.ID, casework.Register)
	if _, err := h.admin().Exec(t.Context(), "UPDATE letters SET sealed = 'x' WHERE id = $1", k.ID); err != nil {
		t.Fatal(err)
	}
	if n, err := h.desk.Dispatch(t.Context()); n != 1 || err != nil {
		t.Errorf("%d sent to their grids, %v", n, err)
	}
	h.do(staff, k.ID, casework.Pause, because(casework.UnsafeNow))
	if _, err := h.try(staff, k.ID, casework.Resume); err == nil {
		t.Error("resumed without knowing what to deliver")
	}
	opinion := h.submit(casework.Opinion, aLetter)
	h.do(staff, opinion.ID, casework.Register)
	if _, err := h.admin().Exec(t.Context(), "UPDATE letters SET sealed = 'x' WHERE id = $1", opinion.ID); err != nil {
		t.Fatal(err)
	}
	for _, step := range []casework.EventType{casework.Handle, casework.Report, casework.Close} {
		h.do(lead, opinion.ID, step)
	}
	h.do(lead, opinion.ID, casework.Reopen, because(casework.NotDone), asResident)
	h.do(lead, opinion.ID, casework.Reject, because(casework.NotOurs))
}

func asResident(e *casework.Event) { e.Actor.Role = casework.Resident }

// Values go as they were made, whatever their type.
func TestValuesSurvive(t *testing.T) {
	h := newHome(t)
	id := uuid()
	c := message(id, "a-system", 1)
	c.Message.Fields = []courier.Field{
		{Name: "a.text", Value: "汉字 <&> \"quoted\" \u2028"},
		{Name: "a.empty", Value: ""},
		{Name: "whole", Value: int64(9007199254740993)},
		{Name: "least", Value: int64(-1 << 63)},
		{Name: "number", Value: 0.1},
		{Name: "large", Value: 1e300},
		{Name: "like-whole", Value: float64(3)},
		{Name: "yes", Value: true},
		{Name: "no", Value: false},
		{Name: "nothing", Value: nil},
	}
	c.TellOnly, c.Refused = true, "NotAccepted:3"
	h.enqueue(t, c)
	p := claim(t, courierOf(t, h), "a-system", 1)[0]
	if !reflect.DeepEqual(p.Message, *c.Message) || !p.TellOnly || p.Refused != c.Refused {
		t.Errorf("%#v\nwas\n%#v", p.Fields, c.Message.Fields)
	}
}

// What was sealed to another key, moved or changed is dead with a reason, and holds up
// no other.
func TestParcelsThatCannotBeOpened(t *testing.T) {
	h := newHome(t)
	other := storetest.NewDatabase(t)
	h.enqueue(t, message(uuid(), "a-system", 1), message(uuid(), "a-system", 1), message(uuid(), "a-system", 1))
	rows := h.pending(t)
	set := func(what string, i int, args ...any) {
		t.Helper()
		if _, err := h.admin().Exec(t.Context(), "UPDATE outbox SET "+what+" WHERE key = $1", append([]any{rows[i].Key}, args...)...); err != nil {
			t.Fatal(err)
		}
	}
	set("version = 2", 0)
	foreign, err := other.Keys.Courier.Seal([]byte("{}"), store.ParcelContext(rows[1].Key))
	if err != nil {
		t.Fatal(err)
	}
	set("sealed = $2", 1, foreign)
	c := courierOf(t, h)
	if p := claim(t, c, "a-system", 1)[0]; p.Key != rows[2].Key {
		t.Errorf("claimed %s", p.Key)
	}
	for i, why := range []string{"unreadable", "other-key"} {
		if all, _, err := h.desk.Dead(t.Context(), lead, "", 0); err != nil || len(all) != 2 || whyOf(all, rows[i].Key) != why {
			t.Errorf("%+v, %v, want %s", all, err, why)
		}
	}
	// Somebody puts the key back and replays; it is dead again, and not twice.
	if err := h.desk.Replay(t.Context(), lead, rows[1].Key); err != nil {
		t.Fatal(err)
	}
	claim(t, c, "a-system", 0)
}

func whyOf(all []store.Delivery, key courier.Key) string {
	for _, d := range all {
		if d.Key == key {
			return d.Why
		}
	}
	return ""
}

// What is entered outside of a turn is entered once, also when it was sent meanwhile.
func TestEnqueueIsOnce(t *testing.T) {
	h := newHome(t)
	c := courierOf(t, h)
	m := message(uuid(), "a-system", 1)
	together(6, func(int) {
		if err := h.desk.Enqueue(context.Background(), []courier.Consignment{m, m}); err != nil {
			t.Error(err)
		}
	})
	p := claim(t, c, "a-system", 1)
	settle(t, c, h.taken(&p[0], courier.Outcome{}))
	h.enqueue(t, m)
	withheld := message(uuid(), "a-system", 1)
	withheld.Message = nil
	h.enqueue(t, withheld)
	h.enqueue(t, withheld)
	if n := len(h.checkDeliveries(t)); n != 2 || h.left(t) != 0 {
		t.Errorf("%d on record, %d wait", n, h.left(t))
	}
	bad := message("no uuid", "a-system", 1)
	if err := h.desk.Enqueue(t.Context(), []courier.Consignment{bad}); !errors.Is(err, store.ErrInvalid) {
		t.Errorf("a case that is no UUID: %v", err)
	}
}
