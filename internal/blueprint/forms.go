package blueprint

import (
	"fmt"
	"slices"

	"github.com/shequ-io/shequ/api/v1alpha1"
	"github.com/shequ-io/shequ/internal/content"
	"github.com/shequ-io/shequ/internal/privacy"
)

// What the forms for something else than an item ask: the codes by which a
// standard declares it. A standard that lacks the text has none of the forms.
const (
	requestText   = v1alpha1.DataElementCode("request-text")
	telephone     = v1alpha1.DataElementCode("telephone")
	applicantName = v1alpha1.DataElementCode("applicant-name")
)

// requestRetentionDays is how long what was written on those forms is kept after
// the case has ended: as long as the hotline keeps its work orders.
const requestRetentionDays = 365

// requests are the forms beside the items, each behind a module of the Community.
var requests = []struct {
	module v1alpha1.CommunityModule
	form   content.Form
}{
	{v1alpha1.ModuleHelpRequests, content.Form{
		Kind: "help-request", Item: "help-request", Purpose: "help-request", Place: true,
		Title: content.Text{ZH: "求助", EN: "Ask for help"},
	}},
	{v1alpha1.ModuleOpinions, content.Form{
		Kind: "opinion", Item: "opinion", Purpose: "opinion", Title: content.Text{ZH: "提意见建议", EN: "Give an opinion"},
	}},
	{v1alpha1.ModuleMediation, content.Form{
		Kind: "mediation", Item: "mediation", Purpose: "mediation", Title: content.Text{ZH: "申请调解", EN: "Ask for mediation"},
	}},
}

// forms of the community's modules, of what its standard declares.
func forms(c *v1alpha1.Community, standard *v1alpha1.CommunityStandard) []content.Form {
	elements := declared(standard)
	if _, ok := elements[requestText]; !ok {
		return nil
	}
	var out []content.Form
	for _, r := range requests {
		if !slices.Contains(c.Spec.Modules, r.module) {
			continue
		}
		form := r.form
		form.RetentionDays = requestRetentionDays
		for _, code := range []v1alpha1.DataElementCode{requestText, applicantName, telephone} {
			if e, ok := elements[code]; ok {
				field := elementField(e, form.Purpose, requestRetentionDays)
				field.Required = code == requestText
				form.Fields = append(form.Fields, field)
			}
		}
		out = append(out, form)
	}
	return out
}

// surveys as the Community declares them. A question that is answered in words of
// one's own is left out: what is published are counts.
func surveys(c *v1alpha1.Community) []content.Survey {
	var out []content.Survey
	for _, s := range c.Spec.Surveys {
		survey := content.Survey{Name: s.Name, Title: text(s.Title), From: string(s.From), Until: string(s.Until)}
		for _, q := range s.Questions {
			if q.Type == "Text" {
				continue
			}
			survey.Questions = append(survey.Questions, content.Question{
				Name: q.Name, Title: text(q.Title), Type: string(q.Type), Choices: texts(q.Choices),
			})
		}
		if len(survey.Questions) > 0 {
			out = append(out, survey)
		}
	}
	return out
}

// CheckSurveys tells which text of a Community's surveys asks about what nobody may
// collect. The admission policy refuses those it can read; this reads through
// look-alikes of letters and invisible signs too.
func CheckSurveys(c *v1alpha1.Community) error {
	for _, s := range c.Spec.Surveys {
		asked := []v1alpha1.LocalizedText{s.Title}
		for _, q := range s.Questions {
			asked = append(append(asked, q.Title), q.Choices...)
		}
		for _, text := range asked {
			if class, term, found := privacy.Forbidden(text.ZH, text.EN); found {
				return fmt.Errorf("survey %s asks with %q about %s: %s", s.Name, term, class, privacy.SurveyMessage(class))
			}
		}
	}
	return nil
}

// elements are the data elements a standard declares.
type elements map[v1alpha1.DataElementCode]*v1alpha1.DataElement

func declared(standard *v1alpha1.CommunityStandard) elements {
	out := elements{}
	if standard != nil {
		for i := range standard.Spec.DataElements {
			e := &standard.Spec.DataElements[i]
			out[e.Code] = e
		}
	}
	return out
}

// undeclared are the codes an item asks for that the standard does not declare.
func (e elements) undeclared(item string, codes []v1alpha1.DataElementCode) []string {
	var out []string
	for _, code := range codes {
		if _, ok := e[code]; !ok {
			out = append(out, item+": "+string(code))
		}
	}
	return out
}

func elementField(e *v1alpha1.DataElement, purpose string, days int64) content.Field {
	return content.Field{
		Text: text(e.Title), Code: string(e.Code), Type: string(e.Type), Class: string(e.Class),
		Sensitive: e.Sensitivity == v1alpha1.SensitivitySensitive, Purpose: purpose, RetentionDays: days,
	}
}

// ownForm is what an item of the station's own asks for. A sensitive element is
// asked with consent, as no document stands behind the item.
func (e elements) ownForm(it *v1alpha1.StationItem) []content.Field {
	var out []content.Field
	for _, code := range it.DataElements {
		f := elementField(e[code], string(it.Purpose), it.RetentionDays)
		f.Consent = f.Sensitive
		out = append(out, f)
	}
	return require(out)
}

// taskForm is what the item of an admitted task asks for: what the task collects.
// What it reuses is named, and not asked again.
func (e elements) taskForm(spec *v1alpha1.AdmittedTaskSpec) []content.Field {
	basis := map[string]content.Text{}
	for _, b := range spec.LegalBasis {
		basis[b.ID] = text(b.Title)
	}
	var out []content.Field
	for _, d := range spec.Data {
		f := elementField(e[d.Element], string(d.Purpose), d.RetentionDays)
		f.Basis, f.Consent, f.Reused = basis[d.Basis], d.Basis == v1alpha1.ConsentBasis, d.Use == v1alpha1.UseReuse
		out = append(out, f)
	}
	return require(out)
}

// require marks what an item can't do without: all it asks for, but of the ways to
// reach somebody the first one, and nothing that rests on consent.
func require(fields []content.Field) []content.Field {
	reachable := false
	for i := range fields {
		f := &fields[i]
		contact := f.Class == "Contact"
		f.Required = !f.Reused && !f.Consent && (!contact || !reachable)
		reachable = reachable || (contact && f.Required)
	}
	return fields
}

// ofCase are the purpose of a task's cases, its first element's, and how long what
// was written is kept: as long as the element that goes first may be, since a
// letter is deleted as a whole.
func ofCase(data []v1alpha1.TaskData) (purpose string, days int64) {
	for _, d := range data {
		if purpose == "" {
			purpose = string(d.Purpose)
		}
		if days == 0 || d.RetentionDays < days {
			days = d.RetentionDays
		}
	}
	return purpose, days
}
