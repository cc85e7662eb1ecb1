package store

import (
	"context"
	"crypto/hmac"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/shequ-io/shequ/internal/casework"
	"github.com/shequ-io/shequ/internal/payments"
	"github.com/shequ-io/shequ/internal/store/db"
)

// ofLead refuses whoever does not lead the station.
func (who Who) ofLead() error {
	if who.Role != casework.Lead {
		return fmt.Errorf("%w: the station's lead reconciles and pays over", ErrNotYours)
	}
	return nil
}

// Books of a day in China's time, 2026-01-31, with what billers say of it. The error is
// ErrNotYours or ErrInvalid.
func (d *Desk) Books(ctx context.Context, who Who, day string, billers []string) (PaymentBooks, error) {
	if err := who.ofStation(); err != nil {
		return PaymentBooks{}, err
	}
	from, to, err := daySpan(day)
	if err != nil {
		return PaymentBooks{}, err
	}
	var out PaymentBooks
	err = d.in(ctx, func(ctx context.Context, w *work) error {
		out = PaymentBooks{}
		if out.Books, err = w.books(ctx, from, to); err != nil {
			return err
		}
		for _, b := range billers {
			one, err := w.billerDay(ctx, b, from, to)
			if err != nil {
				return err
			}
			out.Billers = append(out.Billers, one)
		}
		counts, err := w.TillCounts(ctx, dateOf(from))
		for _, c := range counts {
			out.Till = append(out.Till, tillCount(c))
		}
		return err
	})
	return out, err
}

// dateOf is a day as it is kept: its date, at midnight of no zone.
func dateOf(at time.Time) time.Time {
	y, m, d := at.In(china).Date()
	return time.Date(y, m, d, 0, 0, 0, 0, time.UTC)
}

func (w *work) books(ctx context.Context, from, to time.Time) (payments.Books, error) {
	before, err := w.OpeningBalances(ctx, from)
	if err != nil {
		return payments.Books{}, err
	}
	opening := map[payments.Account]payments.Amount{}
	for _, b := range before {
		opening[payments.Account(b.Account)] = payments.Amount(b.Amount)
	}
	rows, err := w.JournalsOfDay(ctx, db.JournalsOfDayParams{FromTime: from, ToTime: to})
	if err != nil {
		return payments.Books{}, err
	}
	var journals []payments.Journal
	for _, r := range rows {
		last := len(journals) - 1
		if last < 0 || journals[last].Payment != r.Payment || journals[last].Event != payments.EventType(r.Event) {
			journals = append(journals, payments.Journal{
				Payment: r.Payment, Biller: r.Biller, Event: payments.EventType(r.Event), At: r.At, Reason: casework.Reason(r.Reason),
			})
			last++
		}
		if r.Account != nil && r.Amount != nil {
			journals[last].Postings = append(journals[last].Postings, payments.Posting{Account: payments.Account(*r.Account), Amount: payments.Amount(*r.Amount)})
		}
	}
	return payments.Keep(opening, journals), nil
}

// statementReach is how many days before and after a day the statements are on which
// what is not on that day's own may stand: the two clocks differ about midnight, an
// answer may come days late, and the lead confirms what never got one.
const statementReach = 31

// billerDay compares a day with the latest statement of it.
func (w *work) billerDay(ctx context.Context, biller string, from, to time.Time) (BillerDay, error) {
	out := BillerDay{Biller: biller}
	day := dateOf(from)
	row, err := w.LatestStatement(ctx, db.LatestStatementParams{Biller: biller, Day: day})
	there, err := exists(err)
	if err != nil {
		return out, err
	}
	var lines []payments.Line
	if there {
		kept, err := keptStatement(&row)
		if err != nil {
			return out, err
		}
		out.Statement, lines = &kept, kept.Lines
	}
	receipts := make([]string, 0, len(lines))
	for _, l := range lines {
		receipts = append(receipts, l.Receipt)
	}
	rows, err := w.PaymentsAnswered(ctx, db.PaymentsAnsweredParams{Biller: biller, FromTime: from, ToTime: to, Receipts: receipts})
	if err != nil {
		return out, err
	}
	paid := make([]payments.Paid, len(rows))
	for i, r := range rows {
		paid[i] = payments.Paid{
			Payment: r.ID, Number: r.Number, Receipt: r.Receipt, Amount: payments.Amount(r.Amount), Day: r.Answered.In(china).Format(time.DateOnly),
		}
		receipts = append(receipts, r.Receipt)
	}
	elsewhere, err := w.OnOtherStatements(ctx, db.OnOtherStatementsParams{
		Biller: biller, Day: day, FromDay: day.AddDate(0, 0, -statementReach), ToDay: day.AddDate(0, 0, statementReach), Receipts: receipts,
	})
	if err != nil {
		return out, err
	}
	out.Result = payments.Reconcile(day.Format(time.DateOnly), paid, lines, elsewhere)
	if s := out.Statement; s != nil {
		out.Result.Theirs, out.Result.CountTheirs = s.Total, s.Count
	}
	return out, nil
}

// keptLine is a line of a statement as it is kept.
type keptLine struct {
	Receipt string          `json:"receipt"`
	Amount  payments.Amount `json:"amount"` // in fen
	Other   bool            `json:"other,omitempty"`
}

func keptStatement(r *db.LatestStatementRow) (KeptStatement, error) {
	out := KeptStatement{Entered: r.Entered, Work: r.Work, Total: payments.Amount(r.Total), Count: r.Count}
	if r.Lines == nil {
		return out, nil
	}
	var lines []keptLine
	if err := json.Unmarshal(r.Lines, &lines); err != nil {
		return out, errors.New("a biller's statement is in another form; roll out the image that wrote it")
	}
	out.Lines = make([]payments.Line, len(lines))
	for i, l := range lines {
		out.Lines[i] = payments.Line(l)
	}
	return out, nil
}

// EnterStatement keeps what a biller says it got of a day. Customers' numbers on it
// are compared, and not kept. The errors are ErrNotYours, ErrInvalid and ErrReused.
func (d *Desk) EnterStatement(ctx context.Context, who Who, s StatementInput) error {
	if err := who.ofLead(); err != nil {
		return err
	}
	return d.enterStatement(ctx, who, s)
}

func (d *Desk) enterStatement(ctx context.Context, who Who, s StatementInput) error {
	from, _, err := daySpan(s.Day)
	if err != nil {
		return err
	}
	if err := s.fit(from, d.now()); err != nil {
		return err
	}
	return d.in(ctx, func(ctx context.Context, w *work) error {
		var lines []payments.Line
		compared := 0
		if s.Rows != nil {
			s.Total, s.Count = 0, int64(len(s.Rows))
			if lines, compared, err = d.compareCustomers(ctx, w, &s, from); err != nil {
				return err
			}
			for _, l := range lines {
				s.Total += l.Amount
			}
		}
		row := db.InsertStatementParams{
			ID: s.ID, Biller: s.Biller, Day: dateOf(from), Entered: d.now(), Work: who.Work, Total: int64(s.Total), Count: s.Count,
		}
		if lines != nil {
			kept := make([]keptLine, len(lines))
			for i, l := range lines {
				kept[i] = keptLine(l)
			}
			if row.Lines, err = json.Marshal(kept); err != nil {
				return err
			}
		}
		n, err := w.InsertStatement(ctx, row)
		if err != nil {
			return err
		}
		if n == 0 {
			have, err := w.StatementBy(ctx, s.ID)
			if err == nil && (have.Biller != s.Biller || !have.Day.Equal(row.Day) || have.Total != row.Total || have.Count != row.Count) {
				err = ErrReused
			}
			return err
		}
		codes := ""
		if compared > 0 {
			codes = string(payments.CustomerNumber)
		}
		w.note(who, payments.ActStatement, s.ID, d.now(), codes)
		return nil
	})
}

// bookkeeping is the purpose of what the lead does with the books.
const bookkeeping = "station-service"

// note is an entry of the audit trail that is of no payment.
func (w *work) note(who Who, act casework.Act, id string, at time.Time, codes string) {
	w.record(casework.Entry{Use: casework.Use{Case: id, At: at, Act: act, Actor: who.Actor, Purpose: bookkeeping, Task: PaymentTask, Codes: codes}})
}

func (s *StatementInput) fit(from, now time.Time) error {
	switch {
	case !uuidForm.MatchString(s.ID) || !nameForm.MatchString(s.Biller):
		return invalid("a statement has a UUID in lower case and a biller's name")
	case from.After(now):
		return invalid("the day of a statement has begun")
	case len(s.Rows) > payments.MaxLines || s.Total < 0 || s.Total > payments.MaxTotal || s.Count < 0 || s.Count > 1_000_000 || (s.Count == 0) != (s.Total == 0) && s.Rows == nil:
		return invalid("a statement has receipts, or a total of so many")
	}
	for _, r := range s.Rows {
		if !payments.IsReceipt(r.Receipt) || r.Amount <= 0 || r.Amount > payments.MaxAmount {
			return invalid("a line of a statement has a receipt number and an amount")
		}
	}
	return nil
}

// compareCustomers makes of the rows what is kept of them, and says how many numbers
// of customers were compared.
func (d *Desk) compareCustomers(ctx context.Context, w *work, s *StatementInput, from time.Time) ([]payments.Line, int, error) {
	receipts := make([]string, len(s.Rows))
	for i := range s.Rows {
		receipts[i] = s.Rows[i].Receipt
	}
	rows, err := w.PaymentsAnswered(ctx, db.PaymentsAnsweredParams{Biller: s.Biller, FromTime: from, ToTime: from, Receipts: receipts})
	if err != nil {
		return nil, 0, err
	}
	type known struct {
		id   string
		mark []byte
	}
	byReceipt := map[string][]known{}
	for _, r := range rows {
		if r.Receipt != "" && r.Mark != nil {
			byReceipt[r.Receipt] = append(byReceipt[r.Receipt], known{r.ID, r.Mark})
		}
	}
	compared := 0
	lines := payments.Lines(s.Rows, func(receipt, customer string) (is, there bool) {
		for _, k := range byReceipt[receipt] {
			compared++
			is = is || hmac.Equal(k.mark, d.mark(k.id, customer))
		}
		return is, len(byReceipt[receipt]) > 0
	})
	return lines, compared, nil
}

// Ledger returns at most limit journals of the books (10000 at most), from a sequence
// on, for payments.CheckPage.
func (d *Desk) Ledger(ctx context.Context, from int64, limit int) ([]payments.Entry, error) {
	return read(ctx, d, func(ctx context.Context, q *db.Queries) ([]payments.Entry, error) {
		rows, err := q.Journals(ctx, db.JournalsParams{FromSequence: from, Most: int32(min(max(limit, 0), maxTrail))})
		if err != nil || len(rows) == 0 {
			return nil, err
		}
		postings, err := q.Postings(ctx, db.PostingsParams{FromSequence: rows[0].Sequence, ToSequence: rows[len(rows)-1].Sequence})
		if err != nil {
			return nil, err
		}
		out := make([]payments.Entry, len(rows))
		for i := range rows {
			out[i] = payments.Entry{
				Sequence: rows[i].Sequence, Journal: journalOf(&rows[i]), Previous: hashOf(rows[i].Previous), Hash: hashOf(rows[i].Hash),
			}
			for len(postings) > 0 && postings[0].Sequence == rows[i].Sequence {
				out[i].Journal.Postings = append(out[i].Journal.Postings, payments.Posting{
					Account: payments.Account(postings[0].Account), Amount: payments.Amount(postings[0].Amount),
				})
				postings = postings[1:]
			}
		}
		return out, nil
	})
}

// LedgerHead is the books' length and last hash.
func (d *Desk) LedgerHead(ctx context.Context) (casework.Head, error) {
	row, err := read(ctx, d, func(ctx context.Context, q *db.Queries) (db.LedgerHeadRow, error) { return q.LedgerHead(ctx) })
	if err != nil {
		return casework.Head{}, err
	}
	return casework.Head{Length: row.Length, Hash: casework.Hash(row.Hash)}, nil
}
