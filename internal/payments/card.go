package payments

import (
	"errors"
	"strings"
	"unicode"

	"golang.org/x/text/width"
)

// ErrCard says that something looks like the number of a card, and what to do.
var ErrCard = errors.New("this looks like the number of a bank card, which is never entered here: write the customer number that stands on the bill")

// The digits a card's number has, by ISO/IEC 7812.
const (
	minCard = 13
	maxCard = 19
)

// LooksLikeCard reports whether a text holds the number of a card: 13 to 19 digits in
// a row, with spaces or dashes between or in full width, whose last digit is right by
// Luhn's rule. Of other numbers of that length one in ten is taken for one.
func LooksLikeCard(text string) bool {
	var run []byte
	found := func() bool { return len(run) >= minCard && len(run) <= maxCard && luhn(run) }
	for _, r := range width.Narrow.String(text) {
		switch {
		case unicode.IsDigit(r) && r < unicode.MaxASCII:
			run = append(run, byte(r-'0')) //nolint:gosec // a digit
		case unicode.IsSpace(r), strings.ContainsRune("-‐‑‒–—−._/", r), !unicode.IsPrint(r):
			// Somebody writes it in groups.
		default:
			if found() {
				return true
			}
			run = run[:0]
		}
	}
	return found()
}

// luhn reports whether the last digit follows from the others.
func luhn(digits []byte) bool {
	sum := 0
	for i, d := range digits {
		n := int(d)
		if (len(digits)-i)%2 == 0 {
			if n *= 2; n > 9 {
				n -= 9
			}
		}
		sum += n
	}
	return sum%10 == 0
}
