package desk

import (
	"errors"
	"net/http"
	"slices"
	"time"

	"github.com/shequ-io/shequ/api/v1alpha1"
	"github.com/shequ-io/shequ/internal/casework"
	"github.com/shequ-io/shequ/internal/content"
	"github.com/shequ-io/shequ/internal/payments"
	"github.com/shequ-io/shequ/internal/store"
	"github.com/shequ-io/shequ/internal/web/forms"
)

const roleLead = casework.Lead

// payScope and booksScope bind tokens to the forms of payments.
const (
	payScope   = "payment"
	booksScope = "payment-books"
)

// payView is the form in which a payment is taken: filled in, and then read back to
// the resident before the money is put away.
type payView struct {
	view

	Billers  []content.Biller
	Token    string
	Typed    map[string]string // as it was typed, by the name of the input
	Problems []payProblem
	// Told is what the biller says of the bill; empty where it was not asked.
	Told string
	// Check shows what was understood, to be read back.
	Check   bool
	Taking  store.Taking
	Capital string
}

// payProblem is what is wrong with an input; Input is empty for the form as a whole.
type payProblem struct{ Input, Text string }

// Problem of an input; empty for none.
func (v payView) Problem(input string) string {
	for _, p := range v.Problems {
		if p.Input == input {
			return p.Text
		}
	}
	return ""
}

// Means money can come in by.
func (payView) Means() []payments.Means { return payments.AllMeans() }

// MonthText writes a period as people do.
func (v view) MonthText(period string) string {
	at, err := time.Parse("2006-01", period)
	if err != nil {
		return ""
	}
	if v.L.Lang == content.Chinese {
		return at.Format("2006年1月")
	}
	return at.Format("January 2006")
}

// payInputs are the inputs of the form, in their order.
var payInputs = []string{"biller", "customer", "period", "amount", "means"}

func takePage(q *request) error {
	now := q.d.Now().In(china)
	typed := map[string]string{
		"means": string(payments.Cash), "period": time.Date(now.Year(), now.Month()-1, 1, 0, 0, 0, 0, china).Format("2006-01"),
	}
	if len(q.desk.Billers) == 1 {
		typed["biller"] = q.desk.Billers[0].Name
	}
	token, err := q.d.tokens.Issue(payScope, q.d.Random, q.d.Now())
	if err != nil {
		return err
	}
	return q.showPay(http.StatusOK, payView{Token: token, Typed: typed})
}

func (q *request) showPay(status int, v payView) error {
	v.view, v.Billers = q.view("/payments/take", "desk.pay.take"), q.desk.Billers
	if q.post != nil {
		v.Switch = false
	}
	return q.show(status, "pay", v)
}

// takePayment reads the form; what it says is read back before it is kept.
func takePayment(q *request) error {
	v := payView{Typed: map[string]string{}, Token: q.values().Get(forms.TokenName)}
	for _, input := range payInputs {
		v.Typed[input] = q.values().Get(input)
	}
	q.understand(&v)
	now := q.d.Now()
	ticket, err := q.d.tokens.Open(payScope, v.Token, now)
	if err != nil {
		v.Problems = append(v.Problems, payProblem{"", q.l.Must("desk.enter.expired")})
		if v.Token, err = q.d.tokens.Issue(payScope, q.d.Random, now); err != nil {
			return err
		}
	}
	switch step := q.values().Get("step"); {
	case step == "lookup":
		return q.lookUp(&v, ticket)
	case len(v.Problems) > 0:
		return q.showPay(http.StatusUnprocessableEntity, v)
	case step == "edit":
		return q.showPay(http.StatusOK, v)
	case step != "take":
		v.Check, v.Capital = true, payments.Capital(v.Taking.Amount)
		return q.showPay(http.StatusOK, v)
	}
	v.Taking.ID = ticket.ID("payment")
	return q.take(&v)
}

// understand reads what was typed. A number that looks like a card's is not even shown
// again.
func (q *request) understand(v *payView) {
	wrong := func(input, key string) {
		v.Problems = append(v.Problems, payProblem{input, q.l.Must("desk.pay.error." + key)})
	}
	for _, input := range payInputs {
		if payments.LooksLikeCard(v.Typed[input]) {
			v.Typed[input] = ""
			wrong(input, "card")
		}
	}
	t := &v.Taking
	b := q.biller(v.Typed["biller"])
	if b == nil {
		wrong("biller", "biller")
		b = &content.Biller{}
	}
	if b.Name != "" && !q.takes(b) {
		wrong("biller", "closed")
	}
	t.Biller, t.System, t.Purpose = b.Name, b.System, v1alpha1.PurposeCode(b.Purpose)
	var err error
	if t.Customer, err = payments.ParseCustomer(v.Typed["customer"]); err != nil && v.Problem("customer") == "" {
		wrong("customer", "customer")
	}
	if t.Period, err = payments.ParsePeriod(v.Typed["period"]); err != nil && v.Problem("period") == "" {
		wrong("period", "period")
	}
	if t.Amount, err = payments.ParseAmount(v.Typed["amount"]); err != nil && v.Problem("amount") == "" {
		wrong("amount", "amount")
	}
	if t.Means = payments.Means(v.Typed["means"]); !slices.Contains(payments.AllMeans(), t.Means) && v.Problem("means") == "" {
		wrong("means", "means")
	}
}

// take hands the payment to the store. Where the store is down, the form is shown
// again with all that was typed, and may be sent again.
func (q *request) take(v *payView) error {
	p, err := q.till().TakePayment(q.r.Context(), q.who.Who, v.Taking)
	switch {
	case err == nil:
		q.to("/payments/of/" + p.ID + query("did", string(payments.Take)))
		return nil
	case errors.Is(err, store.ErrReused):
		v.Problems = append(v.Problems, payProblem{"", q.l.Must("desk.pay.error.reused")})
	case errors.Is(err, store.ErrInvalid):
		q.d.Log.Warn("a payment was refused", "error", err.Error())
		v.Problems = append(v.Problems, payProblem{"", q.l.Must("desk.pay.error.refused")})
	default:
		q.d.Log.Error("the store did not answer", "error", err.Error())
		q.w.Header().Set("Retry-After", "10")
		v.Problems = append(v.Problems, payProblem{"", q.l.Must("desk.enter.down")})
		v.Check, v.Capital = true, payments.Capital(v.Taking.Amount)
		return q.showPay(http.StatusServiceUnavailable, *v)
	}
	if v.Token, err = q.d.tokens.Issue(payScope, q.d.Random, q.d.Now()); err != nil {
		return err
	}
	return q.showPay(http.StatusConflict, *v)
}

// payInput is one input of the form.
type payInput struct {
	Name, Label, Hint, Value, Error, Mode string
	Most                                  int
}

// Input is one of the form, of at most so many characters.
func (v payView) Input(name, mode string, most int) payInput {
	return payInput{
		Name: name, Label: v.L.Must("desk.pay." + name), Hint: v.L.Must("desk.pay." + name + ".hint"), Value: v.Typed[name],
		Error: v.Problem(name), Mode: mode, Most: most,
	}
}
