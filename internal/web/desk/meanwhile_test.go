package desk_test

import (
	"errors"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/shequ-io/shequ/api/v1alpha1"
	"github.com/shequ-io/shequ/internal/casework"
)

// TestTheSameFieldAtOnce: of two who correct the same, the second is shown what the
// first put there, keeps what was typed, and decides.
func TestTheSameFieldAtOnce(t *testing.T) {
	w, id := enrolled(t)
	b, c := w.as(staff), w.as(other)
	first, second := b.supplement(id, "f.telephone", "029-1111"), c.supplement(id, "f.telephone", "029-2222", "f.birth-date", "1949-12-31")
	b.do("POST", "/en/cases/"+id+"/supplement", first)
	p := c.do("POST", "/en/cases/"+id+"/supplement", second)
	said := text(t, p.body)
	if p.status != http.StatusConflict || !strings.Contains(said, "Telephone: A colleague has changed this to “029-1111”") || valueOf(p.body, "f.telephone") != "029-2222" || valueOf(p.body, "f.birth-date") != "1949-12-31" {
		t.Errorf("%d %s", p.status, said)
	}
	if got := w.store.cases[id].letter.Fields; got["telephone"] != "029-1111" || got["birth-date"] != "" {
		t.Error("it was changed all the same, or half of it")
	}
	if zh := c.do("POST", "/zh-CN/cases/"+id+"/supplement", second); !strings.Contains(zh.body, "同事已改为“029-1111”") {
		t.Error("nothing in Chinese")
	}
	// Sent once more it takes its place: now it is known what was there.
	again := c.again(p, url.Values{"f.telephone": {"029-2222"}, "f.birth-date": {"1949-12-31"}, "f.request-reason": {""}})
	if p := c.do("POST", "/en/cases/"+id+"/supplement", again); p.at.Path != "/en/cases/"+id {
		t.Errorf("%d %s", p.status, text(t, p.body))
	}
	if got := w.store.cases[id].letter.Fields; got["telephone"] != "029-2222" || got["birth-date"] != "1949-12-31" || got["applicant-name"] != "某居民" {
		t.Errorf("kept %v", got.Codes())
	}
	if strings.Contains(w.log.String(), "029") {
		t.Error("the log says too much")
	}
}

// TestTakenOutMeanwhile: what a colleague has cleared is told too, and who types the
// same as a colleague has no quarrel with anybody.
func TestTakenOutMeanwhile(t *testing.T) {
	w, id := enrolled(t)
	b, c := w.as(staff), w.as(other)
	mine, same := c.supplement(id, "f.telephone", "029-2222"), c.supplement(id, "f.telephone", "")
	b.do("POST", "/en/cases/"+id+"/supplement", b.supplement(id, "f.telephone", ""))
	if p := c.do("POST", "/en/cases/"+id+"/supplement", same); p.at.Path != "/en/cases/"+id {
		t.Errorf("%d %s", p.status, text(t, p.body))
	}
	if p := c.do("POST", "/en/cases/"+id+"/supplement", mine); p.status != http.StatusConflict || !strings.Contains(text(t, p.body), "A colleague has taken this out") {
		t.Errorf("%d %s", p.status, text(t, p.body))
	}
}

// TestAtThisVeryMoment: whoever is quicker between the look and the change is told of
// like anybody else.
func TestAtThisVeryMoment(t *testing.T) {
	w, id := enrolled(t)
	b := w.as(staff)
	form := b.supplement(id, "f.telephone", "029-2222")
	w.store.first = func(k *kept) {
		k.letter.Fields = casework.Fields{"applicant-name": "某居民", "identity-number": "11010519491231002X", "telephone": "029-1111"}
	}
	p := b.do("POST", "/en/cases/"+id+"/supplement", form)
	if p.status != http.StatusConflict || !strings.Contains(text(t, p.body), "029-1111") || w.store.cases[id].letter.Fields["telephone"] != "029-1111" {
		t.Errorf("%d %s", p.status, text(t, p.body))
	}
}

// TestEndedWhileTyping: what was typed stays when a colleague ends the case.
func TestEndedWhileTyping(t *testing.T) {
	w, id := enrolled(t)
	b := w.as(staff)
	form := b.supplement(id, "f.telephone", "029-4321")
	w.events(id, casework.Event{Type: casework.Resume, Actor: asOther}, casework.Event{Type: casework.Reject, Actor: asOther, Reason: casework.NotEligible})
	p := b.do("POST", "/en/cases/"+id+"/supplement", form)
	if p.status != http.StatusConflict || !strings.Contains(text(t, p.body), "The case has ended meanwhile") || valueOf(p.body, "f.telephone") != "029-4321" || len(w.store.changes) != 0 {
		t.Errorf("%d %s", p.status, text(t, p.body))
	}
}

// TestLeavingTheGrid: a grid worker who returns a case is told that it is done, and not
// that the case is somebody else's; where a colleague was quicker, that nothing is.
func TestLeavingTheGrid(t *testing.T) {
	w := newWorld(t)
	_, id := w.sample()
	b := w.as(worker)
	form := with(b.form(id, casework.Return), "reason", "not-ours")
	for range 2 { // sent twice it is done once, and said as well
		p := b.send(id, form, nil)
		if p.status != http.StatusOK || p.at.Path != "/en/queue/grid" || !strings.Contains(text(t, p.body), "Done: Returned. It is no longer with your grid") {
			t.Errorf("%d at %s: %s", p.status, p.at, text(t, p.body))
		}
	}
	if got := w.store.cases[id].c; got.Step != casework.Registered || got.Place.Grid != "" {
		t.Errorf("at %s", got.Step)
	}
	if p := b.get("/en/queue/grid?did=<script>"); strings.Contains(p.body, "Done:") {
		t.Error("says that something was done which there is not")
	}
	// Somebody else is quicker.
	w.events(id, casework.Event{Type: casework.Dispatch, To: casework.Place{Grid: "qingnian-2-1"}})
	form = b.form(id, casework.Handle)
	supplement := with(b.supplement(id), "f.request-text", "还漏到了二楼")
	w.events(id, casework.Event{Type: casework.Transfer, Actor: asLead, To: casework.Place{Grid: "qingnian-2-2"}, Reason: casework.NotOurs})
	if p := b.send(id, form, nil); p.status != http.StatusForbidden || !strings.Contains(p.body, "no longer with your grid") || w.store.cases[id].c.Step != casework.Dispatched {
		t.Errorf("%d %s", p.status, text(t, p.body))
	}
	if p := b.do("POST", "/en/cases/"+id+"/supplement", supplement); p.status != http.StatusForbidden || !strings.Contains(p.body, "还漏到了二楼") || strings.Contains(p.body, "某居民") {
		t.Errorf("%d %s", p.status, text(t, p.body))
	}
}

// TestOurMistakesAreCalledThat: what does not go by itself is not put down to the
// database being away.
func TestOurMistakesAreCalledThat(t *testing.T) {
	w := newWorld(t)
	id, _ := w.sample()
	b := w.as(staff)
	form := with(b.form(id, casework.Reject), "reason", "duplicate")
	w.store.wrong = errors.New("the case does not follow from its trail; check the trail")
	if p := b.get("/en/cases/" + id); p.status != http.StatusInternalServerError || !strings.Contains(p.body, "Something is broken here") || strings.Contains(p.body, "trail") || p.header.Get("Retry-After") != "" {
		t.Errorf("%d %s", p.status, text(t, p.body))
	}
	if p := b.do("POST", "/en/cases/"+id+"/events", form); p.status != http.StatusInternalServerError || !strings.Contains(p.body, `name="reason" value="duplicate"`) {
		t.Errorf("%d %s", p.status, text(t, p.body))
	}
	if !strings.Contains(w.log.String(), "check the trail") {
		t.Error("the log does not say why")
	}
}

// TestAGridWorkersReceipt leads nowhere the grid worker may not go.
func TestAGridWorkersReceipt(t *testing.T) {
	w := newWorld(t)
	w.sample()
	b := w.as(worker)
	p := b.do("POST", "/en/enter/opinion", b.fill("/enter/opinion", "f.request-text", "多放几把椅子"))
	if p.status != http.StatusOK || codePattern.FindString(p.body) == "" || strings.Contains(p.body, "/cases/") {
		t.Errorf("%d %s", p.status, p.body)
	}
}

// TestYesAndNoAreWords: what programs keep as true is read as yes.
func TestYesAndNoAreWords(t *testing.T) {
	w := newWorld(t)
	w.sample()
	item := w.doc.Item("residence-letter")
	item.Elements[0].Type = "Boolean"
	w.desk.Use(&w.doc, w.list)
	id := w.enter(casework.Application, "residence-letter", "", casework.Fields{v1alpha1.DataElementCode(item.Elements[0].Code): "true"})
	for lang, want := range map[string]string{"en": "<dd>Yes</dd>", "zh-CN": "<dd>是</dd>"} {
		if p := w.as(staff).get("/" + lang + "/cases/" + id); !strings.Contains(p.body, want) || strings.Contains(p.body, "<dd>true</dd>") {
			t.Errorf("%s: no %s", lang, want)
		}
	}
}
