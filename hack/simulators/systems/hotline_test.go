package systems

import (
	"encoding/json"
	"encoding/pem"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"
)

// receiver is who gets work orders; it answers the statuses in turn, then 200.
type receiver struct {
	mu       sync.Mutex
	statuses []int
	got      []*http.Request
	bodies   [][]byte
}

func (r *receiver) ServeHTTP(w http.ResponseWriter, request *http.Request) {
	body, _ := io.ReadAll(request.Body)
	r.mu.Lock()
	defer r.mu.Unlock()
	r.got, r.bodies = append(r.got, request.Clone(request.Context())), append(r.bodies, body)
	if len(r.statuses) > 0 {
		w.WriteHeader(r.statuses[0])
		r.statuses = r.statuses[1:]
	}
}

func hotlineTo(t *testing.T, statuses ...int) (*sender, *receiver) {
	t.Helper()
	to := &receiver{statuses: statuses}
	server := httptest.NewTLSServer(to)
	t.Cleanup(server.Close)
	c := newClock()
	farm := startWith(t, Config{
		Now: c.now, Backoff: time.Millisecond, Systems: []SystemConfig{{Name: Hotline}}, Webhook: server.URL + "/work%2Dorders",
		WebhookCA: string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw})),
	})
	return sends(t, farm, Hotline, c), to
}

func (s *sender) state(number string) Dispatch {
	for _, d := range s.system.WorkOrders() {
		if d.Number == number {
			return d
		}
	}
	return Dispatch{}
}

func TestWorkOrdersAreSentUntilTaken(t *testing.T) {
	s, to := hotlineTo(t, http.StatusServiceUnavailable, http.StatusTooManyRequests)
	sent, err := s.system.Send(WorkOrder{Text: "路灯不亮"})
	if err != nil || sent.Number != "GD-000001" {
		t.Fatal(sent, err)
	}
	eventually(t, "the work order is taken", func() bool { return s.state(sent.Number).State == "taken" })
	if d := s.state(sent.Number); len(d.Attempts) != 3 || d.Attempts[0].Status != 503 || d.Attempts[2].Status != 200 {
		t.Errorf("%+v", d)
	}
	nonces := map[string]bool{}
	for i, r := range to.got {
		nonces[r.Header.Get(HeaderNonce)] = true
		if r.Header.Get(HeaderKey) != sent.Key || !s.system.VerifyWebhook(r, to.bodies[i]) || s.system.VerifyWebhook(r, append(to.bodies[i], ' ')) {
			t.Errorf("%d: %v", i, r.Header)
		}
	}
	var body wire
	if err := json.Unmarshal(to.bodies[0], &body); err != nil || body.WorkOrder != sent.Number || body.Urgency != "ordinary" || body.Elements["request-text"] != "路灯不亮" || len(nonces) != 3 {
		t.Errorf("%s, %d nonces", to.bodies[0], len(nonces))
	}
	for _, row := range []struct{ body, want string }{
		{`{"workOrder":"GD-000001","result":"perhaps"}`, "result-unknown"},
		{`{"workOrder":"GD-000001","result":"returned"}`, "reason-missing"},
		{`{"workOrder":"GD-000001","result":"progress"}`, ""},
		{`{"workOrder":"GD-000001","result":"handled","elements":{"request-text":"已更换灯具"}}`, ""},
		{`{"workOrder":"GD-000001","result":"handled"}`, "work-order-closed"},
	} {
		if got := s.deliver(digest([]byte(row.body)), row.body); got.Reason != row.want {
			t.Errorf("%s: %s", row.body, got.text)
		}
	}
	if d := s.state(sent.Number); d.Result != "handled" {
		t.Errorf("%+v", d)
	}
}

func TestWorkOrdersThatAreSentWrongly(t *testing.T) {
	s, to := hotlineTo(t)
	for name, order := range map[string]WorkOrder{"twice": {Text: "x", Twice: true}, "replay": {Text: "x", Replay: true}, "tamper": {Text: "x", Tamper: true}} {
		to.mu.Lock()
		to.got, to.bodies = nil, nil
		to.mu.Unlock()
		sent, err := s.system.Send(order)
		if err != nil {
			t.Fatal(err)
		}
		attempts := 2
		if order.Tamper {
			attempts = 1
		}
		eventually(t, "it was sent", func() bool { return len(s.state(sent.Number).Attempts) == attempts })
		first, last := to.got[0], to.got[len(to.got)-1]
		same := first.Header.Get(HeaderNonce) == last.Header.Get(HeaderNonce)
		if first.Header.Get(HeaderKey) != last.Header.Get(HeaderKey) || same == order.Twice || s.system.VerifyWebhook(first, to.bodies[0]) == order.Tamper {
			t.Errorf("%s: %v, %v", name, first.Header, last.Header)
		}
	}
}

func TestWorkOrdersThatAreRefused(t *testing.T) {
	s, _ := hotlineTo(t, http.StatusForbidden)
	sent, err := s.system.Send(WorkOrder{Text: "x"})
	if err != nil {
		t.Fatal(err)
	}
	eventually(t, "it is refused", func() bool { return s.state(sent.Number).State == "refused" })
	for _, order := range []WorkOrder{{}, {Text: "x", URL: "ftp://127.0.0.1"}, {Text: "x", URL: ":"}} {
		if _, err := s.system.Send(order); err == nil {
			t.Errorf("%+v", order)
		}
	}
	// Nobody is there: it gives up in the end, with every try on record.
	sent, err = s.system.Send(WorkOrder{Text: "x", URL: "http://127.0.0.1:1/"})
	if err != nil {
		t.Fatal(err)
	}
	eventually(t, "it gives up", func() bool { return s.state(sent.Number).State == "given-up" })
	if d := s.state(sent.Number); len(d.Attempts) != tries || d.Attempts[0].Status != 0 {
		t.Errorf("%+v", d)
	}
}

func TestOnlyTheHotlineSends(t *testing.T) {
	farm, _ := start(t, SocialSecurity)
	if _, err := farm.System(SocialSecurity).Send(WorkOrder{Text: "x", URL: "http://127.0.0.1:1"}); err == nil || !strings.Contains(err.Error(), Hotline) {
		t.Error(err)
	}
}

// A gateway is asked for a hostname no DNS knows, and its certificate is checked for
// that hostname.
func TestWorkOrdersGoByAGateway(t *testing.T) {
	to := &receiver{}
	gateway := httptest.NewTLSServer(to)
	t.Cleanup(gateway.Close)
	farm := startWith(t, Config{
		Backoff: time.Millisecond, Systems: []SystemConfig{{Name: Hotline}}, WebhookVia: gateway.Listener.Addr().String(),
		WebhookCA: string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: gateway.Certificate().Raw})),
	})
	s := farm.System(Hotline)
	for _, host := range []string{"example.com", "elsewhere.invalid"} {
		if _, err := s.Send(WorkOrder{Text: "路灯不亮", URL: "https://" + host + "/hooks/hotline-12345"}); err != nil {
			t.Fatal(err)
		}
	}
	eventually(t, "one is taken and the other tried", func() bool {
		orders := s.WorkOrders()
		return orders[0].State == "taken" && len(orders[1].Attempts) > 0
	})
	to.mu.Lock()
	defer to.mu.Unlock()
	if len(to.got) != 1 || to.got[0].Host != "example.com" || s.WorkOrders()[1].State == "taken" {
		t.Errorf("the gateway got %d work orders: %+v", len(to.got), s.WorkOrders())
	}
}
