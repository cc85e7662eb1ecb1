package plan

import (
	"cmp"
	"fmt"
	"math/big"
	"slices"

	"k8s.io/utils/ptr"

	"github.com/shequ-io/shequ/api/v1alpha1"
)

// CommunityLoad is what one community carries by its ledger.
type CommunityLoad struct {
	Ref   Ref                    `json:"community"`
	Title v1alpha1.LocalizedText `json:"title"`
	// Recorded reports whether the community has a ledger.
	Recorded bool `json:"recorded"`
	// The present month, by the ledger.
	Month            v1alpha1.Month `json:"month,omitempty"`
	CommittedMinutes int64          `json:"committedMinutes"`
	CapacityMinutes  *int64         `json:"capacityMinutes,omitempty"`
	// Burden is in the tightest month.
	Burden Burden `json:"burden"`
}

// TaskLoad is what one task takes of all communities, by their ledgers.
type TaskLoad struct {
	Ref   Ref                    `json:"task"`
	Title v1alpha1.LocalizedText `json:"title"`
	// Communities where it has a place, and of those, where it is admitted.
	Placed   int `json:"placed"`
	Admitted int `json:"admitted"`
	Waiting  int `json:"waiting"`
	Refused  int `json:"refused"`
	// Contested anywhere.
	Contested int `json:"contested"`
	// MinutesPerYear and FundingPerYear where it has a place.
	MinutesPerYear int64            `json:"minutesPerYear"`
	FundingPerYear v1alpha1.Decimal `json:"fundingPerYear"`
}

// Sort is what a list is ordered by, most first.
type Sort string

// The orders. Of communities, share is that of the tightest month which is
// committed; of tasks, that of all working time of a year.
const (
	ByMinutes Sort = "minutes"
	ByShare   Sort = "share"
	ByTasks   Sort = "tasks" // of tasks: communities
	ByMoney   Sort = "money"
)

// Valid says what is wrong with an order.
func (s Sort) Valid() error {
	if slices.Contains([]Sort{ByMinutes, ByShare, ByTasks, ByMoney}, s) {
		return nil
	}
	return fmt.Errorf("there is no order %q; use %s, %s, %s or %s", s, ByMinutes, ByShare, ByTasks, ByMoney)
}

// TopCommunities are all communities, those that carry most first.
func TopCommunities(o *Objects, by Sort) []CommunityLoad {
	ledgers := map[Ref]*v1alpha1.TaskLedgerStatus{}
	for _, l := range o.Ledgers {
		ledgers[refOf(l)] = &l.Status
	}
	out := []CommunityLoad{}
	for _, c := range sorted(o.Communities) {
		load := CommunityLoad{Ref: refOf(c), Title: c.Spec.DisplayName}
		if l := ledgers[load.Ref]; l != nil {
			load.Recorded, load.Burden = true, BurdenOf(l)
			if len(l.Months) > 0 {
				m := &l.Months[0]
				load.Month, load.CommittedMinutes, load.CapacityMinutes = m.Month, ptr.Deref(m.CommittedMinutes, 0), m.CapacityMinutes
			}
		}
		out = append(out, load)
	}
	slices.SortStableFunc(out, func(a, b CommunityLoad) int {
		x, y := &a.Burden, &b.Burden
		switch by {
		case ByMinutes:
			return cmp.Compare(y.MinutesPerYear, x.MinutesPerYear)
		case ByTasks:
			return cmp.Compare(y.Tasks, x.Tasks)
		case ByMoney:
			return cmp.Compare(parseFen(y.FundingPerYear), parseFen(x.FundingPerYear))
		default:
			return compareShares(y, x)
		}
	})
	return out
}

// compareShares compares committed parts of capacities, without rounding. What
// has no limit has no share.
func compareShares(a, b *Burden) int {
	if a.CapacityMinutes == nil || b.CapacityMinutes == nil {
		return cmp.Compare(limits(a), limits(b))
	}
	x := new(big.Int).Mul(big.NewInt(a.CommittedMinutes), big.NewInt(*b.CapacityMinutes))
	y := new(big.Int).Mul(big.NewInt(b.CommittedMinutes), big.NewInt(*a.CapacityMinutes))
	return x.Cmp(y)
}

func limits(b *Burden) int {
	if b.CapacityMinutes == nil {
		return 0
	}
	return 1
}

// TopTasks are all tasks of the ledgers, those that take most first.
func TopTasks(o *Objects, by Sort) []TaskLoad {
	loads, sums := map[Ref]*TaskLoad{}, map[Ref]*tally{}
	for _, t := range sorted(o.Tasks) {
		loads[refOf(t)], sums[refOf(t)] = &TaskLoad{Ref: refOf(t), Title: t.Spec.Title}, &tally{}
	}
	for _, l := range o.Ledgers {
		for i := range l.Status.Entries {
			e := &l.Status.Entries[i]
			if e.Decision == v1alpha1.DecisionEnded {
				continue
			}
			if loads[e.TaskRef] == nil {
				loads[e.TaskRef], sums[e.TaskRef] = &TaskLoad{Ref: e.TaskRef}, &tally{}
			}
			loads[e.TaskRef].count(e)
			if e.AdmittedAt != nil {
				sums[e.TaskRef].add(&Answer{MinutesPerYear: ptr.Deref(e.MinutesPerYear, 0), FundingPerYear: e.FundingPerYear})
			}
		}
	}
	out := []TaskLoad{}
	for ref, load := range loads {
		sum := sums[ref].sum()
		load.MinutesPerYear, load.FundingPerYear = sum.MinutesPerYear, sum.FundingPerYear
		out = append(out, *load)
	}
	slices.SortFunc(out, func(a, b TaskLoad) int {
		byFigure := cmp.Compare(b.MinutesPerYear, a.MinutesPerYear)
		switch by {
		case ByTasks:
			byFigure = cmp.Compare(b.Placed, a.Placed)
		case ByMoney:
			byFigure = cmp.Compare(parseFen(b.FundingPerYear), parseFen(a.FundingPerYear))
		case ByMinutes, ByShare:
		}
		return cmp.Or(byFigure, compareRefs(a.Ref, b.Ref))
	})
	return out
}

func (t *TaskLoad) count(e *v1alpha1.LedgerEntry) {
	if e.AdmittedAt != nil {
		t.Placed++
	}
	switch e.Decision {
	case v1alpha1.DecisionAdmitted:
		t.Admitted++
	case v1alpha1.DecisionWaiting:
		t.Waiting++
	case v1alpha1.DecisionRefused:
		t.Refused++
	case v1alpha1.DecisionContested:
		t.Contested++
	case v1alpha1.DecisionEnded:
	}
}
