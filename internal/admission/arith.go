package admission

import (
	"math"
	"math/bits"
)

// times multiplies two figures that are not negative; a product beyond int64 is
// held at its end, so that an absurd figure stays absurdly large.
func times(a, b int64) int64 {
	hi, lo := bits.Mul64(uint64(max(a, 0)), uint64(max(b, 0)))
	if hi != 0 || lo > math.MaxInt64 {
		return math.MaxInt64
	}
	return int64(lo)
}

// plus adds two figures that are not negative, held the same way.
func plus(a, b int64) int64 {
	if a > math.MaxInt64-b {
		return math.MaxInt64
	}
	return a + b
}

func (f fen) plus(o fen) fen { return fen(plus(int64(f), int64(o))) }

// ceilDiv is a ÷ b, rounded up, of figures that are not negative.
func ceilDiv(a, b int64) int64 {
	if a%b == 0 {
		return a / b
	}
	return a/b + 1
}

// atLeast compares a × b with c × d without rounding.
func atLeast(a, b, c, d int64) bool {
	hi1, lo1 := bits.Mul64(uint64(max(a, 0)), uint64(max(b, 0)))
	hi2, lo2 := bits.Mul64(uint64(max(c, 0)), uint64(max(d, 0)))
	return hi1 > hi2 || (hi1 == hi2 && lo1 >= lo2)
}
