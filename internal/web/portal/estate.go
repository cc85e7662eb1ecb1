package portal

import (
	"math/big"
	"slices"
	"strings"

	"github.com/shequ-io/shequ/internal/content"
	"github.com/shequ-io/shequ/internal/web/frame"
	"github.com/shequ-io/shequ/internal/web/sketch"
)

type aboutView struct {
	*view
	Figures    []figure
	Staff      int64
	Owned      int64
	Leased     int64
	Map        *sketch.Map
	StationKey string
}

func about(v *view) any {
	v.Title = v.L.Must("about.title")
	v.describe("about.description")
	a := aboutView{view: v, Figures: v.figures(true), Staff: staff(v.Site.Posts), Map: sketch.Draw(v.Site.Grids)}
	for _, p := range v.Site.Premises {
		a.Owned += p.OwnedSquareMeters
		a.Leased += p.LeasedSquareMeters
	}
	if v.Site.Station != nil {
		switch kind := v.Site.Station.Type; kind {
		case "Station", "Workstation", "Centre":
			a.StationKey = "station." + kind
		}
	}
	return a
}

type disclosureView struct {
	*view
	BudgetTotal string
	Tasks       tasksView
	Cases       *cases // nil where the portal takes nothing in
}

// BudgetSource says who pays, in words; what is no known source is shown as it
// was written.
func (d disclosureView) BudgetSource(source string) content.Text {
	switch source {
	case "Community", "Subdistrict", "District", "Municipal", "Provincial", "National", "Donation", "Other":
		text := d.L.Must("source." + source)
		return content.Text{ZH: text, EN: text} // already in the page's language
	default:
		return content.Text{ZH: source}
	}
}

// limits tells in which direction a rule's number binds.
var limits = map[string]string{
	"PremisesArea": "norm.atleast", "StationArea": "norm.atleast", "ServiceArea": "norm.atleast", "Workers": "norm.atleast",
	"CostCoverage": "norm.atleast",
	"Signboards":   "norm.atmost", "DistrictShare": "norm.atmost", "AdministrativeShare": "norm.atmost",
	"Ledgers": "norm.atmost", "MonthlyIndicators": "norm.atmost", "MonthlyReports": "norm.atmost",
}

// Shown is a norm's value as people read it, to two places: norms are reckoned
// exactly, and 12.2184 workers are nobody's question.
func (d disclosureView) Shown(value string) string {
	if _, fraction, _ := strings.Cut(value, "."); len(fraction) > 2 && strings.Trim(value, "0123456789.") == "" {
		if exact, ok := new(big.Rat).SetString(value); ok {
			value = strings.TrimRight(strings.TrimRight(exact.FloatString(2), "0"), ".")
		}
	}
	return d.L.Figure(value)
}

// Required is what a norm asks for. A bare number is given its direction; what
// says more than a number is left alone.
func (d disclosureView) Required(n content.Norm) string {
	figure := d.Shown(n.Required)
	key, known := limits[n.Rule]
	if !known || strings.Trim(n.Required, "0123456789.") != "" || n.Required == "" {
		return figure
	}
	return d.L.Must(key, figure)
}

// Sources says whether any norm names the document it comes from.
func (d disclosureView) Sources() bool {
	return slices.ContainsFunc(d.Site.Norms, func(n content.Norm) bool { return n.Source != "" })
}

func disclosure(v *view) any { return disclosed(v) }

func disclosed(v *view) disclosureView {
	v.Title = v.L.Must("nav.disclosure")
	v.describe("disclosure.description")
	return disclosureView{view: v, BudgetTotal: budgetTotal(v.L, v.Site.Budget), Tasks: v.tasks()}
}

// budgetTotal adds the lines when they can be added: several, in one currency.
func budgetTotal(l *frame.Locale, lines []content.Budget) string {
	if len(lines) < 2 {
		return ""
	}
	amounts := make([]string, 0, len(lines))
	for _, line := range lines {
		if line.Currency != lines[0].Currency {
			return ""
		}
		amounts = append(amounts, line.YearlyAmount)
	}
	return l.Money(frame.Sum(amounts), lines[0].Currency)
}
