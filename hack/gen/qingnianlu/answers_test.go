package main

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	v1alpha1 "github.com/shequ-io/shequ/api/v1alpha1"
	"github.com/shequ-io/shequ/internal/admission"
)

// answersOf decides on the sample at noon of a day, for every community, as if
// there had been no ledger before.
func answersOf(t *testing.T, s sample, day string) map[string]admission.Result {
	t.Helper()
	noon, err := time.Parse(time.DateOnly+" 15:04 -0700", day+" 12:00 +0800")
	if err != nil {
		t.Fatal(err)
	}
	docket := admission.NewDocket(slices.Collect(maps.Values(s.tasks)), slices.Collect(maps.Values(s.decisions)),
		func(namespace string) string { return s.parties[namespace] }, nil)
	labels := map[string]string{v1alpha1.RoleLabel: v1alpha1.RoleSubdistrict}
	out := map[string]admission.Result{}
	for name, c := range s.communities {
		var grids []*v1alpha1.Grid
		for _, g := range s.grids {
			if g.Spec.CommunityRef != nil && g.Spec.CommunityRef.Name == name {
				grids = append(grids, g)
			}
		}
		out[name] = admission.Decide(&admission.Snapshot{
			Now: noon, Community: c, Standard: s.standard, Station: s.stations[name], Grids: grids, Systems: s.systems,
			Tasks: docket.For(refOf(c), labels), Records: docket.Records,
		})
	}
	return out
}

// meantIn is what a community is meant to answer on 2026-11-22.
func (p *proposal) meantIn(c surveyed) v1alpha1.LedgerReason {
	for _, o := range objections() {
		if o.task == p.ref() && o.community == c.name && o.verdict != v1alpha1.VerdictDismiss {
			return v1alpha1.LedgerContested
		}
	}
	spacious := []string{"qingnianlu-1", "lianhulu-1", "tangfangjie", "dongyaowangdong", "anding"}
	switch {
	case p.meant == v1alpha1.LedgerCapacityExceeded && slices.Contains(spacious, c.name):
		return v1alpha1.LedgerAdmitted
	case p.meant == v1alpha1.LedgerVisitCapacityExceeded && c.name == "anding":
		return v1alpha1.LedgerAdmitted // 38 visits a month there
	case p.meant == v1alpha1.LedgerVisitCapacityExceeded && slices.Contains([]string{"lianhulu-1", "tangfangjie"}, c.name):
		return v1alpha1.LedgerCapacityExceeded // the patrols fill their time; visits are named beside it
	}
	return cmp.Or(p.meant, v1alpha1.LedgerAdmitted)
}

// TestEveryTaskIsAnsweredAsMeant asks the engine the controller asks.
func TestEveryTaskIsAnsweredAsMeant(t *testing.T) {
	s, all := load(t), proposals()
	results := answersOf(t, s, today)
	answers := map[v1alpha1.LedgerReason]int{}
	for _, c := range surveyedCommunities(t) {
		result := results[c.name]
		got := map[v1alpha1.NamespacedReference]v1alpha1.LedgerEntry{}
		for _, e := range result.Status.Entries {
			got[e.TaskRef] = e
			answers[e.Reason]++
		}
		for i := range all {
			p := &all[i]
			if p.communities != nil && !slices.Contains(p.communities, c.name) {
				continue
			}
			if e := got[p.ref()]; e.Reason != p.meantIn(c) {
				t.Errorf("%s in %s: %s, want %s: %s", p.name, c.name, e.Reason, p.meantIn(c), e.Message)
			}
		}
		if result.Overcommitted != "" || *result.Status.Totals.Admitted < 50 {
			t.Errorf("%s: %d tasks admitted; overcommitted: %q", c.name, *result.Status.Totals.Admitted, result.Overcommitted)
		}
	}
	t.Logf("answers of twelve communities: %v", answers)
	if len(answers) < 16 {
		t.Errorf("%d reasons are given, want sixteen", len(answers))
	}
}

// TestAnswersLast looks at the sample on later days: what was admitted stays so
// for two years but where its window ends.
func TestAnswersLast(t *testing.T) {
	s, all := load(t), proposals()
	for _, day := range []string{"2027-01-01", "2027-07-01", "2028-03-01", "2028-12-30"} {
		for name, result := range answersOf(t, s, day) {
			for _, e := range result.Status.Entries {
				p := &all[slices.IndexFunc(all, func(p proposal) bool { return p.ref() == e.TaskRef })]
				over := p.until != "" && string(p.until) < day
				if p.meant == "" && !over && e.Reason != v1alpha1.LedgerAdmitted && e.Reason != v1alpha1.LedgerContested {
					t.Errorf("%s: %s in %s: %s: %s", day, p.name, name, e.Reason, e.Message)
				}
				if over && e.Decision != v1alpha1.DecisionEnded && !strings.HasPrefix(string(e.Reason), "Contest") {
					t.Errorf("%s: %s in %s is over, and %s", day, p.name, name, e.Decision)
				}
			}
		}
	}
}

// TestMessagesSayHow prints one answer of each reason, and wants it to say
// something.
func TestMessagesSayHow(t *testing.T) {
	s := load(t)
	seen := map[v1alpha1.LedgerReason]string{}
	for _, e := range answersOf(t, s, today)["xiyaowangdong"].Status.Entries {
		if e.Reason != v1alpha1.LedgerAdmitted && seen[e.Reason] == "" {
			seen[e.Reason] = fmt.Sprintf("%s: %s", e.TaskRef.Name, e.Message)
			if e.Message == "" {
				t.Errorf("%s of %s is without a message", e.Reason, e.TaskRef.Name)
			}
		}
	}
	for _, reason := range slices.Sorted(maps.Keys(seen)) {
		t.Logf("%-21s %s", reason, seen[reason])
	}
}
