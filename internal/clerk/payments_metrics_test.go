package clerk

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"

	"github.com/shequ-io/shequ/internal/payments"
	"github.com/shequ-io/shequ/internal/store"
)

// tills says always the same, and how often it was asked.
type tills struct {
	times int
	err   error
}

func (c *tills) PaymentsWaiting(context.Context) ([]store.PaymentsWaiting, error) {
	c.times++
	return []store.PaymentsWaiting{
		{Biller: "water", State: payments.Sent, Count: 2, Amount: 6650}, {Biller: "water", State: payments.Refused, Count: 1, Amount: 5},
	}, c.err
}

func TestPaymentMetrics(t *testing.T) {
	registry := prometheus.NewPedanticRegistry()
	m := NewPaymentMetrics(registry)
	desk := &tills{}
	m.watch(desk)
	move := []payments.Posting{{Account: payments.Held("water"), Amount: -3350}, {Account: payments.Till(payments.Cash), Amount: 3350}}
	for _, j := range []payments.Journal{
		{Biller: "water", Event: payments.Take, Postings: move}, {Biller: "water", Event: payments.Take, Postings: move},
		{Biller: "water", Event: payments.Send}, {Event: payments.Counted, Postings: move},
	} {
		m.Booked(j)
	}
	want := `# HELP shequ_payment_events_total Number of things that happened to payments at this desk, by biller and event: take, send, confirm, refuse, return, cancel, paid-over.
# TYPE shequ_payment_events_total counter
shequ_payment_events_total{biller="water",event="send"} 1
shequ_payment_events_total{biller="water",event="take"} 2
# HELP shequ_payment_moved_yuan_total What these events moved in the books in yuan, by biller and event.
# TYPE shequ_payment_moved_yuan_total counter
shequ_payment_moved_yuan_total{biller="water",event="take"} 67
# HELP shequ_payments_waiting Number of payments somebody waits for, by biller and state: taken, sent (the biller has not answered), refused (to be given back).
# TYPE shequ_payments_waiting gauge
shequ_payments_waiting{biller="water",state="refused"} 1
shequ_payments_waiting{biller="water",state="sent"} 2
# HELP shequ_payments_waiting_yuan What the payments somebody waits for come to in yuan, by biller and state.
# TYPE shequ_payments_waiting_yuan gauge
shequ_payments_waiting_yuan{biller="water",state="refused"} 0.05
shequ_payments_waiting_yuan{biller="water",state="sent"} 66.5
`
	if err := testutil.GatherAndCompare(registry, strings.NewReader(want)); err != nil {
		t.Error(err)
	}
	if problems, err := testutil.GatherAndLint(registry); err != nil || len(problems) > 0 {
		t.Errorf("%v, %v", problems, err)
	}
	if desk.times != 1 {
		t.Errorf("the payments were counted %d times at once", desk.times)
	}
	down := NewPaymentMetrics(prometheus.NewRegistry())
	down.watch(&tills{err: errors.New("down")})
	if n := testutil.CollectAndCount(down, "shequ_payments_waiting"); n != 0 {
		t.Errorf("%d counts of a database that is down", n)
	}
}
