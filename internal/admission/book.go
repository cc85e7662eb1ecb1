package admission

// book is what the tasks with a place have promised so far, month by month.
//
// Sums are kept exact: a month's part of a yearly load is load × days ÷ (12 ×
// the month's days), so within a month all sums share one denominator and only
// numerators are kept.
type book struct {
	place *place
	h     *horizon

	minutes  [len(horizon{})]int64 // × 12 × days
	reserved [len(horizon{})]int64 // the part of tasks that are paused
	visits   [len(horizon{})]int64 // × 12 × days, of rounds of their own
	shared   [len(horizon{})]int64 // × 12 × days, of the round combinable visits share

	reports    [len(horizon{})]int64
	indicators [len(horizon{})]int64
	ledgers    int64
}

// unit is the denominator of a month's sums.
func (b *book) unit(i int) int64 { return yearMonths * b.h[i].days }

// enter adds what a task with a place promises.
func (b *book) enter(t *Task, l *load, paused bool) {
	for i := range b.h {
		days := b.h[i].within(t.from, t.until)
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
}

// committedMinutes of a month, rounded up.
func (b *book) committedMinutes(i int) int64 { return ceilDiv(b.minutes[i], b.unit(i)) }

// committedVisits of a month, rounded up.
func (b *book) committedVisits(i int) int64 {
	return ceilDiv(plus(b.visits[i], b.shared[i]), b.unit(i))
}

// room is what is left of a month's minutes, times 12 times its days; negative
// when it is overcommitted.
func (b *book) room(i int) int64 {
	return times(b.place.minutes[i], b.unit(i)) - b.minutes[i]
}

// visitRoom is what is left of a month's visits, likewise.
func (b *book) visitRoom(i int) int64 {
	return times(b.place.visits, b.unit(i)) - plus(b.visits[i], b.shared[i])
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

// minutesLeft is the largest yearly load that fits every month of the task's
// window; negative when a month is overcommitted, even one outside it.
func (b *book) minutesLeft(t *Task) int64 {
	left := int64(unlimited)
	for i := range b.h {
		room := b.room(i)
		if room < 0 {
			return -1
		}
		if days := b.h[i].within(t.from, t.until); days > 0 {
			left = min(left, room/days)
		}
	}
	return left
}

// visitsLeft is the largest yearly number of visits that fits every month of the
// task's window; negative when a month is overcommitted, even one outside it.
func (b *book) visitsLeft(t *Task, combinable bool) int64 {
	left := int64(unlimited)
	for i := range b.h {
		room := b.visitRoom(i)
		if room < 0 {
			return -1
		}
		if combinable {
			room = plus(room, b.shared[i]) // what fits the common round costs nothing
		}
		if days := b.h[i].within(t.from, t.until); days > 0 {
			left = min(left, room/days)
		}
	}
	return left
}

// most is the fullest month of the task's window in a list of monthly figures.
func (b *book) most(t *Task, figures *[len(horizon{})]int64) int64 {
	var most int64
	for i := range b.h {
		if b.h[i].within(t.from, t.until) > 0 {
			most = max(most, figures[i])
		}
	}
	return most
}

// tightest is the month in which a task of so many minutes a year lacks most.
func (b *book) tightest(t *Task, minutes int64) (month int, lacks int64) {
	month = -1
	for i := range b.h {
		need := times(minutes, b.h[i].within(t.from, t.until)) - b.room(i)
		if lack := ceilDiv(max(need, 0), b.unit(i)); need > 0 && lack > lacks {
			month, lacks = i, lack
		}
	}
	return month, lacks
}
