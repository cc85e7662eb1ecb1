package serve

import (
	"net/http"
	"strconv"
	"strings"
)

// ContentSecurityPolicy allows a page its own style sheet and its own images,
// and nothing else: no script, no form, no frame, no foreign origin.
const ContentSecurityPolicy = "default-src 'none'; style-src 'self'; img-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

// securityHeaders go with every answer. The values are shared by all of them.
var securityHeaders = map[string][]string{
	"Content-Security-Policy":      {ContentSecurityPolicy},
	"X-Content-Type-Options":       {"nosniff"},
	"X-Frame-Options":              {"DENY"}, // for browsers that don't know frame-ancestors
	"Referrer-Policy":              {"no-referrer"},
	"Permissions-Policy":           {"accelerometer=(), browsing-topics=(), camera=(), display-capture=(), geolocation=(), gyroscope=(), microphone=(), payment=(), usb=()"},
	"Cross-Origin-Opener-Policy":   {"same-origin"},
	"Cross-Origin-Resource-Policy": {"same-origin"},
}

// quality reads the weight of one element of an Accept header: "en;q=0.5".
func quality(element string) (value string, q float64) {
	value, rest, found := strings.Cut(element, ";")
	value = strings.TrimSpace(value)
	if !found {
		return value, 1
	}
	for param := range strings.SplitSeq(rest, ";") {
		name, number, _ := strings.Cut(strings.TrimSpace(param), "=")
		if !strings.EqualFold(strings.TrimSpace(name), "q") {
			continue
		}
		parsed, err := strconv.ParseFloat(strings.TrimSpace(number), 64)
		if err != nil || !(parsed >= 0 && parsed <= 1) {
			return value, 0
		}
		return value, parsed
	}
	return value, 1
}

func acceptsGzip(h http.Header) bool {
	values := h["Accept-Encoding"]
	if len(values) == 1 && values[0] == "gzip" {
		return true
	}
	wildcard := false
	for _, line := range values {
		for element := range strings.SplitSeq(line, ",") {
			coding, q := quality(element)
			switch {
			case strings.EqualFold(coding, "gzip"), strings.EqualFold(coding, "x-gzip"):
				return q > 0
			case coding == "*":
				wildcard = q > 0
			}
		}
	}
	return wildcard
}

// PreferredLanguage picks from languages what Accept-Language asks for. The
// primary subtag decides: zh-TW and zh-Hant readers are served Chinese, en-GB
// readers English. Without a match the first language is served.
func PreferredLanguage(h http.Header, languages []string) string {
	best, bestQ := "", 0.0
	for _, line := range h["Accept-Language"] {
		for element := range strings.SplitSeq(line, ",") {
			tag, q := quality(element)
			if q <= bestQ {
				continue
			}
			if lang := matchLanguage(tag, languages); lang != "" {
				best, bestQ = lang, q
			}
		}
	}
	if best == "" && len(languages) > 0 {
		return languages[0]
	}
	return best
}

func matchLanguage(tag string, languages []string) string {
	if tag == "*" && len(languages) > 0 {
		return languages[0]
	}
	primary, _, _ := strings.Cut(tag, "-")
	for _, lang := range languages {
		own, _, _ := strings.Cut(lang, "-")
		if strings.EqualFold(primary, own) {
			return lang
		}
	}
	return ""
}

// noneMatch reports whether If-None-Match names the tag (weak comparison).
func noneMatch(h http.Header, etag string) bool {
	for _, line := range h["If-None-Match"] {
		for candidate := range strings.SplitSeq(line, ",") {
			candidate = strings.TrimPrefix(strings.TrimSpace(candidate), "W/")
			if candidate == "*" || candidate == etag {
				return true
			}
		}
	}
	return false
}
