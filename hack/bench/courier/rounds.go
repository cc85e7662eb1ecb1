package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strconv"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/shequ-io/shequ/api/v1alpha1"
	"github.com/shequ-io/shequ/internal/courier"
	"github.com/shequ-io/shequ/internal/courier/rounds"
	"github.com/shequ-io/shequ/internal/courier/transport"
	"github.com/shequ-io/shequ/internal/store"
	"github.com/shequ-io/shequ/internal/store/storetest"
)

// draw makes messages nobody has sent yet.
func (b *bench) draw() []courier.Message {
	out := make([]courier.Message, 0, b.messages)
	for len(out) < b.messages {
		b.drawn++
		for v := range min(b.versions, b.messages-len(out)) {
			out = append(out, courier.Message{
				Facts: courier.Facts{
					Case: fmt.Sprintf("00000000-0000-4000-8000-%012d", b.drawn), Task: "dept-education/course", System: b.system.Kind().Name,
					Purpose: v1alpha1.PurposeCode(b.system.Kind().Purposes[0]), Version: int64(v + 1),
				},
				Fields: []courier.Field{{Name: "course-title", Value: "书法（初级）"}}, Codes: []courier.Code{"course-title"}, Salt: "0123456789abcdef",
			})
		}
	}
	return out
}

// bare sends messages as whoever has them in memory would: one request each, with the
// same headers and signature, and the answer read.
func (b *bench) bare(ctx context.Context) (float64, error) {
	messages := b.draw()
	client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: b.concurrent}, Timeout: 30 * time.Second}
	defer client.CloseIdleConnections()
	began := time.Now()
	group, ctx := errgroup.WithContext(ctx)
	for part := range slices.Chunk(messages, (len(messages)+b.concurrent-1)/b.concurrent) {
		group.Go(func() error {
			for i := range part {
				if err := b.post(ctx, client, &part[i]); err != nil {
					return err
				}
			}
			return nil
		})
	}
	err := group.Wait()
	return float64(len(messages)) / time.Since(began).Seconds(), err
}

func (b *bench) post(ctx context.Context, client *http.Client, m *courier.Message) error {
	body, err := m.JSON()
	if err != nil {
		return err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, b.system.URL(), bytes.NewReader(body))
	if err != nil {
		return err
	}
	for name, value := range map[string]string{
		"Content-Type": "application/json; charset=utf-8", transport.HeaderIdempotencyKey: string(m.Key()), transport.HeaderCase: m.Case,
		transport.HeaderPurpose: string(m.Purpose), transport.HeaderSequence: strconv.FormatInt(m.Version, 10), transport.HeaderSalt: m.Salt,
	} {
		req.Header.Set(name, value)
	}
	b.signature.Sign(req, body, time.Now())
	resp, err := client.Do(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	if _, err := io.Copy(io.Discard, resp.Body); err != nil {
		return err
	}
	if resp.StatusCode != http.StatusOK {
		return fmt.Errorf("the system answers %s", resp.Status)
	}
	return nil
}

// deliver has the courier deliver messages that wait in the outbox, with rounds, store
// and sender as the program has them.
func (b *bench) deliver(ctx context.Context) (float64, error) {
	messages := b.draw()
	desk, err := store.OpenDesk(ctx, b.database.Config(storetest.Desk), b.database.Keys)
	if err != nil {
		return 0, err
	}
	defer desk.Close()
	var all []courier.Consignment
	for i := range messages {
		all = append(all, courier.Consignment{Facts: messages[i].Facts, Message: &messages[i]})
	}
	for part := range slices.Chunk(all, 1000) {
		if err := desk.Enqueue(ctx, part); err != nil {
			return 0, err
		}
	}
	kept, err := store.OpenCourier(ctx, b.database.Config(storetest.Courier), b.database.CourierKeys)
	if err != nil {
		return 0, err
	}
	defer kept.Close()
	sender, err := transport.NewHTTP(transport.HTTP{BaseURL: b.system.URL(), Signature: &b.signature})
	if err != nil {
		return 0, err
	}
	defer sender.Close()
	reading, err := courier.CompileReading(courier.ReadingRules{Accepted: `body.outcome == "accepted"`, Reference: "body.reference"})
	if err != nil {
		return 0, err
	}
	counted := &counted{Courier: kept, left: int64(len(messages)), done: make(chan struct{})}
	system := one{rounds.System{
		Sender: sender, Reading: reading, Timeout: 30 * time.Second, Generation: 1,
		Pace: courier.PaceRules{PerMinute: 6_000_000, Concurrent: int64(b.concurrent)},
	}}
	ctx, cancel := context.WithCancel(ctx)
	ended := make(chan struct{})
	began := time.Now()
	go func() {
		defer close(ended)
		rounds.New(counted, rounds.Config{Systems: system}).Run(ctx)
	}()
	select {
	case <-counted.done:
	case <-ended:
		err = errors.New("it ended before all was delivered")
	}
	took := time.Since(began)
	cancel()
	<-ended
	fmt.Printf("  %d messages in %d claims and %d settlements\n", len(messages), counted.claims.Load(), counted.settles.Load())
	return float64(len(messages)) / took.Seconds(), err
}

// one system and no other.
type one struct{ system rounds.System }

// Find implements rounds.Systems.
func (o one) Find(string) (rounds.System, error) { return o.system, nil }

// counted is a courier's store that says when so many messages were delivered.
type counted struct {
	*store.Courier

	left            int64
	done            chan struct{}
	settles, claims atomic.Int64
}

// Settle implements rounds.Store.
func (c *counted) Settle(ctx context.Context, settlements []store.Settlement) error {
	err := c.Courier.Settle(ctx, settlements)
	if err != nil {
		return err
	}
	c.settles.Add(1)
	for i := range settlements {
		if settlements[i].Delivered == nil {
			return errors.New("a message was not taken: " + settlements[i].Why)
		}
	}
	if atomic.AddInt64(&c.left, -int64(len(settlements))) <= 0 {
		close(c.done)
	}
	return nil
}

// Claim implements rounds.Store.
func (c *counted) Claim(ctx context.Context, system string, most int, lease time.Duration) ([]store.Parcel, error) {
	c.claims.Add(1)
	return c.Courier.Claim(ctx, system, most, lease)
}
