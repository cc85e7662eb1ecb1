package node

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/shequ-io/shequ/api/v1alpha1"
	"github.com/shequ-io/shequ/hack/local"
	servers "github.com/shequ-io/shequ/hack/local/district"
	"github.com/shequ-io/shequ/hack/simulators/systems"
	"github.com/shequ-io/shequ/internal/blueprint"
	"github.com/shequ-io/shequ/internal/courier"
	"github.com/shequ-io/shequ/internal/web/webtest"
	"github.com/shequ-io/shequ/internal/web/webtest/walk"
	"github.com/shequ-io/shequ/test/internal/live"
)

// What is applied for, once, and goes to four systems.
const (
	enrolment     = "social-security-enrolment"
	enrolmentForm = "/services/dept-human-resources." + enrolment + "/apply"
	// delivered is how long a message may take: systems that are well have it in
	// seconds.
	delivered = time.Minute
)

// application is what a resident enters. Nobody has the number, which ends as told:
// social security insures those who end in 9 elsewhere.
func application(last byte) map[string]string {
	return map[string]string{
		"applicant-name": "Resident of Anding", "telephone": "13800138000", "address": "1 Example Lane",
		"birth-date": "1950-02-03", "identity-number": identity(last), "social-security-number": "610000000",
		"insurance-status": "active",
	}
}

// identity is a made-up number with that last digit, of a region there is none of.
func identity(last byte) string {
	for n := range 100 {
		number := fmt.Sprintf("%017d%c", n, last)
		sum, weight := 0, 1
		for i := len(number) - 1; i >= 0; i-- {
			sum, weight = sum+int(number[i]-'0')*weight, weight*2%11
		}
		if sum%11 == 1 {
			return number
		}
	}
	panic("no number ends so")
}

// Entered once by a resident, an application is with the systems its task declares
// as soon as staff accept it, with the declared fields and nothing else. A system
// that takes data for the purpose no longer gets nothing, which is on record. What a
// system rejects comes back to the case.
func TestEnteredOnceDeliveredEverywhere(t *testing.T) {
	settled(t)
	w := walker(t, "en", 1280)
	gateway := byGateway(t)
	live.Eventually(t, synced, func(ctx context.Context) error {
		return answersWith(ctx, gateway, w.Portal+"/en"+enrolmentForm, `name="f.insurance-status"`)
	})
	one, other := w.Apply(t, enrolmentForm, application('2')), w.Apply(t, enrolmentForm, application('9'))
	forbid(t, "civil-affairs-relief", enrolment)

	w.SignIn(t, anding+"-staff")
	w.Find(t, one)
	id := caseOf(t, w)
	untyped(t, w, "register")
	wantDelivered(t, id)
	live.Eventually(t, delivered, func(context.Context) error { return wantSent(t, w, id) })
	untyped(t, w, "handle") // whatever the fourth system says, the case goes on
	untyped(t, w, "report")
	wantOnRecord(t, community(t, anding).Status.Namespace, id)

	w.Find(t, other)
	w.Do(t, "register", nil)
	w.UntilProgress(t, other, "Not accepted")
	w.Find(t, other)
	w.Browser.Says(t, "not for us")
	w.SignOut(t)

	w.SignIn(t, anding+"-lead")
	w.Find(t, one)
	untyped(t, w, "verify")
	untyped(t, w, "close")
	w.SignOut(t)
	w.UntilProgress(t, one, "closed")
}

// untyped has something happen to the case that is open, and fails the test where
// whoever does it may type anything.
func untyped(t *testing.T, w *walk.Walk, event string) {
	t.Helper()
	if typed := asked(t, w, event); typed != 0 {
		t.Errorf("staff are asked for %d things to %s", typed, event)
	}
	w.Do(t, event, nil)
}

// forbid takes a purpose from a system until the test is over, and waits until the
// task waits everywhere and the desk knows.
func forbid(t *testing.T, system string, purpose v1alpha1.PurposeCode) {
	t.Helper()
	task := v1alpha1.NamespacedReference{Namespace: "dept-human-resources", Name: string(purpose)}
	s := &v1alpha1.InformationSystem{}
	get(t, "", system, s)
	was := slices.Clone(s.Spec.AllowedPurposes)
	since := time.Now().Add(-time.Second)
	change(t, s, func(s *v1alpha1.InformationSystem) {
		s.Spec.AllowedPurposes = slices.DeleteFunc(slices.Clone(was), func(p v1alpha1.PurposeCode) bool { return p == purpose })
	})
	t.Cleanup(func() {
		ctx := context.Background() // the test's own is over
		again := &v1alpha1.InformationSystem{}
		err := cluster.Client.Get(ctx, client.ObjectKeyFromObject(s), again)
		if err == nil {
			before := again.DeepCopy()
			again.Spec.AllowedPurposes = was
			err = cluster.Client.Patch(ctx, again, client.MergeFrom(before), client.FieldOwner("kubectl-edit"))
		}
		if err == nil {
			err = live.Within(ctx, soon, func(ctx context.Context) error {
				return counts(ctx, task, v1alpha1.LedgerAdmitted, live.Communities)
			})
		}
		if err != nil {
			t.Error(err)
		}
	})
	live.Eventually(t, soon, func(ctx context.Context) error {
		return counts(ctx, task, v1alpha1.LedgerSystemMissing, live.Communities)
	})
	home := community(t, anding).Status.Namespace
	live.Eventually(t, synced, func(ctx context.Context) error {
		log, err := cluster.KubeOutput(ctx, "-n", home, "logs", "deployment/desk", "--since-time="+since.UTC().Format(time.RFC3339))
		if err == nil && !strings.Contains(log, "desk.json is in use") {
			err = errors.New("the desk does not know yet what the system takes")
		}
		return err
	})
}

var casePath = regexp.MustCompile(`/cases/([^/?#]+)`)

// caseOf is the identifier of the case that is open.
func caseOf(t *testing.T, w *walk.Walk) string {
	t.Helper()
	found := casePath.FindStringSubmatch(w.Browser.Where(t))
	if found == nil {
		t.Fatalf("%s is no case", w.Browser.Where(t))
	}
	return found[1]
}

// asked is how many things whoever has something happen to the case must or may type.
func asked(t *testing.T, w *walk.Walk, event string) int {
	t.Helper()
	return webtest.Ask[int](t, w.Browser, fmt.Sprintf(
		`document.querySelectorAll('form:has(input[name="type"][value="%s"]) :is(input:not([type=hidden]), textarea)').length`, event))
}

// wantDelivered waits until each system has of a case what the task declares, and
// looks that no other has anything.
func wantDelivered(t *testing.T, id string) {
	t.Helper()
	entered := application('2')
	only := func(codes ...string) map[string]string {
		out := maps.Clone(entered)
		maps.DeleteFunc(out, func(code, _ string) bool { return !slices.Contains(codes, code) })
		return out
	}
	want := map[string]map[string]string{
		systems.SocialSecurity:   only("applicant-name", "birth-date", "identity-number", "social-security-number"),
		systems.MedicalInsurance: only("applicant-name", "birth-date", "identity-number", "insurance-status"),
		systems.Residence:        only("identity-number", "address"),
	}
	want[systems.SocialSecurity]["birth-date"] = "19500203" // by the task's mapping
	live.Eventually(t, delivered, func(ctx context.Context) error {
		for name := range want {
			if got, err := messages(ctx, name, id); err != nil || len(got) == 0 {
				return errors.Join(fmt.Errorf("%s has nothing of the case", name), err)
			}
		}
		return nil
	})
	for _, kind := range systems.Kinds() {
		got, err := messages(t.Context(), kind.Name, id)
		if err != nil {
			t.Fatal(err)
		}
		if fields := want[kind.Name]; fields == nil && len(got) == 0 {
			continue
		} else if len(got) != 1 || !maps.Equal(got[0].Elements, fields) || len(got[0].Members) != 0 || got[0].Purpose != enrolment {
			t.Errorf("%s has %+v, want once %v", kind.Name, got, fields)
			continue
		}
		var keys map[string]systems.KeyCount
		if err := ask(t.Context(), http.MethodGet, kind.Name+"/keys", nil, &keys); err != nil || keys[got[0].Key] != (systems.KeyCount{Received: 1, Processed: 1}) {
			t.Errorf("%s was sent the message more than once: %+v, %v", kind.Name, keys[got[0].Key], err)
		}
	}
}

// messages of a case that a system has.
func messages(ctx context.Context, system, ofCase string) (out []systems.Message, err error) {
	err = ask(ctx, http.MethodGet, system+"/messages?case="+ofCase, nil, &out)
	return out, err
}

// ask asks the simulators' administrator.
func ask(ctx context.Context, method, path string, body, into any) error {
	var sent io.Reader
	if body != nil {
		data, err := json.Marshal(body)
		if err != nil {
			return err
		}
		sent = bytes.NewReader(data)
	}
	req, err := http.NewRequestWithContext(ctx, method, "http://"+cluster.Servers.Systems.Admin+"/systems/"+path, sent)
	if err != nil {
		return err
	}
	resp, err := (&http.Client{Timeout: 5 * time.Second}).Do(req)
	if err != nil {
		return err
	}
	defer func() { _ = resp.Body.Close() }()
	if resp.StatusCode >= http.StatusBadRequest {
		return fmt.Errorf("%s answers %s", path, resp.Status)
	}
	return json.NewDecoder(resp.Body).Decode(into)
}

// wantSent is why the page of the case does not show yet what became of each
// delivery.
func wantSent(t *testing.T, w *walk.Walk, id string) error {
	t.Helper()
	w.Browser.Open(t, w.Desk+"/"+w.Lang+"/cases/"+id, w.Width, 900, false)
	got := webtest.Ask[string](t, w.Browser, `[...document.querySelectorAll('section.sent h3')].map(h =>
		h.innerText + ': ' + [...h.nextElementSibling.querySelectorAll('.chip')].map(c => c.className.replace('chip', '').trim()).join(' ')).join('\n')`)
	want := map[string]string{
		"Social security": "delivered", "Medical insurance": "delivered", "Residence registration": "delivered", "Social assistance": "withheld",
	}
	lines := strings.Split(got, "\n")
	for title, state := range want {
		if !slices.Contains(lines, title+": "+state) {
			return fmt.Errorf("the case's page does not show %s as %s:\n%s", title, state, got)
		}
	}
	if len(lines) != len(want) {
		return fmt.Errorf("the case's page shows other systems, too:\n%s", got)
	}
	return nil
}

// wantOnRecord checks the chain of deliveries as its administrator would, and that
// what was withheld is in it with the reason.
func wantOnRecord(t *testing.T, home, id string) {
	t.Helper()
	if err := local.Command(t.Context(), "make", "--no-print-directory", "bin/kubectl-shequ"); err != nil {
		t.Fatal(err)
	}
	out, err := local.Output(t.Context(), "bin/kubectl-shequ", "verify-deliveries", anding, "-n", live.Subdistrict, "-o", "json",
		"--admin-secret", local.AdminSecret, "--kubeconfig", cluster.Kubeconfig)
	var chain struct {
		Verified bool                  `json:"verified"`
		Records  int64                 `json:"records"`
		Acts     map[courier.Act]int64 `json:"acts"`
	}
	if err = errors.Join(err, json.Unmarshal([]byte(out), &chain)); err != nil || !chain.Verified || chain.Acts[courier.Withheld] == 0 || chain.Acts[courier.Delivered] < 3 {
		t.Errorf("the chain of deliveries: %v\n%s", err, out)
	}
	var system, codes, refused string
	var sequence int64
	scan(t, home, []any{&system, &codes, &refused, &sequence},
		`SELECT system, codes, refused, sequence FROM deliveries WHERE case_id = $1 AND act = $2`, id, courier.Withheld)
	if system != systems.CivilAffairs || codes != "" || !strings.HasPrefix(refused, "PurposeNotAllowed:2") || sequence > chain.Records {
		t.Errorf("record %d of %d says of %s: sent %q, withheld %q", sequence, chain.Records, system, codes, refused)
	}
}

// The hotline's work order comes in by its webhook, signed, once though it is sent
// twice; it is worked at the desk, and its result is back at the hotline.
func TestAWorkOrderComesAndGoesBack(t *testing.T) {
	settled(t)
	const text = "the lamp on the landing is out"
	webhook := servers.Webhook(anding + servers.Suffix)
	forged := order(t, systems.WorkOrder{Text: "changed on its way", URL: webhook, Tamper: true})
	sent := order(t, systems.WorkOrder{Text: text, URL: webhook, Twice: true})
	wantOrder(t, forged, "refused", "")
	wantOrder(t, sent, "taken", "")

	w := walker(t, "zh-CN", 390)
	w.SignIn(t, anding+"-staff")
	live.Eventually(t, soon, func(context.Context) error {
		w.Browser.Open(t, w.Desk+"/zh-CN/queue/open?kind=work-order", 390, 900, false)
		if n := webtest.Ask[int](t, w.Browser, `new Set([...document.querySelectorAll('main a[href*="/cases/"]')].map(a => a.pathname)).size`); n != 1 {
			return fmt.Errorf("%d work orders are in the queue, want one", n)
		}
		return nil
	})
	w.Browser.Follow(t, `main a[href*="/cases/"]`)
	if letter := w.Letter(t); !strings.Contains(letter, text) {
		t.Errorf("staff read %q", letter)
	}
	for _, event := range []string{"register", "handle", "report"} {
		w.Do(t, event, nil)
	}
	w.SignOut(t)
	wantOrder(t, sent, "taken", "handled")
}

// order has the hotline send a work order and returns its number.
func order(t *testing.T, o systems.WorkOrder) string {
	t.Helper()
	var sent systems.Dispatch
	if err := ask(t.Context(), http.MethodPost, systems.Hotline+"/work-orders", o, &sent); err != nil {
		t.Fatal(err)
	}
	return sent.Number
}

// wantOrder waits until a work order is in a state and has a result.
func wantOrder(t *testing.T, number, state, result string) {
	t.Helper()
	live.Eventually(t, delivered, func(ctx context.Context) error {
		var all []systems.Dispatch
		if err := ask(ctx, http.MethodGet, systems.Hotline+"/work-orders", nil, &all); err != nil {
			return err
		}
		i := slices.IndexFunc(all, func(d systems.Dispatch) bool { return d.Number == number })
		if i < 0 || all[i].State != state || all[i].Result != result {
			return fmt.Errorf("work order %s of %+v, want it %s with the result %q", number, all, state, result)
		}
		return nil
	})
}

// A home is open to the addresses its systems declare and to no other, and has their
// credentials, for as long as the community is connected. The node enforces no
// policies (README.md), so the objects are looked at.
func TestConnectionsAreTakenBack(t *testing.T) {
	settled(t)
	c := community(t, "xiyaowangdong")
	home := c.Status.Namespace
	want := map[string]bool{}
	for _, i := range c.Spec.Integrations {
		s := &v1alpha1.InformationSystem{}
		get(t, "", i.System, s)
		for _, e := range s.Spec.Egress {
			want[fmt.Sprintf("%s %d", e.CIDR, e.Port)] = true
		}
	}
	want[fmt.Sprintf("%s/32 %d", cluster.Servers.Address, cluster.Servers.Postgres.Port)] = true // its database
	if got := reachable(t, home, blueprint.ComponentCourier); !maps.Equal(got, want) {
		t.Errorf("the courier may reach %v, want %v", slices.Sorted(maps.Keys(got)), slices.Sorted(maps.Keys(want)))
	}
	if got := reachable(t, home, blueprint.ComponentPortal); len(got) != 1 {
		t.Errorf("the portal may reach %v", slices.Sorted(maps.Keys(got)))
	}
	credentials := &corev1.Secret{}
	get(t, home, blueprint.CourierCredentialsName, credentials)
	if len(credentials.Data) < 2*len(c.Spec.Integrations) {
		t.Errorf("the courier has %d credentials for %d systems", len(credentials.Data), len(c.Spec.Integrations))
	}

	integrations, billers := c.Spec.Integrations, c.Spec.Billers
	change(t, c, func(c *v1alpha1.Community) { c.Spec.Integrations, c.Spec.Billers = nil, nil })
	t.Cleanup(func() {
		restore(t, c.Name, func(c *v1alpha1.Community) { c.Spec.Integrations, c.Spec.Billers = integrations, billers })
	})
	live.Eventually(t, time.Minute, func(ctx context.Context) error {
		for name, obj := range map[string]client.Object{
			blueprint.CourierCredentialsName: &corev1.Secret{}, blueprint.ComponentCourier: &appsv1.Deployment{},
		} {
			if err := cluster.Client.Get(ctx, client.ObjectKey{Namespace: home, Name: name}, obj); !apierrors.IsNotFound(err) {
				return fmt.Errorf("%s is still there (%w)", name, err)
			}
		}
		if got := reachable(t, home, blueprint.ComponentCourier); len(got) > 0 {
			return fmt.Errorf("the courier may still reach %v", slices.Sorted(maps.Keys(got)))
		}
		return cluster.AllReady(ctx)
	})
}

// reachable are the addresses and ports that policies open to a program, beside pods
// of the cluster.
func reachable(t *testing.T, home, component string) map[string]bool {
	t.Helper()
	var policies networkingv1.NetworkPolicyList
	if err := cluster.Client.List(t.Context(), &policies, client.InNamespace(home)); err != nil {
		t.Fatal(err)
	}
	pod := labels.Set{v1alpha1.ComponentLabel: component}
	out := map[string]bool{}
	for _, p := range policies.Items {
		selector, err := metav1.LabelSelectorAsSelector(&p.Spec.PodSelector)
		if err != nil {
			t.Fatal(err)
		}
		if !selector.Matches(pod) {
			continue
		}
		for _, rule := range p.Spec.Egress {
			for _, to := range rule.To {
				if to.IPBlock == nil {
					continue
				}
				for _, port := range rule.Ports {
					out[to.IPBlock.CIDR+" "+port.Port.String()] = true
				}
			}
		}
	}
	return out
}
