package desk_test

import (
	"context"
	"crypto/sha256"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/shequ-io/shequ/api/v1alpha1"
	"github.com/shequ-io/shequ/internal/casework"
	"github.com/shequ-io/shequ/internal/content"
	"github.com/shequ-io/shequ/internal/courier"
	"github.com/shequ-io/shequ/internal/store"
)

// post is what a fake keeps of what goes to systems.
type post struct {
	sent  []store.Delivery
	asked []store.Prefill
	// acts are what was done to messages: "replay KEY", "give-up KEY".
	acts []string
	// published are the months whose figures are.
	published []store.Period
}

func (f *fake) Deliveries(_ context.Context, who store.Who, id string) ([]store.Delivery, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if _, err := f.get(who, id); err != nil {
		return nil, err
	}
	var out []store.Delivery
	for _, d := range f.sent {
		if d.Case == id {
			out = append(out, d)
		}
	}
	return out, nil
}

func (f *fake) Dead(_ context.Context, who store.Who, after string, size int) ([]store.Delivery, string, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.down {
		return nil, "", errDown
	}
	if who.Role != casework.Staff && who.Role != casework.Lead {
		return nil, "", store.ErrNotYours
	}
	var dead []store.Delivery
	for _, d := range f.sent {
		if d.State == store.DeliveryDead {
			dead = append(dead, d)
		}
	}
	if after != "" {
		at, err := strconv.Atoi(after)
		if err != nil || at < 0 || at > len(dead) {
			return nil, "", store.ErrInvalid
		}
		dead = dead[at:]
	}
	if len(dead) <= size {
		return dead, "", nil
	}
	at, _ := strconv.Atoi(after)
	return dead[:size], strconv.Itoa(at + size), nil
}

func (f *fake) Waiting(_ context.Context, who store.Who) ([]store.SystemBacklog, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.down {
		return nil, errDown
	}
	if who.Role != casework.Staff && who.Role != casework.Lead {
		return nil, store.ErrNotYours
	}
	var out []store.SystemBacklog
	for _, d := range f.sent {
		if d.Sequence > 0 {
			continue
		}
		at := slices.IndexFunc(out, func(b store.SystemBacklog) bool { return b.System == d.System })
		if at < 0 {
			at, out = len(out), append(out, store.SystemBacklog{System: d.System, Oldest: d.At})
		}
		if d.State == store.DeliveryDead {
			out[at].Dead++
		} else {
			out[at].Waiting++
		}
		if d.At.Before(out[at].Oldest) {
			out[at].Oldest = d.At
		}
	}
	return out, nil
}

func (f *fake) Replay(_ context.Context, who store.Who, key courier.Key) error {
	return f.move(who, "replay", key, func(d *store.Delivery) { d.State, d.Failures, d.Why = store.DeliveryWaiting, 0, "" })
}

func (f *fake) GiveUp(_ context.Context, who store.Who, key courier.Key) error {
	return f.move(who, "give-up", key, func(d *store.Delivery) { d.State, d.Sequence = store.DeliveryGivenUp, 99 })
}

func (f *fake) move(who store.Who, act string, key courier.Key, how func(*store.Delivery)) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	switch {
	case f.down:
		return errDown
	case who.Role != casework.Staff && who.Role != casework.Lead:
		return store.ErrNotYours
	}
	for i := range f.sent {
		if d := &f.sent[i]; d.Key == key && d.State == store.DeliveryDead {
			how(d)
			f.acts = append(f.acts, act+" "+string(key))
			return nil
		}
	}
	return store.ErrUnknownMessage
}

// Prefill is the store's rule as its contract says it.
func (f *fake) Prefill(ctx context.Context, who store.Who, source string, p store.Prefill) (casework.Fields, error) {
	rows, err := f.Find(ctx, who, source)
	if err != nil {
		return nil, err
	}
	if len(rows) != 1 {
		return nil, store.ErrUnknownCase
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.asked = append(f.asked, p)
	f.reads = append(f.reads, rows[0].ID)
	out := casework.Fields{}
	for _, field := range p.Fields {
		basic := slices.Contains([]string{"Base", "Contact", "Identity"}, field.Class)
		if value := f.cases[rows[0].ID].letter.Fields[v1alpha1.DataElementCode(field.Code)]; value != "" && (basic || field.Reused && field.Purpose == p.Purpose) {
			out[v1alpha1.DataElementCode(field.Code)] = value
		}
	}
	return out, nil
}

// sampleTask is the task behind the sample's item that is delivered.
const sampleTask = "dept-human-resources/enrolment"

// connections of the sample's community.
func connections() []content.Connection {
	text := func(zh, en string) content.Text { return content.Text{ZH: zh, EN: en} }
	return []content.Connection{
		{Name: "social-security", Title: text("社会保险系统", "Social security"), Purposes: []string{"social-security-enrolment"}},
		{Name: "medical-insurance", Title: text("医疗保障信息平台", "Medical insurance"), Purposes: []string{"medical-insurance-enrolment"}},
		{Name: "family-health", Title: text("家庭医生预约", "Family health appointments"), Purposes: []string{"family-doctor-appointments"}},
		{Name: "property-repairs", Title: text("物业维修系统", "Property repairs"), Purposes: []string{"property-supervision"}},
		{Name: "e-supervision", Title: text("电子监察系统", "E-supervision"), Purposes: []string{"e-supervision-report"}, Report: "e-supervision-report"},
		{Name: "hotline-12345", Title: text("12345 热线", "12345 hotline"), Purposes: []string{"hotline-12345"}, Orders: true},
	}
}

// deliver puts deliveries in every state into the store, as those of a case.
func (w *world) deliver(id string) {
	w.t.Helper()
	at := w.clock.now()
	all := []store.Delivery{
		{System: "social-security", Purpose: "social-security-enrolment", State: store.DeliveryDelivered, Codes: "applicant-name,identity-number,telephone", Verdict: courier.Accepted, Reference: "SS-000017", Sequence: 41, Reply: store.ReplyApplied},
		{System: "medical-insurance", Purpose: "medical-insurance-enrolment", State: store.DeliveryDelivered, Codes: "applicant-name,identity-number", Verdict: courier.MoreNeeded, Reason: casework.MaterialsMissing, Reference: "YB-2026-000231", Sequence: 42, Reply: store.ReplyApplied},
		{System: "medical-insurance", Purpose: "medical-insurance-enrolment", Version: 5, State: store.DeliveryWaiting, Codes: "applicant-name,identity-number", Failures: 3, Why: "the system did not answer in time", NotBefore: at.Add(4 * time.Minute)},
		{System: "family-health", Purpose: "family-doctor-appointments", State: store.DeliveryWithheld, Refused: "PurposeNotAllowed:1,NotAccepted:2", Sequence: 43},
		{System: "property-repairs", Purpose: "property-supervision", State: store.DeliveryDead, Codes: "address,request-text", Failures: 6, Why: "the system refuses the message with status 422: look at the mapping, or ask who runs it", Refused: "NotAccepted:1"},
		{System: "hotline-12345", Purpose: "hotline-12345", State: store.DeliveryGivenUp, Sequence: 44},
		{System: "social-security", Purpose: "social-security-enrolment", Version: 3, State: store.DeliveryDelivered, Codes: "applicant-name", Verdict: courier.Rejected, Reason: casework.NotEligible, Sequence: 45, Reply: store.ReplyRefused, Cause: store.CauseTellOnly},
		{System: "closed-down", Purpose: "station-service", State: store.DeliveryUnderWay, Codes: "applicant-name,not-on-any-form"},
	}
	for i, d := range all {
		d.Case, d.Number, d.Task = id, w.store.cases[id].number, sampleTask
		if d.Version == 0 {
			d.Version = 2
		}
		d.At = at.Add(-time.Duration(len(all)-i) * 50 * time.Minute)
		d.Key = courier.NewKey(d.Case, d.Task, d.System, d.Purpose, d.Version)
		if d.Codes != "" {
			d.Message = sha256.Sum256([]byte(d.Key))
		}
		w.store.sent = append(w.store.sent, d)
	}
}

// stops are why messages are dead.
var stops = []string{
	"the system's answer can't be read: it is no JSON; ask who runs it, then replay the message",
	"the file has lain there for a week and nobody has acknowledged it; ask who runs the system, then replay the message",
	"unfit",
}

// stop puts dead messages of other cases into the store.
func (w *world) stop(n int) {
	w.t.Helper()
	for i := range n {
		of := w.store.cases[w.store.order[i%len(w.store.order)]]
		d := store.Delivery{
			Case: of.ID, Number: of.number, Task: sampleTask, System: connections()[i%4].Name, Purpose: "station-service", Version: int64(i + 10),
			State: store.DeliveryDead, At: w.clock.now().Add(-time.Duration(i+1) * 7 * time.Hour), Failures: 1, Why: stops[i%len(stops)], Codes: "applicant-name",
		}
		d.Key = courier.NewKey(d.Case, d.Task, d.System, d.Purpose, d.Version)
		w.store.sent = append(w.store.sent, d)
	}
}

// delivered has the sample's community connected, with an item whose task delivers and
// reuses. It returns the item's name.
func (w *world) delivered() string {
	w.t.Helper()
	const name = "enrolment"
	field := func(code, zh, en, class string) content.Field {
		return content.Field{Text: content.Text{ZH: zh, EN: en}, Code: code, Type: "Text", Class: class, Purpose: "social-security-enrolment", RetentionDays: 365}
	}
	number, date := field("identity-number", "公民身份号码", "Identity number", "Identity"), field("birth-date", "出生日期", "Date of birth", "Identity")
	number.Sensitive, number.Basis = true, content.Text{ZH: "《中华人民共和国社会保险法》", EN: "Social Insurance Law"}
	status := field("employment-status", "就业状况", "Employment status", "Benefit")
	status.Reused, number.Required, date.Type = true, true, "Date"
	who := field("applicant-name", "申请人姓名", "Applicant's name", "Base")
	who.Required = true
	w.doc.Items = append(w.doc.Items, content.Item{
		Name: name, Title: content.Text{ZH: "城乡居民养老保险参保", EN: "Enrolment in the residents' pension scheme"}, Category: "Agency", Online: true,
		Purpose: "social-security-enrolment", RetentionDays: 365, AcceptWithinMinutes: 60, ResolveWithinMinutes: 10 * 24 * 60,
		Task: &content.Task{Name: sampleTask, Deliveries: []content.Delivery{{
			System: content.Text{ZH: "社会保险系统", EN: "Social security"}, Owner: "区社会保险经办中心", Purpose: "social-security-enrolment",
			Elements: []string{"applicant-name", "identity-number", "birth-date", "employment-status"},
		}}},
		Elements: []content.Field{who, number, date, field("telephone", "联系电话", "Telephone", "Contact"), status, field("request-reason", "说明", "Remarks", "Base")},
	})
	w.list.Connections = connections()
	w.list.Systems = []string{"social-security", "medical-insurance", "property-repairs"}
	w.list.Tasks = []content.DeskTask{{Name: sampleTask, Deliveries: []content.DeskDelivery{
		{System: "social-security", Purpose: "social-security-enrolment", Elements: []string{"applicant-name", "identity-number", "birth-date", "employment-status"}},
		{System: "medical-insurance", Purpose: "medical-insurance-enrolment", Elements: []string{"applicant-name", "identity-number"}},
	}}}
	w.desk.Use(&w.doc, w.list)
	return name
}

// earlier is a case from which something can be taken over, by its number.
func (w *world) earlier() string {
	w.t.Helper()
	id := w.enter(casework.Application, "resident-insurance", "", casework.Fields{
		"applicant-name": "某居民", "identity-number": "11010519491231002X", "employment-status": "灵活就业", "request-reason": "以前的说明",
	})
	return w.store.cases[id].number
}

// order is a work order of the hotline.
func (w *world) order() string {
	w.t.Helper()
	id := w.enter(casework.HelpRequest, "hotline-order", "", casework.Fields{"request-text": "三号楼电梯停运，老人上下楼不方便。"})
	k := w.store.cases[id]
	k.c.Kind, k.Channel, k.Terms.System, k.Terms.Reference = casework.WorkOrder, store.HotlineChannel, "hotline-12345", "GD-2026-000042"
	return id
}

// codesOf are the codes of what was asked for.
func codesOf(p store.Prefill) string {
	var out []string
	for _, f := range p.Fields {
		out = append(out, f.Code)
	}
	return strings.Join(out, " ")
}
