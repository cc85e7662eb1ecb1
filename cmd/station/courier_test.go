package main

import (
	"bytes"
	"context"
	"crypto/rand"
	"log/slog"
	"maps"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/shequ-io/shequ/api/v1alpha1"
	"github.com/shequ-io/shequ/hack/simulators/systems"
	"github.com/shequ-io/shequ/internal/casework"
	"github.com/shequ-io/shequ/internal/content"
	"github.com/shequ-io/shequ/internal/courier"
	"github.com/shequ-io/shequ/internal/seal"
	"github.com/shequ-io/shequ/internal/store"
	"github.com/shequ-io/shequ/internal/store/storetest"
)

var lead = store.Who{Actor: casework.Actor{Role: casework.Lead, Work: "lead-1"}, Station: "station"}

// carrier is a courier that runs, with what the operator mounts for it.
type carrier struct {
	*running

	database             *storetest.Database
	desk                 *store.Desk
	courier, credentials string
}

func newCarrier(t *testing.T) *carrier {
	t.Helper()
	c := &carrier{database: storetest.NewDatabase(t), courier: t.TempDir(), credentials: t.TempDir()}
	c.desk = c.database.Desk(t)
	private, err := c.database.CourierKeys.Open.Bytes()
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	put(t, dir, uriKey, []byte(c.database.URI(storetest.Courier)))
	put(t, dir, courierKey, private)
	put(t, dir, publicKey, c.database.Keys.Public.Bytes())
	put(t, dir, receiptsKey, c.database.Keys.Receipts)

	ctx, cancel := context.WithCancel(t.Context())
	log := &journal{}
	c.running = &running{t: t, log: log, client: &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}}
	started, done := make(chan struct{}), make(chan error, 1)
	o := options{secrets: secrets(dir), courier: c.courier, credentials: c.credentials, listen: "127.0.0.1:0", metrics: "127.0.0.1:0", drainTimeout: 5 * time.Second, every: 100 * time.Millisecond}
	go func() {
		done <- deliver(ctx, o, slog.New(slog.NewJSONHandler(log, nil)), func(public, admin string) {
			c.public, c.admin = "http://"+public, "http://"+admin
			close(started)
		})
	}()
	select {
	case <-started:
	case err := <-done:
		t.Fatal(err)
	}
	t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
		for _, value := range []string{"a resident’s name", "路灯", "client-secret-value"} {
			if strings.Contains(log.String(), value) {
				t.Errorf("the log holds %q:\n%s", value, log)
			}
		}
	})
	return c
}

func (c *carrier) mount(config content.Courier) {
	c.t.Helper()
	data, err := content.MarshalCourier(config)
	if err != nil {
		c.t.Fatal(err)
	}
	put(c.t, c.courier, content.CourierFile, data)
}

func (c *carrier) give(system string, keys map[string][]byte) {
	c.t.Helper()
	for key, value := range keys {
		put(c.t, c.credentials, content.CredentialFile(system, key), value)
	}
}

// enter enters a message of a case for a system.
func (c *carrier) enter(id string, system systems.Kind, version int64) courier.Key {
	c.t.Helper()
	m := courier.Message{
		Facts: courier.Facts{Case: id, Task: "d/t", System: system.Name, Purpose: v1alpha1.PurposeCode(system.Purposes[0]), Version: version},
		Codes: []courier.Code{"applicant-name"}, Salt: "0123456789abcdef",
	}
	for _, code := range system.Required {
		value := map[string]string{"applicant-name": "a resident’s name", "identity-number": "000000000000000000", "course-title": "书法"}[code]
		m.Fields = append(m.Fields, courier.Field{Name: code, Value: value})
	}
	if err := c.desk.Enqueue(c.t.Context(), []courier.Consignment{{Facts: m.Facts, Message: &m}}); err != nil {
		c.t.Fatal(err)
	}
	return m.Key()
}

// reachable is a simulated system as its InformationSystem would declare it.
func reachable(kind systems.Kind, at systems.Described) content.CourierSystem {
	ref := v1alpha1.NamespacedReference{Namespace: "district", Name: kind.Secret}
	auth := v1alpha1.HTTPAuth{Type: v1alpha1.AuthHMAC, SecretRef: ref}
	if kind.Auth == systems.AuthOAuth2 {
		auth = v1alpha1.HTTPAuth{Type: v1alpha1.AuthOAuth2, SecretRef: ref, TokenURL: v1alpha1.ServiceURL(at.TokenURL)}
	}
	return content.CourierSystem{
		Name: kind.Name, RateLimit: &v1alpha1.SystemRateLimit{PerMinute: 600, Concurrent: 2},
		Protocol: v1alpha1.SystemProtocol{Type: v1alpha1.ProtocolHTTP, HTTP: &v1alpha1.HTTPProtocol{BaseURL: v1alpha1.ServiceURL(at.URL), Auth: auth}},
		Reading:  &v1alpha1.SystemReading{Accepted: `body.outcome == "accepted"`, Reference: "body.reference"},
	}
}

func eventually(t *testing.T, what string, is func() bool) {
	t.Helper()
	for end := time.Now().Add(30 * time.Second); !is(); time.Sleep(20 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatal("never: " + what)
		}
	}
}

// TestCourierDelivers: what is entered at the desk is delivered, once its system is
// known and its credentials are there; neither needs a restart. What the system says
// comes back.
func TestCourierDelivers(t *testing.T) {
	farm, err := systems.Start(t.Context(), systems.Config{Systems: []systems.SystemConfig{{Name: systems.SocialSecurity}, {Name: systems.RemoteEducation}}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = farm.Close() })
	social, education := farm.System(systems.SocialSecurity), farm.System(systems.RemoteEducation)
	c := newCarrier(t)
	c.until(c.admin+"/readyz", 503, "mount the ConfigMap courier-config")
	first := c.enter("00000000-0000-4000-8000-000000000001", social.Kind(), 1)
	c.enter("00000000-0000-4000-8000-000000000001", social.Kind(), 2)
	c.enter("00000000-0000-4000-8000-000000000002", education.Kind(), 1)
	c.give(systems.RemoteEducation, farm.Secrets()[education.Kind().Secret])
	c.mount(content.Courier{Systems: []content.CourierSystem{reachable(social.Kind(), social.Describe()), reachable(education.Kind(), education.Describe())}})
	c.until(c.admin+"/readyz", 200, "ok")
	eventually(t, "the lesson is booked", func() bool { return len(education.Messages("", "")) == 1 })
	// The other waits for its credentials, and says so.
	c.until(c.admin+"/metrics", 200, `shequ_deliveries_held{reason="credentials",system="social-security"} 1`)
	if !strings.Contains(c.log.String(), "it has no client-id and client-secret; put in") {
		t.Errorf("the log does not say what is missing:\n%s", c.log)
	}
	// A wrong secret is no reason for anything but to wait, either.
	given := maps.Clone(farm.Secrets()[social.Kind().Secret])
	right := given["client-secret"]
	given["client-secret"] = []byte("client-secret-value")
	c.give(systems.SocialSecurity, given)
	c.until(c.admin+"/metrics", 200, `shequ_deliveries_retried_total{reason="unavailable",system="social-security"}`)
	c.give(systems.SocialSecurity, map[string][]byte{"client-secret": right})
	eventually(t, "the enrolment is there", func() bool { return len(social.Messages("", "")) == 2 })
	if got := social.Cases()["00000000-0000-4000-8000-000000000001"]; len(got) != 2 || got[0] != string(first) {
		t.Errorf("the case came as %v", got)
	}
	eventually(t, "nothing waits", func() bool {
		waiting, err := c.desk.Waiting(t.Context(), lead)
		return err == nil && len(waiting) == 0
	})
	entries, err := c.desk.DeliveryTrail(t.Context(), 1, 10)
	if err != nil || len(entries) != 3 {
		t.Fatalf("%d records, %v", len(entries), err)
	}
	head, err := c.desk.DeliveryHead(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if err := courier.Check(entries, head); err != nil {
		t.Error(err)
	}
	c.until(c.admin+"/metrics", 200, `shequ_deliveries_delivered_total{system="social-security",verdict="accepted"} 2`)
}

// TestCourierTakesWorkOrders: what the hotline sends is a case at the desk, once.
func TestCourierTakesWorkOrders(t *testing.T) {
	c := newCarrier(t)
	farm, err := systems.Start(t.Context(), systems.Config{
		Systems: []systems.SystemConfig{{Name: systems.Hotline}}, Webhook: c.public + "/hooks/" + systems.Hotline, Backoff: 100 * time.Millisecond,
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = farm.Close() })
	hotline := farm.System(systems.Hotline)
	config := reachable(hotline.Kind(), hotline.Describe())
	config.Sends = []v1alpha1.SystemSends{v1alpha1.SendsWorkOrders}
	c.give(systems.Hotline, farm.Secrets()[hotline.Kind().Secret])
	c.mount(content.Courier{Systems: []content.CourierSystem{config}, Orders: &content.OrderTerms{Item: "hotline-12345", Purpose: "hotline-12345", RetentionDays: 30}})
	c.until(c.admin+"/readyz", 200, "ok")
	for _, o := range []systems.WorkOrder{{Text: "路灯不亮", Twice: true}, {Text: "路灯又不亮", Replay: true}, {Text: "路灯还不亮", Tamper: true}} {
		if _, err := hotline.Send(o); err != nil {
			t.Fatal(err)
		}
	}
	eventually(t, "the hotline has its answers", func() bool {
		all := hotline.WorkOrders()
		return len(all[0].Attempts) > 1 && len(all[1].Attempts) > 1 && all[2].State == "refused"
	})
	taken, err := c.desk.TakeIn(t.Context())
	if err != nil || taken.Taken != 2 || taken.SetAside != 0 {
		t.Errorf("%+v, %v", taken, err)
	}
	page, err := c.desk.Queue(t.Context(), lead, store.Query{})
	if err != nil || len(page.Rows) != 2 || page.Rows[0].Kind != "work-order" {
		t.Errorf("%+v, %v", page.Rows, err)
	}
	c.until(c.admin+"/metrics", 200, `shequ_deliveries_work_orders_total{result="again",system="hotline-12345"} 1`)
}

// TestDeskComposes: with a key for the courier a turn at the desk delivers what
// desk.json says, and as a changed one says; without one the desk is as it was.
func TestDeskComposes(t *testing.T) {
	post := newConsigning()
	if got := post.Compose(courier.Occasion{}); got != nil {
		t.Errorf("without desk.json %v are composed", got)
	}
	select {
	case <-post.ready():
		t.Error("it is ready without rules")
	default:
	}
	var log journal
	station := &content.Desk{Tasks: []content.DeskTask{{
		Name: "d/t", Data: []content.DeskDatum{{Element: "applicant-name", Purpose: "p"}},
		Deliveries: []content.DeskDelivery{{System: "s", Purpose: "p", Elements: []string{"applicant-name"}, Mapping: []content.FieldRule{{Field: "name", Expression: "nobody"}}}},
	}}}
	post.use(station, slog.New(slog.NewTextHandler(&log, nil)))
	<-post.ready()
	if !strings.Contains(log.String(), "task d/t delivers nothing to s") {
		t.Errorf("logged %s", &log)
	}
	post.use(&content.Desk{}, slog.New(slog.DiscardHandler))

	doc := &content.Document{}
	doc.Site.Community.Namespace, doc.Site.Community.Name = "qingnianlu", "anding"
	station.Connections = []content.Connection{{Name: "e-supervision", Report: "e-supervision-report"}, {Name: "s"}}
	want := store.Report{System: "e-supervision", Purpose: "e-supervision-report", Community: "qingnianlu/anding"}
	if got := (&staffed{doc: doc, station: station}).reports(); len(got) != 1 || got[0] != want {
		t.Errorf("reports are %+v", got)
	}
	if got := (&staffed{}).reuses(store.Terms{Item: "any"}); got != nil {
		t.Errorf("without content %+v is reused", got)
	}
	if (&staffed{station: station}).reports() != nil || (&staffed{doc: doc}).reports() != nil {
		t.Error("there are reports of nothing")
	}
}

func TestCourierKeys(t *testing.T) {
	dir := t.TempDir()
	if _, given, err := secrets(dir).sealingToCourier(); given || err != nil {
		t.Errorf("an old Secret: %v, %v", given, err)
	}
	put(t, dir, courierPublic, []byte("none"))
	if _, _, err := secrets(dir).sealingToCourier(); err == nil {
		t.Error("what is no key is one")
	}
	seed, err := seal.NewSeed(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	pair, err := seed.Courier()
	if err != nil {
		t.Fatal(err)
	}
	private, err := pair.Bytes()
	if err != nil {
		t.Fatal(err)
	}
	for _, key := range []struct {
		name string
		data []byte
	}{{courierKey, private}, {publicKey, pair.Public().Bytes()}, {receiptsKey, private}} {
		if _, err := secrets(dir).courierKeys(); err == nil || !strings.Contains(err.Error(), key.name) {
			t.Errorf("without %s: %v", key.name, err)
		}
		put(t, dir, key.name, key.data)
	}
	if _, err := secrets(dir).courierKeys(); err != nil {
		t.Error(err)
	}
	put(t, dir, courierPublic, pair.Public().Bytes())
	if key, given, err := secrets(dir).sealingToCourier(); !given || err != nil || !bytes.Equal(key.Bytes(), pair.Public().Bytes()) {
		t.Errorf("the courier's key: %v, %v", given, err)
	}
}
