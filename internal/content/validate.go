package content

import (
	"errors"
	"fmt"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"
)

// Languages the programs speak, Chinese first.
const (
	Chinese = "zh-CN"
	English = "en"
)

// Weekdays are the names Opening.Days may hold, in the order of the week.
var Weekdays = []string{"Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"}

var (
	namePattern     = regexp.MustCompile(`^[A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?$`)
	clockPattern    = regexp.MustCompile(`^(([01][0-9]|2[0-3]):[0-5][0-9]|24:00)$`)
	decimalPattern  = regexp.MustCompile(`^[0-9]{1,15}(\.[0-9]{1,4})?$`)
	currencyPattern = regexp.MustCompile(`^[A-Z]{3}$`)
)

// maxProblems bounds what one error reports; the first few are enough to act on.
const maxProblems = 10

// Validate reports what can't be served correctly, each with the field's path
// and the cure. References between files are not checked: ConfigMaps reach a
// pod one by one, so a window may name an item that arrives a moment later.
func (d *Document) Validate() error {
	c := &checker{}
	c.site(&d.Site)
	c.parts(d.Items, d.Tasks)
	return errors.Join(c.problems...)
}

// parts are the lists that stand in files of their own.
func (c *checker) parts(items []Item, tasks []Task) {
	c.list("items", len(items), maxItems)
	seen := map[string]bool{}
	for i := range items {
		at := fmt.Sprintf("items[%d]", i)
		c.unique(at+".name", items[i].Name, seen)
		c.item(at, &items[i])
	}
	c.list("tasks", len(tasks), maxTasks)
	seen = map[string]bool{}
	for i := range tasks {
		at := fmt.Sprintf("tasks[%d]", i)
		c.taskName(at+".name", tasks[i].Name, seen)
		c.task(at, &tasks[i])
	}
}

type checker struct{ problems []error }

func (c *checker) fail(path, format string, args ...any) {
	switch {
	case len(c.problems) < maxProblems:
		c.problems = append(c.problems, fmt.Errorf("%s: %s", path, fmt.Sprintf(format, args...)))
	case len(c.problems) == maxProblems:
		c.problems = append(c.problems, errors.New("and more"))
	}
}

func (c *checker) name(path, name string) {
	if len(name) > maxNameBytes || !namePattern.MatchString(name) {
		c.fail(path, "%.80q is no name; use up to %d letters, digits, '-', '_' and '.'", name, maxNameBytes)
	}
}

func (c *checker) unique(path, name string, seen map[string]bool) {
	c.name(path, name)
	if seen[name] {
		c.fail(path, "%.80q stands twice; give each its own name", name)
	}
	seen[name] = true
}

func (c *checker) list(path string, n, limit int) {
	if n > limit {
		c.fail(path, "%d entries, at most %d are served; shorten the list", n, limit)
	}
}

func (c *checker) plain(path, s string) {
	if len(s) > maxTextBytes {
		c.fail(path, "%d bytes, at most %d are served; shorten the text", len(s), maxTextBytes)
	}
	if !utf8.ValidString(s) {
		c.fail(path, "not UTF-8; write the text in UTF-8")
	}
}

func (c *checker) text(path string, t Text) {
	c.plain(path+".zh", t.ZH)
	c.plain(path+".en", t.EN)
}

func (c *checker) required(path string, t Text) {
	if t.ZH == "" && t.EN == "" {
		c.fail(path, "is empty; give at least a Chinese text (zh)")
	}
	c.text(path, t)
}

func (c *checker) texts(path string, list []Text, limit int) {
	c.list(path, len(list), limit)
	for i, t := range list {
		c.required(fmt.Sprintf("%s[%d]", path, i), t)
	}
}

func (c *checker) count(path string, n int64) {
	if n < 0 || n > maxCount {
		c.fail(path, "%d is out of range; give a number from 0 to %d", n, int64(maxCount))
	}
}

func (c *checker) site(s *Site) {
	c.languages(s.Languages)
	c.community(&s.Community)
	if s.Station != nil {
		c.station(s.Station)
	}
	c.staffing(s)
	c.norms(s)
	c.estate(s)
	c.list("grids", len(s.Grids), maxGrids)
	grids := map[string]bool{}
	for i := range s.Grids {
		at := fmt.Sprintf("grids[%d]", i)
		c.unique(at+".name", s.Grids[i].Name, grids)
		c.grid(at, &s.Grids[i])
	}
	c.forms(s)
	c.list("neighbours", len(s.Neighbours), maxNeighbours)
	for i, n := range s.Neighbours {
		at := fmt.Sprintf("neighbours[%d]", i)
		c.name(at+".name", n.Name)
		c.required(at+".displayName", n.DisplayName)
		c.url(at+".url", n.URL)
	}
}

func (c *checker) languages(langs []string) {
	for i, lang := range langs {
		switch {
		case lang != Chinese && lang != English:
			c.fail(fmt.Sprintf("languages[%d]", i), "%.40q is not spoken; use %s or %s", lang, Chinese, English)
		case slices.Contains(langs[:i], lang):
			c.fail(fmt.Sprintf("languages[%d]", i), "%s stands twice; name each language once", lang)
		}
	}
}

func (c *checker) community(m *Community) {
	c.name("community.namespace", m.Namespace)
	c.name("community.name", m.Name)
	c.required("community.displayName", m.DisplayName)
	c.text("community.subdistrict", m.Subdistrict)
	c.text("community.address", m.Address)
	c.plain("community.telephone", m.Telephone)
	c.count("community.households", m.Households)
	c.count("community.residents", m.Residents)
	c.count("community.buildings", m.Buildings)
	c.count("community.areaSquareMeters", m.AreaSquareMeters)
}

func (c *checker) station(s *Station) {
	c.name("station.name", s.Name)
	c.required("station.displayName", s.DisplayName)
	c.plain("station.type", s.Type)
	c.count("station.premisesSquareMeters", s.PremisesSquareMeters)
	c.list("station.openingHours", len(s.OpeningHours), maxOpenings)
	for i, o := range s.OpeningHours {
		c.opening(fmt.Sprintf("station.openingHours[%d]", i), o)
	}
	c.list("station.windows", len(s.Windows), maxWindows)
	seen := map[string]bool{}
	for i, w := range s.Windows {
		at := fmt.Sprintf("station.windows[%d]", i)
		c.unique(at+".name", w.Name, seen)
		c.required(at+".title", w.Title)
		c.list(at+".items", len(w.Items), maxItems)
	}
}

func (c *checker) opening(at string, o Opening) {
	if len(o.Days) == 0 {
		c.fail(at+".days", "is empty; name the days, for example Mon")
	}
	for _, day := range o.Days {
		if !slices.Contains(Weekdays, day) {
			c.fail(at+".days", "%.20q is no day; use %v", day, Weekdays)
		}
	}
	switch {
	case !clockPattern.MatchString(o.Opens) || !clockPattern.MatchString(o.Closes):
		c.fail(at, "%.20q to %.20q are no times; write them like 09:00", o.Opens, o.Closes)
	case o.Opens >= o.Closes:
		c.fail(at, "opens at %s and closes at %s; close after opening, and split hours over midnight in two", o.Opens, o.Closes)
	}
}

func (c *checker) staffing(s *Site) {
	c.list("posts", len(s.Posts), maxList)
	for i, p := range s.Posts {
		at := fmt.Sprintf("posts[%d]", i)
		c.required(at+".title", p.Title)
		c.count(at+".count", p.Count)
	}
	if s.Seats != nil {
		c.count("seats.required", s.Seats.Required)
		c.count("seats.actual", s.Seats.Actual)
	}
}

func (c *checker) norms(s *Site) {
	c.plain("standard.name", s.Standard.Name)
	c.text("standard.title", s.Standard.Title)
	c.list("norms", len(s.Norms), maxList)
	for i, n := range s.Norms {
		at := fmt.Sprintf("norms[%d]", i)
		c.required(at+".title", n.Title)
		c.plain(at+".rule", n.Rule)
		c.plain(at+".required", n.Required)
		c.plain(at+".actual", n.Actual)
		c.text(at+".unit", n.Unit)
		c.plain(at+".source", n.Source)
		if n.Met && !n.Known {
			c.fail(at, "is met though unknown; a norm is met only when its value is known")
		}
	}
}

func (c *checker) estate(s *Site) {
	c.list("premises", len(s.Premises), maxList)
	for i, p := range s.Premises {
		at := fmt.Sprintf("premises[%d]", i)
		c.required(at+".name", p.Name)
		c.count(at+".ownedSquareMeters", p.OwnedSquareMeters)
		c.count(at+".leasedSquareMeters", p.LeasedSquareMeters)
	}
	c.texts("facilities", s.Facilities, maxList)
	c.list("budget", len(s.Budget), maxList)
	for i, b := range s.Budget {
		at := fmt.Sprintf("budget[%d]", i)
		c.required(at+".name", b.Name)
		c.plain(at+".source", b.Source)
		if !decimalPattern.MatchString(b.YearlyAmount) {
			c.fail(at+".yearlyAmount", "%.40q is no amount; write a decimal like 35000.00", b.YearlyAmount)
		}
		if !currencyPattern.MatchString(b.Currency) {
			c.fail(at+".currency", "%.20q is no currency; use an ISO 4217 code like CNY", b.Currency)
		}
	}
}

func (c *checker) grid(at string, g *Grid) {
	c.required(at+".title", g.Title)
	c.plain(at+".code", g.Code)
	c.plain(at+".visitCycleDays", g.VisitCycleDays)
	c.count(at+".households", g.Households)
	c.count(at+".workers", g.Workers)
	c.list(at+".outline", len(g.Outline), maxOutlinePoints)
	for i, p := range g.Outline {
		if p[0] < -1_800_000_000 || p[0] > 1_800_000_000 || p[1] < -900_000_000 || p[1] > 900_000_000 {
			c.fail(fmt.Sprintf("%s.outline[%d]", at, i), "%v is nowhere on Earth; give longitude then latitude in degrees times ten million", p)
			return
		}
	}
}

// url keeps links to what a browser may safely follow from a public page.
func (c *checker) url(path, link string) {
	if link == "" {
		return
	}
	parsed, err := url.Parse(link)
	if err != nil || len(link) > maxURLBytes || (parsed.Scheme != "http" && parsed.Scheme != "https") || parsed.Host == "" || parsed.User != nil {
		c.fail(path, "%.80q is no web address; give one like https://community.example", link)
	}
}

func (c *checker) item(at string, item *Item) {
	c.required(at+".title", item.Title)
	c.plain(at+".category", item.Category)
	c.text(at+".summary", item.Summary)
	c.texts(at+".steps", item.Steps, maxItemList)
	c.texts(at+".materials", item.Materials, maxItemList)
	c.fields(at+".elements", item.Elements)
	c.count(at+".retentionDays", item.RetentionDays)
	c.count(at+".acceptWithinMinutes", item.AcceptWithinMinutes)
	c.count(at+".resolveWithinMinutes", item.ResolveWithinMinutes)
	if item.Task != nil {
		c.task(at+".task", item.Task)
	}
}

// taskName holds that a task can be told from the others and has a page: its
// name, with a point for the slash, stands in an address.
func (c *checker) taskName(path, name string, seen map[string]bool) {
	namespace, rest, ok := strings.Cut(name, "/")
	if !ok || len(name) > maxNameBytes || !namePattern.MatchString(namespace) || !namePattern.MatchString(rest) {
		c.fail(path, "%.80q is no task; write namespace/name", name)
	}
	if slug := Slug(name); seen[slug] {
		c.fail(path, "%.80q stands twice; name each task once", name)
	} else {
		seen[slug] = true
	}
}

func (c *checker) task(at string, t *Task) {
	c.required(at+".title", t.Title)
	c.text(at+".department", t.Department)
	c.text(at+".funding", t.Funding)
	for _, s := range []string{t.Name, t.Category, t.Authority, t.FundingSource, t.FundingPeriods, t.From, t.Until} {
		c.plain(at, s)
	}
	c.list(at+".verbs", len(t.Verbs), maxItemList)
	for _, verb := range t.Verbs {
		c.plain(at+".verbs", verb)
	}
	c.count(at+".yearlyMinutes", t.YearlyMinutes)
	if t.YearlyFunding != "" && (!decimalPattern.MatchString(t.YearlyFunding) || !currencyPattern.MatchString(t.Currency)) {
		c.fail(at+".yearlyFunding", "%.40q in %.20q is no amount; write a decimal like 35000.00 and an ISO 4217 code like CNY", t.YearlyFunding, t.Currency)
	}
	c.list(at+".legalBasis", len(t.LegalBasis), maxItemList)
	for i, b := range t.LegalBasis {
		c.required(fmt.Sprintf("%s.legalBasis[%d]", at, i), b.Text)
		c.plain(fmt.Sprintf("%s.legalBasis[%d]", at, i), b.DocumentNumber+b.Level)
	}
	c.list(at+".data", len(t.Data), maxItemList)
	for i, d := range t.Data {
		path := fmt.Sprintf("%s.data[%d]", at, i)
		c.required(path, d.Text)
		c.plain(path+".purpose", d.Purpose)
		c.text(path+".basis", d.Basis)
		c.count(path+".retentionDays", d.RetentionDays)
	}
	c.list(at+".deliveries", len(t.Deliveries), maxItemList)
	for i := range t.Deliveries {
		c.delivery(fmt.Sprintf("%s.deliveries[%d]", at, i), &t.Deliveries[i])
	}
}

func (c *checker) delivery(at string, d *Delivery) {
	c.required(at+".system", d.System)
	c.plain(at+".owner", d.Owner)
	c.text(at+".location", d.Location)
	c.plain(at+".purpose", d.Purpose)
	c.list(at+".elements", len(d.Elements), maxItemList)
	for _, code := range d.Elements {
		c.plain(at+".elements", code)
	}
}
