package desk

import (
	"context"
	"errors"
	"html/template"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/shequ-io/shequ/internal/content"
	"github.com/shequ-io/shequ/internal/payments"
	"github.com/shequ-io/shequ/internal/store"
	"github.com/shequ-io/shequ/internal/web/serve"
)

// Payments is what the desk asks of the store about what residents pay at the counter;
// *store.Desk is one. A Store that is none takes no payments.
type Payments interface {
	Books

	TakePayment(ctx context.Context, who store.Who, t store.Taking) (store.Payment, error)
	Payments(ctx context.Context, who store.Who, day string) (store.PaymentDay, error)
	Payment(ctx context.Context, who store.Who, id string) (store.PaymentDetail, error)
	DoPayment(ctx context.Context, who store.Who, id string, e payments.Event) (store.Payment, error)
	AskBill(ctx context.Context, who store.Who, q store.BillQuestion) (store.BillAnswer, error)
}

// Books is what the desk asks of the store about the books of payments, and does to them.
type Books interface {
	Books(ctx context.Context, who store.Who, day string, billers []string) (store.PaymentBooks, error)
	CheckBooks(ctx context.Context, who store.Who) (store.BooksCheck, error)
	EnterStatement(ctx context.Context, who store.Who, s store.StatementInput) error
	AskStatement(ctx context.Context, who store.Who, q store.StatementQuestion) error
	CountTill(ctx context.Context, who store.Who, id string, counted payments.Amount) error
	TillCount(ctx context.Context, who store.Who, id string) (store.TillCount, error)
	PayOver(ctx context.Context, who store.Who, id, biller string, amount payments.Amount, from payments.Means) error
}

// paymentsModule is the module of a community that takes payments.
const paymentsModule = string("Payments")

// paymentRoutes are those of payments. They lead nowhere in a community without the
// module, or without anybody to pay.
func (d *Desk) paymentRoutes() []serve.Route {
	of := func(answer handler) http.HandlerFunc { return d.page(person.counters, paying(answer)) }
	ofLead := func(answer handler) http.HandlerFunc { return d.page(person.leads, paying(answer)) }
	return []serve.Route{
		{Pattern: "/{lang}/payments", Get: of(paymentsPage)},
		{Pattern: "/{lang}/payments/take", Get: of(takePage), Post: of(takePayment)},
		{Pattern: "/{lang}/payments/books", Get: of(booksPage)},
		{Pattern: "/{lang}/payments/books/till", Post: ofLead(countTill)},
		{Pattern: "/{lang}/payments/books/fetch", Post: ofLead(fetchStatement)},
		{Pattern: "/{lang}/payments/books/check", Get: ofLead(checkBooks)},
		{Pattern: "/{lang}/payments/till/{count}", Get: of(tillPage)},
		{Pattern: "/{lang}/payments/books/pay-over", Post: ofLead(payOver)},
		{Pattern: "/{lang}/payments/books/statement", Post: ofLead(enterStatement), MaxBody: maxStatement, ReadTimeout: uploadTime},
		{Pattern: "/{lang}/payments/day.xlsx", Get: of(paymentsFile)},
		{Pattern: "/{lang}/payments/of/{payment}", Get: of(paymentPage)},
		{Pattern: "/{lang}/payments/of/{payment}/events", Post: of(doPayment)},
	}
}

// leads reports whether a person leads the station.
func (p person) leads() bool { return p.counters() && p.Role == roleLead }

// pays reports whether payments are taken here, by this person.
func (q *request) pays() bool {
	_, keeps := q.d.Store.(Payments)
	return keeps && q.who.counters() && len(q.desk.Billers) > 0 && slices.Contains(q.doc.Site.Modules, paymentsModule)
}

// till is where payments are kept. Only handlers behind paying ask for it.
func (q *request) till() Payments {
	kept, _ := q.d.Store.(Payments)
	return kept
}

func paying(answer handler) handler {
	return func(q *request) error {
		if !q.pays() {
			q.problem(http.StatusNotFound, "nopage")
			return nil
		}
		err := answer(q)
		if errors.Is(err, store.ErrUnknownPayment) || errors.Is(err, store.ErrUnknownCount) {
			q.problem(http.StatusNotFound, "payment")
			return nil
		}
		return err
	}
}

// biller of a name; nil for none.
func (s *state) biller(name string) *content.Biller {
	for i := range s.desk.Billers {
		if s.desk.Billers[i].Name == name {
			return &s.desk.Billers[i]
		}
	}
	return nil
}

// Biller is the title of a biller, by its name; the name where it is gone.
func (v view) Biller(name string) template.HTML {
	if b := v.q.biller(name); b != nil {
		return v.L.T(b.Title)
	}
	return v.L.T(content.Text{ZH: name, EN: name})
}

// PlainBiller is the same for places that hold no markup.
func (v view) PlainBiller(name string) string {
	if b := v.q.biller(name); b != nil {
		return v.L.Plain(b.Title)
	}
	return name
}

// Yuan writes an amount with both its places and the currency.
func (v view) Yuan(a payments.Amount) string {
	whole, places, _ := strings.Cut(a.String(), ".")
	sign, whole, negative := "", strings.TrimPrefix(whole, "-"), strings.HasPrefix(whole, "-")
	if negative {
		sign = "−"
	}
	number := sign + v.L.Figure(whole) + "." + places
	if v.L.Lang == content.Chinese {
		return number + " 元"
	}
	return "CNY " + number
}

var dayForm = regexp.MustCompile(`^20[0-9]{2}-[0-9]{2}-[0-9]{2}$`)

// today is the day in China, by which payments are kept.
func (q *request) today() string { return q.d.Now().In(china).Format(time.DateOnly) }

// day that is asked for; today where none is, or one to come.
func (q *request) day(asked string) string {
	_, err := time.Parse(time.DateOnly, asked)
	if err != nil || !dayForm.MatchString(asked) || asked > q.today() {
		return q.today()
	}
	return asked
}

// paymentsView is a day of the counter's.
type paymentsView struct {
	view

	Day    string
	Today  bool
	Taken  []store.Payment
	Waits  []store.Payment // somebody has to see to these, of any day
	Totals []stateTotal
	Empty  bool
}

// stateTotal is what payments in a state come to.
type stateTotal struct {
	State  payments.State
	Count  int64
	Amount payments.Amount
}

// DayText writes the day as people do.
func (v paymentsView) DayText() string { return v.L.Date(v.Day) }

// Time writes when in the day it was, in China's time.
func (v view) Time(at time.Time) string { return at.In(china).Format("15:04") }

// Dead reports whether a payment's message waits for somebody.
func (view) Dead(p store.Payment) bool {
	return p.Delivery == store.DeliveryDead && !p.State.Ended()
}

// Stands says in words how far a payment is, its message included.
func (v view) Stands(p store.Payment) string {
	if v.Dead(p) {
		return v.L.Must("desk.pay.state.dead")
	}
	return v.L.Must("desk.pay.state." + string(p.State))
}

func paymentsPage(q *request) error {
	day := q.day(q.r.URL.Query().Get("day"))
	got, err := q.till().Payments(q.r.Context(), q.who.Who, day)
	if err != nil {
		return err
	}
	local := "/payments"
	if day != q.today() {
		local += query("day", day)
	}
	v := paymentsView{view: q.view(local, "desk.pay.title"), Day: day, Today: day == q.today(), Taken: got.Taken, Totals: totals(got.Taken)}
	for _, p := range slices.Concat(got.Open, got.Taken) {
		if p.State == payments.Refused || v.Dead(p) || slices.ContainsFunc(got.Open, same(p)) {
			v.Waits = append(v.Waits, p)
		}
	}
	v.Empty = len(got.Taken) == 0
	return q.show(http.StatusOK, "payments", v)
}

func same(p store.Payment) func(store.Payment) bool {
	return func(o store.Payment) bool { return o.ID == p.ID }
}

// totals by state, in the order of states, of those there are.
func totals(list []store.Payment) []stateTotal {
	var out []stateTotal
	for _, s := range payments.States() {
		t := stateTotal{State: s}
		for _, p := range list {
			if p.State == s {
				t.Count++
				t.Amount += p.Amount
			}
		}
		if t.Count > 0 {
			out = append(out, t)
		}
	}
	return out
}
