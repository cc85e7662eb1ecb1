package payments

import (
	"cmp"
	"slices"
	"strings"
)

// Paid is a payment a biller confirmed, as the station has it.
type Paid struct {
	Payment string // its id
	Number  string // by which people call it
	Receipt string // the biller's; empty where it gave none
	Amount  Amount
	// Day it was confirmed on, 2026-01-31.
	Day string
}

// Line is a receipt on a biller's statement.
type Line struct {
	Receipt string
	Amount  Amount
	// Other tells that the customer's number is not the payment's.
	Other bool
}

// Row is a Line as the biller wrote it.
type Row struct {
	Line

	// Customer number; empty where the statement has none.
	Customer string
}

// Lines are what is kept of the rows of a statement: no customer's number, but whether
// it is the one of the payment with that receipt number. Same tells that; false, false
// where there is no such payment, or its number is not known any more.
func Lines(rows []Row, same func(receipt, customer string) (is, known bool)) []Line {
	out := make([]Line, len(rows))
	for i, r := range rows {
		out[i] = r.Line
		if r.Customer != "" {
			is, known := same(r.Receipt, r.Customer)
			out[i].Other = known && !is
		}
	}
	return out
}

// Why two that have one receipt number do not fit.
type Why string

// The reasons.
const (
	AmountDiffers   Why = "amount"
	CustomerDiffers Why = "customer"
	Twice           Why = "twice" // the receipt number stands there, or on another day's, too
)

// Pair are a payment and a line that have one receipt number.
type Pair struct {
	Ours   Paid
	Theirs Line
	Why    Why // empty where they fit
}

// Reconciliation is a day of a biller's: each of its payments and each line of the
// statement is in exactly one of these.
type Reconciliation struct {
	Matched []Pair // the same, here and there
	Differ  []Pair
	// MissingThere are confirmed here on that day and not on the statement.
	MissingThere []Paid
	// MissingHere are on the statement, and no payment here has that receipt.
	MissingHere []Line
	// Elsewhere are payments here that stand on the statement of another day: the two
	// clocks differ about midnight, and an answer may come days after it was given.
	Elsewhere []Paid
	// Ours and Theirs are totals of the day's payments and of the statement, with how
	// many there are of each.
	Ours, Theirs           Amount
	CountOurs, CountTheirs int64
}

// Agrees reports whether nothing is left to be explained.
func (r *Reconciliation) Agrees() bool {
	return len(r.Differ)+len(r.MissingThere)+len(r.MissingHere) == 0
}

// Difference is what the station's total is above the biller's.
func (r *Reconciliation) Difference() Amount { return r.Ours - r.Theirs }

// Reconcile compares a day's payments with the biller's statement of that day. Paid
// may hold those of other days, which fit a line and are missed by none; elsewhere are
// those of the receipt numbers that stand on other days' statements. The answer does not
// depend on the order of the lists.
func Reconcile(day string, paid []Paid, lines []Line, elsewhere []string) Reconciliation {
	var out Reconciliation
	paid, lines = sorted(day, paid, lines)
	byReceipt := map[string][]int{}
	for i := range paid {
		if paid[i].Day == day {
			out.Ours += paid[i].Amount
			out.CountOurs++
		}
		if paid[i].Receipt != "" {
			byReceipt[paid[i].Receipt] = append(byReceipt[paid[i].Receipt], i)
		}
	}
	used := make([]bool, len(paid))
	for _, line := range lines {
		out.Theirs += line.Amount
		out.CountTheirs++
		mine := byReceipt[line.Receipt]
		if len(mine) == 0 {
			out.MissingHere = append(out.MissingHere, line)
			continue
		}
		at := choose(paid, used, mine, line)
		pair := Pair{Ours: paid[at], Theirs: line, Why: differ(&paid[at], line)}
		if used[at] || paid[at].Day != day && slices.Contains(elsewhere, line.Receipt) {
			pair.Why = Twice
		}
		used[at] = true
		if pair.Why == "" {
			out.Matched = append(out.Matched, pair)
		} else {
			out.Differ = append(out.Differ, pair)
		}
	}
	for i := range paid {
		switch {
		case used[i] || paid[i].Day != day:
		case paid[i].Receipt != "" && slices.Contains(elsewhere, paid[i].Receipt):
			out.Elsewhere = append(out.Elsewhere, paid[i])
		default:
			out.MissingThere = append(out.MissingThere, paid[i])
		}
	}
	return out
}

// sorted are copies of the lists in an order of their own: payments of the day first,
// because they are the likelier ones.
func sorted(day string, paid []Paid, lines []Line) ([]Paid, []Line) {
	paid, lines = slices.Clone(paid), slices.Clone(lines)
	slices.SortFunc(paid, func(a, b Paid) int {
		return cmp.Or(bit(a.Day != day)-bit(b.Day != day), strings.Compare(a.Number, b.Number), strings.Compare(a.Payment, b.Payment))
	})
	slices.SortFunc(lines, func(a, b Line) int {
		return cmp.Or(strings.Compare(a.Receipt, b.Receipt), cmp.Compare(a.Amount, b.Amount), bit(a.Other)-bit(b.Other))
	})
	return paid, lines
}

func bit(b bool) int {
	if b {
		return 1
	}
	return 0
}

// choose the payment a line is of among those with its receipt number: one that fits
// and no other line has, else one that no other line has, else the first.
func choose(paid []Paid, used []bool, among []int, l Line) int {
	free := -1
	for _, i := range among {
		switch {
		case used[i]:
		case differ(&paid[i], l) == "":
			return i
		case free < 0:
			free = i
		}
	}
	if free < 0 {
		return among[0]
	}
	return free
}

func differ(p *Paid, l Line) Why {
	switch {
	case p.Amount != l.Amount:
		return AmountDiffers
	case l.Other:
		return CustomerDiffers
	}
	return ""
}
