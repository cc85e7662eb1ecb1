package hooks

import (
	"encoding/json"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/shequ-io/shequ/api/v1alpha1"
	"github.com/shequ-io/shequ/internal/casework"
	"github.com/shequ-io/shequ/internal/store"
)

// requestText is the one element a work order has.
const requestText v1alpha1.DataElementCode = "request-text"

const (
	// maxText is the longest text, in characters: what a case takes.
	maxText = 4000
	// future is how far the clocks of two may be apart.
	future = 5 * time.Minute
	// past is how old a work order may be when it comes.
	past = 90 * 24 * time.Hour
)

var (
	notJSON    = &refusal{http.StatusBadRequest, "body-malformed", "send one JSON object"}
	notOurs    = &refusal{http.StatusUnprocessableEntity, "field-not-taken", "a work order has workOrder, received, urgency, and elements with request-text alone; leave the rest out"}
	noNumber   = &refusal{http.StatusUnprocessableEntity, "work-order-malformed", "workOrder is the order's number: 1 to 64 letters, digits and ._/-, beginning with a letter or digit"}
	noTime     = &refusal{http.StatusUnprocessableEntity, "received-malformed", "received is when the order was taken down, such as 2026-03-02T09:00:00+08:00, in the last 90 days"}
	noUrgency  = &refusal{http.StatusUnprocessableEntity, "urgency-malformed", "urgency is " + urgencies()}
	noText     = &refusal{http.StatusUnprocessableEntity, "request-text-malformed", "request-text is a text of 1 to 4000 characters"}
	numberForm = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._/-]{0,63}$`)
)

func urgencies() string {
	var words []string
	for _, u := range casework.Urgencies() {
		words = append(words, string(u))
	}
	return strings.Join(words, ", ")
}

// parse reads a work order. Members go by their exact names; any other, whatever it
// holds, is a reason to take nothing of it.
func parse(body []byte, now time.Time) (store.WorkOrder, *refusal) {
	members, ok := object(body)
	if !ok {
		return store.WorkOrder{}, notJSON
	}
	elements, ok := object(members["elements"])
	if !ok || !only(members, "workOrder", "received", "urgency", "elements") || !only(elements, string(requestText)) {
		return store.WorkOrder{}, notOurs
	}
	number, ok := text(members["workOrder"])
	if !ok || !numberForm.MatchString(number) || casework.PersonalNumber(number) {
		return store.WorkOrder{}, noNumber
	}
	given, ok := text(members["received"])
	received, err := time.Parse(time.RFC3339, given)
	if !ok || err != nil || received.After(now.Add(future)) || received.Before(now.Add(-past)) {
		return store.WorkOrder{}, noTime
	}
	if received.After(now) {
		received = now
	}
	urgency := casework.Ordinary
	if raw, given := members["urgency"]; given {
		word, _ := text(raw)
		if urgency = casework.Urgency(word); !slices.Contains(casework.Urgencies(), urgency) {
			return store.WorkOrder{}, noUrgency
		}
	}
	request, ok := text(elements[string(requestText)])
	if !ok || strings.TrimSpace(request) == "" || utf8.RuneCountInString(request) > maxText || strings.ContainsFunc(request, unprintable) {
		return store.WorkOrder{}, noText
	}
	return store.WorkOrder{
		Reference: number, Urgency: urgency, Received: received,
		Letter: store.Letter{Fields: casework.Fields{requestText: request}},
	}, nil
}

func unprintable(r rune) bool {
	return unicode.IsControl(r) && r != '\n' && r != '\t' && r != '\r' || r == unicode.ReplacementChar
}

// object reads a JSON object without looking into its members. One that names a
// member twice is none: nobody knows which of them was meant.
func object(data []byte) (map[string]json.RawMessage, bool) {
	if len(data) == 0 || !utf8.Valid(data) {
		return nil, false
	}
	decoder := json.NewDecoder(strings.NewReader(string(data)))
	if open, err := decoder.Token(); err != nil || open != json.Delim('{') {
		return nil, false
	}
	out := map[string]json.RawMessage{}
	for decoder.More() {
		name, err := decoder.Token()
		if err != nil {
			return nil, false
		}
		key, is := name.(string)
		var value json.RawMessage
		if _, twice := out[key]; !is || twice || decoder.Decode(&value) != nil {
			return nil, false
		}
		out[key] = value
	}
	if end, err := decoder.Token(); err != nil || end != json.Delim('}') {
		return nil, false
	}
	// Nothing comes after it.
	return out, strings.TrimSpace(string(data)[decoder.InputOffset():]) == ""
}

// only says that an object has no members but these.
func only(members map[string]json.RawMessage, names ...string) bool {
	for name := range members {
		if !slices.Contains(names, name) {
			return false
		}
	}
	return true
}

// text reads a JSON string.
func text(raw json.RawMessage) (string, bool) {
	var out *string
	if len(raw) == 0 || json.Unmarshal(raw, &out) != nil || out == nil {
		return "", false
	}
	return *out, true
}
