package systems

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"time"
)

// WorkOrder is what the hotline is told to send.
type WorkOrder struct {
	Text    string `json:"text"`              // what was asked for: made up
	Urgency string `json:"urgency,omitempty"` // ordinary when empty
	URL     string `json:"url,omitempty"`     // where to; the configured webhook when empty
	// Twice sends it again after it was taken, newly signed, under the same key.
	Twice bool `json:"twice,omitempty"`
	// Replay sends the very same request again, nonce and signature too.
	Replay bool `json:"replay,omitempty"`
	// Tamper changes the body after it was signed.
	Tamper bool `json:"tamper,omitempty"`
}

// Attempt is one try to send a work order.
type Attempt struct {
	At     time.Time `json:"at"`
	Status int       `json:"status,omitempty"` // 0: no answer
}

// Dispatch is a work order that was sent, or is being sent.
type Dispatch struct {
	Number string    `json:"number"`
	Key    string    `json:"key"`
	At     time.Time `json:"at"`
	Text   string    `json:"text"`
	// State is sending, taken (a status of 2xx), refused (another 4xx than 408,
	// 425 and 429) or given-up.
	State    string    `json:"state"`
	Attempts []Attempt `json:"attempts,omitempty"`
	Result   string    `json:"result,omitempty"` // the last one that was received
}

// wire is the body of a webhook.
type wire struct {
	WorkOrder string            `json:"workOrder"`
	Received  time.Time         `json:"received"`
	Urgency   string            `json:"urgency"`
	Elements  map[string]string `json:"elements"`
}

func hotline(b *book, m Message) Answer {
	number := m.Members["workOrder"]
	if number == "" {
		if missing := m.lacking(b.kind.Accepts); len(missing) > 0 {
			return more("elements-missing", missing...)
		}
		return accepted
	}
	order := b.orders[number]
	result := m.Members["result"]
	switch {
	case order == nil:
		return no("work-order-unknown", "没有该工单 / there is no such work order")
	case order.Result == "handled" || order.Result == "returned":
		return no("work-order-closed", "工单已办结 / the work order is closed")
	case !slices.Contains([]string{"progress", "handled", "returned"}, result):
		return no("result-unknown", "结果应为 progress、handled 或 returned / the result is progress, handled or returned")
	case result == "returned" && m.Members["reason"] == "":
		return more("reason-missing", "reason")
	}
	return accepted
}

// remember keeps a work order; the caller holds the lock.
func (b *book) remember(order *Dispatch) {
	b.orders[order.Number] = order
	b.order = append(b.order, order.Number)
}

// dispatches lists the work orders, the oldest first.
func (b *book) dispatches() []Dispatch {
	b.mu.Lock()
	defer b.mu.Unlock()
	out := make([]Dispatch, 0, len(b.order))
	for _, number := range b.order {
		copied := *b.orders[number]
		copied.Attempts = slices.Clone(copied.Attempts)
		out = append(out, copied)
	}
	return out
}

// Send sends a work order to the webhook, in the background, until it is taken,
// refused, or was tried ten times.
func (s *System) Send(order WorkOrder) (Dispatch, error) {
	if s.kind.Name != Hotline {
		return Dispatch{}, fmt.Errorf("%s sends no work orders; ask %s", s.kind.Name, Hotline)
	}
	if order.URL == "" {
		order.URL = s.webhook
	}
	if to, err := url.Parse(order.URL); err != nil || to.Host == "" || (to.Scheme != "http" && to.Scheme != "https") {
		return Dispatch{}, errors.New("there is no webhook to send to; give its URL")
	}
	if order.Text == "" {
		return Dispatch{}, errors.New("a work order needs a text")
	}
	if order.Urgency == "" {
		order.Urgency = "ordinary"
	}
	b := s.book
	b.mu.Lock()
	defer b.mu.Unlock()
	if s.ctx.Err() != nil {
		return Dispatch{}, errors.New("the hotline was stopped; start it anew")
	}
	number := fmt.Sprintf("GD-%06d", len(b.order)+1)
	d := &Dispatch{Number: number, Key: "work-order-" + number, At: b.now().UTC(), Text: order.Text, State: "sending"}
	if err := b.journal.add(entry{Order: d}); err != nil {
		return Dispatch{}, err
	}
	b.remember(d)
	copied := *d
	s.background.Go(func() { s.deliver(copied, order) })
	return copied, nil
}

const tries = 10

// deliver tries to send, waiting longer each time.
func (s *System) deliver(d Dispatch, order WorkOrder) {
	body, err := json.Marshal(wire{
		WorkOrder: d.Number, Received: d.At, Urgency: order.Urgency, Elements: map[string]string{"request-text": order.Text},
	})
	if err != nil {
		s.note(d.Number, "refused", 0)
		return
	}
	wait := s.backoff
	for range tries {
		request := s.sign(order, d.Key, body)
		status := s.post(order, request, body)
		switch {
		case status >= 200 && status < 300:
			s.note(d.Number, "taken", status)
			s.again(d, order, request, body)
			return
		case status >= 400 && status < 500 && status != http.StatusRequestTimeout && status != http.StatusTooEarly && status != http.StatusTooManyRequests:
			s.note(d.Number, "refused", status)
			return
		}
		s.note(d.Number, "sending", status)
		select {
		case <-s.ctx.Done():
			return
		case <-time.After(wait):
		}
		wait = min(2*wait, time.Minute)
	}
	s.note(d.Number, "given-up", 0)
}

// again sends what was taken once more, where the work order says so.
func (s *System) again(d Dispatch, order WorkOrder, request http.Header, body []byte) {
	if order.Twice {
		s.note(d.Number, "taken", s.post(order, s.sign(order, d.Key, body), body))
	}
	if order.Replay {
		s.note(d.Number, "taken", s.post(order, request, body))
	}
}

// note records an attempt; a state that is not sending stays.
func (s *System) note(number, state string, status int) {
	s.book.mu.Lock()
	defer s.book.mu.Unlock()
	order := s.book.orders[number]
	if order == nil { // forgotten meanwhile
		return
	}
	order.State = state
	if state != "given-up" {
		order.Attempts = append(order.Attempts, Attempt{At: s.book.now().UTC(), Status: status})
	}
}

func (s *System) sign(order WorkOrder, key string, body []byte) http.Header {
	to, err := url.Parse(order.URL)
	if err != nil {
		return http.Header{}
	}
	header := s.secret.webhook.sign(http.MethodPost, to.EscapedPath(), body, s.book.now())
	header.Set(HeaderKey, key)
	header.Set("Content-Type", "application/json; charset=utf-8")
	return header
}

// post returns the status of the answer, or 0 when there was none.
func (s *System) post(order WorkOrder, header http.Header, body []byte) int {
	ctx, cancel := context.WithTimeout(s.ctx, 10*time.Second)
	defer cancel()
	if order.Tamper {
		body = append(bytes.Clone(body), ' ')
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, order.URL, bytes.NewReader(body))
	if err != nil {
		return 0
	}
	request.Header = header.Clone()
	answer, err := s.client.Do(request)
	if err != nil {
		return 0
	}
	defer answer.Body.Close()
	if _, err := io.Copy(io.Discard, io.LimitReader(answer.Body, maxBody)); err != nil {
		return 0
	}
	return answer.StatusCode
}
