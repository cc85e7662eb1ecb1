package desk_test

import (
	"bytes"
	"context"
	"crypto/x509"
	"fmt"
	"mime/multipart"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/xuri/excelize/v2"

	"github.com/shequ-io/shequ/internal/casework"
	"github.com/shequ-io/shequ/internal/content"
	"github.com/shequ-io/shequ/internal/courier"
	"github.com/shequ-io/shequ/internal/payments"
	"github.com/shequ-io/shequ/internal/store"
	"github.com/shequ-io/shequ/internal/store/storetest"
	"github.com/shequ-io/shequ/internal/web/desk"
	"github.com/shequ-io/shequ/internal/web/forms"
	"github.com/shequ-io/shequ/internal/web/webtest"
)

const utilities = "utilities"

// till is a desk that takes payments, on the real store.
type till struct {
	*world

	kept    *store.Desk
	courier *store.Courier
	// live has the store go by the clock on the wall, as systems do.
	live atomic.Bool
	// secrets and roots are what the biller's system is talked to with.
	secrets map[string][]byte
	roots   *x509.CertPool
}

func newTill(t testing.TB) *till {
	t.Helper()
	home := storetest.NewDatabase(t)
	out := &till{}
	now := func() time.Time {
		if out.live.Load() {
			return time.Now()
		}
		return out.clock.now()
	}
	out.kept = home.Desk(t, func(c *store.Config) { c.Now = now })
	out.courier = home.Courier(t, func(c *store.Config) { c.Now = now })
	out.world = newWorld(t, func(c *desk.Config) { c.Store, c.Receipts, c.Seal = out.kept, home.Keys.Receipts, home.Keys.Public })
	out.doc.Site.Modules = append(out.doc.Site.Modules, "Payments")
	out.list.Billers = []content.Biller{
		{Name: utilities, Title: content.Text{ZH: "公用事业缴费平台", EN: "Utility bills"}, System: "utility-bills", Purpose: "agency-services"},
		{Name: "heating", Title: content.Text{ZH: "供热公司", EN: "Heating"}, System: "heating", Purpose: "agency-services"},
	}
	fields := []string{"customer-number", "payment-amount", "payment-period"}
	out.list.Connections = append(out.list.Connections,
		content.Connection{Name: "utility-bills", Accepts: fields, Purposes: []string{"agency-services", "bill-inquiry"}},
		content.Connection{Name: "heating", Accepts: fields, Purposes: []string{"agency-services"}})
	out.desk.Use(&out.doc, out.list)
	return out
}

// answer settles what waits for the biller, the earliest first, by what it says to each.
func (w *till) answer(outcomes ...courier.Outcome) {
	w.t.Helper()
	parcels, err := w.courier.Claim(context.Background(), "utility-bills", 100, time.Minute)
	if err != nil || len(parcels) < len(outcomes) {
		w.t.Fatalf("%d messages, %v", len(parcels), err)
	}
	for i := range outcomes {
		s := store.Settlement{Key: parcels[i].Key, Parcel: &parcels[i], At: w.clock.now()}
		if outcomes[i].Verdict == "" {
			s.Dead, s.Why = true, "refused"
		} else {
			s.Delivered, s.Reference = &outcomes[i], outcomes[i].Reference
		}
		if err := w.courier.Settle(context.Background(), []store.Settlement{s}); err != nil {
			w.t.Fatal(err)
		}
	}
	if _, err := w.kept.HearPayments(context.Background()); err != nil {
		w.t.Fatal(err)
	}
}

// take goes through the form as somebody at the counter does, and returns the page of
// the payment.
func (b *browser) take(customer, amount string) page {
	b.w.t.Helper()
	b.w.clock.forward(time.Second) // so that they are sent in this order
	form := b.fill("/payments/take", "biller", utilities, "customer", customer, "period", "2026-02", "amount", amount, "means", "cash")
	checked := b.do("POST", "/en/payments/take", form)
	if checked.status != http.StatusOK || !strings.Contains(checked.body, "Read this back") {
		b.w.t.Fatalf("%d %s", checked.status, checked.body)
	}
	form = url.Values{}
	_, main, _ := strings.Cut(checked.body, "<main")
	for _, input := range inputPattern.FindAllStringSubmatch(main, -1) {
		form.Set(input[1], input[2])
	}
	p := b.do("POST", "/en/payments/take", with(form, "step", "take"))
	if p.status != http.StatusOK || p.at.Query().Get("did") != "take" {
		b.w.t.Fatalf("%d %s", p.status, p.body)
	}
	return p
}

func contains(t *testing.T, p page, status int, wants ...string) {
	t.Helper()
	if p.status != status {
		t.Errorf("%s: %d, want %d", p.at.Path, p.status, status)
	}
	for _, want := range wants {
		if !strings.Contains(p.body, want) {
			t.Fatalf("%s does not say %q: %s", p.at.Path, want, mainOf(p))
		}
	}
}

func mainOf(p page) string { _, main, _ := strings.Cut(p.body, "<main"); return main }

func TestAPaymentGoesRound(t *testing.T) {
	w := newTill(t)
	counter := w.as(staff)
	first := counter.take("１００ 023", "33.5")
	contains(t, first, http.StatusOK, "P2026-000001", "***023", "CNY 33.50", "人民币叁拾叁元伍角整", "February 2026", "Utility bills", "4 March 2026, 10:00")
	if strings.Contains(first.body, "100023") {
		t.Error("the receipt has the whole number")
	}
	contains(t, counter.get("/zh-CN"+strings.TrimPrefix(first.at.Path, "/en")), http.StatusOK, "33.50 元", "2026年2月", "代收缴费收据")
	second := counter.take("100024", "34")
	w.answer(courier.Outcome{Verdict: courier.Accepted, Reference: "R-00000001"}, courier.Outcome{Verdict: courier.Rejected, Reason: casework.Duplicate})
	contains(t, counter.get(first.at.Path), http.StatusOK, "R-00000001", "Booked by the biller")
	list := counter.get("/en/payments")
	contains(t, list, http.StatusOK, "To be seen to", "P2026-000002", "Not taken: to be given back", "CNY 33.50")
	contains(t, counter.get(second.at.Path), http.StatusOK, "that month is paid", "Give the money back")
	for range 2 {
		contains(t, counter.post(second.at.Path+"/events", url.Values{"type": {"return"}}), http.StatusOK, "Record of money given back", "叁拾肆元整")
	}
	if list := counter.get("/en/payments"); strings.Contains(list.body, "To be seen to") {
		t.Error("somebody still has to see to it")
	}
	refused := counter.post(first.at.Path+"/events", url.Values{"type": {"return"}})
	contains(t, refused, http.StatusConflict, "The payment has moved on", "Booked by the biller")
	entries, err := w.kept.Trail(t.Context(), 1, 1000)
	if err != nil {
		t.Fatal(err)
	}
	shown := 0
	for _, e := range entries {
		if e.Use.Act == payments.ActShow && e.Use.Actor.Work == staff {
			shown++
		}
	}
	if shown != 8 {
		t.Errorf("%d looks are in the trail", shown)
	}
}

// What is wrong is said at the input it is in; what was typed stays, but for what looks
// like a card's number.
func TestWhatIsTypedAtTheTill(t *testing.T) {
	w := newTill(t)
	b := w.as(staff)
	const card = "4111 1111 1111 1111"
	for _, c := range []struct{ input, value, says string }{
		{"customer", card, "looks like the number of a bank card"}, {"amount", card, "looks like the number of a bank card"},
		{"period", "4111-1111-1111-1111", "looks like the number of a bank card"}, {"means", card, "looks like the number of a bank card"},
		{"biller", card, "looks like the number of a bank card"}, {"customer", "某居民", "as on the bill; no name"},
		{"period", "last month", "Write the month as"}, {"amount", "33.505", "at most two places"}, {"amount", "0", "above nothing"}, {"means", "card", "Choose how it was paid"},
		{"biller", "phone", "Choose the biller"}, {"token", "x", "was open for too long"},
	} {
		form := b.fill("/payments/take", "biller", utilities, "customer", "100023", "period", "2026-02", "amount", "33.00", "means", "cash", "step", "take")
		p := b.do("POST", "/en/payments/take", with(form, c.input, c.value))
		contains(t, p, http.StatusUnprocessableEntity, c.says)
		if strings.Contains(p.body, "1111") || strings.Contains(w.log.String(), "1111") {
			t.Errorf("%s: the card's number is shown or logged", c.input)
		}
		if c.input != "amount" && !strings.Contains(p.body, `value="33.00"`) {
			t.Errorf("%s: what was typed is gone", c.input)
		}
	}
	edited := b.do("POST", "/en/payments/take", b.fill("/payments/take", "biller", utilities, "customer", "100023", "period", "2026-02", "amount", "33", "means", "other", "step", "edit"))
	contains(t, edited, http.StatusOK, `id="means-other" name="means" value="other" checked`, `value="100023"`)
	if got, err := w.kept.Payments(t.Context(), store.Who{Actor: asStaff}, "2026-03-04"); err != nil || len(got.Taken) != 0 {
		t.Errorf("%d payments, %v", len(got.Taken), err)
	}
}

// Nothing is taken for a biller whose system does not take it: for another purpose, or
// without one of the fields.
func TestBillersThatTakeNothing(t *testing.T) {
	w := newTill(t)
	b := w.as(staff)
	whole := w.list.Connections
	for name, connection := range map[string]content.Connection{
		"purpose":    {Name: "utility-bills", Accepts: []string{"customer-number", "payment-amount", "payment-period"}, Purposes: []string{"bill-inquiry"}},
		"field":      {Name: "utility-bills", Accepts: []string{"customer-number", "payment-period"}, Purposes: []string{"agency-services"}},
		"connection": {Name: "another"},
	} {
		w.list.Connections = []content.Connection{connection}
		w.desk.Use(&w.doc, w.list)
		form := b.fill("/payments/take", "biller", utilities, "customer", "100023", "period", "2026-02", "amount", "33.00", "means", "cash", "step", "take")
		p := b.do("POST", "/en/payments/take", form)
		if p.status != http.StatusUnprocessableEntity || !strings.Contains(p.body, "takes no such payments now") {
			t.Errorf("without the %s: %d", name, p.status)
		}
	}
	if got, err := w.kept.Payments(t.Context(), store.Who{Actor: asStaff}, "2026-03-04"); err != nil || len(got.Taken) != 0 {
		t.Errorf("%d payments, %v", len(got.Taken), err)
	}
	w.list.Connections = whole
	w.desk.Use(&w.doc, w.list)
	b.take("100023", "33.00")
}

func TestPaymentsByRole(t *testing.T) {
	w := newTill(t)
	p := w.as(staff).take("100023", "33")
	of := strings.TrimPrefix(p.at.Path, "/en")
	pages := []string{"/payments", "/payments/take", "/payments/books", "/payments/day.xlsx", of, "/payments/of/none", "/payments/of/00000000-0000-4000-8000-000000000000", "/payments/till/none", "/payments/till/00000000-0000-4000-8000-000000000000"}
	for who, codes := range map[string]string{lead: "ooooonnnn", staff: "ooooonnnn", worker: "rrrrrrrrr", viewer: "rrrrrrrrr", unknown: "aaaaaaaaa", "": "sssssssss"} {
		b := w.as(who)
		for i, path := range pages {
			if got := b.get("/en" + path); code(got) != codes[i:i+1] {
				t.Errorf("%s as %q: %s (%d)", path, who, code(got), got.status)
			}
		}
	}
	for _, who := range []string{staff, worker, viewer} {
		b := w.as(who)
		if p := b.get("/en/payments/books/check"); p.status != http.StatusForbidden {
			t.Errorf("the check as %q: %d", who, p.status)
		}
		for _, path := range []string{"/payments/books/fetch", "/payments/books/till", "/payments/books/pay-over", "/payments/books/statement"} {
			if p := b.post("/en"+path, url.Values{"counted": {"1"}}); p.status != http.StatusForbidden {
				t.Errorf("%s as %q: %d", path, who, p.status)
			}
		}
		if books := b.get("/en/payments/books"); strings.Contains(books.body, "pay-form") {
			t.Errorf("%q has the lead's forms", who)
		}
	}
	if p := w.as(staff).do("POST", "/en"+of+"/events", url.Values{"type": {"cancel"}, "csrf": {"x"}}); p.status != http.StatusForbidden {
		t.Errorf("without a token: %d", p.status)
	}
	if !strings.Contains(w.as(staff).get("/en/services").body, `href="/en/payments"`) {
		t.Error("nothing leads to the payments")
	}
	for name, change := range map[string]func(){
		"billers": func() { w.list.Billers = nil }, "module": func() { w.list.Billers, w.doc.Site.Modules = []content.Biller{{Name: "x"}}, nil },
	} {
		change()
		w.desk.Use(&w.doc, w.list)
		b := w.as(staff)
		if p := b.get("/en/payments/take"); p.status != http.StatusNotFound || strings.Contains(p.body, `href="/en/payments"`) {
			t.Errorf("without %s: %d", name, p.status)
		}
	}
}

// statement sends a biller's statement as a file.
func (b *browser) statement(name string, data []byte) page {
	b.w.t.Helper()
	var body bytes.Buffer
	form := multipart.NewWriter(&body)
	for k, v := range b.books() {
		_ = form.WriteField(k, v[0])
	}
	part, _ := form.CreateFormFile(forms.TableName, name)
	_, _ = part.Write(data)
	_ = form.Close()
	r, _ := http.NewRequest("POST", b.w.http.URL+"/en/payments/books/statement", &body)
	r.Header.Set("Content-Type", form.FormDataContentType())
	r.Header.Set("Sec-Fetch-Site", "same-origin")
	answer, err := b.client.Do(r)
	if err != nil {
		b.w.t.Fatal(err)
	}
	return readPage(b.w.t, answer)
}

// books are the hidden inputs of the forms below the books.
func (b *browser) books(pairs ...string) url.Values {
	b.w.clock.forward(time.Second) // of two statements the later one counts
	return with(b.fill("/payments/books"), append([]string{"biller", utilities, "csrf", b.token()}, pairs...)...)
}

func TestReconciliationAtTheDesk(t *testing.T) {
	w := newTill(t)
	counter, leader := w.as(staff), w.as(lead)
	for i := range 3 {
		counter.take(fmt.Sprintf("10002%d", i+3), fmt.Sprintf("3%d.00", i+3))
	}
	w.answer(courier.Outcome{Verdict: courier.Accepted, Reference: "R-1"}, courier.Outcome{Verdict: courier.Accepted, Reference: "R-2"}, courier.Outcome{Verdict: courier.Accepted, Reference: "R-3"})
	contains(t, leader.get("/en/payments/books"), http.StatusOK, "Owed to: Utility bills", "CNY 102.00", "No statement yet", "The till was not counted")

	csv := "回单号,户号,金额（元）\nR-1,100023,33.00\nR-2,100024,35.00\nR-9,100029,39.00\n"
	p := leader.statement("s.csv", []byte(csv))
	contains(t, p, http.StatusOK, "The statement is kept", "1 payment agrees", "the amounts differ", "On the statement, and not here", "R-9", "Here, and not on the statement", "P2026-000003", "Differs", "CNY −5.00")
	// Entered again, the later one counts: as a workbook, and in another encoding.
	sheet := excelize.NewFile()
	for i, row := range [][]any{{"某平台对账单"}, {"receipt", "customer-number", "amount"}, {"R-1", 100023, 33}, {"R-2", "100024", "34.00"}, {"R-3", "999999", 35.0}, {"合计", nil, 102}} {
		_ = sheet.SetSheetRow("Sheet1", fmt.Sprintf("A%d", i+1), &row)
	}
	var workbook bytes.Buffer
	if err := sheet.Write(&workbook); err != nil {
		t.Fatal(err)
	}
	contains(t, leader.statement("s.xlsx", workbook.Bytes()), http.StatusOK, "2 payments agree", "the customer numbers differ", "CNY 0.00")
	contains(t, leader.statement("s.csv", []byte("\xbb\xd8\xb5\xa5\xba\xc5;\xbd\xf0\xb6\xee\nR-1;33\nR-2;34\nR-3;35\n")), http.StatusOK, "3 payments agree", "Agrees")
	contains(t, leader.post("/en/payments/books/statement", leader.books("total", "102", "count", "3")), http.StatusOK, "only totals are compared", "Agrees")
	contains(t, leader.post("/en/payments/books/statement", leader.books("total", "101", "count", "3")), http.StatusOK, "Differs", "CNY 1.00")

	for says, data := range map[string]string{
		"The file is no table": "PK\x03\x04 nothing", "Save it as XLSX": "\x00\x01", "No row names the columns": "a,b\n1,2", "Row 2: this is no amount": "receipt,amount\nR-1,x",
		"the number of a bank card. Take that column out": "receipt,amount,card\nR-1,1,4111111111111111", "The file is too large": "receipt,amount\n" + strings.Repeat("R-1,1\n", forms.MaxFileBytes/6),
	} {
		p := leader.statement("s.csv", []byte(data))
		contains(t, p, http.StatusUnprocessableEntity, says)
		if strings.Contains(p.body, "4111") || strings.Contains(w.log.String(), "4111") {
			t.Error("the card's number is shown or logged")
		}
	}
	contains(t, leader.post("/en/payments/books/statement", leader.books()), http.StatusUnprocessableEntity, "Choose a file, or fill in both")
	closing := leader.books("counted", "100")
	for range 2 {
		contains(t, leader.post("/en/payments/books/till", closing), http.StatusOK, "Closing of the till", "壹佰元整", "CNY 102.00", "CNY 2.00 too little", "Counted by")
	}
	contains(t, leader.post("/en/payments/books/till", with(closing, "counted", "101")), http.StatusConflict, "used for another count")
	contains(t, leader.get("/en/payments/books"), http.StatusOK, "counted CNY 100.00, on the books CNY 102.00", "apart by CNY −2.00", "Found by counting: cash")
	contains(t, leader.post("/en/payments/books/till", leader.books("counted", "103")), http.StatusOK, "CNY 3.00 too much")
	contains(t, leader.post("/en/payments/books/till", leader.books("counted", "102")), http.StatusOK, "CNY 1.00 too little")
	contains(t, leader.get("/en/payments/books/check"), http.StatusOK, "All 12 journals are as they were written")
	contains(t, leader.post("/en/payments/books/till", leader.books("counted", "x")), http.StatusUnprocessableEntity, "at most two places")
	contains(t, leader.post("/en/payments/books/pay-over", leader.books("amount", "102.01", "means", "cash")), http.StatusConflict, "So much is not owed")
	contains(t, leader.post("/en/payments/books/pay-over", leader.books("amount", "1", "means", "other")), http.StatusConflict, "not in the till")
	once := leader.books("amount", "100", "means", "cash")
	for range 2 {
		contains(t, leader.post("/en/payments/books/pay-over", once), http.StatusOK, "Booked: paid over", "CNY 2.00")
	}
	file := leader.get("/en/payments/day.xlsx")
	book, err := excelize.OpenReader(strings.NewReader(file.body))
	if err != nil {
		t.Fatal(err)
	}
	rows, err := book.GetRows("Sheet1")
	if err != nil || len(rows) < 10 || fmt.Sprint(rows[4]) != "[P2026-000001 10:00 Utility bills 33 cash Booked by the biller R-1 counter-1]" {
		t.Errorf("%v, %v", rows, err)
	}
	if s := fmt.Sprint(rows); strings.Contains(s, "100023") || !strings.Contains(s, "[Owed to: Utility bills 0 100 102 -2]") {
		t.Errorf("%v", rows)
	}
}

// TestPaymentPagesAreWhole reads every page of payments as a careful reader of HTML.
func TestPaymentPagesAreWhole(t *testing.T) {
	w := newTill(t)
	of := w.day(t)
	for _, who := range []string{staff, lead} {
		b := w.as(who)
		for _, path := range append([]string{"/payments", "/payments/take", "/payments/books", "/payments/books?day=2026-03-01&did=till", "/payments?day=2026-03-01"}, of...) {
			for _, lang := range []string{"zh-CN", "en"} {
				p := b.get("/" + lang + path)
				parsed, err := webtest.Parse([]byte(p.body))
				if err != nil || p.status != http.StatusOK {
					t.Errorf("%s: %d, %v", path, p.status, err)
					continue
				}
				for _, problem := range parsed.Problems(lang) {
					t.Errorf("/%s%s: %s", lang, path, problem)
				}
				if lang == "en" && regexp.MustCompile(`[，。；（）]`).MatchString(parsed.Text()) {
					t.Errorf("%s: Chinese punctuation in English", path)
				}
			}
		}
	}
}

// A payment that can't be delivered is among the deliveries, which lead to it and back;
// given up there, its money is given back.
func TestPaymentsThatAreDead(t *testing.T) {
	w := newTill(t)
	b := w.as(staff)
	of := b.take("100023", "33").at.Path
	w.answer(courier.Outcome{})
	contains(t, b.get(of), http.StatusOK, "Can’t be delivered", `href="/en/deliveries"`)
	dead := b.get("/en/deliveries")
	contains(t, dead, http.StatusOK, `href="`+of+`"`)
	key := regexp.MustCompile(`give-up\?[^"]*key=([0-9a-f-]{36})`).FindStringSubmatch(dead.body)
	if key == nil {
		t.Fatalf("it can't be given up: %s", mainOf(dead))
	}
	if p := b.post("/en/deliveries/give-up", url.Values{"key": {key[1]}}); p.status != http.StatusOK {
		t.Fatalf("%d", p.status)
	}
	if _, err := w.kept.HearPayments(t.Context()); err != nil {
		t.Fatal(err)
	}
	contains(t, b.get(of), http.StatusOK, "was given up", "Give the money back")
	contains(t, w.as(lead).post(of+"/events", url.Values{"type": {"confirm"}, "receipt": {"R 7"}}), http.StatusUnprocessableEntity, "1 to 64 letters")
	contains(t, w.as(staff).post(of+"/events", url.Values{"type": {"confirm"}, "receipt": {"R-7"}}), http.StatusForbidden, "for the lead")
	leader := w.as(lead)
	contains(t, leader.post(of+"/events", url.Values{"type": {"confirm"}, "receipt": {"R-7"}}), http.StatusOK, "Booked by the biller", "R-7")
}

// day is a day at the till with a payment in every state; it returns their pages.
func (w *till) day(t *testing.T) []string {
	t.Helper()
	b := w.as(staff)
	var of []string
	for i := range 8 {
		p := b.take(fmt.Sprintf("1000%d", 20+i), fmt.Sprintf("%d.00", 30+i))
		of = append(of, strings.TrimPrefix(p.at.Path, "/en"))
		w.clock.forward(time.Minute)
	}
	contains(t, b.post("/en"+of[7]+"/events", url.Values{"type": {"cancel"}}), http.StatusOK, "Cancelled and booked")
	w.answer(
		courier.Outcome{Verdict: courier.Accepted, Reference: "R-00000001"}, courier.Outcome{Verdict: courier.Accepted, Reference: "R-00000002"},
		courier.Outcome{Verdict: courier.Rejected, Reason: casework.MaterialsMissing}, courier.Outcome{Verdict: courier.Rejected, Reason: casework.NothingFound}, courier.Outcome{},
	)
	contains(t, b.post("/en"+of[3]+"/events", url.Values{"type": {"return"}}), http.StatusOK, "Given back and booked")
	leader := w.as(lead)
	contains(t, leader.statement("s.csv", []byte("receipt,amount\nR-00000001,30.00\nR-00000002,31.50\nR-00000009,12.00\n")), http.StatusOK, "Differs")
	contains(t, leader.post("/en/payments/books/till", leader.books("counted", "200")), http.StatusOK, "The count is kept")
	of = append(of, strings.TrimPrefix(b.take("100099", "1234.50").at.Path, "/en"))
	return of
}
