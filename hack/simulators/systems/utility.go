package systems

import (
	"cmp"
	"encoding/json"
	"fmt"
	"math/big"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"time"
)

// Receipt is what a resident gets for a bill that was paid.
type Receipt struct {
	Number         string    `json:"number"`
	Biller         string    `json:"biller"`
	CustomerNumber string    `json:"customer-number"`
	Period         string    `json:"payment-period"` // a month, 2026-01
	Amount         string    `json:"payment-amount"` // two places, such as 33.00
	Currency       string    `json:"currency"`       // CNY
	PaidAt         time.Time `json:"paidAt"`         // UTC
}

func (r Receipt) bill() string { return r.CustomerNumber + "\n" + r.Period }

// Bill is what a customer owes for a month.
type Bill struct {
	CustomerNumber string `json:"customer-number"`
	Period         string `json:"payment-period"`
	Amount         string `json:"payment-amount"`
	Currency       string `json:"currency"`
	Paid           bool   `json:"paid"`
	Receipt        string `json:"receipt,omitempty"` // its number
}

// Statement is one day of receipts, by the clock of China, for reconciliation.
type Statement struct {
	Day      string    `json:"day"` // 2026-01-31
	Receipts []Receipt `json:"receipts"`
	Total    string    `json:"total"`
	Currency string    `json:"currency"`
}

const (
	currency = "CNY"
	biller   = "EXAMPLE-UTILITIES"
)

var customerShape = regexp.MustCompile(`^[0-9]{6,12}$`)

// due is what a customer owes for any month: ten yuan and as many more as the last
// two digits of the customer number say. No customer's number begins with a zero.
func due(customer string) (amount string, known bool) {
	if !customerShape.MatchString(customer) || customer[0] == '0' {
		return "", false
	}
	last, err := strconv.Atoi(customer[len(customer)-2:])
	return fmt.Sprintf("%d.00", 10+last), err == nil
}

// inquiryPurpose is that of questions, which change nothing: what is due for a month,
// or, with a day as their period, what was paid on it.
const inquiryPurpose = "bill-inquiry"

// inquire answers a question. The book is locked.
func inquire(b *book, m Message) Answer {
	if day, there := m.Members["period"]; there {
		out, refused := b.dayOf(day)
		if refused != nil {
			return no(refused.code, "日期格式应为 2026-01-31 / the period of a statement is a day such as 2026-01-31")
		}
		return Answer{Outcome: Accepted, Statement: &out}
	}
	if missing := m.lacking([]string{"customer-number", "payment-period"}); len(missing) > 0 {
		return more("elements-missing", missing...)
	}
	out, refused := b.billOf(m.Elements["customer-number"], m.Elements["payment-period"])
	if refused != nil {
		return no(refused.code, "没有该户号，或缴费期间格式不对 / there is no such customer number, or the period is no month")
	}
	return Answer{Outcome: Accepted, Bill: &out}
}

func utilityBills(b *book, m Message) Answer {
	r := Receipt{
		CustomerNumber: m.Elements["customer-number"], Period: m.Elements["payment-period"],
		Biller: biller, Currency: currency, PaidAt: m.At,
	}
	owed, known := due(r.CustomerNumber)
	if !known {
		return no("customer-unknown", "没有该户号 / there is no such customer number")
	}
	if !monthShape.MatchString(r.Period) {
		return no("period-malformed", "缴费期间格式应为 2026-01 / the period is a month such as 2026-01")
	}
	amount, ok := decimal(m.Elements["payment-amount"])
	if want, _ := decimal(owed); !ok || amount.Cmp(want) != 0 {
		return no("amount-differs", "金额与应缴不符 / the amount is not the one that is due")
	}
	if earlier, paid := b.paid[r.bill()]; paid {
		answer := no("already-paid", "该期已缴 / that month is paid")
		answer.Receipt = &earlier
		return answer
	}
	r.Amount = owed
	r.Number = fmt.Sprintf("R-%08d", len(b.messages)+1)
	return Answer{Outcome: Accepted, Receipt: &r}
}

// billing answers what is asked about bills, receipts and days.
func (s *System) billing(mux *http.ServeMux) {
	b := s.book
	mux.HandleFunc("GET "+basePath+"/bills", s.asked(func(r *http.Request) (any, *refusal) {
		return b.bill(r.URL.Query().Get("customer-number"), r.URL.Query().Get("payment-period"))
	}))
	mux.HandleFunc("GET "+basePath+"/receipts/{number}", s.asked(func(r *http.Request) (any, *refusal) {
		return b.receipt(r.PathValue("number"))
	}))
	mux.HandleFunc("GET "+basePath+"/statement", s.asked(func(r *http.Request) (any, *refusal) {
		return b.statement(r.URL.Query().Get("day"))
	}))
}

func (b *book) bill(customer, period string) (any, *refusal) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return orRefused(b.billOf(customer, period))
}

// orRefused is an answer as the interface takes it.
func orRefused[T any](answer T, refused *refusal) (any, *refusal) {
	if refused != nil {
		return nil, refused
	}
	return answer, nil
}

// billOf is a bill; the book is locked.
func (b *book) billOf(customer, period string) (Bill, *refusal) {
	amount, known := due(customer)
	if !known {
		return Bill{}, &refusal{status: http.StatusNotFound, code: "customer-unknown", message: "there is no such customer number"}
	}
	if !monthShape.MatchString(period) {
		return Bill{}, &refusal{status: http.StatusBadRequest, code: "period-malformed", message: "payment-period is a month such as 2026-01"}
	}
	out := Bill{CustomerNumber: customer, Period: period, Amount: amount, Currency: currency}
	if receipt, paid := b.paid[Receipt{CustomerNumber: customer, Period: period}.bill()]; paid {
		out.Paid, out.Receipt = true, receipt.Number
	}
	return out, nil
}

func (b *book) receipt(number string) (any, *refusal) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, receipt := range b.paid {
		if receipt.Number == number {
			return receipt, nil
		}
	}
	return nil, &refusal{status: http.StatusNotFound, code: "receipt-unknown", message: "there is no such receipt"}
}

func (b *book) statement(day string) (any, *refusal) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return orRefused(b.dayOf(day))
}

// dayOf is a day's statement; the book is locked.
func (b *book) dayOf(day string) (Statement, *refusal) {
	if _, err := time.Parse(time.DateOnly, day); err != nil {
		return Statement{}, &refusal{status: http.StatusBadRequest, code: "day-malformed", message: "day is a date such as 2026-01-31"}
	}
	out := Statement{Day: day, Currency: currency, Receipts: []Receipt{}}
	total := new(big.Rat)
	for _, receipt := range b.paid {
		if receipt.PaidAt.In(china).Format(time.DateOnly) != day {
			continue
		}
		amount, _ := decimal(receipt.Amount)
		total.Add(total, amount)
		out.Receipts = append(out.Receipts, receipt)
	}
	slices.SortFunc(out.Receipts, func(a, b Receipt) int { return cmp.Compare(a.Number, b.Number) })
	out.Total = total.FloatString(2)
	return out, nil
}

// asked answers a question that changes nothing, for a sender that may ask.
func (s *System) asked(answer func(r *http.Request) (any, *refusal)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if refused := s.guard.check(r, nil); refused != nil {
			s.refuse(w, r, refused)
			return
		}
		out, refused := answer(r)
		if refused != nil {
			s.refuse(w, r, refused)
			return
		}
		body, err := json.Marshal(out)
		if err != nil {
			s.refuse(w, r, &refusal{status: http.StatusInternalServerError, code: "internal", message: "the answer can't be written"})
			return
		}
		s.write(w, http.StatusOK, nil, body)
	}
}
