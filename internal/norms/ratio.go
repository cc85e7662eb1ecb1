package norms

import (
	"fmt"
	"math"
	"math/big"
	"strings"
)

// maxDecimals is how many digits after the point String prints. Longer
// decimals, though exact, are harder to read than their fraction and would
// outgrow the status fields they are shown in.
const maxDecimals = 12

// Ratio is an exact rational number. The zero value is 0. A Ratio never
// changes; arithmetic returns a new one.
type Ratio struct {
	v *big.Rat // nil is 0; never modified after it is set
}

// Int returns n as a Ratio.
func Int(n int64) Ratio {
	return Ratio{v: new(big.Rat).SetInt64(n)}
}

// NewRatio returns numerator ÷ denominator. It reports false, and 0, when the
// denominator is 0.
func NewRatio(numerator, denominator int64) (Ratio, bool) {
	if denominator == 0 {
		return Ratio{}, false
	}
	return Ratio{v: new(big.Rat).SetFrac(big.NewInt(numerator), big.NewInt(denominator))}, true
}

// ParseDecimal reads an amount such as "15000" or "16.50": digits, at most one
// point with digits on both sides, no sign, no exponent, at most 64 characters.
func ParseDecimal(s string) (Ratio, bool) {
	whole, fraction, hasPoint := strings.Cut(s, ".")
	if len(s) > 64 || !allDigits(whole) || (hasPoint && !allDigits(fraction)) {
		return Ratio{}, false
	}
	v, ok := new(big.Rat).SetString(s)
	if !ok {
		return Ratio{}, false
	}
	return Ratio{v: v}, true
}

func allDigits(s string) bool {
	for _, c := range []byte(s) {
		if c < '0' || c > '9' {
			return false
		}
	}
	return s != ""
}

func (r Ratio) rat() *big.Rat {
	if r.v == nil {
		return new(big.Rat)
	}
	return r.v
}

// Add returns r + o.
func (r Ratio) Add(o Ratio) Ratio { return Ratio{v: new(big.Rat).Add(r.rat(), o.rat())} }

// Sub returns r − o.
func (r Ratio) Sub(o Ratio) Ratio { return Ratio{v: new(big.Rat).Sub(r.rat(), o.rat())} }

// Mul returns r × o.
func (r Ratio) Mul(o Ratio) Ratio { return Ratio{v: new(big.Rat).Mul(r.rat(), o.rat())} }

// Div returns r ÷ o. It reports false, and 0, when o is 0.
func (r Ratio) Div(o Ratio) (Ratio, bool) {
	if o.Sign() == 0 {
		return Ratio{}, false
	}
	return Ratio{v: new(big.Rat).Quo(r.rat(), o.rat())}, true
}

// Cmp returns -1, 0 or 1 as r is less than, equal to or greater than o.
func (r Ratio) Cmp(o Ratio) int { return r.rat().Cmp(o.rat()) }

// Sign returns -1, 0 or 1.
func (r Ratio) Sign() int { return r.rat().Sign() }

// Floor returns the largest integer not above r, held within int64.
func (r Ratio) Floor() int64 {
	// big.Int.Div is Euclidean, which is the floor because a Rat's denominator
	// is always positive.
	return clampInt64(new(big.Int).Div(r.rat().Num(), r.rat().Denom()))
}

// Ceil returns the smallest integer not below r, held within int64.
func (r Ratio) Ceil() int64 {
	negated := new(big.Int).Neg(r.rat().Num())
	floor := negated.Div(negated, r.rat().Denom())
	return clampInt64(floor.Neg(floor))
}

func clampInt64(n *big.Int) int64 {
	switch {
	case n.IsInt64():
		return n.Int64()
	case n.Sign() < 0:
		return math.MinInt64
	default:
		return math.MaxInt64
	}
}

// String prints r exactly: as a decimal where that ends within twelve digits
// after the point ("147.1644"), else as a fraction in lowest terms ("2095/3").
func (r Ratio) String() string {
	decimals, ends := r.rat().FloatPrec()
	if !ends || decimals > maxDecimals {
		return r.rat().RatString()
	}
	return r.rat().FloatString(decimals)
}

// Round prints r with exactly the given number of digits after the point (0 to
// 12), halves away from zero. It is for showing; nothing may be decided by it.
func Round(r Ratio, decimals int) string {
	s := r.rat().FloatString(min(max(decimals, 0), maxDecimals))
	if strings.HasPrefix(s, "-") && strings.Trim(s, "-0.") == "" {
		return s[1:] // there is no negative zero to show
	}
	return s
}

// GoString keeps test failures readable.
func (r Ratio) GoString() string { return fmt.Sprintf("norms.Ratio(%s)", r) }
