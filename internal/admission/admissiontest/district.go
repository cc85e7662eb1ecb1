package admissiontest

import (
	"cmp"
	"fmt"
	"math/rand/v2"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"

	"github.com/shequ-io/shequ/api/v1alpha1"
	"github.com/shequ-io/shequ/internal/admission"
)

// Now is when a district is drawn for unless its options say otherwise: a Sunday
// in November.
var Now = time.Date(2026, 11, 22, 4, 0, 0, 0, time.UTC)

// DistrictLabel is on every sub-district's namespace, with the district's prefix
// as its value.
const DistrictLabel = "example.org/district"

// Options shape a district; the zero value is a small one.
type Options struct {
	// Communities of the district. Default 6.
	Communities int
	// Tasks proposed to it. Default 40.
	Tasks int
	// FlawedPercent is the share of tasks that are refused for what they say or
	// what the committee said, whoever else is at the door. Default 30.
	FlawedPercent int
	// Everywhere lets every task target every community, by name or by selector.
	// Otherwise one in three targets a few, and some target none.
	Everywhere bool
	// Now is the day windows and releases are drawn around. Default Now.
	Now time.Time
	// Prefix begins the name of every namespace and of everything cluster-scoped,
	// so that several districts fit one cluster. Default "d".
	Prefix string
}

// District is the objects of one district. Whoever changes one in place, or a
// list, calls Changed.
type District struct {
	Options Options

	Namespaces  []*corev1.Namespace
	Standards   []*v1alpha1.CommunityStandard
	Systems     []*v1alpha1.InformationSystem
	Communities []*v1alpha1.Community
	Grids       []*v1alpha1.Grid
	Stations    []*v1alpha1.ServiceStation
	Tasks       []*v1alpha1.AdmittedTask
	Decisions   []*v1alpha1.TaskDecision
	// Misplaced are decisions in a namespace of the wrong role or of another
	// sub-district. The API server's policies refuse them; the snapshots hold
	// them, and they must count for nothing.
	Misplaced []*v1alpha1.TaskDecision

	docket *admission.Docket
	labels map[string]map[string]string
	grids  map[admission.Ref][]*v1alpha1.Grid
}

// Object is any object of a district.
type Object interface {
	metav1.Object
	runtime.Object
}

// New draws a district.
func New(seed uint64, o Options) *District {
	o.Communities = cmp.Or(o.Communities, 6)
	o.Tasks = cmp.Or(o.Tasks, 40)
	o.FlawedPercent = cmp.Or(o.FlawedPercent, 30)
	o.Prefix = cmp.Or(o.Prefix, "d")
	if o.Now.IsZero() {
		o.Now = Now
	}
	source := rand.New(rand.NewPCG(seed, uint64(o.Tasks))) //nolint:gosec // a district that can be drawn again needs a seed
	a := &artist{dice: dice{source}, District: &District{Options: o}}
	a.drawNamespaces()
	a.drawStandards()
	a.drawSystems()
	a.drawCommunities()
	a.drawTasks()
	a.drawContests()
	a.misplace()
	return a.District
}

// Objects are all objects of the district but the misplaced ones, in an order in
// which each finds its namespace.
func (d *District) Objects() []Object {
	var out []Object
	for _, o := range d.Namespaces {
		out = append(out, o)
	}
	for _, o := range d.Standards {
		out = append(out, o)
	}
	for _, o := range d.Systems {
		out = append(out, o)
	}
	for _, o := range d.Communities {
		out = append(out, o)
	}
	for _, o := range d.Grids {
		out = append(out, o)
	}
	for _, o := range d.Stations {
		out = append(out, o)
	}
	for _, o := range d.Tasks {
		out = append(out, o)
	}
	for _, o := range d.Decisions {
		out = append(out, o)
	}
	return out
}

// Changed makes the next snapshot read tasks and decisions anew.
func (d *District) Changed() { d.docket = nil }

// Docket is the district's tasks and decisions, the misplaced ones included.
func (d *District) Docket() *admission.Docket {
	if d.docket != nil {
		return d.docket
	}
	d.labels = map[string]map[string]string{}
	for _, n := range d.Namespaces {
		d.labels[n.Name] = n.Labels
	}
	d.grids = map[admission.Ref][]*v1alpha1.Grid{}
	for _, g := range d.Grids {
		if c := g.Spec.CommunityRef; c != nil {
			ref := admission.Ref{Namespace: g.Namespace, Name: c.Name}
			d.grids[ref] = append(d.grids[ref], g)
		}
	}
	var decisions []*v1alpha1.TaskDecision
	decisions = append(append(decisions, d.Decisions...), d.Misplaced...)
	d.docket = admission.NewDocket(d.Tasks, decisions, d.Role, nil)
	return d.docket
}

// Role of a namespace of the district; empty where it has none.
func (d *District) Role(namespace string) string {
	for _, n := range d.Namespaces {
		if n.Name == namespace {
			return n.Labels[v1alpha1.RoleLabel]
		}
	}
	return ""
}

// Snapshot is what a decision on the i-th community depends on. The ledger may be
// nil.
func (d *District) Snapshot(i int, now time.Time, ledger *v1alpha1.TaskLedgerStatus) *admission.Snapshot {
	docket, c := d.Docket(), d.Communities[i]
	ref := admission.Ref{Namespace: c.Namespace, Name: c.Name}
	s := &admission.Snapshot{
		Now: now, Community: c, Ledger: ledger, Grids: d.grids[ref],
		Tasks: docket.For(ref, d.labels[c.Namespace]), Records: docket.Records,
		Systems: make(map[string]*v1alpha1.InformationSystem, len(d.Systems)),
	}
	for _, standard := range d.Standards {
		if standard.Name == c.Spec.StandardRef.Name {
			s.Standard = standard
		}
	}
	for _, station := range d.Stations {
		if station.Namespace == c.Namespace && station.Spec.CommunityRef.Name == c.Name {
			s.Station = station
		}
	}
	for _, system := range d.Systems {
		s.Systems[system.Name] = system
	}
	return s
}

// Names of a district's namespaces and cluster-scoped objects begin with its
// prefix.
func (o *Options) name(format string, args ...any) string {
	return o.Prefix + "-" + fmt.Sprintf(format, args...)
}

// artist draws a district.
type artist struct {
	dice
	*District
	elements []element
}

// dice draw figures.
type dice struct{ *rand.Rand }

// between draws from low to high, both included.
func (d dice) between(low, high int64) int64 { return low + d.Int64N(high-low+1) }

// percent is true so many times in a hundred.
func (d dice) percent(n int) bool { return d.IntN(100) < n }

func pick[T any](d dice, from ...T) T { return from[d.IntN(len(from))] }

// some draws up to n different ones, in random order.
func some[T any](d dice, n int, from []T) []T {
	var out []T
	for _, i := range d.Perm(len(from))[:min(n, len(from))] {
		out = append(out, from[i])
	}
	return out
}

func text(zh, en string) v1alpha1.LocalizedText { return v1alpha1.LocalizedText{ZH: zh, EN: en} }

// date is a day so many days from now.
func (a *artist) date(days int64) v1alpha1.Date {
	const china = 8 * time.Hour
	return v1alpha1.Date(a.Options.Now.Add(china).UTC().AddDate(0, 0, int(days)).Format(time.DateOnly))
}

// amount writes fen as money.
func amount(fen int64) v1alpha1.Decimal {
	whole := fmt.Sprintf("%d", fen/100)
	return v1alpha1.Decimal(strings.TrimSuffix(whole+fmt.Sprintf(".%02d", fen%100), ".00"))
}
