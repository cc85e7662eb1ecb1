package blueprint

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/shequ-io/shequ/api/v1alpha1"
	"github.com/shequ-io/shequ/internal/content"
	"github.com/shequ-io/shequ/internal/settings"
)

// withDatabase is a community that keeps cases.
func withDatabase() asked {
	a := ask(bare())
	a.home.Database, a.portal.Secrets = true, true
	a.portal.Proxies = settings.Network{Gateway: []settings.Peer{{CIDR: "10.40.0.0/24"}, {PodLabels: map[string]string{"app": "gateway"}}}}.GatewayNetworks()
	a.home.Network.Database = []settings.Peer{{CIDR: "10.30.0.5/32", Ports: []int32{5432}}}
	return a
}

func secretFacts() SecretFacts {
	return SecretFacts{
		PortalURI: "uri-of-portal", DeskURI: "uri-of-desk", OwnerURI: "uri-of-owner", CA: "certificate",
		SealingPublic: []byte("public"), SealingPrivate: []byte("private"), Receipts: []byte("receipts"), Session: []byte("session"), ClientSecret: []byte("client"),
		CourierPublic: []byte("courier-public"),
	}
}

func deskFacts() DeskFacts {
	c := full()
	c.Spec.Integrations = []v1alpha1.Integration{{System: "health"}, {System: "e-supervision"}}
	s := standard()
	s.Spec.Calendar = &v1alpha1.Calendar{TimeZone: "Asia/Shanghai", Holidays: []v1alpha1.Date{"2026-10-01"}, MakeUpDays: []v1alpha1.Date{"2026-10-10"}}
	grid := func(name string, level int32, workers ...v1alpha1.GridWorker) v1alpha1.Grid {
		return v1alpha1.Grid{ObjectMeta: metav1.ObjectMeta{Name: name}, Spec: v1alpha1.GridSpec{
			Level: level, Datum: "WGS84", Boundary: `{"type":"Polygon"}`, Workers: workers,
		}}
	}
	over := grid("anding-3", 3, v1alpha1.GridWorker{ID: "w4"})
	over.Spec.Boundary, over.Spec.Provider = "", &v1alpha1.GridProvider{Name: "somebody", ContractUntil: "2026-06-29"}
	return DeskFacts{
		Community: c, Standard: s, Today: "2026-06-30", URL: "https://desk.shequ.example",
		OIDC:  &settings.OIDC{Issuer: "https://id.shequ.example", ClientID: "desk", ClientSecret: "desk-client", GroupsClaim: "groups", WorkClaim: "work"},
		Grids: []v1alpha1.Grid{grid("anding-2", 3, v1alpha1.GridWorker{ID: "w3"}, v1alpha1.GridWorker{ID: "w2", Role: "Lead"}, v1alpha1.GridWorker{ID: "w9", Role: "Volunteer"}), grid("anding", 2, v1alpha1.GridWorker{ID: "w0"}), over},
	}
}

// databaseObjects are what a community with a database has beside the others.
func databaseObjects(t *testing.T) []any {
	t.Helper()
	a := withDatabase()
	migration, err := MigrationFor(a.home, a.portal.Image)
	if err != nil {
		t.Fatal(err)
	}
	labels := StationLabels("qingnianlu", "anding", "anding-hall")
	config, err := DeskConfig("home", labels, deskFacts())
	if err != nil {
		t.Fatal(err)
	}
	desk := Program{Component: ComponentDesk, Namespace: "home", Labels: labels, Image: "registry.example/station:v1", Replicas: 1, Secrets: true, DeskConfig: true}
	return slices.Concat(Secrets(a.home, secretFacts()), migration.Objects, HomePolicies(a.home), Limits(a.home)[:1],
		Workload(a.portal)[3:], []any{config}, Workload(desk)[3:])
}

// Each program is told what it needs, and no more.
func TestSecretsAreKeptApart(t *testing.T) {
	want := map[string]string{
		"portal-secrets":  "ca.crt receipts.key sealing.pub uri",
		"desk-secrets":    "ca.crt courier.pub oidc-client-secret receipts.key sealing.key sealing.pub session.key uri",
		"migrate-secrets": "ca.crt uri",
		"courier-secrets": "ca.crt courier.key receipts.key sealing.pub uri",
	}
	plain := secretFacts()
	plain.CA, plain.ClientSecret = "", nil
	delivering := secretFacts()
	delivering.CourierURI, delivering.CourierPrivate = "uri-of-courier", []byte("courier-private")
	if got := len(Secrets(withDatabase().home, delivering)) - len(Secrets(withDatabase().home, plain)); got != 1 {
		t.Errorf("a courier has %d Secrets of its own, want one", got)
	}
	for _, obj := range slices.Concat(Secrets(withDatabase().home, secretFacts()), Secrets(withDatabase().home, plain), Secrets(withDatabase().home, delivering)) {
		s := as[corev1.Secret](t, obj)
		var keys []string
		for key := range s.Data {
			keys = append(keys, key)
		}
		slices.Sort(keys)
		got := strings.Join(keys, " ")
		short := strings.TrimPrefix(strings.Replace(want[s.Name], "oidc-client-secret ", "", 1), "ca.crt ")
		if got != want[s.Name] && got != short {
			t.Errorf("%s holds %s, want %s", s.Name, got, want[s.Name])
		}
		for key, value := range s.Data {
			if len(value) == 0 {
				t.Errorf("%s: %s is empty", s.Name, key)
			}
		}
	}
	if got := fmt.Sprintf("%v %+v %s", secretFacts(), secretFacts(), secretFacts()); strings.Contains(got, "uri-of") {
		t.Errorf("printing shows %s", got)
	}
}

// A Job can't be changed: what is another Job has another name.
func TestMigrationsNameTellsWhatItIs(t *testing.T) {
	a := withDatabase()
	name := func(home Home, image string) string {
		m, err := MigrationFor(home, image)
		if err != nil {
			t.Fatal(err)
		}
		if m.Name != as[corev1.Secret](t, m.Objects[1]).Name {
			t.Errorf("the Job is not called %s", m.Name)
		}
		return m.Name
	}
	first := name(a.home, "registry.example/station:v1")
	if name(a.home, "registry.example/station:v1") != first {
		t.Error("the same migration has two names")
	}
	if name(a.home, "registry.example/station:v2") == first {
		t.Error("another image has the same migration")
	}
	resized := a.home
	resized.Quota.Pods = 50
	if name(resized, "registry.example/station:v1") != first {
		t.Error("a quota is part of the migration")
	}
}

func TestQuotaHasRoomForTheMigration(t *testing.T) {
	a := withDatabase()
	with := as[corev1.ResourceQuota](t, Limits(a.home)[0]).Spec.Hard
	a.home.Database = false
	without := as[corev1.ResourceQuota](t, Limits(a.home)[0]).Spec.Hard
	for resource, more := range map[corev1.ResourceName]string{"pods": "1", "requests.cpu": "10m", "requests.memory": "32Mi", "requests.storage": "0"} {
		room := with[resource]
		room.Sub(without[resource])
		if room.String() != more {
			t.Errorf("%s has room for %s, want %s", resource, room.String(), more)
		}
	}
}

func TestDatabasePolicyNeedsADatabase(t *testing.T) {
	a := withDatabase()
	named := func(h Home) bool {
		return slices.ContainsFunc(HomePolicies(h), func(obj any) bool { return as[networkingv1.NetworkPolicy](t, obj).Name == databasePolicyName })
	}
	if !named(a.home) {
		t.Error("the programs can't reach the server")
	}
	a.home.Database = false
	if named(a.home) {
		t.Error("the programs may reach a server they have nothing at")
	}
	a.home.Database, a.home.Network.Database = true, nil
	if named(a.home) {
		t.Error("the programs may reach anybody")
	}
}

func desk(t *testing.T, f DeskFacts) *content.Desk {
	t.Helper()
	config, err := DeskConfig("home", StationLabels("a", "b", "c"), f)
	if err != nil {
		t.Fatal(err)
	}
	d, err := content.ParseDesk([]byte(as[corev1.ConfigMap](t, config).Data[content.DeskFile]))
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func TestDeskConfig(t *testing.T) {
	f := deskFacts()
	d := desk(t, f)
	if got := fmt.Sprint(d.Workers); got != "[{w2 anding-2} {w3 anding-2}]" {
		t.Errorf("workers %s: want those of unit grids, without volunteers and whose contract is over", got)
	}
	if len(d.Boundaries) != 1 || d.Boundaries[0].Grid != "anding-2" || d.Boundaries[0].GeoJSON == "" {
		t.Errorf("boundaries %+v", d.Boundaries)
	}
	f.Today = "2026-06-29" // the contract's last day
	if d := desk(t, f); len(d.Workers) != 3 {
		t.Errorf("workers %v on the last day", d.Workers)
	}
	f.Grids = f.Grids[1:2]
	if d := desk(t, f); fmt.Sprint(d.Workers) != "[{w0 anding}]" || d.Boundaries[0].Level != 2 {
		t.Errorf("a community of one grid has workers %v, boundaries %v", d.Workers, d.Boundaries)
	}
	least := desk(t, DeskFacts{Community: bare()})
	if least.OIDC != nil || len(least.Access)+len(least.Workers)+len(least.Boundaries)+len(least.Systems) != 0 {
		t.Errorf("a bare community's desk has %+v", least)
	}
	if data := as[corev1.ConfigMap](t, must(DeskConfig("home", nil, deskFacts()))).Data[content.DeskFile]; strings.Contains(data, "desk-client") || !strings.Contains(data, "https://id.shequ.example") {
		t.Errorf("desk.json: %s", data)
	}
}

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

func TestBoundariesThatDoNotFit(t *testing.T) {
	f := deskFacts()
	f.Grids = nil
	for i := range 20 {
		f.Grids = append(f.Grids, v1alpha1.Grid{ObjectMeta: metav1.ObjectMeta{Name: fmt.Sprintf("g-%d", i)}, Spec: v1alpha1.GridSpec{
			Level: 3, Boundary: strings.Repeat("1", 64<<10),
		}})
	}
	if _, err := DeskConfig("home", nil, f); err == nil || !strings.Contains(err.Error(), "draw the grids with fewer points") {
		t.Errorf("DeskConfig = %v, want an error with its cure", err)
	}
}
