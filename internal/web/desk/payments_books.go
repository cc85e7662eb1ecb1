package desk

import (
	"errors"
	"net/http"
	"strconv"
	"strings"

	"github.com/shequ-io/shequ/internal/content"
	"github.com/shequ-io/shequ/internal/payments"
	"github.com/shequ-io/shequ/internal/store"
	"github.com/shequ-io/shequ/internal/web/forms"
)

// booksView are the books of a day, and what billers say of it.
type booksView struct {
	view

	Day      string
	Today    bool
	Lead     bool
	Accounts []accountRow
	Billers  []billerDay
	Counts   []store.TillCount
	Token    string
	Did      string // what was just done; empty where nothing was
	Problem  string // what was wrong with what was sent
	// Broken tells that the books do not come to nothing.
	Broken bool
	// Owed are the billers something is owed to, for the form to pay over.
	Owed []content.Biller
	// Typed is what was typed into the form that was wrong, by the name of the input.
	Typed map[string]string
}

// accountRow is an account as people read it: what is owed is above nothing, and so is
// what was found too much.
type accountRow struct {
	Account                   payments.Account
	Opening, In, Out, Closing payments.Amount
}

// billerDay is a biller's day as the page shows it.
type billerDay struct {
	store.BillerDay
}

// DayText writes the day as people do.
func (v booksView) DayText() string { return v.L.Date(v.Day) }

// AccountName says in words which account it is.
func (v booksView) AccountName(a payments.Account) string {
	if k := a.Kind(); k == payments.TillKind || k == payments.DifferenceKind {
		return v.L.Must("desk.pay.account." + a.Kind() + "." + a.Of())
	}
	return v.L.Must("desk.pay.account."+a.Kind(), v.PlainBiller(a.Of()))
}

// Means money can be paid over from.
func (booksView) Means() []payments.Means { return payments.AllMeans() }

// Difference of the two totals: what is more here is above nothing.
func (b billerDay) Difference() payments.Amount { return b.Result.Difference() }

// Settled reports whether a total of what was confirmed here is the biller's.
func (b billerDay) Settled() bool {
	r := &b.Result
	if b.Statement == nil || r.Difference() != 0 || r.CountOurs != r.CountTheirs {
		return b.Statement != nil && b.Statement.Lines != nil && r.Agrees() // about midnight
	}
	return b.Statement.Lines == nil || r.Agrees()
}

func booksPage(q *request) error { return q.showBooks(http.StatusOK, "", nil) }

// didBooks are what can be done on the page.
var didBooks = []string{"pay-over", "statement", "fetch"}

// showBooks shows the day that is asked for, in the address or in the form that was
// sent; problem is what was wrong with that.
func (q *request) showBooks(status int, problem string, typed map[string]string) error {
	asked := q.r.URL.Query().Get("day")
	if q.post != nil {
		asked = q.values().Get("day")
	}
	day := q.day(asked)
	got, err := q.till().Books(q.r.Context(), q.who.Who, day, q.billers())
	if err != nil {
		return err
	}
	local := "/payments/books"
	if day != q.today() {
		local += query("day", day)
	}
	v := booksView{
		view: q.view(local, "desk.pay.books"), Day: day, Today: day == q.today(), Lead: q.who.leads(), Counts: got.Till,
		Broken: got.Imbalance() != 0, Problem: problem, Typed: typed,
	}
	v.Switch = q.post == nil
	for _, b := range got.Balances {
		row := accountRow{b.Account, b.Opening, b.In, b.Out, b.Closing}
		if b.Account.Kind() != payments.TillKind {
			row = accountRow{b.Account, -b.Opening, b.Out, b.In, -b.Closing}
		}
		v.Accounts = append(v.Accounts, row)
	}
	for _, b := range got.Billers {
		v.Billers = append(v.Billers, billerDay{b})
	}
	for _, b := range q.desk.Billers {
		if v.Today && got.Closing(payments.Owed(b.Name)) < 0 {
			v.Owed = append(v.Owed, b)
		}
	}
	for _, did := range didBooks {
		if q.r.URL.Query().Get("did") == did {
			v.Did = did
		}
	}
	if v.Lead {
		if v.Token, err = q.d.tokens.Issue(booksScope, q.d.Random, q.d.Now()); err != nil {
			return err
		}
	}
	return q.show(status, "books", v)
}

func (s *state) billers() []string {
	out := make([]string, len(s.desk.Billers))
	for i, b := range s.desk.Billers {
		out[i] = b.Name
	}
	return out
}

// booksID is the id that follows from the form that was sent; empty, with the page
// shown anew, where that was open for too long.
func (q *request) booksID(of string) (string, error) {
	ticket, err := q.d.tokens.Open(booksScope, q.values().Get(forms.TokenName), q.d.Now())
	if err != nil {
		return "", q.showBooks(http.StatusUnprocessableEntity, q.l.Must("desk.enter.expired"), nil)
	}
	return ticket.ID(of), nil
}

// wrongBooks shows the page with what is wrong, and what was typed.
func (q *request) wrongBooks(status int, key string, args ...any) error {
	typed := map[string]string{}
	for name, values := range q.values() {
		if text := strings.Join(values, ""); !payments.LooksLikeCard(text) {
			typed[name] = text
		}
	}
	return q.showBooks(status, q.l.Must(key, args...), typed)
}

// afterBooks sends the browser to the page of the day something was done on.
func (q *request) afterBooks(did string) {
	day := q.day(q.values().Get("day"))
	if day == q.today() {
		day = ""
	}
	q.to("/payments/books" + query("day", day, "did", did))
}

func payOver(q *request) error {
	id, err := q.booksID("pay-over")
	if id == "" || err != nil {
		return err
	}
	amount, err := payments.ParseTotal(q.values().Get("amount"))
	if err != nil || amount == 0 {
		return q.wrongBooks(http.StatusUnprocessableEntity, "desk.pay.error.total")
	}
	b := q.biller(q.values().Get("biller"))
	if b == nil {
		return q.wrongBooks(http.StatusUnprocessableEntity, "desk.pay.error.biller")
	}
	err = q.till().PayOver(q.r.Context(), q.who.Who, id, b.Name, amount, payments.Means(q.values().Get("means")))
	var refused *payments.RefusedError
	switch {
	case errors.Is(err, store.ErrNotOwed):
		return q.wrongBooks(http.StatusConflict, "desk.pay.error.owed")
	case errors.As(err, &refused), errors.Is(err, store.ErrReused):
		return q.wrongBooks(http.StatusUnprocessableEntity, "desk.pay.error.refused")
	case err != nil:
		return err
	}
	q.afterBooks("pay-over")
	return nil
}

// enterStatement takes in what a biller says: a table that is uploaded, or a total.
func enterStatement(q *request) error {
	id, err := q.booksID("statement")
	if id == "" || err != nil {
		return err
	}
	in := store.StatementInput{ID: id, Day: q.day(q.values().Get("day"))}
	b := q.biller(q.values().Get("biller"))
	if b == nil {
		return q.wrongBooks(http.StatusUnprocessableEntity, "desk.pay.error.biller")
	}
	in.Biller = b.Name
	switch {
	case len(q.post.Refused) > 0:
		return q.wrongBooks(http.StatusUnprocessableEntity, "desk.pay.table.large")
	case len(q.post.Table) > 0:
		rows, err := readTable(q.post.Table)
		if err != nil {
			return q.wrongBooks(http.StatusUnprocessableEntity, "desk.pay.table.file")
		}
		if in.Rows, err = payments.ReadTable(rows); err != nil {
			return q.wrongTable(err)
		}
	default:
		count, wrong := strconv.ParseInt(strings.TrimSpace(q.values().Get("count")), 10, 32)
		total, err := payments.ParseTotal(q.values().Get("total"))
		if err != nil || wrong != nil || count < 0 || (count == 0) != (total == 0) {
			return q.wrongBooks(http.StatusUnprocessableEntity, "desk.pay.error.statement")
		}
		in.Total, in.Count = total, count
	}
	err = q.till().EnterStatement(q.r.Context(), q.who.Who, in)
	switch {
	case errors.Is(err, store.ErrReused), errors.Is(err, store.ErrInvalid):
		q.d.Log.Warn("a statement was refused", "error", err.Error())
		return q.wrongBooks(http.StatusUnprocessableEntity, "desk.pay.error.refused")
	case err != nil:
		return err
	}
	q.afterBooks("statement")
	return nil
}

// wrongTable says what is wrong with a table, and where.
func (q *request) wrongTable(err error) error {
	var wrong *payments.TableError
	if !errors.As(err, &wrong) {
		return err
	}
	key := "desk.pay.table." + string(wrong.What)
	if wrong.Row == 0 {
		return q.wrongBooks(http.StatusUnprocessableEntity, key)
	}
	return q.wrongBooks(http.StatusUnprocessableEntity, key, q.l.Int(int64(wrong.Row)))
}

// billerPart is a biller's day with the page it stands on.
type billerPart struct {
	V booksView
	D billerDay
}

// Of passes a biller's day on to a template part.
func (v booksView) Of(d billerDay) billerPart { return billerPart{v, d} }
