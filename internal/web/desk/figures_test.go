package desk_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/xuri/excelize/v2"

	"github.com/shequ-io/shequ/internal/casework"
	"github.com/shequ-io/shequ/internal/content"
)

func TestTheWorkbookIsThePage(t *testing.T) {
	w := newWorld(t)
	w.sample()
	w.doc.Items[0].Title = content.Text{ZH: "=1+1", EN: `=HYPERLINK("https://evil.example")`}
	w.desk.Use(&w.doc, w.list)
	for range 30 {
		w.store.outcomes = append(w.store.outcomes, casework.Outcome{Group: w.doc.Items[0].Name})
	}
	b := w.as(viewer)
	onPage := b.get("/en/figures?month=2026-01").body
	p := b.get("/en/figures.xlsx?month=2026-01")
	if p.status != http.StatusOK || p.header.Get("Content-Disposition") != `attachment; filename="figures-2026-01.xlsx"` {
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
	groups, _ := casework.Publish(w.store.outcomes)
	if want := 5 + len(groups) + 1; len(rows) != want {
		t.Fatalf("%d rows, want %d", len(rows), want)
	}
	for i, row := range rows[5:] {
		if len(row) != 10 {
			t.Errorf("row %d: %v", i, row)
		}
		for _, cell := range row[1:] {
			if !strings.Contains(onPage, ">"+cell+"<") {
				t.Errorf("the page does not have %q", cell)
			}
		}
	}
	found := false
	for _, row := range rows {
		found = found || len(row) > 0 && strings.HasPrefix(row[0], "'=HYPERLINK")
		for _, cell := range row {
			if strings.HasPrefix(cell, "=") {
				t.Errorf("a formula: %q", cell)
			}
		}
	}
	if !found {
		t.Error("the title is missing")
	}
	for i := range rows {
		formula, err := book.GetCellFormula("Sheet1", "A"+string(rune('1'+i%9)))
		if err != nil || formula != "" {
			t.Errorf("formula %q, %v", formula, err)
		}
	}
}

func TestFiguresAreOfMonthsThatAreOver(t *testing.T) {
	w := newWorld(t) // 4 March
	w.sample()
	for who, want := range map[string]string{lead: "February 2026", viewer: "January 2026"} {
		b := w.as(who)
		for _, month := range []string{"", "2026-03", "2030-01", "x", "1999-01"} {
			p := b.get("/en/figures?month=" + month)
			if !strings.Contains(p.body, `<span class="sub">`+want+`</span>`) || strings.Contains(p.body, "March 2026") {
				t.Errorf("%s, month %q: not %s", who, month, want)
			}
		}
	}
	w.clock.forward(13 * 24 * time.Hour)
	if p := w.as(viewer).get("/en/figures"); !strings.Contains(p.body, `<span class="sub">February 2026</span>`) {
		t.Error("a month that is over for 15 days is not shown to viewers")
	}
}
