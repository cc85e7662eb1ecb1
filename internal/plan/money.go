package plan

import (
	"fmt"
	"math"
	"math/big"
	"strings"

	"k8s.io/utils/ptr"

	"github.com/shequ-io/shequ/api/v1alpha1"
)

// fen is money in hundredths of the currency's unit.
type fen int64

func parseFen(s v1alpha1.Decimal) fen {
	whole, fraction, _ := strings.Cut(string(s), ".")
	n, ok := new(big.Int).SetString(whole+(fraction + "00")[:2], 10)
	if !ok || !n.IsInt64() {
		return 0
	}
	return fen(n.Int64())
}

func (f fen) decimal() v1alpha1.Decimal {
	if f%100 == 0 {
		return v1alpha1.Decimal(fmt.Sprintf("%d", f/100))
	}
	return v1alpha1.Decimal(fmt.Sprintf("%d.%02d", f/100, f%100))
}

// cost of working time at an hourly cost, rounded up.
func cost(minutes int64, hourly fen) fen {
	n := new(big.Int).Mul(big.NewInt(minutes), big.NewInt(int64(hourly)))
	n.Add(n, big.NewInt(59)).Div(n, big.NewInt(60))
	if !n.IsInt64() {
		return math.MaxInt64
	}
	return fen(n.Int64())
}

// coverage is how much of a cost is funded, in whole percent.
func coverage(funding, cost fen) *int64 {
	if cost <= 0 {
		return nil
	}
	n := new(big.Int).Mul(big.NewInt(int64(funding)), big.NewInt(100))
	return ptr.To(n.Div(n, big.NewInt(int64(cost))).Int64())
}

// tally adds up what answers come to.
type tally struct {
	minutes       int64
	cost, funding fen
}

func (t *tally) add(a *Answer) {
	t.minutes = plus(t.minutes, a.MinutesPerYear)
	t.cost = fen(plus(int64(t.cost), int64(parseFen(a.CostPerYear))))
	t.funding = fen(plus(int64(t.funding), int64(parseFen(a.FundingPerYear))))
}

func (t *tally) sum() Sum {
	return Sum{MinutesPerYear: t.minutes, CostPerYear: t.cost.decimal(), FundingPerYear: t.funding.decimal()}
}

// plus adds figures that are not negative, held at the end of what fits.
func plus(a, b int64) int64 {
	if a > math.MaxInt64-b {
		return math.MaxInt64
	}
	return a + b
}
