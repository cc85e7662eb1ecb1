package open311

import (
	"strings"

	"github.com/shequ-io/shequ/api/v1alpha1"
	"github.com/shequ-io/shequ/internal/casework"
	"github.com/shequ-io/shequ/internal/content"
	"github.com/shequ-io/shequ/internal/store"
	"github.com/shequ-io/shequ/internal/web/frame"
)

// catalog is what one revision of the content offers. It is filled once, then only
// read.
type catalog struct {
	site      *content.Site
	languages []string
	services  []*service
	byCode    map[string]*service
	grids     map[string]content.Text
	listed    []string // items whose cases are public requests
	changed   string   // the changeset
	withheld  []string // codes of services that ask what nobody may collect, or for no purpose
}

// service is something that can be asked for.
type service struct {
	code   string
	kind   casework.Kind
	title  content.Text
	about  content.Text
	group  content.Text
	place  bool // it is about a place
	terms  store.Terms
	fields []content.Field // those it asks for here
	item   casework.Item
	passed []frame.Passing // who gets what of it
}

// The data elements that have a parameter of their own in the specification.
const (
	requestText   = "request-text"   // description
	applicantName = "applicant-name" // first_name and last_name
	telephone     = "telephone"      // phone
	emailAddress  = "email"          // email
)

// newCatalog lists the community's request for help, and the items that may be
// applied for online. While a community is suspended it offers nothing, and still tells
// of what it was asked before.
func newCatalog(doc *content.Document) *catalog {
	c := &catalog{
		site: &doc.Site, languages: frame.Languages(&doc.Site),
		byCode: map[string]*service{}, grids: map[string]content.Text{},
	}
	for _, g := range doc.Site.Grids {
		c.grids[g.Name] = g.Title
	}
	form := doc.Site.Form(string(casework.HelpRequest))
	if form != nil {
		c.listed = []string{form.Item}
	}
	if doc.Site.Suspended {
		return c
	}
	if form != nil {
		c.add(ofForm(form))
	}
	for i := range doc.Items {
		if item := &doc.Items[i]; doc.Site.Online(item) {
			c.add(ofItem(item))
		}
	}
	return c
}

// add a service, unless it asks what nobody may collect, or for no purpose.
func (c *catalog) add(s *service) {
	fields := casework.Fields{}
	for _, f := range s.fields {
		fields[v1alpha1.DataElementCode(f.Code)] = ""
	}
	if s.terms.Purpose == "" || s.item.Check(fields, false) != nil {
		c.withheld = append(c.withheld, s.code)
		return
	}
	if c.byCode[s.code] != nil {
		return // a form and an item of one name; the form came first
	}
	c.byCode[s.code] = s
	c.services = append(c.services, s)
}

func ofForm(f *content.Form) *service {
	s := &service{
		code: f.Item, kind: casework.HelpRequest, title: f.Title, place: f.Place,
		group: content.Text{ZH: sayHelp.zh, EN: sayHelp.en},
		terms: store.Terms{Item: f.Item, Purpose: v1alpha1.PurposeCode(f.Purpose), RetentionDays: f.RetentionDays},
	}
	s.ask(f.Fields)
	return s
}

func ofItem(i *content.Item) *service {
	category, known := categories[i.Category]
	if !known {
		category = categories["Other"]
	}
	s := &service{
		code: i.Name, kind: casework.Application, title: i.Title, about: i.Summary,
		group: content.Text{ZH: category.zh, EN: category.en},
		terms: store.Terms{
			Item: i.Name, Purpose: v1alpha1.PurposeCode(i.Purpose), RetentionDays: i.RetentionDays,
			AcceptWithinMinutes: i.AcceptWithinMinutes, ResolveWithinMinutes: i.ResolveWithinMinutes,
		},
	}
	if i.Task != nil {
		s.terms.Task = i.Task.Name
	}
	s.passed = frame.For(content.Chinese).Passed(i).To
	s.ask(i.Elements)
	return s
}

// ask takes the fields that can be asked for here: not those the community has
// already, and none that needs somebody's separate consent, for which the
// specification has no place.
func (s *service) ask(fields []content.Field) {
	for _, f := range fields {
		if f.Code == "" || f.Reused || f.Consent {
			continue
		}
		s.fields = append(s.fields, f)
		code := v1alpha1.DataElementCode(f.Code)
		s.item.Elements = append(s.item.Elements, code)
		if f.Required {
			s.item.Required = append(s.item.Required, code)
		}
	}
}

// field returns the declared field of a code, or nil.
func (s *service) field(code string) *content.Field {
	for i := range s.fields {
		if s.fields[i].Code == code {
			return &s.fields[i]
		}
	}
	return nil
}

// attributes are the fields a definition lists: those without a parameter of their
// own, and of the others those the specification leaves optional and the service
// does not. The description is asked for everywhere and not listed again.
func (s *service) attributes() []content.Field {
	var out []content.Field
	for _, f := range s.fields {
		switch f.Code {
		case requestText:
		case applicantName, telephone, emailAddress:
			if f.Required {
				out = append(out, f)
			}
		default:
			out = append(out, f)
		}
	}
	return out
}

// answers reports whether a jurisdiction_id names this community: by its name, by
// its sub-district and name, or by the host it is reached at. None is fine, since
// only one community is served here.
func (c *catalog) answers(jurisdiction, host string) bool {
	host, _, _ = strings.Cut(host, ":")
	m := &c.site.Community
	for _, name := range []string{"", m.Name, m.Namespace + "/" + m.Name, host, strings.TrimPrefix(host, "www.")} {
		if strings.EqualFold(jurisdiction, name) {
			return true
		}
	}
	return false
}
