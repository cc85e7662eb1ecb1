package desk_test

import (
	"context"
	"net/http"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/xuri/excelize/v2"

	"github.com/shequ-io/shequ/internal/casework"
	"github.com/shequ-io/shequ/internal/courier"
	"github.com/shequ-io/shequ/internal/store"
)

func (f *fake) Reported(_ context.Context, who store.Who, wanted []store.Report) ([]store.Reported, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	switch {
	case f.down:
		return nil, errDown
	case who.Role != casework.Staff && who.Role != casework.Lead:
		return nil, store.ErrNotYours
	}
	var out []store.Reported
	for _, p := range f.published {
		one := store.Reported{Period: p}
		for _, d := range f.sent {
			for _, w := range wanted {
				if d.Task == store.ReportTask && d.System == w.System && d.Version == int64(p.From.In(time.FixedZone("", 8*3600)).Year()*100)+int64(p.From.In(time.FixedZone("", 8*3600)).Month()) {
					one.Sent = append(one.Sent, d)
				}
			}
		}
		out = append(out, one)
	}
	return out, nil
}

// publish has the months of the sample published, the latest reported, the one before
// not taken.
func (w *world) publish() {
	w.t.Helper()
	_, total := casework.Publish(w.store.outcomes)
	few := total
	few.Late, few.Opened.N = casework.Count{Hidden: true}, 88
	for i, f := range []casework.Figures{total, few, few} {
		from := time.Date(2026, 2-time.Month(i), 1, 0, 0, 0, 0, time.FixedZone("", 8*3600))
		w.store.published = append(w.store.published, store.Period{From: from.UTC(), To: from.AddDate(0, 1, 0).UTC(), Total: f})
		d := store.Delivery{
			Case: "7d3c8f1e-0000-8000-8000-000000000001", Task: store.ReportTask, System: "e-supervision", Purpose: "e-supervision-report",
			Version: int64(from.Year()*100) + int64(from.Month()), At: from.AddDate(0, 1, 15), Message: casework.Hash{1},
		}
		switch i {
		case 0:
			d.State, d.Sequence, d.Verdict, d.Reference, d.Reply = store.DeliveryDelivered, 51, courier.Accepted, "DZJC-000009", store.ReplyApplied
		case 1:
			d.State, d.Why, d.Failures = store.DeliveryDead, "the system refuses the message with status 422: look at the mapping, or ask who runs it", 1
		default:
			continue
		}
		d.Key = courier.NewKey(d.Case, d.Task, d.System, d.Purpose, d.Version)
		w.store.sent = append(w.store.sent, d)
	}
}

func TestTheReportIsWhatSystemsGet(t *testing.T) {
	w := newWorld(t)
	w.sample()
	w.delivered()
	b := w.as(lead)
	if said := text(t, b.get("/en/report").body); !strings.Contains(said, "No month is published yet") {
		t.Errorf("with none: %s", said)
	}
	if p := b.get("/en/report.xlsx"); p.status != http.StatusNotFound {
		t.Errorf("a workbook of nothing: %d", p.status)
	}
	w.publish()
	for month, wants := range map[string][]string{
		"":        {"February 2026", "Received 458", "delivered", "accepted its number DZJC-000009", "No. 51"},
		"2026-02": {"February 2026"},
		"2030-01": {"February 2026"},
		"2026-01": {"January 2026", "Received 88", "Late not shown", "to be seen to", "the system does not take this message", "status 422", "Send it again"},
		"2025-12": {"December 2025", "Not on its way yet"},
	} {
		said := text(t, b.get("/en/report?month="+month).body)
		for _, want := range append(wants, "E-supervision") {
			if !strings.Contains(said, want) {
				t.Errorf("month %q does not say %q: %s", month, want, said)
			}
		}
		if strings.Contains(said, "of turn") {
			t.Errorf("month %q speaks of turns: %s", month, said)
		}
	}
	// A viewer sees the numbers and whether they arrived, and can do nothing.
	if said := text(t, w.as(viewer).get("/en/report?month=2026-01").body); !strings.Contains(said, "Received 88") || strings.Contains(said, "Send it again") || strings.Contains(said, "422") {
		t.Errorf("a viewer: %s", said)
	}
	if !strings.Contains(b.get("/en/figures").body, "/en/report?month=2026-02") {
		t.Error("the figures do not lead there")
	}
	// In the list it is no case.
	list := b.get("/en/deliveries").body
	if !strings.Contains(list, `<a href="/en/report?month=2026-01">monthly figures</a>`) {
		t.Error("the list does not lead there")
	}
	w.list.Connections = nil
	w.desk.Use(&w.doc, w.list)
	if said := text(t, b.get("/en/report").body); !strings.Contains(said, "Received 458") || !strings.Contains(said, "No system gets these figures") {
		t.Errorf("without a system: %s", said)
	}
}

var reportRow = regexp.MustCompile(`<tr><th scope="row">([^<]+)</th><td class="num[^"]*">([^<]+)</td></tr>`)

// TestTheReportsWorkbookIsThePage, also where something is hidden.
func TestTheReportsWorkbookIsThePage(t *testing.T) {
	w := newWorld(t)
	w.sample()
	w.delivered()
	w.publish()
	b := w.as(staff)
	for _, month := range []string{"2026-02", "2026-01"} {
		for _, lang := range []string{"zh-CN", "en"} {
			onPage := reportRow.FindAllStringSubmatch(b.get("/"+lang+"/report?month="+month).body, -1)
			rows := bookRows(t, b.get("/"+lang+"/report.xlsx?month="+month))
			if len(onPage) != 6 || len(rows) < 11 {
				t.Fatalf("%s: %d rows on the page, %d in the workbook", month, len(onPage), len(rows))
			}
			for i, row := range onPage {
				if rows[4+i][0] != row[1] || rows[4+i][1] != strings.ReplaceAll(row[2], ",", "") {
					t.Errorf("%s: %v, the page has %v", month, rows[4+i], row[1:])
				}
			}
			if to := strings.Join(rows[11], "|"); month == "2026-02" && lang == "en" && to != "E-supervision|delivered|accepted|DZJC-000009" {
				t.Errorf("whom it went to: %s", to)
			}
		}
	}
}

func bookRows(t *testing.T, p page) [][]string {
	t.Helper()
	if p.status != http.StatusOK || !strings.Contains(p.header.Get("Content-Disposition"), `filename="report-`) {
		t.Fatalf("%d %v", p.status, p.header)
	}
	book, err := excelize.OpenReader(strings.NewReader(p.body))
	if err != nil {
		t.Fatal(err)
	}
	defer book.Close()
	rows, err := book.GetRows("Sheet1")
	if err != nil {
		t.Fatal(err)
	}
	return rows
}
