package admission

// perMonth is a figure of each month of the horizon.
type perMonth = [len(horizon{})]int64

// book is what the tasks with a place have promised so far, month by month.
//
// Sums are kept exact: a month's part of a yearly load is load × days ÷ (12 ×
// the month's days), so within a month all sums share one denominator and only
// numerators are kept.
type book struct {
	h *horizon

	// What there is, × 12 × days.
	allMinutes, allVisits perMonth

	minutes  perMonth // × 12 × days
	reserved perMonth // the part of tasks that are paused
	visits   perMonth // × 12 × days, of rounds of their own
	shared   perMonth // × 12 × days, of the round combinable visits share

	reports    perMonth
	indicators perMonth
	ledgers    int64
	places     int // how many tasks have one
}

func newBook(p *place, h *horizon) *book {
	b := &book{h: h}
	b.open(p)
	return b
}

// open sets what there is.
func (b *book) open(p *place) {
	for i := range b.h {
		b.allMinutes[i], b.allVisits[i] = times(p.minutes[i], b.unit(i)), times(p.visits, b.unit(i))
	}
}

// unit is the denominator of a month's sums.
func (b *book) unit(i int) int64 { return yearMonths * b.h[i].days }

// enter adds what a task with a place promises.
func (b *book) enter(c *candidate, paused bool) {
	l := &c.load
	for i, days := range c.days {
		if days == 0 {
			continue
		}
		part := times(l.minutes, days)
		b.minutes[i] = plus(b.minutes[i], part)
		if paused {
			b.reserved[i] = plus(b.reserved[i], part)
		}
		if round := times(l.visits, days); l.combinable {
			b.shared[i] = max(b.shared[i], round)
		} else {
			b.visits[i] = plus(b.visits[i], round)
		}
		b.reports[i] = plus(b.reports[i], l.reports)
		b.indicators[i] = plus(b.indicators[i], l.indicators)
	}
	b.ledgers = plus(b.ledgers, l.ledgers)
	b.places++
}

// committedMinutes of a month, rounded up.
func (b *book) committedMinutes(i int) int64 { return ceilDiv(b.minutes[i], b.unit(i)) }

// committedVisits of a month, rounded up.
func (b *book) committedVisits(i int) int64 {
	return ceilDiv(plus(b.visits[i], b.shared[i]), b.unit(i))
}

// room is what is left of a month's minutes, × 12 × its days; negative when it
// is overcommitted.
func (b *book) room(i int) int64 { return b.allMinutes[i] - b.minutes[i] }

// visitRoom is what is left of a month's visits, likewise.
func (b *book) visitRoom(i int) int64 { return b.allVisits[i] - plus(b.visits[i], b.shared[i]) }

// roundRoom is what is left of a month's visits for a round, likewise: one that
// is combinable has what the common round takes already.
func (b *book) roundRoom(i int, combinable bool) int64 {
	if combinable {
		return b.allVisits[i] - b.visits[i]
	}
	return b.visitRoom(i)
}

// overcommitted is the first month with more minutes or visits promised than
// there are; -1 when there is none.
func (b *book) overcommitted() (minutes, visits int) {
	minutes, visits = -1, -1
	for i := range b.h {
		if minutes < 0 && b.room(i) < 0 {
			minutes = i
		}
		if visits < 0 && b.visitRoom(i) < 0 {
			visits = i
		}
	}
	return minutes, visits
}

// minutesLeft is the largest yearly load that fits every month of a task's
// window; negative when a month is overcommitted, even one outside it.
func (b *book) minutesLeft(c *candidate) int64 {
	left := int64(unlimited)
	for i, days := range c.days {
		room := b.room(i)
		if room < 0 {
			return -1
		}
		if days > 0 {
			left = min(left, room/days)
		}
	}
	return left
}

// visitsLeft is the largest yearly number of visits that fits every month of a
// task's window; negative when a month is overcommitted, even one outside it.
func (b *book) visitsLeft(c *candidate, combinable bool) int64 {
	left := int64(unlimited)
	for i, days := range c.days {
		if b.visitRoom(i) < 0 {
			return -1
		}
		if days > 0 {
			left = min(left, b.roundRoom(i, combinable)/days)
		}
	}
	return left
}

// most is the fullest month of a task's window in a list of monthly figures.
func (b *book) most(c *candidate, figures *perMonth) int64 {
	var most int64
	for i, days := range c.days {
		if days > 0 {
			most = max(most, figures[i])
		}
	}
	return most
}

// tightest is the month in which what a task asks for exceeds the room most, and
// what it needs and finds there, in whole units: what is needed is rounded up
// and what is left down, so that the one is above the other.
func (b *book) tightest(c *candidate, yearly int64, room func(i int) int64) (month int, needs, left int64) {
	var lacks int64
	for i, days := range c.days {
		need := times(yearly, days)
		if lack := ceilDiv(max(need-max(room(i), 0), 0), b.unit(i)); lack > lacks {
			month, lacks = i, lack
			needs, left = ceilDiv(need, b.unit(i)), max(room(i), 0)/b.unit(i)
		}
	}
	return month, needs, left
}
