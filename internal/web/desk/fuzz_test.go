package desk_test

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/shequ-io/shequ/internal/casework"
)

// FuzzDesk sends anything to any page as staff and as nobody: it is answered, never
// with a mistake of ours, and what was sent never comes back as markup.
func FuzzDesk(f *testing.F) {
	w := newWorld(f)
	id := w.enter(casework.Application, "residence-letter", "", casework.Fields{"request-reason": "x"})
	b := w.as(staff)
	cookie, token := b.cookie(), b.token()
	f.Add("GET", "/en/cases/"+id, "did=register", "", true)
	f.Add("GET", "/zh-CN/queue/open", "kind=%00&after=%ff&item='\"<script>", "", true)
	f.Add("GET", "/en/figures.xlsx", "month=2026-01-01", "", true)
	f.Add("GET", "/sign-in/callback", "state=%%&code=<script>", "", false)
	f.Add("GET", "/en/sign-in", "to=//evil.example/<script>", "", false)
	f.Add("POST", "/en/cases/"+id+"/events", "", "type=take&id=%00&version=9223372036854775808&to=grid:../..&ratings=x&csrf=TOKEN", true)
	f.Add("POST", "/en/find", "", "q=%00%ff<script>alert(1)</script>&csrf=TOKEN", true)
	f.Add("POST", "/en/enter/residence-letter", "x=1", "f.request-reason=<script>&f.applicant-name=%01&incomplete=1&csrf=TOKEN", true)
	f.Add("POST", "/en/enter/residence-letter", "", "source=%00<script>&prefill=1&taken=a:b&f.applicant-name=%ff&csrf=TOKEN", true)
	f.Add("GET", "/en/deliveries", "after=%00&did=<script>", "", true)
	f.Add("GET", "/zh-CN/deliveries/give-up", "key='\"<script>&case=../..&after=x", "", true)
	f.Add("POST", "/en/deliveries/replay", "", "key=<script>&key=%00&case=//evil.example&csrf=TOKEN", true)
	f.Add("GET", "/en/report.xlsx", "month=2026-13", "", true)
	f.Add("POST", "/en/survey/none", "", "%zz", true)
	f.Add("POST", "/zh-CN/sign-out", "", "csrf=", false)
	f.Add("POST", "/en/cases/"+id+"/supplement", "", "f.request-reason=<script>&was=x&was=y&token=%00&csrf=TOKEN", true)
	f.Add("GET", "/en/enter/residence-letter/blank", "x=<script>", "", true)
	w.fuzz(f, cookie, token)
}

// FuzzTill sends anything to the pages of payments, as FuzzDesk does, on the real store.
func FuzzTill(f *testing.F) {
	w := newTill(f)
	b := w.as(lead)
	cookie, token := b.cookie(), b.token()
	at := b.take("100023", "33.50").at.Path
	f.Add("GET", "/en/payments", "day=2026-13-45", "", true)
	f.Add("GET", "/en/payments/day.xlsx", "day=%00<script>", "", true)
	f.Add("GET", "/zh-CN/payments/books", "day=9999-12-31&biller='\"<script>", "", true)
	f.Add("GET", at, "did=<script>", "", true)
	f.Add("GET", "/en/payments/of/%00", "", "", true)
	f.Add("POST", at+"/events", "", "id=%00&type=return&version=-1&means=<script>&csrf=TOKEN", true)
	f.Add("POST", "/en/payments/take", "", "biller=utilities&customer=<script>&amount=99999999999999999999&period=2026-02&means=cash&step=take&csrf=TOKEN", true)
	f.Add("POST", "/en/payments/take", "", "customer=4111111111111111&amount=-0.001&csrf=TOKEN", true)
	f.Add("POST", "/en/payments/books/till", "", "counted=%ff&csrf=TOKEN", true)
	f.Add("POST", "/en/payments/books/pay-over", "", "amount=1e9&biller=<script>&from=x&csrf=TOKEN", true)
	f.Add("POST", "/en/payments/books/statement", "", "table=%00%01&biller=utilities&day=x&csrf=TOKEN", true)
	w.fuzz(f, cookie, token)
}

// fuzz asks for anything, with a session's cookie and token.
func (w *world) fuzz(f *testing.F, cookie, token string) {
	f.Helper()
	h := w.http.Config.Handler
	f.Fuzz(func(t *testing.T, method, path, query, body string, signedIn bool) {
		r, err := http.NewRequestWithContext(t.Context(), "GET", "http://desk.example/", strings.NewReader(strings.ReplaceAll(body, "TOKEN", token)))
		if err != nil || !strings.HasPrefix(path, "/") {
			t.Skip()
		}
		r.Method, r.URL = method, &url.URL{Path: path, RawQuery: query}
		r.Host = mustParse(w.http.URL).Host
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		if signedIn {
			r.Header.Set("Cookie", "shequ-desk="+cookie)
		}
		a := httptest.NewRecorder()
		h.ServeHTTP(a, r)
		if a.Code >= 500 {
			t.Errorf("%s %q ? %q: %d %s", method, path, query, a.Code, w.log)
		}
		if strings.Contains(a.Body.String(), "<script") {
			t.Errorf("%s %q: what was sent comes back as markup", method, path)
		}
		if to := a.Header().Get("Location"); to != "" && !strings.HasPrefix(to, w.list.OIDC.Issuer) {
			at, err := mustParse(w.http.URL).Parse(to)
			if err == nil && at.Host != r.Host {
				t.Errorf("%s %q ? %q leads to %s", method, path, query, to)
			}
		}
	})
}
