package desk_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
)

// TestOrdersByTheirNumber: whoever rings says the hotline's number. It is in every list,
// and leads to the case, whole and in either case; another grid's stays out of sight.
func TestOrdersByTheirNumber(t *testing.T) {
	w := newWorld(t)
	w.sample()
	w.delivered()
	id := w.order()
	b := w.as(staff)
	for lang, want := range map[string]string{"en": "order GD-2026-000042", "zh-CN": "工单 GD-2026-000042"} {
		if p := b.get("/" + lang + "/queue/open"); !strings.Contains(p.body, want) {
			t.Errorf("the queue does not say %q", want)
		}
		if p := b.get("/" + lang + "/cases/" + id); strings.Count(p.body, "GD-2026-000042") != 2 {
			t.Errorf("%s: the case's page does not say its number", lang)
		}
	}
	for said, leads := range map[string]bool{"GD-2026-000042": true, "gd-2026-000042": true, "GD-2026-00004": false, "GD": false, "%": false} {
		p := b.post("/en/find", url.Values{"q": {said}})
		if p.status != http.StatusOK || (p.at.Path == "/en/cases/"+id) != leads {
			t.Errorf("%q leads to %s", said, p.at)
		}
		if !leads && !strings.Contains(p.body, `value="`+said+`" autofocus`) {
			t.Errorf("%q can't be corrected where it was typed", said)
		}
	}
	// The page of a case begins with what is to be known of it, in words.
	if said := text(t, b.get("/en/cases/"+id).body); !strings.Contains(said, "the station 3 days left 7 Mar 10:00") || !strings.Contains(said, "Purpose 12345 work order station-service") {
		t.Errorf("%s", said)
	}
	// Two systems may use the same number: whoever looks chooses.
	w.order()
	if p := b.post("/en/find", url.Values{"q": {"GD-2026-000042"}}); p.at.Path != "/en/find" || strings.Count(p.body, "order GD-2026-000042") != 2 {
		t.Errorf("two of the number: %s\n%s", p.at, p.body)
	}
	if p := w.as(worker).post("/en/find", url.Values{"q": {"GD-2026-000042"}}); strings.Contains(p.body, id) || !strings.Contains(p.body, "Nothing was found") {
		t.Error("a grid worker finds what is not with the grid")
	}
	if strings.Contains(w.log.String(), "GD-2026") {
		t.Error("the log says what was looked for")
	}
}
