package open311

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"strconv"
	"strings"
	"unicode/utf8"
)

// A document is written once, as a tree, and encoded in either format: what both
// say can't differ. The specification's JSON is its XML in the Spark convention: an
// element with children is an object, a list of elements an array, and an empty
// element null.
type value interface {
	json(w *bytes.Buffer)
	xml(w *bytes.Buffer)
}

// null is what is not known, or not told.
type null struct{}

func (null) json(w *bytes.Buffer) { w.WriteString("null") }
func (null) xml(*bytes.Buffer)    {}

// text is a string; where it is empty there is nothing to tell, as an empty element
// has it.
type text string

func (t text) json(w *bytes.Buffer) {
	if t == "" {
		null{}.json(w)
		return
	}
	writeJSON(w, clean(string(t)))
}

func (t text) xml(w *bytes.Buffer) {
	// Writing to a buffer never fails.
	_ = xml.EscapeText(w, []byte(clean(string(t))))
}

type number int

func (n number) json(w *bytes.Buffer) { w.WriteString(strconv.Itoa(int(n))) }
func (n number) xml(w *bytes.Buffer)  { n.json(w) }

type truth bool

func (b truth) json(w *bytes.Buffer) { w.WriteString(strconv.FormatBool(bool(b))) }
func (b truth) xml(w *bytes.Buffer)  { b.json(w) }

// member of an object; its name is a literal of this package.
type member struct {
	name  string
	value value
}

type object []member

func (o object) json(w *bytes.Buffer) {
	w.WriteByte('{')
	for i, m := range o {
		if i > 0 {
			w.WriteByte(',')
		}
		writeJSON(w, m.name)
		w.WriteByte(':')
		m.value.json(w)
	}
	w.WriteByte('}')
}

func (o object) xml(w *bytes.Buffer) {
	for _, m := range o {
		element(w, m.name, m.value)
	}
}

// list of elements of one name, which only XML tells.
type list struct {
	of     string
	values []value
}

func (l list) json(w *bytes.Buffer) {
	w.WriteByte('[')
	for i, v := range l.values {
		if i > 0 {
			w.WriteByte(',')
		}
		v.json(w)
	}
	w.WriteByte(']')
}

func (l list) xml(w *bytes.Buffer) {
	for _, v := range l.values {
		element(w, l.of, v)
	}
}

func element(w *bytes.Buffer, name string, v value) {
	w.WriteString("<" + name + ">")
	v.xml(w)
	w.WriteString("</" + name + ">")
}

// document is a tree and the name of its root, which only XML tells.
type document struct {
	root string
	body value
}

func (d document) encode(f format) []byte {
	var w bytes.Buffer
	if f == formatJSON {
		d.body.json(&w)
		w.WriteByte('\n')
		return w.Bytes()
	}
	w.WriteString(`<?xml version="1.0" encoding="UTF-8"?>` + "\n")
	element(&w, d.root, d.body)
	w.WriteByte('\n')
	return w.Bytes()
}

func writeJSON(w *bytes.Buffer, s string) {
	encoded, err := json.Marshal(s)
	if err != nil {
		panic(err) // a string is always encoded
	}
	w.Write(encoded)
}

// clean makes of a text what both formats can say: XML has no way to write most
// control characters, and UTF-8 is required everywhere.
func clean(s string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r == '\n' || r == '\t':
			return r
		case r == '\r', r < ' ', r == utf8.RuneError, r >= 0xD800 && r <= 0xDFFF, r == 0xFFFE, r == 0xFFFF:
			return ' '
		}
		return r
	}, s)
}
