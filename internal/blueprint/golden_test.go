package blueprint

import (
	"bytes"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/ptr"
	"sigs.k8s.io/yaml"

	"github.com/shequ-io/shequ/api/v1alpha1"
	"github.com/shequ-io/shequ/internal/content"
	"github.com/shequ-io/shequ/internal/settings"
)

var update = flag.Bool("update", false, "write the golden files anew")

func both(zh, en string) v1alpha1.LocalizedText { return v1alpha1.LocalizedText{ZH: zh, EN: en} }

func amounts() settings.Amounts {
	return settings.Amounts{CPU: resource.MustParse("2"), Memory: resource.MustParse("2Gi"), Storage: resource.MustParse("10Gi"), Pods: 20}
}

func network() settings.Network {
	return settings.Network{
		Gateway:    []settings.Peer{{NamespaceLabels: map[string]string{"kubernetes.io/metadata.name": "gateway"}}},
		Prometheus: []settings.Peer{{NamespaceLabels: map[string]string{"kubernetes.io/metadata.name": "monitoring"}, PodLabels: map[string]string{"app": "prometheus"}}},
		DNS:        settings.Defaults().Network.DNS,
		OIDC:       []settings.Peer{{CIDR: "10.20.0.0/24", Ports: []int32{443}}},
	}
}

func standard() *v1alpha1.CommunityStandard {
	return &v1alpha1.CommunityStandard{
		ObjectMeta: metav1.ObjectMeta{Name: "xian-2014"},
		Spec: v1alpha1.CommunityStandardSpec{
			Title:        both("西安标准", "Xi'an standard"),
			Grid:         &v1alpha1.GridRule{TeamSize: 2, HouseholdsPerTeamDay: 10, WorkingDaysPerMonth: 20},
			DataElements: []v1alpha1.DataElement{{Code: "applicant-name", Title: both("申请人姓名", "Applicant's name"), Type: "Text", Class: "Base"}},
		},
	}
}

func bare() *v1alpha1.Community {
	return &v1alpha1.Community{
		ObjectMeta: metav1.ObjectMeta{Namespace: "qingnianlu", Name: "anding", UID: "uid-of-anding"},
		Spec: v1alpha1.CommunitySpec{
			DisplayName: v1alpha1.LocalizedText{ZH: "安定社区"},
			StandardRef: v1alpha1.LocalReference{Name: "xian-2014"},
			Profile:     v1alpha1.CommunityProfile{Households: 75, Residents: 215},
		},
	}
}

func full() *v1alpha1.Community {
	c := bare()
	c.Spec.DisplayName = both("安定社区", "Anding Community")
	c.Spec.Contact = &v1alpha1.Contact{Address: ptr.To(both("青年路一号", "1 Qingnian Road")), Telephone: "029-0000 0000"}
	c.Spec.Profile.Buildings, c.Spec.Profile.AreaSquareMeters = 12, 34000
	c.Spec.Premises = []v1alpha1.Premises{{Name: "office", Title: ptr.To(both("办公用房", "Office")), OwnedSquareMeters: ptr.To(int64(96))}, {Name: "hall"}}
	c.Spec.Facilities = []string{"图书室", "健身广场"}
	c.Spec.Workforce = []v1alpha1.WorkforcePost{{Post: "community-worker", Title: ptr.To(both("社区工作者", "Community workers")), Count: ptr.To(int64(8))}}
	c.Spec.Budget = []v1alpha1.BudgetLine{{Name: "office", YearlyAmount: "15000.50", Source: "District"}}
	c.Spec.Modules = []v1alpha1.CommunityModule{v1alpha1.ModuleApplications, v1alpha1.ModuleDisclosure}
	c.Spec.Portal.Languages = []v1alpha1.Language{v1alpha1.LanguageEnglish, v1alpha1.LanguageChinese}
	c.Spec.Access = []v1alpha1.AccessGrant{
		{Group: "qingnianlu:anding:lead", Role: v1alpha1.AccessLead}, {Group: "workers", Role: v1alpha1.AccessWorker}, {Group: "viewers", Role: v1alpha1.AccessViewer},
	}
	return c
}

func hall() *v1alpha1.ServiceStation {
	return &v1alpha1.ServiceStation{
		ObjectMeta: metav1.ObjectMeta{Namespace: "qingnianlu", Name: "anding-hall"},
		Spec: v1alpha1.ServiceStationSpec{
			CommunityRef: v1alpha1.LocalReference{Name: "anding"}, Type: "Station", PremisesSquareMeters: 150,
			OpeningHours: []v1alpha1.OpeningHours{{Days: []v1alpha1.Weekday{"Mon", "Tue"}, Opens: "09:00", Closes: "17:30"}},
			Windows:      []v1alpha1.StationWindow{{Name: "one", Title: ptr.To(both("一号窗口", "Window 1")), Items: []string{"certificate"}}},
			Items: []v1alpha1.StationItem{
				{
					Name: "certificate", Title: both("居住证明", "Certificate of residence"), Category: "Certificate", Summary: ptr.To(both("证明住在本社区", "")),
					DataElements: []v1alpha1.DataElementCode{"applicant-name"}, Steps: []v1alpha1.LocalizedText{both("填表", "Fill in the form")},
					Materials: []v1alpha1.LocalizedText{both("身份证", "Identity card")}, AcceptWithinMinutes: 60, ResolveWithinMinutes: 1440,
				},
				{Name: "undeclared", Title: both("未申明", ""), DataElements: []v1alpha1.DataElementCode{"unknown"}},
			},
		},
	}
}

// asked is what a Community wants, in the order in which it is applied.
type asked struct {
	community *v1alpha1.Community
	home      Home
	facts     SiteFacts
	portal    Program
}

func ask(c *v1alpha1.Community) asked {
	namespace := HomeNamespace(c.Namespace, c.Name)
	return asked{
		community: c,
		home:      Home{Community: c, Namespace: namespace, Quota: amounts(), Network: network()},
		facts:     SiteFacts{Community: c, Subdistrict: content.Text{ZH: "青年路街道", EN: "Qingnian Road Sub-district"}},
		portal: Program{
			Component: ComponentPortal, Namespace: namespace, Labels: CommunityLabels(c.Namespace, c.Name),
			Image: "registry.example/station:v1", Replicas: 1,
		},
	}
}

func (a asked) objects(t *testing.T) []any {
	t.Helper()
	site, err := Content(a.home.Namespace, a.facts)
	if err != nil {
		t.Fatal(err)
	}
	out := append([]any{NamespaceObject(a.home)}, HomePolicies(a.home)...)
	out = append(append(out, Limits(a.home)...), Access(a.home)...)
	out = append(append(out, site), Workload(a.portal)...)
	return append(out, Route(a.portal)...)
}

func stationObjects(t *testing.T, st *v1alpha1.ServiceStation) []any {
	t.Helper()
	items := published(t, StationFacts{Station: st, Standard: standard()}).ConfigMaps("home")
	labels := StationLabels(st.Namespace, st.Spec.CommunityRef.Name, st.Name)
	desk := Program{Component: ComponentDesk, Namespace: "home", Labels: labels, Image: "registry.example/station:v1", Replicas: 1,
		Hostname: "desk.shequ.example", Gateway: &v1alpha1.GatewayReference{Namespace: "gateway", Name: "public"}}
	return slices.Concat(items, DeskPolicies("home", labels, network()), Workload(desk), Route(desk))
}

func published(t *testing.T, f StationFacts) *Offer {
	t.Helper()
	offer, err := MakeOffer(f)
	if err != nil {
		t.Fatal(err)
	}
	return offer
}

// cases are the objects that stand in testdata, by file.
func cases(t *testing.T) map[string][]any {
	t.Helper()
	minimal := ask(bare())
	minimal.home.Network = settings.Network{}
	whole := ask(full())
	whole.facts.Standard, whole.facts.Station = standard(), hall()
	whole.facts.Grids = []GridFact{{Grid: &v1alpha1.Grid{ObjectMeta: metav1.ObjectMeta{Name: "anding-1"}, Spec: v1alpha1.GridSpec{
		Level: 3, Households: 75, Workers: []v1alpha1.GridWorker{{ID: "w1"}, {ID: "w2"}},
	}}, Outline: [][2]int64{{1089400000, 342600000}, {1089500000, 342600000}, {1089500000, 342700000}, {1089400000, 342600000}}}}
	neighbour := *bare()
	neighbour.Name, neighbour.Spec.Portal.Hostname = "tangfangjie", "tangfangjie.shequ.example"
	whole.facts.Neighbours = []v1alpha1.Community{neighbour, *full()}
	suspended := ask(full())
	suspended.community.Spec.Suspend, suspended.portal.Replicas = ptr.To(true), 0
	routed := ask(bare())
	routed.portal.Hostname = "anding.shequ.example"
	routed.portal.Gateway = &v1alpha1.GatewayReference{Namespace: "gateway", Name: "public", SectionName: "https"}
	retained := ask(bare())
	retained.home.Retained = true
	stays := append([]any{NamespaceObject(retained.home)}, HomePolicies(retained.home)...)
	return map[string][]any{
		"full.yaml": whole.objects(t), "minimal.yaml": minimal.objects(t), "suspended.yaml": suspended.objects(t),
		"routed.yaml": routed.objects(t), "retained.yaml": append(stays, Limits(retained.home)...), "station.yaml": stationObjects(t, hall()),
		"monitor.yaml": {Monitor(minimal.home)}, "database.yaml": databaseObjects(t), "courier.yaml": courierObjects(t),
		"tasks.yaml": published(t, StationFacts{Station: hall(), Standard: standard(), Tasks: admitted()}).ConfigMaps("home"),
	}
}

func render(t *testing.T, objects []any) []byte {
	t.Helper()
	var out bytes.Buffer
	for _, obj := range objects {
		data, err := yaml.Marshal(obj)
		if err != nil {
			t.Fatal(err)
		}
		fmt.Fprintf(&out, "---\n%s", data)
	}
	return out.Bytes()
}

func TestGolden(t *testing.T) {
	for name, objects := range cases(t) {
		path := filepath.Join("testdata", name)
		got := render(t, objects)
		if *update {
			if err := os.WriteFile(path, got, 0o600); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(got, want) {
			t.Errorf("%s is not what is made now; look at it and run go test ./internal/blueprint -update:\n%s", path, firstDifference(want, got))
		}
	}
}

func firstDifference(want, got []byte) string {
	w, g := strings.Split(string(want), "\n"), strings.Split(string(got), "\n")
	for i := range min(len(w), len(g)) {
		if w[i] != g[i] {
			return fmt.Sprintf("line %d: %q, want %q", i+1, g[i], w[i])
		}
	}
	return fmt.Sprintf("%d lines, want %d", len(g), len(w))
}

// The same input gives the same bytes, whatever order maps are walked in.
func TestSameInputSameBytes(t *testing.T) {
	first := cases(t)
	for range 20 {
		for name, objects := range cases(t) {
			if !bytes.Equal(render(t, first[name]), render(t, objects)) {
				t.Fatalf("%s is made in two ways", name)
			}
		}
	}
}
