package store_test

import (
	"errors"
	"testing"

	"github.com/shequ-io/shequ/internal/casework"
	"github.com/shequ-io/shequ/internal/courier"
	"github.com/shequ-io/shequ/internal/store"
)

// What is reported is shown month by month, with what each system made of it, to the
// station's staff and to nobody else.
func TestReported(t *testing.T) {
	h := newHome(t)
	c := courierOf(t, h)
	wanted := []store.Report{
		{System: "supervision", Purpose: "e-supervision-report", Community: "a/b"},
		{System: "archive", Purpose: "e-supervision-report", Community: "a/b"},
	}
	reported := func(n int) []store.Reported {
		t.Helper()
		got, err := h.desk.Reported(t.Context(), staff, wanted)
		if err != nil || len(got) != n {
			t.Fatalf("%d months, want %d: %v", len(got), n, err)
		}
		return got
	}
	reported(0)
	for range 12 {
		h.submit(casework.Opinion, aLetter)
	}
	h.clock.pass(80 * aDay)
	if n, err := h.desk.PublishMonths(t.Context()); n != 2 || err != nil {
		t.Fatalf("%d months, %v", n, err)
	}
	if got := reported(2); got[0].Sent != nil || got[0].Period.Total.Opened.N != 0 || got[1].Period.Total.Opened.N != 12 {
		t.Errorf("%+v", got)
	}
	if n, err := h.desk.Report(t.Context(), wanted[:1]); n != 2 || err != nil {
		t.Fatalf("%d reports, %v", n, err)
	}
	// The months of one system go one after the other, the oldest first.
	settle(t, c, h.taken(&claim(t, c, "supervision", 1)[0], courier.Outcome{Verdict: courier.Accepted, Reference: "R-1"}))
	got := reported(2)
	if len(got[0].Sent) != 1 || got[0].Sent[0].State != store.DeliveryWaiting || len(got[1].Sent) != 1 || got[1].Sent[0].State != store.DeliveryDelivered || got[1].Sent[0].Reference != "R-1" {
		t.Errorf("%+v", got)
	}
	if n, err := h.desk.Report(t.Context(), wanted); n != 2 || err != nil {
		t.Fatalf("%d reports, %v", n, err)
	}
	if got := reported(2); len(got[1].Sent) != 2 || got[1].Sent[0].System != "supervision" || got[1].Sent[1].System != "archive" {
		t.Errorf("%+v", got)
	}
	for _, who := range []store.Who{{Actor: casework.Actor{Role: casework.GridWorker, Work: "w", Grid: "g"}}, {}} {
		if _, err := h.desk.Reported(t.Context(), who, wanted); !errors.Is(err, store.ErrNotYours) {
			t.Errorf("%+v: %v", who, err)
		}
	}
}
