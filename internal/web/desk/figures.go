package desk

import (
	"net/http"
	"time"

	"github.com/shequ-io/shequ/internal/casework"
)

// figuresView are the station's figures of a month.
type figuresView struct {
	view

	Month  string // 2006-01
	Label  string
	Months []monthOption
	Groups []figuresRow
	Total  figuresRow
	Empty  bool
}

type monthOption struct {
	Value, Label string
	Current      bool
}

// figuresRow are the figures of one item, in words where there is no number.
type figuresRow struct {
	casework.Figures

	Title string
	Cells []cell
}

// cell is one figure as it is shown.
type cell struct {
	Label string
	Text  string
	N     int64
	Whole bool // Text is N
}

// settleDays after its end a month is shown to viewers, as when it is published.
const settleDays = 15

// pastMonths are how many months can be chosen.
const pastMonths = 24

// month is a month in the community's time: only those that are over have figures,
// so that no two of them differ by one case.
func (q *request) month(asked string) (from time.Time, all []time.Time) {
	now := q.d.Now().In(q.zone)
	first := time.Date(now.Year(), now.Month(), 1, 0, 0, 0, 0, q.zone)
	for i := 1; i <= pastMonths; i++ {
		// Who sees nothing but figures could compare those of a month that still
		// changes day by day.
		if m := first.AddDate(0, -i, 0); !q.who.Viewer || !now.Before(m.AddDate(0, 1, settleDays)) {
			all = append(all, m)
		}
	}
	from = all[0]
	for _, m := range all {
		if m.Format(monthFormat) == asked {
			from = m
		}
	}
	return from, all
}

const monthFormat = "2006-01"

func (q *request) monthLabel(m time.Time) string {
	if q.l.Lang == "en" {
		return m.Format("January 2006")
	}
	return m.Format("2006年1月")
}

func (q *request) readFigures() (figuresView, error) {
	from, all := q.month(q.r.URL.Query().Get("month"))
	who := q.who.Who
	if q.who.Viewer {
		// The store knows no viewers; whether they may is decided here.
		who.Role = casework.Staff
	}
	groups, total, err := q.d.Store.Figures(q.r.Context(), who, from.UTC(), from.AddDate(0, 1, 0).UTC())
	if err != nil {
		return figuresView{}, err
	}
	month := from.Format(monthFormat)
	v := figuresView{
		view:  q.view("/figures"+query("month", month), "desk.figures.title"),
		Month: month, Label: q.monthLabel(from), Empty: len(groups) == 0,
	}
	for _, m := range all {
		v.Months = append(v.Months, monthOption{m.Format(monthFormat), q.monthLabel(m), m.Equal(from)})
	}
	for _, g := range groups {
		v.Groups = append(v.Groups, q.row(g, v.PlainItem(g.Group)))
	}
	v.Total = q.row(total, q.l.Must("desk.figures.total"))
	return v, nil
}

func (q *request) row(f casework.Figures, title string) figuresRow {
	r := figuresRow{Figures: f, Title: title}
	count := func(key string, c casework.Count) { r.Cells = append(r.Cells, q.count(key, c)) }
	share := func(key string, s casework.Share) {
		one := cell{Label: q.l.Must("desk.figures." + key), Text: q.l.Must("desk.figures.hidden")}
		if s.Precision != casework.Unknown && s.Precision != "" {
			one.Text = q.l.Must("desk.share."+string(s.Precision), q.l.Int(s.Percent))
		}
		r.Cells = append(r.Cells, one)
	}
	count("opened", f.Opened)
	count("responded", f.Responded)
	count("resolved", f.Resolved)
	count("late", f.Late)
	count("rated", f.Rated)
	count("satisfied", f.Satisfied)
	share("response", f.Response)
	share("resolution", f.Resolution)
	share("satisfaction", f.Satisfaction)
	return r
}

// count is one count as it is shown, under the name of key.
func (q *request) count(key string, c casework.Count) cell {
	one := cell{Label: q.l.Must("desk.figures." + key), N: c.N, Whole: !c.Hidden, Text: q.l.Int(c.N)}
	if c.Hidden {
		one.Text = q.l.Must("desk.figures.hidden")
	}
	return one
}

// Reports reports whether a system gets monthly figures.
func (v figuresView) Reports() bool { return len(Reports(v.q.doc, v.q.desk)) > 0 }

func figuresPage(q *request) error {
	v, err := q.readFigures()
	if err != nil {
		return err
	}
	return q.show(http.StatusOK, "figures", v)
}

// figuresFile is the page's table as a workbook.
func figuresFile(q *request) error {
	v, err := q.readFigures()
	if err != nil {
		return err
	}
	data, err := workbook(v)
	if err != nil {
		return err
	}
	q.w.Header().Set("Content-Disposition", `attachment; filename="figures-`+v.Month+`.xlsx"`)
	q.write(http.StatusOK, xlsx, data)
	return nil
}
