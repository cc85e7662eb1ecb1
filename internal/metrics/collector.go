// Package metrics shows the state of communities, norms, grids, information systems,
// ledgers and tasks to Prometheus. It reads the operator's cache when it is scraped, so a series
// goes with its object and can't go stale.
//
// Counters of what the operator did are kept where it is done. No label carries
// a person, a case or an unbounded value.
package metrics

import (
	"context"
	"math/big"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/shequ-io/shequ/api/v1alpha1"
)

// readTimeout bounds one scrape's reads from the cache.
const readTimeout = 5 * time.Second

var (
	communityConditions = prometheus.NewDesc("shequ_communities",
		"Number of Communities by condition and its status.",
		[]string{"condition", "status"}, nil)
	communityNorm = prometheus.NewDesc("shequ_community_norm_met",
		"Whether a community meets a rule of its standard: 1 met, 0 not met. Absent while the figure is not declared.",
		[]string{"namespace", "community", "rule"}, nil)
	normCommunities = prometheus.NewDesc("shequ_norm_communities",
		"Number of Communities by rule and result: Met, NotMet, Unknown.",
		[]string{"rule", "result"}, nil)
	communityWorkforce = prometheus.NewDesc("shequ_community_workforce_minutes_per_month",
		"Working time of a community in minutes a month: all, and the part administrative tasks may take.",
		[]string{"namespace", "community", "share"}, nil)
	gridCycle = prometheus.NewDesc("shequ_grid_visit_cycle_days",
		"Working days it takes to visit every household of a grid once.",
		[]string{"namespace", "community", "grid"}, nil)
	gridLoad = prometheus.NewDesc("shequ_grid_households_per_worker",
		"Households of a grid per worker.",
		[]string{"namespace", "community", "grid"}, nil)
	gridConditions = prometheus.NewDesc("shequ_grids",
		"Number of Grids by condition and its status.",
		[]string{"condition", "status"}, nil)
	stationConditions = prometheus.NewDesc("shequ_stations",
		"Number of ServiceStations by condition and its status.",
		[]string{"condition", "status"}, nil)
)

// Collector is a prometheus.Collector over the operator's cache.
type Collector struct {
	reader client.Reader
	active func() bool
}

// New makes a Collector. It shows nothing while active says no, so that of two
// replicas only the leader counts.
func New(reader client.Reader, active func() bool) *Collector {
	return &Collector{reader, active}
}

// Describe implements prometheus.Collector.
func (c *Collector) Describe(ch chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{
		communityConditions, communityNorm, normCommunities, communityWorkforce,
		gridCycle, gridLoad, gridConditions, stationConditions,
		systemConditions, systemReady, systemReachable, systemConsumers,
		ledgerTasks, ledgerWork, ledgerVisits, ledgerBurden, taskCommunities, taskFunding, taskReused,
	} {
		ch <- d
	}
}

// Collect implements prometheus.Collector.
func (c *Collector) Collect(ch chan<- prometheus.Metric) {
	if !c.active() {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), readTimeout)
	defer cancel()
	c.communities(ctx, ch)
	c.grids(ctx, ch)
	c.stations(ctx, ch)
	c.systems(ctx, ch)
	c.ledgers(ctx, ch)
	c.tasks(ctx, ch)
}

func (c *Collector) communities(ctx context.Context, ch chan<- prometheus.Metric) {
	var list v1alpha1.CommunityList
	if err := c.reader.List(ctx, &list, client.UnsafeDisableDeepCopy); err != nil {
		ch <- prometheus.NewInvalidMetric(communityConditions, err)
		return
	}
	conds, rules := tally{}, tally{}
	for i := range list.Items {
		one := &list.Items[i]
		conds.conditions(one.Status.Conditions)
		for _, n := range one.Status.Norms {
			rules.add(n.Rule, string(n.Result))
			if n.Result != v1alpha1.NormUnknown {
				gauge(ch, communityNorm, truth(n.Result == v1alpha1.NormMet), one.Namespace, one.Name, n.Rule)
			}
		}
		if w := one.Status.Workforce; w != nil && w.MinutesPerMonth != nil {
			gauge(ch, communityWorkforce, float64(*w.MinutesPerMonth), one.Namespace, one.Name, "all")
			if w.AdministrativeMinutesPerMonth != nil {
				gauge(ch, communityWorkforce, float64(*w.AdministrativeMinutesPerMonth), one.Namespace, one.Name, "administrative")
			}
		}
	}
	conds.send(ch, communityConditions)
	rules.send(ch, normCommunities)
}

func (c *Collector) grids(ctx context.Context, ch chan<- prometheus.Metric) {
	var list v1alpha1.GridList
	if err := c.reader.List(ctx, &list, client.UnsafeDisableDeepCopy); err != nil {
		ch <- prometheus.NewInvalidMetric(gridConditions, err)
		return
	}
	conds := tally{}
	for i := range list.Items {
		g := &list.Items[i]
		conds.conditions(g.Status.Conditions)
		community := ""
		if g.Spec.CommunityRef != nil {
			community = g.Spec.CommunityRef.Name
		}
		for desc, exact := range map[*prometheus.Desc]string{gridCycle: g.Status.VisitCycleDays, gridLoad: g.Status.HouseholdsPerWorker} {
			if v, ok := number(exact); ok {
				gauge(ch, desc, v, g.Namespace, community, g.Name)
			}
		}
	}
	conds.send(ch, gridConditions)
}

func (c *Collector) stations(ctx context.Context, ch chan<- prometheus.Metric) {
	var list v1alpha1.ServiceStationList
	if err := c.reader.List(ctx, &list, client.UnsafeDisableDeepCopy); err != nil {
		ch <- prometheus.NewInvalidMetric(stationConditions, err)
		return
	}
	conds := tally{}
	for i := range list.Items {
		conds.conditions(list.Items[i].Status.Conditions)
	}
	conds.send(ch, stationConditions)
}

// number reads an exact decimal or fraction; metrics are floats.
func number(exact string) (float64, bool) {
	r, ok := new(big.Rat).SetString(exact)
	if !ok {
		return 0, false
	}
	f, _ := r.Float64()
	return f, true
}

func truth(b bool) float64 {
	if b {
		return 1
	}
	return 0
}

func gauge(ch chan<- prometheus.Metric, desc *prometheus.Desc, v float64, labels ...string) {
	ch <- prometheus.MustNewConstMetric(desc, prometheus.GaugeValue, v, labels...)
}
