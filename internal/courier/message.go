package courier

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"

	"github.com/shequ-io/shequ/api/v1alpha1"
	"github.com/shequ-io/shequ/internal/casework"
)

// Facts are what may be said of a message to the system it goes to, beside its
// fields.
type Facts struct {
	Case    string // identifier
	Task    string // namespace/name
	System  string
	Purpose v1alpha1.PurposeCode
	// Version of the case the message is of, from 1.
	Version int64
}

// Key is the message's.
func (f Facts) Key() Key { return NewKey(f.Case, f.Task, f.System, f.Purpose, f.Version) }

// Field is a value under the name a system knows it by. A name with points in it
// stands for an object within an object.
type Field struct {
	Name string
	// Value is a string, an int64, a finite float64 or a bool; nil is null, as of a
	// count that is not shown.
	Value any
}

// Message is what goes to a system.
type Message struct {
	Facts
	// Fields in the order of the mapping.
	Fields []Field
	// Codes of the elements the fields were made from, sorted.
	Codes []Code
	// Salt of its hash: at random, kept and deleted with the message, and sent along
	// where the protocol has room for it.
	Salt string
}

// maxBody is the longest message in bytes.
const maxBody = 1 << 20

// JSON is the message as one JSON object of its fields, keys sorted, in UTF-8.
// The same message has the same bytes always. The error holds no value.
func (m Message) JSON() ([]byte, error) {
	object := map[string]any{}
	for _, f := range m.Fields {
		at := object
		parts := strings.Split(f.Name, ".")
		for _, part := range parts[:len(parts)-1] {
			below, ok := at[part].(map[string]any)
			if !ok {
				below = map[string]any{}
				at[part] = below
			}
			at = below
		}
		at[parts[len(parts)-1]] = f.Value
	}
	var b bytes.Buffer
	encoder := json.NewEncoder(&b)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(object); err != nil {
		return nil, fmt.Errorf("a field of the message for %s has a value JSON can't hold; correct the mapping", m.System)
	}
	out := bytes.TrimSuffix(b.Bytes(), []byte("\n"))
	if len(out) > maxBody {
		return nil, fmt.Errorf("the message for %s has more than %d bytes; let the mapping send less", m.System, maxBody)
	}
	return out, nil
}

// messageHeader keeps hashes of this make from those of another.
const messageHeader = "shequ.io/courier/v1 message\n"

// minSalt is the shortest salt, in characters.
const minSalt = 16

// Hash of the message, as its record has it: of its salt and the bytes of JSON,
// in casework's canonical form. Whoever received both can compute it too. Once
// the salt is deleted with the message, nobody can try out what the fields were.
func (m Message) Hash() (casework.Hash, error) {
	if len(m.Salt) < minSalt {
		return casework.Hash{}, fmt.Errorf("the message for %s has no salt of at least %d characters; draw one at random for each message", m.System, minSalt)
	}
	body, err := m.JSON()
	if err != nil {
		return casework.Hash{}, err
	}
	return casework.ChainHash(casework.Hash{}, casework.CanonicalForm(messageHeader, []casework.Line{
		{Name: "salt", Value: m.Salt},
		{Name: "body", Value: string(body)},
	})), nil
}

// Format prints how many fields there are, whatever the verb.
func (m Message) Format(s fmt.State, _ rune) { fmt.Fprint(s, m.redacted()) }

// LogValue logs how many fields there are.
func (m Message) LogValue() slog.Value { return slog.StringValue(m.redacted()) }

func (m Message) redacted() string {
	return fmt.Sprintf("(message of %d fields for %s)", len(m.Fields), m.System)
}

var errNoMapping = errors.New("the delivery's mapping does not compile; correct it")

// Compose selects and maps: it makes the message of a delivery, and says what
// became of the elements. Without a single element with a value there is no
// message, and sent is false. Where the mapping makes none of those there are, fails,
// or is nil since it does not compile, what would have gone is refused as NotMapped;
// the error says why where something is wrong, and holds no value.
func Compose(m *Mapping, t Terms, s System, about Subject) (out Message, chosen Selection, sent bool, err error) {
	chosen = Select(t, s, about)
	if len(chosen.Payload) == 0 {
		return Message{}, chosen, false, nil
	}
	facts := Facts{Case: about.Case, Task: t.Task, System: s.Name, Purpose: t.Delivery.Purpose, Version: about.Version}
	out, err = compose(m, facts, chosen.Payload)
	if err != nil || len(out.Fields) == 0 {
		return Message{}, chosen.withheld(NotMapped), false, err
	}
	out.Salt = about.Salt
	return out, chosen, true, nil
}

// compose maps, and sees to it that what comes of it can be sent. A message without
// fields is none.
func compose(m *Mapping, f Facts, payload casework.Fields) (Message, error) {
	if m == nil {
		return Message{}, errNoMapping
	}
	fields, used, err := m.Map(f, payload)
	if err != nil || len(used) == 0 || len(fields) == 0 {
		return Message{}, err // without an element in it there is nothing to say
	}
	out := Message{Facts: f, Fields: fields, Codes: slices.Clip(used)}
	_, err = out.JSON()
	return out, err
}
