package systems

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"time"
)

// Headers a sender may use for what is not in the body.
const (
	HeaderKey      = "Idempotency-Key" // required: sent twice, a message is processed once
	HeaderCase     = "Shequ-Case"      // the case; order is kept per case
	HeaderPurpose  = "Shequ-Purpose"
	HeaderSequence = "Shequ-Sequence" // grows with each message of a case
	HeaderSalt     = "Shequ-Salt"     // of the message's hash in the sender's records
	// HeaderReplayed is in an answer that was given before.
	HeaderReplayed = "Idempotency-Replayed"
)

// Outcome is what a system did with a message.
type Outcome string

// The outcomes. A residence register answers yes or no instead.
const (
	Accepted        Outcome = "accepted"
	Rejected        Outcome = "rejected"         // reason says why
	MoreInformation Outcome = "more-information" // needs says which elements
	Answered        Outcome = "answered"         // answer is yes or no
)

// Answer is what a system says to a message it processed, with status 200.
type Answer struct {
	Outcome   Outcome  `json:"outcome"`
	Reference string   `json:"reference,omitempty"` // the system's own number, of accepted messages
	Reason    string   `json:"reason,omitempty"`    // a code, of what is rejected or incomplete
	Message   string   `json:"message,omitempty"`   // the same for people; holds no value that was sent
	Needs     []string `json:"needs,omitempty"`     // elements that are missing
	Answer    string   `json:"answer,omitempty"`    // yes or no
	Revision  int64    `json:"revision,omitempty"`  // of a report that was sent before, from 2
	Receipt   *Receipt `json:"receipt,omitempty"`   // of a bill that was paid

	// To questions: what is due, and what was paid on a day.
	Bill      *Bill      `json:"bill,omitempty"`
	Statement *Statement `json:"statement,omitempty"`
}

// Message is one delivery as a system remembers it.
type Message struct {
	Number   int64             `json:"number"` // in the order of processing, from 1
	Key      string            `json:"key"`
	At       time.Time         `json:"at"` // UTC, when it was processed
	Case     string            `json:"case,omitempty"`
	Purpose  string            `json:"purpose,omitempty"`
	Sequence int64             `json:"sequence,omitempty"`
	Salt     string            `json:"salt,omitempty"` // as it was sent
	Elements map[string]string `json:"elements,omitempty"`
	Figures  map[string]string `json:"figures,omitempty"` // of a report
	// Members are what else was in the body, such as workOrder or period.
	Members map[string]string `json:"members,omitempty"`
	// Digest is the hexadecimal SHA-256 of the body, or of the row of a file.
	Digest string `json:"digest"`
	Answer Answer `json:"answer"`
}

const (
	maxBody    = 1 << 20
	maxMembers = 500
)

// named are members that say something about the message, and are no elements
// where the elements lie beside them.
var named = []string{"case", "purpose", "sequence", "task", "workOrder", "result", "reason", "period", "community"}

// parse reads a body: a JSON object whose member elements holds the elements, or
// whose members are the elements where there is none.
func parse(body []byte, header http.Header) (Message, error) {
	m := Message{
		Key: header.Get(HeaderKey), Case: header.Get(HeaderCase), Purpose: header.Get(HeaderPurpose),
		Salt: header.Get(HeaderSalt), Members: map[string]string{}, Digest: digest(body),
	}
	if m.Case == "" {
		m.Case = header.Get("X-Road-Issue")
	}
	members, err := object(body)
	if err != nil {
		return m, err
	}
	nested := false
	for name, raw := range members {
		switch name {
		case "elements":
			m.Elements, err = scalars(raw)
			nested = true
		case "figures":
			m.Figures, err = scalars(raw)
			nested = true
		default:
			m.Members[name], err = scalar(raw)
		}
		if err != nil {
			return m, fmt.Errorf("the member %.40q: %w", name, err)
		}
	}
	sequence := header.Get(HeaderSequence)
	for name, into := range map[string]*string{"case": &m.Case, "purpose": &m.Purpose, "sequence": &sequence} {
		if text, there := m.Members[name]; there {
			*into = text
			delete(m.Members, name)
		}
	}
	if sequence != "" {
		if m.Sequence, err = strconv.ParseInt(sequence, 10, 64); err != nil || m.Sequence < 0 {
			return m, errors.New("the sequence is no whole number from 0")
		}
	}
	if !nested {
		m.Elements = m.Members
		m.Members = map[string]string{}
		for _, name := range named {
			if text, there := m.Elements[name]; there {
				m.Members[name] = text
				delete(m.Elements, name)
			}
		}
	}
	return m, nil
}

// object reads one JSON object and nothing after it.
func object(data []byte) (map[string]json.RawMessage, error) {
	var members map[string]json.RawMessage
	decoder := json.NewDecoder(bytes.NewReader(data))
	if err := decoder.Decode(&members); err != nil || members == nil {
		return nil, errors.New("send one JSON object")
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		return nil, errors.New("send one JSON object and nothing after it")
	}
	if len(members) > maxMembers {
		return nil, fmt.Errorf("send at most %d members", maxMembers)
	}
	return members, nil
}

func scalars(data []byte) (map[string]string, error) {
	members, err := object(data)
	if err != nil {
		return nil, err
	}
	out := make(map[string]string, len(members))
	for name, raw := range members {
		if out[name], err = scalar(raw); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// scalar is a text, number or boolean as text; null is the empty text.
func scalar(data []byte) (string, error) {
	var value any
	decoder := json.NewDecoder(bytes.NewReader(data))
	decoder.UseNumber()
	if err := decoder.Decode(&value); err != nil {
		return "", errors.New("it is no JSON value")
	}
	switch value := value.(type) {
	case nil:
		return "", nil
	case string:
		return value, nil
	case json.Number:
		return value.String(), nil
	case bool:
		return strconv.FormatBool(value), nil
	default:
		return "", errors.New("send a text, a number or a boolean, no list and no object")
	}
}

// lacking lists which of the wanted elements a message does not have.
func (m Message) lacking(wanted []string) []string {
	var out []string
	for _, name := range wanted {
		if m.Elements[name] == "" {
			out = append(out, name)
		}
	}
	return out
}

// unwanted lists which elements of a message are not among those accepted.
func (m Message) unwanted(accepts []string) []string {
	var out []string
	for _, name := range slices.Sorted(maps.Keys(m.Elements)) {
		if !slices.Contains(accepts, name) {
			out = append(out, name)
		}
	}
	return out
}
