package systems

import (
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"pgregory.net/rapid"
)

// Many send the same keys at once; each is processed once and answered alike.
func TestAKeyIsProcessedOnceHoweverManySendIt(t *testing.T) {
	farm, c := start(t, SocialSecurity)
	s := sends(t, farm, SocialSecurity, c)
	few := make(chan struct{}, 8)
	const keys, times = 10, 8
	var mu sync.Mutex
	answers := map[string]map[string]bool{}
	var group sync.WaitGroup
	for i := range keys * times {
		group.Go(func() {
			few <- struct{}{}
			defer func() { <-few }()
			key := fmt.Sprintf("k-%d", i%keys)
			got, err := s.do(s.request(key, strings.Replace(good[SocialSecurity], "000001", fmt.Sprintf("%06d", i%keys), 1)))
			if err != nil || got.status != http.StatusOK {
				t.Errorf("%v %d %s", err, got.status, got.text)
			}
			mu.Lock()
			defer mu.Unlock()
			if answers[key] == nil {
				answers[key] = map[string]bool{}
			}
			answers[key][got.text] = true
		})
	}
	group.Wait()
	for key, texts := range answers {
		if got := s.system.Keys()[key]; len(texts) != 1 || got != (KeyCount{Received: times, Processed: 1}) || len(s.system.Messages("", key)) != 1 {
			t.Errorf("%s: %d answers, %+v", key, len(texts), got)
		}
	}
	if sum := s.system.Summary(); sum.Processed != keys || sum.Repeated != keys*(times-1) || sum.AtOnce < 1 || sum.BusiestSecond < keys*times {
		t.Errorf("%+v", sum)
	}
}

func TestOrderPerCase(t *testing.T) {
	farm, c := start(t, SocialSecurity)
	s := sends(t, farm, SocialSecurity, c)
	for i, of := range []string{"1", "2", "1", "2", "1"} {
		s.deliver(fmt.Sprintf("k-%d", i), fmt.Sprintf(`{"case":"2026-00000%s","sequence":%d,"applicant-name":"某甲"}`, of, i))
	}
	s.deliver("k-0", `{"case":"2026-000001","sequence":0,"applicant-name":"某甲"}`)
	want := map[string][]string{"2026-000001": {"k-0", "k-2", "k-4"}, "2026-000002": {"k-1", "k-3"}}
	got := s.system.Cases()
	if len(got) != 2 || !slices.Equal(got["2026-000001"], want["2026-000001"]) || !slices.Equal(got["2026-000002"], want["2026-000002"]) {
		t.Error(got)
	}
	if messages := s.system.Messages("2026-000002", ""); len(messages) != 2 || messages[1].Sequence != 3 || messages[1].Number != 4 {
		t.Errorf("%+v", messages)
	}
	if err := s.system.Forget(); err != nil || len(s.system.Keys()) != 0 || s.system.Summary().Processed != 0 {
		t.Error("it remembers", err)
	}
}

// A system that was killed knows its keys, and what follows from them.
func TestJournal(t *testing.T) {
	dir, c := t.TempDir(), newClock()
	run := func(f func(paid, told *sender)) {
		farm := startWith(t, Config{Now: c.now, Journal: dir, Systems: []SystemConfig{{Name: UtilityBills}, {Name: Supervision}}})
		f(sends(t, farm, UtilityBills, c), sends(t, farm, Supervision, c))
		if err := farm.Close(); err != nil {
			t.Error(err)
		}
	}
	var first said
	run(func(paid, told *sender) {
		first = paid.deliver("k-1", good[UtilityBills])
		paid.deliver("k-1", good[UtilityBills])
		told.deliver("k-1", good[Supervision])
	})
	path := filepath.Join(dir, UtilityBills+".jsonl")
	file, err := os.OpenFile(path, os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := file.WriteString(`{"message":{"key":"k-cut`); err != nil || file.Close() != nil {
		t.Fatal(err)
	}
	run(func(paid, told *sender) {
		if got := paid.deliver("k-1", good[UtilityBills]); got.text != first.text || got.header.Get(HeaderReplayed) == "" {
			t.Errorf("%s after %s", got.text, first.text)
		}
		if got := paid.system.Keys()["k-1"]; got.Received != 3 {
			t.Errorf("%+v", got)
		}
		if got := paid.deliver("k-2", good[UtilityBills]); got.Reason != "already-paid" || got.Receipt.Number != first.Receipt.Number {
			t.Error(got.text)
		}
		if got := told.deliver("k-2", good[Supervision]); got.Revision != 2 {
			t.Error(got.text)
		}
		if err := told.system.Forget(); err != nil {
			t.Error(err)
		}
	})
	run(func(paid, told *sender) {
		if n := len(paid.system.Messages("", "")); n != 2 || len(told.system.Messages("", "")) != 0 {
			t.Errorf("%d messages", n)
		}
	})
	if err := os.WriteFile(path, []byte("no journal\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if farm, err := Start(t.Context(), Config{Journal: dir}); err == nil {
		_ = farm.Close()
		t.Error("reads what it did not write")
	}
}

// Whatever order keys come in, and however often, each is processed once, in the
// order they came first, and answered alike.
func TestBookProperty(t *testing.T) {
	kinds := Kinds()
	rapid.Check(t, func(t *rapid.T) {
		b := newBook(kinds[rapid.IntRange(0, len(kinds)-1).Draw(t, "kind")], newClock().now)
		answers := map[string]Answer{}
		var first []string
		for range rapid.IntRange(0, 40).Draw(t, "messages") {
			key := rapid.StringMatching(`[a-f]`).Draw(t, "key")
			got, again, err := b.process(Message{Key: key, Case: "c", Elements: map[string]string{"course-title": "x"}, Members: map[string]string{}, Digest: key})
			if err != nil || again != slices.Contains(first, key) || again && got.Reference != answers[key].Reference {
				t.Fatalf("%s: %v %+v", key, err, got)
			}
			if !again {
				first = append(first, key)
				answers[key] = got
			}
		}
		if !slices.Equal(b.perCase()["c"], first) {
			t.Fatalf("%v, not %v", b.perCase()["c"], first)
		}
	})
}
