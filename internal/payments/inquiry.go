package payments

import (
	"encoding/json"
	"errors"
	"strings"
	"time"

	"golang.org/x/text/width"

	"github.com/shequ-io/shequ/api/v1alpha1"
	"github.com/shequ-io/shequ/internal/courier"
)

// InquiryPurpose is for what billers' systems answer questions: what a customer owes,
// and what they got of a day. A system that does not allow it is asked nothing.
const InquiryPurpose v1alpha1.PurposeCode = "bill-inquiry"

// BillQuestion is what a biller has to know to say what a customer owes.
type BillQuestion struct {
	ID     string // of the question, a UUID
	Task   string // what stands for a task in such messages
	System string // the biller's
	// Customer number and Period, as ParseCustomer and ParsePeriod give them.
	Customer, Period string
	// Salt of the message's hash.
	Salt string
}

// StatementQuestion is what a biller has to know to say what it got of a day.
type StatementQuestion struct {
	ID, Task, System string    // as those of a BillQuestion
	Day              time.Time // its first moment, in China's time
	Salt             string
}

// Bill is what a customer owes for a month.
type Bill struct {
	Amount Amount
	// Paid tells that it is, under the biller's number Receipt.
	Paid    bool
	Receipt string
}

// Inquirer is a Provider that can be asked, too. A question goes the way payments go,
// and changes nothing at the biller's.
type Inquirer interface {
	Provider
	// AskBill is the message that asks for a bill, and ReadBill reads the body of the
	// answer. The error is ErrAnswer.
	AskBill(q BillQuestion) courier.Consignment
	ReadBill(body []byte) (Bill, error)
	// AskStatement is the message that asks for a day's statement, and ReadStatement reads
	// the body of the answer, which must be of that day. The error is ErrAnswer.
	AskStatement(q StatementQuestion) courier.Consignment
	ReadStatement(body []byte, day string) ([]Row, error)
}

// ErrAnswer says that nobody can read what a biller answered. It repeats nothing of it.
var ErrAnswer = errors.New("the biller's answer is no bill and no statement of that day; enter what is on paper, and ask who runs its system")

// QuestionCodes are those of the elements a question for a bill has.
func QuestionCodes() string {
	return strings.Join([]string{string(CustomerNumber), string(PaymentPeriod)}, ",")
}

var _ Inquirer = Bills{}

// AskBill implements Inquirer.
func (Bills) AskBill(q BillQuestion) courier.Consignment {
	facts := courier.Facts{Case: q.ID, Task: q.Task, System: q.System, Purpose: InquiryPurpose, Version: 1}
	return courier.Consignment{Facts: facts, TellOnly: true, Message: &courier.Message{
		Facts: facts, Salt: q.Salt,
		Fields: []courier.Field{{Name: string(CustomerNumber), Value: q.Customer}, {Name: string(PaymentPeriod), Value: q.Period}},
		Codes:  []courier.Code{CustomerNumber, PaymentPeriod},
	}}
}

// ReadBill implements Inquirer.
func (Bills) ReadBill(body []byte) (Bill, error) {
	var said struct {
		Bill *struct {
			Amount  string `json:"payment-amount"`
			Paid    bool   `json:"paid"`
			Receipt string `json:"receipt"`
		} `json:"bill"`
	}
	if json.Unmarshal(body, &said) != nil || said.Bill == nil {
		return Bill{}, ErrAnswer
	}
	amount, err := ParseAmount(said.Bill.Amount)
	if err != nil {
		return Bill{}, ErrAnswer
	}
	out := Bill{Amount: amount, Paid: said.Bill.Paid}
	if out.Paid && IsReceipt(said.Bill.Receipt) {
		out.Receipt = said.Bill.Receipt
	}
	return out, nil
}

// AskStatement implements Inquirer.
func (Bills) AskStatement(q StatementQuestion) courier.Consignment {
	facts := courier.Facts{Case: q.ID, Task: q.Task, System: q.System, Purpose: InquiryPurpose, Version: dayNumber(q.Day)}
	return courier.Consignment{Facts: facts, TellOnly: true, Message: &courier.Message{
		Facts: facts, Salt: q.Salt, Fields: []courier.Field{{Name: "period", Value: q.Day.Format(time.DateOnly)}},
	}}
}

// dayNumber is 20260131: statements of one line go one after the other.
func dayNumber(at time.Time) int64 {
	y, m, d := at.Date()
	return int64(y)*10_000 + int64(m)*100 + int64(d)
}

// ReadStatement implements Inquirer.
func (Bills) ReadStatement(body []byte, day string) ([]Row, error) {
	var said struct {
		Statement *struct {
			Day      string `json:"day"`
			Receipts []struct {
				Number   string `json:"number"`
				Customer string `json:"customer-number"`
				Amount   string `json:"payment-amount"`
			} `json:"receipts"`
		} `json:"statement"`
	}
	if json.Unmarshal(body, &said) != nil || said.Statement == nil || said.Statement.Day != day || len(said.Statement.Receipts) > MaxLines {
		return nil, ErrAnswer
	}
	out := make([]Row, len(said.Statement.Receipts))
	for i, r := range said.Statement.Receipts {
		amount, err := ParseAmount(r.Amount)
		if err != nil || !IsReceipt(r.Number) || LooksLikeCard(r.Customer) {
			return nil, ErrAnswer
		}
		out[i] = Row{Line: Line{Receipt: r.Number, Amount: amount}, Customer: strings.ToUpper(strings.Join(strings.Fields(width.Narrow.String(r.Customer)), ""))}
	}
	return out, nil
}
