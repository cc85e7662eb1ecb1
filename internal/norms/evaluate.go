package norms

import (
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	v1alpha1 "github.com/shequ-io/shequ/api/v1alpha1"
)

// Facts is what a sub-district has declared of one community. A figure that is
// left out is not known, which is never the same as zero.
type Facts struct {
	// Community is the community's spec; nil makes every rule Unknown.
	Community *v1alpha1.CommunitySpec
	// Station is the spec of the station that serves it; nil when there is none.
	Station *v1alpha1.ServiceStationSpec
}

// Evaluate holds a community against every rule its standard sets, in the order
// of RuleNames. A rule the standard leaves out has no result; a rule that needs
// a figure nobody declared is Unknown.
func Evaluate(in Facts, standard *v1alpha1.CommunityStandardSpec) []Result {
	if standard == nil {
		return nil
	}
	if in.Community == nil {
		in.Community = &v1alpha1.CommunitySpec{}
	}
	var out []Result
	if r := standard.Committee; r != nil {
		out = append(out, committeeSeats(in.Community, r))
	}
	if r := standard.Premises; r != nil {
		out = append(out, premisesArea(in.Community, r))
	}
	if r := standard.Station; r != nil {
		out = append(out, stationArea(in.Station, r))
	}
	if r := standard.ServiceArea; r != nil {
		out = append(out, serviceArea(in.Community, r))
	}
	if r := standard.Facilities; r != nil {
		out = append(out, facilities(in.Community, r))
	}
	if r := standard.Size; r != nil {
		out = append(out, communitySize(in.Community, r))
	}
	if r := standard.Workers; r != nil {
		out = append(out, workers(in.Community, r))
	}
	if r := standard.Burden; r != nil && r.Signboards != nil {
		out = append(out, signboards(in.Community, r))
	}
	if r := standard.Money; r != nil {
		out = append(out, districtShare(in.Community, r))
	}
	return out
}

// committeeSeats is met by at least the seats of the band. More is not a miss:
// seats are filled by election for a term, so a community that shrinks into a
// lower band may not be told to unseat anyone, and the rule is there to
// guarantee representation, not to cap it.
func committeeSeats(c *v1alpha1.CommunitySpec, rule *v1alpha1.CommitteeRule) Result {
	r := newResult(RuleCommitteeSeats, AtLeast, rule.RuleMeta)
	band, found := CommitteeBandFor(c.Profile.Households, rule)
	if c.Committee != nil && c.Committee.Seats != nil && *c.Committee.Seats >= 0 {
		r.Actual = Int(*c.Committee.Seats).String()
	}
	if !found {
		return r
	}
	r.Required = Int(band.Seats).String()
	if r.Actual == "" {
		return r
	}
	return r.decide(Int(band.Seats), Int(*c.Committee.Seats))
}

// CommitteeBandFor returns the first band that holds the households; a band
// includes its maxHouseholds, and a band without one takes all. It reports
// false when the households are not known or no band holds them.
func CommitteeBandFor(households int64, rule *v1alpha1.CommitteeRule) (v1alpha1.CommitteeBand, bool) {
	if rule == nil || households <= 0 {
		return v1alpha1.CommitteeBand{}, false
	}
	for _, b := range rule.Bands {
		if fits(households, b.MaxHouseholds) {
			return b, true
		}
	}
	return v1alpha1.CommitteeBand{}, false
}

func fits(households, maxHouseholds int64) bool {
	return maxHouseholds <= 0 || households <= maxHouseholds
}

// premisesArea compares the floor area of all premises together, owned and
// leased, with the largest requirement among the classes they are of.
func premisesArea(c *v1alpha1.CommunitySpec, rule *v1alpha1.PremisesRule) Result {
	r := newResult(RulePremisesArea, AtLeast, rule.RuleMeta)
	required, found := PremisesRequired(c.Profile.Households, classesOf(c.Premises), rule)
	if found {
		r.Required = Int(required).String()
	}
	actual, known := FloorArea(c.Premises)
	if known {
		r.Actual = actual.String()
	}
	if !found || !known {
		return r
	}
	return r.decide(Int(required), actual)
}

func classesOf(premises []v1alpha1.Premises) []string {
	var out []string
	for _, p := range premises {
		if !slices.Contains(out, p.Class) {
			out = append(out, p.Class)
		}
	}
	return out
}

// PremisesRequired returns the floor area a community needs that has premises
// of the given classes: the largest any of them asks for. Within a class the
// first band that holds the households decides; a class without a fitting band
// of its own takes the bands without a class. No classes at all ask what
// premises without a class would. It reports false when no band fits.
func PremisesRequired(households int64, classes []string, rule *v1alpha1.PremisesRule) (int64, bool) {
	if rule == nil || households <= 0 {
		return 0, false
	}
	if len(classes) == 0 {
		classes = []string{""}
	}
	var required int64
	found := false
	for _, class := range classes {
		area, ok := firstBand(households, class, rule.Bands)
		if !ok && class != "" {
			area, ok = firstBand(households, "", rule.Bands)
		}
		if ok && (!found || area > required) {
			required, found = area, true
		}
	}
	return required, found
}

func firstBand(households int64, class string, bands []v1alpha1.PremisesBand) (int64, bool) {
	for _, b := range bands {
		if b.Class == class && fits(households, b.MaxHouseholds) {
			return b.SquareMeters, true
		}
	}
	return 0, false
}

// FloorArea returns the floor area of all premises, owned and leased, in m². It
// reports false when no premises are declared, or none of them with a figure.
func FloorArea(premises []v1alpha1.Premises) (Ratio, bool) {
	var sum Ratio
	known := false
	for _, p := range premises {
		for _, area := range []*int64{p.OwnedSquareMeters, p.LeasedSquareMeters} {
			if area != nil && *area >= 0 {
				sum, known = sum.Add(Int(*area)), true
			}
		}
	}
	return sum, known
}

func stationArea(s *v1alpha1.ServiceStationSpec, rule *v1alpha1.StationRule) Result {
	r := newResult(RuleStationArea, AtLeast, rule.RuleMeta)
	r.Required = Int(rule.SquareMeters).String()
	if s == nil || s.PremisesSquareMeters <= 0 {
		return r
	}
	return r.decide(Int(rule.SquareMeters), Int(s.PremisesSquareMeters))
}

// serviceArea compares the floor area of all premises with the households'
// share. The requirement is a fraction of m² and stays one.
func serviceArea(c *v1alpha1.CommunitySpec, rule *v1alpha1.ServiceAreaRule) Result {
	r := newResult(RuleServiceArea, AtLeast, rule.RuleMeta)
	required, found := ServiceAreaRequired(c.Profile.Households, rule)
	if found {
		r.Required = required.String()
	}
	actual, known := FloorArea(c.Premises)
	if known {
		r.Actual = actual.String()
	}
	if !found || !known {
		return r
	}
	return r.decide(required, actual)
}

// ServiceAreaRequired returns the m² the households ask for: households × rate
// ÷ 100. It reports false when the households are not known.
func ServiceAreaRequired(households int64, rule *v1alpha1.ServiceAreaRule) (Ratio, bool) {
	if rule == nil || households <= 0 {
		return Ratio{}, false
	}
	return Int(households).Mul(Int(rule.SquareMetersPer100Households)).Div(Int(100))
}

// facilities is met when every required facility is there. Required lists all
// that the rule names, Actual those of them the community has.
func facilities(c *v1alpha1.CommunitySpec, rule *v1alpha1.FacilityRule) Result {
	r := newResult(RuleFacilities, AllOf, rule.RuleMeta)
	r.Required = clip(rule.Required)
	if c.Facilities == nil {
		return r // an empty list says "none"; no list says nothing
	}
	var having []string
	for _, name := range rule.Required {
		if slices.Contains(c.Facilities, name) {
			having = append(having, name)
		} else {
			r.Missing = append(r.Missing, name)
		}
	}
	r.Actual = clip(having)
	r.Result = v1alpha1.NormMet
	if len(r.Missing) > 0 {
		r.Result, r.Gap = v1alpha1.NormNotMet, Int(int64(len(r.Missing))).String()
	}
	return r
}

// maxListed is the most characters a joined list may have: the limit of
// NormStatus.required and actual.
const maxListed = 300

// clip joins names with commas and, where that outgrows a status field, ends
// with how many more there are.
func clip(names []string) string {
	joined := strings.Join(names, ", ")
	if utf8.RuneCountInString(joined) <= maxListed {
		return joined
	}
	for kept := len(names) - 1; kept > 0; kept-- {
		short := fmt.Sprintf("%s, … (+%d)", strings.Join(names[:kept], ", "), len(names)-kept)
		if utf8.RuneCountInString(short) <= maxListed {
			return short
		}
	}
	return fmt.Sprintf("(%d)", len(names))
}

func communitySize(c *v1alpha1.CommunitySpec, rule *v1alpha1.SizeRule) Result {
	r := newResult(RuleCommunitySize, Between, rule.RuleMeta)
	r.Required = fmt.Sprintf("%d–%d", rule.MinHouseholds, rule.MaxHouseholds)
	households := c.Profile.Households
	if households <= 0 {
		return r
	}
	r.Actual = Int(households).String()
	switch {
	case households < rule.MinHouseholds:
		r.Result, r.Gap = v1alpha1.NormNotMet, Int(rule.MinHouseholds).Sub(Int(households)).String()
	case households > rule.MaxHouseholds:
		r.Result, r.Gap = v1alpha1.NormNotMet, Int(households).Sub(Int(rule.MaxHouseholds)).String()
	default:
		r.Result = v1alpha1.NormMet
	}
	return r
}

// workers compares posts with the residents' share, a fraction of a post: 6,368
// residents at 18 per 10,000 need 11.4624, so 11 is a miss and 12 is not.
func workers(c *v1alpha1.CommunitySpec, rule *v1alpha1.WorkersRule) Result {
	r := newResult(RuleWorkers, AtLeast, rule.RuleMeta)
	required, found := WorkersRequired(c.Profile.Residents, rule)
	if found {
		r.Required = required.String()
	}
	actual, known := WorkerCount(c.Workforce)
	if known {
		r.Actual = actual.String()
	}
	if !found || !known {
		return r
	}
	return r.decide(required, actual)
}

// WorkersRequired returns residents × rate ÷ 10,000, exact. It reports false
// when the residents are not known.
func WorkersRequired(residents int64, rule *v1alpha1.WorkersRule) (Ratio, bool) {
	if rule == nil || residents <= 0 {
		return Ratio{}, false
	}
	return Int(residents).Mul(Int(rule.Per10000Residents)).Div(Int(10000))
}

// WorkerCount returns the people of all posts. It reports false when no post
// with a count is declared.
func WorkerCount(posts []v1alpha1.WorkforcePost) (Ratio, bool) {
	var sum Ratio
	known := false
	for _, p := range posts {
		if p.Count != nil && *p.Count >= 0 {
			sum, known = sum.Add(Int(*p.Count)), true
		}
	}
	return sum, known
}

func signboards(c *v1alpha1.CommunitySpec, rule *v1alpha1.BurdenRule) Result {
	r := newResult(RuleSignboards, AtMost, rule.RuleMeta)
	r.Required = Int(*rule.Signboards).String()
	if c.Signboards == nil {
		return r // an empty list says "none"; no list says nothing
	}
	return r.decide(Int(*rule.Signboards), Int(int64(len(c.Signboards))))
}
