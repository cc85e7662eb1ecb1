package systems

import (
	"bufio"
	"crypto/tls"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"strings"
	"syscall"
	"testing"
	"time"
)

func (s *sender) faults(f Faults) {
	s.t.Helper()
	if err := s.system.SetFaults(f); err != nil {
		s.t.Fatal(err)
	}
}

// whole delivers once more without faults: what came is processed once.
func (s *sender) whole(key string, received int64) {
	s.t.Helper()
	s.faults(Faults{})
	if got := s.deliver(key, good[s.system.Kind().Name]); got.status != http.StatusOK || got.Outcome != Accepted {
		s.t.Errorf("afterwards: %d %s", got.status, got.text)
	}
	if got := s.system.Keys()[key]; got.Received != received || len(s.system.Messages("", key)) != 1 {
		s.t.Errorf("%s came %d times, not %d", key, got.Received, received)
	}
}

func TestDown(t *testing.T) {
	farm, c := start(t, SocialSecurity)
	s := sends(t, farm, SocialSecurity, c)
	body := good[SocialSecurity]
	s.faults(Faults{Down: DownRefuse})
	if _, err := s.do(s.request("k", body)); !errors.Is(err, syscall.ECONNREFUSED) {
		t.Errorf("refused: %v", err)
	}
	s.faults(Faults{Down: Down503})
	if got := s.deliver("k", body); got.status != http.StatusServiceUnavailable {
		t.Errorf("%d %s", got.status, got.text)
	}
	s.faults(Faults{Down: Down503, Times: 2})
	for _, want := range []int{503, 503, 200} {
		if got := s.deliver("k", body); got.status != want {
			t.Errorf("%d, not %d", got.status, want)
		}
	}
	s.whole("k", 2)
}

func TestSlow(t *testing.T) {
	farm, c := start(t, SocialSecurity)
	s := sends(t, farm, SocialSecurity, c)
	s.faults(Faults{Slow: Duration(50 * time.Millisecond)})
	began := time.Now()
	if got := s.deliver("k-0", good[SocialSecurity]); got.status != http.StatusOK || time.Since(began) < 50*time.Millisecond {
		t.Errorf("%d after %s", got.status, time.Since(began))
	}
	s.faults(Faults{Slow: Duration(300 * time.Millisecond)})
	s.http.Timeout = 30 * time.Millisecond
	if _, err := s.do(s.request("k", good[SocialSecurity])); err == nil {
		t.Fatal("answers at once")
	}
	s.http.Timeout = 20 * time.Second
	eventually(t, "a message nobody waits for is processed", func() bool { return s.system.Keys()["k"].Received == 1 })
	s.whole("k", 2)
}

// A system that is closed waits for nobody.
func TestClosingEndsWhatIsSlow(t *testing.T) {
	farm, c := start(t, SocialSecurity)
	s := sends(t, farm, SocialSecurity, c)
	s.faults(Faults{Slow: Duration(time.Hour)})
	done := make(chan error, 1)
	go func() {
		_, err := s.do(s.request("k", good[SocialSecurity]))
		done <- err
	}()
	eventually(t, "the message arrives", func() bool { return s.system.Summary().Faulty["slow"] == 1 })
	if err := farm.Close(); err != nil {
		t.Error(err)
	}
	if err := <-done; err == nil {
		t.Error("answered")
	}
	if err := s.system.SetFaults(Faults{}); err == nil {
		t.Error("a closed system opens again")
	}
}

// What is answered late was processed before: whoever did not wait has the same answer
// later.
func TestLate(t *testing.T) {
	farm, c := start(t, SocialSecurity)
	s := sends(t, farm, SocialSecurity, c)
	s.faults(Faults{Late: Duration(time.Hour)})
	done := make(chan error, 1)
	go func() {
		_, err := s.do(s.request("k", good[SocialSecurity]))
		done <- err
	}()
	eventually(t, "it is processed and not answered", func() bool { return s.system.Summary().Faulty["late"] == 1 })
	if got := s.system.Keys()["k"]; got != (KeyCount{Received: 1, Processed: 1}) {
		t.Errorf("%+v", got)
	}
	select {
	case err := <-done:
		t.Error("answered:", err)
	default:
	}
	s.whole("k", 2)
	if err := farm.Close(); err != nil { // waits for nobody
		t.Error(err)
	}
	if err := <-done; err == nil {
		t.Error("answered by a system that is closed")
	}
}

func TestDrop(t *testing.T) {
	farm, c := start(t, SocialSecurity)
	s := sends(t, farm, SocialSecurity, c)
	s.faults(Faults{Drop: true})
	if got, err := s.do(s.request("k", good[SocialSecurity])); err == nil {
		t.Errorf("answers %d %s", got.status, got.text)
	}
	// The client may have tried again by itself: it was told the key is idempotent.
	s.whole("k", s.system.Keys()["k"].Received+1)
}

func TestWrongAnswers(t *testing.T) {
	farm, c := start(t, SocialSecurity)
	s := sends(t, farm, SocialSecurity, c)
	for i, row := range []struct {
		wrong  string
		status int
		is     func(got said) bool
	}{
		{WrongGarbage, 200, func(got said) bool { return !json.Valid([]byte(got.text)) }},
		{WrongNonsense, 200, func(got said) bool { return got.Outcome == "perhaps" }},
		{WrongStatus, 500, func(got said) bool { return got.Outcome == "" }},
	} {
		key := "k-" + row.wrong
		s.faults(Faults{Wrong: row.wrong, Times: 1})
		if got := s.deliver(key, good[SocialSecurity]); got.status != row.status || !row.is(got) {
			t.Errorf("%d: %d %s", i, got.status, got.text)
		}
		s.whole(key, 2)
	}
}

func TestWrongCertificate(t *testing.T) {
	farm, c := start(t, SocialSecurity)
	s := sends(t, farm, SocialSecurity, c)
	s.faults(Faults{Wrong: WrongCertificate})
	var unknown *tls.CertificateVerificationError
	if _, err := s.do(s.request("k", good[SocialSecurity])); !errors.As(err, &unknown) {
		t.Error(err)
	}
	s.whole("k", 1)

	plain := startWith(t, Config{Systems: []SystemConfig{{Name: SocialSecurity, Plain: true}}})
	if err := plain.System(SocialSecurity).SetFaults(Faults{Wrong: WrongCertificate}); err == nil {
		t.Error("there is no certificate to be wrong")
	}
}

func TestDuplicateAnswers(t *testing.T) {
	c := newClock()
	farm := startWith(t, Config{Now: c.now, Systems: []SystemConfig{{Name: RemoteEducation, Plain: true}}})
	s := sends(t, farm, RemoteEducation, c)
	s.faults(Faults{Duplicate: true})
	conn, err := (&netDialer{}).dial(s.system.Address())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if err := s.request("k", good[RemoteEducation]).Write(conn); err != nil {
		t.Fatal(err)
	}
	r := bufio.NewReader(conn)
	var texts []string
	for range 2 {
		answer, err := http.ReadResponse(r, nil)
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(answer.Body)
		if err != nil || answer.StatusCode != http.StatusOK {
			t.Fatal(answer.StatusCode, err)
		}
		texts = append(texts, string(body))
	}
	if texts[0] != texts[1] || !strings.Contains(texts[0], string(Accepted)) {
		t.Error(texts)
	}
	if _, err := r.ReadByte(); !errors.Is(err, io.EOF) {
		t.Error("and a third?", err)
	}
	if got := s.deliver("k", good[RemoteEducation]); got.Outcome != Accepted {
		t.Error("a client that reads one answer: " + got.text)
	}
	s.whole("k", 3)
}

func TestRateLimit(t *testing.T) {
	farm, c := start(t, SocialSecurity)
	s := sends(t, farm, SocialSecurity, c)
	s.faults(Faults{Rate: &Rate{Messages: 2, Per: Duration(time.Minute)}})
	body := good[SocialSecurity]
	for i, want := range []int{200, 200, 429, 429} {
		got := s.deliver("k", body)
		if got.status != want || want == 429 && got.header.Get("Retry-After") != "60" {
			t.Errorf("%d: %d %v", i, got.status, got.header)
		}
	}
	c.add(29*time.Second + 500*time.Millisecond)
	if got := s.deliver("k", body); got.header.Get("Retry-After") != "31" {
		t.Errorf("%d %v", got.status, got.header)
	}
	c.add(31 * time.Second)
	if got := s.deliver("k", body); got.status != http.StatusOK {
		t.Errorf("after the window: %d", got.status)
	}
	if n := s.system.Summary().Faulty["rate"]; n != 3 {
		t.Errorf("%d were held back", n)
	}
}

func TestFaultsThatAreNone(t *testing.T) {
	farm, _ := start(t, SocialSecurity)
	for _, f := range []Faults{
		{Slow: -1},
		{Slow: Duration(2 * time.Hour)},
		{Late: -1},
		{Late: Duration(2 * time.Hour)},
		{Down: "maybe"},
		{Wrong: "maybe"},
		{Rate: &Rate{Messages: 1}},
		{Times: -1},
		{Down: DownRefuse, Times: 1},
		{Wrong: WrongCertificate, Times: 1},
	} {
		if err := farm.System(SocialSecurity).SetFaults(f); err == nil {
			t.Errorf("%+v", f)
		}
	}
	if f := farm.System(SocialSecurity).Faults(); f != (Faults{}) {
		t.Errorf("%+v", f)
	}
}
