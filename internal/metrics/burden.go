package metrics

import (
	"context"
	"strconv"

	"github.com/prometheus/client_golang/prometheus"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/shequ-io/shequ/api/v1alpha1"
)

var (
	ledgerTasks = prometheus.NewDesc("shequ_ledger_tasks",
		"Number of tasks at a community's door by decision and reason.",
		[]string{"namespace", "community", "decision", "reason"}, nil)
	ledgerWork = prometheus.NewDesc("shequ_ledger_work_seconds",
		"Working time of a community in seconds, in the month that lies months_ahead of the present one, by kind: capacity (what tasks may take), committed (what admitted tasks take), reserved (the part of it held for admitted tasks that are paused or have not begun).",
		[]string{"namespace", "community", "months_ahead", "kind"}, nil)
	ledgerVisits = prometheus.NewDesc("shequ_ledger_visits",
		"Household visits of a community in the month that lies months_ahead of the present one, by kind: capacity, committed.",
		[]string{"namespace", "community", "months_ahead", "kind"}, nil)
	ledgerBurden = prometheus.NewDesc("shequ_ledger_burden",
		"What admitted tasks ask of a community in the present month, by kind: ledgers, indicators, reports.",
		[]string{"namespace", "community", "kind"}, nil)
	taskCommunities = prometheus.NewDesc("shequ_task_communities",
		"Number of communities a task targets, by where it stands there: admitted, waiting, refused, contested.",
		[]string{"namespace", "task", "decision"}, nil)
	taskFunding = prometheus.NewDesc("shequ_task_funding",
		"Money of a task in the district's currency, by kind: promised (a year, to the communities that admitted it), released (for the present period).",
		[]string{"namespace", "task", "kind"}, nil)
	taskReused = prometheus.NewDesc("shequ_task_reused_elements",
		"Data elements a task reuses instead of asking for them once more, over the communities that admitted it.",
		[]string{"namespace", "task"}, nil)
)

// ahead are the months of the ledger that are shown: all of them would be two
// dozen series a community, and the near ones are those one acts on.
var ahead = []int{0, 1, 2, 5, 11, 23}

func (c *Collector) ledgers(ctx context.Context, ch chan<- prometheus.Metric) {
	var list v1alpha1.TaskLedgerList
	if err := c.reader.List(ctx, &list, client.UnsafeDisableDeepCopy); err != nil {
		ch <- prometheus.NewInvalidMetric(ledgerTasks, err)
		return
	}
	for i := range list.Items {
		l := &list.Items[i]
		tasks := tally{}
		for j := range l.Status.Entries {
			tasks.add(string(l.Status.Entries[j].Decision), string(l.Status.Entries[j].Reason))
		}
		tasks.send(ch, ledgerTasks, l.Namespace, l.Name)
		for _, n := range ahead {
			if n < len(l.Status.Months) {
				month(ch, l, n)
			}
		}
		if len(l.Status.Months) > 0 {
			now := &l.Status.Months[0]
			known(ch, ledgerBurden, now.Indicators, l.Namespace, l.Name, "indicators")
			known(ch, ledgerBurden, now.Reports, l.Namespace, l.Name, "reports")
		}
		if t := l.Status.Totals; t != nil {
			known(ch, ledgerBurden, t.Ledgers, l.Namespace, l.Name, "ledgers")
		}
	}
}

func month(ch chan<- prometheus.Metric, l *v1alpha1.TaskLedger, n int) {
	m, at := &l.Status.Months[n], strconv.Itoa(n)
	known(ch, ledgerWork, seconds(m.CapacityMinutes), l.Namespace, l.Name, at, "capacity")
	known(ch, ledgerWork, seconds(m.CommittedMinutes), l.Namespace, l.Name, at, "committed")
	known(ch, ledgerWork, seconds(m.ReservedMinutes), l.Namespace, l.Name, at, "reserved")
	known(ch, ledgerVisits, m.CapacityVisits, l.Namespace, l.Name, at, "capacity")
	known(ch, ledgerVisits, m.CommittedVisits, l.Namespace, l.Name, at, "committed")
}

func (c *Collector) tasks(ctx context.Context, ch chan<- prometheus.Metric) {
	var list v1alpha1.AdmittedTaskList
	if err := c.reader.List(ctx, &list, client.UnsafeDisableDeepCopy); err != nil {
		ch <- prometheus.NewInvalidMetric(taskCommunities, err)
		return
	}
	for i := range list.Items {
		t := &list.Items[i]
		if totals := t.Status.Totals; totals != nil {
			known(ch, taskCommunities, totals.Admitted, t.Namespace, t.Name, "admitted")
			known(ch, taskCommunities, totals.Waiting, t.Namespace, t.Name, "waiting")
			known(ch, taskCommunities, totals.Refused, t.Namespace, t.Name, "refused")
			known(ch, taskCommunities, totals.Contested, t.Namespace, t.Name, "contested")
			known(ch, taskReused, reused(t), t.Namespace, t.Name)
		}
		for kind, amount := range map[string]v1alpha1.Decimal{"promised": t.Status.FundingPerYear, "released": t.Status.FundingReleased} {
			if v, ok := number(string(amount)); ok {
				gauge(ch, taskFunding, v, t.Namespace, t.Name, kind)
			}
		}
	}
}

// known shows a figure that is there.
func known(ch chan<- prometheus.Metric, desc *prometheus.Desc, v *int64, labels ...string) {
	if v != nil {
		gauge(ch, desc, float64(*v), labels...)
	}
}

// reused is how many times a task does without asking; nil when it never does.
func reused(t *v1alpha1.AdmittedTask) *int64 {
	var n int64
	for _, d := range t.Spec.Data {
		if d.Use == v1alpha1.UseReuse {
			n++
		}
	}
	if n == 0 || t.Status.Totals.Admitted == nil {
		return nil
	}
	n *= *t.Status.Totals.Admitted
	return &n
}

// seconds are minutes in the unit Prometheus keeps times in.
func seconds(minutes *int64) *int64 {
	if minutes == nil {
		return nil
	}
	n := *minutes * 60
	return &n
}
