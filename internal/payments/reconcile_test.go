package payments_test

import (
	"errors"
	"fmt"
	"math/rand"
	"reflect"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/shequ-io/shequ/internal/payments"
)

const today = "2026-03-02"

func paid(n int, receipt string, amount payments.Amount, day string) payments.Paid {
	return payments.Paid{Payment: fmt.Sprintf("p%d", n), Number: fmt.Sprintf("P2026-%06d", n), Receipt: receipt, Amount: amount, Day: day}
}

func TestReconcile(t *testing.T) {
	ours := []payments.Paid{
		paid(1, "R-1", 3300, today), paid(2, "R-2", 3300, today), paid(3, "R-3", 1000, today), paid(4, "R-4", 500, today),
		paid(5, "", 700, today), paid(6, "R-6", 900, "2026-03-01"), paid(7, "R-7", 100, "2026-03-03"), paid(8, "R-8", 200, today),
		paid(9, "R-10", 400, "2026-02-20"), paid(10, "R-11", 600, "2026-02-20"),
	}
	row := func(receipt string, amount payments.Amount, customer string) payments.Row {
		return payments.Row{Line: payments.Line{Receipt: receipt, Amount: amount}, Customer: customer}
	}
	theirs := payments.Lines([]payments.Row{
		row("R-1", 3300, "anything"), row("R-2", 3310, ""), row("R-4", 500, "999999"), row("R-6", 900, "100023"), row("R-9", 50, "7"), row("R-1", 3300, ""),
		row("R-10", 400, ""), row("R-11", 600, ""),
	}, func(receipt, customer string) (is, known bool) {
		return customer == "100023", receipt == "R-4" || receipt == "R-6"
	})
	got := payments.Reconcile(today, ours, theirs, []string{"R-8", "R-1", "R-11"})
	names := func(list []payments.Paid) (out string) {
		for _, p := range list {
			out += p.Payment
		}
		return out
	}
	var pairs []string
	for _, p := range append(got.Matched, got.Differ...) {
		pairs = append(pairs, fmt.Sprint(p.Ours.Payment, " ", p.Theirs.Receipt, " ", p.Why))
	}
	if s := strings.Join(pairs, ","); s != "p1 R-1 ,p9 R-10 ,p6 R-6 ,p1 R-1 twice,p10 R-11 twice,p2 R-2 amount,p4 R-4 customer" {
		t.Error(s)
	}
	if names(got.MissingThere) != "p3p5" || names(got.Elsewhere) != "p8" || len(got.MissingHere) != 1 || got.MissingHere[0].Receipt != "R-9" {
		t.Errorf("%+v", got)
	}
	if got.Ours != 3300+3300+1000+500+700+200 || got.CountOurs != 6 || got.CountTheirs != 8 || got.Agrees() {
		t.Errorf("%+v", got)
	}
	if clean := payments.Reconcile(today, ours[:1], theirs[:1], nil); !clean.Agrees() || clean.Difference() != 0 {
		t.Errorf("%+v", clean)
	}
}

// Each payment of the day and each line is accounted for exactly once; the difference
// of the totals is explained to the fen; and no order changes anything.
func TestReconciliationIsComplete(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		receipt := rapid.SampledFrom([]string{"A", "B", "C", "D", ""})
		amount := rapid.SampledFrom([]payments.Amount{100, 200, 300})
		day := rapid.SampledFrom([]string{today, today, "2026-03-01"})
		var ours []payments.Paid
		for i := range rapid.IntRange(0, 8).Draw(t, "ours") {
			ours = append(ours, paid(i, receipt.Draw(t, "receipt"), amount.Draw(t, "amount"), day.Draw(t, "day")))
		}
		var theirs []payments.Line
		for range rapid.IntRange(0, 8).Draw(t, "theirs") {
			if r := receipt.Draw(t, "receipt"); r != "" {
				theirs = append(theirs, payments.Line{Receipt: r, Amount: amount.Draw(t, "amount"), Other: rapid.Bool().Draw(t, "other")})
			}
		}
		elsewhere := rapid.SampledFrom([][]string{nil, {"A"}, {"B", "C"}}).Draw(t, "elsewhere")
		got := payments.Reconcile(today, ours, theirs, elsewhere)
		counted, explained := map[string]int{}, payments.Amount(0)
		for _, p := range got.MissingThere {
			counted[p.Payment]++
			explained += p.Amount
		}
		for _, p := range got.Elsewhere {
			counted[p.Payment]++
			explained += p.Amount
		}
		for _, p := range append(append([]payments.Pair{}, got.Matched...), got.Differ...) {
			if p.Why != payments.Twice {
				counted[p.Ours.Payment]++
				if p.Ours.Day == today {
					explained += p.Ours.Amount
				}
			}
			explained -= p.Theirs.Amount
		}
		for _, l := range got.MissingHere {
			explained -= l.Amount
		}
		for _, p := range ours {
			if n := counted[p.Payment]; n > 1 || n == 0 && p.Day == today {
				t.Fatalf("%s is counted %d times: %+v", p.Payment, n, got)
			}
		}
		if n := len(got.Matched) + len(got.Differ) + len(got.MissingHere); n != len(theirs) || got.CountTheirs != int64(n) {
			t.Fatalf("%d of %d lines are there", n, len(theirs))
		}
		if explained != got.Difference() {
			t.Fatalf("%s of %s is explained: %+v", explained, got.Difference(), got)
		}
		r := rand.New(rand.NewSource(rapid.Int64().Draw(t, "seed")))
		r.Shuffle(len(ours), func(i, j int) { ours[i], ours[j] = ours[j], ours[i] })
		r.Shuffle(len(theirs), func(i, j int) { theirs[i], theirs[j] = theirs[j], theirs[i] })
		if again := payments.Reconcile(today, ours, theirs, elsewhere); !reflect.DeepEqual(again, got) {
			t.Fatalf("in another order it is %+v, not %+v", again, got)
		}
	})
}

func rows(text string) [][]string {
	var out [][]string
	for line := range strings.Lines(text) {
		out = append(out, strings.Split(strings.TrimRight(line, "\n"), "|"))
	}
	return out
}

func TestReadTable(t *testing.T) {
	got, err := payments.ReadTable(rows(`某缴费平台日对账单
日期：2026-03-02
序号|缴费凭证号|户 号|缴费金额（元）|备注
1|R-00000001|100023|33.00|
2|Ｒ-00000002|k7 |¥1,060.5|

合计：|||1093.50|`))
	want := []payments.Row{
		{Line: payments.Line{Receipt: "R-00000001", Amount: 3300}, Customer: "100023"}, {Line: payments.Line{Receipt: "R-00000002", Amount: 106050}, Customer: "K7"},
	}
	if err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("%+v, %v", got, err)
	}
	if got, err := payments.ReadTable(rows("number|payment-amount\nR-1|1")); err != nil || len(got) != 1 {
		t.Errorf("%+v, %v", got, err)
	}
	for name, c := range map[string]struct {
		text string
		want payments.TableError
	}{
		"no head":      {"R-1|33.00", payments.TableError{What: payments.NoHead}},
		"no amounts":   {"回单号|备注\nR-1|x", payments.TableError{What: payments.NoHead}},
		"nothing":      {"回单号|金额\n合计|0", payments.TableError{What: payments.NoReceipts}},
		"no receipt":   {"回单号|金额\nR-1|1\n|2", payments.TableError{Row: 3, What: payments.BadReceipt}},
		"a wild one":   {"回单号|金额\n=cmd()|2", payments.TableError{Row: 2, What: payments.BadReceipt}},
		"no amount":    {"回单号|金额\nR-1|x", payments.TableError{Row: 2, What: payments.BadAmount}},
		"less":         {"回单号|金额\nR-1|-3", payments.TableError{Row: 2, What: payments.BadAmount}},
		"a card":       {"回单号|金额|备注\nR-1|3|4111 1111 1111 1111", payments.TableError{Row: 2, What: payments.HasCard}},
		"nothing sent": {"", payments.TableError{What: payments.NoHead}},
		"too many":     {"回单号|金额" + strings.Repeat("\nR|1", payments.MaxLines+1), payments.TableError{What: payments.TooMany}},
	} {
		_, err := payments.ReadTable(rows(c.text))
		var wrong *payments.TableError
		if !errors.As(err, &wrong) || *wrong != c.want || wrong.Error() == "" || strings.Contains(err.Error(), "R-1") || strings.Contains(err.Error(), "4111") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// Whatever is in a table, it is read or refused, and nothing that is read is out of
// bounds.
func FuzzReadTable(f *testing.F) {
	f.Add("回单号|金额\nR-1|33.00")
	f.Add("receipt|amount|customer\nR-1|1|4111111111111111")
	f.Fuzz(func(t *testing.T, text string) {
		lines, err := payments.ReadTable(rows(text))
		for _, l := range lines {
			if !payments.IsReceipt(l.Receipt) || l.Amount <= 0 || l.Amount > payments.MaxAmount || payments.LooksLikeCard(l.Customer) {
				t.Fatalf("%+v, %v", l, err)
			}
		}
	})
}
