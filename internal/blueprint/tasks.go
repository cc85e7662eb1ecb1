package blueprint

import (
	"slices"
	"strings"

	"github.com/shequ-io/shequ/api/v1alpha1"
	"github.com/shequ-io/shequ/internal/casework"
	"github.com/shequ-io/shequ/internal/content"
	"github.com/shequ-io/shequ/internal/courier"
)

// AdmittedFact is a task the community's ledger admits on its present terms.
type AdmittedFact struct {
	Task *v1alpha1.AdmittedTask
	// Entry of the ledger.
	Entry *v1alpha1.LedgerEntry
	// Department is the public name of the task's namespace.
	Department content.Text
}

// addTask adds the item of an admitted task. A task without a service, or whose
// item can't be served, is disclosed without one.
func (o *Offer) addTask(f AdmittedFact, all *StationFacts, titles elements) {
	task, spec := disclosure(f, all.Standard, titles), &f.Task.Spec
	var codes []v1alpha1.DataElementCode
	for _, d := range spec.Data {
		codes = append(codes, d.Element)
	}
	missing := titles.undeclared(task.Name, codes)
	if spec.Service == nil || len(missing) > 0 {
		if spec.Service != nil {
			o.Undeclared = append(o.Undeclared, missing...)
		}
		o.Tasks = append(o.Tasks, task)
		return
	}
	task.Deliveries = passedOn(f.Task, all.Systems)
	purpose, days := ofCase(spec.Data)
	o.Items = append(o.Items, content.Item{
		Name: content.Slug(task.Name), Title: task.Title,
		Steps: texts(spec.Service.Steps), Materials: texts(spec.Service.Materials), Elements: titles.taskForm(spec),
		AcceptWithinMinutes: spec.Service.AcceptWithinMinutes, ResolveWithinMinutes: spec.Service.ResolveWithinMinutes,
		Online: spec.Service.OnlineApplication == v1alpha1.OnlineOffered, Task: &task,
		Purpose: purpose, RetentionDays: days,
	})
	o.Served = append(o.Served, v1alpha1.NamespacedReference{Namespace: f.Task.Namespace, Name: f.Task.Name})
}

// disclosure is what residents may know of an admitted task: all of its terms
// that concern them.
func disclosure(f AdmittedFact, standard *v1alpha1.CommunityStandard, titles elements) content.Task {
	spec := &f.Task.Spec
	t := content.Task{
		Name: f.Task.Namespace + "/" + f.Task.Name, Title: text(spec.Title), Department: f.Department,
		Category: string(spec.Category), From: string(spec.Effective.From), Until: string(spec.Effective.Until),
		YearlyMinutes: deref(f.Entry.MinutesPerYear),
	}
	if spec.Scope != nil {
		for _, verb := range spec.Scope.Verbs {
			t.Verbs = append(t.Verbs, string(verb))
		}
		if spec.Scope.Authority != nil {
			t.Authority = spec.Scope.Authority.Instrument
		}
	}
	basis := map[string]content.Text{}
	for _, b := range spec.LegalBasis {
		basis[b.ID] = text(b.Title)
		t.LegalBasis = append(t.LegalBasis, content.LegalBasis{Text: text(b.Title), DocumentNumber: b.DocumentNumber, Level: string(b.Level)})
	}
	if money := spec.Funding; money != nil {
		t.Funding = rates(money, currency(standard))
		t.FundingSource, t.FundingPeriods = money.Source, string(money.Periods)
		if t.YearlyFunding = string(f.Entry.FundingPerYear); t.YearlyFunding != "" {
			t.Currency = currency(standard)
		}
	}
	for _, d := range spec.Data {
		title := content.Text{ZH: string(d.Element)}
		if e, ok := titles[d.Element]; ok {
			title = text(e.Title)
		}
		t.Data = append(t.Data, content.Datum{
			Text: title, Reused: d.Use == v1alpha1.UseReuse, Purpose: string(d.Purpose),
			Basis: basis[d.Basis], RetentionDays: d.RetentionDays,
		})
	}
	return t
}

// passedOn is what systems get of each case of a task, by the rule the desk delivers
// by: residents are told before they write anything. A delivery of which nothing goes
// is left out.
func passedOn(t *v1alpha1.AdmittedTask, systems []*v1alpha1.InformationSystem) []content.Delivery {
	whole := courier.Subject{Fields: casework.Fields{}}
	for _, d := range t.Spec.Data {
		whole.Fields[d.Element] = "any"
	}
	var out []content.Delivery
	for _, d := range t.Spec.Deliveries {
		at := slices.IndexFunc(systems, func(s *v1alpha1.InformationSystem) bool { return s.Name == d.SystemRef.Name })
		if at < 0 {
			continue
		}
		to := &systems[at].Spec
		goes := courier.Select(courier.Terms{Data: t.Spec.Data, Delivery: d}, courier.System{
			Name: systems[at].Name, Accepts: to.Accepts, Purposes: to.AllowedPurposes,
		}, whole).Payload
		one := content.Delivery{System: text(to.DisplayName), Owner: to.Owner, Location: text(to.DataLocation), Purpose: string(d.Purpose)}
		for _, datum := range t.Spec.Data { // in the order in which they are asked
			if _, ok := goes[datum.Element]; ok {
				one.Elements = append(one.Elements, string(datum.Element))
			}
		}
		if len(one.Elements) > 0 {
			out = append(out, one)
		}
	}
	return out
}

// rates says in words what is paid.
func rates(f *v1alpha1.TaskFunding, currency string) content.Text {
	var zh, en []string
	for _, rate := range []struct {
		amount v1alpha1.Decimal
		zh, en string
	}{
		{f.PerCase, "每件 ", " per case"},
		{f.PerHousehold, "每户每年 ", " per household a year"},
		{f.PerCommunity, "每个社区每年 ", " per community a year"},
	} {
		if rate.amount == "" {
			continue
		}
		amount := grouped(string(rate.amount))
		inChinese := currency + " " + amount
		if currency == defaultCurrency {
			inChinese = amount + " 元"
		}
		zh, en = append(zh, rate.zh+inChinese), append(en, currency+" "+amount+rate.en)
	}
	return content.Text{ZH: strings.Join(zh, "，"), EN: strings.Join(en, ", ")}
}

// grouped writes an amount with its thousands apart and without idle zeros.
func grouped(amount string) string {
	whole, fraction, _ := strings.Cut(amount, ".")
	for i := len(whole) - 3; i > 0; i -= 3 {
		whole = whole[:i] + "," + whole[i:]
	}
	if strings.Trim(fraction, "0") == "" {
		return whole
	}
	return whole + "." + fraction
}
