package store

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/shequ-io/shequ/internal/courier"
	"github.com/shequ-io/shequ/internal/seal"
)

// parcel is a message as it is sealed: what the row beside it does not say.
type parcel struct {
	Fields []parcelField  `json:"fields"`
	Codes  []courier.Code `json:"codes"`
	Salt   string         `json:"salt"`
}

// parcelField is a field with a value of one of the types a message can have, each
// in a member of its own: a number read from JSON does not say which it was. None
// of them is a null.
type parcelField struct {
	Name    string   `json:"name"`
	Text    *string  `json:"text,omitempty"`
	Integer *int64   `json:"integer,omitempty"`
	Number  *float64 `json:"number,omitempty"`
	Boolean *bool    `json:"boolean,omitempty"`
}

// pack seals a message to the courier.
func pack(to seal.PublicKey, m *courier.Message) ([]byte, error) {
	p := parcel{Fields: make([]parcelField, len(m.Fields)), Codes: m.Codes, Salt: m.Salt}
	for i, f := range m.Fields {
		out := parcelField{Name: f.Name}
		switch v := f.Value.(type) {
		case nil:
		case string:
			out.Text = &v
		case int64:
			out.Integer = &v
		case float64:
			out.Number = &v
		case bool:
			out.Boolean = &v
		default:
			return nil, fmt.Errorf("%w: a field of a message is a text, a whole number, a number, a boolean or null; correct whoever makes it", ErrInvalid)
		}
		p.Fields[i] = out
	}
	plain, err := json.Marshal(p)
	if err != nil {
		return nil, fmt.Errorf("%w: a field of a message can't be kept as JSON", ErrInvalid)
	}
	return to.Seal(plain, ParcelContext(m.Key()))
}

// errParcel: what was opened is no message.
var errParcel = errors.New("what was sealed is no message; roll out the image that wrote it")

// unpack opens a message. The errors are those of seal.PrivateKey.Open, and errParcel.
func unpack(with seal.PrivateKey, sealed []byte, facts courier.Facts) (courier.Message, error) {
	plain, err := with.Open(sealed, ParcelContext(facts.Key()))
	if err != nil {
		return courier.Message{}, err
	}
	var p parcel
	if json.Unmarshal(plain, &p) != nil {
		return courier.Message{}, errParcel
	}
	m := courier.Message{Facts: facts, Fields: make([]courier.Field, len(p.Fields)), Codes: p.Codes, Salt: p.Salt}
	for i, f := range p.Fields {
		m.Fields[i] = courier.Field{Name: f.Name, Value: f.value()}
	}
	return m, nil
}

func (f *parcelField) value() any {
	switch {
	case f.Text != nil:
		return *f.Text
	case f.Integer != nil:
		return *f.Integer
	case f.Number != nil:
		return *f.Number
	case f.Boolean != nil:
		return *f.Boolean
	}
	return nil
}

// joined are codes as they are kept: sorted, each once, with a comma between.
func joined(codes []courier.Code) string {
	texts := make([]string, len(codes))
	for i, c := range codes {
		texts[i] = string(c)
	}
	slices.Sort(texts)
	return strings.Join(slices.Compact(texts), ",")
}
