package open311

import (
	"errors"
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"github.com/shequ-io/shequ/api/v1alpha1"
	"github.com/shequ-io/shequ/internal/casework"
	"github.com/shequ-io/shequ/internal/store"
)

// reading makes a letter of what was sent, and notes everything that is wrong with
// it: a client that is told all at once need ask once more only.
type reading struct {
	s        *service
	form     sent
	lang     string
	letter   store.Letter
	names    map[string]string // of the parameter a field came from
	problems []string
	dropped  []string
}

// read the letter of a service. Problems name parameters of the specification and
// attributes the service declares; whatever else a sender called his parameters is
// only counted.
func (s *service) read(form sent, lang string) *reading {
	r := &reading{
		s: s, form: form, lang: lang, names: map[string]string{},
		letter: store.Letter{Fields: casework.Fields{}},
	}
	for _, name := range form.twice {
		r.wrong(sayTwice, name)
	}
	if form.strange > 0 {
		r.wrong(sayParameter, form.strange)
	}
	r.attributes()
	r.parameter(requestText, form.values[pText], pText)
	r.parameter(applicantName, fullName(form.values[pFirst], form.values[pLast]), r.nameParameters()...)
	r.parameter(telephone, form.values[pPhone], pPhone)
	r.parameter(emailAddress, form.values[pEmail], pEmail)
	r.place()
	r.check()
	for _, name := range unread {
		if form.values[name] != "" {
			r.dropped = append(r.dropped, name)
		}
	}
	slices.Sort(r.dropped)
	return r
}

func (r *reading) wrong(m message, args ...any) {
	r.problems = append(r.problems, m.in(r.lang, args...))
}

// attributes reads those the service declares.
func (r *reading) attributes() {
	undeclared := 0
	for code := range r.form.attributes {
		if r.s.field(code) == nil {
			undeclared++
		}
	}
	if undeclared > 0 {
		r.wrong(sayAttributes, undeclared)
	}
	for i := range r.s.fields {
		f := &r.s.fields[i]
		given := r.form.attributes[f.Code]
		if len(given) == 0 {
			continue
		}
		name := attribute + "[" + f.Code + "]"
		if len(given) > 1 {
			r.wrong(sayTwice, name)
			continue
		}
		r.take(f.Code, given[0], name)
	}
}

// take a value of a declared field.
func (r *reading) take(code, raw, name string) {
	kept, problem := read(r.s.field(code), raw)
	r.names[code] = name
	if problem != nil {
		r.wrong(*problem, name)
		return
	}
	r.letter.Fields[v1alpha1.DataElementCode(code)] = kept
}

// parameter takes what a parameter of the specification says of a field. Where the
// service does not declare it, it is refused: what a resident wrote is never dropped
// unseen. Where an attribute says it as well the attribute counts, since clients send
// the parameters of an account by themselves; but not of two different descriptions.
func (r *reading) parameter(code, raw string, names ...string) {
	switch {
	case raw == "":
	case r.s.field(code) == nil:
		for _, name := range names {
			r.wrong(sayUndeclared, name)
		}
	case r.names[code] == "":
		r.take(code, raw, and(r.lang, names))
	case code == requestText && strings.TrimSpace(raw) != strings.TrimSpace(r.form.attributes[code][0]):
		r.wrong(saySameTwice, names[0], r.names[code])
	}
}

func (r *reading) nameParameters() []string {
	var names []string
	for _, name := range []string{pFirst, pLast} {
		if r.form.values[name] != "" {
			names = append(names, name)
		}
	}
	return names
}

// fullName puts a name together as its script does: 张三, Zhang San.
func fullName(first, last string) string {
	first, last = strings.TrimSpace(first), strings.TrimSpace(last)
	if strings.ContainsFunc(first+last, func(r rune) bool { return unicode.Is(unicode.Han, r) }) {
		return last + first
	}
	return strings.TrimSpace(first + " " + last)
}

// place reads where it is. The specification makes clients send a location with
// every request; a service that is about no place takes none, and none takes an
// address in words, which the grids' boundaries can't place.
func (r *reading) place() {
	v := r.form.values
	for _, name := range []string{pAddress, pAddrID} {
		if v[name] != "" {
			r.dropped = append(r.dropped, name)
		}
	}
	if !r.s.place {
		for _, name := range []string{pLat, pLong} {
			if v[name] != "" {
				r.dropped = append(r.dropped, name)
			}
		}
		return
	}
	if v[pLat] == "" || v[pLong] == "" {
		r.wrong(sayPlace)
		return
	}
	latitude, latitudeFine := degrees(v[pLat], 90)
	longitude, longitudeFine := degrees(v[pLong], 180)
	if !latitudeFine {
		r.wrong(sayCoordinate, pLat)
	}
	if !longitudeFine {
		r.wrong(sayCoordinate, pLong)
	}
	r.letter.Place = &store.Place{Longitude: longitude, Latitude: latitude}
}

var degreesPattern = regexp.MustCompile(`^[-+]?[0-9]{1,3}(\.[0-9]{0,20})?$`)

// degrees times ten million.
func degrees(raw string, limit float64) (int64, bool) {
	raw = strings.TrimSpace(raw)
	if !degreesPattern.MatchString(raw) {
		return 0, false
	}
	parsed, err := strconv.ParseFloat(raw, 64)
	if err != nil || math.Abs(parsed) > limit {
		return 0, false
	}
	return int64(math.Round(parsed * 10_000_000)), true
}

// check asks the domain: what is there must be plain text, and what is required
// must be there.
func (r *reading) check() {
	err := r.s.item.Check(r.letter.Fields, true)
	var refused *casework.FieldsError
	if err == nil {
		return
	}
	if !errors.As(err, &refused) || refused.Undeclared+len(refused.Forbidden) > 0 {
		r.wrong(sayKeep) // nothing else gets this far
		return
	}
	for _, code := range refused.Unreadable {
		r.wrong(sayText, r.names[string(code)])
	}
	for _, code := range refused.Missing {
		// One that was refused above is not missing as well.
		if r.names[string(code)] == "" {
			r.wrong(sayMissing, required(string(code)))
		}
	}
}

// required is the parameter a required field is best given by.
func required(code string) string {
	if code == requestText {
		return pText
	}
	return attribute + "[" + code + "]"
}
