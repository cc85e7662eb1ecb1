package store_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/shequ-io/shequ/internal/casework"
	"github.com/shequ-io/shequ/internal/courier"
	"github.com/shequ-io/shequ/internal/store"
)

func order(change ...func(*store.WorkOrder)) store.WorkOrder {
	o := store.WorkOrder{
		System: "hotline-12345", Key: "order-key-1", Reference: "GD-000001", Urgency: casework.Utility, Received: t0,
		Terms:  store.Terms{Item: "hotline", Purpose: "hotline-12345", RetentionDays: 90},
		Letter: store.Letter{Fields: casework.Fields{"request-text": "the lamp is out"}, Place: &store.Place{Longitude: 121_0000000, Latitude: 31_0000000}},
	}
	for _, c := range change {
		c(&o)
	}
	return o
}

// A hotline's order becomes one case, however often it comes; it goes to the grid it is
// about, and its answer knows where to go.
func TestWorkOrders(t *testing.T) {
	h := newHome(t)
	var asked []courier.Occasion
	h.deliver(func(o courier.Occasion) []courier.Consignment {
		asked = append(asked, o)
		if o.Case.Step != casework.Reported {
			return nil
		}
		f := courier.Facts{Case: o.Case.ID, System: o.From, Purpose: o.Purpose, Version: o.Case.Version}
		return []courier.Consignment{{Facts: f, TellOnly: true, Message: &courier.Message{Facts: f, Fields: []courier.Field{{Name: "workOrder", Value: o.Reference}}, Salt: o.Salt()}}}
	})
	c := courierOf(t, h)
	fresh := make([]bool, 5)
	couriers := []*store.Courier{c, courierOf(t, h), courierOf(t, h)}
	together(len(fresh), func(i int) {
		again, err := couriers[i%len(couriers)].Order(context.Background(), order())
		if err != nil {
			t.Error(err)
		}
		fresh[i] = !again
	})
	first := 0
	for _, is := range fresh {
		if is {
			first++
		}
	}
	if first != 1 {
		t.Errorf("%d of 5 were told that theirs was the first", first)
	}
	h.nowhere(t, "the lamp is out")
	if got := h.takeIn(); got != (store.Intake{Taken: 1}) {
		t.Fatalf("%+v", got)
	}
	if again, err := c.Order(t.Context(), order()); err != nil || !again {
		t.Errorf("sent again after it was taken in: %v, %v", again, err)
	}
	rows, err := h.desk.Find(t.Context(), lead, "2026-000001")
	if err != nil || len(rows) != 1 {
		t.Fatalf("%+v, %v", rows, err)
	}
	id := rows[0].ID
	d, err := h.desk.Case(t.Context(), staff, id)
	if err != nil || d.Kind != casework.WorkOrder || d.Urgency != casework.Utility || d.Channel != store.HotlineChannel || !d.Received.Equal(t0) ||
		d.Letter.Fields["request-text"] != "the lamp is out" || d.Terms.System != "hotline-12345" || d.Terms.Reference != "GD-000001" ||
		d.Case.History[0].Event.Actor != (casework.Actor{Role: casework.System, Work: "hotline-12345"}) {
		t.Errorf("%+v, %v", d, err)
	}
	h.do(staff, id, casework.Register)
	if n, err := h.desk.Dispatch(t.Context()); n != 1 || err != nil {
		t.Fatal(n, err)
	}
	h.do(worker, id, casework.Handle)
	h.do(worker, id, casework.Report)
	for _, o := range asked {
		if o.From != "hotline-12345" || o.Reference != "GD-000001" {
			t.Errorf("%s, %s", o.From, o.Reference)
		}
	}
	if p := claim(t, c, "hotline-12345", 1)[0]; p.Fields[0].Value != "GD-000001" || len(p.Codes) != 0 {
		t.Errorf("%+v", p.Facts)
	}
	// Another system's order of the same key is another.
	if again, err := c.Order(t.Context(), order(func(o *store.WorkOrder) { o.System = "hotline-2" })); err != nil || again {
		t.Errorf("%v, %v", again, err)
	}
}

func TestWorkOrdersThatAreNone(t *testing.T) {
	h := newHome(t)
	c := courierOf(t, h)
	for name, change := range map[string]func(*store.WorkOrder){
		"no system":       func(o *store.WorkOrder) { o.System = "" },
		"no key":          func(o *store.WorkOrder) { o.Key = "" },
		"a long key":      func(o *store.WorkOrder) { o.Key = string(make([]byte, 256)) },
		"no time":         func(o *store.WorkOrder) { o.Received = time.Time{} },
		"no item":         func(o *store.WorkOrder) { o.Terms.Item = "" },
		"words":           func(o *store.WorkOrder) { o.Reference = "call back 张" },
		"another urgency": func(o *store.WorkOrder) { o.Urgency = "soon" },
		"off the earth":   func(o *store.WorkOrder) { o.Letter.Place.Latitude = 1 << 40 },
	} {
		if _, err := c.Order(t.Context(), order(change)); !errors.Is(err, store.ErrInvalid) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if got := h.takeIn(); got != (store.Intake{}) {
		t.Errorf("%+v", got)
	}
}

// A nonce is taken once by each system, also by another courier, until its time is over.
func TestNonces(t *testing.T) {
	h := newHome(t)
	c, other := courierOf(t, h), courierOf(t, h)
	fresh := func(c *store.Courier, system, nonce string, want bool) {
		t.Helper()
		if got, err := c.Nonce(t.Context(), system, nonce, h.clock.Now().Add(10*time.Minute)); got != want || err != nil {
			t.Errorf("%v, want %v: %v", got, want, err)
		}
	}
	fresh(c, "a", "n1", true)
	fresh(c, "a", "n1", false)
	fresh(other, "a", "n1", false)
	fresh(c, "b", "n1", true)
	h.clock.pass(11 * time.Minute)
	fresh(c, "b", "n2", true)
	fresh(c, "a", "n1", true)
	var kept int
	if err := h.admin().QueryRow(t.Context(), "SELECT count(*) FROM nonces").Scan(&kept); err != nil || kept != 2 {
		t.Errorf("%d nonces are kept, %v", kept, err)
	}
	for _, bad := range []string{"", string(make([]byte, 129))} {
		if _, err := c.Nonce(t.Context(), "a", bad, h.clock.Now()); !errors.Is(err, store.ErrInvalid) {
			t.Errorf("%d characters: %v", len(bad), err)
		}
	}
}
