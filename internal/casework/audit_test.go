package casework

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// trail is the audit trail of one case that saw everything.
func trail(t *testing.T) ([]Entry, Head) {
	t.Helper()
	f := opened(t, HelpRequest, resident).do(clerk, Register, func(e *Event) { e.Urgency = Utility }).do(clerk, Dispatch)
	f.do(worker, Pause, because(UnsafeNow)).do(courier, Escalate, func(e *Event) { e.Alarm = Alarm{ToResolve, ToLead} }).do(worker, Resume)
	f.do(clerk, Transfer, to(Place{System: "water-works"})).do(water, Handle).do(clerk, Report).do(lead, Verify).do(lead, Close)
	f.do(Actor{Role: Resident, Work: "window-1"}, Rate).do(resident, Reopen)
	var entries []Entry
	var head Head
	for _, x := range f.c.History {
		var e Entry
		e, head = Append(head, x)
		entries = append(entries, e)
	}
	return entries, head
}

// The canonical form and the hashes are a format that others check: they may
// not change by accident.
func TestCanonicalForm(t *testing.T) {
	entries, head := trail(t)
	var b strings.Builder
	for _, e := range entries {
		fmt.Fprintf(&b, "%s%s\n\n", e.Canonical(), e.Hash)
	}
	fmt.Fprintf(&b, "head %d %s\n", head.Length, head.Hash)
	golden(t, "trail.txt", b.String())
	if err := CheckTrail(entries, head); err != nil {
		t.Error(err)
	}
	if err := CheckTrail(nil, Head{}); err != nil {
		t.Error(err)
	}
	for i := range entries {
		if err := CheckTrail(entries, Head{int64(i + 1), entries[i].Hash}); err != nil {
			t.Errorf("against the head of length %d: %v", i+1, err)
		}
		half, err := CheckPage(Head{}, entries[:i])
		if err == nil {
			half, err = CheckPage(half, entries[i:])
		}
		if err != nil || half != head {
			t.Errorf("in two pages at %d: %v, %v", i, half, err)
		}
	}
	// As read back from a database that writes local time.
	entries[3].Turn.At = entries[3].Turn.At.In(china)
	if err := CheckTrail(entries, head); err != nil {
		t.Error(err)
	}
}

// Each field of a turn is in the canonical form, and no two forms are one
// because a value looks like the next field.
func TestEveryFieldIsHashed(t *testing.T) {
	entries, _ := trail(t)
	forms := map[string]string{string(entries[4].Canonical()): "the entry itself"}
	for name, spoil := range spoilers {
		e := entries[4]
		spoil(&e)
		form := string(e.Canonical())
		if what, ok := forms[form]; ok {
			t.Errorf("another %s has the form of %s", name, what)
		}
		forms[form] = name
	}
	if len(spoilers) != strings.Count(string(entries[0].Canonical()), "\n")-1 {
		t.Errorf("%d fields are spoiled, and the form has others", len(spoilers))
	}
	a, b := Entry{}, Entry{}
	a.Turn.Event.Actor.Work, b.Turn.Event.Actor.Work = "x", "x\nactor-grid:1:y"
	a.Turn.Event.Actor.Grid = "y"
	if string(a.Canonical()) == string(b.Canonical()) {
		t.Error("a value passes for a field")
	}
}

var spoilers = map[string]func(*Entry){
	"sequence":     func(e *Entry) { e.Sequence += 100 },
	"case":         func(e *Entry) { e.Turn.Case += "x" },
	"number":       func(e *Entry) { e.Turn.Number++ },
	"at":           func(e *Entry) { e.Turn.At = e.Turn.At.Add(time.Microsecond) },
	"from":         func(e *Entry) { e.Turn.From += "x" },
	"to":           func(e *Entry) { e.Turn.To += "x" },
	"event":        func(e *Entry) { e.Turn.Event.ID += "x" },
	"type":         func(e *Entry) { e.Turn.Event.Type += "x" },
	"version":      func(e *Entry) { e.Turn.Event.Version++ },
	"role":         func(e *Entry) { e.Turn.Event.Actor.Role += "x" },
	"work":         func(e *Entry) { e.Turn.Event.Actor.Work += "x" },
	"grid":         func(e *Entry) { e.Turn.Event.Actor.Grid += "x" },
	"purpose":      func(e *Entry) { e.Turn.Event.Purpose += "x" },
	"reason":       func(e *Entry) { e.Turn.Event.Reason += "x" },
	"to grid":      func(e *Entry) { e.Turn.Event.To.Grid += "x" },
	"to station":   func(e *Entry) { e.Turn.Event.To.Station += "x" },
	"to system":    func(e *Entry) { e.Turn.Event.To.System += "x" },
	"opening":      func(e *Entry) { e.Turn.Event.Opening.Case += "x" },
	"kind":         func(e *Entry) { e.Turn.Event.Opening.Kind += "x" },
	"item":         func(e *Entry) { e.Turn.Event.Opening.Item += "x" },
	"days":         func(e *Entry) { e.Turn.Event.Opening.ReopenDays++ },
	"urgency":      func(e *Entry) { e.Turn.Event.Urgency += "x" },
	"response":     func(e *Entry) { e.Turn.Event.Ratings.Response++ },
	"resolution":   func(e *Entry) { e.Turn.Event.Ratings.Resolution++ },
	"satisfaction": func(e *Entry) { e.Turn.Event.Ratings.Satisfaction++ },
	"clock":        func(e *Entry) { e.Turn.Event.Alarm.Clock += "x" },
	"level":        func(e *Entry) { e.Turn.Event.Alarm.Level += "x" },
}

// found checks a trail that was tampered with.
func found(t *testing.T, what string, entries []Entry, head Head, kind Tampering, sequence int64) {
	t.Helper()
	var tampered *TamperedError
	if err := CheckTrail(entries, head); !errors.As(err, &tampered) || tampered.Tampering != kind || tampered.Sequence != sequence {
		t.Errorf("%s: %v, want entry %d %s", what, err, sequence, kind)
	} else if tampered.Index < 0 || tampered.Index > len(entries) || !strings.Contains(err.Error(), fmt.Sprint(sequence)) {
		t.Errorf("%s: %+v: %v", what, tampered, err)
	}
}

func TestTampering(t *testing.T) {
	entries, head := trail(t)
	n := len(entries)
	for i := range n {
		sequence := int64(i + 1)
		for name, spoil := range spoilers {
			changed := slices.Clone(entries)
			spoil(&changed[i])
			found(t, fmt.Sprintf("another %s in entry %d", name, sequence), changed, head, EntryChanged, changed[i].Sequence)
		}
		found(t, "one removed", slices.Delete(slices.Clone(entries), i, i+1), head, EntryRemoved, sequence)
		found(t, "one doubled", slices.Insert(slices.Clone(entries), i, entries[i]), head, EntryInserted, sequence)
		if i < n-1 {
			swapped := slices.Clone(entries)
			swapped[i], swapped[i+1] = swapped[i+1], swapped[i]
			found(t, "two swapped", swapped, head, EntryMoved, sequence+1)
			// Changed, and its own hash made good: its successor gives it away.
			changed := slices.Clone(entries)
			changed[i].Turn.Event.Actor.Work = "window-9"
			changed[i].Hash = changed[i].digest()
			found(t, "changed and hashed anew", changed, head, EntryChanged, sequence)
			// One that fits the chain put in before the next.
			fake, _ := Append(Head{sequence, entries[i].Hash}, entries[0].Turn)
			found(t, "one put in", slices.Insert(slices.Clone(entries), i+1, fake), head, EntryInserted, sequence+1)
		}
		// All after it hashed anew: only the published head tells.
		forged := slices.Clone(entries[:i])
		forgedHead := Head{Length: int64(i)}
		if i > 0 {
			forgedHead.Hash = entries[i-1].Hash
		}
		for _, e := range entries[i:] {
			e.Turn.Event.Purpose = "other"
			e, forgedHead = Append(forgedHead, e.Turn)
			forged = append(forged, e)
		}
		found(t, "rewritten", forged, head, TrailRewritten, head.Length)
	}
	found(t, "a head without length", entries, Head{Hash: head.Hash}, TrailRewritten, 0)
	fraction := slices.Clone(entries)
	fraction[2].Turn.At = fraction[2].Turn.At.Add(time.Nanosecond)
	found(t, "a nanosecond", fraction, head, EntryChanged, 3)
}

// Whatever is done to the list as a whole, it is found.
func TestAnyTamperingIsFound(t *testing.T) {
	entries, head := trail(t)
	rapid.Check(t, func(t *rapid.T) {
		other := slices.Clone(entries)
		for range rapid.IntRange(1, 3).Draw(t, "times") {
			i := rapid.IntRange(0, len(other)-1).Draw(t, "at")
			switch rapid.IntRange(0, 2).Draw(t, "how") {
			case 0:
				j := rapid.IntRange(0, len(other)-1).Draw(t, "with")
				other[i], other[j] = other[j], other[i]
			case 1:
				other = slices.Delete(other, i, i+1)
			case 2:
				other = slices.Insert(other, i, entries[rapid.IntRange(0, len(entries)-1).Draw(t, "which")])
			}
		}
		err := CheckTrail(other, head)
		if slices.Equal(other, entries) != (err == nil) {
			t.Fatalf("the same: %v, and %v", slices.Equal(other, entries), err)
		}
	})
}

func TestHashes(t *testing.T) {
	_, head := trail(t)
	if h, err := ParseHash(head.Hash.String()); err != nil || h != head.Hash {
		t.Errorf("%s is read as %s, %v", head.Hash, h, err)
	}
	text := head.Hash.String()
	for _, bad := range []string{"", text[1:], text + "0", "sha512:" + text[7:], strings.ToUpper(text), text[:70] + "g"} {
		if h, err := ParseHash(bad); err == nil {
			t.Errorf("%q is read as %s", bad, h)
		}
	}
}

func FuzzParseHash(f *testing.F) {
	f.Add(Hash{}.String())
	f.Fuzz(func(t *testing.T, s string) {
		if h, err := ParseHash(s); err == nil && h.String() != s {
			t.Errorf("%q is read as %s", s, h)
		}
	})
}
