package store_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/shequ-io/shequ/internal/casework"
	"github.com/shequ-io/shequ/internal/courier"
	"github.com/shequ-io/shequ/internal/store"
	"github.com/shequ-io/shequ/internal/store/storetest"
)

// Whoever has taken over the portal can put in what is no submission; that keeps nobody
// else's from becoming a case, and nothing from being deleted in time.
func TestWhatThePortalPutsInHoldsUpNobody(t *testing.T) {
	h := newHome(t)
	good := h.form(casework.Application, aLetter)
	portal := h.Connect(t, storetest.Portal)
	submit := func(f form, terms string, received any) error {
		_, err := portal.Exec(t.Context(), `SELECT portal_submit($1, $2, 'application', 'old-age-allowance', $3, 'ordinary', 'portal', '', 'en', $4, $5, '{}', '{}', '{}', '{}')`,
			f.ID, f.Receipt[:], terms, received, f.Sealed)
		return err
	}
	for _, received := range []string{"-infinity", "infinity", "0044-03-15 BC", "1969-12-31T23:59:59Z", "10000-01-01T00:00:00Z"} {
		if err := submit(h.form(casework.Application, aLetter), "{}", received); err == nil {
			t.Errorf("received %s", received)
		}
	}
	odd := 0
	for _, terms := range []string{
		`[]`, `{"item":"old-age-allowance","purpose":"service","retentionDays":"long"}`, `{"item":"old-age-allowance","purpose":"service","retentionDays":1e30}`,
		`{"item":"old-age-allowance","purpose":"service","retentionDays":30,"task":"a resident’s name"}`,
		`{"item":"old-age-allowance","purpose":"service"}`,
	} {
		if err := submit(h.form(casework.Application, aLetter), terms, t0); err != nil {
			t.Fatal(err)
		}
		odd++
	}
	if _, err := h.portal.Submit(t.Context(), good.Submission); err != nil {
		t.Fatal(err)
	}
	if _, err := portal.Exec(t.Context(), "SELECT portal_say($1, gen_random_uuid(), 'withdraw', 'no-longer-needed', 0, 0, 0, '-infinity')", good.Receipt[:]); err == nil {
		t.Error("something was said before all time")
	}
	if got := h.takeIn(); got != (store.Intake{Taken: 1, SetAside: odd}) {
		t.Errorf("%+v", got)
	}
	h.clock.pass((store.DefaultRetentionDays + 1) * aDay)
	if got, err := h.desk.Expire(t.Context()); err != nil || got.Letters != odd-1 {
		t.Errorf("%+v, %v", got, err)
	}
	h.clock.pass(36500 * aDay)
	if got, err := h.desk.Expire(t.Context()); err != nil || got.Letters != 1 {
		t.Errorf("%+v, %v", got, err)
	}
	h.checkTrail()
}

// What was set aside and is read after all is kept as long as any other: its time
// begins with the end of its case.
func TestWhatIsReadInTheEndIsKept(t *testing.T) {
	h := newHome(t)
	f := h.sealed("no letter")
	if _, err := h.portal.Submit(t.Context(), f.Submission); err != nil {
		t.Fatal(err)
	}
	h.takeIn()
	expire := func(want int) {
		t.Helper()
		if got, err := h.desk.Expire(t.Context()); err != nil || got.Letters != want {
			t.Errorf("%+v, %v, want %d", got, err, want)
		}
	}
	expire(0)
	readable, err := h.Keys.Public.Seal([]byte(`{"fields":{"applicant-name":"x"}}`), store.SubmissionContext(f.ID))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := h.admin().Exec(t.Context(), "UPDATE letters SET sealed = $2 WHERE id = $1", f.ID, readable); err != nil {
		t.Fatal(err)
	}
	if n, err := h.desk.TryAgain(t.Context()); n != 1 || err != nil {
		t.Fatal(n, err)
	}
	if got := h.takeIn(); got != (store.Intake{Taken: 1}) {
		t.Fatalf("%+v", got)
	}
	h.clock.pass(2 * store.DefaultRetentionDays * aDay)
	expire(0)
	h.do(staff, f.ID, casework.Reject, because(casework.NotEligible))
	h.clock.pass(30 * aDay)
	expire(1)
}

// What waits to be tried once more is not deleted before it was: else it would wait for
// ever.
func TestWhatIsTriedAgainIsNotLost(t *testing.T) {
	h := newHome(t)
	f := h.sealed("no letter")
	if _, err := h.portal.Submit(t.Context(), f.Submission); err != nil {
		t.Fatal(err)
	}
	h.takeIn()
	if _, err := h.desk.Expire(t.Context()); err != nil {
		t.Fatal(err)
	}
	if n, err := h.desk.TryAgain(t.Context()); n != 1 || err != nil {
		t.Fatal(n, err)
	}
	h.clock.pass(2 * store.DefaultRetentionDays * aDay)
	if got, err := h.desk.Expire(t.Context()); err != nil || got.Letters != 0 {
		t.Errorf("%+v, %v", got, err)
	}
	if got := h.takeIn(); got != (store.Intake{SetAside: 1}) {
		t.Errorf("%+v", got)
	}
	if got, err := h.desk.Expire(t.Context()); err != nil || got.Letters != 1 {
		t.Errorf("%+v, %v", got, err)
	}
	if pending, err := h.desk.Pending(t.Context()); err != nil || pending.Any() {
		t.Errorf("%+v, %v", pending, err)
	}
	// Whoever sent it is still told that nobody could read it.
	if p := h.progress(f); !p.Unreadable {
		t.Errorf("%+v", p)
	}
}

// What is said of one case is applied in the order it was said in, also where several
// clerks are at it; other cases do not wait.
func TestWordsKeepTheirOrder(t *testing.T) {
	h := newHome(t)
	f, g := h.submit(casework.Application, aLetter), h.submit(casework.Application, aLetter)
	say := func(to form, w store.Word) string {
		w.ID = uuid()
		if err := h.portal.Say(t.Context(), to.Receipt, w); err != nil {
			t.Fatal(err)
		}
		h.clock.pass(time.Second)
		return w.ID
	}
	withdraw := store.Word{Type: casework.Withdraw, Reason: casework.NoLongerNeeded}
	h.do(staff, f.ID, casework.Reject, because(casework.NotEligible))
	rate := say(f, store.Word{Type: casework.Rate, Ratings: casework.Ratings{Response: 5, Resolution: 5, Satisfaction: 5}})
	say(f, store.Word{Type: casework.Rate, Ratings: casework.Ratings{Response: 1, Resolution: 1, Satisfaction: 1}})
	say(g, withdraw)
	// Another clerk is at the first.
	tx, err := h.admin().Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer tx.Rollback(t.Context())
	if _, err := tx.Exec(t.Context(), "SELECT FROM words WHERE id = $1 FOR UPDATE", rate); err != nil {
		t.Fatal(err)
	}
	if got, err := h.desk.Hear(t.Context()); err != nil || got != (store.Heard{Applied: 1}) {
		t.Errorf("%+v, %v", got, err)
	}
	if err := tx.Rollback(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got, err := h.desk.Hear(t.Context()); err != nil || got != (store.Heard{Applied: 1, Refused: 1}) {
		t.Errorf("%+v, %v", got, err)
	}
	if p := h.progress(f); fmt.Sprint(p.Ratings) != "{5 5 5}" {
		t.Errorf("rated %v", p.Ratings)
	}
}

// Of long letters fewer are opened at once, so that a small program has room for them;
// one that is longer than that is taken in by itself.
func TestLongLettersAreTakenInApart(t *testing.T) {
	h := newHome(t)
	for _, size := range []int{6 << 20, 3 << 20, 3 << 20, 10, 10} {
		f := h.form(casework.Application, store.Letter{Fields: casework.Fields{"applicant-name": strings.Repeat("x", size)}})
		if _, err := h.portal.Submit(t.Context(), f.Submission); err != nil {
			t.Fatal(err)
		}
		h.clock.pass(time.Second)
	}
	for _, want := range []int{1, 2, 2, 0} {
		if got, err := h.desk.TakeIn(t.Context()); err != nil || got.Taken != want {
			t.Errorf("%+v, want %d: %v", got, want, err)
		}
	}
}

// The server looks itself whether a program is still there.
func TestAProgramThatIsGoneIsMissed(t *testing.T) {
	h := newHome(t)
	var idle, interval, count string
	err := h.desk.Pool().QueryRow(t.Context(), "SELECT current_setting('tcp_keepalives_idle'), current_setting('tcp_keepalives_interval'), current_setting('tcp_keepalives_count')").
		Scan(&idle, &interval, &count)
	if err != nil || idle != "30" || interval != "10" || count != "3" {
		t.Errorf("it looks after %s s, %s times every %s s, %v", idle, count, interval, err)
	}
}

// What is said of a case that can't be worked on holds up no other, and is not lost: it
// is applied once the case can be.
func TestWhatIsSaidIsTriedAgain(t *testing.T) {
	h := newHome(t)
	c := courierOf(t, h)
	f, p := h.registered(t, c)
	settle(t, c, h.taken(&p, courier.Outcome{Verdict: courier.MoreNeeded, Reason: casework.MaterialsMissing}))
	g := h.submit(casework.Application, aLetter)
	if err := h.portal.Say(t.Context(), g.Receipt, store.Word{ID: uuid(), Type: casework.Withdraw, Reason: casework.NoLongerNeeded}); err != nil {
		t.Fatal(err)
	}
	hear := func(want store.Heard) {
		t.Helper()
		for _, hear := range []func(context.Context) (store.Heard, error){h.desk.Hear, h.desk.HearSystems} {
			if got, err := hear(t.Context()); got != want || err != nil {
				t.Errorf("%+v, want %+v: %v", got, want, err)
			}
		}
	}
	if _, err := h.admin().Exec(t.Context(), "CREATE TABLE kept AS SELECT id, terms FROM submissions; UPDATE submissions SET terms = '[]'"); err != nil {
		t.Fatal(err)
	}
	hear(store.Heard{Refused: 1})
	hear(store.Heard{})
	if _, err := h.admin().Exec(t.Context(), "UPDATE submissions s SET terms = k.terms FROM kept k WHERE k.id = s.id"); err != nil {
		t.Fatal(err)
	}
	if n, err := h.desk.TryAgain(t.Context()); n != 2 || err != nil {
		t.Errorf("%d, %v", n, err)
	}
	hear(store.Heard{Applied: 1})
	if first, second := h.progress(f), h.progress(g); first.Paused != casework.MaterialsMissing || second.Step != casework.Withdrawn {
		t.Errorf("paused %q, %s", first.Paused, second.Step)
	}
	if n, err := h.desk.TryAgain(t.Context()); n != 0 || err != nil {
		t.Errorf("%d, %v", n, err)
	}
}
