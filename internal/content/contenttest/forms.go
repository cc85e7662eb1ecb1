package contenttest

import "github.com/shequ-io/shequ/internal/content"

const year = 365

// Data elements as the sample's standard declares them.
var (
	name            = content.Field{Text: text("申请人姓名", "Applicant's name"), Code: "applicant-name", Type: "Text", Class: "Base"}
	reason          = content.Field{Text: text("用途", "What it is for"), Code: "request-reason", Type: "Text", Class: "Base"}
	requestText     = content.Field{Text: text("事项说明", "What is asked for"), Code: "request-text", Type: "Text", Class: "Base"}
	telephone       = content.Field{Text: text("联系电话", "Telephone"), Code: "telephone", Type: "Text", Class: "Contact"}
	address         = content.Field{Text: text("居住地址", "Home address"), Code: "address", Type: "Text", Class: "Contact"}
	identityNumber  = content.Field{Text: text("公民身份号码", "Identity number"), Code: "identity-number", Type: "Text", Class: "Identity", Sensitive: true}
	householdSize   = content.Field{Text: text("家庭人口数", "People in the household"), Code: "household-size", Type: "Integer", Class: "Household"}
	householdIncome = content.Field{Text: text("家庭月收入", "Monthly household income"), Code: "household-income", Type: "Decimal", Class: "Benefit", Sensitive: true}
)

// form is what an item of the station's own asks for: all of it needed, and what
// is sensitive only with consent.
func form(fields ...content.Field) []content.Field {
	for i := range fields {
		f := &fields[i]
		f.Purpose, f.RetentionDays = "station-service", year
		f.Consent, f.Required = f.Sensitive, !f.Sensitive
	}
	return fields
}

// Requests are the forms for help, opinions and mediation.
func Requests() []content.Form {
	var out []content.Form
	for _, f := range []content.Form{
		{Kind: "help-request", Item: "help-request", Title: text("求助", "Ask for help"), Place: true},
		{Kind: "opinion", Item: "opinion", Title: text("提意见建议", "Give an opinion")},
		{Kind: "mediation", Item: "mediation", Title: text("申请调解", "Ask for mediation")},
	} {
		f.Purpose, f.RetentionDays = f.Item, year
		f.Fields = []content.Field{requestText, name, telephone}
		for i := range f.Fields {
			f.Fields[i].Purpose, f.Fields[i].RetentionDays = f.Purpose, year
		}
		f.Fields[0].Required = true
		out = append(out, f)
	}
	return out
}

// Survey is one about the hall, in March 2026.
func Survey() content.Survey {
	return content.Survey{
		Name: "hall-2026", Title: text("服务大厅满意度", "What you think of the hall"), From: "2026-03-01", Until: "2026-03-31",
		Questions: []content.Question{
			{Name: "hours", Title: text("开放时间合适吗？", "Do the opening hours suit you?"), Type: "Choice", Choices: []content.Text{text("合适", "Yes"), text("不合适", "No")}},
			{Name: "used", Title: text("您办过哪些事？", "What have you used?"), Type: "Choices", Choices: []content.Text{text("证明", "Certificates"), text("缴费", "Bills"), text("咨询", "Advice")}},
			{Name: "overall", Title: text("总体评价", "Overall"), Type: "Scale"},
		},
	}
}
