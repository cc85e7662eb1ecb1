package open311

import (
	"net/http"
	"net/url"
	"reflect"
	"regexp"
	"strings"
	"unicode/utf8"

	"github.com/shequ-io/shequ/internal/content"
	"github.com/shequ-io/shequ/internal/web/serve"
)

// specification is the token by which clients know what they speak to.
const specification = "http://wiki.open311.org/GeoReport_v2"

// same reports whether two revisions offer the same, so that clients need not look
// again.
func (c *catalog) same(other *catalog) bool {
	return reflect.DeepEqual(c.services, other.services) && c.site.Community.DisplayName == other.site.Community.DisplayName &&
		c.site.Community.Telephone == other.site.Community.Telephone && c.site.Community.Address == other.site.Community.Address
}

// discovery tells where the interface is and whom to ask.
func (a *asked) discovery() {
	address := a.h.config.URL
	cache := serve.CacheContent
	if address == "" {
		address, cache = ownAddress(a.r), serve.CacheNever
	}
	if address == "" {
		a.refuse(http.StatusBadRequest, sayUnreadable)
		return
	}
	m := &a.catalog.site.Community
	whom := []string{pick(m.DisplayName, a.lang)}
	for _, more := range []string{pick(m.Address, a.lang), m.Telephone} {
		if more != "" {
			whom = append(whom, more)
		}
	}
	changed := text(a.catalog.changed)
	endpoint := object{
		{"specification", text(specification)},
		{"url", text(strings.TrimRight(address, "/") + Prefix + strings.TrimRight(version, "/"))},
		{"changeset", changed},
		{"type", text("production")},
		{"formats", list{"format", []value{text("text/xml"), text("application/json")}}},
	}
	a.write(http.StatusOK, cache, document{"discovery", object{
		{"changeset", changed},
		{"contact", text(a.say(sayContact, and(a.lang, whom)))},
		{"key_service", text(a.say(sayNoKey))},
		{"endpoints", list{"endpoint", []value{endpoint}}},
	}})
}

var hostPattern = regexp.MustCompile(`^([A-Za-z0-9]([-A-Za-z0-9.]{0,251}[A-Za-z0-9])?|\[[0-9A-Fa-f:.]{2,45}\])(:[0-9]{1,5})?$`)

// ownAddress is where a request came to; empty where it doesn't say so properly.
func ownAddress(r *http.Request) string {
	if !hostPattern.MatchString(r.Host) {
		return ""
	}
	scheme := "http"
	if r.TLS != nil || r.Header.Get("X-Forwarded-Proto") == "https" {
		scheme = "https"
	}
	return (&url.URL{Scheme: scheme, Host: r.Host}).String()
}

// serviceList tells what can be asked for.
func (a *asked) serviceList() {
	services := list{of: "service"}
	for _, s := range a.catalog.services {
		services.values = append(services.values, object{
			{"service_code", text(s.code)},
			{"service_name", text(pick(s.title, a.lang))},
			{"description", text(pick(s.about, a.lang))},
			{"metadata", truth(len(s.attributes())+len(s.passed) > 0)},
			{"type", text("realtime")},
			{"keywords", text(s.keywords())},
			{"group", text(pick(s.group, a.lang))},
		})
	}
	a.write(http.StatusOK, serve.CacheContent, document{"services", services})
}

// keywords are the names of the service in every language, so that a search finds
// it in any of them.
func (s *service) keywords() string {
	var words []string
	for _, t := range []content.Text{s.title, s.group} {
		for _, word := range []string{t.ZH, t.EN} {
			if word != "" {
				words = append(words, strings.ReplaceAll(word, ",", " "))
			}
		}
	}
	return strings.Join(words, ", ")
}

// definition tells what a service asks for.
func (a *asked) definition(code string) {
	s := a.catalog.byCode[code]
	if s == nil {
		a.refuse(http.StatusNotFound, sayUnknown)
		return
	}
	attributes := list{of: "attribute"}
	if told := a.passed(s); told != nil {
		attributes.values = append(attributes.values, told)
	}
	for _, f := range s.attributes() {
		values := list{of: "value"}
		for _, o := range options(&f) {
			values.values = append(values.values, object{{"key", text(o.key)}, {"name", text(a.say(o.name))}})
		}
		described := object{
			{"variable", truth(true)},
			{"code", text(f.Code)},
			{"datatype", text(datatype(&f))},
			{"required", truth(f.Required)},
			{"datatype_description", text(a.say(typeNotes[f.Type]))},
			{"order", number(len(attributes.values) + 1)},
			{"description", text(pick(f.Text, a.lang))},
		}
		if len(values.values) > 0 {
			described = append(described, member{"values", values})
		}
		attributes.values = append(attributes.values, described)
	}
	a.write(http.StatusOK, serve.CacheContent, document{"service_definition", object{
		{"service_code", text(s.code)},
		{"attributes", attributes},
	}})
}

// passedCode is that of the attribute that tells who gets what. No data element has a
// point in its code.
const passedCode = "notice.passed-on"

// passed is the attribute with which the specification tells something and asks
// nothing: who gets what is asked for, which whoever asks has to know before. Nil
// where nobody does.
func (a *asked) passed(s *service) value {
	if len(s.passed) == 0 {
		return nil
	}
	var all []string
	for _, to := range s.passed {
		var what []string
		for _, e := range to.Elements {
			what = append(what, pick(e, a.lang))
		}
		all = append(all, a.say(sayGets, pick(to.System, a.lang), to.Owner, and(a.lang, what), pick(to.Purpose, a.lang), pick(to.Location, a.lang)))
	}
	return object{
		{"variable", truth(false)},
		{"code", text(passedCode)},
		{"datatype", text("text")},
		{"required", truth(false)},
		{"datatype_description", null{}},
		{"order", number(1)},
		{"description", text(a.say(sayPassed, strings.Join(all, " ")))},
	}
}

// readable reports whether all of a form is UTF-8.
func readable(values url.Values) bool {
	for name, all := range values {
		if !utf8.ValidString(name) {
			return false
		}
		for _, v := range all {
			if !utf8.ValidString(v) {
				return false
			}
		}
	}
	return true
}
