package desk

import (
	"net/http"
	"strconv"
	"time"

	"github.com/shequ-io/shequ/api/v1alpha1"
	"github.com/shequ-io/shequ/internal/casework"
	"github.com/shequ-io/shequ/internal/content"
	"github.com/shequ-io/shequ/internal/store"
)

// Reports are the monthly reports that the systems a community is connected to get.
func Reports(doc *content.Document, desk *content.Desk) []store.Report {
	var out []store.Report
	for _, c := range desk.Connections {
		if c.Report != "" {
			out = append(out, store.Report{System: c.Name, Purpose: v1alpha1.PurposeCode(c.Report), Community: doc.Site.Community.Namespace + "/" + doc.Site.Community.Name})
		}
	}
	return out
}

// reportView is what systems get of a month, and whether they have it.
type reportView struct {
	view

	Month  string // 2006-01
	Label  string
	Months []monthOption
	Cells  []cell
	// Recipients are the systems that get it; none: nobody does.
	Recipients []reportTo
	Empty      bool // no month is published yet
}

// reportTo is a system with what became of its report.
type reportTo struct {
	System string
	Sent   *store.Delivery // nil: it was not entered yet
}

func (q *request) readReport() (reportView, error) {
	who := q.who.Who
	if q.who.Viewer {
		// As of the figures: whether viewers may is decided here, and what is published
		// they may see.
		who.Role = casework.Staff
	}
	wanted := Reports(q.doc, q.desk)
	months, err := q.d.Store.Reported(q.r.Context(), who, wanted)
	if err != nil {
		return reportView{}, err
	}
	v := reportView{Empty: len(months) == 0}
	var shown *store.Reported
	for i := range months {
		m := months[i].Period.From.In(china).Format(monthFormat)
		if shown == nil || m == q.r.URL.Query().Get("month") {
			shown, v.Month = &months[i], m
		}
	}
	v.view = q.view("/report"+query("month", v.Month), "desk.report.title")
	if shown == nil {
		return v, nil
	}
	v.Label = q.monthLabel(shown.Period.From.In(china))
	for i := range months {
		from := months[i].Period.From.In(china)
		v.Months = append(v.Months, monthOption{from.Format(monthFormat), q.monthLabel(from), &months[i] == shown})
	}
	v.Cells = q.reported(&shown.Period.Total)
	for _, w := range wanted {
		to := reportTo{System: w.System}
		for i := range shown.Sent {
			if s := &shown.Sent[i]; s.System == w.System && s.Purpose == w.Purpose {
				to.Sent = s
			}
		}
		v.Recipients = append(v.Recipients, to)
	}
	return v, nil
}

// reported are the counts a report has, in its order. What is hidden it has as null.
func (q *request) reported(f *casework.Figures) []cell {
	var out []cell
	for _, count := range []struct {
		key string
		of  casework.Count
	}{
		{"opened", f.Opened},
		{"responded", f.Responded},
		{"resolved", f.Resolved},
		{"late", f.Late},
		{"rated", f.Rated},
		{"satisfied", f.Satisfied},
	} {
		out = append(out, q.count(count.key, count.of))
	}
	return out
}

// Message passes what became of a report on to a template part.
func (v reportView) Message(d *store.Delivery) messagePart {
	p := messagePart{V: v.view, D: *d}
	// Who sees nothing but figures is told no more than whether they arrived.
	if v.q.who.Viewer {
		p.D.Why = ""
	}
	return p
}

// Goes says in words whether a system has the report of the month.
func (v reportView) Goes(to reportTo) (string, error) {
	if to.Sent == nil {
		return v.L.M("desk.report.notyet")
	}
	return v.Word("delivery", to.Sent.State)
}

func reportPage(q *request) error {
	v, err := q.readReport()
	if err != nil {
		return err
	}
	return q.show(http.StatusOK, "report", v)
}

// reportFile is the page as a workbook.
func reportFile(q *request) error {
	v, err := q.readReport()
	if err != nil {
		return err
	}
	if v.Empty {
		q.problem(http.StatusNotFound, "nopage")
		return nil
	}
	data, err := reportBook(v)
	if err != nil {
		return err
	}
	q.w.Header().Set("Content-Disposition", `attachment; filename="report-`+v.Month+`.xlsx"`)
	q.write(http.StatusOK, xlsx, data)
	return nil
}

// reportOf is the page of the month a report is of, by the version of its message:
// 202602 is February 2026.
func reportOf(version int64) string {
	at, err := time.Parse("200601", strconv.FormatInt(version, 10))
	if err != nil {
		return "/report"
	}
	return "/report" + query("month", at.Format(monthFormat))
}
