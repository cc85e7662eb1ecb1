package clerk_test

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"os"
	"sync"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"

	"github.com/shequ-io/shequ/internal/casework"
	"github.com/shequ-io/shequ/internal/clerk"
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
