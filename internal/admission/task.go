package admission

import (
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"

	"github.com/shequ-io/shequ/api/v1alpha1"
)

// Ref names an object of a namespaced kind.
type Ref = v1alpha1.NamespacedReference

// Task is an AdmittedTask read once and decided on in many communities. It does
// not change.
type Task struct {
	Ref    Ref
	Spec   *v1alpha1.AdmittedTaskSpec
	Digest v1alpha1.TaskDigest

	// terms are the spec as decided on: with defaults, and lists whose order means
	// nothing in one order.
	terms *v1alpha1.AdmittedTaskSpec

	from, until day // until is forever when the task has no end
	rank        int // of the category: Own, Assist, Campaign
	suspended   bool

	named    map[Ref]bool    // the target's communities
	selector labels.Selector // nil: none
	perCase  fen
	perHome  fen
	perPlace fen

	// broken is what the terms should never have got past the API server with.
	broken     *Finding
	prohibited []breach  // of them, those that make it prohibited
	mapped     bool      // a delivery of it has a mapping
	mappings   *mappings // shared with the same terms in a later docket
	// basisUntil is the last day a document of municipal level or above is in
	// force, and basesUntil that of the first basis of a data element to lapse.
	basisUntil, basesUntil, authorityUntil day

	// firstParts are the parts of months of its first year in which it runs.
	firstParts int64
}

// NewTask reads a task. The task must not change afterwards.
func NewTask(t *v1alpha1.AdmittedTask) *Task {
	s := canonical(&t.Spec)
	out := &Task{
		Ref: Ref{Namespace: t.Namespace, Name: t.Name}, Spec: &t.Spec, Digest: Digest(&t.Spec), terms: s,
		from: parseDay(string(s.Effective.From), 0), until: lastDay(s.Effective.Until),
		rank: rank(s.Category), suspended: s.Suspend != nil && *s.Suspend,
	}
	out.readTarget()
	if f := s.Funding; f != nil {
		out.perCase, out.perHome, out.perPlace = parseFen(f.PerCase), parseFen(f.PerHousehold), parseFen(f.PerCommunity)
	}
	out.readBases()
	out.broken, out.prohibited = check(s)
	out.mapped = slices.ContainsFunc(s.Deliveries, func(x v1alpha1.TaskDelivery) bool { return len(x.Mapping) > 0 })
	out.mappings = &mappings{}
	if out.broken != nil && out.until == never {
		out.until = forever // it has no last day: what is broken keeps it out
	}
	year := dayOf(out.from.time().AddDate(1, 0, 0)) - 1
	if out.firstParts = yearMonths * monthParts; out.until < year {
		out.firstParts = partsWithin(out.from, out.until)
	}
	return out
}

func (t *Task) readTarget() {
	t.named = map[Ref]bool{}
	for _, c := range t.terms.Target.Communities {
		t.named[c] = true
	}
	s := t.terms.Target.SubdistrictSelector
	if s == nil || len(s.MatchLabels)+len(s.MatchExpressions) == 0 {
		return // an empty selector matches nothing
	}
	// A selector that can't be read matches nothing either: the door stays shut.
	if selector, err := metav1.LabelSelectorAsSelector(s); err == nil {
		t.selector = selector
	}
}

// Targets reports whether the task is meant for a community, whose sub-district's
// namespace has these labels.
func (t *Task) Targets(community Ref, subdistrict map[string]string) bool {
	return t.named[community] || (t.selector != nil && t.selector.Matches(labels.Set(subdistrict)))
}

// readBases finds out how long the documents hold.
func (t *Task) readBases() {
	t.basisUntil, t.basesUntil, t.authorityUntil = never, forever, forever
	until := map[string]day{}
	for _, b := range t.terms.LegalBasis {
		until[b.ID] = lastDay(b.Expires)
		if high(b.Level) {
			t.basisUntil = max(t.basisUntil, until[b.ID])
		}
	}
	for _, d := range t.terms.Data {
		if end, ok := until[d.Basis]; ok && d.Basis != v1alpha1.ConsentBasis {
			t.basesUntil = min(t.basesUntil, end)
		}
	}
	if s := t.terms.Scope; s != nil && s.Authority != nil {
		t.authorityUntil = lastDay(s.Authority.Until)
	}
}

// lastBasis is the document of municipal level or above that expires last.
func (t *Task) lastBasis() *v1alpha1.LegalBasis {
	var last *v1alpha1.LegalBasis
	for i := range t.terms.LegalBasis {
		b := &t.terms.LegalBasis[i]
		if high(b.Level) && lastDay(b.Expires) == t.basisUntil && (last == nil || b.ID < last.ID) {
			last = b
		}
	}
	return last
}

// high reports whether a level is municipal or above.
func high(l v1alpha1.LegalLevel) bool {
	return l == v1alpha1.LevelNational || l == v1alpha1.LevelProvincial || l == v1alpha1.LevelMunicipal
}

func rank(c v1alpha1.TaskCategory) int {
	return slices.Index([]v1alpha1.TaskCategory{v1alpha1.CategoryOwn, v1alpha1.CategoryAssist, v1alpha1.CategoryCampaign}, c)
}

// day is a day of the calendar, counted from 1970-01-01.
type day int64

// forever is the end of what has none.
const forever day = math.MaxInt32

// never is before every day: the end of what is not in force at all.
const never day = math.MinInt32

// lastDay reads the end of something: forever where it has none, never where it
// is no day.
func lastDay(s v1alpha1.Date) day {
	if s == "" {
		return forever
	}
	return parseDay(string(s), never)
}

// parseDay reads a date; otherwise where there is none, or no such day.
func parseDay(s string, otherwise day) day {
	at, err := time.Parse(time.DateOnly, s)
	if err != nil {
		return otherwise
	}
	return dayOf(at)
}

// dayOf is the day a clock shows, whatever its zone.
func dayOf(at time.Time) day {
	y, m, d := at.Date()
	const perDay = 24 * 60 * 60
	return day(time.Date(y, m, d, 0, 0, 0, 0, time.UTC).Unix() / perDay)
}

func (d day) time() time.Time { return time.Unix(int64(d)*24*60*60, 0).UTC() }

func (d day) String() string {
	if d == forever {
		return ""
	}
	return d.time().Format(time.DateOnly)
}

// fen is an amount of money in hundredths of the currency's unit.
type fen int64

// parseFen reads an amount; 0 where there is none or it is not one.
func parseFen(s v1alpha1.Decimal) fen {
	whole, fraction, _ := strings.Cut(string(s), ".")
	if len(whole) > 12 || len(fraction) > 2 {
		return 0
	}
	var n int64
	for _, c := range []byte(whole + (fraction + "00")[:2]) {
		if c < '0' || c > '9' {
			return 0
		}
		n = n*10 + int64(c-'0')
	}
	return fen(n)
}

// maxFen is the largest amount a Decimal can hold.
const maxFen fen = 99_999_999_999_999

// decimal writes an amount as the API does; one beyond what it can hold is
// written as the largest it can.
func (f fen) decimal() v1alpha1.Decimal {
	f = min(max(f, 0), maxFen)
	out := strconv.AppendInt(make([]byte, 0, 15), int64(f/100), 10)
	if cents := f % 100; cents > 0 {
		out = append(out, '.', byte('0'+cents/10), byte('0'+cents%10))
	}
	return v1alpha1.Decimal(out)
}
