package forms

import (
	"errors"
	"maps"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"github.com/shequ-io/shequ/api/v1alpha1"
	"github.com/shequ-io/shequ/internal/casework"
	"github.com/shequ-io/shequ/internal/content"
	"github.com/shequ-io/shequ/internal/store"
	"github.com/shequ-io/shequ/internal/web/sketch"
)

// Entry is a form as it was filled in.
type Entry struct {
	// Fields as they are kept: trimmed, numbers and days in one spelling, nothing
	// empty.
	Fields casework.Fields
	// Place it is about; nil for none.
	Place *store.Place
	// Earlier is the receipt code of an earlier application; empty for none.
	Earlier string
	// Utility tells that water, power, gas, heating or a lift is concerned.
	Utility bool
	// Pointing tells that somebody pointed at the map, and does not want to send yet.
	Pointing bool
	// Problems are what keeps it from being taken; empty when nothing does.
	Problems []Problem

	typed   map[string]string // by name of the input, as it was typed
	consent map[string]bool   // by code
	missed  bool              // the map was pressed with the keyboard
	grid    string
}

// Urgency that follows from the entry.
func (e *Entry) Urgency() casework.Urgency {
	if e.Utility {
		return casework.Utility
	}
	return casework.Ordinary
}

// Letter is what is sealed.
func (e *Entry) Letter() store.Letter {
	return store.Letter{Fields: e.Fields, Place: e.Place, Earlier: e.Earlier}
}

// Problem is one thing to put right.
type Problem struct {
	// Target is the id of the input; empty where it is about the form.
	Target string
	// Key of the message, without "form.problem.".
	Key   string
	Field *content.Field // it is about; nil for none
	N     int64          // a number in the message
}

// Strictness is what a caller wants of Fill.
type Strictness bool

// The strictnesses.
const (
	// Complete refuses a form that lacks what the item can't do without.
	Complete Strictness = true
	// Partial takes what there is: a counter may pause the case for the rest.
	Partial Strictness = false
)

const (
	lineRunes      = 200
	paragraphRunes = 2000
)

// Fill reads what was sent into an entry; grids is the map of the community, nil
// where there is none.
func (f *Form) Fill(values url.Values, grids *sketch.Map, strict Strictness) *Entry {
	e := &Entry{Fields: casework.Fields{}, typed: map[string]string{}, consent: map[string]bool{}}
	for name, all := range values {
		if !f.declares(name) || len(all) > 1 {
			e.count(Problem{Key: "undeclared"})
			continue
		}
		e.typed[name] = all[0]
	}
	e.Utility = f.Utility() && e.typed[utilityName] != ""
	if f.Place && grids != nil {
		e.point(grids)
	}
	if e.Pointing {
		return e
	}
	for i := range f.Fields {
		e.field(&f.Fields[i], strict)
	}
	f.check(e, strict)
	e.earlier()
	return e
}

// earlier reads the code of an earlier application. One with a slip is told at once;
// whether one that is none's leads anywhere the portal doesn't know.
func (e *Entry) earlier() {
	typed := e.typed[earlierName]
	if strings.TrimSpace(typed) == "" {
		return
	}
	receipt, err := casework.ParseReceipt(typed)
	if err != nil {
		e.Problems = append(e.Problems, Problem{Target: earlierName, Key: "earlier"})
		return
	}
	e.Earlier = receipt.Code()
}

// Offer puts values that are known already into those fields of a form on its way in
// that are still empty, and returns it with the codes of the fields it filled, in the
// form's order. Nothing is checked: the form is to be shown, read and sent.
func (f *Form) Offer(values url.Values, known casework.Fields, grids *sketch.Map) (e *Entry, taken []v1alpha1.DataElementCode) {
	filled := url.Values{}
	maps.Copy(filled, values)
	for i := range f.Fields {
		code := v1alpha1.DataElementCode(f.Fields[i].Code)
		name := fieldPrefix + string(code)
		if value := strings.TrimSpace(known[code]); value != "" && strings.TrimSpace(filled.Get(name)) == "" {
			filled.Set(name, value)
			taken = append(taken, code)
		}
	}
	e = f.Fill(filled, grids, Partial)
	e.Problems = nil
	return e, taken
}

// count adds to a problem of the same kind, or adds the problem.
func (e *Entry) count(p Problem) {
	p.N = 1
	for i := range e.Problems {
		if e.Problems[i].Key == p.Key && e.Problems[i].Target == p.Target {
			e.Problems[i].N++
			return
		}
	}
	e.Problems = append(e.Problems, p)
}

func (e *Entry) field(f *content.Field, strict Strictness) {
	fault := func(key string, n int64) {
		e.Problems = append(e.Problems, Problem{Target: inputID(f), Key: key, Field: f, N: n})
	}
	e.consent[f.Code] = e.typed[consentPrefix+f.Code] != ""
	value, key, n := read(f, e.typed[fieldPrefix+f.Code])
	switch {
	case key != "":
		fault(key, n)
	case value == "" && f.Required && !f.Consent && strict == Complete:
		fault("missing", 0)
	case value != "" && f.Consent && !e.consent[f.Code]:
		e.Problems = append(e.Problems, Problem{Target: consentID(f), Key: "consent", Field: f})
	case value != "":
		e.Fields[v1alpha1.DataElementCode(f.Code)] = value
	}
}

// check asks the domain, which has the last word on what may be collected.
func (f *Form) check(e *Entry, strict Strictness) {
	var refused *casework.FieldsError
	if len(e.Problems) > 0 || !errors.As(f.item().Check(e.Fields, strict == Complete), &refused) {
		return
	}
	for _, codes := range [][]v1alpha1.DataElementCode{refused.Forbidden, refused.Unreadable, refused.Missing} {
		for _, code := range codes {
			at := slices.IndexFunc(f.Fields, func(field content.Field) bool { return field.Code == string(code) })
			delete(e.Fields, code)
			e.Problems = append(e.Problems, Problem{Target: inputID(&f.Fields[at]), Key: "refused", Field: &f.Fields[at]})
		}
	}
}

// read brings one value into its spelling, or says what is wrong with it.
func read(f *content.Field, typed string) (value, key string, n int64) {
	kind := lookOf(f)
	if !utf8.ValidString(typed) {
		return "", "unreadable", 0
	}
	value = strings.TrimSpace(strings.ReplaceAll(typed, "\r\n", "\n"))
	if value == "" {
		return "", "", 0
	}
	bad := func(r rune) bool { return unicode.IsControl(r) && (kind != paragraph || (r != '\n' && r != '\t')) }
	most := lineRunes
	if kind == paragraph {
		most = paragraphRunes
	}
	switch {
	case strings.ContainsFunc(value, bad):
		return "", "unreadable", 0
	case utf8.RuneCountInString(value) > most:
		return "", "long", int64(most)
	case kind == line || kind == paragraph:
		return value, "", 0
	}
	return exact(kind, strings.TrimSpace(norm.NFKC.String(value)))
}

// exact reads what has one right spelling.
func exact(kind look, value string) (spelt, key string, n int64) {
	key = ""
	switch kind {
	case whole, fraction:
		value = strings.NewReplacer(",", "", " ", "", "，", "").Replace(value)
		if key = "whole"; kind == fraction {
			key = "fraction"
		}
		if number(value, kind == fraction) {
			key = ""
		}
	case day:
		var ok bool
		if value, ok = date(value); !ok {
			key = "day"
		}
	case yesNo:
		if value != "true" && value != "false" {
			key = "yesno"
		}
	case phone:
		if digits := strings.NewReplacer(" ", "", "-", "", "(", "", ")", "", "+", "").Replace(value); len(digits) < 5 || len(digits) > 20 || !number(digits, false) {
			key = "phone"
		}
	case mail:
		if at := strings.LastIndexByte(value, '@'); at < 1 || at == len(value)-1 || strings.ContainsFunc(value, unicode.IsSpace) {
			key = "mail"
		}
	case identity:
		value = strings.ToUpper(strings.ReplaceAll(value, " ", ""))
		key = wrongIdentity(value)
	case line, paragraph:
	}
	if key != "" {
		return "", key, 0
	}
	return value, "", 0
}

func number(s string, point bool) bool {
	s = strings.TrimPrefix(s, "-")
	before, after, found := strings.Cut(s, ".")
	digits := func(s string) bool { return s != "" && strings.Trim(s, "0123456789") == "" && len(s) <= 20 }
	return digits(before) && (!found || (point && digits(after) && len(after) <= 6))
}

// date reads a day in the spellings people use.
func date(s string) (string, bool) {
	for _, layout := range []string{time.DateOnly, "2006-1-2", "2006/1/2", "2006.1.2", "2006年1月2日", "20060102"} {
		if at, err := time.Parse(layout, s); err == nil && at.Year() >= 1850 && at.Year() <= 2200 {
			return at.Format(time.DateOnly), true
		}
	}
	return "", false
}

// wrongIdentity looks at the last character of an 18-digit number (GB 11643), which
// shows nearly every slip. Other papers have other numbers.
func wrongIdentity(s string) string {
	if len(s) < 5 || len(s) > 24 || strings.Trim(s, "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ()-") != "" {
		return "identity"
	}
	if len(s) != 18 || strings.Trim(s[:17], "0123456789") != "" {
		return ""
	}
	sum, weight := 0, 1
	for i := 17; i >= 0; i-- {
		digit := int(s[i] - '0')
		if s[i] == 'X' {
			digit = 10
		}
		sum, weight = sum+digit*weight, weight*2%11
	}
	if sum%11 != 1 {
		return "identity.check"
	}
	return ""
}

// point works out the place: from a click on the map, from the click before, or from
// the grid chosen in the list, which says the last word.
func (e *Entry) point(grids *sketch.Map) {
	for _, size := range mapSizes {
		x, okX := coordinate(e.typed[size.name+".x"])
		y, okY := coordinate(e.typed[size.name+".y"])
		if !okX || !okY {
			continue
		}
		e.Pointing = true
		if x == 0 && y == 0 { // what a browser sends for the Enter key
			e.missed = true
			break
		}
		scale := float64(grids.Width) / float64(size.width)
		longitude, latitude := grids.At(float64(x)*scale, float64(y)*scale)
		e.Place, e.grid = &store.Place{Longitude: longitude, Latitude: latitude}, gridOption(grids.Grid(longitude, latitude))
		return
	}
	e.grid = e.typed[gridName]
	kept, ok := parsePlace(e.typed[longitudeName], e.typed[latitudeName])
	chosen, err := strconv.Atoi(e.grid)
	switch {
	case ok && (e.grid == outside || gridOption(grids.Grid(kept.Longitude, kept.Latitude)) == e.grid):
		e.Place = &kept
	case err == nil:
		if longitude, latitude, ok := grids.Middle(chosen); ok {
			e.Place = &store.Place{Longitude: longitude, Latitude: latitude}
		}
	}
	if e.Place == nil {
		e.grid = ""
	}
}

// outside is the option for a marked place that is in no grid.
const outside = "outside"

func gridOption(n int) string {
	if n == 0 {
		return outside
	}
	return strconv.Itoa(n)
}

func coordinate(s string) (int64, bool) {
	n, err := strconv.ParseInt(s, 10, 32)
	return n, err == nil && n >= 0
}

func parsePlace(longitude, latitude string) (store.Place, bool) {
	x, errX := strconv.ParseInt(longitude, 10, 64)
	y, errY := strconv.ParseInt(latitude, 10, 64)
	ok := errX == nil && errY == nil && max(x, -x) <= 180e7 && max(y, -y) <= 90e7
	return store.Place{Longitude: x, Latitude: y}, ok
}

// FieldName is the name of a field's input.
func FieldName(f *content.Field) string { return fieldPrefix + f.Code }

// ConsentName is that of the box to tick.
func ConsentName(f *content.Field) string { return consentPrefix + f.Code }

func inputID(f *content.Field) string   { return "field-" + f.Code }
func consentID(f *content.Field) string { return "consent-" + f.Code }
