package store

import (
	"context"
	"crypto/rand"
	"errors"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/shequ-io/shequ/internal/casework"
	"github.com/shequ-io/shequ/internal/courier"
	"github.com/shequ-io/shequ/internal/payments"
	"github.com/shequ-io/shequ/internal/store/db"
)

// inquirer asks billers, where their systems allow it.
var inquirer payments.Inquirer = payments.Bills{}

const (
	// BillTask is of questions what a customer owes.
	BillTask = "bill-question"
	// StatementTask and a biller's name, with a slash between, are of questions what
	// it got of a day.
	StatementTask = "statement-question"
	// questionsKept is how long a question for a bill waits, and its answer is kept: as
	// long as somebody stands at the counter, and no longer.
	questionsKept = 10 * time.Minute
)

// isQuestion reports whether a system's answers to a message are kept, sealed.
func isQuestion(task string) bool {
	return task == BillTask || strings.HasPrefix(task, StatementTask+"/")
}

// AnswerContext binds a sealed answer to the key of its question.
func AnswerContext(key courier.Key) []byte { return []byte("shequ.io/store/v1 answer " + string(key)) }

// BillQuestion asks what a customer owes.
type BillQuestion struct {
	// ID is a UUID in lower case that follows from the form and what is asked: asked
	// again, it is one question.
	ID, System string
	// Customer number and Period, as payments.ParseCustomer and ParsePeriod give them.
	Customer, Period string
}

// BillAnswer is what came of a question so far.
type BillAnswer struct {
	// Waits: the biller has not answered yet.
	Waits bool
	// Bill is what it said; nil where it waits, or there is none, for Reason.
	Bill   *payments.Bill
	Reason casework.Reason
}

// AskBill asks a biller what a customer owes, or says what it answered. That it was
// asked is in the audit trail. The question is gone with its answer, or after ten
// minutes without one; the answer ten minutes after it came. The errors are ErrNotYours,
// ErrInvalid and payments.ErrAnswer.
func (d *Desk) AskBill(ctx context.Context, who Who, q BillQuestion) (BillAnswer, error) {
	if err := who.ofStation(); err != nil {
		return BillAnswer{}, err
	}
	customer, err := payments.ParseCustomer(q.Customer)
	period, other := payments.ParsePeriod(q.Period)
	if err != nil || other != nil || customer != q.Customer || period != q.Period || !uuidForm.MatchString(q.ID) || !nameForm.MatchString(q.System) {
		return BillAnswer{}, invalid("a question has a UUID in lower case, a system, a customer number and a month")
	}
	var out BillAnswer
	err = d.in(ctx, func(ctx context.Context, w *work) error {
		out = BillAnswer{Waits: true}
		row, err := w.BillAnswer(ctx, db.BillAnswerParams{CaseID: q.ID, Task: BillTask})
		if errors.Is(err, pgx.ErrNoRows) {
			return d.askBill(ctx, w, who, q)
		}
		if err != nil {
			return err
		}
		out = BillAnswer{Reason: casework.Reason(row.Reason)}
		if row.Sealed == nil {
			return nil
		}
		body, err := d.keys.Open.Open(row.Sealed, AnswerContext(courier.Key(row.Key)))
		if err != nil {
			return errSealed
		}
		bill, err := inquirer.ReadBill(body)
		out.Bill = &bill
		return err
	})
	return out, err
}

func (d *Desk) askBill(ctx context.Context, w *work, who Who, q BillQuestion) error {
	message := inquirer.AskBill(payments.BillQuestion{
		ID: q.ID, Task: BillTask, System: q.System, Customer: q.Customer, Period: q.Period, Salt: rand.Text(),
	})
	known, err := w.KnownMessages(ctx, []string{string(message.Key())})
	if err != nil || len(known) > 0 {
		return err
	}
	w.enqueue(message)
	w.record(casework.Entry{Use: casework.Use{
		Case: q.ID, At: d.now(), Act: payments.ActAsk, Actor: who.Actor, Purpose: payments.InquiryPurpose, Task: PaymentTask, Codes: payments.QuestionCodes(),
	}})
	return nil
}

// StatementQuestion asks a biller what it got of a day.
type StatementQuestion struct {
	// ID is a UUID in lower case: asked again under it of the same day, it is one
	// question.
	ID             string
	Biller, System string
	Day            string // 2026-01-31, not one to come
}

// AskStatement asks a biller what it got of a day. The answer is entered as the day's
// statement when the clerk comes to it. The errors are ErrNotYours and ErrInvalid.
func (d *Desk) AskStatement(ctx context.Context, who Who, q StatementQuestion) error {
	if err := who.ofLead(); err != nil {
		return err
	}
	return d.askStatement(ctx, q)
}

func (d *Desk) askStatement(ctx context.Context, q StatementQuestion) error {
	from, _, err := daySpan(q.Day)
	switch {
	case err != nil:
		return err
	case from.After(d.now()):
		return invalid("the day of a statement has begun")
	case !uuidForm.MatchString(q.ID) || !nameForm.MatchString(q.Biller) || !nameForm.MatchString(q.System):
		return invalid("a question has a UUID in lower case, a biller and a system")
	}
	return d.Enqueue(ctx, []courier.Consignment{inquirer.AskStatement(payments.StatementQuestion{
		ID: q.ID, Task: StatementTask + "/" + q.Biller, System: q.System, Day: from.In(china), Salt: rand.Text(),
	})})
}

// StatementSource is a biller whose system answers questions.
type StatementSource struct {
	Community      string // namespace/name
	Biller, System string
}

// AskYesterday asks billers for the statements of yesterday, once each. What they got
// about midnight is on them three hours later.
func (d *Desk) AskYesterday(ctx context.Context, of []StatementSource) error {
	day := d.now().In(china).Add(-3*time.Hour).AddDate(0, 0, -1).Format(time.DateOnly)
	var errs []error
	for _, s := range of {
		line := string(courier.NewKey(s.Community, StatementTask+"/"+s.Biller, s.System, payments.InquiryPurpose, 0))
		errs = append(errs, d.askStatement(ctx, StatementQuestion{ID: line, Biller: s.Biller, System: s.System, Day: day}))
	}
	return errors.Join(errs...)
}

// hearStatements enters the statements billers have answered with, and forgets the
// answers. One that can't be read is kept as refused.
func (d *Desk) hearStatements(ctx context.Context, out *Heard) error {
	rows, err := read(ctx, d, func(ctx context.Context, q *db.Queries) ([]db.StatementAnswersRow, error) {
		return q.StatementAnswers(ctx, db.StatementAnswersParams{Task: StatementTask + "/", Most: mostErrands})
	})
	if err != nil {
		return err
	}
	for i := range rows {
		r := &rows[i]
		wrong := d.enterAnswer(ctx, r)
		state, cause := ReplyApplied, casework.Cause("")
		if wrong != nil {
			if !d.goesOn(ctx, wrong) {
				return wrong
			}
			state, cause = ReplyRefused, "unreadable"
		}
		if err := d.in(ctx, func(ctx context.Context, w *work) error {
			if err := w.ForgetAnswer(ctx, r.Key); err != nil {
				return err
			}
			return settleReply(ctx, w, r.Key, string(state), string(cause))
		}); err != nil {
			return err
		}
		if wrong == nil {
			out.Applied++
		} else {
			out.Refused++
		}
	}
	return nil
}

// enterAnswer enters one statement, under the key of its question: entered twice, it is
// one.
func (d *Desk) enterAnswer(ctx context.Context, r *db.StatementAnswersRow) error {
	body, err := d.keys.Open.Open(r.Sealed, AnswerContext(courier.Key(r.Key)))
	if err != nil {
		return errSealed
	}
	at, err := time.ParseInLocation("20060102", strconv.FormatInt(r.Version, 10), china)
	if err != nil {
		return payments.ErrAnswer
	}
	day := at.Format(time.DateOnly)
	rows, err := inquirer.ReadStatement(body, day)
	if err != nil {
		return err
	}
	_, biller, _ := strings.Cut(r.Task, "/")
	s := StatementInput{ID: r.Key, Biller: biller, Day: day, Rows: slices.Concat([]payments.Row{}, rows)}
	return d.enterStatement(ctx, Who{Actor: clerk}, s)
}

// forgetQuestions deletes the answers about bills whose time is over, and stops the
// questions that nobody answered.
func (d *Desk) forgetQuestions(ctx context.Context) error {
	over := d.now().Add(-questionsKept)
	return d.in(ctx, func(ctx context.Context, w *work) error {
		if err := w.ForgetAnswers(ctx, db.ForgetAnswersParams{Task: BillTask, Before: over}); err != nil {
			return err
		}
		ids, err := w.OldQuestions(ctx, db.OldQuestionsParams{Task: BillTask, Before: over, Most: mostErrands})
		if err != nil || len(ids) == 0 {
			return err
		}
		return w.stop(ctx, courier.RetentionOver, d.now(), ids...)
	})
}
