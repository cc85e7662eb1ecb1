package clerk_test

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"os"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"

	"github.com/shequ-io/shequ/internal/casework"
	"github.com/shequ-io/shequ/internal/clerk"
	"github.com/shequ-io/shequ/internal/courier"
	"github.com/shequ-io/shequ/internal/store"
	"github.com/shequ-io/shequ/internal/store/storetest"
)

func TestMain(m *testing.M) { os.Exit(storetest.Run(m)) }

var staff = store.Who{Actor: casework.Actor{Role: casework.Staff, Work: "window-1"}, Station: "station"}

// everywhere is in one grid.
type everywhere struct{}

func (everywhere) Locate(store.Place) []casework.Candidate {
	return []casework.Candidate{{Grid: "g1", Level: 3}}
}

// submission is one for a database, with another id each time.
func submission(t *testing.T, d *storetest.Database, kind casework.Kind) store.Submission {
	t.Helper()
	var b [8]byte
	rand.Read(b[:])
	id := fmt.Sprintf("%x-0000-4000-8000-0000%x", b[:4], b[:])[:36]
	plain, err := json.Marshal(store.Letter{Fields: casework.Fields{"applicant-name": "a name"}, Place: &store.Place{Longitude: 1, Latitude: 1}})
	if err != nil {
		t.Fatal(err)
	}
	sealed, err := d.Keys.Public.Seal(plain, store.SubmissionContext(id))
	if err != nil {
		t.Fatal(err)
	}
	s := store.Submission{
		ID: id, Kind: kind, Channel: store.PortalChannel, Language: "en", Sealed: sealed,
		Terms: store.Terms{Item: "street-lamp", Purpose: "service"},
	}
	rand.Read(s.Receipt[:])
	return s
}

// running runs a clerk until the test ends.
func running(t *testing.T, desk *store.Desk, config clerk.Config) {
	t.Helper()
	config.Poll = 50 * time.Millisecond
	c, err := clerk.New(desk, config)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	var wait sync.WaitGroup
	wait.Go(func() {
		if err := c.Run(ctx); err != nil {
			t.Error(err)
		}
	})
	t.Cleanup(func() {
		cancel()
		wait.Wait()
	})
}

// eventually waits until something is so.
func eventually(t *testing.T, what string, so func() bool) {
	t.Helper()
	for end := time.Now().Add(time.Minute); !so(); time.Sleep(50 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("not within a minute: %s", what)
		}
	}
}

// What residents send becomes a case, and what they say is applied, with nobody asking.
func TestClerkWorks(t *testing.T) {
	d := storetest.NewDatabase(t)
	registry := prometheus.NewRegistry()
	metrics := clerk.NewMetrics(registry)
	portal := d.Portal(t)
	desk := d.Desk(t, func(c *store.Config) { c.Applied, c.Locator = metrics.Applied, everywhere{} })
	ended := func() []string { return []string{"parks"} }
	running(t, desk, clerk.Config{Metrics: metrics, Ended: ended})
	s := submission(t, d, casework.HelpRequest)
	if _, err := portal.Submit(t.Context(), s); err != nil {
		t.Fatal(err)
	}
	step := func() casework.Step {
		p, err := portal.Progress(t.Context(), s.Receipt)
		if err != nil {
			t.Fatal(err)
		}
		return p.Step
	}
	eventually(t, "the submission is taken in", func() bool { return step() == casework.Collected })
	if _, err := desk.Do(t.Context(), staff, s.ID, casework.Event{ID: "event-register", Type: casework.Register, Version: 1, Purpose: "service"}); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the case goes to its grid", func() bool { return step() == casework.Dispatched })
	// Another desk beside this one does nothing twice.
	running(t, d.Desk(t), clerk.Config{Ended: ended})
	word := store.Word{ID: "00000000-0000-4000-8000-000000000001", Type: casework.Withdraw, Reason: casework.NoLongerNeeded}
	if err := portal.Say(t.Context(), s.Receipt, word); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the case is withdrawn", func() bool { return step() == casework.Withdrawn })
	if n, err := testutil.GatherAndCount(registry, "shequ_cases_opened_total"); err != nil || n != 1 {
		t.Errorf("%d, %v", n, err)
	}
	eventually(t, "the survey's result is published", func() bool {
		got, err := portal.Disclosed(t.Context())
		return err == nil && len(got.Surveys) == 1
	})
}

// What a system says changes its case, and a month's figures are entered as reports,
// with nobody asking.
func TestClerkHearsAndReports(t *testing.T) {
	d := storetest.NewDatabase(t)
	now := time.Date(2026, 3, 2, 1, 0, 0, 0, time.UTC)
	later := now.AddDate(0, 2, 0)
	compose := func(o courier.Occasion) []courier.Consignment {
		if o.Case.Step != casework.Registered {
			return nil
		}
		f := courier.Facts{Case: o.Case.ID, Task: o.Task, System: "social-security", Purpose: o.Purpose, Version: o.Case.Version}
		return []courier.Consignment{{Facts: f, Message: &courier.Message{Facts: f, Fields: []courier.Field{{Name: "a", Value: "b"}}, Salt: o.Salt()}}}
	}
	desk := d.Desk(t, func(c *store.Config) {
		c.Compose, c.Now = compose, func() time.Time { return now }
	})
	s := submission(t, d, casework.Opinion)
	s.Terms.Task = "dept/task"
	if _, err := d.Portal(t, func(c *store.Config) { c.Now = func() time.Time { return now } }).Submit(t.Context(), s); err != nil {
		t.Fatal(err)
	}
	if _, err := desk.TakeIn(t.Context()); err != nil {
		t.Fatal(err)
	}
	if _, err := desk.Do(t.Context(), staff, s.ID, casework.Event{ID: "event-register", Type: casework.Register, Version: 1, Purpose: "service"}); err != nil {
		t.Fatal(err)
	}
	carrier := d.Courier(t, func(c *store.Config) { c.Now = func() time.Time { return later } })
	parcels, err := carrier.Claim(t.Context(), "social-security", 1, time.Hour)
	if err != nil || len(parcels) != 1 {
		t.Fatal(parcels, err)
	}
	said := courier.Outcome{Verdict: courier.Rejected, Reason: casework.NotEligible}
	if err := carrier.Settle(t.Context(), []store.Settlement{{Key: parcels[0].Key, Parcel: &parcels[0], At: now, Delivered: &said}}); err != nil {
		t.Fatal(err)
	}
	running(t, d.Desk(t, func(c *store.Config) { c.Now = func() time.Time { return later } }), clerk.Config{Reports: func() []store.Report {
		return []store.Report{{System: "e-supervision", Purpose: "e-supervision-report", Community: "qingnianlu/anding"}}
	}})
	eventually(t, "the case is rejected in the system's name", func() bool {
		entries, err := desk.Trail(t.Context(), 1, 100)
		if err != nil || len(entries) == 0 {
			return false
		}
		last := entries[len(entries)-1].Turn
		return last.To == casework.Rejected && last.Event.Actor == casework.Actor{Role: casework.System, Work: "social-security"}
	})
	eventually(t, "the month's report waits", func() bool {
		systems, _, err := carrier.Due(t.Context())
		return err == nil && slices.Equal(systems, []string{"e-supervision"})
	})
}

// A desk that starts before its database waits for it; and goes on when the database
// was gone for a while.
func TestClerkOutlivesTheDatabase(t *testing.T) {
	server := storetest.NewServer(t, storetest.Options{})
	d := server.NewDatabase(t)
	portal, desk := d.Portal(t), d.Desk(t)
	server.Stop()
	running(t, desk, clerk.Config{})
	if err := desk.Ready(t.Context()); err == nil {
		t.Error("ready without a database")
	}
	for round := range 2 {
		if err := server.Start(t.Context()); err != nil {
			t.Fatal(err)
		}
		s := submission(t, d, casework.Opinion)
		if _, err := portal.Submit(t.Context(), s); err != nil {
			t.Fatal(err)
		}
		eventually(t, "the submission is taken in", func() bool {
			p, err := portal.Progress(t.Context(), s.Receipt)
			return err == nil && p.Step == casework.Collected
		})
		if round == 0 {
			server.Kill()
		}
	}
}
