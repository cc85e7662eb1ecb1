package clerk

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"

	"github.com/shequ-io/shequ/internal/casework"
	"github.com/shequ-io/shequ/internal/store"
)

// counted is a census that is always the same, and how often it was asked for.
type counted struct {
	times int
	err   error
}

func (c *counted) Census(context.Context) (store.Census, error) {
	c.times++
	return store.Census{
		Open: []store.CensusRow{{Kind: casework.Opinion, Step: casework.Handled, Cases: 7, Late: 2}}, Waiting: 3, SetAside: 1, Words: 4,
	}, c.err
}

func TestMetrics(t *testing.T) {
	registry := prometheus.NewPedanticRegistry()
	m := NewMetrics(registry)
	if problems, err := testutil.GatherAndLint(registry); err != nil || len(problems) > 0 {
		t.Errorf("%v, %v", problems, err)
	}
	desk := &counted{}
	m.watch(desk)
	received := time.Date(2026, 3, 2, 1, 0, 0, 0, time.UTC)
	var c casework.Case
	var err error
	for i, typ := range []casework.EventType{casework.Collect, casework.Register, casework.Handle, casework.Report, casework.Close, casework.Rate} {
		e := casework.Event{
			ID: "event-000" + string(rune('0'+i)), Type: typ, Version: c.Version, Purpose: "service",
			Actor: casework.Actor{Role: casework.Staff, Work: "window-1"},
		}
		if typ == casework.Collect {
			e.Opening = casework.Opening{Case: "case-1", Kind: casework.Opinion, Item: "parks"}
		}
		if typ == casework.Rate {
			e.Actor, e.Ratings = casework.Actor{Role: casework.Resident}, casework.Ratings{Response: 3, Resolution: 4, Satisfaction: 5}
		}
		if c, _, err = casework.Apply(c, e, received.Add(time.Duration(i)*time.Hour)); err != nil {
			t.Fatal(err)
		}
		m.Applied(c)
	}
	want := `# HELP shequ_case_ratings_total Number of ratings residents gave, by kind, by what was rated (response, resolution, satisfaction) and by points, 1 to 5.
# TYPE shequ_case_ratings_total counter
shequ_case_ratings_total{kind="opinion",points="3",rated="response"} 1
shequ_case_ratings_total{kind="opinion",points="4",rated="resolution"} 1
shequ_case_ratings_total{kind="opinion",points="5",rated="satisfaction"} 1
# HELP shequ_cases_ended_total Number of times a case ended at this desk, by kind and by the step it ended in.
# TYPE shequ_cases_ended_total counter
shequ_cases_ended_total{kind="opinion",step="closed"} 1
# HELP shequ_cases_late Number of open cases by kind and step of which a clock that runs has passed its limit.
# TYPE shequ_cases_late gauge
shequ_cases_late{kind="opinion",step="handled"} 2
# HELP shequ_cases_open Number of open cases by kind and step.
# TYPE shequ_cases_open gauge
shequ_cases_open{kind="opinion",step="handled"} 7
# HELP shequ_cases_opened_total Number of cases this desk has taken in, by kind.
# TYPE shequ_cases_opened_total counter
shequ_cases_opened_total{kind="opinion"} 1
# HELP shequ_submissions_set_aside Number of submissions no case could be made of: not sealed for this community's key, or not readable. They are kept.
# TYPE shequ_submissions_set_aside gauge
shequ_submissions_set_aside 1
`
	names := []string{"shequ_cases_open", "shequ_cases_late", "shequ_cases_opened_total", "shequ_cases_ended_total", "shequ_case_ratings_total", "shequ_submissions_set_aside"}
	if err := testutil.GatherAndCompare(registry, strings.NewReader(want), names...); err != nil {
		t.Error(err)
	}
	families, err := registry.Gather()
	if err != nil {
		t.Fatal(err)
	}
	sums := map[string]float64{}
	for _, f := range families {
		for _, metric := range f.GetMetric() {
			sums[f.GetName()] += metric.GetHistogram().GetSampleSum()
		}
	}
	if sums["shequ_case_accept_duration_seconds"] != 3600 || sums["shequ_case_resolve_duration_seconds"] != 4*3600 {
		t.Errorf("%v", sums)
	}
	if desk.times != 1 {
		t.Errorf("counted %d times for two scrapes", desk.times)
	}
}

// What can't be counted is not shown as it was.
func TestNoStaleCensus(t *testing.T) {
	registry := prometheus.NewRegistry()
	m := NewMetrics(registry)
	m.watch(&counted{err: errors.New("no database")})
	if n, err := testutil.GatherAndCount(registry, "shequ_cases_open", "shequ_submissions_waiting"); n != 0 || err != nil {
		t.Errorf("%d, %v", n, err)
	}
}
