package casework

import "slices"

// class sorts places: the table has a row for each it treats differently.
type class string

const (
	anywhere  class = ""
	here      class = "the station"
	aGrid     class = "a grid"
	elsewhere class = "elsewhere"
)

// rule is one row of a kind's table: in the step from, the roles may send the
// event, and the case goes to the step to.
type rule struct {
	event EventType
	from  Step
	// place is where a dispatch or transfer goes to; of any other event, where the
	// case is.
	place class
	to    Step
	roles []Role
	// paused rules hold while the clocks are stopped too.
	paused bool
}

// route is a kind's way round the loop.
type route struct {
	steps []Step // between Collected and Closed, beside Registered, Transferred and Handled
	// direct: the station may handle it without a dispatch.
	direct  bool
	collect []Role
	extra   []rule
}

var routes = map[Kind]route{
	Application: {
		steps: []Step{Dispatched, Reported, Verified}, direct: true,
		collect: []Role{Resident, Staff, Lead},
	},
	HelpRequest: {
		steps:   []Step{Dispatched, Reported, Verified},
		collect: []Role{Resident, Staff, GridWorker, Lead, System},
		extra:   []rule{{event: Register, from: Collected, to: Registered, roles: []Role{System}}},
	},
	Opinion: {
		steps: []Step{Reported}, direct: true,
		collect: []Role{Resident, Staff, GridWorker, Lead},
	},
	Mediation: {
		steps: []Step{Dispatched, Verified}, direct: true,
		collect: []Role{Resident, Staff, GridWorker, Lead},
	},
	// The hotline sends its orders, gets its answers, and rings the resident to
	// verify them.
	WorkOrder: {
		steps: []Step{Dispatched, Reported, Verified}, direct: true,
		collect: []Role{Staff, Lead, System},
		extra: []rule{
			{event: Register, from: Collected, to: Registered, roles: []Role{System}},
			{event: Verify, from: Reported, to: Verified, roles: []Role{System}},
			{event: Close, from: Verified, to: Closed, roles: []Role{System}},
		},
	},
}

var tables = func() map[Kind][]rule {
	out := map[Kind][]rule{}
	for k, r := range routes {
		out[k] = r.table()
	}
	return out
}()

var (
	desk   = []Role{Staff, Lead}
	field  = []Role{Staff, GridWorker, Lead}
	worked = []Step{Registered, Dispatched, Transferred} // somebody has it in hand
)

// table writes out a route, the way forward first.
func (r route) table() []rule {
	out := []rule{{event: Collect, to: Collected, roles: r.collect}, {event: Register, from: Collected, to: Registered, roles: desk}}
	out = append(out, r.handling()...)
	report := field
	if !r.has(Dispatched) {
		report = desk
	}
	last := Handled
	for _, s := range []struct {
		step  Step
		event EventType
		roles []Role
	}{{Reported, Report, report}, {Verified, Verify, desk}, {Closed, Close, desk}} {
		if s.step == Closed || r.has(s.step) {
			out = append(out, rule{event: s.event, from: last, to: s.step, roles: s.roles})
			last = s.step
		}
	}
	out = append(out, r.back()...)
	out = append(out, r.aside()...)
	for _, e := range r.extra {
		out = merge(out, e)
	}
	return out
}

func (r route) has(s Step) bool {
	return s == Collected || s == Registered || s == Transferred || s == Handled || slices.Contains(r.steps, s)
}

// handling is how a case finds who handles it.
func (r route) handling() []rule {
	out := []rule{{event: Take, from: Registered, to: Registered, roles: desk}}
	if r.direct {
		out = append(out, rule{event: Handle, from: Registered, to: Handled, roles: desk})
	}
	if r.has(Dispatched) {
		out = append(out,
			rule{event: Dispatch, from: Registered, place: aGrid, to: Dispatched, roles: []Role{Staff, Lead, System}},
			rule{event: Take, from: Dispatched, to: Dispatched, roles: []Role{GridWorker, Lead}},
			rule{event: Handle, from: Dispatched, to: Handled, roles: field},
			rule{event: Transfer, from: Dispatched, place: aGrid, to: Dispatched, roles: desk},
			rule{event: Transfer, from: Dispatched, place: elsewhere, to: Transferred, roles: desk},
			rule{event: Transfer, from: Transferred, place: aGrid, to: Dispatched, roles: desk},
		)
	}
	return append(out,
		rule{event: Transfer, from: Registered, place: elsewhere, to: Transferred, roles: desk},
		rule{event: Transfer, from: Transferred, place: elsewhere, to: Transferred, roles: desk},
		rule{event: Handle, from: Transferred, to: Handled, roles: []Role{Staff, Lead, System}},
	)
}

// back is how a case goes back: into the station's queue by whoever can't do it,
// to whoever did it when it is not done, and to work by the resident.
func (r route) back() []rule {
	out := []rule{
		{event: Return, from: Registered, to: Registered, roles: desk},
		{event: Return, from: Transferred, to: Registered, roles: []Role{Staff, Lead, System}},
	}
	if r.has(Dispatched) {
		out = append(out, rule{event: Return, from: Dispatched, to: Registered, roles: field})
	}
	for _, from := range []Step{Handled, Reported} {
		if !r.has(from) {
			continue
		}
		if r.direct {
			out = append(out, rule{event: Return, from: from, place: here, to: Registered, roles: desk})
		}
		if r.has(Dispatched) {
			out = append(out, rule{event: Return, from: from, place: aGrid, to: Dispatched, roles: desk})
		}
		out = append(out, rule{event: Return, from: from, place: elsewhere, to: Transferred, roles: desk})
	}
	return append(out, rule{event: Reopen, from: Closed, to: Registered, roles: []Role{Resident}})
}

// aside is what can happen at many steps.
func (r route) aside() []rule {
	var out []rule
	// Whom a case is delivered to may refuse it, or ask for more.
	out = append(out,
		rule{event: Reject, from: Collected, to: Rejected, roles: desk, paused: true},
		rule{event: Reject, from: Registered, to: Rejected, roles: []Role{Staff, Lead, System}, paused: true},
		rule{event: Reject, from: Transferred, to: Rejected, roles: []Role{System}, paused: true})
	for _, s := range append([]Step{Collected}, worked...) {
		if !r.has(s) {
			continue
		}
		pause, resume := slices.Clone(desk), []Role{Resident, Staff, Lead}
		switch s {
		case Dispatched:
			pause, resume = slices.Clone(field), []Role{Resident, Staff, GridWorker, Lead}
		default:
		}
		if s != Collected {
			pause, resume = append(pause, System), append(resume, System)
		}
		out = append(out, rule{event: Pause, from: s, to: s, roles: pause},
			rule{event: Resume, from: s, to: s, roles: resume, paused: true})
	}
	for _, s := range []Step{Collected, Registered, Dispatched, Transferred, Handled, Reported, Verified} {
		if r.has(s) {
			out = append(out, rule{event: Withdraw, from: s, to: Withdrawn, roles: []Role{Resident}, paused: true},
				rule{event: Escalate, from: s, to: s, roles: []Role{System}, paused: true})
		}
	}
	for _, s := range []Step{Closed, Rejected} {
		out = append(out, rule{event: Rate, from: s, to: s, roles: []Role{Resident}})
	}
	return out
}

// merge gives a row's roles to the row that is there, or adds it.
func merge(rules []rule, e rule) []rule {
	for i, r := range rules {
		if r.event == e.event && r.from == e.from && r.place == e.place && r.to == e.to {
			rules[i].roles = append(slices.Clone(r.roles), e.roles...)
			return rules
		}
	}
	return append(rules, e)
}

// find looks for the rule of an event in a case; nil when there is none.
func find(c *Case, e *Event) *rule {
	kind, place := c.Kind, c.Place
	if e.Type == Collect {
		kind = e.Opening.Kind
	}
	if e.Type == Dispatch || e.Type == Transfer {
		place = e.To
	}
	for i := range tables[kind] {
		r := &tables[kind][i]
		if r.event == e.Type && r.from == c.Step && (r.place == anywhere || r.place == place.class()) {
			return r
		}
	}
	return nil
}
