package desk_test

import (
	"context"
	"crypto/tls"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/shequ-io/shequ/api/v1alpha1"
	"github.com/shequ-io/shequ/hack/simulators/systems"
	"github.com/shequ-io/shequ/internal/casework"
	"github.com/shequ-io/shequ/internal/content"
	"github.com/shequ-io/shequ/internal/courier"
	"github.com/shequ-io/shequ/internal/courier/rounds"
	"github.com/shequ-io/shequ/internal/courier/senders"
	"github.com/shequ-io/shequ/internal/payments"
	"github.com/shequ-io/shequ/internal/store"
	"github.com/shequ-io/shequ/internal/web/desk"
)

// billers is the simulated system of utility bills, and a courier that delivers to it.
func (w *till) billers(t *testing.T) *systems.System {
	t.Helper()
	farm, err := systems.Start(t.Context(), systems.Config{Systems: []systems.SystemConfig{{Name: systems.UtilityBills}}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := farm.Close(); err != nil {
			t.Error(err)
		}
	})
	s := farm.System(systems.UtilityBills)
	dir := t.TempDir()
	w.secrets, w.roots = farm.Secrets()[s.Kind().Secret], farm.Roots()
	for key, value := range w.secrets {
		if err := os.WriteFile(filepath.Join(dir, content.CredentialFile(s.Kind().Name, key)), value, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	to := senders.New(senders.Config{Credentials: dir, Log: w.desk.Log})
	t.Cleanup(to.Close)
	to.Use(&content.Courier{Systems: []content.CourierSystem{{
		Name: systems.UtilityBills, RateLimit: &v1alpha1.SystemRateLimit{PerMinute: 600, Concurrent: 3},
		Protocol: v1alpha1.SystemProtocol{Type: v1alpha1.ProtocolHTTP, HTTP: &v1alpha1.HTTPProtocol{
			BaseURL: v1alpha1.ServiceURL(s.URL()), Auth: v1alpha1.HTTPAuth{Type: v1alpha1.AuthMTLS, SecretRef: v1alpha1.NamespacedReference{Namespace: "d", Name: "s"}},
		}},
		Reading: &v1alpha1.SystemReading{
			Accepted: `body.outcome == "accepted"`, Reference: "body.receipt.number",
			Rejected: &v1alpha1.AnswerRule{When: `body.outcome == "rejected"`, Code: "body.reason", Otherwise: "NotEligible", Reasons: []v1alpha1.AnswerReason{
				{Word: "customer-unknown", Reason: "NothingFound"}, {Word: "already-paid", Reason: "Duplicate"}, {Word: "amount-differs", Reason: "MaterialsMissing"},
			}},
		},
	}}})
	ctx, stop := context.WithCancel(context.Background())
	done := make(chan struct{})
	round := rounds.New(w.courier, rounds.Config{
		Systems: to, Poll: 250 * time.Millisecond, Backoff: courier.Backoff{First: 50 * time.Millisecond, Most: 50 * time.Millisecond}, Log: w.desk.Log,
	})
	go func() { defer close(done); round.Run(ctx) }()
	t.Cleanup(func() { stop(); <-done })
	return s
}

// until the payments of today stand as they are wanted to.
func (w *till) until(t *testing.T, want ...payments.State) []store.Payment {
	t.Helper()
	for end := time.Now().Add(60 * time.Second); ; time.Sleep(100 * time.Millisecond) {
		if _, err := w.kept.HearPayments(t.Context()); err != nil {
			t.Fatal(err)
		}
		day, err := w.kept.Payments(t.Context(), store.Who{Actor: asStaff}, w.clock.now().In(chinaTime).Format(time.DateOnly))
		if err != nil {
			t.Fatal(err)
		}
		all := slices.Concat(day.Open, day.Taken)
		fit := len(all) == len(want)
		for i := range want {
			fit = fit && all[i].State == want[i]
		}
		if fit {
			return all
		}
		if time.Now().After(end) {
			t.Fatalf("the payments stand at %+v", all)
		}
	}
}

// chinaTime is China's time.
var chinaTime = time.FixedZone("CST", 8*60*60)

// TestPaymentsReachTheBiller pays real bills of the simulated system: from the counter
// by outbox, courier and mutual TLS to the biller, and back to the books and the
// biller's own statement. One answer is lost on the way, and the bill is paid once.
func TestPaymentsReachTheBiller(t *testing.T) {
	w := newTill(t)
	w.clock.mu.Lock()
	w.clock.at = time.Now()
	w.clock.mu.Unlock()
	counter, leader := w.as(staff), w.as(lead)
	system := w.billers(t)
	if err := system.SetFaults(systems.Faults{Drop: true, Times: 1}); err != nil {
		t.Fatal(err)
	}
	counter.take("100023", "33.00")
	w.live.Store(true)
	w.until(t, payments.Confirmed)
	counter.take("100023", "33.00") // that month is paid
	counter.take("100024", "33.00") // 34.00 is due
	counter.take("200050", "60.00")
	got := w.until(t, payments.Confirmed, payments.Refused, payments.Refused, payments.Confirmed)
	if got[0].Receipt != "R-00000001" || got[1].Reason != casework.Duplicate || got[2].Reason != casework.MaterialsMissing {
		t.Errorf("%+v", got)
	}
	for _, m := range system.Messages("", "") {
		if len(m.Elements) != 3 || m.Purpose != "agency-services" {
			t.Errorf("the biller got %+v", m)
		}
	}
	if paid := system.Messages(got[0].ID, ""); len(paid) != 1 {
		t.Errorf("the lost answer's bill was paid %d times", len(paid))
	}
	contains(t, counter.get("/en/payments/of/"+got[0].ID), http.StatusOK, "R-00000001", "Booked by the biller")
	contains(t, counter.get("/en/payments/of/"+got[1].ID), http.StatusOK, "that month is paid", "Give the money back")

	day := w.statementOf(t, system)
	contains(t, leader.statement("statement.csv", []byte(day)), http.StatusOK, "2 payments agree", "Agrees", "CNY 0.00")
	books := mainOf(leader.get("/en/payments/books"))
	for _, want := range []string{"CNY 93.00", "CNY 66.00", "CNY 159.00"} { // owed, to be given back, in the till
		if !strings.Contains(books, want) {
			t.Errorf("the books have no %s: %s", want, books)
		}
	}
	trail, err := w.kept.DeliveryTrail(t.Context(), 1, 100)
	if err != nil || len(trail) != 4 {
		t.Errorf("%d records, %v", len(trail), err)
	}
	for _, e := range trail {
		if e.Record.Task != store.PaymentTask || e.Record.Codes != payments.Codes() {
			t.Errorf("on record is %+v", e.Record)
		}
	}
}

// lookUp presses the button that asks what is due, until the biller has answered.
func (b *browser) lookUp(customer string) page {
	b.w.t.Helper()
	form := b.fill("/payments/take", "biller", utilities, "customer", customer, "period", "2026-02", "amount", "", "means", "cash", "step", "lookup")
	for end := time.Now().Add(60 * time.Second); ; time.Sleep(100 * time.Millisecond) {
		p := b.do("POST", "/en/payments/take", form)
		if !strings.Contains(p.body, "not answered yet") || time.Now().After(end) {
			return p
		}
	}
}

// TestBillersAreAsked asks the simulated system what is due and what it got of a day,
// by outbox and courier. No number of a customer stays behind.
func TestBillersAreAsked(t *testing.T) {
	w := newTill(t)
	w.clock.mu.Lock()
	w.clock.at = time.Now()
	w.clock.mu.Unlock()
	counter, leader := w.as(staff), w.as(lead)
	w.live.Store(true)
	system := w.billers(t)
	contains(t, counter.lookUp("100023"), http.StatusOK, "CNY 33.00 is due", `name="amount" value="33.00"`)
	contains(t, counter.lookUp("7"), http.StatusOK, "no such customer number or month")
	counter.take("100023", "33.00")
	w.until(t, payments.Confirmed)
	contains(t, counter.lookUp("100023"), http.StatusOK, "this month is paid, with the receipt number R-")
	contains(t, counter.do("POST", "/en/payments/take", counter.fill("/payments/take", "biller", "heating", "customer", "1", "period", "2026-02", "amount", "", "step", "lookup")),
		http.StatusUnprocessableEntity, "can’t be asked")
	contains(t, counter.lookUp("4111111111111111"), http.StatusUnprocessableEntity, "looks like the number of a bank card")

	contains(t, leader.post("/en/payments/books/fetch", leader.books()), http.StatusOK, "It comes within about a minute")
	for end := time.Now().Add(60 * time.Second); ; time.Sleep(100 * time.Millisecond) {
		if _, err := w.kept.HearPayments(t.Context()); err != nil {
			t.Fatal(err)
		}
		if p := leader.get("/en/payments/books"); strings.Contains(p.body, "1 payment agrees") {
			contains(t, p, http.StatusOK, "Agrees", "CNY 0.00")
			break
		} else if time.Now().After(end) {
			t.Fatal(mainOf(p))
		}
	}
	if err := w.kept.AskYesterday(t.Context(), desk.StatementSources(&w.doc, w.list)); err != nil {
		t.Fatal(err)
	}
	yesterday := time.Now().In(chinaTime).Add(-3*time.Hour).AddDate(0, 0, -1).Format(time.DateOnly)
	for end := time.Now().Add(60 * time.Second); ; time.Sleep(100 * time.Millisecond) {
		if _, err := w.kept.HearPayments(t.Context()); err != nil {
			t.Fatal(err)
		}
		if books, err := w.kept.Books(t.Context(), store.Who{Actor: asStaff}, yesterday, []string{utilities}); err == nil && books.Billers[0].Statement != nil {
			break
		} else if err != nil || time.Now().After(end) {
			t.Fatal(books, err)
		}
	}
	for _, m := range system.Messages("", "") {
		if m.Purpose == "bill-inquiry" && m.Elements["payment-amount"] != "" {
			t.Errorf("a question has more than it needs: %+v", m.Elements)
		}
	}
	if log := w.log.String(); strings.Contains(log, "100023") {
		t.Error("the customer's number is logged")
	}
}

// statementOf asks the biller for its statement of today, as a table.
func (w *till) statementOf(t *testing.T, s *systems.System) string {
	t.Helper()
	pair, err := tls.X509KeyPair(w.secrets["tls.crt"], w.secrets["tls.key"])
	if err != nil {
		t.Fatal(err)
	}
	client := &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: w.roots, Certificates: []tls.Certificate{pair}, MinVersion: tls.VersionTLS12}}}
	defer client.CloseIdleConnections()
	answer, err := client.Get(s.URL() + "/statement?day=" + time.Now().In(chinaTime).Format(time.DateOnly))
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	var day systems.Statement
	if err := json.NewDecoder(answer.Body).Decode(&day); err != nil || len(day.Receipts) != 2 {
		t.Fatalf("%+v, %v", day, err)
	}
	var b strings.Builder
	b.WriteString("number,customer-number,payment-amount\n")
	for _, r := range day.Receipts {
		fmt.Fprintf(&b, "%s,%s,%s\n", r.Number, r.CustomerNumber, r.Amount)
	}
	return b.String()
}
