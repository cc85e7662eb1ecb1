package blueprint

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/ptr"

	"github.com/shequ-io/shequ/api/v1alpha1"
	"github.com/shequ-io/shequ/internal/content"
)

// admitted are three tasks: one with a service and all there is to disclose, one
// that asks for what nobody declares, and one without a service.
func admitted() []AdmittedFact {
	civil := content.Text{ZH: "区民政局", EN: "Civil affairs bureau"}
	law := v1alpha1.LegalBasis{ID: "law", Title: both("老年人权益保障条例", "Regulation on the rights of older people"), DocumentNumber: "示范〔2018〕12号", Level: v1alpha1.LevelMunicipal}
	allowance := &v1alpha1.AdmittedTask{
		ObjectMeta: metav1.ObjectMeta{Namespace: "civil-affairs", Name: "old-age.allowance"},
		Spec: v1alpha1.AdmittedTaskSpec{
			Title: both("高龄津贴", "Old-age allowance"), Category: v1alpha1.CategoryAssist,
			LegalBasis: []v1alpha1.LegalBasis{law, {ID: "notice", Title: both("工作通知", ""), Level: v1alpha1.LevelDistrict}},
			Scope: &v1alpha1.TaskScope{Verbs: []v1alpha1.TaskVerb{v1alpha1.VerbPublicise}, Authority: &v1alpha1.TaskAuthority{
				Instrument: "示范委托〔2024〕1号", Verbs: []v1alpha1.TaskVerb{v1alpha1.VerbPublicise},
			}},
			Effective: v1alpha1.TaskWindow{From: "2026-01-01", Until: "2027-12-31"},
			Funding:   &v1alpha1.TaskFunding{PerCase: "2.00", PerHousehold: "0.50", PerCommunity: "12000", Source: "区级财政专项", Periods: v1alpha1.PeriodsQuarterly},
			Data:      []v1alpha1.TaskData{{Element: "applicant-name", Use: v1alpha1.UseReuse, Purpose: "old-age-allowance", Basis: "law", RetentionDays: 365}},
			Service: &v1alpha1.TaskService{
				Steps: []v1alpha1.LocalizedText{both("填表", "Fill in the form")}, Materials: []v1alpha1.LocalizedText{both("身份证", "Identity card")},
				AcceptWithinMinutes: 60, ResolveWithinMinutes: 1440, OnlineApplication: v1alpha1.OnlineOffered,
			},
		},
	}
	census := &v1alpha1.AdmittedTask{
		ObjectMeta: metav1.ObjectMeta{Namespace: "statistics", Name: "census"},
		Spec: v1alpha1.AdmittedTaskSpec{
			Title: both("人口抽样调查", ""), Category: v1alpha1.CategoryCampaign, LegalBasis: []v1alpha1.LegalBasis{law},
			Effective: v1alpha1.TaskWindow{From: "2026-11-01"}, Service: &v1alpha1.TaskService{},
			Data: []v1alpha1.TaskData{{Element: "occupation", Use: v1alpha1.UseCollect, Purpose: "census", Basis: v1alpha1.ConsentBasis, RetentionDays: 90}},
		},
	}
	publicity := &v1alpha1.AdmittedTask{
		ObjectMeta: metav1.ObjectMeta{Namespace: "statistics", Name: "publicity"},
		Spec:       v1alpha1.AdmittedTaskSpec{Title: both("统计法宣传", "Publicity"), Category: v1alpha1.CategoryAssist, LegalBasis: []v1alpha1.LegalBasis{law}, Effective: v1alpha1.TaskWindow{From: "2026-01-01"}},
	}
	return []AdmittedFact{
		{Task: allowance, Department: civil, Entry: &v1alpha1.LedgerEntry{FundingPerYear: "13500.50", MinutesPerYear: ptr.To(int64(7200))}},
		{Task: census, Department: content.Text{ZH: "statistics"}, Entry: &v1alpha1.LedgerEntry{}},
		{Task: publicity, Department: content.Text{ZH: "statistics"}, Entry: &v1alpha1.LedgerEntry{}},
	}
}

// What a task may ask for and is not declared takes its item away and nothing
// else; the task itself stays disclosed.
func TestTasksOfAnOffer(t *testing.T) {
	offer := published(t, StationFacts{Station: hall(), Standard: standard(), Tasks: admitted()})
	if offer.Own() != 1 || len(offer.Items) != 2 || offer.Items[1].Name != "civil-affairs.old-age.allowance" {
		t.Errorf("%d own items, all are %v", offer.Own(), offer.Items)
	}
	if want := []v1alpha1.NamespacedReference{{Namespace: "civil-affairs", Name: "old-age.allowance"}}; !slices.Equal(offer.Served, want) {
		t.Errorf("served %v", offer.Served)
	}
	if got := fmt.Sprint(offer.Undeclared); got != "[undeclared: unknown statistics/census: occupation]" {
		t.Errorf("undeclared %s", got)
	}
	if len(offer.Tasks) != 2 || offer.Tasks[0].Name != "statistics/census" || offer.Tasks[1].Name != "statistics/publicity" {
		t.Errorf("disclosed without an item: %v", offer.Tasks)
	}
}

// TestResidentsAreToldWhoGetsWhat: of a task's deliveries what really goes is told,
// and what can't go is not.
func TestResidentsAreToldWhoGetsWhat(t *testing.T) {
	tasks := admitted()[:1]
	spec := &tasks[0].Task.Spec
	spec.Data = append(spec.Data, v1alpha1.TaskData{Element: "telephone", Use: v1alpha1.UseCollect, Purpose: "old-age-visits", Basis: "law", RetentionDays: 30})
	deliver := func(system, purpose string, elements ...v1alpha1.DataElementCode) v1alpha1.TaskDelivery {
		return v1alpha1.TaskDelivery{SystemRef: v1alpha1.LocalReference{Name: system}, Purpose: v1alpha1.PurposeCode(purpose), Elements: elements}
	}
	spec.Deliveries = []v1alpha1.TaskDelivery{
		deliver("pensions", "old-age-allowance", "telephone", "applicant-name"), // the telephone is for another purpose
		deliver("pensions", "old-age-visits", "telephone"),                      // which the system does not allow
		deliver("elsewhere", "old-age-allowance", "applicant-name"),             // not connected
		deliver("narrow", "old-age-allowance", "applicant-name"),                // does not take it
	}
	system := func(name string, accepts ...v1alpha1.DataElementCode) *v1alpha1.InformationSystem {
		return &v1alpha1.InformationSystem{ObjectMeta: metav1.ObjectMeta{Name: name}, Spec: v1alpha1.InformationSystemSpec{
			DisplayName: both("养老金系统", "Pensions"), Owner: "区人社局", DataLocation: both("区数据中心", ""),
			Accepts: accepts, AllowedPurposes: []v1alpha1.PurposeCode{"old-age-allowance"},
		}}
	}
	declares := standard()
	declares.Spec.DataElements = append(declares.Spec.DataElements, v1alpha1.DataElement{Code: "telephone", Title: both("联系电话", "Telephone"), Type: "Text", Class: "Contact"})
	offer := published(t, StationFacts{
		Station: hall(), Standard: declares, Tasks: tasks,
		Systems: []*v1alpha1.InformationSystem{system("pensions", "applicant-name", "telephone"), system("narrow", "telephone")},
	})
	want := []content.Delivery{{
		System: content.Text{ZH: "养老金系统", EN: "Pensions"}, Owner: "区人社局", Location: content.Text{ZH: "区数据中心"},
		Purpose: "old-age-allowance", Elements: []string{"applicant-name"},
	}}
	if got := offer.Items[len(offer.Items)-1].Task.Deliveries; !reflect.DeepEqual(got, want) {
		t.Errorf("residents are told %+v, want %+v", got, want)
	}
}

// A currency without a sign of its own is named, and money is told exactly.
func TestRates(t *testing.T) {
	for want, f := range map[string]v1alpha1.TaskFunding{
		"每件 2 元；CNY 2 per case":                                          {PerCase: "2.00"},
		"每户每年 0.50 元；CNY 0.50 per household a year":                      {PerHousehold: "0.50"},
		"每个社区每年 1,234,567 元；CNY 1,234,567 per community a year":          {PerCommunity: "1234567"},
		"每件 100 元，每户每年 1 元；CNY 100 per case, CNY 1 per household a year": {PerCase: "100", PerHousehold: "1.0"},
	} {
		if got := rates(&f, "CNY"); got.ZH+"；"+got.EN != want {
			t.Errorf("%s；%s, want %s", got.ZH, got.EN, want)
		}
	}
	if got := rates(&v1alpha1.TaskFunding{PerCase: "3"}, "EUR"); got.ZH != "每件 EUR 3" {
		t.Errorf("in another currency: %s", got.ZH)
	}
}

// Tasks can't crowd out what the station serves of its own.
func TestTasksThatDoNotFit(t *testing.T) {
	facts := StationFacts{Station: hall(), Standard: standard()}
	long := both(strings.Repeat("长", 200), strings.Repeat("long", 50))
	for i := range v1alpha1.LedgerMaxEntries {
		fact := admitted()[0]
		fact.Task = fact.Task.DeepCopy()
		fact.Task.Name = fmt.Sprintf("task-%03d", i)
		for range 16 {
			fact.Task.Spec.Service.Steps = append(fact.Task.Spec.Service.Steps, long)
		}
		facts.Tasks = append(facts.Tasks, fact)
	}
	offer := published(t, facts)
	if offer.Own() != 1 || len(offer.Served) == 0 || len(offer.Served)+len(offer.Overflow) != len(facts.Tasks) {
		t.Fatalf("%d own items, %d of tasks, %d left out", offer.Own(), len(offer.Served), len(offer.Overflow))
	}
	if want := fmt.Sprintf("civil-affairs/task-%03d", len(offer.Served)); offer.Overflow[0] != want {
		t.Errorf("the first that is left out is %s, want %s", offer.Overflow[0], want)
	}
	maps := offer.ConfigMaps("home")
	if len(maps) != ItemShards {
		t.Errorf("%d ConfigMaps, want all %d", len(maps), ItemShards)
	}
	for _, obj := range maps {
		for name, data := range as[corev1.ConfigMap](t, obj).Data {
			if len(data) > content.MaxFileBytes {
				t.Errorf("%s holds %d bytes", name, len(data))
			}
		}
	}
}
