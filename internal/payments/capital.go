package payments

import (
	"slices"
	"strings"
)

var (
	capitalDigits = [...]string{"零", "壹", "贰", "叁", "肆", "伍", "陆", "柒", "捌", "玖"}
	capitalTens   = [...]string{"", "拾", "佰", "仟"}
	capitalGroups = [...]string{"", "万", "亿", "万亿"}
)

// Capital writes an amount in the capital numerals receipts have beside the figures,
// so that no digit can be put before, behind or between: 33.50 is 叁拾叁元伍角整. Of
// an amount below nothing it writes 负 first.
func Capital(a Amount) string {
	if a < 0 {
		return "负" + Capital(-a)
	}
	yuan, jiao, fen := int64(a/100), int64(a/10%10), int64(a%10)
	var b strings.Builder
	if yuan > 0 || a == 0 {
		b.WriteString(capitalWhole(yuan) + "元")
	}
	switch {
	case jiao == 0 && fen == 0:
		b.WriteString("整")
	case fen == 0:
		b.WriteString(capitalDigits[jiao] + "角整")
	case jiao == 0:
		if yuan > 0 {
			b.WriteString("零")
		}
		b.WriteString(capitalDigits[fen] + "分")
	default:
		b.WriteString(capitalDigits[jiao] + "角" + capitalDigits[fen] + "分")
	}
	return b.String()
}

// capitalWhole writes a whole number below ten to the power of sixteen: in groups of
// four digits, with one 零 where digits are passed over.
func capitalWhole(n int64) string {
	if n == 0 {
		return capitalDigits[0]
	}
	var groups []int64
	for ; n > 0; n /= 10_000 {
		groups = append(groups, n%10_000)
	}
	var b strings.Builder
	gap := false
	for i, g := range slices.Backward(groups) {
		if g == 0 {
			gap = true
			continue
		}
		if b.Len() > 0 && (gap || g < 1_000) {
			b.WriteString(capitalDigits[0])
		}
		b.WriteString(capitalFour(g) + capitalGroups[i])
		gap = false
	}
	return b.String()
}

// capitalFour writes a number of 1 to 9999.
func capitalFour(n int64) string {
	var b strings.Builder
	gap := false
	for place, of := 3, int64(1_000); place >= 0; place, of = place-1, of/10 {
		digit := n / of % 10
		if digit == 0 {
			gap = b.Len() > 0
			continue
		}
		if gap {
			b.WriteString(capitalDigits[0])
		}
		b.WriteString(capitalDigits[digit] + capitalTens[place])
		gap = false
	}
	return b.String()
}
