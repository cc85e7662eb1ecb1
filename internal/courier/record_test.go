package courier

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/shequ-io/shequ/internal/casework"
)

var t0 = time.Date(2026, 2, 13, 9, 0, 0, 123456000, time.FixedZone("UTC+8", 8*3600))

// chain is some deliveries, of which one was withheld.
func chain(t testing.TB) ([]Entry, casework.Head) {
	t.Helper()
	m := must(Compile(elements, nil))
	var entries []Entry
	var head casework.Head
	for i := range int64(6) {
		terms, system, about := scene()
		if about.Case, about.Version = fmt.Sprintf("c-%d", i), i+1; i == 2 {
			system.Purposes = nil
		}
		message, chosen, sent, err := Compose(m, terms, system, about)
		if err != nil {
			t.Fatal(err)
		}
		facts := Facts{Case: about.Case, Task: terms.Task, System: system.Name, Purpose: terms.Delivery.Purpose, Version: i + 1}
		act := Delivered
		if !sent {
			act = Withheld
		}
		r, err := NewRecord(act, facts, message, chosen.Refusals(), t0.Add(time.Duration(i)*time.Minute+time.Nanosecond))
		if err != nil {
			t.Fatal(err)
		}
		if sent {
			r.Verdict = Accepted
		}
		var e Entry
		e, head = Append(head, r)
		entries = append(entries, e)
	}
	return entries, head
}

// The canonical form and the hashes are a format that others check: they may not
// change by accident.
func TestRecordsAreChained(t *testing.T) {
	entries, head := chain(t)
	var b strings.Builder
	for _, e := range entries {
		fmt.Fprintf(&b, "%s%s\n\n", e.Canonical(), e.Hash)
	}
	golden(t, "records.txt", b.String()+fmt.Sprintf("head %d %s\n", head.Length, head.Hash))
	if err := Check(entries, head); err != nil {
		t.Error(err)
	}
	for i := range entries {
		half, err := CheckPage(casework.Head{}, entries[:i])
		if err == nil {
			half, err = CheckPage(half, entries[i:])
		}
		if err != nil || half != head {
			t.Errorf("in two pages at %d: %v, %v", i, half, err)
		}
	}
	if strings.Contains(b.String(), "测试甲") {
		t.Error("a record holds a value")
	}
}

var spoilers = map[string]func(*Entry){
	"sequence": func(e *Entry) { e.Sequence += 100 },
	"case":     func(e *Entry) { e.Record.Case += "x" },
	"task":     func(e *Entry) { e.Record.Task += "x" },
	"system":   func(e *Entry) { e.Record.System += "x" },
	"version":  func(e *Entry) { e.Record.Version++ },
	"purpose":  func(e *Entry) { e.Record.Purpose += "x" },
	"at":       func(e *Entry) { e.Record.At = e.Record.At.Add(time.Microsecond) },
	"act":      func(e *Entry) { e.Record.Act += "x" },
	"verdict":  func(e *Entry) { e.Record.Verdict += "x" },
	"reason":   func(e *Entry) { e.Record.Reason += "x" },
	"key":      func(e *Entry) { e.Record.Key += "x" },
	"codes":    func(e *Entry) { e.Record.Codes += ",x" },
	"refused":  func(e *Entry) { e.Record.Refused += "x" },
	"message":  func(e *Entry) { e.Record.Message[3]++ },
	"evidence": func(e *Entry) { e.Record.Evidence += "x" },
}

func found(t *testing.T, what string, entries []Entry, head casework.Head, kind casework.Tampering, sequence int64) {
	t.Helper()
	var e *casework.TamperedError
	if err := Check(entries, head); !errors.As(err, &e) || e.Tampering != kind || e.Sequence != sequence {
		t.Errorf("%s: %v, want entry %d %s", what, err, sequence, kind)
	}
}

func TestTamperingIsFound(t *testing.T) {
	entries, head := chain(t)
	if n := strings.Count(string(entries[0].Canonical()), "\n") - 1; n != len(spoilers) {
		t.Errorf("%d fields are spoiled of %d", len(spoilers), n)
	}
	for i := range entries {
		sequence := int64(i + 1)
		for name, spoil := range spoilers {
			changed := slices.Clone(entries)
			spoil(&changed[i])
			found(t, name, changed, head, casework.EntryChanged, changed[i].Sequence)
		}
		found(t, "one removed", slices.Delete(slices.Clone(entries), i, i+1), head, casework.EntryRemoved, sequence)
		found(t, "one doubled", slices.Insert(slices.Clone(entries), i, entries[i]), head, casework.EntryInserted, sequence)
		late := slices.Clone(entries)
		late[i].Record.At = late[i].Record.At.Add(time.Nanosecond)
		found(t, "a nanosecond", late, head, casework.EntryChanged, sequence)
		if i == len(entries)-1 {
			continue
		}
		changed := slices.Clone(entries)
		changed[i].Record.Task = "dept/other"
		changed[i].Hash = casework.ChainHash(changed[i].Previous, changed[i].Canonical())
		found(t, "changed and hashed anew", changed, head, casework.EntryChanged, sequence)
		fake, _ := Append(casework.Head{Length: sequence, Hash: entries[i].Hash}, entries[0].Record)
		found(t, "one put in", slices.Insert(slices.Clone(entries), i+1, fake), head, casework.EntryInserted, sequence+1)
	}
	var forged []Entry
	var other casework.Head
	for _, e := range entries {
		e.Record.Purpose = "other"
		e, other = Append(other, e.Record)
		forged = append(forged, e)
	}
	found(t, "rewritten", forged, head, casework.TrailRewritten, head.Length)
}

func TestAnyTamperingIsFound(t *testing.T) {
	entries, head := chain(t)
	rapid.Check(t, func(t *rapid.T) {
		other := slices.Clone(entries)
		for range rapid.IntRange(1, 3).Draw(t, "times") {
			if len(other) == 0 {
				break
			}
			i := rapid.IntRange(0, len(other)-1).Draw(t, "at")
			switch rapid.IntRange(0, 3).Draw(t, "how") {
			case 0:
				j := rapid.IntRange(0, len(other)-1).Draw(t, "with")
				other[i], other[j] = other[j], other[i]
			case 1:
				other = slices.Delete(other, i, i+1)
			case 2:
				other = slices.Insert(other, i, entries[rapid.IntRange(0, len(entries)-1).Draw(t, "which")])
			case 3:
				other[i].Record.Codes = rapid.SampledFrom([]string{other[i].Record.Codes, "", "income"}).Draw(t, "codes")
			}
		}
		if err := Check(other, head); slices.Equal(other, entries) != (err == nil) {
			t.Fatalf("the same: %v, and %v", slices.Equal(other, entries), err)
		}
	})
}

func BenchmarkRecord(b *testing.B) {
	terms, system, about := scene()
	message, chosen, _, err := Compose(must(Compile(elements, nil)), terms, system, about)
	if err != nil {
		b.Fatal(err)
	}
	var head casework.Head
	b.ReportAllocs()
	for b.Loop() {
		r, err := NewRecord(Delivered, message.Facts, message, chosen.Refusals(), t0)
		if err != nil {
			b.Fatal(err)
		}
		_, head = Append(head, r)
	}
}

func BenchmarkCheckPage(b *testing.B) {
	entries, _ := chain(b)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := CheckPage(casework.Head{}, entries); err != nil {
			b.Fatal(err)
		}
	}
}
