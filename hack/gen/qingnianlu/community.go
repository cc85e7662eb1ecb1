package main

import (
	"k8s.io/utils/ptr"

	v1alpha1 "github.com/shequ-io/shequ/api/v1alpha1"
)

// community declares what the survey says and nothing else: no committee seats,
// no facilities, no signboards and no station area, so those norms are Unknown.
func community(c surveyed) *v1alpha1.Community {
	return &v1alpha1.Community{
		TypeMeta:   typeMeta("Community"),
		ObjectMeta: objectMeta(c.name),
		Spec: v1alpha1.CommunitySpec{
			DisplayName: v1alpha1.LocalizedText{ZH: c.zh, EN: c.en + " Community"},
			StandardRef: v1alpha1.LocalReference{Name: standardName},
			Profile:     v1alpha1.CommunityProfile{Households: c.households, Residents: c.residents},
			Premises: []v1alpha1.Premises{{
				Name:               "office",
				Title:              text("办公服务用房", "Office and service premises"),
				OwnedSquareMeters:  ptr.To(c.owned),
				LeasedSquareMeters: ptr.To(c.leased),
			}},
			Workforce: []v1alpha1.WorkforcePost{{
				Post:  "community-worker",
				Title: text("社区工作者", "Community workers"),
				Count: ptr.To(c.staff),
			}},
			Budget: budget(),
			Modules: []v1alpha1.CommunityModule{
				v1alpha1.ModuleApplications, v1alpha1.ModuleHelpRequests, v1alpha1.ModuleOpinions,
				v1alpha1.ModuleDisclosure, v1alpha1.ModulePayments, v1alpha1.ModuleMediation, v1alpha1.ModuleBookings,
			},
			Integrations: integrations(),
			Billers: []v1alpha1.Biller{{
				Name: "utilities", DisplayName: *text("公用事业缴费平台", "Utility bills"), System: utilityBills, Purpose: agencyServices,
			}},
			Surveys: surveys(c.name),
			Portal:  v1alpha1.PortalSpec{Hostname: v1alpha1.Hostname(c.name + "." + domain)},
			Access: []v1alpha1.AccessGrant{
				{Group: namespace + ":" + c.name + ":lead", Role: v1alpha1.AccessLead},
				{Group: namespace + ":" + c.name + ":workers", Role: v1alpha1.AccessWorker},
			},
		},
	}
}

// integrations are all systems that are declared, since each community has tasks
// that deliver to them. E-supervision gets the month's figures as they are counted.
func integrations() []v1alpha1.Integration {
	var out []v1alpha1.Integration
	for _, s := range append(systemsOfPeople(), systemsOfThings()...) {
		i := v1alpha1.Integration{System: s.name}
		if s.name == supervision {
			i.Report = &v1alpha1.IntegrationReport{Purpose: supervisionReport}
		}
		out = append(out, i)
	}
	return out
}

// surveys is one, in one community: an example of what may be asked.
func surveys(community string) []v1alpha1.Survey {
	if community != "qingnianlu-2" {
		return nil
	}
	return []v1alpha1.Survey{{
		Name: "services-2026", Title: *text("社区服务居民意见征询", "What residents think of the community's services"),
		From: "2026-11-01", Until: "2026-12-31",
		Questions: []v1alpha1.SurveyQuestion{
			{Name: "hours", Type: "Choice", Title: *text("服务站的开放时间合适吗？", "Do the station's opening hours suit you?"), Choices: []v1alpha1.LocalizedText{
				*text("合适", "They do"), *text("希望晚上开放", "I would like evenings"), *text("希望周末开放", "I would like weekends"),
			}},
			{Name: "wanted", Type: "Choices", Title: *text("最希望增加哪些服务？", "Which services would you like more of?"), Choices: []v1alpha1.LocalizedText{
				*text("居家养老", "Care for older people at home"), *text("儿童托管", "Looking after children"),
				*text("缴费代办", "Paying bills"), *text("文体活动", "Culture and sports"),
			}},
			{Name: "overall", Type: "Scale", Title: *text("您对社区服务总体满意吗？", "How satisfied are you overall?")},
		},
	}}
}

// budget is the same for all twelve: the survey gives 35,000 yuan a year for
// each, in two parts. It does not say who pays, hence the source Other.
func budget() []v1alpha1.BudgetLine {
	return []v1alpha1.BudgetLine{
		{Name: "office", Title: text("办公经费", "Office expenses"), YearlyAmount: "15000", Source: "Other"},
		{Name: "party-building", Title: text("党建经费", "Party building"), YearlyAmount: "20000", Source: "Other"},
	}
}

func text(zh, en string) *v1alpha1.LocalizedText {
	return &v1alpha1.LocalizedText{ZH: zh, EN: en}
}
