package systems

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"maps"
	"slices"
	"sync"
	"time"
)

// errKeyReused is a second body under a key that was processed.
var errKeyReused = errors.New("this Idempotency-Key came with another body before; use a new key for a new message")

// KeyCount is how often a key came.
type KeyCount struct {
	Received  int64 `json:"received"`  // times it reached the system and was understood
	Processed int64 `json:"processed"` // 1, if the system is what it should be
}

// Summary counts what reached a system.
type Summary struct {
	Requests  int64 `json:"requests"`  // of any kind; files for SFTP
	Received  int64 `json:"received"`  // messages that were understood, repeats counted
	Processed int64 `json:"processed"` // messages, each key once
	Repeated  int64 `json:"repeated"`  // keys that came again
	// Refused counts requests that were not processed, by the code of the error.
	Refused map[string]int64 `json:"refused,omitempty"`
	// Faulty counts answers a fault spoilt, by the fault.
	Faulty map[string]int64 `json:"faulty,omitempty"`
	// Outcomes of what was processed.
	Outcomes map[Outcome]int64 `json:"outcomes,omitempty"`
	// Elements that ever came in a message that was understood, with how often,
	// repeats not counted: a test sees here what should never have been sent.
	Elements map[string]int64 `json:"elements,omitempty"`
	// AtOnce is the most requests that were under way at one time, and
	// BusiestSecond the most that began in one second of the clock.
	AtOnce        int64 `json:"atOnce"`
	BusiestSecond int64 `json:"busiestSecond"`
}

// book is what a system remembers. Its methods lock; the rules run locked.
type book struct {
	kind Kind
	now  func() time.Time

	mu       sync.Mutex
	journal  *journal // nil: kept in memory only
	messages []Message
	byKey    map[string]int // index in messages
	received map[string]int64
	cases    map[string][]string // keys in the order of processing
	summary  Summary
	underWay int64
	second   int64 // the current one, Unix
	inSecond int64

	places  map[string]int64     // family-health: appointments by preferred time
	paid    map[string]Receipt   // utility-bills: by customer and period
	reports map[string]int64     // e-supervision: revisions by community and period
	orders  map[string]*Dispatch // hotline: by number
	order   []string             // their numbers in order
}

func newBook(kind Kind, now func() time.Time) *book {
	b := &book{kind: kind, now: now}
	b.clear()
	return b
}

// clear forgets; the caller holds the lock or is alone.
func (b *book) clear() {
	b.messages, b.byKey, b.received, b.cases = nil, map[string]int{}, map[string]int64{}, map[string][]string{}
	b.summary = Summary{Refused: map[string]int64{}, Faulty: map[string]int64{}, Outcomes: map[Outcome]int64{}, Elements: map[string]int64{}}
	b.places, b.paid, b.reports = map[string]int64{}, map[string]Receipt{}, map[string]int64{}
	b.orders, b.order, b.inSecond = map[string]*Dispatch{}, nil, 0
}

// process decides on a message, once for its key. Again says that it was decided
// before, and the answer is that of then.
func (b *book) process(m Message) (answer Answer, again bool, err error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if at, known := b.byKey[m.Key]; known {
		if b.messages[at].Digest != m.Digest {
			return Answer{}, false, errKeyReused
		}
		if err := b.journal.add(entry{Again: m.Key}); err != nil {
			return Answer{}, false, err
		}
		b.repeat(m.Key)
		return b.messages[at].Answer, true, nil
	}
	m.At = b.now().UTC()
	m.Answer = b.decide(m)
	m.Number = int64(len(b.messages)) + 1
	if err := b.journal.add(entry{Message: &m}); err != nil {
		return Answer{}, false, err
	}
	b.keep(m)
	return m.Answer, false, nil
}

// decide applies the checks every system makes, then its rules. Rules look at the
// state and do not change it: keep does.
func (b *book) decide(m Message) Answer {
	if extra := m.unwanted(b.kind.Accepts); len(extra) > 0 {
		return Answer{Outcome: Rejected, Reason: "element-not-accepted", Message: "本系统不接收该字段 / this system does not take an element that was sent"}
	}
	if m.Purpose != "" && !slices.Contains(b.kind.Purposes, m.Purpose) {
		return Answer{Outcome: Rejected, Reason: "purpose-not-allowed", Message: "本系统不接收该用途的数据 / this system takes no data for that purpose"}
	}
	if b.kind.Name == UtilityBills && m.Purpose == inquiryPurpose {
		return inquire(b, m)
	}
	if missing := m.lacking(b.kind.Required); len(missing) > 0 {
		return more("elements-missing", missing...)
	}
	answer := Answer{Outcome: Accepted}
	if b.kind.rules != nil {
		answer = b.kind.rules(b, m)
	}
	if answer.Outcome == Accepted {
		answer.Reference = fmt.Sprintf("%s-%06d", b.kind.prefix, len(b.messages)+1)
	}
	return answer
}

// keep remembers a message with its answer, and what follows from it.
func (b *book) keep(m Message) {
	b.byKey[m.Key] = len(b.messages)
	b.messages = append(b.messages, m)
	b.received[m.Key]++
	b.cases[m.Case] = append(b.cases[m.Case], m.Key)
	b.summary.Received++
	b.summary.Processed++
	b.summary.Outcomes[m.Answer.Outcome]++
	for name := range m.Elements {
		b.summary.Elements[name]++
	}
	b.consequences(m)
}

func (b *book) repeat(key string) {
	b.received[key]++
	b.summary.Received++
	b.summary.Repeated++
}

// begin counts a request that came, and returns what to call when it is done.
func (b *book) begin() func() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.summary.Requests++
	b.underWay++
	b.summary.AtOnce = max(b.summary.AtOnce, b.underWay)
	if now := b.now().Unix(); now != b.second {
		b.second, b.inSecond = now, 0
	}
	b.inSecond++
	b.summary.BusiestSecond = max(b.summary.BusiestSecond, b.inSecond)
	return func() {
		b.mu.Lock()
		defer b.mu.Unlock()
		b.underWay--
	}
}

func (b *book) refuse(code string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.summary.Refused[code]++
}

func (b *book) spoil(fault string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.summary.Faulty[fault]++
}

// forget empties the book and its journal.
func (b *book) forget() error {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.clear()
	return b.journal.empty()
}

// list returns at most limit messages after a number, of a case and a key where
// they are not empty.
func (b *book) list(after int64, limit int, ofCase, key string) []Message {
	b.mu.Lock()
	defer b.mu.Unlock()
	out := []Message{}
	for i := max(after, 0); i < int64(len(b.messages)) && len(out) < limit; i++ {
		m := b.messages[i]
		if (ofCase == "" || m.Case == ofCase) && (key == "" || m.Key == key) {
			out = append(out, m)
		}
	}
	return out
}

func (b *book) keys() map[string]KeyCount {
	b.mu.Lock()
	defer b.mu.Unlock()
	out := make(map[string]KeyCount, len(b.received))
	for key, n := range b.received {
		out[key] = KeyCount{Received: n}
	}
	for i := range b.messages {
		n := out[b.messages[i].Key]
		n.Processed++
		out[b.messages[i].Key] = n
	}
	return out
}

func (b *book) perCase() map[string][]string {
	b.mu.Lock()
	defer b.mu.Unlock()
	out := make(map[string][]string, len(b.cases))
	for name, keys := range b.cases {
		out[name] = slices.Clone(keys)
	}
	return out
}

func (b *book) summarise() Summary {
	b.mu.Lock()
	defer b.mu.Unlock()
	out := b.summary
	out.Refused, out.Faulty = maps.Clone(out.Refused), maps.Clone(out.Faulty)
	out.Outcomes, out.Elements = maps.Clone(out.Outcomes), maps.Clone(out.Elements)
	return out
}

func digest(data []byte) string {
	sum := sha256.Sum256(data)
	return hex.EncodeToString(sum[:])
}
