package metrics

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/utils/ptr"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/fake"

	"github.com/shequ-io/shequ/api/v1alpha1"
)

func yes() bool { return true }

func ready(status metav1.ConditionStatus) []metav1.Condition {
	return []metav1.Condition{{Type: "Ready", Status: status, Reason: "Because"}}
}

func object(name string) metav1.ObjectMeta { return metav1.ObjectMeta{Namespace: "street", Name: name} }

func world(t *testing.T) client.Client {
	t.Helper()
	scheme := runtime.NewScheme()
	if err := v1alpha1.AddToScheme(scheme); err != nil {
		t.Fatal(err)
	}
	return fake.NewClientBuilder().WithScheme(scheme).WithObjects(
		&v1alpha1.Community{ObjectMeta: object("one"), Status: v1alpha1.CommunityStatus{
			Conditions: ready("True"),
			Norms:      []v1alpha1.NormStatus{{Rule: "seats", Result: v1alpha1.NormMet}, {Rule: "floor", Result: v1alpha1.NormUnknown}},
			Workforce:  &v1alpha1.WorkforceStatus{MinutesPerMonth: ptr.To(int64(9600)), AdministrativeMinutesPerMonth: ptr.To(int64(2400))},
		}},
		&v1alpha1.Community{ObjectMeta: object("two"), Status: v1alpha1.CommunityStatus{
			Conditions: ready("False"),
			Norms:      []v1alpha1.NormStatus{{Rule: "seats", Result: v1alpha1.NormNotMet}},
			Workforce:  &v1alpha1.WorkforceStatus{MinutesPerMonth: ptr.To(int64(0))},
		}},
		&v1alpha1.Community{ObjectMeta: object("new")},
		&v1alpha1.Grid{
			ObjectMeta: object("grid"), Spec: v1alpha1.GridSpec{CommunityRef: &v1alpha1.LocalReference{Name: "one"}},
			Status: v1alpha1.GridStatus{Conditions: ready("True"), VisitCycleDays: "200", HouseholdsPerWorker: "1001/2"},
		},
		&v1alpha1.Grid{ObjectMeta: object("street"), Status: v1alpha1.GridStatus{Conditions: ready("True"), VisitCycleDays: "none"}},
		&v1alpha1.ServiceStation{ObjectMeta: object("one"), Status: v1alpha1.ServiceStationStatus{Conditions: ready("False")}},
		&v1alpha1.InformationSystem{ObjectMeta: metav1.ObjectMeta{Name: "health"}, Status: v1alpha1.InformationSystemStatus{
			Conditions: append(ready("True"), metav1.Condition{Type: "Reachable", Status: "False", Reason: "NoAnswer"}), Consumers: ptr.To(int64(2)),
		}},
		&v1alpha1.InformationSystem{ObjectMeta: metav1.ObjectMeta{Name: "relief"}, Status: v1alpha1.InformationSystemStatus{
			Conditions: append(ready("False"), metav1.Condition{Type: "Reachable", Status: "Unknown", Reason: "Probing"}),
		}},
		&v1alpha1.TaskLedger{ObjectMeta: object("one"), Status: v1alpha1.TaskLedgerStatus{
			Months: []v1alpha1.LedgerMonth{{
				Month: "2026-11", CapacityMinutes: ptr.To(int64(5760)), CommittedMinutes: ptr.To(int64(5000)), ReservedMinutes: ptr.To(int64(100)),
				CommittedVisits: ptr.To(int64(40)), Indicators: ptr.To(int64(56)), Reports: ptr.To(int64(3)),
			}},
			Totals: &v1alpha1.LedgerTotals{Ledgers: ptr.To(int64(6))},
			Entries: []v1alpha1.LedgerEntry{
				{Decision: v1alpha1.DecisionAdmitted, Reason: v1alpha1.LedgerAdmitted}, {Decision: v1alpha1.DecisionAdmitted, Reason: v1alpha1.LedgerAdmitted},
				{Decision: v1alpha1.DecisionRefused, Reason: v1alpha1.LedgerLedgerLimit},
			},
		}},
		&v1alpha1.AdmittedTask{
			ObjectMeta: metav1.ObjectMeta{Namespace: "dept", Name: "allowance"},
			Spec:       v1alpha1.AdmittedTaskSpec{Data: []v1alpha1.TaskData{{Element: "a", Use: v1alpha1.UseReuse}, {Element: "b", Use: v1alpha1.UseCollect}}},
			Status: v1alpha1.AdmittedTaskStatus{
				Totals:         &v1alpha1.TaskTotals{Admitted: ptr.To(int64(11)), Refused: ptr.To(int64(1))},
				FundingPerYear: "1200.50", FundingReleased: "1000",
			},
		},
	).Build()
}

const all = `
# HELP shequ_communities Number of Communities by condition and its status.
# TYPE shequ_communities gauge
shequ_communities{condition="Ready",status="False"} 1
shequ_communities{condition="Ready",status="True"} 1
# HELP shequ_community_norm_met Whether a community meets a rule of its standard: 1 met, 0 not met. Absent while the figure is not declared.
# TYPE shequ_community_norm_met gauge
shequ_community_norm_met{community="one",namespace="street",rule="seats"} 1
shequ_community_norm_met{community="two",namespace="street",rule="seats"} 0
# HELP shequ_community_workforce_minutes_per_month Working time of a community in minutes a month: all, and the part administrative tasks may take.
# TYPE shequ_community_workforce_minutes_per_month gauge
shequ_community_workforce_minutes_per_month{community="one",namespace="street",share="administrative"} 2400
shequ_community_workforce_minutes_per_month{community="one",namespace="street",share="all"} 9600
shequ_community_workforce_minutes_per_month{community="two",namespace="street",share="all"} 0
# HELP shequ_grid_households_per_worker Households of a grid per worker.
# TYPE shequ_grid_households_per_worker gauge
shequ_grid_households_per_worker{community="one",grid="grid",namespace="street"} 500.5
# HELP shequ_grid_visit_cycle_days Working days it takes to visit every household of a grid once.
# TYPE shequ_grid_visit_cycle_days gauge
shequ_grid_visit_cycle_days{community="one",grid="grid",namespace="street"} 200
# HELP shequ_grids Number of Grids by condition and its status.
# TYPE shequ_grids gauge
shequ_grids{condition="Ready",status="True"} 2
# HELP shequ_ledger_burden What admitted tasks ask of a community in the present month, by kind: ledgers, indicators, reports.
# TYPE shequ_ledger_burden gauge
shequ_ledger_burden{community="one",kind="indicators",namespace="street"} 56
shequ_ledger_burden{community="one",kind="ledgers",namespace="street"} 6
shequ_ledger_burden{community="one",kind="reports",namespace="street"} 3
# HELP shequ_ledger_tasks Number of tasks at a community's door by decision and reason.
# TYPE shequ_ledger_tasks gauge
shequ_ledger_tasks{community="one",decision="Admitted",namespace="street",reason="Admitted"} 2
shequ_ledger_tasks{community="one",decision="Refused",namespace="street",reason="LedgerLimit"} 1
# HELP shequ_ledger_visits Household visits of a community in the month that lies months_ahead of the present one, by kind: capacity, committed.
# TYPE shequ_ledger_visits gauge
shequ_ledger_visits{community="one",kind="committed",months_ahead="0",namespace="street"} 40
# HELP shequ_ledger_work_seconds Working time of a community in seconds, in the month that lies months_ahead of the present one, by kind: capacity (what tasks may take), committed (what admitted tasks take), reserved (the part of it held for admitted tasks that are paused or have not begun).
# TYPE shequ_ledger_work_seconds gauge
shequ_ledger_work_seconds{community="one",kind="capacity",months_ahead="0",namespace="street"} 345600
shequ_ledger_work_seconds{community="one",kind="committed",months_ahead="0",namespace="street"} 300000
shequ_ledger_work_seconds{community="one",kind="reserved",months_ahead="0",namespace="street"} 6000
# HELP shequ_norm_communities Number of Communities by rule and result: Met, NotMet, Unknown.
# TYPE shequ_norm_communities gauge
shequ_norm_communities{result="Met",rule="seats"} 1
shequ_norm_communities{result="NotMet",rule="seats"} 1
shequ_norm_communities{result="Unknown",rule="floor"} 1
# HELP shequ_stations Number of ServiceStations by condition and its status.
# TYPE shequ_stations gauge
shequ_stations{condition="Ready",status="False"} 1
# HELP shequ_system_communities Number of Communities connected to an InformationSystem.
# TYPE shequ_system_communities gauge
shequ_system_communities{system="health"} 2
# HELP shequ_system_reachable Whether an InformationSystem answered the operator's last probe: 1 yes, 0 no. Absent without a probe, and before the first.
# TYPE shequ_system_reachable gauge
shequ_system_reachable{system="health"} 0
# HELP shequ_system_ready Whether an InformationSystem is declared as couriers need it and has its credentials: 1 yes, 0 no.
# TYPE shequ_system_ready gauge
shequ_system_ready{system="health"} 1
shequ_system_ready{system="relief"} 0
# HELP shequ_systems Number of InformationSystems by condition and its status.
# TYPE shequ_systems gauge
shequ_systems{condition="Reachable",status="False"} 1
shequ_systems{condition="Reachable",status="Unknown"} 1
shequ_systems{condition="Ready",status="False"} 1
shequ_systems{condition="Ready",status="True"} 1
# HELP shequ_task_communities Number of communities a task targets, by where it stands there: admitted, waiting, refused, contested.
# TYPE shequ_task_communities gauge
shequ_task_communities{decision="admitted",namespace="dept",task="allowance"} 11
shequ_task_communities{decision="refused",namespace="dept",task="allowance"} 1
# HELP shequ_task_funding Money of a task in the district's currency, by kind: promised (a year, to the communities that admitted it), released (for the present period).
# TYPE shequ_task_funding gauge
shequ_task_funding{kind="promised",namespace="dept",task="allowance"} 1200.5
shequ_task_funding{kind="released",namespace="dept",task="allowance"} 1000
# HELP shequ_task_reused_elements Data elements a task reuses instead of asking for them once more, over the communities that admitted it.
# TYPE shequ_task_reused_elements gauge
shequ_task_reused_elements{namespace="dept",task="allowance"} 11
`

func TestCollect(t *testing.T) {
	if err := testutil.CollectAndCompare(New(world(t), yes), strings.NewReader(all)); err != nil {
		t.Error(err)
	}
}

// ownUnits are metrics in units of the trade: working time is planned in
// minutes of a month, and a working day has no length in seconds.
var ownUnits = map[string]string{
	"shequ_community_workforce_minutes_per_month": `use base unit "seconds" instead of "minutes"`,
	"shequ_grid_visit_cycle_days":                 `use base unit "seconds" instead of "days"`,
}

func TestMetricsKeepPrometheusConventions(t *testing.T) {
	problems, err := testutil.CollectAndLint(New(world(t), yes))
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range problems {
		if ownUnits[p.Metric] != p.Text {
			t.Errorf("%s: %s", p.Metric, p.Text)
		}
	}
}

func TestCollectorIsAValidCollector(t *testing.T) {
	registry := prometheus.NewPedanticRegistry()
	if err := registry.Register(New(world(t), yes)); err != nil {
		t.Fatal(err)
	}
	if _, err := registry.Gather(); err != nil {
		t.Error(err)
	}
}

func TestSeriesGoWithTheirObject(t *testing.T) {
	w := world(t)
	c := New(w, yes)
	before := testutil.CollectAndCount(c)
	for _, obj := range []client.Object{
		&v1alpha1.Community{ObjectMeta: object("one")}, &v1alpha1.Grid{ObjectMeta: object("grid")},
	} {
		if err := w.Delete(t.Context(), obj); err != nil {
			t.Fatal(err)
		}
	}
	err := testutil.CollectAndCompare(c, strings.NewReader(`
# HELP shequ_community_norm_met Whether a community meets a rule of its standard: 1 met, 0 not met. Absent while the figure is not declared.
# TYPE shequ_community_norm_met gauge
shequ_community_norm_met{community="two",namespace="street",rule="seats"} 0
`), "shequ_community_norm_met", "shequ_grid_visit_cycle_days", "shequ_grid_households_per_worker")
	if err != nil {
		t.Error(err)
	}
	// one's norm, two shares of its time, its Ready, two of its rules' counts, and
	// two of the grid's; the counts of grids go down without a series going.
	if after := testutil.CollectAndCount(c); before-after != 8 {
		t.Errorf("%d series went, want 8", before-after)
	}
}

func TestFollowerShowsNothing(t *testing.T) {
	if n := testutil.CollectAndCount(New(world(t), func() bool { return false })); n != 0 {
		t.Errorf("%d series of a replica that does not lead", n)
	}
}

type broken struct{ client.Reader }

func (broken) List(context.Context, client.ObjectList, ...client.ListOption) error {
	return errors.New("the cache is gone")
}

func TestFailedReadIsReported(t *testing.T) {
	registry := prometheus.NewRegistry()
	registry.MustRegister(New(broken{}, yes))
	if _, err := registry.Gather(); err == nil || !strings.Contains(err.Error(), "the cache is gone") {
		t.Errorf("Gather = %v, want the reason", err)
	}
}

func TestNumber(t *testing.T) {
	for text, want := range map[string]float64{"200": 200, "1/4": 0.25, "0.5": 0.5} {
		if got, ok := number(text); !ok || got != want {
			t.Errorf("number(%q) = %v, %t; want %v", text, got, ok, want)
		}
	}
	for _, text := range []string{"", "many", "1/0"} {
		if got, ok := number(text); ok {
			t.Errorf("number(%q) = %v", text, got)
		}
	}
}
