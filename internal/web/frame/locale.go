package frame

import (
	"fmt"
	"html/template"
	"math/big"
	"strconv"
	"strings"
	"time"

	"github.com/shequ-io/shequ/internal/content"
)

// Locale writes one language.
type Locale struct {
	Lang  string // BCP 47
	index int    // of this language in a message
}

var (
	chinese = &Locale{Lang: content.Chinese, index: 0}
	english = &Locale{Lang: content.English, index: 1}
)

// For returns the locale of a language; what is not English is Chinese.
func For(lang string) *Locale {
	if lang == content.English {
		return english
	}
	return chinese
}

// Languages are those a site speaks, the default first; Chinese when it names none.
func Languages(site *content.Site) []string {
	if len(site.Languages) == 0 {
		return []string{content.Chinese}
	}
	return site.Languages
}

// M is the message of that key, with its arguments in place. An unknown key is
// an error, so that no page ever shows one.
func (l *Locale) M(key string, args ...any) (string, error) {
	message, ok := messages[key]
	if !ok {
		return "", fmt.Errorf("no message %q", key)
	}
	if len(args) == 0 {
		return message[l.index], nil
	}
	return fmt.Sprintf(message[l.index], args...), nil
}

// Must is M for keys known at compile time.
func (l *Locale) Must(key string, args ...any) string {
	message, err := l.M(key, args...)
	if err != nil {
		panic(err)
	}
	return message
}

// N is a message about n things: key, or key.one for exactly one in English.
func (l *Locale) N(key string, n int64) (string, error) {
	if n == 1 && l.Lang == content.English {
		if _, ok := messages[key+".one"]; ok {
			key += ".one"
		}
	}
	return l.M(key, l.Int(n))
}

// pick chooses the text to show and says which language it is in.
func (l *Locale) pick(t content.Text) (s, lang string) {
	own, other, otherLang := t.ZH, t.EN, content.English
	if l.Lang == content.English {
		own, other, otherLang = t.EN, t.ZH, content.Chinese
	}
	if own == "" && other != "" {
		return clean(other), otherLang
	}
	return clean(own), l.Lang
}

// T is a text as HTML, marked when it is in the other language.
func (l *Locale) T(t content.Text) template.HTML {
	s, lang := l.pick(t)
	escaped := template.HTMLEscapeString(s)
	if lang != l.Lang {
		escaped = `<span lang="` + lang + `">` + escaped + `</span>`
	}
	return template.HTML(escaped) //nolint:gosec // escaped above
}

// Plain is a text for places that hold no markup: titles and attributes.
func (l *Locale) Plain(t content.Text) string {
	s, _ := l.pick(t)
	return s
}

// Has says whether there is anything to show.
func (l *Locale) Has(t content.Text) bool { return t.ZH != "" || t.EN != "" }

// Clean is a bare string as it may be shown.
func (l *Locale) Clean(s string) string { return clean(s) }

// clean drops what can't be seen but could change what is: control characters
// and marks that reverse the direction of the text around them.
func clean(s string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r == '\n' || r == '\t':
			return ' '
		case r < 0x20, r >= 0x7f && r <= 0x9f, r == 0x200e, r == 0x200f,
			r >= 0x202a && r <= 0x202e, r >= 0x2066 && r <= 0x2069, r == 0xfeff:
			return -1
		}
		return r
	}, s)
}

// Int groups the digits of a number in threes.
func (l *Locale) Int(n int64) string { return group(strconv.FormatInt(n, 10)) }

func group(digits string) string {
	sign := ""
	if strings.HasPrefix(digits, "-") {
		sign, digits = "-", digits[1:]
	}
	var out []byte
	for i := range len(digits) {
		if i > 0 && (len(digits)-i)%3 == 0 {
			out = append(out, ',')
		}
		out = append(out, digits[i])
	}
	return sign + string(out)
}

// Figure shows a value that came as text: whole numbers in it are grouped from
// four digits on, everything else stays as it was written.
func (l *Locale) Figure(s string) string {
	s = clean(s)
	var out strings.Builder
	for len(s) > 0 {
		n := 0
		for n < len(s) && s[n] >= '0' && s[n] <= '9' {
			n++
		}
		if n == 0 {
			cut := strings.IndexAny(s, "0123456789")
			if cut < 0 {
				cut = len(s)
			}
			out.WriteString(s[:cut])
			s = s[cut:]
			continue
		}
		// Digits after a point are not grouped, nor are numbers with leading zeros.
		if strings.HasSuffix(out.String(), ".") || s[0] == '0' {
			out.WriteString(s[:n])
		} else {
			out.WriteString(group(s[:n]))
		}
		s = s[n:]
	}
	return out.String()
}

// Money writes a decimal amount with its currency; whole amounts lose their zeros.
func (l *Locale) Money(amount, currency string) string {
	whole, fraction, _ := strings.Cut(amount, ".")
	number := group(whole)
	if strings.Trim(fraction, "0") != "" {
		number += "." + (fraction + "00")[:max(2, len(fraction))]
	}
	if currency == "CNY" && l.Lang == content.Chinese {
		return number + " 元"
	}
	return currency + " " + number
}

// Date writes a day as people do: 2026-01-31 → 2026年1月31日, 31 January 2026.
// What is no day stays as it was written.
func (l *Locale) Date(s string) string {
	day, err := time.Parse(time.DateOnly, s)
	if err != nil {
		return clean(s)
	}
	if l.Lang == content.Chinese {
		return day.Format("2006年1月2日")
	}
	return day.Format("2 January 2006")
}

// Zone is China Standard Time, in which moments are written; it has no summer time.
var Zone = time.FixedZone("CST", 8*60*60)

// Moment writes a day and the time of day as people do, in China's time.
func (l *Locale) Moment(t time.Time) string {
	if l.Lang == content.Chinese {
		return t.In(Zone).Format("2006年1月2日 15:04")
	}
	return t.In(Zone).Format("2 January 2006, 15:04")
}

// Sum adds decimal amounts exactly.
func Sum(amounts []string) string {
	total := new(big.Rat)
	places := 0
	for _, amount := range amounts {
		if value, ok := new(big.Rat).SetString(amount); ok {
			total.Add(total, value)
		}
		if _, fraction, ok := strings.Cut(amount, "."); ok {
			places = max(places, len(fraction))
		}
	}
	return total.FloatString(places)
}

// Days writes how long something is kept, with the years where days alone say little:
// 1825 → 1,825 days (about 5 years).
func (l *Locale) Days(n int64) (string, error) {
	days, err := l.N("unit.days", n)
	years := (n + 182) / 365
	if off := n - years*365; err != nil || years < 2 || off < -years || off > years {
		return days, err
	}
	return l.M("unit.days.years", days, l.Int(years))
}

// Minutes writes a span of time as people say it: 21600 → 15 days.
func (l *Locale) Minutes(n int64) (string, error) {
	var parts []string
	for _, unit := range []struct {
		key     string
		minutes int64
	}{{"unit.days", 24 * 60}, {"unit.hours", 60}, {"unit.minutes", 1}} {
		if count := n / unit.minutes; count > 0 {
			part, err := l.N(unit.key, count)
			if err != nil {
				return "", err
			}
			parts = append(parts, part)
			n -= count * unit.minutes
		}
	}
	return strings.Join(parts, " "), nil
}
