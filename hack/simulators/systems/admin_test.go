package systems

import (
	"net/http"
	"testing"
	"time"
)

func TestAdministration(t *testing.T) {
	farm, c := start(t, SocialSecurity, Hotline)
	s := sends(t, farm, SocialSecurity, c)
	s.deliver("k-1", good[SocialSecurity])
	s.deliver("k-1", good[SocialSecurity])
	s.deliver("k-2", good[SocialSecurity])
	at := "/systems/" + SocialSecurity

	var all []Described
	if status := ask(t, farm, http.MethodGet, "/systems", "", &all); status != http.StatusOK || len(all) != 2 || all[0].URL != s.system.URL() || all[1].Secret != "system-hotline-12345" {
		t.Errorf("%d %+v", status, all)
	}
	var messages []Message
	if ask(t, farm, http.MethodGet, at+"/messages?after=1&limit=5", "", &messages); len(messages) != 1 || messages[0].Key != "k-2" || messages[0].Elements["applicant-name"] != "某甲" {
		t.Errorf("%+v", messages)
	}
	var keys map[string]KeyCount
	if ask(t, farm, http.MethodGet, at+"/keys", "", &keys); keys["k-1"].Received != 2 || keys["k-2"].Processed != 1 {
		t.Errorf("%+v", keys)
	}
	var cases map[string][]string
	if ask(t, farm, http.MethodGet, at+"/cases", "", &cases); len(cases["2026-000001"]) != 2 {
		t.Errorf("%+v", cases)
	}
	var sum Summary
	if ask(t, farm, http.MethodGet, at+"/summary", "", &sum); sum.Processed != 2 || sum.Repeated != 1 || sum.Outcomes[Accepted] != 2 || sum.Requests != 4 {
		t.Errorf("%+v", sum)
	}

	var faults Faults
	if status := ask(t, farm, http.MethodPut, at+"/faults", `{"slow":"1ms","rate":{"messages":1,"per":"1m"}}`, &faults); status != http.StatusOK || time.Duration(faults.Slow) != time.Millisecond || faults.Rate.Messages != 1 {
		t.Errorf("%d %+v", status, faults)
	}
	if ask(t, farm, http.MethodDelete, at+"/faults", "", nil); s.system.Faults() != (Faults{}) {
		t.Error("faults stay")
	}
	if status := ask(t, farm, http.MethodDelete, at+"/tokens", "", nil); status != http.StatusNoContent || s.deliver("k", good[SocialSecurity]).status != http.StatusUnauthorized {
		t.Errorf("tokens stay: %d", status)
	}
	if status := ask(t, farm, http.MethodDelete, at+"/messages", "", nil); status != http.StatusNoContent || len(s.system.Keys()) != 0 {
		t.Errorf("messages stay: %d", status)
	}
	var sent Dispatch
	hook := "/systems/" + Hotline + "/work-orders"
	if status := ask(t, farm, http.MethodPost, hook, `{"text":"x","url":"http://127.0.0.1:1/"}`, &sent); status != http.StatusAccepted || sent.Number == "" {
		t.Errorf("%d %+v", status, sent)
	}
	var orders []Dispatch
	if ask(t, farm, http.MethodGet, hook, "", &orders); len(orders) != 1 {
		t.Errorf("%+v", orders)
	}
	for _, row := range []struct {
		method, path, body string
		want               int
	}{
		{http.MethodGet, "/systems/nothing/keys", "", http.StatusNotFound},
		{http.MethodGet, at + "/messages?limit=x", "", http.StatusBadRequest},
		{http.MethodGet, at + "/messages?after=-1", "", http.StatusBadRequest},
		{http.MethodPut, at + "/faults", `{"slwo":"1s"}`, http.StatusBadRequest},
		{http.MethodPut, at + "/faults", `{"slow":1}`, http.StatusBadRequest},
		{http.MethodPut, at + "/faults", `{"down":"maybe"}`, http.StatusBadRequest},
		{http.MethodPost, at + "/work-orders", `{"text":"x"}`, http.StatusBadRequest},
	} {
		var out map[string]string
		if status := ask(t, farm, row.method, row.path, row.body, &out); status != row.want || out["error"] == "" {
			t.Errorf("%s %s: %d %v", row.method, row.path, status, out)
		}
	}
}

// Credentials that are kept are the same next time; the systems' own are not
// handed out.
func TestCredentialsAreKept(t *testing.T) {
	dir, c := t.TempDir(), newClock()
	var before Secrets
	for range 2 {
		farm := startWith(t, Config{Credentials: dir, Now: c.now})
		secrets := farm.Secrets()
		if secrets[authority] != nil || len(secrets) != len(Kinds())-1 { // two share one
			t.Errorf("%d Secrets", len(secrets))
		}
		for name, keys := range before {
			for key, value := range keys {
				if key != "known-hosts" && string(secrets[name][key]) != string(value) {
					t.Errorf("%s/%s is new", name, key)
				}
			}
		}
		for name := range good {
			if got := sends(t, farm, name, c).deliver("k", good[name]); got.status != http.StatusOK {
				t.Errorf("%s: %d %s", name, got.status, got.text)
			}
		}
		before = secrets
		if err := farm.Close(); err != nil {
			t.Error(err)
		}
	}
}

func TestWhatCanNotBeStarted(t *testing.T) {
	for _, config := range []Config{
		{Systems: []SystemConfig{{Name: "nothing"}}},
		{Systems: []SystemConfig{{Name: Hotline}, {Name: Hotline}}},
		{Systems: []SystemConfig{{Name: FamilyHealth, Plain: true}}},
		{Systems: []SystemConfig{{Name: Hotline, Listen: "256.0.0.1:0"}}},
		{Systems: []SystemConfig{{Name: Hotline}}, WebhookCA: "none"},
		{Systems: []SystemConfig{{Name: Hotline}}, Admin: "256.0.0.1:0"},
		{Systems: []SystemConfig{{Name: Hotline}}, Credentials: "/dev/null/x"},
		{Systems: []SystemConfig{{Name: Hotline}}, Journal: "/dev/null/x"},
	} {
		if farm, err := Start(t.Context(), config); err == nil {
			_ = farm.Close()
			t.Errorf("%+v starts", config)
		}
	}
}

func TestWhatIsNoMessage(t *testing.T) {
	farm, c := start(t, RemoteEducation)
	s := sends(t, farm, RemoteEducation, c)
	for name, row := range map[string]struct {
		spoil func(r *http.Request)
		want  int
	}{
		"no key":    {func(r *http.Request) { r.Header.Del(HeaderKey) }, http.StatusBadRequest},
		"a bad key": {func(r *http.Request) { r.Header.Set(HeaderKey, "a b") }, http.StatusBadRequest},
		"no JSON":   {func(r *http.Request) { r.Header.Set("Content-Type", "text/plain") }, http.StatusUnsupportedMediaType},
		"GET":       {func(r *http.Request) { r.Method = http.MethodGet }, http.StatusMethodNotAllowed},
		"elsewhere": {func(r *http.Request) { r.URL.Path = "/" }, http.StatusNotFound},
	} {
		r := s.request("k", good[RemoteEducation])
		row.spoil(r)
		if got := s.must(r); got.status != row.want {
			t.Errorf("%s: %d %s", name, got.status, got.text)
		}
	}
	large := make([]byte, maxBody+1)
	if got := s.deliver("k", string(large)); got.status != http.StatusRequestEntityTooLarge {
		t.Errorf("a large body: %d", got.status)
	}
	r, _ := http.NewRequest(http.MethodGet, s.system.URL()+"/health", nil)
	if got := s.must(r); got.status != http.StatusOK {
		t.Errorf("health: %d", got.status)
	}
}
