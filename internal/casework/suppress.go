package casework

// veil is why a count is hidden.
type veil int

const (
	shown     veil = iota // it is not
	few                   // it is below MinCount
	nearlyAll             // it leaves fewer than MinCount
	cover                 // others hide behind it
)

// suppress decides which counts are hidden, of the groups and of the total.
func suppress(rows []tally, all *tally) (groups [][columns]veil, total [columns]veil) {
	total = veils(all)
	for i := range rows {
		groups = append(groups, veils(&rows[i]))
	}
	for column := range columns {
		if total[column] != shown {
			continue
		}
		cells := make([]cell, len(rows))
		for i := range rows {
			cells[i] = cellOf(&rows[i], column, groups[i][column])
		}
		if !hide(cells) {
			total[column] = cover
		}
		for i := range cells {
			groups[i][column] = cells[i].veil
		}
	}
	return groups, total
}

// veils are what a row has to hide by itself.
func veils(t *tally) [columns]veil {
	var out [columns]veil
	for column := range columns {
		rest := t[within[column]] - t[column]
		switch {
		case t[column] < MinCount:
			out[column] = few
		case column != colOpened && rest < MinCount:
			out[column] = nearlyAll
		}
	}
	return out
}

// boundless is more than is ever counted, and can be added up.
const boundless = 1 << 40

type cell struct {
	veil veil
	n    int64 // of a hidden cell, what is not known of it: 0 to span
	span int64
	most int64 // it can be without being hidden for itself; MinCount is the least
}

func cellOf(t *tally, column int, v veil) cell {
	of := t[within[column]]
	c := cell{veil: v, n: t[column], span: MinCount - 1, most: of - MinCount}
	switch {
	case column == colOpened:
		c.most = boundless
	case of < 2*MinCount:
		// No share tells whether it is few or nearly all: it can be any.
		c.span = 2*MinCount - 1
	case v == nearlyAll:
		c.n -= of - (MinCount - 1) // what is not known is how many are left
	}
	return c
}

// hide covers cells of a column whose total is published, until each that is
// hidden by itself could be any number for all the total tells: what the hidden
// cells come to together, which anybody can work out, must leave each cover
// between the least and the most it can be, whatever the others are. It reports
// false, with every cell hidden, when it does not; then the total must be hidden
// too.
//
// Which cells are covered follows from their order and from those sums, never
// from which cell is small: who knows the rule, and everybody may, learns from the
// choice no more than to rule out one number of ten.
func hide(cells []cell) bool {
	var hidden, covers, span, most, sum int64
	for _, c := range cells {
		if c.veil != shown {
			hidden++
			span += c.span
			sum += c.n
		}
	}
	enough := func() bool {
		return hidden == 0 || sum <= most && sum >= covers*MinCount+span
	}
	for i := range cells {
		if enough() {
			return true
		}
		if cells[i].veil == shown {
			cells[i].veil = cover
			covers++
			most += cells[i].most
			sum += cells[i].n
		}
	}
	return enough()
}
