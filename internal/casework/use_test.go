package casework

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"
)

var useSpoilers = map[string]func(*Entry){
	"sequence": func(e *Entry) { e.Sequence += 100 },
	"case":     func(e *Entry) { e.Use.Case += "x" },
	"at":       func(e *Entry) { e.Use.At = e.Use.At.Add(time.Microsecond) },
	"act":      func(e *Entry) { e.Use.Act += "x" },
	"role":     func(e *Entry) { e.Use.Actor.Role += "x" },
	"work":     func(e *Entry) { e.Use.Actor.Work += "x" },
	"grid":     func(e *Entry) { e.Use.Actor.Grid += "x" },
	"purpose":  func(e *Entry) { e.Use.Purpose += "x" },
	"task":     func(e *Entry) { e.Use.Task += "x" },
	"codes":    func(e *Entry) { e.Use.Codes += ",x" },
	"file":     func(e *Entry) { e.Use.File += "x" },
	"files":    func(e *Entry) { e.Use.Files++ },
}

// read is a trail in which a case was collected, shown, and shown again.
func read(t *testing.T) ([]Entry, Head) {
	t.Helper()
	f := opened(t, HelpRequest, resident)
	first, head := Append(Head{}, f.c.History[0])
	u := Use{Case: "case-1", At: t0.Add(time.Hour), Act: ShowLetter, Actor: clerk, Purpose: "service", Codes: "applicant-name,phone"}
	second, head := AppendUse(head, u)
	u.Act, u.Codes, u.File = ShowFile, "", "file-1"
	third, head := AppendUse(head, u)
	return []Entry{first, second, third}, head
}

func TestUsesAreChained(t *testing.T) {
	entries, head := read(t)
	if err := CheckTrail(entries, head); err != nil {
		t.Fatal(err)
	}
	form := string(entries[1].Canonical())
	want := "shequ.io/casework/v1 use\nsequence:1:2\ncase:6:case-1\nat:27:2026-03-02T02:00:00.000000Z\n" +
		"act:11:show-letter\nactor-role:5:staff\nactor-work:8:window-1\nactor-grid:0:\npurpose:7:service\n" +
		"task:0:\ncodes:20:applicant-name,phone\nfile:0:\nfiles:1:0\n"
	if form != want {
		t.Errorf("the form others check is now\n%s", form)
	}
	if len(useSpoilers) != strings.Count(form, "\n")-1 {
		t.Errorf("%d fields are spoiled, and the form has others", len(useSpoilers))
	}
	for name, spoil := range useSpoilers {
		changed := slices.Clone(entries)
		spoil(&changed[1])
		found(t, "another "+name, changed, head, EntryChanged, changed[1].Sequence)
	}
	found(t, "a use removed", slices.Delete(slices.Clone(entries), 1, 2), head, EntryRemoved, 2)
}

// What is not hashed can't be slipped in beside what is.
func TestAnEntryIsATurnOrAUse(t *testing.T) {
	entries, head := read(t)
	both := slices.Clone(entries)
	both[1].Turn = entries[0].Turn
	found(t, "a turn beside a use", both, head, EntryChanged, 2)
	both = slices.Clone(entries)
	both[0].Use = entries[1].Use
	found(t, "a use beside a turn", both, head, EntryChanged, 1)
	fraction := slices.Clone(entries)
	fraction[2].Use.At = fraction[2].Use.At.Add(time.Nanosecond)
	found(t, "a nanosecond", fraction, head, EntryChanged, 3)
	var tampered *TamperedError
	if err := CheckTrail(nil, head); !errors.As(err, &tampered) || tampered.Tampering != EntryRemoved {
		t.Errorf("all removed: %v", err)
	}
}
