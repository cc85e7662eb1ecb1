package privacy

import (
	"fmt"
	"regexp"
	"strings"
)

const (
	// kept is what squeeze keeps.
	kept = `[a-z0-9|\p{Han}]+`
	// separator stands for an innocent phrase that was taken out, and between
	// texts in CEL: no title may hold it.
	separator = "|"
	// punctuation is what a title may hold beside characters, letters, digits and
	// spaces. It is short because CEL has to take it out sign by sign.
	punctuation = `/·()（）、,.'-`
)

// Alphabets of titles, in the syntax Go and CEL share. They leave no room for
// full-width or foreign look-alikes of letters, invisible characters or unusual
// separators, so that CEL, which can't fold them, need not.
const (
	AlphabetZH = `^[\x{3400}-\x{9fff}\x{20000}-\x{3ffff}〇a-zA-Z0-9 ` + punctuation + `]+$`
	AlphabetEN = `^[a-zA-Z0-9 ` + punctuation + `]+$`
)

// TitleRule is the CEL rule that keeps titles within the alphabets, so that the
// rules of the classes can read them.
func TitleRule() string {
	return fmt.Sprintf("self.title.zh.matches(r\"%s\") && (!has(self.title.en) || self.title.en.matches(r\"%s\"))",
		AlphabetZH, AlphabetEN)
}

// TitleMessage is what a user reads where TitleRule is false.
func TitleMessage() string {
	return "a title is written in Chinese characters, half-width letters, digits, spaces and the signs / · ( ) （ ） 、 , . ' -; retype it"
}

// Rule is the CEL rule of one class over the code and titles of a data element.
// It is false where Forbidden would find the class in one of them.
func Rule(class Class) string {
	text := `(self.code + "|" + self.title.zh + (has(self.title.en) ? "|" + self.title.en : "")).lowerAscii()`
	return rule(text, lexicon[class], punctuation)
}

// Message is what a user reads where Rule is false.
func Message(class Class) string {
	return "nobody may collect data about " + string(class) +
		"; remove the data element, or reword its code and title if it means something else"
}

// CodeMessage is what a user reads where CodeRule is false.
func CodeMessage() string {
	names := make([]string, 0, len(Classes()))
	for _, class := range Classes() {
		names = append(names, string(class))
	}
	return "nobody may collect data about " + strings.Join(names, ", ") + "; take the data element out"
}

// CodeRule is the CEL rule of all classes over a data element's code.
func CodeRule() string {
	all := together(isASCII)
	all.han = nil // no code holds any
	return rule("self", all, "")
}

// FieldMessage is what a user reads where FieldRule is false.
func FieldMessage() string {
	return strings.Replace(CodeMessage(), "collect data", "deliver data", 1) + ", or name the field otherwise if it means something else"
}

// FieldRule is the CEL rule of all classes over the name of a system's field, in any
// language.
func FieldRule() string {
	text := "self.lowerAscii()" + replacing("_", " ") + replacing(".", " ")
	return rule(text, together(func(string) bool { return true }), "")
}

// surveySigns is what a question may hold beside what a title may, and what has to be
// taken out of it before its words can be read.
const surveySigns = "/·()（）、,.'，。？?！!：:；;“”《》-"

// SurveyTexts is the CEL expression of all that residents read of a Community's
// surveys, in one text.
func SurveyTexts() string {
	both := func(of string) string { return fmt.Sprintf(`%s.zh + "|" + %[1]s.?en.orValue("")`, of) }
	question := both("q.title") + ` + "|" + q.?choices.orValue([]).map(c, ` + both("c") + `).join("|")`
	survey := both("s.title") + ` + "|" + s.questions.map(q, ` + question + `).join("|")`
	return `object.spec.?surveys.orValue([]).map(s, ` + survey + `).join("|").lowerAscii()`
}

// SurveyMessage is what a user reads where SurveyRule is false.
func SurveyMessage(class Class) string {
	return "nobody may ask residents about " + string(class) +
		"; take the question or the choice out of the survey, or reword it if it means something else"
}

// SurveyRule is the CEL rule of one class over the surveys of a Community, where
// variables.texts holds SurveyTexts. As a rule of the schema it would have to be within
// limits for the longest surveys there can be; an admission policy has them for those
// there are. It does not fold look-alikes of letters, as Forbidden does.
func SurveyRule(class Class) string {
	return rule("variables.texts", lexicon[class], surveySigns)
}

// together are the terms of all classes, with the innocent phrases that are wanted.
func together(wanted func(string) bool) terms {
	var all terms
	for _, class := range Classes() {
		list := lexicon[class]
		all.latin = append(all.latin, list.latin...)
		all.han = append(all.han, list.han...)
		all.word = append(all.word, list.word...)
		all.compound = append(all.compound, list.compound...)
		for _, phrase := range list.innocent {
			if wanted(phrase) {
				all.innocent = append(all.innocent, phrase)
			}
		}
	}
	return all
}

func rule(text string, list terms, signs string) string {
	var b strings.Builder
	b.WriteString(text + replacing("-", " "))
	for _, phrase := range list.innocent {
		b.WriteString(replacing(phrase, separator))
	}
	plain := b.String()
	b.WriteString(replacing(" ", ""))
	for _, sign := range strings.TrimSuffix(signs, "-") {
		b.WriteString(replacing(string(sign), ""))
	}
	result := fmt.Sprintf(`!%s.matches("%s")`, b.String(), anywherePattern(list))
	if len(list.word)+len(list.compound) > 0 {
		result += fmt.Sprintf(` && !%s.matches(r"%s")`, plain, wordPattern(list))
	}
	return result
}

func replacing(from, to string) string {
	return fmt.Sprintf(`.replace("%s", "%s")`, from, to)
}

// anywherePattern matches a term anywhere in a squeezed text.
func anywherePattern(list terms) string {
	quoted := make([]string, 0, len(list.latin)+len(list.han))
	for _, term := range append(append([]string(nil), list.latin...), list.han...) {
		quoted = append(quoted, regexp.QuoteMeta(term))
	}
	return strings.Join(quoted, "|")
}

// wordPattern matches a whole word, also in the plural or numbered, and spelled
// with anything but letters and digits between its letters.
func wordPattern(list terms) string {
	spread := make([]string, 0, len(list.word)+len(list.compound))
	for _, word := range list.word {
		spread = append(spread, spell(word))
	}
	for _, c := range list.compound {
		tails := make([]string, 0, len(c.tails))
		for _, tail := range c.tails {
			tails = append(tails, spell(tail))
		}
		spread = append(spread, spell(c.head)+between+"(?:"+strings.Join(tails, "|")+")")
	}
	if len(spread) == 0 {
		return `$^x` // nothing matches this
	}
	return `\b[0-9]*(?:` + strings.Join(spread, "|") + `)s?[0-9]*\b`
}

// between matches what may stand between the letters of a word.
const between = `\W*`

func spell(word string) string {
	return strings.Join(strings.Split(word, ""), between)
}

func isASCII(text string) bool {
	return strings.IndexFunc(text, func(r rune) bool { return r > 127 }) < 0
}
