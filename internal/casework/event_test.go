package casework

import (
	"strings"
	"testing"
	"time"
)

func TestMalformedEvents(t *testing.T) {
	f := opened(t, Application, resident)
	for name, with := range map[string]func(*Event){
		"type":          func(e *Event) { e.Type = "burn" },
		"no id":         func(e *Event) { e.ID = "" },
		"id":            func(e *Event) { e.ID = "a person's name" },
		"phone as id":   func(e *Event) { e.ID = "13800000000" },
		"purpose":       func(e *Event) { e.Purpose = "" },
		"role":          func(e *Event) { e.Actor.Role = "mayor" },
		"no work":       func(e *Event) { e.Actor.Work = "" },
		"phone as work": func(e *Event) { e.Actor.Work = "13800000000" },
		"card as work":  func(e *Event) { e.Actor.Work = "11010519491231002x" },
		"grid of staff": func(e *Event) { e.Actor.Grid = "g1" },
		"worker's grid": func(e *Event) { e.Actor.Role = GridWorker },
		"a bad grid":    func(e *Event) { e.Actor = Actor{GridWorker, "g1-a", "G 1"} },
		"reason":        func(e *Event) { e.Reason = NotOurs },
		"place":         func(e *Event) { e.To.Grid = "g1" },
		"no grid":       func(e *Event) { e.Type = Dispatch },
		"a bad place":   func(e *Event) { e.Type, e.To.Grid = Dispatch, "13800000000" },
		"two places":    func(e *Event) { e.Type, e.To, e.Reason = Transfer, Place{Grid: "g1", System: "s"}, NotOurs },
		"no reason":     func(e *Event) { e.Type = Reject },
		"free reason":   func(e *Event) { e.Type, e.Reason = Reject, "he shouted" },
		"opening":       func(e *Event) { e.Opening.Case = "case-2" },
		"urgency":       func(e *Event) { e.Urgency = "soon" },
		"urgent take":   func(e *Event) { e.Type, e.Urgency = Take, Emergency },
		"ratings":       func(e *Event) { e.Ratings.Response = 5 },
		"few stars":     func(e *Event) { e.Type, e.Ratings = Rate, Ratings{0, 1, 1} },
		"many stars":    func(e *Event) { e.Type, e.Ratings = Rate, Ratings{1, 6, 1} },
		"alarm":         func(e *Event) { e.Alarm.Clock = ToAccept },
		"no alarm":      func(e *Event) { e.Type = Escalate },
	} {
		if r := f.refused(Malformed, clerk, Register, with); strings.Contains(r.Error(), "13800000000") || strings.Contains(r.Error(), "shouted") {
			t.Errorf("%s: repeats what it was given: %s", name, r)
		}
	}
	for _, o := range []Opening{{}, {Case: "a b", Kind: Opinion, Item: "i"}, {Case: "c", Kind: "k", Item: "i"}, {Case: "c", Kind: Opinion, Item: "I"},
		{Case: "13800000000", Kind: Opinion, Item: "i"}, {Case: "c", Kind: Opinion, Item: "i", ReopenDays: 366}, {Case: "c", Kind: Opinion, Item: "i", ReopenDays: -1},
		{Case: "c", Kind: Opinion, Item: "a."}, {Case: "c", Kind: Opinion, Item: ".a"}, {Case: "c", Kind: Opinion, Item: "a.b.c"}, {Case: "c", Kind: Opinion, Item: "13800000000"}} {
		empty := &file{t: t, at: t0}
		empty.refused(Malformed, clerk, Collect, func(e *Event) { e.Opening = o })
	}
	ofTask := &file{t: t, at: t0}
	ofTask.do(clerk, Collect, func(e *Event) {
		e.Opening = Opening{Case: "c", Kind: Application, Item: "civil-affairs.elder-allowance"}
	})
	for _, at := range []time.Time{{}, time.Date(10000, 1, 1, 0, 0, 0, 0, time.UTC)} {
		f.at = at
		f.refused(Malformed, clerk, Register)
	}
}
