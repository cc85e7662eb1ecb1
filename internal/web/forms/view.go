package forms

import (
	"embed"
	"io/fs"
	"slices"
	"strconv"

	"github.com/shequ-io/shequ/internal/content"
	"github.com/shequ-io/shequ/internal/web/frame"
	"github.com/shequ-io/shequ/internal/web/serve"
	"github.com/shequ-io/shequ/internal/web/sketch"
)

//go:embed templates/*.html
var parts embed.FS

// Parts are the templates form-errors, form-hidden, form-fields, form-earlier,
// form-place, form-files and survey-questions, for frame.Parse. Each takes a View (the last one
// a SurveyView).
func Parts() fs.FS { return parts }

// View is a form as its templates need it.
type View struct {
	L     *frame.Locale
	Form  *Form
	Token string
	// Fields, in order.
	Fields []FieldView
	// Earlier is nil where the form asks for no earlier application.
	Earlier *EarlierView
	// Place is nil where the form has none.
	Place *PlaceView
	// Problems to put right, in the order of the form.
	Problems []ProblemView
	// Utility is whether that box is ticked.
	Utility bool
	// FileProblem is what is wrong with the files; empty when nothing is.
	FileProblem string
}

// ProblemView is a problem in words, with the id of its input.
type ProblemView struct{ Target, Text string }

// FieldView is one field.
type FieldView struct {
	L        *frame.Locale
	Field    *content.Field
	For      content.Text // what the form is for
	ID, Name string
	Value    string
	Error    string
	// Shape is line, paragraph or choice.
	Shape string
	// Type, Mode and Complete are the attributes type, inputmode and autocomplete.
	Type, Mode, Complete string
	Most                 int
	// Optional says that it may stay empty.
	Optional bool
	// Consent, where it is asked with one.
	Consent *ConsentView
	// Note is said below the name, such as where the value was taken from; empty for
	// nothing. Taken tells that the value was not typed.
	Note  string
	Taken bool
}

// EarlierView is the question for the receipt code of an earlier application.
type EarlierView struct{ Value, Error string }

// ConsentView is the box to tick.
type ConsentView struct {
	ID, Name, Error string
	Given           bool
}

// PlaceView is the question where.
type PlaceView struct {
	// Image is the address of the map; empty where no grid is drawn.
	Image         string
	Sizes         []ImageSize
	Width, Height int // of the map's own units
	// X and Y of the mark in those units; empty for none.
	X, Y                string
	Longitude, Latitude string // of the mark
	Grids               []GridOption
	// Said is what follows from the last click, in words.
	Said string
}

// ImageSize is one size the map is shown in. A browser tells where it was clicked in
// points of what it showed, so the sizes are fixed.
type ImageSize struct {
	Name          string
	Class         string
	Width, Height int
}

// GridOption is a grid to choose.
type GridOption struct {
	Value, Label string
	Chosen       bool
}

var mapSizes = []struct {
	name, class string
	width       int
}{{smallMapName, "small", 272}, {largeMapName, "large", 544}}

// MapImage is the address of the map of these grids, and the map as a file; empty
// where none is drawn.
func MapImage(grids []content.Grid) (address string, file []byte) {
	if file = sketch.File(grids); file == nil {
		return "", nil
	}
	return serve.AssetPath(sketch.FileName, file), file
}

// View shows a form as it was filled in; entry is nil for an empty one. The map and
// its address may be empty.
func (f *Form) View(l *frame.Locale, entry *Entry, token string, site *content.Site, grids *sketch.Map, image string) *View {
	if entry == nil {
		entry = &Entry{}
	}
	v := &View{L: l, Form: f, Token: token, Utility: entry.Utility}
	errors := map[string]string{}
	for _, p := range entry.Problems {
		text := p.say(l)
		v.Problems = append(v.Problems, ProblemView{p.Target, text})
		errors[p.Target] = text
	}
	for i := range f.Fields {
		v.Fields = append(v.Fields, f.fieldView(l, &f.Fields[i], entry, errors))
	}
	if f.Earlier {
		v.Earlier = &EarlierView{entry.typed[earlierName], errors[earlierName]}
	}
	if f.Place {
		v.Place = placeView(l, entry, site.Grids, grids, image)
	}
	return v
}

// AddFiles notes what was wrong with the files that came.
func (v *View) AddFiles(refused []Refusal) {
	for _, why := range refused {
		v.FileProblem = v.L.Must("form.problem." + string(why))
		v.Problems = append(v.Problems, ProblemView{FilesName, v.FileProblem})
	}
}

// AddProblem puts a problem with the form as a whole first.
func (v *View) AddProblem(text string) {
	v.Problems = slices.Insert(v.Problems, 0, ProblemView{Text: text})
}

func (p *Problem) say(l *frame.Locale) string {
	key := "form.problem." + p.Key
	switch {
	case p.Key == "long":
		return l.Must(key, l.Plain(p.Field.Text), l.Int(p.N))
	case p.Field != nil:
		return l.Must(key, l.Plain(p.Field.Text))
	case p.N == 0:
		return l.Must(key)
	}
	return l.Must(key, l.Int(p.N))
}

func (f *Form) fieldView(l *frame.Locale, field *content.Field, e *Entry, errors map[string]string) FieldView {
	v := FieldView{
		L: l, Field: field, For: f.Title, ID: inputID(field), Name: fieldPrefix + field.Code,
		Value: e.typed[fieldPrefix+field.Code], Error: errors[inputID(field)],
		Shape: "line", Type: "text", Most: lineRunes, Optional: !field.Required || field.Consent,
	}
	switch lookOf(field) {
	case paragraph:
		v.Shape, v.Most = "paragraph", paragraphRunes
	case whole:
		v.Mode = "numeric"
	case fraction:
		v.Mode = "decimal"
	case day:
		v.Type = "date"
	case yesNo:
		v.Shape = "choice"
	case phone:
		v.Type = "tel"
	case mail:
		v.Type = "email"
	case line, identity:
	}
	// What is sensitive must not stay behind in a browser that others use.
	v.Complete = "off"
	if known := autocomplete[field.Code]; known != "" && !field.Sensitive {
		v.Complete = known
	}
	if field.Consent {
		v.Consent = &ConsentView{
			ID: consentID(field), Name: consentPrefix + field.Code,
			Given: e.consent[field.Code], Error: errors[consentID(field)],
		}
	}
	return v
}

// autocomplete tells browsers what they may fill in.
var autocomplete = map[string]string{
	"applicant-name": "name", "telephone": "tel", "email": "email", "address": "street-address", "birth-date": "bday",
}

// DescribedBy lists the ids of what explains the field.
func (v FieldView) DescribedBy() string {
	ids := ""
	if v.Field.Sensitive {
		ids = v.ID + "-why"
	}
	if v.Note != "" {
		ids += " " + v.ID + "-note"
	}
	if v.Error != "" {
		ids += " " + v.ID + "-error"
	}
	return ids
}

// Kept is how long the field is kept, in words; empty where nothing says so.
func (v FieldView) Kept() (string, error) {
	if v.Field.RetentionDays == 0 {
		return "", nil
	}
	days, err := v.L.Days(v.Field.RetentionDays)
	if err != nil {
		return "", err
	}
	return v.L.M("task.kept.days", days)
}

// Kept is how long the letter is kept, in words.
func (v *View) Kept() (string, error) { return v.L.Days(v.Form.Terms.RetentionDays) }

// Files tells whether files may come with the form.
func (v *View) Files() bool { return v.Form.Files }

// FileMegabytes is how large each may be.
func (v *View) FileMegabytes() string { return v.L.Int(MaxFileBytes >> 20) }

// FileMost is how many there may be.
func (v *View) FileMost() string { return v.L.Int(MaxFiles) }

func placeView(l *frame.Locale, e *Entry, all []content.Grid, grids *sketch.Map, image string) *PlaceView {
	if grids == nil || image == "" {
		return &PlaceView{}
	}
	v := &PlaceView{Image: image, Width: grids.Width, Height: grids.Height}
	for _, s := range mapSizes {
		v.Sizes = append(v.Sizes, ImageSize{Name: s.name, Class: s.class, Width: s.width, Height: grids.Height * s.width / grids.Width})
	}
	for i, g := range all {
		if len(g.Outline) > 0 {
			value := strconv.Itoa(i + 1)
			v.Grids = append(v.Grids, GridOption{Value: value, Label: l.Must("form.place.grid", value, l.Plain(g.Title)), Chosen: e.grid == value})
		}
	}
	if e.missed {
		v.Said = l.Must("form.place.missed")
	}
	if e.Place == nil {
		return v
	}
	v.X, v.Y, _ = grids.Spot(e.Place.Longitude, e.Place.Latitude)
	v.Longitude, v.Latitude = strconv.FormatInt(e.Place.Longitude, 10), strconv.FormatInt(e.Place.Latitude, 10)
	at, err := strconv.Atoi(e.grid)
	switch {
	case e.grid == outside:
		v.Grids = append(v.Grids, GridOption{Value: outside, Label: l.Must("form.place.outside"), Chosen: true})
		v.Said = l.Must("form.place.said.outside")
	case err == nil && at >= 1 && at <= len(all):
		v.Said = l.Must("form.place.said", l.Plain(all[at-1].Title))
	}
	return v
}
