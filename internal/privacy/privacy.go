// Package privacy knows the classes of personal data that nobody may declare,
// collect or deliver, in Chinese and English and by synonym, and finds them in
// codes and titles. There is no override.
//
// It is pure and it is the source of the list: the CEL rules of the CRDs are
// made from it (Rule, CodeRule), and a test holds them against it. It does not
// judge values, purposes or who asks.
package privacy

import (
	"regexp"
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// Class is a class of personal data that nobody may declare.
type Class string

// The forbidden classes.
const (
	Ethnicity    Class = "ethnicity"
	Religion     Class = "religion"
	Politics     Class = "political opinion"
	Biometrics   Class = "biometrics"
	Movement     Class = "movement traces"
	KeyPerson    Class = "key-person labels"
	Reproduction Class = "reproductive state"
)

// Classes returns every forbidden class, in a fixed order.
func Classes() []Class {
	return []Class{Ethnicity, Religion, Politics, Biometrics, Movement, KeyPerson, Reproduction}
}

// Forbidden looks for a forbidden class in each of texts: codes, titles, names
// of columns. It reads through letter case, full width, accents, invisible
// characters and whatever stands between the letters. Texts are looked at one
// by one, so a term can't arise where two of them meet.
func Forbidden(texts ...string) (class Class, term string, ok bool) {
	for _, text := range texts {
		plain := normalise(text)
		for _, c := range Classes() {
			if found, ok := matchers[c].find(plain); ok {
				return c, found, true
			}
		}
	}
	return "", "", false
}

// matcher finds the terms of one class.
type matcher struct {
	innocent *strings.Replacer
	anywhere *regexp.Regexp
	word     *regexp.Regexp
}

var matchers = compile()

func compile() map[Class]matcher {
	result := make(map[Class]matcher, len(lexicon))
	for class, list := range lexicon {
		var pairs []string
		for _, phrase := range list.innocent {
			pairs = append(pairs, phrase, separator)
		}
		result[class] = matcher{
			innocent: strings.NewReplacer(pairs...),
			anywhere: regexp.MustCompile(anywherePattern(list)),
			word:     regexp.MustCompile(wordPattern(list)),
		}
	}
	return result
}

// find looks for a term in a normalised text.
func (m matcher) find(plain string) (string, bool) {
	plain = m.innocent.Replace(plain)
	if found := m.anywhere.FindString(squeeze(plain)); found != "" {
		return found, true
	}
	if found := m.word.FindString(plain); found != "" {
		return squeeze(found), true
	}
	return "", false
}

// normalise lowers case, folds full width and other compatibility forms, drops
// accents and invisible characters, and turns dashes, underscores and the
// separator to spaces.
func normalise(text string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case unicode.In(r, unicode.Mn, unicode.Cf):
			return -1
		case r == '-' || r == '_' || string(r) == separator || unicode.IsSpace(r):
			return ' '
		}
		return unicode.ToLower(r)
	}, norm.NFKD.String(text))
}

// squeeze keeps letters a to z, digits and Han characters, and the sign that
// stands for an innocent phrase.
func squeeze(plain string) string {
	return strings.Join(keptRuns.FindAllString(plain, -1), "")
}

var keptRuns = regexp.MustCompile(kept)
