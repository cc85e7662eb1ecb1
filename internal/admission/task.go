package admission

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"

	"github.com/shequ-io/shequ/api/v1alpha1"
	"github.com/shequ-io/shequ/internal/privacy"
)

// Ref names an object of a namespaced kind.
type Ref = v1alpha1.NamespacedReference

// Task is an AdmittedTask read once and decided on in many communities. It does
// not change.
type Task struct {
	Ref    Ref
	Spec   *v1alpha1.AdmittedTaskSpec
	Digest v1alpha1.TaskDigest

	from, until day // until is forever when the task has no end
	rank        int // of the category: Own, Assist, Campaign
	suspended   bool

	named    map[Ref]bool    // the target's communities
	selector labels.Selector // nil: none
	perCase  fen
	perHome  fen
	perPlace fen

	// broken is what the terms should never have got past the API server with.
	broken *Finding
	// basisUntil is the last day a document of municipal level or above is in
	// force, and basesUntil that of the first basis of a data element to lapse.
	basisUntil, basesUntil, authorityUntil day
}

// NewTask reads a task. The task must not change afterwards.
func NewTask(t *v1alpha1.AdmittedTask) *Task {
	s := &t.Spec
	out := &Task{
		Ref: Ref{Namespace: t.Namespace, Name: t.Name}, Spec: s, Digest: Digest(s),
		from: parseDay(string(s.Effective.From), 0), until: parseDay(string(s.Effective.Until), forever),
		rank: rank(s.Category), suspended: s.Suspend != nil && *s.Suspend,
	}
	out.readTarget()
	if f := s.Funding; f != nil {
		out.perCase, out.perHome, out.perPlace = parseFen(f.PerCase), parseFen(f.PerHousehold), parseFen(f.PerCommunity)
	}
	out.readBases()
	out.broken = check(s)
	return out
}

func (t *Task) readTarget() {
	t.named = map[Ref]bool{}
	for _, c := range t.Spec.Target.Communities {
		t.named[c] = true
	}
	s := t.Spec.Target.SubdistrictSelector
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
	t.basisUntil, t.basesUntil, t.authorityUntil = 0, forever, forever
	until := map[string]day{}
	for _, b := range t.Spec.LegalBasis {
		end := parseDay(string(b.Expires), forever)
		until[b.ID] = end
		if high(b.Level) {
			t.basisUntil = max(t.basisUntil, end)
		}
	}
	for _, d := range t.Spec.Data {
		if d.Basis != v1alpha1.ConsentBasis {
			t.basesUntil = min(t.basesUntil, until[d.Basis])
		}
	}
	if s := t.Spec.Scope; s != nil && s.Authority != nil {
		t.authorityUntil = parseDay(string(s.Authority.Until), forever)
	}
}

// high reports whether a level is municipal or above.
func high(l v1alpha1.LegalLevel) bool {
	return l == v1alpha1.LevelNational || l == v1alpha1.LevelProvincial || l == v1alpha1.LevelMunicipal
}

func rank(c v1alpha1.TaskCategory) int {
	return slices.Index([]v1alpha1.TaskCategory{v1alpha1.CategoryOwn, v1alpha1.CategoryAssist, v1alpha1.CategoryCampaign}, c)
}

// check holds the terms against the rules the API server enforces. Where one is
// broken all the same, the task stays out.
func check(s *v1alpha1.AdmittedTaskSpec) *Finding {
	declared := map[v1alpha1.DataElementCode]bool{}
	for _, d := range s.Data {
		declared[d.Element] = true
		if class, _, forbidden := privacy.Forbidden(string(d.Element)); forbidden {
			return refuse(v1alpha1.LedgerProhibited, fmt.Sprintf("nobody may collect data about %s; take %s out of spec.data", class, d.Element),
				Change{Object: OfTask, Field: "spec.data", To: string(d.Element), How: Remove})
		}
		if d.Basis != v1alpha1.ConsentBasis && !slices.ContainsFunc(s.LegalBasis, func(b v1alpha1.LegalBasis) bool { return b.ID == d.Basis }) {
			return refuse(v1alpha1.LedgerProhibited, fmt.Sprintf("%s is collected on the basis %q, which the task does not have; name an entry of spec.legalBasis, or consent", d.Element, d.Basis),
				Change{Object: OfTask, Field: "spec.data[" + string(d.Element) + "].basis", To: v1alpha1.ConsentBasis})
		}
	}
	for _, x := range s.Deliveries {
		for _, e := range x.Elements {
			if !declared[e] {
				return refuse(v1alpha1.LedgerProhibited, fmt.Sprintf("%s is delivered to %s but not declared; add it to spec.data or take it out of the delivery", e, x.SystemRef.Name),
					Change{Object: OfTask, Field: "spec.deliveries[" + x.SystemRef.Name + "].elements", To: string(e), How: Remove})
			}
		}
	}
	if s.Category == v1alpha1.CategoryCampaign && s.Effective.Until == "" {
		return refuse(v1alpha1.LedgerProhibited, "a campaign must have an end; set spec.effective.until",
			Change{Object: OfTask, Field: "spec.effective.until", To: string(s.Effective.From)})
	}
	return checkScope(s.Scope)
}

func checkScope(s *v1alpha1.TaskScope) *Finding {
	if s == nil {
		return nil
	}
	var granted []v1alpha1.TaskVerb
	if s.Authority != nil {
		granted = s.Authority.Verbs
	}
	for _, verb := range s.Verbs {
		if verb == v1alpha1.VerbPenalise {
			return refuse(v1alpha1.LedgerProhibited, "a community has no power to punish; take Penalise out of spec.scope.verbs",
				Change{Object: OfTask, Field: "spec.scope.verbs", To: string(verb), How: Remove})
		}
		if !slices.Contains(granted, verb) {
			return refuse(v1alpha1.LedgerAuthorityMissing, fmt.Sprintf("no instrument grants %s; add it to spec.scope.authority.verbs or take it out of spec.scope.verbs", verb),
				Change{Object: OfTask, Field: "spec.scope.authority.verbs", To: string(verb), How: Add})
		}
	}
	return nil
}

// day is a day of the calendar, counted from 1970-01-01.
type day int32

// forever is the end of what has none.
const forever day = math.MaxInt32

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
	if f%100 == 0 {
		return v1alpha1.Decimal(fmt.Sprintf("%d", f/100))
	}
	return v1alpha1.Decimal(fmt.Sprintf("%d.%02d", f/100, f%100))
}
