package desk_test

import (
	"strings"
	"time"

	"github.com/shequ-io/shequ/internal/casework"
	"github.com/shequ-io/shequ/internal/content/contenttest"
	"github.com/shequ-io/shequ/internal/store"
)

// acts of the sample's positions.
var (
	asStaff  = casework.Actor{Role: casework.Staff, Work: staff}
	asOther  = casework.Actor{Role: casework.Staff, Work: other}
	asLead   = casework.Actor{Role: casework.Lead, Work: lead}
	asWorker = casework.Actor{Role: casework.GridWorker, Work: worker, Grid: "qingnian-2-1"}
	asSystem = casework.Actor{Role: casework.System, Work: "clerk"}
)

// sample is a working day: cases at every step, some late, some paused. It returns
// one worth looking at and one with a grid.
func (w *world) sample() (shown, dispatched string) {
	w.t.Helper()
	w.doc.Site.Forms = contenttest.Requests()
	survey := contenttest.Survey()
	w.doc.Site.Surveys = append(w.doc.Site.Surveys, survey)
	w.desk.Use(&w.doc, w.list)
	end := w.clock.now()
	w.clock.forward(-6 * 24 * time.Hour)

	old := w.enter(casework.HelpRequest, "help-request", casework.Utility, casework.Fields{"request-text": "三号楼二单元楼道灯不亮，晚上老人上下楼不方便。\n已经三天了。", "applicant-name": "某居民"})
	w.events(old, casework.Event{Type: casework.Register, Actor: asOther}, casework.Event{Type: casework.Dispatch, To: casework.Place{Grid: "qingnian-2-2"}})
	w.clock.forward(25 * time.Hour)
	w.events(old, casework.Event{Type: casework.Escalate, Actor: asSystem, Alarm: casework.Alarm{Clock: casework.ToResolve, Level: casework.ToLead}})
	w.clock.forward(2 * 24 * time.Hour)

	shown = w.enter(casework.Application, "hardship-letter", "", casework.Fields{
		"applicant-name": "某居民", "household-size": "4", "household-income": "3200",
	})
	k := w.store.cases[shown]
	k.Files = []store.File{{ID: "0f0e0d0c-0b0a-4908-8706-050403020100", MediaType: "application/pdf", Size: 183_000, Sealed: []byte("%PDF-1.7")}, {ID: "1f0e0d0c-0b0a-4908-8706-050403020100", MediaType: "image/jpeg", Size: 1_480_000}}
	w.clock.forward(3 * time.Hour)
	w.events(shown, casework.Event{Type: casework.Register, Actor: asStaff}, casework.Event{Type: casework.Pause, Actor: asStaff, Reason: casework.MaterialsMissing})
	w.clock.forward(20 * time.Hour)
	w.events(shown, casework.Event{Type: casework.Resume, Actor: casework.Actor{Role: casework.Resident, Work: other}})

	dispatched = w.enter(casework.HelpRequest, "help-request", casework.Emergency, casework.Fields{"request-text": "一楼水管爆裂，正在漏水。"})
	w.events(dispatched, casework.Event{Type: casework.Register, Actor: asStaff}, casework.Event{Type: casework.Dispatch, To: casework.Place{Grid: "qingnian-2-1"}})
	mediation := w.enter(casework.Mediation, "neighbour-mediation", "", casework.Fields{})
	w.events(mediation, casework.Event{Type: casework.Register, Actor: asOther}, casework.Event{Type: casework.Pause, Actor: asOther, Reason: casework.ResidentUnavailable})
	done := w.enter(casework.Opinion, "opinion", "", casework.Fields{"request-text": "希望活动室周末也开放。"})
	w.events(done, casework.Event{Type: casework.Register, Actor: asStaff}, casework.Event{Type: casework.Handle, Actor: asStaff},
		casework.Event{Type: casework.Report, Actor: asStaff}, casework.Event{Type: casework.Close, Actor: asStaff},
		casework.Event{Type: casework.Rate, Actor: casework.Actor{Role: casework.Resident}, Ratings: casework.Ratings{Response: 5, Resolution: 4, Satisfaction: 5}})
	for i := range 6 {
		w.enter(casework.Application, []string{"residence-letter", "water-bill", "resident-insurance"}[i%3], "", casework.Fields{"applicant-name": "某居民"})
	}
	w.clock.mu.Lock()
	w.clock.at = end
	w.clock.mu.Unlock()
	w.enter(casework.Application, "residence-letter", "", casework.Fields{"applicant-name": "某居民", "request-reason": "子女入学"})

	for i, item := range []string{"residence-letter", "water-bill", "help-request", "neighbour-mediation"} {
		for n := range []int{184, 141, 127, 6}[i] {
			w.store.outcomes = append(w.store.outcomes, casework.Outcome{
				Group: item, Responded: true, Resolved: n%9 != 0, Late: n%7 == 0, Rated: n%2 == 0, Satisfied: n%2 == 0 && n%6 != 0,
			})
		}
	}
	return shown, dispatched
}

// many cases, for pages of a queue.
func (w *world) many(n int) {
	w.t.Helper()
	for range n {
		w.enter(casework.Application, "residence-letter", "", casework.Fields{"request-reason": strings.Repeat("x", 10)})
	}
}
