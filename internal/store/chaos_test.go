package store_test

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/shequ-io/shequ/internal/casework"
	"github.com/shequ-io/shequ/internal/store"
	"github.com/shequ-io/shequ/internal/store/storetest"
)

// The server is killed while 200 residents submit and the desk takes in, and comes
// back: what was acknowledged is there, once, and becomes one case; what was not can
// be sent again.
func TestKilledAmidSubmissions(t *testing.T) {
	server := storetest.NewServer(t, storetest.Options{Durable: true})
	h := homeIn(t, server.NewDatabase(t))
	const residents = 200
	forms := make([]form, residents)
	for i := range forms {
		forms[i] = h.form(casework.Application, aLetter)
	}
	var acknowledged sync.Map
	var done atomic.Int64
	stop := make(chan struct{})
	var wait sync.WaitGroup
	wait.Go(func() { // the clerk
		for {
			select {
			case <-stop:
				return
			default:
				_, _ = h.desk.TakeIn(context.Background())
			}
		}
	})
	killed := make(chan struct{})
	go func() {
		defer close(killed)
		for done.Load() < residents/3 {
			time.Sleep(time.Millisecond)
		}
		server.Kill()
	}()
	together(residents, func(i int) {
		_, err := h.portal.Submit(context.Background(), forms[i].Submission)
		switch {
		case err == nil:
			acknowledged.Store(forms[i].ID, true)
		case !errors.Is(err, store.ErrUnavailable) && !errors.Is(err, store.ErrBusy):
			t.Errorf("not to be tried again: %v", err)
		}
		done.Add(1)
	})
	<-killed
	if err := server.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	close(stop)
	wait.Wait()
	n := 0
	for i := range forms {
		if _, ok := acknowledged.Load(forms[i].ID); ok {
			n++
			if _, err := h.portal.Progress(t.Context(), forms[i].Receipt); err != nil {
				t.Errorf("acknowledged and not there: %v", err)
			}
		}
		// Whoever was told nothing sends it again; so do some who were told.
		if _, err := h.portal.Submit(t.Context(), forms[i].Submission); err != nil {
			t.Errorf("sent again: %v", err)
		}
	}
	t.Logf("%d of %d were acknowledged before the server was killed", n, residents)
	h.takeIn()
	once := map[string]int{}
	for _, e := range h.checkTrail() {
		once[e.Turn.Case]++
	}
	for _, f := range forms {
		if p := h.progress(f); p.Step != casework.Collected || once[f.ID] != 1 {
			t.Errorf("%d cases at %q of one submission", once[f.ID], p.Step)
		}
	}
}

// Events sent while the server is killed again and again are applied once each.
func TestKilledAmidEvents(t *testing.T) {
	server := storetest.NewServer(t, storetest.Options{Durable: true})
	h := homeIn(t, server.NewDatabase(t))
	const cases = 12
	ids := make([]string, cases)
	for i := range ids {
		ids[i] = h.submit(casework.Opinion, aLetter).ID
	}
	way := []casework.EventType{casework.Register, casework.Handle, casework.Report, casework.Close}
	var finished atomic.Int64
	killed := make(chan error, 1)
	go func() {
		for finished.Load() < cases {
			time.Sleep(150 * time.Millisecond)
			server.Kill()
			if err := server.Start(context.Background()); err != nil {
				killed <- err
				return
			}
		}
		killed <- nil
	}()
	together(cases, func(i int) {
		defer finished.Add(1)
		for n, typ := range way {
			e := casework.Event{ID: uuid(), Type: typ, Version: int64(n + 1), Purpose: "service"}
			for {
				_, err := h.desk.Do(context.Background(), staff, ids[i], e)
				if err == nil {
					break
				}
				if !errors.Is(err, store.ErrUnavailable) && !errors.Is(err, store.ErrBusy) {
					t.Errorf("%s: %v", typ, err)
					return
				}
				time.Sleep(10 * time.Millisecond)
			}
		}
	})
	if err := <-killed; err != nil {
		t.Fatal(err)
	}
	turns := map[string]int{}
	for _, e := range h.checkTrail() {
		turns[e.Turn.Case]++
	}
	for _, id := range ids {
		if turns[id] != len(way)+1 {
			t.Errorf("%d turns of a case", turns[id])
		}
	}
}
