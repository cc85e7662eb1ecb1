package main

import (
	"slices"
	"strings"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/ptr"

	v1alpha1 "github.com/shequ-io/shequ/api/v1alpha1"
)

// proposal is a task as its department words it. What is the same for all of
// them, such as money at the standard's cost, is added by task.
type proposal struct {
	dept     string // a department's namespace
	name     string // of the task; also the purpose of its data
	title    v1alpha1.LocalizedText
	category v1alpha1.TaskCategory
	code     string // in the catalogue of what communities need not bear

	documents []string // ids of documents, the first is the basis of the data
	verbs     []v1alpha1.TaskVerb
	granted   v1alpha1.Date // last day of the authority; none: as long as the task

	communities []string      // none: all of every sub-district
	from        v1alpha1.Date // none: soon after the meeting that approved it
	until       v1alpha1.Date
	suspended   bool

	load    []part
	periods v1alpha1.FundingPeriods
	paid    percent // of what the load costs; none: all of it
	data    fields
	sends   []sending
	service *v1alpha1.TaskService

	said  said
	meant v1alpha1.LedgerReason // none: admitted wherever nothing is contested
	why   string                // for the reader of the file, where it is not admitted
}

// percent is a share.
type percent int64

// said is what the committee and the finance bureau have said about a task.
type said struct {
	meeting  int      // the committee's meeting that decided; 0: none yet
	rejected bool     // it decided against
	before   []part   // it approved the task with this load, changed since
	released []string // periods; none: all of the years in view; "-": none at all
}

// fields are the data elements a task uses, by their codes with spaces between.
type fields struct {
	collect, reuse string
	consent        string // those among them that rest on consent
	years          int64  // they are kept after the case is closed
}

// sending is what one information system receives of each case.
type sending struct {
	system, elements string
	mapping          []v1alpha1.FieldMapping // none: each element under its own code
	tell             bool                    // that it rejects the case is told, and the case goes on
}

// part is one part of a workload.
type part func(*v1alpha1.TaskWorkload)

func perYear(cases, minutes int64) part {
	return func(w *v1alpha1.TaskWorkload) { w.CasesPerYear, w.MinutesPerCase = cases, minutes }
}

func perThousand(cases, minutes int64) part {
	return func(w *v1alpha1.TaskWorkload) { w.CasesPerThousandResidents, w.MinutesPerCase = cases, minutes }
}

// visits that share their round with other tasks' visits.
func visits(share percent, times, minutes int64) part {
	return func(w *v1alpha1.TaskWorkload) {
		w.Visits = &v1alpha1.VisitLoad{
			HouseholdPercent: int64(share), TimesPerYear: times, MinutesPerVisit: minutes, Combinable: ptr.To(true),
		}
	}
}

// ownVisits need a round of their own.
func ownVisits(share percent, times, minutes int64) part {
	return func(w *v1alpha1.TaskWorkload) {
		visits(share, times, minutes)(w)
		w.Visits.Combinable = nil
	}
}

func reports(perYear, minutes, indicators int64) part {
	return func(w *v1alpha1.TaskWorkload) {
		w.Reports = &v1alpha1.ReportLoad{PerYear: perYear, MinutesEach: minutes}
		if indicators > 0 {
			w.Reports.Indicators = &indicators
		}
	}
}

func ledgers(count int64) part {
	return func(w *v1alpha1.TaskWorkload) { w.Ledgers = &count }
}

func workload(parts []part) *v1alpha1.TaskWorkload {
	out := &v1alpha1.TaskWorkload{}
	for _, add := range parts {
		add(out)
	}
	return out
}

// task is the proposal as a file declares it.
func (p *proposal) task() *v1alpha1.AdmittedTask {
	return &v1alpha1.AdmittedTask{
		TypeMeta:   typeMeta("AdmittedTask"),
		ObjectMeta: metav1.ObjectMeta{Name: p.name, Namespace: p.dept},
		Spec:       p.terms(p.load),
	}
}

func (p *proposal) terms(load []part) v1alpha1.AdmittedTaskSpec {
	spec := v1alpha1.AdmittedTaskSpec{
		Title: p.title, CatalogueCode: p.code, Category: p.category,
		LegalBasis: legalBasis(p.documents),
		Scope:      p.scope(),
		Target:     p.target(),
		Effective:  v1alpha1.TaskWindow{From: p.from, Until: p.until},
		Workload:   workload(load),
		Data:       p.fields(),
		Service:    p.service,
	}
	if spec.Effective.From == "" {
		spec.Effective.From = meetings[p.said.meeting].starts
	}
	spec.Funding = funding(spec.Workload, p.paid, p.periods, departmentOf(p.dept).zh+"部门预算（示例）")
	for _, s := range p.sends {
		d := v1alpha1.TaskDelivery{
			SystemRef: v1alpha1.LocalReference{Name: s.system}, Purpose: v1alpha1.PurposeCode(p.name),
			Elements: codes(s.elements), Mapping: s.mapping,
		}
		if s.tell {
			d.OnRejection = v1alpha1.TellStaff
		}
		spec.Deliveries = append(spec.Deliveries, d)
	}
	if p.suspended {
		spec.Suspend = ptr.To(true)
	}
	return spec
}

func (p *proposal) scope() *v1alpha1.TaskScope {
	if len(p.verbs) == 0 {
		return nil
	}
	return &v1alpha1.TaskScope{Verbs: p.verbs, Authority: &v1alpha1.TaskAuthority{
		// Authorisations are the district's own papers; the sample invents no number.
		Instrument: departmentOf(p.dept).zh + "关于“" + p.title.ZH + "”的工作授权书（示例）",
		Verbs:      slices.Clone(p.verbs), Until: p.granted,
	}}
}

func (p *proposal) target() v1alpha1.TaskTarget {
	var out v1alpha1.TaskTarget
	for _, name := range p.communities {
		out.Communities = append(out.Communities, v1alpha1.NamespacedReference{Namespace: namespace, Name: name})
	}
	if out.Communities == nil {
		out.SubdistrictSelector = &metav1.LabelSelector{
			MatchLabels: map[string]string{v1alpha1.RoleLabel: v1alpha1.RoleSubdistrict},
		}
	}
	return out
}

func (p *proposal) fields() []v1alpha1.TaskData {
	const daysPerYear = 365
	var out []v1alpha1.TaskData
	consent := codes(p.data.consent)
	add := func(text string, use v1alpha1.DataUse) {
		for _, code := range codes(text) {
			d := v1alpha1.TaskData{
				Element: code, Use: use, Purpose: v1alpha1.PurposeCode(p.name),
				Basis: p.documents[0], RetentionDays: daysPerYear * p.data.years,
			}
			if slices.Contains(consent, code) {
				d.Basis = v1alpha1.ConsentBasis
			}
			out = append(out, d)
		}
	}
	add(p.data.collect, v1alpha1.UseCollect)
	add(p.data.reuse, v1alpha1.UseReuse)
	return out
}

func codes(text string) []v1alpha1.DataElementCode {
	var out []v1alpha1.DataElementCode
	for code := range strings.FieldsSeq(text) {
		out = append(out, v1alpha1.DataElementCode(code))
	}
	return out
}

// counter is an item to apply for at the counter, settled in so many days.
func counter(days int64, bring ...string) *v1alpha1.TaskService {
	return &v1alpha1.TaskService{
		Steps: counterSteps(), Materials: texts(append(identityCard(), bring...)...),
		AcceptWithinMinutes: hour, ResolveWithinMinutes: days * day,
	}
}

// online is an item one can apply for at the portal too.
func online(days int64, bring ...string) *v1alpha1.TaskService {
	out := counter(days, bring...)
	out.OnlineApplication = v1alpha1.OnlineOffered
	return out
}
