package desk_test

import (
	"bytes"
	"image"
	"image/png"
	"mime/multipart"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/shequ-io/shequ/internal/casework"
	"github.com/shequ-io/shequ/internal/store"
)

// fill opens a form of the counter and returns what it carries.
func (b *browser) fill(path string, pairs ...string) url.Values {
	b.w.t.Helper()
	p := b.get("/en" + path)
	if p.status != http.StatusOK {
		b.w.t.Fatalf("%s: %d", path, p.status)
	}
	form := url.Values{}
	_, main, _ := strings.Cut(p.body, "<main")
	for _, input := range inputPattern.FindAllStringSubmatch(main, -1) {
		form.Set(input[1], input[2])
	}
	return with(form, pairs...)
}

var codePattern = regexp.MustCompile(`[0-9A-Z]{4}-[0-9A-Z]{4}-[0-9A-Z]{4}-[0-9A-Z]{5}`)

// On paper, too, residents are told who gets what before they write it.
func TestBlankTellsWhoGetsWhat(t *testing.T) {
	w := newWorld(t)
	item := w.delivered()
	b := w.as(staff)
	contains(t, b.get("/en/enter/"+item+"/blank"), http.StatusOK, "Who gets this once it is accepted", "Social security", "区社会保险经办中心",
		"Applicant&#39;s name, Identity number, Date of birth, Employment status")
	if other := b.get("/en/enter/residence-letter/blank"); strings.Contains(other.body, "Who gets this") {
		t.Error("a form whose content goes nowhere says that it does")
	}
}

func TestEnterAtTheCounter(t *testing.T) {
	w := newWorld(t)
	w.sample()
	b := w.as(staff)
	before := len(w.store.order)
	form := b.fill("/enter/hardship-letter", "channel", "telephone", "answer", "zh-CN", "urgency", "complex",
		"f.applicant-name", "某居民", "f.household-size", "4")
	if !form.Has("token") {
		t.Fatalf("%v", form)
	}
	first := b.do("POST", "/en/enter/hardship-letter", form)
	if first.status != http.StatusOK {
		t.Fatalf("%d %s", first.status, first.body)
	}
	code := codePattern.FindString(first.body)
	receipt, err := casework.ParseReceipt(code)
	if err != nil {
		t.Fatalf("no receipt code: %v", err)
	}
	// Sent again it is one case with one code.
	if again := b.do("POST", "/en/enter/hardship-letter", form); codePattern.FindString(again.body) != code || len(w.store.order) != before+1 {
		t.Errorf("sent twice: %d cases more", len(w.store.order)-before)
	}
	k := w.store.cases[w.store.order[before]]
	if !receipt.Matches(receiptsKey, k.Receipt) || k.Channel != store.TelephoneChannel || k.Language != "zh-CN" || k.c.Urgency != casework.Complex ||
		k.letter.Fields["household-size"] != "4" || k.Work != staff || k.Terms.AcceptWithinMinutes != 1440 || k.Terms.Purpose == "" {
		t.Errorf("kept %+v", k.Submission)
	}
	for _, want := range []string{k.number, "受理回执", "家庭经济困难情况说明", "2026年3月4日 10:00"} { // in the resident's language
		if !strings.Contains(first.body, want) {
			t.Errorf("the receipt does not say %q", want)
		}
	}
	if strings.Contains(first.body, "某居民") || strings.Contains(w.log.String(), code) {
		t.Error("the receipt or the log says too much")
	}
	// The code finds the case, and its number does.
	for _, text := range []string{code, strings.ToLower(code), k.number} {
		if p := b.post("/en/find", url.Values{"q": {text}}); p.at.Path != "/en/cases/"+k.ID {
			t.Errorf("%q leads to %s", text, p.at)
		}
	}
	for _, text := range []string{"某居民", "", "2026-999999", strings.Repeat("x", 500), "%"} {
		if p := b.post("/en/find", url.Values{"q": {text}}); p.status != http.StatusOK || !strings.Contains(p.body, "Nothing was found") {
			t.Errorf("%q: %d", text, p.status)
		}
	}
}

func TestEnterWhatIsIncomplete(t *testing.T) {
	w := newWorld(t)
	w.sample()
	b := w.as(staff)
	before := len(w.store.order)
	form := b.fill("/enter/hardship-letter", "f.household-size", "four")
	p := b.do("POST", "/en/enter/hardship-letter", form)
	if p.status != http.StatusUnprocessableEntity || !strings.Contains(p.body, `value="four"`) || !strings.Contains(p.body, `id="errors"`) || len(w.store.order) != before {
		t.Errorf("with mistakes: %d", p.status)
	}
	form = with(form, "incomplete", "yes", "f.household-size", "")
	p = b.do("POST", "/en/enter/hardship-letter", form)
	if p.status != http.StatusOK || !strings.Contains(p.body, "Still missing") || !strings.Contains(p.body, "Applicant&#39;s name") {
		t.Fatalf("incomplete: %d %s", p.status, p.body)
	}
	k := w.store.cases[w.store.order[before]]
	if k.c.Paused != casework.MaterialsMissing || k.c.Version != 2 {
		t.Errorf("%+v", k.c)
	}
	// Sent again it stays as it is.
	if p := b.do("POST", "/en/enter/hardship-letter", form); p.status != http.StatusOK || w.store.cases[k.ID].c.Version != 2 {
		t.Errorf("again: %d, version %d", p.status, w.store.cases[k.ID].c.Version)
	}
	// A grid worker takes in what is whole.
	g := w.as(worker)
	form = g.fill("/enter/opinion", "incomplete", "yes")
	if p := g.do("POST", "/en/enter/opinion", form); p.status != http.StatusUnprocessableEntity {
		t.Errorf("a grid worker, incomplete: %d", p.status)
	}
}

func TestEnterWithoutFieldsAndFromTheMap(t *testing.T) {
	w := newWorld(t)
	w.sample()
	b := w.as(staff)
	if p := b.do("POST", "/en/enter/water-bill", b.fill("/enter/water-bill")); p.status != http.StatusOK || codePattern.FindString(p.body) == "" {
		t.Errorf("an item that asks nothing: %d %s", p.status, p.body)
	}
	form := b.fill("/enter/help-request", "f.request-text", "一楼漏水", "grid", "1")
	pointed := b.do("POST", "/en/enter/help-request", with(form, "map.x", "100", "map.y", "100", "large.x", "100", "large.y", "100"))
	if strings.Contains(pointed.body, "Receipt code") {
		t.Error("a click on the map sends the form")
	}
	p := b.do("POST", "/en/enter/help-request", form)
	last := w.store.cases[w.store.order[len(w.store.order)-1]]
	if p.status != http.StatusOK || last.letter.Place == nil || last.c.Kind != casework.HelpRequest {
		t.Errorf("%d, %+v", p.status, last.letter.Place)
	}
}

func TestEnterWithAFile(t *testing.T) {
	w := newWorld(t)
	w.sample()
	b := w.as(staff)
	send := func(name string, data []byte) page {
		t.Helper()
		form := b.fill("/enter/hardship-letter", "f.applicant-name", "某居民", "f.household-size", "4")
		var body bytes.Buffer
		parts := multipart.NewWriter(&body)
		for k := range form {
			_ = parts.WriteField(k, form.Get(k))
		}
		part, err := parts.CreateFormFile("files", name)
		if err != nil {
			t.Fatal(err)
		}
		_, _ = part.Write(data)
		_ = parts.Close()
		r, err := http.NewRequestWithContext(t.Context(), "POST", w.http.URL+"/en/enter/hardship-letter", &body)
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Content-Type", parts.FormDataContentType())
		answer, err := b.client.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		defer answer.Body.Close()
		var text bytes.Buffer
		_, _ = text.ReadFrom(answer.Body)
		return page{status: answer.StatusCode, body: text.String()}
	}
	if p := send("scan.pdf", []byte("%PDF-1.7\n")); p.status != http.StatusOK {
		t.Fatalf("%d %s", p.status, p.body)
	}
	files := w.store.cases[w.store.order[len(w.store.order)-1]].Files
	if len(files) != 1 || files[0].MediaType != "application/pdf" || bytes.Contains(files[0].Sealed, []byte("%PDF")) {
		t.Errorf("%+v", files)
	}
	var photograph bytes.Buffer
	if err := png.Encode(&photograph, image.NewGray(image.Rect(0, 0, 8, 8))); err != nil {
		t.Fatal(err)
	}
	if p := send("behind.png", append(photograph.Bytes(), "34.2658N"...)); p.status != http.StatusOK {
		t.Fatalf("%d %s", p.status, p.body)
	}
	files = w.store.cases[w.store.order[len(w.store.order)-1]].Files
	if len(files) != 1 || files[0].Size != int64(photograph.Len()) {
		t.Errorf("a photograph keeps what is behind its pixels: %+v", files)
	}
	if p := send("page.html", []byte("<script>alert(1)</script>")); p.status != http.StatusUnprocessableEntity {
		t.Errorf("a page as a file: %d", p.status)
	}
}

func TestEnterWhileTheStoreIsDown(t *testing.T) {
	w := newWorld(t)
	w.sample()
	b := w.as(staff)
	form := b.fill("/enter/opinion", "f.request-text", "希望多放几把椅子", "channel", "telephone")
	w.store.fail(true)
	p := b.do("POST", "/en/enter/opinion", form)
	if p.status != http.StatusServiceUnavailable || !strings.Contains(p.body, "希望多放几把椅子") || !strings.Contains(p.body, `value="telephone" checked`) {
		t.Errorf("%d %s", p.status, p.body)
	}
	if strings.Contains(w.log.String(), "椅子") {
		t.Error("the log holds what was typed")
	}
	w.store.fail(false)
	w.clock.forward(13 * time.Hour) // the form, and the session, are too old by now
	b = w.as(staff)
	form.Set("csrf", b.token())
	p = b.do("POST", "/en/enter/opinion", form)
	if p.status != http.StatusUnprocessableEntity || !strings.Contains(p.body, "open for too long") {
		t.Errorf("an old form: %d", p.status)
	}
}

func TestSurveysFromPaper(t *testing.T) {
	w := newWorld(t)
	w.sample()
	b := w.as(staff)
	form := b.fill("/survey/hall-2026", "q.hours", "1", "q.overall", "4")
	for range 2 {
		if p := b.do("POST", "/en/survey/hall-2026", form); p.status != http.StatusOK || !strings.Contains(p.body, "That sheet is entered") {
			t.Fatalf("%d %s", p.status, p.body)
		}
	}
	if len(w.store.answers) != 1 || w.store.answers[0].Choices["overall"][0] != "4" || w.store.answers[0].Channel != store.CounterChannel {
		t.Errorf("%+v", w.store.answers)
	}
	for _, bad := range []url.Values{b.fill("/survey/hall-2026"), with(form, "q.hours", "9"), with(form, "token", "x"), with(form, "q.name", "somebody")} {
		if p := b.do("POST", "/en/survey/hall-2026", bad); p.status != http.StatusUnprocessableEntity {
			t.Errorf("%v: %d", bad, p.status)
		}
	}
	w.clock.forward(40 * 24 * time.Hour)
	if p := w.as(staff).get("/en/survey/hall-2026"); p.status != http.StatusNotFound {
		t.Errorf("a survey that is over: %d", p.status)
	}
}
