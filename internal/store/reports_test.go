package store_test

import (
	"encoding/json"
	"fmt"
	"testing"

	"github.com/shequ-io/shequ/internal/casework"
	"github.com/shequ-io/shequ/internal/courier"
	"github.com/shequ-io/shequ/internal/store"
)

var toSupervision = []store.Report{
	{System: "e-supervision", Purpose: "e-supervision-report", Community: "qingnianlu/anding"},
	{System: "other-supervision", Purpose: "e-supervision-report", Community: "qingnianlu/anding"},
}

// body is a message as a system gets it.
func body(t *testing.T, p *store.Parcel) (period, community string, figures map[string]any) {
	t.Helper()
	raw, err := p.JSON()
	if err != nil {
		t.Fatal(err)
	}
	var out struct {
		Period    string         `json:"period"`
		Community string         `json:"community"`
		Figures   map[string]any `json:"figures"`
	}
	if err := json.Unmarshal(raw, &out); err != nil {
		t.Fatalf("%s: %v", raw, err)
	}
	return out.Period, out.Community, out.Figures
}

// same holds the figures of a report against those a page shows.
func same(t *testing.T, figures map[string]any, shown casework.Figures) {
	t.Helper()
	for name, c := range map[string]casework.Count{
		"opened": shown.Opened, "responded": shown.Responded, "resolved": shown.Resolved, "late": shown.Late, "rated": shown.Rated, "satisfied": shown.Satisfied,
	} {
		value, there := figures[name]
		if !there || c.Hidden && value != nil || !c.Hidden && value != float64(c.N) {
			t.Errorf("%s is reported as %v and shown as %+v", name, value, c)
		}
	}
	if len(figures) != 6 {
		t.Errorf("%v", figures)
	}
}

// Each month's figures are reported to each system that gets them, once, in order, and
// as they were published.
func TestReports(t *testing.T) {
	h := newHome(t)
	report := func(want int) {
		t.Helper()
		if _, err := h.desk.PublishMonths(t.Context()); err != nil {
			t.Fatal(err)
		}
		if got, err := h.desk.Report(t.Context(), toSupervision); got != want || err != nil {
			t.Fatalf("%d reports, want %d: %v", got, want, err)
		}
	}
	h.opened(t, 35, 15)
	report(0)
	h.clock.pass(31 * aDay) // April
	h.opened(t, 12, 3)
	report(0)
	h.clock.pass(45 * aDay) // both months are over
	report(4)
	report(0)
	published, err := h.portal.Disclosed(t.Context())
	if err != nil || len(published.Periods) != 2 {
		t.Fatalf("%+v, %v", published, err)
	}
	c := courierOf(t, h)
	var line string
	for i, month := range []string{"2026-03", "2026-04"} {
		p := claim(t, c, "e-supervision", 1)[0]
		period, community, figures := body(t, &p)
		if period != month || community != "qingnianlu/anding" || p.Task != store.ReportTask || p.Version != int64(202603+i) || p.Purpose != "e-supervision-report" ||
			line != "" && p.Case != line {
			t.Errorf("%s of %s: %+v", period, community, p.Facts)
		}
		line = p.Case
		shown := published.Periods[1-i].Total
		same(t, figures, shown)
		if i == 0 && (figures["opened"] != float64(35) || figures["late"] != nil) {
			t.Errorf("%v", figures)
		}
		if p.Key != courier.NewKey(line, store.ReportTask, "e-supervision", "e-supervision-report", p.Version) || len(p.Codes) != 0 {
			t.Errorf("%+v", p.Facts)
		}
		settle(t, c, h.taken(&p, courier.Outcome{Verdict: courier.Accepted, Reference: "ES-1"}))
		report(0) // it was sent, and is not entered again
	}
	if got, err := h.desk.HearSystems(t.Context()); got != (store.Heard{Applied: 2}) || err != nil {
		t.Errorf("%+v, %v", got, err)
	}
	// Nobody gets a history.
	h.clock.pass(400 * aDay)
	if _, err := h.desk.PublishMonths(t.Context()); err != nil {
		t.Fatal(err)
	}
	late := []store.Report{{System: "late-supervision", Purpose: "e-supervision-report", Community: "qingnianlu/anding"}}
	if n, err := h.desk.Report(t.Context(), late); n != 12 || err != nil {
		t.Errorf("%d reports to a system that is new, %v", n, err)
	}
	if n, err := h.desk.Report(t.Context(), nil); n != 0 || err != nil {
		t.Errorf("%d, %v", n, err)
	}
}

// opened opens so many cases, of which some are registered.
func (h *home) opened(t *testing.T, cases, registered int) {
	t.Helper()
	for i := range cases {
		f := h.submit(casework.Opinion, aLetter, func(s *store.Submission) { s.Terms.Item = fmt.Sprintf("item-%d", i%2) })
		if i < registered {
			h.do(staff, f.ID, casework.Register)
		}
	}
}
