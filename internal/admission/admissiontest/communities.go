package admissiontest

import (
	"fmt"
	"strings"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/ptr"

	"github.com/shequ-io/shequ/api/v1alpha1"
)

// perSubdistrict is how many communities share a sub-district.
const perSubdistrict = 10

const (
	hourlyFen = 30_00 // what an hour costs under every standard
	teamSize  = 2
	// middling is the workers of a community of average size, and minutesOfYear
	// what tasks may take of the year of one.
	middling      = 10
	minutesOfYear = 480 * 250 * 60 / 100
	departments   = 5
)

// element is a data element tasks may draw.
type element struct {
	code  v1alpha1.DataElementCode
	zh    string
	class v1alpha1.DataElementClass
}

func (a *artist) drawNamespaces() {
	add := func(name, role string, labels ...string) {
		n := &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: a.Options.name("%s", name), Labels: map[string]string{}}}
		if role != "" {
			n.Labels[v1alpha1.RoleLabel] = role
		}
		for i := 0; i+1 < len(labels); i += 2 {
			n.Labels[labels[i]] = labels[i+1]
		}
		a.Namespaces = append(a.Namespaces, n)
	}
	for i := range (a.Options.Communities + perSubdistrict - 1) / perSubdistrict {
		add(fmt.Sprintf("street-%02d", i), v1alpha1.RoleSubdistrict,
			DistrictLabel, a.Options.Prefix, "example.org/kind", pick(a.dice, "old-town", "new-town"))
	}
	for i := range departments {
		add(fmt.Sprintf("dept-%d", i), v1alpha1.RoleDepartment)
	}
	add("committee", v1alpha1.RoleCommittee)
	add("finance", v1alpha1.RoleFinance)
	add("nobody", "")
}

func (a *artist) subdistrict(i int) *corev1.Namespace { return a.Namespaces[i/perSubdistrict] }

func (a *artist) drawStandards() {
	for _, class := range []v1alpha1.DataElementClass{"Base", "Contact", "Identity", "Household", "Benefit", "Health", "Property", "Other"} {
		for i := range 4 {
			a.elements = append(a.elements, element{
				code: v1alpha1.DataElementCode(fmt.Sprintf("%s-%d", strings.ToLower(string(class)), i)), zh: fmt.Sprintf("资料项%s%d", class, i), class: class,
			})
		}
	}
	a.Standards = []*v1alpha1.CommunityStandard{a.standard("strict"), a.standard("lean"), a.standard("lax")}
	// The lax standard limits nothing but time, and lets work go half paid.
	lax := &a.Standards[2].Spec
	lax.Size, lax.Grid, lax.Burden = nil, nil, nil
	lax.Money.MinimumCoveragePercent = ptr.To(int64(50))
	lax.Calendar = nil
	// The strict one keeps new work out where the community is too small.
	a.Standards[0].Spec.Size.Effect = v1alpha1.EffectEnforce
}

func (a *artist) standard(name string) *v1alpha1.CommunityStandard {
	tasks := int64(a.Options.Tasks)
	s := &v1alpha1.CommunityStandard{
		ObjectMeta: metav1.ObjectMeta{Name: a.Options.name("%s", name)},
		Spec: v1alpha1.CommunityStandardSpec{
			Title: text("示例标准", "Sample standard"),
			Size:  &v1alpha1.SizeRule{MinHouseholds: 900, MaxHouseholds: 3000},
			Workforce: &v1alpha1.WorkforceRule{
				MinutesPerWorkerDay: 480, AdministrativeSharePercent: ptr.To(a.between(55, 65)),
			},
			Grid: &v1alpha1.GridRule{
				MinHouseholds: 300, MaxHouseholds: 800, TeamSize: teamSize, HouseholdsPerTeamDay: 10, WorkingDaysPerMonth: 20,
			},
			Calendar: &v1alpha1.Calendar{
				TimeZone:   "Asia/Shanghai",
				Holidays:   []v1alpha1.Date{"2026-10-01", "2026-10-02", "2027-01-01", "2027-02-08", "2027-02-09", "2027-10-01"},
				MakeUpDays: []v1alpha1.Date{"2026-10-10", "2027-02-06"},
			},
			Burden: &v1alpha1.BurdenRule{
				Ledgers: ptr.To(6 + tasks/10), MonthlyIndicators: ptr.To(30 + tasks*5/4), MonthlyReports: ptr.To(3 + tasks/5),
			},
			Money: &v1alpha1.MoneyRule{
				Currency: "CNY", HourlyCost: amount(hourlyFen), MinimumCoveragePercent: ptr.To(int64(100)),
			},
			Catalogue: []v1alpha1.CatalogueItem{
				{Code: "x-001", Title: text("行政执法", "Law enforcement"), Basis: "示例市减负规定第一条"},
				{Code: "x-002", Title: text("招商引资", "Investment promotion"), Basis: "示例市减负规定第二条"},
			},
		},
	}
	for _, e := range a.elements {
		s.Spec.DataElements = append(s.Spec.DataElements, v1alpha1.DataElement{
			Code: e.code, Title: text(e.zh, ""), Type: pick[v1alpha1.DataElementType](a.dice, "Text", "Integer", "Decimal", "Date", "Boolean"), Class: e.class,
		})
	}
	return s
}

// Purposes and systems that exist; tasks draw others too.
var purposes = []v1alpha1.PurposeCode{"allowance", "housing", "insurance", "register"}

func (a *artist) drawSystems() {
	url := v1alpha1.ServiceURL("https://system.example.org/api")
	secret := v1alpha1.NamespacedReference{Namespace: "secrets", Name: "system"}
	protocols := []v1alpha1.SystemProtocol{
		{Type: "HTTP", HTTP: &v1alpha1.HTTPProtocol{BaseURL: url, Auth: v1alpha1.HTTPAuth{Type: v1alpha1.AuthHMAC, SecretRef: secret}}},
		{Type: "XRoad", XRoad: &v1alpha1.XRoadProtocol{Client: "CN/GOV/1/desk", Service: "CN/GOV/2/register/check", SecurityServer: url}},
		{Type: "File", File: &v1alpha1.FileProtocol{Transport: v1alpha1.TransportSFTP, Host: "files.example.org", SecretRef: secret}},
	}
	for i := range 4 {
		s := &v1alpha1.InformationSystem{
			ObjectMeta: metav1.ObjectMeta{Name: a.Options.name("system-%d", i)},
			Spec: v1alpha1.InformationSystemSpec{
				DisplayName: text("示例系统", "Sample system"), Owner: "示例局", Protocol: pick(a.dice, protocols...),
				AllowedPurposes: purposes, DataLocation: text("区数据中心", "District data centre"),
			},
		}
		for _, e := range a.elements {
			if !a.percent(5) {
				s.Spec.Accepts = append(s.Spec.Accepts, e.code)
			}
		}
		a.Systems = append(a.Systems, s)
	}
}

func (a *artist) drawCommunities() {
	for i := range a.Options.Communities {
		ns, name := a.subdistrict(i).Name, fmt.Sprintf("community-%03d", i)
		standard := pick(a.dice, a.Standards[0], a.Standards[0], a.Standards[1], a.Standards[1], a.Standards[2]).Name
		if a.percent(3) {
			standard = a.Options.name("%s", "no-such-standard")
		}
		households := a.between(950, 4000)
		if a.percent(10) {
			households = a.between(500, 899)
		}
		c := &v1alpha1.Community{
			ObjectMeta: metav1.ObjectMeta{Namespace: ns, Name: name},
			Spec: v1alpha1.CommunitySpec{
				DisplayName: text(fmt.Sprintf("示例社区%d", i), ""), StandardRef: v1alpha1.LocalReference{Name: standard},
				Profile: v1alpha1.CommunityProfile{Households: min(households, 3000), Residents: households*5/2 + a.between(0, 999)},
				Workforce: []v1alpha1.WorkforcePost{
					{Post: "lead", Count: ptr.To(int64(1))}, {Post: "worker", Count: ptr.To(a.between(middling/2, middling*3/2))},
				},
			},
		}
		if a.percent(2) {
			c.Spec.Suspend = ptr.To(true)
		}
		a.Communities = append(a.Communities, c)
		a.drawGrids(c)
		if a.percent(50) {
			a.Stations = append(a.Stations, &v1alpha1.ServiceStation{
				ObjectMeta: metav1.ObjectMeta{Namespace: ns, Name: name},
				Spec: v1alpha1.ServiceStationSpec{
					CommunityRef: v1alpha1.LocalReference{Name: name}, Type: "Station", PremisesSquareMeters: a.between(100, 500),
				},
			})
		}
	}
}

func (a *artist) drawGrids(c *v1alpha1.Community) {
	grid := func(name string, level int32, parent string, households int64, workers int) {
		g := &v1alpha1.Grid{
			ObjectMeta: metav1.ObjectMeta{Namespace: c.Namespace, Name: name},
			Spec: v1alpha1.GridSpec{
				Level: level, Households: households,
				ParentRef: &v1alpha1.LocalReference{Name: parent}, CommunityRef: &v1alpha1.LocalReference{Name: c.Name},
			},
		}
		for i := range workers {
			g.Spec.Workers = append(g.Spec.Workers, v1alpha1.GridWorker{ID: fmt.Sprintf("%s-w%d", name, i)})
		}
		a.Grids = append(a.Grids, g)
	}
	grid(c.Name, 2, "street", c.Spec.Profile.Households, int(a.between(0, 3)))
	if a.percent(10) {
		return // walked as the one grid it is
	}
	units := c.Spec.Profile.Households/600 + 1
	for i := range units {
		grid(fmt.Sprintf("%s-g%d", c.Name, i), 3, c.Name, c.Spec.Profile.Households/units, int(a.between(1, 4)))
	}
}
