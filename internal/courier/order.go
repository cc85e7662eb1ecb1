package courier

import (
	"cmp"
	"slices"
	"strings"
	"time"
)

// PendingState is how a message in the outbox stands.
type PendingState string

// The states.
const (
	Waiting  PendingState = "waiting"   // until its time has come
	UnderWay PendingState = "under-way" // somebody sends it
	// Dead: it failed too often or was refused; somebody at the desk replays it or
	// gives it up. Until then what follows it waits.
	Dead PendingState = "dead"
)

// Pending is a message in the outbox.
type Pending struct {
	Key    Key
	Case   string
	System string
	// Version of the case it is of: what it goes by within its case.
	Version int64
	State   PendingState
	// NotBefore is when it may be tried; zero for at once.
	NotBefore time.Time
}

// Next returns which of the pending messages may be sent now, at most so many,
// those that have waited longest for their time first. Of one case and one system
// it is the first only, and none while that one is under way, waits or is dead:
// no message overtakes another of its case. Systems do not wait for each other.
// The answer does not depend on the order in which the messages are given.
//
// It is the rule, in as few words as it takes; internal/store claims by it in SQL, for
// one system at a time, and its tests hold the one against the other.
func Next(pending []Pending, now time.Time, most int) []Pending {
	type line struct{ caseID, system string }
	heads := map[line]Pending{}
	for _, p := range pending {
		l := line{p.Case, p.System}
		head, ok := heads[l]
		if !ok || before(p, head) < 0 {
			heads[l] = p
		}
	}
	var out []Pending
	for _, p := range heads {
		if p.State == Waiting && !p.NotBefore.After(now) {
			out = append(out, p)
		}
	}
	slices.SortFunc(out, func(a, b Pending) int {
		return cmp.Or(a.NotBefore.Compare(b.NotBefore), strings.Compare(a.Case, b.Case), strings.Compare(a.System, b.System))
	})
	return out[:min(len(out), max(most, 0))]
}

// before orders the messages of one case for one system.
func before(a, b Pending) int {
	return cmp.Or(cmp.Compare(a.Version, b.Version), strings.Compare(string(a.Key), string(b.Key)))
}
