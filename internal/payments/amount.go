package payments

import (
	"errors"
	"fmt"
	"strings"

	"golang.org/x/text/width"

	"github.com/shequ-io/shequ/internal/norms"
)

// Amount is money in fen, hundredths of a yuan. A difference may be negative.
type Amount int64

// MaxAmount is the most that is taken at once: no sum of such amounts that a station
// can come to leaves the range of an Amount.
const MaxAmount Amount = 99_999_999

// ErrAmount says what an amount looks like.
var ErrAmount = fmt.Errorf("an amount is yuan with at most two places, such as 33.50, above nothing and at most %s", MaxAmount)

// ParseAmount reads an amount as people write it: 33, 33.5 or 33.50, also in full
// width, with a sign for yuan or commas between thousands. The error is ErrAmount, and
// repeats nothing of the text.
func ParseAmount(text string) (Amount, error) {
	a, err := parseYuan(text)
	if err != nil || a == 0 || a > MaxAmount {
		return 0, ErrAmount
	}
	return a, nil
}

// MaxTotal is the most a total may be that somebody enters.
const MaxTotal Amount = 999_999_999_999_99

// ErrTotal says what a total looks like.
var ErrTotal = errors.New("a total is yuan with at most two places, such as 1024.00 or 0")

// ParseTotal reads a sum of amounts, which may be nothing. The error is ErrTotal.
func ParseTotal(text string) (Amount, error) {
	a, err := parseYuan(text)
	if err != nil || a > MaxTotal {
		return 0, ErrTotal
	}
	return a, nil
}

func parseYuan(text string) (Amount, error) {
	text = strings.TrimSpace(width.Narrow.String(text))
	text = strings.TrimSpace(strings.TrimSuffix(text, "元"))
	for _, sign := range []string{"¥", "￥", "CNY", "RMB"} {
		text = strings.TrimSpace(strings.TrimPrefix(text, sign))
	}
	text, ok := ungrouped(text)
	whole, places, _ := strings.Cut(text, ".")
	exact, decimal := norms.ParseDecimal(text)
	if !ok || !decimal || len(strings.TrimLeft(whole, "0")) > 12 || len(places) > 2 {
		return 0, ErrAmount
	}
	return Amount(exact.Mul(norms.Int(100)).Floor()), nil
}

// ungrouped is a number without the commas between its thousands; false where they
// stand elsewhere, because then nobody can say what was meant.
func ungrouped(text string) (string, bool) {
	whole, rest, point := strings.Cut(text, ".")
	groups := strings.Split(whole, ",")
	for i, g := range groups {
		if len(groups) > 1 && (i == 0 && (g == "" || len(g) > 3) || i > 0 && len(g) != 3) {
			return "", false
		}
	}
	if !point {
		return strings.Join(groups, ""), true
	}
	return strings.Join(groups, "") + "." + rest, true
}

// String writes an amount in yuan with two places: 33.50, or -0.05.
func (a Amount) String() string {
	sign := ""
	if a < 0 {
		sign, a = "-", -a
	}
	return fmt.Sprintf("%s%d.%02d", sign, a/100, a%100)
}

// Sum of amounts.
func Sum(amounts ...Amount) Amount {
	var sum Amount
	for _, a := range amounts {
		sum += a
	}
	return sum
}
