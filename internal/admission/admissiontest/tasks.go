package admissiontest

import (
	"fmt"
	"slices"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/ptr"

	"github.com/shequ-io/shequ/api/v1alpha1"
)

// flaw is what keeps a task out, or waiting, whoever else is at the door.
type flaw string

const (
	sound        flaw = ""
	rejected     flaw = "rejected"
	prohibited   flaw = "prohibited"
	basisLapsed  flaw = "basis lapsed"
	dataLapsed   flaw = "data's basis lapsed"
	powerLapsed  flaw = "authority lapsed"
	underfunded  flaw = "underfunded"
	unapproved   flaw = "unapproved"
	outdated     flaw = "approved on other terms"
	later        flaw = "begins later"
	farOff       flaw = "begins beyond the horizon"
	systemless   flaw = "delivers to no system"
	purposeless  flaw = "delivers for a purpose no system allows"
	undeclared   flaw = "uses an element no standard declares"
	unreleased   flaw = "no money released"
	halfReleased flaw = "too little money released"
	suspended    flaw = "suspended"
	over         flaw = "over"
)

func (a *artist) flaw() flaw {
	if a.percent(a.Options.FlawedPercent) {
		return pick(a.dice, rejected, prohibited, basisLapsed, dataLapsed, powerLapsed, underfunded, underfunded, underfunded)
	}
	if a.percent(30) {
		return pick(a.dice, unapproved, outdated, later, farOff, systemless, purposeless, undeclared, unreleased, halfReleased, suspended, over)
	}
	return sound
}

func (a *artist) drawTasks() {
	for i := range a.Options.Tasks {
		f := a.flaw()
		t := &v1alpha1.AdmittedTask{
			ObjectMeta: metav1.ObjectMeta{
				Namespace: a.Options.name("dept-%d", a.IntN(departments)), Name: fmt.Sprintf("task-%03d", i),
				Generation: 1,
			},
			Spec: v1alpha1.AdmittedTaskSpec{
				Title:    text(fmt.Sprintf("示例事项%d", i), pick(a.dice, "", fmt.Sprintf("Sample task %d", i))),
				Category: pick(a.dice, v1alpha1.CategoryOwn, v1alpha1.CategoryAssist, v1alpha1.CategoryAssist, v1alpha1.CategoryCampaign),
			},
		}
		s := &t.Spec
		a.drawCatalogue(s, f)
		a.drawWindow(s, f)
		a.drawBases(s, f)
		a.drawScope(s, f)
		a.drawTarget(s)
		a.drawLoad(s)
		a.drawFunding(s, f)
		a.drawData(s, f)
		a.drawService(s)
		if f == suspended {
			s.Suspend = ptr.To(true)
		} else if a.percent(10) {
			s.Suspend = ptr.To(false)
		}
		a.Tasks = append(a.Tasks, t)
		a.decide(t, f)
	}
}

func (a *artist) drawCatalogue(s *v1alpha1.AdmittedTaskSpec, f flaw) {
	switch {
	case f == prohibited:
		s.CatalogueCode = pick(a.dice, "x-001", "x-002")
	case a.percent(50):
		s.CatalogueCode = fmt.Sprintf("b-%03d", a.IntN(200))
	}
}

func (a *artist) drawWindow(s *v1alpha1.AdmittedTaskSpec, f flaw) {
	from := -a.between(0, 600)
	length := a.between(30, 900)
	switch f {
	case later:
		from = a.between(1, 500)
	case farOff:
		from = a.between(760, 1200)
	case over:
		from, length = -a.between(40, 400), a.between(0, 35)
	default:
		length = max(length, -from+a.between(0, 400))
	}
	s.Effective.From = a.date(from)
	if f == over || s.Category == v1alpha1.CategoryCampaign || a.percent(40) {
		s.Effective.Until = a.date(from + length)
	}
}

func (a *artist) drawBases(s *v1alpha1.AdmittedTaskSpec, f flaw) {
	for i := range a.between(1, 3) {
		b := v1alpha1.LegalBasis{
			ID: fmt.Sprintf("law-%d", i), Title: text("示例办法", ""), Issued: a.date(-a.between(1000, 2000)),
			Level: pick(a.dice, v1alpha1.LevelNational, v1alpha1.LevelProvincial, v1alpha1.LevelMunicipal),
		}
		if a.percent(50) {
			b.DocumentNumber = fmt.Sprintf("示例〔2024〕%d号", a.between(1, 99))
		}
		if f == basisLapsed {
			b.Expires = a.date(-a.between(1, 900))
		} else if a.percent(30) {
			b.Expires = a.date(a.between(0, 1500))
		}
		s.LegalBasis = append(s.LegalBasis, b)
	}
	notice := v1alpha1.LegalBasis{ID: "notice", Title: text("区通知", ""), Level: pick(a.dice, v1alpha1.LevelDistrict, v1alpha1.LevelSubdistrict)}
	if f == dataLapsed {
		notice.Expires = a.date(-a.between(1, 900))
	}
	if f == dataLapsed || a.percent(30) {
		s.LegalBasis = append(s.LegalBasis, notice)
	}
}

func (a *artist) drawScope(s *v1alpha1.AdmittedTaskSpec, f flaw) {
	if f != powerLapsed && a.percent(50) {
		return
	}
	all := []v1alpha1.TaskVerb{v1alpha1.VerbDiscover, v1alpha1.VerbPublicise, v1alpha1.VerbInspect, v1alpha1.VerbSupervise, v1alpha1.VerbRemediate}
	granted := some(a.dice, int(a.between(1, 5)), all)
	s.Scope = &v1alpha1.TaskScope{
		Verbs:     some(a.dice, int(a.between(1, int64(len(granted)))), granted),
		Authority: &v1alpha1.TaskAuthority{Instrument: fmt.Sprintf("授权书%d号", a.between(1, 99)), Verbs: granted},
	}
	if f == powerLapsed {
		s.Scope.Authority.Until = a.date(-a.between(1, 300))
	} else if a.percent(30) {
		s.Scope.Authority.Until = a.date(a.between(0, 900))
	}
}

func (a *artist) drawTarget(s *v1alpha1.AdmittedTaskSpec) {
	everyone := &metav1.LabelSelector{MatchLabels: map[string]string{DistrictLabel: a.Options.Prefix}}
	name := func(which []*v1alpha1.Community) {
		for _, c := range which {
			s.Target.Communities = append(s.Target.Communities, v1alpha1.NamespacedReference{Namespace: c.Namespace, Name: c.Name})
		}
	}
	switch {
	case a.Options.Everywhere || a.percent(65):
		if a.percent(50) {
			s.Target.SubdistrictSelector = everyone
		} else {
			name(some(a.dice, len(a.Communities), a.Communities))
		}
	case a.percent(40):
		s.Target.SubdistrictSelector = &metav1.LabelSelector{
			MatchLabels: everyone.MatchLabels,
			MatchExpressions: []metav1.LabelSelectorRequirement{
				{Key: "example.org/kind", Operator: metav1.LabelSelectorOpIn, Values: []string{pick(a.dice, "old-town", "new-town")}},
			},
		}
	case a.percent(90):
		name(some(a.dice, int(a.between(1, int64(len(a.Communities)))), a.Communities))
	case a.percent(50):
		s.Target.SubdistrictSelector = &metav1.LabelSelector{} // matches none
	}
}

// drawLoad draws three times the time a community of average size has, over all
// tasks.
func (a *artist) drawLoad(s *v1alpha1.AdmittedTaskSpec) {
	if a.percent(4) {
		return // it asks for nothing
	}
	w := &v1alpha1.TaskWorkload{}
	s.Workload = w
	mean := int64(3 * middling * minutesOfYear / a.Options.Tasks)
	if a.percent(80) {
		minutes := mean * a.between(10, 190) / 100
		if s.Category == v1alpha1.CategoryCampaign {
			minutes *= 2
		}
		w.MinutesPerCase = a.between(5, 60)
		if a.percent(60) {
			w.CasesPerYear = max(1, minutes/w.MinutesPerCase)
		} else {
			w.CasesPerThousandResidents = max(1, minutes/w.MinutesPerCase/5)
		}
	}
	if a.percent(25) {
		w.Visits = &v1alpha1.VisitLoad{HouseholdPercent: a.between(1, 40), TimesPerYear: a.between(1, 6), MinutesPerVisit: a.between(3, 20)}
		if a.percent(50) {
			w.Visits.Combinable = ptr.To(a.percent(70))
		}
	}
	if a.percent(35) {
		w.Reports = &v1alpha1.ReportLoad{PerYear: a.between(1, 30), MinutesEach: a.between(20, 120)}
		if a.percent(60) {
			w.Reports.Indicators = ptr.To(a.between(0, 20))
		}
	}
	if a.percent(30) {
		w.Ledgers = ptr.To(a.between(0, 3))
	}
}

// drawFunding pays for the load at the common hourly cost, or for too little of
// it.
func (a *artist) drawFunding(s *v1alpha1.AdmittedTaskSpec, f flaw) {
	w := s.Workload
	if w == nil && f == underfunded {
		w = &v1alpha1.TaskWorkload{CasesPerYear: 10, MinutesPerCase: 10}
		s.Workload = w
	}
	if w == nil && a.percent(50) {
		return
	}
	money := &v1alpha1.TaskFunding{Source: "专项经费"}
	if a.percent(80) {
		money.Periods = pick(a.dice, v1alpha1.PeriodsYearly, v1alpha1.PeriodsHalfYearly, v1alpha1.PeriodsQuarterly, v1alpha1.PeriodsMonthly, v1alpha1.PeriodsOnce)
	}
	perMinute := int64(hourlyFen/60) + a.between(0, 20)
	if f == underfunded {
		if perMinute = a.between(1, 20); a.percent(10) {
			return
		}
	}
	once := perMinute * 10
	if w != nil {
		if w.MinutesPerCase > 0 {
			money.PerCase = amount(w.MinutesPerCase * perMinute)
		}
		if v := w.Visits; v != nil {
			money.PerHousehold = amount((v.HouseholdPercent*v.TimesPerYear*v.MinutesPerVisit*teamSize*perMinute + 99) / 100)
			once += v.MinutesPerVisit * teamSize * perMinute // of the visit that is rounded up
		}
		if r := w.Reports; r != nil {
			once += r.PerYear * r.MinutesEach * perMinute
		}
	}
	money.PerCommunity = amount(once)
	s.Funding = money
}

func (a *artist) drawData(s *v1alpha1.AdmittedTaskSpec, f flaw) {
	n := int64(0)
	if a.percent(60) || slices.Contains([]flaw{dataLapsed, systemless, purposeless, undeclared}, f) {
		n = a.between(1, 6)
	}
	purpose := pick(a.dice, purposes...)
	for i, e := range some(a.dice, int(n), a.elements) {
		d := v1alpha1.TaskData{
			Element: e.code, Use: v1alpha1.UseReuse, Purpose: purpose, RetentionDays: a.between(1, 3650),
			Basis: pick(a.dice, s.LegalBasis[0].ID, s.LegalBasis[0].ID, v1alpha1.ConsentBasis),
		}
		if a.percent(15) {
			d.Use = v1alpha1.UseCollect
		}
		switch {
		case f == dataLapsed && i == 0:
			d.Basis = "notice"
		case f == undeclared && i == 0:
			d.Element = "item-unknown"
		}
		s.Data = append(s.Data, d)
	}
	if n == 0 || (f != systemless && f != purposeless && a.percent(70)) {
		return
	}
	for range a.between(1, 2) {
		x := v1alpha1.TaskDelivery{SystemRef: v1alpha1.LocalReference{Name: pick(a.dice, a.Systems...).Name}, Purpose: purpose}
		if f == systemless {
			x.SystemRef.Name = a.Options.name("%s", "no-such-system")
		}
		if f == purposeless {
			x.Purpose = "advertising"
		}
		for _, d := range some(a.dice, int(a.between(1, n)), s.Data) {
			x.Elements = append(x.Elements, d.Element)
		}
		if len(s.Deliveries) > 0 && s.Deliveries[0].SystemRef == x.SystemRef {
			continue // a system gets what it gets at once
		}
		s.Deliveries = append(s.Deliveries, x)
	}
}

func (a *artist) drawService(s *v1alpha1.AdmittedTaskSpec) {
	if a.percent(40) {
		return
	}
	s.Service = &v1alpha1.TaskService{
		Steps: []v1alpha1.LocalizedText{text("受理", "Accept"), text("审核", "Check")}, Materials: []v1alpha1.LocalizedText{text("申请表", "")},
	}
	if a.percent(50) {
		s.Service.AcceptWithinMinutes, s.Service.ResolveWithinMinutes = a.between(1, 1440), a.between(1440, 43200)
	}
	if a.percent(50) {
		s.Service.OnlineApplication = pick(a.dice, v1alpha1.OnlineOffered, v1alpha1.OnlineCounterOnly)
	}
}
