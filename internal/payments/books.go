package payments

import (
	"cmp"
	"slices"
	"strings"
)

// Balance is one account over a day.
type Balance struct {
	Account Account
	Opening Amount // before the day
	In, Out Amount // what the day put on it and took off, both from 0
	Closing Amount // after the day
}

// Books are a community's over a day.
type Books struct {
	// Balances of every account there is anything of, in the order of Kinds.
	Balances []Balance
	// Counts of the day's events, by biller.
	Counts map[string]map[EventType]int64
}

// Keep makes the books of a day out of the balances before it and its journals. The
// order of the journals changes nothing.
func Keep(opening map[Account]Amount, journals []Journal) Books {
	of := map[Account]*Balance{}
	at := func(a Account) *Balance {
		if of[a] == nil {
			of[a] = &Balance{Account: a}
		}
		return of[a]
	}
	for a, amount := range opening {
		at(a).Opening = amount
	}
	out := Books{Counts: map[string]map[EventType]int64{}}
	for i := range journals {
		j := &journals[i]
		if out.Counts[j.Biller] == nil {
			out.Counts[j.Biller] = map[EventType]int64{}
		}
		out.Counts[j.Biller][j.Event]++
		for _, p := range j.Postings {
			if b := at(p.Account); p.Amount > 0 {
				b.In += p.Amount
			} else {
				b.Out -= p.Amount
			}
		}
	}
	for _, b := range of {
		b.Closing = b.Opening + b.In - b.Out
		if *b != (Balance{Account: b.Account}) {
			out.Balances = append(out.Balances, *b)
		}
	}
	slices.SortFunc(out.Balances, func(a, b Balance) int {
		return cmp.Or(rank(a.Account)-rank(b.Account), strings.Compare(string(a.Account), string(b.Account)))
	})
	return out
}

func rank(a Account) int { return slices.Index(Kinds(), a.Kind()) }

// Closing balance of an account; nothing where it is empty.
func (b *Books) Closing(a Account) Amount {
	for _, x := range b.Balances {
		if x.Account == a {
			return x.Closing
		}
	}
	return 0
}

// Imbalance is what all closing balances come to: nothing, or the books were altered.
func (b *Books) Imbalance() Amount {
	var sum Amount
	for _, x := range b.Balances {
		sum += x.Closing
	}
	return sum
}
