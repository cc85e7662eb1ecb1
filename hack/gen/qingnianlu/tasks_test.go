package main

import (
	"slices"
	"testing"
	"time"

	v1alpha1 "github.com/shequ-io/shequ/api/v1alpha1"
	"github.com/shequ-io/shequ/internal/admission"
)

// surveyedCommunities are the rows of the survey.
func surveyedCommunities(t *testing.T) []surveyed {
	t.Helper()
	out, err := readSurvey(table)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func TestTasksAreManyAndWhole(t *testing.T) {
	s, all := load(t), proposals()
	if len(s.tasks) != len(all) {
		t.Fatalf("%d tasks in files, %d proposed: two have the same name", len(s.tasks), len(all))
	}
	categories, admitted, items, delivering := map[v1alpha1.TaskCategory]int{}, 0, 0, 0
	reasons := map[v1alpha1.LedgerReason]bool{}
	for i := range all {
		p := &all[i]
		task := s.tasks[p.ref()]
		if s.parties[p.dept] != v1alpha1.RoleDepartment {
			t.Errorf("%s is proposed in %s, which is no department's", p.name, p.dept)
		}
		if task.Spec.Title.EN == "" || task.Spec.Funding == nil || task.Spec.Workload == nil {
			t.Errorf("%s lacks an English title, money or a stated load", p.name)
		}
		for _, b := range task.Spec.LegalBasis {
			if b.ID == "" || b.DocumentNumber != "" {
				t.Errorf("%s rests on a document that is unknown, or whose number was not checked: %+v", p.name, b)
			}
		}
		categories[task.Spec.Category]++
		if p.meant == "" {
			admitted++
		} else {
			reasons[p.meant] = true
		}
		if task.Spec.Service != nil {
			items++
		}
		if task.Spec.Deliveries != nil {
			delivering++
		}
	}
	t.Logf("%d tasks (%v), %d meant to be admitted, %d with items, %d that deliver", len(all), categories, admitted, items, delivering)
	if len(all) < 40 || admitted < 40 || len(categories) != 3 || items < 20 || delivering < 10 || len(reasons) < 14 {
		t.Errorf("of %d tasks %d are meant to be admitted, %d have items, %d deliver; %d reasons", len(all), admitted, items, delivering, len(reasons))
	}
}

// spare are the elements declared for forms the sample does not have.
var spare = codes("elderly-count email attachment agent-name agent-telephone agent-identity-number")

// TestOneTaskCollectsEachElement holds the tasks to what they say about data.
func TestOneTaskCollectsEachElement(t *testing.T) {
	s := load(t)
	elements := map[v1alpha1.DataElementCode]v1alpha1.DataElementClass{}
	for _, e := range s.standard.Spec.DataElements {
		elements[e.Code] = e.Class
	}
	collector, used := map[v1alpha1.DataElementCode]string{}, map[v1alpha1.DataElementCode]bool{}
	for _, station := range s.stations {
		for _, item := range station.Spec.Items {
			for _, e := range item.DataElements {
				used[e] = true
			}
		}
	}
	all := proposals()
	for i := range all {
		p := &all[i]
		for _, d := range s.tasks[p.ref()].Spec.Data {
			class, declared := elements[d.Element]
			if !declared {
				t.Errorf("%s uses %s, which the standard does not declare", p.name, d.Element)
			}
			used[d.Element] = true
			shared := class == "Base" || class == "Contact"
			if d.Use == v1alpha1.UseReuse && shared {
				t.Errorf("%s reuses %s, which everybody may ask for", p.name, d.Element)
			}
			if d.Use == v1alpha1.UseReuse || shared {
				continue
			}
			if first := collector[d.Element]; first != "" && p.meant != v1alpha1.LedgerDuplicateCollection {
				t.Errorf("%s collects %s, and so does %s", p.name, d.Element, first)
			}
			collector[d.Element] = p.name
		}
	}
	for i := range all {
		for _, d := range s.tasks[all[i].ref()].Spec.Data {
			if d.Use == v1alpha1.UseReuse && collector[d.Element] == "" {
				t.Errorf("%s reuses %s, which nobody collects", all[i].name, d.Element)
			}
		}
	}
	for code := range elements {
		if !used[code] && !slices.Contains(spare, code) {
			t.Errorf("%s is declared and nobody uses it", code)
		}
	}
}

func TestSystemsTakeWhatIsDelivered(t *testing.T) {
	s := load(t)
	needed := map[string]bool{}
	all := proposals()
	for i := range all {
		p := &all[i]
		for _, d := range s.tasks[p.ref()].Spec.Deliveries {
			system := s.systems[d.SystemRef.Name]
			if system == nil {
				if p.meant != v1alpha1.LedgerSystemMissing {
					t.Errorf("%s delivers to %s, which is not declared", p.name, d.SystemRef.Name)
				}
				continue
			}
			needed[system.Name] = true
			if !slices.Contains(system.Spec.AllowedPurposes, d.Purpose) {
				t.Errorf("%s does not take data for %s", system.Name, d.Purpose)
			}
			for _, e := range d.Elements {
				if !slices.Contains(system.Spec.Accepts, e) {
					t.Errorf("%s does not accept %s of %s", system.Name, e, p.name)
				}
			}
		}
	}
	for _, c := range s.communities {
		connected := map[string]bool{}
		for _, i := range c.Spec.Integrations {
			connected[i.System] = true
			if i.Report != nil && slices.Contains(s.systems[i.System].Spec.AllowedPurposes, i.Report.Purpose) {
				needed[i.System] = true
			}
		}
		for _, b := range c.Spec.Billers {
			if !connected[b.System] || !slices.Contains(s.systems[b.System].Spec.AllowedPurposes, b.Purpose) {
				t.Errorf("%s has the biller %s, whose system it is not connected to, or does not take its purpose", c.Name, b.Name)
			}
		}
		for name := range needed {
			if !connected[name] {
				t.Errorf("%s is not connected to %s, which its tasks deliver to", c.Name, name)
			}
		}
	}
	if len(needed) != len(s.systems) {
		t.Errorf("%d systems declared, %d delivered or reported to", len(s.systems), len(needed))
	}
}

func TestDecisionsAreTheRightPartiesAndTerms(t *testing.T) {
	s := load(t)
	contests, rulings, approved, stale := 0, 0, 0, 0
	for ref, d := range s.decisions {
		task := s.tasks[d.Spec.TaskRef]
		if task == nil {
			t.Fatalf("%s is about %s, which does not exist", ref.Name, d.Spec.TaskRef.Name)
		}
		role := s.parties[ref.Namespace]
		want := v1alpha1.RoleCommittee
		switch {
		case d.Spec.Approval != nil:
			approved++
			if d.Spec.Approval.TaskDigest != admission.Digest(&task.Spec) {
				stale++
			}
			if at := d.Spec.Approval.DecidedAt; at.Year() != 2026 || at.Format(time.DateOnly) >= today {
				t.Errorf("%s was decided at %s", ref.Name, at)
			}
		case d.Spec.Funding != nil:
			want = v1alpha1.RoleFinance
		case d.Spec.Contest != nil:
			want = v1alpha1.RoleSubdistrict
			contests++
			if s.communities[d.Spec.Contest.CommunityRef.Name] == nil {
				t.Errorf("%s is for a community that does not exist", ref.Name)
			}
		case d.Spec.Ruling != nil:
			rulings++
			if contest := s.decisions[d.Spec.Ruling.ContestRef]; contest == nil || contest.Spec.Contest == nil || contest.Spec.TaskRef != d.Spec.TaskRef {
				t.Errorf("%s is on no contest about the same task", ref.Name)
			}
		}
		if role != want {
			t.Errorf("%s is in %s, whose role is %s and not %s", ref.Name, ref.Namespace, role, want)
		}
	}
	if contests != 3 || rulings != 2 || stale != 1 || approved != len(s.tasks)-1 {
		t.Errorf("%d contests, %d rulings, %d approvals of which %d of earlier terms; want 3, 2, %d, 1",
			contests, rulings, approved, stale, len(s.tasks)-1)
	}
}

// TestMoneyCoversTheCost adds up what each task costs and brings each community,
// and what is released for it.
func TestMoneyCoversTheCost(t *testing.T) {
	s, communities := load(t), surveyedCommunities(t)
	released := map[v1alpha1.NamespacedReference]map[v1alpha1.FundingPeriod]int64{}
	for _, d := range s.decisions {
		if f := d.Spec.Funding; f != nil {
			if released[d.Spec.TaskRef] == nil {
				released[d.Spec.TaskRef] = map[v1alpha1.FundingPeriod]int64{}
			}
			released[d.Spec.TaskRef][f.Period] = fenOf(f.Amount)
		}
	}
	all := proposals()
	for i := range all {
		p := &all[i]
		spec := &s.tasks[p.ref()].Spec
		short := false
		for _, c := range communities {
			cost := yearlyMinutes(spec.Workload, c) * hourlyCost // ÷ 60 is fen
			short = short || shareOf(spec, c)*minutesPerHour < cost
			if shareOf(spec, c)*minutesPerHour > cost*3/2 && c.households > 100 && cost > 0 {
				t.Errorf("%s brings %s %d fen, half as much again as the %d it costs", p.name, c.name, shareOf(spec, c), cost/minutesPerHour)
			}
		}
		if short != (p.meant == v1alpha1.LedgerFundingBelowCost) {
			t.Errorf("%s: money below the cost: %t", p.name, short)
		}
		if p.meant == v1alpha1.LedgerFundingNotReleased {
			continue
		}
		yearly := p.moneyIn(spec, communities)
		for _, r := range periodsOf(spec) {
			if got := released[p.ref()][v1alpha1.FundingPeriod(r.period)]; got*12 < yearly*r.months {
				t.Errorf("%s: %d fen released for %s of %d a year", p.name, got, r.period, yearly)
			}
		}
	}
}
