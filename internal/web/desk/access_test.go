package desk_test

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/shequ-io/shequ/internal/store"
)

// all is everything a post could have changed or read, to compare.
func (w *world) all() string {
	w.store.mu.Lock()
	defer w.store.mu.Unlock()
	var out strings.Builder
	for _, id := range w.store.order {
		fmt.Fprintln(&out, id, w.store.cases[id].c.Version)
	}
	fmt.Fprintln(&out, w.store.answers, w.store.acts, w.store.changes, w.store.reads, w.store.asked)
	return out.String()
}

// sendable is a form that somebody sends, and who may.
type sendable struct {
	path string
	form url.Values
	may  []string
}

func sendables(w *world, shown string) []sendable {
	at := slices.IndexFunc(w.store.sent, func(d store.Delivery) bool { return d.State == store.DeliveryDead })
	k, key := w.store.cases[shown], string(w.store.sent[at].Key)
	station, anybody := []string{lead, staff}, []string{lead, staff, worker}
	return []sendable{
		{"/cases/" + shown + "/events", url.Values{"id": {"event-of-a-test"}, "type": {"pause"}, "reason": {"materials-missing"}, "version": {fmt.Sprint(k.c.Version)}}, station},
		{"/cases/" + shown + "/supplement", url.Values{"f.household-size": {"5"}}, station},
		{"/find", url.Values{"q": {k.number}}, anybody},
		{"/grid", url.Values{"grid": {"qingnian-2-1"}}, anybody},
		{"/deliveries/replay", url.Values{"key": {key}}, station},
		{"/deliveries/give-up", url.Values{"key": {key}}, station},
		{"/enter/opinion", url.Values{"f.request-text": {"x"}}, anybody},
		{"/enter/hardship-letter", url.Values{"f.applicant-name": {"x"}}, station},
		{"/enter/hardship-letter", url.Values{"source": {k.number}, "prefill": {"yes"}}, station},
		{"/survey/hall-2026", url.Values{"q.hours": {"1"}}, anybody},
	}
}

// TestPostsByRole sends every form as everybody who may not: by role, without the
// session's token or with another's, and when the session is over. Nothing is done, and
// nothing of a resident is read, let alone shown.
func TestPostsByRole(t *testing.T) {
	w := newWorld(t)
	shown, _ := w.sample()
	w.delivered()
	w.stop(2)
	browsers := map[string]*browser{}
	for _, who := range []string{lead, staff, worker, viewer, unknown, ""} {
		browsers[who] = w.as(who)
	}
	tokens := map[string]string{}
	for _, who := range []string{lead, staff, worker, viewer} {
		tokens[who] = browsers[who].token()
	}
	refused := func(who, why string, s sendable, csrf string) page {
		t.Helper()
		before := w.all()
		p := browsers[who].do("POST", "/en"+s.path, with(s.form, "csrf", csrf))
		if p.status != http.StatusForbidden && p.status != http.StatusNotFound {
			t.Errorf("%s as %q, %s: %d at %s", s.path, who, why, p.status, p.at)
		}
		if after := w.all(); after != before {
			t.Errorf("%s as %q, %s, did something:\n%s", s.path, who, why, after)
		}
		if strings.Contains(p.body, "某居民") || strings.Contains(p.body, "3200") {
			t.Errorf("%s as %q, %s, shows what was written", s.path, who, why)
		}
		return p
	}
	for _, s := range sendables(w, shown) {
		for who := range browsers {
			if !slices.Contains(s.may, who) {
				refused(who, "who may not", s, tokens[who])
				continue
			}
			refused(who, "without a token", s, "")
			refused(who, "with one made up", s, strings.Repeat("A", 43))
			refused(who, "with another's", s, tokens[viewer])
		}
	}
	w.clock.forward(31 * time.Minute)
	for _, s := range sendables(w, shown) {
		for _, who := range s.may {
			if p := refused(who, "when the session is over", s, tokens[who]); !strings.Contains(p.body, "You are signed out") {
				t.Errorf("%s as %q is not told that the session is over: %d", s.path, who, p.status)
			}
		}
	}
}
