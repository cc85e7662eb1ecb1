package resident_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"image"
	"image/jpeg"
	"image/png"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/shequ-io/shequ/internal/casework"
	"github.com/shequ-io/shequ/internal/content"
	"github.com/shequ-io/shequ/internal/store"
	"github.com/shequ-io/shequ/internal/web/resident"
	"github.com/shequ-io/shequ/internal/web/serve"
)

const (
	letterPath = "/en/services/residence-letter/apply"
	secret     = "Flat 5 <b>& co"
)

func letter(p *place) url.Values {
	return p.filled(letterPath, "f.applicant-name", " Sample Applicant ", "f.address", secret, "f.request-reason", "for school\r\nand work",
		"f.household-income", "１,２００.５", "f.birth-date", "1960-02-30")
}

func TestPagesAreSound(t *testing.T) {
	for name, doc := range map[string]*content.Document{"survey": survey(), "full": full()} {
		p := newPlace(t, doc)
		p.store.published = published()
		items := "residence-letter"
		if name == "full" {
			items = "human-resources.employment-registration"
		}
		for _, path := range []string{"/services/" + items + "/apply", "/help", "/opinion", "/mediation", "/follow", "/surveys/hall-2026", "/disclosure", "/", "/services/" + items} {
			for _, lang := range []string{"zh-CN", "en"} {
				t.Run(name+path+lang, func(t *testing.T) {
					r := p.get("/" + lang + path)
					has(t, r, http.StatusOK)
					r.sound(t, lang)
					if policy := r.header.Get("Content-Security-Policy"); !strings.Contains(policy, "default-src 'none'") {
						t.Errorf("policy %q", policy)
					}
					if r.header.Get("Set-Cookie") != "" {
						t.Error("a cookie")
					}
				})
			}
		}
	}
}

func TestApplying(t *testing.T) {
	p := newPlace(t, survey())
	form := letter(p)
	r := p.post(letterPath, form)
	has(t, r, http.StatusUnprocessableEntity, "1 thing to put right", "takes a day, such as", `href="#field-birth-date"`, "autofocus",
		"Flat 5 &lt;b&gt;&amp; co", `aria-invalid="true"`, "for school", "Please correct:")
	r.sound(t, "en")

	// Corrected, from the page that was shown.
	again := r.form(t, 0)
	if again.Get("f.address") != secret || again.Get("token") != form.Get("token") {
		t.Errorf("what was typed did not stay: %v", again)
	}
	again.Set("f.birth-date", "1960-02-29")
	r = p.multipart(letterPath, again, upload{"files", "my name.png", photograph(t, png.Encode)}, upload{"files", "", nil})
	has(t, r, http.StatusOK, "Received", "within 30 minutes", "within 1 day")
	r.sound(t, "en")
	if r.header.Get("Cache-Control") != "no-store" {
		t.Error("a receipt may be kept by a cache")
	}
	s, ok := p.store.only()
	if !ok || s.Kind != casework.Application || s.Channel != store.PortalChannel || s.Language != "en" || s.Urgency != casework.Ordinary || s.Work != "" {
		t.Fatalf("kept %+v", s)
	}
	if want := (store.Terms{Item: "residence-letter", Purpose: "station-service", AcceptWithinMinutes: 30, ResolveWithinMinutes: 1440, RetentionDays: 365}); s.Terms != want {
		t.Errorf("terms %+v", s.Terms)
	}
	var got store.Letter
	sealed := open(s.Sealed)
	if err := json.Unmarshal(sealed.Text, &got); err != nil || sealed.Context != string(store.SubmissionContext(s.ID)) {
		t.Fatal(err, sealed.Context)
	}
	want := casework.Fields{
		"applicant-name": "Sample Applicant", "address": secret, "request-reason": "for school\nand work",
		"household-income": "1200.5", "birth-date": "1960-02-29",
	}
	for code, value := range want {
		if got.Fields[code] != value {
			t.Errorf("%s is %q, want %q", code, got.Fields[code], value)
		}
	}
	if len(got.Fields) != len(want) || got.Place != nil {
		t.Errorf("%d fields", len(got.Fields))
	}
	if len(s.Files) != 1 || s.Files[0].MediaType != "image/png" || s.Files[0].Size != int64(len(photograph(t, png.Encode))) || open(s.Files[0].Sealed).Context != string(store.FileContext(s.Files[0].ID)) {
		t.Errorf("files %+v", s.Files)
	}
	receipt, err := casework.ParseReceipt(r.code(t))
	if err != nil || !receipt.Matches(bytes.Repeat([]byte{7}, 32), s.Receipt) {
		t.Errorf("the code shown is not that of the case (%v)", err)
	}
	if text := p.log.String(); text != "" {
		t.Errorf("logged %s", text)
	}
}

// TestWhoGetsWhatIsToldFirst: the form tells which systems get what for which purpose
// before anything is written, and so do the receipt and the progress page. Whoever had
// the form open while that changed is shown it again.
func TestWhoGetsWhatIsToldFirst(t *testing.T) {
	const path = "/en/services/human-resources.employment-registration/apply"
	told := []string{
		"Who gets this once it is accepted", "Employment services information system", "示范区人力资源和社会保障局", "Applicant&#39;s name, Identity number, Telephone",
		"Registration of employment and unemployment</dd>", "unemployment benefit check", "Sample District government data centre", "Social insurance platform",
	}
	p := newPlace(t, full())
	form := p.filled(path, "f.applicant-name", "Sample Applicant", "f.telephone", "000000")
	has(t, p.get(path), http.StatusOK, told...)
	changed := full()
	changed.Item("human-resources.employment-registration").Task.Deliveries[1].Elements = []string{"telephone"}
	p.use(changed)
	r := p.post(path, form)
	has(t, r, http.StatusUnprocessableEntity, "has just changed")
	if _, kept := p.store.only(); kept {
		t.Error("taken on terms nobody was shown")
	}
	r = p.post(path, r.form(t, 0))
	has(t, r, http.StatusOK, append(told[:1:1], "Received")...)
	r.sound(t, "en")
	r = p.follow(r.code(t))
	has(t, r, http.StatusOK, append(told[:3:3], "How far your case has come")...)
	r.sound(t, "en")

	// What has no task goes nowhere by itself, and says so.
	has(t, p.get("/en/help"), http.StatusOK, "passed to no department’s system")
	if strings.Contains(p.get("/en/help").body, told[0]) || strings.Contains(p.get(path).body, "passed to no department") {
		t.Error("a form says that it is passed on and that it is not")
	}
}

// TestWhatGoesOnlineIsMarked: a list of services tells which of them need no visit, and
// the page of one leads to its form first of all.
func TestWhatGoesOnlineIsMarked(t *testing.T) {
	p := newPlace(t, survey())
	if n := strings.Count(p.get("/en/services").body, `<span class="tag online">Online</span>`); n != 3 {
		t.Errorf("%d services are marked as online, want 3", n)
	}
	item := p.get("/en/services/residence-letter").body
	if to := strings.Index(item, `href="`+letterPath+`"`); to < 0 || to > strings.Index(item, "What to bring") {
		t.Error("the page of an item does not begin with the way to apply")
	}
	without := survey()
	without.Site.Modules = nil
	p.use(without)
	if strings.Contains(p.get("/en/services").body, "tag online") || strings.Contains(p.get("/en/services/residence-letter").body, letterPath) {
		t.Error("applying is offered where the community does not take it")
	}
}

// TestAnEarlierApplicationIsNamed: the code of an earlier application goes into the
// sealed letter and nowhere else; one with a slip comes back, with all that was typed.
func TestAnEarlierApplicationIsNamed(t *testing.T) {
	p := newPlace(t, survey())
	const slip, code = "0000-0000-0000-00001", "0000-0000-0000-00000"
	form := p.filled(letterPath, "f.applicant-name", "Sample Applicant", "f.address", secret, "f.request-reason", "for school", "earlier", slip)
	r := p.post(letterPath, form)
	has(t, r, http.StatusUnprocessableEntity, "has a slip", `href="#earlier"`, `value="`+slip+`"`, "Employment status")
	r.sound(t, "en")
	again := r.form(t, 0)
	if again.Get("f.address") != secret {
		t.Error("what was typed did not stay")
	}
	again.Set("earlier", strings.ReplaceAll(code, "-", " "))
	has(t, p.post(letterPath, again), http.StatusOK, "Received")
	s, _ := p.store.only()
	var got store.Letter
	if err := json.Unmarshal(open(s.Sealed).Text, &got); err != nil || got.Earlier != code {
		t.Errorf("the letter names another: %v", err)
	}
	s.Sealed = nil
	if strings.Contains(fmt.Sprintf("%+v", s)+p.log.String(), code) {
		t.Error("the code is not only in the letter")
	}
	if strings.Contains(p.get("/en/help").body, `name="earlier"`) {
		t.Error("asked where nothing is reused")
	}
}

func TestTheSameFormIsOneCaseAndOneReceipt(t *testing.T) {
	p := newPlace(t, survey())
	form := letter(p)
	form.Set("f.birth-date", "")
	first := p.post(letterPath, form)
	p.clock.forward(time.Hour)
	form.Set("f.address", "another")
	second := p.post(letterPath, form)
	has(t, second, http.StatusOK, "what was sent first counts")
	if first.code(t) != second.code(t) {
		t.Error("two codes")
	}
	if s, ok := p.store.only(); !ok || !strings.Contains(string(open(s.Sealed).Text), "Flat 5") {
		t.Error("two cases, or the second counts")
	}
	// Another form is another case.
	other := letter(p)
	other.Set("f.birth-date", "")
	if p.post(letterPath, other).code(t) == first.code(t) {
		t.Error("two forms have one code")
	}
}

func TestRefusals(t *testing.T) {
	for name, c := range map[string]struct {
		change func(url.Values)
		status int
		want   string
	}{
		"missing":         {func(v url.Values) { v.Set("f.address", "  ") }, 422, "“Home address” is missing"},
		"absent":          {func(v url.Values) { v.Del("f.address") }, 422, "“Home address” is missing"},
		"undeclared":      {func(v url.Values) { v.Set("f.religion", "x"); v.Set("extra", "y") }, 422, "2 entries are not asked for"},
		"twice":           {func(v url.Values) { v.Add("f.address", "y") }, 422, "1 entries are not asked for"},
		"place":           {func(v url.Values) { v.Set("grid", "1") }, 422, "not asked for"},
		"control":         {func(v url.Values) { v.Set("f.address", "a\x00b") }, 422, "can’t be kept"},
		"bytes":           {func(v url.Values) { v.Set("f.address", "a\xffb") }, 422, "can’t be kept"},
		"lines":           {func(v url.Values) { v.Set("f.address", "a\nb") }, 422, "can’t be kept"},
		"long":            {func(v url.Values) { v.Set("f.address", strings.Repeat("长", 201)) }, 422, "at most 200 characters"},
		"long text":       {func(v url.Values) { v.Set("f.request-reason", strings.Repeat("长", 2001)) }, 422, "at most 2,000 characters"},
		"no number":       {func(v url.Values) { v.Set("f.household-income", "much") }, 422, "takes a number"},
		"no day":          {func(v url.Values) { v.Set("f.birth-date", "yesterday") }, 422, "takes a day"},
		"no answer":       {func(v url.Values) { v.Set("f.living-alone", "maybe") }, 422, "takes yes or no"},
		"no mail":         {func(v url.Values) { v.Set("f.email", "me") }, 422, "takes an address"},
		"no token":        {func(v url.Values) { v.Del("token") }, 422, "not opened here"},
		"other token":     {func(v url.Values) { v.Set("token", strings.Repeat("A", 54)) }, 422, "not opened here"},
		"another edition": {func(v url.Values) { v.Set("edition", "0123456789ab") }, 422, "has just changed"},
	} {
		t.Run(name, func(t *testing.T) {
			p := newPlace(t, survey())
			form := letter(p)
			form.Set("f.birth-date", "")
			c.change(form)
			r := p.post(letterPath, form)
			has(t, r, c.status, c.want)
			r.sound(t, "en")
			if len(p.store.submissions) != 0 {
				t.Error("it was kept")
			}
		})
	}
}

func TestConsentIsSeparate(t *testing.T) {
	p := newPlace(t, survey())
	const path = "/en/services/resident-insurance/apply"
	page := p.get(path)
	has(t, page, http.StatusOK, "Your separate consent", "365 days after the case is closed", "I consent, separately", "Enrolment in residents")
	form := page.form(t, 0)
	form.Set("f.applicant-name", "a")
	form.Set("f.telephone", "000-0000 0000")
	form.Set("f.identity-number", "11010519491231002x")
	r := p.post(path, form)
	has(t, r, http.StatusUnprocessableEntity, "needs your separate consent", `href="#consent-identity-number"`, "11010519491231002x")
	r.sound(t, "en")
	form.Set("c.identity-number", "yes")
	form.Set("f.identity-number", "110105194912310021")
	has(t, p.post(path, form), http.StatusUnprocessableEntity, "has a slip", `name="c.identity-number" value="yes" checked`)
	form.Set("f.identity-number", "１１010519491231002x")
	has(t, p.post(path, form), http.StatusOK, "Received")
	s, _ := p.store.only()
	if !strings.Contains(string(open(s.Sealed).Text), "11010519491231002X") {
		t.Error("not kept in its spelling")
	}
	// Without consent the field stays empty, and the rest is taken.
	p = newPlace(t, survey())
	form = p.filled(path, "f.applicant-name", "a", "f.telephone", "00000000")
	has(t, p.post(path, form), http.StatusOK, "Received")
}

// photograph is a small one.
func photograph(t testing.TB, encode func(io.Writer, image.Image) error) []byte {
	t.Helper()
	var out bytes.Buffer
	if err := encode(&out, image.NewGray(image.Rect(0, 0, 8, 8))); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func TestFiles(t *testing.T) {
	png, pdf := photograph(t, png.Encode), []byte("%PDF-1.7\n0")
	jpeg := photograph(t, func(w io.Writer, m image.Image) error { return jpeg.Encode(w, m, nil) })
	big := append(bytes.Clone(jpeg), make([]byte, 2<<20)...)
	telling := slices.Concat(jpeg[:2], []byte("\xff\xfe\x00\x0a34.2658N"), jpeg[2:])
	one := func(data []byte) []upload { return []upload{{"files", "a.png", data}} }
	for name, c := range map[string]struct {
		files  []upload
		status int
		want   string
		kept   int
	}{
		"three":     {[]upload{{"files", "a", png}, {"files", "b", jpeg}, {"files", "c", pdf}}, 200, "Received", 3},
		"none":      {nil, 200, "Received", 0},
		"empty":     {one(nil), 200, "Received", 0},
		"four":      {[]upload{{"files", "a", png}, {"files", "b", png}, {"files", "c", png}, {"files", "d", png}}, 422, "too many files", 0},
		"large":     {one(big), 422, "too large", 0},
		"exact":     {one(big[:2<<20]), 200, "Received", 1},
		"telling":   {one(telling), 200, "Received", 1},
		"damaged":   {one(jpeg[:len(jpeg)-2]), 422, "damaged or not whole", 0},
		"no png":    {one([]byte("\x89PNG\r\n\x1a\n0")), 422, "damaged or not whole", 0},
		"a page":    {one([]byte("<html><script>alert(1)</script>")), 422, "neither JPEG", 0},
		"a program": {one([]byte("MZ\x90\x00")), 422, "neither JPEG", 0},
		"elsewhere": {[]upload{{"photo", "a", png}}, 422, "not asked for", 0},
	} {
		t.Run(name, func(t *testing.T) {
			p := newPlace(t, survey())
			form := letter(p)
			form.Set("f.birth-date", "")
			r := p.multipart(letterPath, form, c.files...)
			has(t, r, c.status, c.want)
			r.sound(t, "en")
			s, ok := p.store.only()
			if ok != (c.status == 200) || len(s.Files) != c.kept {
				t.Errorf("kept %v, %d files", ok, len(s.Files))
			}
			for _, f := range s.Files {
				text := open(f.Sealed).Text
				if bytes.Contains(text, []byte("34.2658N")) || int64(len(text)) != f.Size {
					t.Error("a photograph tells where it was taken")
				}
			}
		})
	}
	// An opinion takes none.
	p := newPlace(t, survey())
	r := p.multipart("/en/opinion", p.filled("/en/opinion", "f.request-text", "x"), upload{"files", "a", png})
	has(t, r, http.StatusUnprocessableEntity, "not asked for")
}

func TestWhatIsNoForm(t *testing.T) {
	p := newPlace(t, survey())
	for name, c := range map[string]struct {
		kind, body string
		status     int
	}{
		"json":       {"application/json", "{}", 400},
		"nothing":    {"", "", 400},
		"cut":        {"multipart/form-data; boundary=x", "--x\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\nb", 400},
		"no border":  {"multipart/form-data", "", 400},
		"escapes":    {"application/x-www-form-urlencoded", "a=%zz", 400},
		"heavy":      {"application/x-www-form-urlencoded", "a=" + strings.Repeat("x", 600<<10), 413},
		"many parts": {"multipart/form-data; boundary=x", strings.Repeat("--x\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\nb\r\n", 400) + "--x--", 413},
	} {
		r := httptest.NewRequest(http.MethodPost, letterPath, strings.NewReader(c.body))
		r.Header.Set("Content-Type", c.kind)
		if got := p.send(r); got.status != c.status {
			t.Errorf("%s: %d, want %d", name, got.status, c.status)
		}
	}
}

func TestExpiredFormsKeepWhatWasTyped(t *testing.T) {
	p := newPlace(t, survey())
	form := letter(p)
	form.Set("f.birth-date", "")
	first := p.post(letterPath, form)
	p.clock.forward(13 * time.Hour)
	r := p.post(letterPath, form)
	has(t, r, http.StatusUnprocessableEntity, "open for too long", "Flat 5")
	// Sent again it is still the same case.
	if p.post(letterPath, r.form(t, 0)).code(t) != first.code(t) {
		t.Error("an expired form became another case")
	}
}

func TestWhenTheStoreIsDown(t *testing.T) {
	p := newPlace(t, survey())
	form := letter(p)
	form.Set("f.birth-date", "")
	for name, err := range map[string]error{
		"unavailable": fmt.Errorf("dial: %w", store.ErrUnavailable), "busy": store.ErrBusy, "refused": store.ErrInvalid, "other": errors.New("syntax"),
	} {
		p.store.err = err
		r := p.post(letterPath, form)
		has(t, r, http.StatusServiceUnavailable, "nothing was sent, and nothing is lost", "Flat 5", "Opening hours", "09:00")
		r.sound(t, "en")
		if r.header.Get("Retry-After") == "" {
			t.Errorf("%s: does not say when to come again", name)
		}
	}
	if text := p.log.String(); strings.Contains(text, "Flat") || strings.Contains(text, "Sample") || !strings.Contains(text, "busy") {
		t.Errorf("logged %s", text)
	}
	p.store.err = nil
	has(t, p.post(letterPath, form), http.StatusOK, "Received")
	p.seal.err = errors.New("no key")
	has(t, p.post("/en/opinion", p.filled("/en/opinion", "f.request-text", "x")), http.StatusServiceUnavailable, "nothing is lost")
}

func TestWhatIsNotOffered(t *testing.T) {
	p := newPlace(t, survey())
	for path, want := range map[string]int{
		"/en/services/nothing/apply": 404, "/en/services/water-bill/apply": 303, "/en/surveys/other": 404, "/services/residence-letter/apply": 302,
	} {
		if got := p.get(path); got.status != want {
			t.Errorf("%s: %d, want %d", path, got.status, want)
		}
		if got := p.post(path, url.Values{}); got.status != want {
			t.Errorf("POST %s: %d, want %d", path, got.status, want)
		}
	}
	if to := p.get("/en/services/water-bill/apply").header.Get("Location"); to != "/en/services/water-bill" {
		t.Errorf("a service of the counter leads to %q", to)
	}
	doc := survey()
	doc.Site.Forms, doc.Site.Modules = nil, nil
	p.use(doc)
	for _, path := range []string{"/en/help", "/en/opinion", "/en/mediation"} {
		has(t, p.get(path), http.StatusNotFound)
	}
	has(t, p.get(letterPath), http.StatusSeeOther)

	p.use(survey())
	sent := letter(p)
	suspended := survey()
	suspended.Site.Suspended = true
	p.use(suspended)
	for _, r := range []reply{p.get(letterPath), p.post(letterPath, sent)} {
		has(t, r, http.StatusOK, "Services are suspended", "Nothing can be sent")
		if strings.Contains(r.body, "<form") {
			t.Error("a form while services are suspended")
		}
	}
	if len(p.store.submissions) > 0 {
		t.Error("taken while services are suspended")
	}
}

func TestBeforeThereIsContent(t *testing.T) {
	p := newPlace(t, survey())
	fresh, err := resident.New(resident.Config{Store: p.store, Seal: p.seal, ReceiptsKey: make([]byte, 32)})
	if err != nil {
		t.Fatal(err)
	}
	p.handler.Dynamic = fresh.Routes()
	if r := p.get("/en/follow"); r.status != http.StatusServiceUnavailable || r.header.Get("Retry-After") != "5" {
		t.Errorf("%d, come again after %q", r.status, r.header.Get("Retry-After"))
	}
	fresh.Use(survey())
	has(t, p.get("/en/follow"), http.StatusOK)
}

func TestForeignPagesAreRefused(t *testing.T) {
	p := newPlace(t, survey())
	form := letter(p)
	r := httptest.NewRequest(http.MethodPost, letterPath, strings.NewReader(form.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.Header.Set("Sec-Fetch-Site", "cross-site")
	has(t, p.send(r), http.StatusForbidden, "Not accepted from elsewhere")
	if len(p.store.submissions) > 0 {
		t.Error("it was kept")
	}
	if p.get(letterPath).header.Get("Content-Security-Policy") != serve.FormPolicy {
		t.Error("another policy")
	}
}
