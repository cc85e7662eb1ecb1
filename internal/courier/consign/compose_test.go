package consign

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/shequ-io/shequ/internal/casework"
	"github.com/shequ-io/shequ/internal/content"
	"github.com/shequ-io/shequ/internal/courier"
)

const (
	task    = "dept-health/family-doctor-appointments"
	purpose = "family-doctor-appointments"
	hotline = "hotline-12345"
	orders  = "work-orders" // the purpose of answers to them
)

// desk is connected to three systems, of which one sends work orders.
func desk() *content.Desk {
	return &content.Desk{
		Connections: []content.Connection{
			{Name: "family-health", Accepts: []string{"applicant-name", "telephone", "household-size"}, Purposes: []string{purpose, "reminders"}},
			{Name: "social-security", Accepts: []string{"applicant-name"}},
			{Name: hotline, Purposes: []string{orders}, Orders: true},
		},
		Tasks: []content.DeskTask{
			{
				Name: task,
				Data: []content.DeskDatum{
					{Element: "applicant-name", Type: "Text", Purpose: purpose}, {Element: "telephone", Type: "Text", Purpose: purpose},
					{Element: "address", Type: "Text", Purpose: purpose}, {Element: "household-size", Type: "Integer", Purpose: "reminders"},
				},
				Deliveries: []content.DeskDelivery{
					{System: "family-health", Purpose: purpose, Elements: []string{"applicant-name", "telephone", "address"}, Mapping: []content.FieldRule{
						{Field: "person.姓名", Expression: "applicant_name"}, {Field: "phone", Expression: "telephone"},
					}},
					{System: "family-health", Purpose: "reminders", Elements: []string{"household-size", "telephone"}, TellOnly: true},
					{System: "social-security", Purpose: purpose, Elements: []string{"applicant-name", "telephone"}},
					{System: "medical-insurance", Purpose: purpose, Elements: []string{"applicant-name", "address"}},
				},
			},
			{Name: "dept-culture/reading-room"},
		},
	}
}

func must(t testing.TB, d *content.Desk) *Rules {
	t.Helper()
	r, err := New(d)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

var at = time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)

// lead is somebody at the desk; system what a department's answer acts as.
var lead = casework.Actor{Role: casework.Lead, Work: "lead-01"}

func system(name string) casework.Actor { return casework.Actor{Role: casework.System, Work: name} }

// worked is a case after some events, of which only what matters is given.
func worked(t testing.TB, kind casework.Kind, events ...casework.Event) casework.Case {
	t.Helper()
	var c casework.Case
	first := casework.Event{Type: casework.Collect, Actor: lead, Opening: casework.Opening{Case: "c-1", Kind: kind, Item: "dept-health.family-doctor-appointments"}}
	for i, e := range append([]casework.Event{first}, events...) {
		e.ID, e.Version, e.Purpose = fmt.Sprintf("event-%03d", i), c.Version, purpose
		if e.Actor == (casework.Actor{}) {
			e.Actor = lead
		}
		next, _, err := casework.Apply(c, e, at.Add(time.Duration(i)*time.Minute))
		if err != nil {
			t.Fatal(err)
		}
		c = next
	}
	return c
}

func occasion(c casework.Case) courier.Occasion {
	return courier.Occasion{
		Case: c, Task: task, Item: c.Item, Purpose: purpose, Salt: func() string { return "0123456789abcdef" }, At: at,
		Fields: casework.Fields{"applicant-name": "测试甲", "telephone": "000", "address": "青年路 1 号", "household-size": "3"},
	}
}

var (
	register = casework.Event{Type: casework.Register}
	resume   = casework.Event{Type: casework.Resume}
	handle   = casework.Event{Type: casework.Handle}
	report   = casework.Event{Type: casework.Report}
	verify   = casework.Event{Type: casework.Verify}
	closing  = casework.Event{Type: casework.Close}
	rejects  = casework.Event{Type: casework.Reject, Reason: casework.NotOurs}
)

func paused(by casework.Actor) casework.Event {
	return casework.Event{Type: casework.Pause, Reason: casework.MaterialsMissing, Actor: by}
}

func transfer(to casework.Place) casework.Event {
	return casework.Event{Type: casework.Transfer, Reason: casework.WaitingForDepartment, To: to}
}

// described has a line for each consignment: to whom, what for, its body and codes,
// and what does not go.
func described(t testing.TB, all []courier.Consignment) string {
	t.Helper()
	var b strings.Builder
	for _, c := range all {
		fmt.Fprintf(&b, "%s %s v%d:", c.System, c.Purpose, c.Version)
		if c.Message != nil {
			body, err := c.Message.JSON()
			if err != nil {
				t.Fatal(err)
			}
			if _, err := c.Message.Hash(); err != nil {
				t.Error(err)
			}
			if c.Message.Facts != c.Facts {
				t.Errorf("a message about %+v in a consignment about %+v", c.Message.Facts, c.Facts)
			}
			fmt.Fprintf(&b, " %s %v", body, c.Message.Codes)
		}
		fmt.Fprintf(&b, " (%s)", c.Refused)
		if c.TellOnly {
			b.WriteString(" tell only")
		}
		b.WriteString("\n")
	}
	return b.String()
}

const (
	toHealth    = `family-health family-doctor-appointments v%d: {"person":{"姓名":"测试甲"},"phone":"000"} [applicant-name telephone] (NotAccepted:1)` + "\n"
	toReminders = `family-health reminders v%d: {"household-size":3} [household-size] (OtherPurpose:1) tell only` + "\n"
	toOthers    = "social-security family-doctor-appointments v%d: (PurposeNotAllowed:2)\n" +
		"medical-insurance family-doctor-appointments v%d: (NotConnected:2)\n"
)

func lines(version int, format string) string {
	return strings.ReplaceAll(format, "%d", fmt.Sprint(version))
}

func TestWhenACaseIsDelivered(t *testing.T) {
	r := must(t, desk())
	asked := []casework.Event{register, transfer(casework.Place{System: "family-health"}), paused(system("family-health"))}
	for name, x := range map[string]struct {
		events  []casework.Event
		replies []courier.Reply
		task    string
		want    string
	}{
		"registered":                                  {[]casework.Event{register}, nil, task, lines(2, toHealth+toReminders+toOthers)},
		"collected":                                   {nil, nil, task, ""},
		"handled":                                     {[]casework.Event{register, handle}, nil, task, ""},
		"rejected, and no work order":                 {[]casework.Event{rejects}, nil, task, ""},
		"registered, of no task":                      {[]casework.Event{register}, nil, "", ""},
		"registered, nothing declared":                {[]casework.Event{register}, nil, "dept-culture/reading-room", ""},
		"registered, not admitted":                    {[]casework.Event{register}, nil, "dept-x/ended", " family-doctor-appointments v2: (TaskNotAdmitted:4)\n"},
		"transferred":                                 {[]casework.Event{register, transfer(casework.Place{System: "family-health"})}, nil, task, lines(3, toHealth+toReminders)},
		"transferred to a station":                    {[]casework.Event{register, transfer(casework.Place{Station: "family-health"})}, nil, task, ""},
		"transferred to another":                      {[]casework.Event{register, transfer(casework.Place{System: hotline})}, nil, task, "hotline-12345 family-doctor-appointments v3: (WrongSystem:4)\n"},
		"transferred to a stranger":                   {[]casework.Event{register, transfer(casework.Place{System: "nobody"})}, nil, task, "nobody family-doctor-appointments v3: (NotConnected:4)\n"},
		"transferred, of no task":                     {[]casework.Event{register, transfer(casework.Place{System: hotline})}, nil, "", "hotline-12345 family-doctor-appointments v3: (WrongSystem:4)\n"},
		"transferred, not admitted":                   {[]casework.Event{register, transfer(casework.Place{System: "nobody"})}, nil, "dept-x/ended", "nobody family-doctor-appointments v3: (TaskNotAdmitted:4)\n"},
		"resumed after a system":                      {append(asked, resume), nil, task, lines(5, toHealth+toReminders)},
		"resumed, not admitted":                       {append(asked, resume), nil, "dept-x/ended", "family-health family-doctor-appointments v5: (TaskNotAdmitted:4)\n"},
		"resumed after the desk":                      {[]casework.Event{register, paused(lead), resume}, nil, task, ""},
		"resumed after the desk, once after a system": {append(asked, resume, paused(lead), resume), nil, task, ""},
		"resumed, and part of it was accepted": {append(asked, resume), []courier.Reply{
			{Task: task, System: "family-health", Purpose: purpose, Version: 3, Verdict: courier.MoreNeeded},
			{Task: task, System: "family-health", Purpose: "reminders", Version: 3, Verdict: courier.MoreNeeded},
			{Task: task, System: "family-health", Purpose: "reminders", Version: 4, Verdict: courier.Accepted},
			{Task: task, System: "social-security", Purpose: purpose, Version: 3, Verdict: courier.Accepted},
			{Task: "dept-x/y", System: "family-health", Purpose: purpose, Version: 3, Verdict: courier.Accepted},
		}, task, lines(5, toHealth)},
	} {
		t.Run(name, func(t *testing.T) {
			o := occasion(worked(t, casework.Application, x.events...))
			o.Task, o.Replies = x.task, x.replies
			if got := described(t, r.Compose(o)); got != x.want {
				t.Errorf("got\n%swant\n%s", got, x.want)
			}
		})
	}
}

func TestAnswersToWorkOrders(t *testing.T) {
	r := must(t, desk())
	done := []casework.Event{register, handle, report, verify, closing}
	for name, x := range map[string]struct {
		events []casework.Event
		spoil  func(*courier.Occasion)
		want   string
	}{
		"registered": {done[:1], nil, ""},
		"reported":   {done[:3], nil, `hotline-12345 work-orders v4: {"result":"handled","workOrder":"GZ-1"} [] () tell only` + "\n"},
		"verified":   {done[:4], nil, ""},
		"closed":     {done, nil, ""}, // it was reported
		"rejected":   {[]casework.Event{rejects}, nil, `hotline-12345 work-orders v2: {"reason":"not-ours","result":"returned","workOrder":"GZ-1"} [] () tell only` + "\n"},
		"reported again": {append(done, casework.Event{Type: casework.Reopen, Reason: casework.NotDone, Actor: casework.Actor{Role: casework.Resident}}, handle, report), nil,
			`hotline-12345 work-orders v9: {"result":"handled","workOrder":"GZ-1"} [] () tell only` + "\n"},
		"taken in at the desk": {done[:3], func(o *courier.Occasion) { o.From = "" }, ""},
		"of a stranger":        {done[:3], func(o *courier.Occasion) { o.From = "nobody" }, "nobody work-orders v4: (NotConnected:1) tell only\n"},
		"sends no orders":      {done[:3], func(o *courier.Occasion) { o.From = "family-health" }, "family-health work-orders v4: (NotConnected:1) tell only\n"},
		"for another purpose":  {done[:3], func(o *courier.Occasion) { o.Purpose = purpose }, "hotline-12345 family-doctor-appointments v4: (PurposeNotAllowed:1) tell only\n"},
		"withdrawn":            {done[:3], func(o *courier.Occasion) { o.Withdrawn = true }, "hotline-12345 work-orders v4: (CaseWithdrawn:1) tell only\n"},
	} {
		t.Run(name, func(t *testing.T) {
			o := occasion(worked(t, casework.WorkOrder, x.events...))
			o.Task, o.Purpose, o.From, o.Reference = "", orders, hotline, "GZ-1"
			if x.spoil != nil {
				x.spoil(&o)
			}
			if got := described(t, r.Compose(o)); got != x.want {
				t.Errorf("got\n%swant\n%s", got, x.want)
			}
		})
	}
	// One that is closed without ever having been reported is answered then.
	o := occasion(worked(t, casework.WorkOrder, done...))
	o.Case.History = append(o.Case.History[:3:3], o.Case.History[5])
	o.From, o.Reference, o.Purpose = hotline, "GZ-1", orders
	if got := r.Compose(o); len(got) != 1 || got[0].Message == nil {
		t.Error("an order that was closed at once has no answer")
	}
}

func TestWithdrawnOrExpiredGoesNowhere(t *testing.T) {
	r := must(t, desk())
	o := occasion(worked(t, casework.Application, register))
	o.Withdrawn = true
	if got := described(t, r.Compose(o)); strings.Contains(got, "{") || !strings.Contains(got, "CaseWithdrawn:3") {
		t.Errorf("of a withdrawn case:\n%s", got)
	}
	o.Withdrawn, o.Expired = false, true
	if got := described(t, r.Compose(o)); strings.Contains(got, "{") {
		t.Errorf("of an expired case:\n%s", got)
	}
	o.Task = "dept-x/ended"
	if got := described(t, r.Compose(o)); got != " family-doctor-appointments v2: ()\n" {
		t.Errorf("of an expired case whose task is gone: %s", got)
	}
	if got := r.Compose(courier.Occasion{}); got != nil {
		t.Error("no case is delivered")
	}
	if r, err := New(nil); err != nil || len(r.Compose(occasion(worked(t, casework.Application)))) != 0 {
		t.Error("a desk without desk.json delivers")
	}
}

// What is wrong with one delivery is said once, and neither stops the others nor
// passes without being counted.
func TestMappingsThatFail(t *testing.T) {
	d := desk()
	d.Tasks[0].Deliveries[0].Mapping[1].Expression = "identity_number"
	d.Tasks[0].Deliveries = append(d.Tasks[0].Deliveries, d.Tasks[0].Deliveries[1])
	r, err := New(d)
	for _, want := range []string{
		"task " + task + " delivers nothing to family-health for " + purpose + ": field phone, line 1, column 1: undeclared reference to 'identity_number'",
		"task " + task + " delivers to family-health for reminders twice",
	} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v does not say %s", err, want)
		}
	}
	o := occasion(worked(t, casework.Application, register))
	broken := "family-health family-doctor-appointments v2: (NotAccepted:1,NotMapped:2)\n"
	if got := described(t, r.Compose(o)); got != broken+lines(2, toReminders+toOthers) {
		t.Errorf("one mapping does not compile, and of the others goes\n%s", got)
	}
	// The case has no number where one should be.
	o.Fields["household-size"] = "drei"
	if got := described(t, r.Compose(o)); !strings.Contains(got, "family-health reminders v2: (OtherPurpose:1,NotMapped:1) tell only\n") {
		t.Errorf("a value that is no number:\n%s", got)
	}
	// A constant says nothing of the case.
	d = desk()
	d.Tasks[0].Deliveries[0].Mapping = []content.FieldRule{{Field: "source", Expression: `"community"`}}
	if got := described(t, must(t, d).Compose(o)); !strings.HasPrefix(got, broken) {
		t.Errorf("a message of constants goes:\n%s", got)
	}
}

// The same turn has the same keys, whoever composes it.
func TestKeysAreOfTheTurn(t *testing.T) {
	r := must(t, desk())
	keys := map[courier.Key]bool{}
	for _, events := range [][]casework.Event{{register}, {register}, {register, transfer(casework.Place{System: "family-health"})}} {
		for _, c := range r.Compose(occasion(worked(t, casework.Application, events...))) {
			keys[c.Key()] = true
		}
	}
	if len(keys) != 4+2 {
		t.Errorf("%d keys of 6 messages", len(keys))
	}
}
