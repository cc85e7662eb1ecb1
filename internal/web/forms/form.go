package forms

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"

	"github.com/shequ-io/shequ/api/v1alpha1"
	"github.com/shequ-io/shequ/internal/casework"
	"github.com/shequ-io/shequ/internal/content"
	"github.com/shequ-io/shequ/internal/privacy"
	"github.com/shequ-io/shequ/internal/store"
)

// Form is what is asked for one kind of case.
type Form struct {
	Kind  casework.Kind
	Title content.Text
	// Terms that hold for what is asked for by this form now.
	Terms store.Terms
	// Fields that are asked, in order: each has a code.
	Fields []content.Field
	// Known are the data elements the community has already: they are used, and not
	// asked again.
	Known []content.Field
	// Earlier tells that the form asks for the receipt code of an earlier application,
	// from which the desk takes over what is known.
	Earlier bool
	// Place tells that the form may say where.
	Place bool
	// Deliveries are what systems get of it. Residents are told on the same page, so
	// that a change of it is one of the form.
	Deliveries []content.Delivery
	// Files tells that papers or photographs may come with it: only where the item
	// names papers to bring, or for help.
	Files bool
}

// ForItem is the form of an item of the station; nil where nothing can be asked,
// so that the item is for the counter.
func ForItem(item *content.Item) *Form {
	if item == nil || !item.Asks() {
		return nil
	}
	f := ForCounter(item)
	f.Files = len(item.Materials) > 0
	f.ask(item.Elements, notAgain)
	f.Earlier = slices.ContainsFunc(f.Known, func(known content.Field) bool { return known.Code != "" && !forbidden(&known) })
	return f
}

// ForDesk is the form of an item as the counter fills it in. What the community has
// already is among what it asks: it is taken over from an earlier case whose code the
// resident brings, and where none is at hand it has to be typed, or nobody would have
// it for this case.
func ForDesk(item *content.Item) *Form {
	f := ForCounter(item)
	f.ask(item.Elements, anew)
	f.Files = len(f.Fields) > 0 && len(item.Materials) > 0
	return f
}

// ForCounter is the form of an item that asks nothing: what somebody comes to the
// counter for is counted, and papers are kept where they belong.
func ForCounter(item *content.Item) *Form {
	f := &Form{Kind: casework.Application, Title: item.Title, Terms: store.Terms{
		Item: item.Name, Purpose: v1alpha1.PurposeCode(item.Purpose), RetentionDays: item.RetentionDays,
		AcceptWithinMinutes: item.AcceptWithinMinutes, ResolveWithinMinutes: item.ResolveWithinMinutes,
	}}
	if item.Task != nil {
		f.Terms.Task, f.Deliveries = item.Task.Name, item.Task.Deliveries
	}
	if f.Terms.Purpose == "" {
		f.Terms.Purpose = defaultPurpose
	}
	return f
}

// Written is a form with the same fields and nothing else to say, for what is
// supplemented or corrected later. It begins no case.
func (f *Form) Written() *Form { return &Form{Title: f.Title, Terms: f.Terms, Fields: f.Fields} }

// defaultPurpose is that of an item that names none.
const defaultPurpose = "station-service"

// ForRequest is the form for help, an opinion or a mediation; nil for none.
func ForRequest(form *content.Form) *Form {
	if form == nil {
		return nil
	}
	f := &Form{Kind: casework.Kind(form.Kind), Title: form.Title, Place: form.Place, Terms: store.Terms{
		Item: form.Item, Purpose: v1alpha1.PurposeCode(form.Purpose), RetentionDays: form.RetentionDays,
	}}
	f.Files = f.Kind == casework.HelpRequest
	f.ask(form.Fields, notAgain)
	return f
}

// repetition is whether a form asks for what the community has already.
type repetition bool

const (
	notAgain repetition = false
	anew     repetition = true
)

func (f *Form) ask(fields []content.Field, repeat repetition) {
	for _, field := range fields {
		switch {
		case field.Reused && (repeat == notAgain || field.Code == ""):
			f.Known = append(f.Known, field)
		case field.Code != "" && !forbidden(&field):
			f.Fields = append(f.Fields, field)
		}
	}
}

// forbidden fields are refused where a standard is declared; none that came by
// another way is asked either.
func forbidden(f *content.Field) bool {
	_, _, found := privacy.Forbidden(f.Code, f.ZH, f.EN)
	return found
}

// Scope is what a token of the form is good for.
func (f *Form) Scope() string { return string(f.Kind) + " " + f.Terms.Item }

// Edition changes whenever what the form asks, or says about what it asks, changes.
func (f *Form) Edition() string {
	sum := sha256.Sum256(fmt.Appendf(nil, "%#v", *f))
	return hex.EncodeToString(sum[:6])
}

// item is what the domain knows of the form.
func (f *Form) item() casework.Item {
	var item casework.Item
	for _, field := range f.Fields {
		code := v1alpha1.DataElementCode(field.Code)
		item.Elements = append(item.Elements, code)
		if field.Required && !field.Consent {
			item.Required = append(item.Required, code)
		}
	}
	return item
}

// look is how a field is shown and read.
type look int

const (
	line look = iota
	paragraph
	whole
	fraction
	day
	yesNo
	phone
	mail
	identity
)

// lookOf a field follows from its type, and of texts from the code's last words: the
// standard's types say no more than Text of a telephone number.
func lookOf(f *content.Field) look {
	switch f.Type {
	case "Integer":
		return whole
	case "Decimal":
		return fraction
	case "Date":
		return day
	case "Boolean":
		return yesNo
	}
	words := strings.Split(f.Code, "-")
	switch last := words[len(words)-1]; {
	case slices.Contains([]string{"text", "reason", "description", "remarks"}, last):
		return paragraph
	case last == "telephone" || last == "phone" || last == "mobile":
		return phone
	case last == "email":
		return mail
	case strings.HasSuffix(f.Code, "identity-number"):
		return identity
	}
	return line
}

// The names of inputs.
const (
	fieldPrefix   = "f."
	consentPrefix = "c."

	// TokenName and EditionName are the hidden inputs every form has.
	TokenName   = "token"
	EditionName = "edition"
	// FilesName is the input for files.
	FilesName = "files"

	earlierName   = "earlier"
	utilityName   = "utility"
	gridName      = "grid"
	longitudeName = "lon"
	latitudeName  = "lat"
	smallMapName  = "map-s"
	largeMapName  = "map-l"
)

// declares reports whether the form has an input of that name.
func (f *Form) declares(name string) bool {
	if name == TokenName || name == EditionName || (name == FilesName && f.Files) || (name == utilityName && f.Utility()) ||
		(name == earlierName && f.Earlier) {
		return true
	}
	if f.Place {
		switch name {
		case gridName, longitudeName, latitudeName, smallMapName + ".x", smallMapName + ".y", largeMapName + ".x", largeMapName + ".y":
			return true
		}
	}
	return slices.ContainsFunc(f.Fields, func(field content.Field) bool {
		return name == fieldPrefix+field.Code || (field.Consent && name == consentPrefix+field.Code)
	})
}

// Utility reports whether the form asks if water, power, gas, heating or a lift is
// concerned: such requests have a shorter limit.
func (f *Form) Utility() bool { return f.Kind == casework.HelpRequest }
