package open311

import (
	"net/http"
	"strconv"
	"strings"
)

// format of an answer.
type format int

// The formats; the specification requires the first.
const (
	formatXML format = iota
	formatJSON
)

// contentType is what the specification says it looks like.
func (f format) contentType() string {
	if f == formatJSON {
		return "application/json; charset=utf-8"
	}
	return "text/xml; charset=utf-8"
}

// cutFormat takes the format off a resource: requests.json → requests. Only the
// last extension counts, since the code of a service may have points. Without one,
// the Accept header chooses.
func cutFormat(resource string, h http.Header) (string, format) {
	if base, ok := strings.CutSuffix(resource, ".json"); ok {
		return base, formatJSON
	}
	if base, ok := strings.CutSuffix(resource, ".xml"); ok {
		return base, formatXML
	}
	return resource, accepted(h)
}

// accepted is JSON where the client prefers it to XML, and XML everywhere else.
func accepted(h http.Header) format {
	var json, xml float64
	for _, line := range h["Accept"] {
		for entry := range strings.SplitSeq(line, ",") {
			kind, q := weight(entry)
			switch kind {
			case "application/json", "text/json":
				json = max(json, q)
			case "text/xml", "application/xml":
				xml = max(xml, q)
			}
		}
	}
	if json > xml {
		return formatJSON
	}
	return formatXML
}

// weight reads one entry of an Accept header: "text/xml;q=0.5".
func weight(entry string) (kind string, q float64) {
	kind, rest, _ := strings.Cut(entry, ";")
	kind = strings.ToLower(strings.TrimSpace(kind))
	for param := range strings.SplitSeq(rest, ";") {
		name, number, _ := strings.Cut(strings.TrimSpace(param), "=")
		if strings.EqualFold(strings.TrimSpace(name), "q") {
			q, err := strconv.ParseFloat(strings.TrimSpace(number), 64)
			if err != nil || !(q >= 0 && q <= 1) {
				return kind, 0
			}
			return kind, q
		}
	}
	return kind, 1
}
