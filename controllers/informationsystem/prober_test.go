package informationsystem

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"
)

// probes is a stand-in for asking: it takes a while, and says what it is told to.
type probes struct {
	takes time.Duration

	mu      sync.Mutex
	says    map[string]outcome
	at      map[string][]time.Time // of the beginnings
	running map[string]int
	most    int  // at once
	twice   bool // one system was asked twice at once
}

func newProbes(takes time.Duration) *probes {
	return &probes{takes: takes, says: map[string]outcome{}, at: map[string][]time.Time{}, running: map[string]int{}}
}

func (p *probes) say(address string, o outcome) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.says[address] = o
}

func (p *probes) ask(ctx context.Context, t *target) outcome {
	p.mu.Lock()
	p.at[t.address] = append(p.at[t.address], time.Now())
	p.running[t.address]++
	all := 0
	for _, n := range p.running {
		all += n
		p.twice = p.twice || n > 1
	}
	p.most = max(p.most, all)
	p.mu.Unlock()
	select {
	case <-time.After(p.takes):
	case <-ctx.Done():
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.running[t.address]--
	return p.says[t.address]
}

// started runs a prober and gathers what it tells, until end is called.
func started(t *testing.T, p *probes) (prober *prober, told func() []string, end func()) {
	t.Helper()
	prober = newProber(p.ask, NewMetrics(prometheus.NewRegistry()))
	ctx, cancel := context.WithCancel(t.Context())
	var mu sync.Mutex
	var names []string
	var running sync.WaitGroup
	running.Go(func() {
		if err := prober.Start(ctx); err != nil {
			t.Error(err)
		}
	})
	running.Go(func() {
		for {
			select {
			case e := <-prober.changed:
				mu.Lock()
				names = append(names, e.Object.GetName())
				mu.Unlock()
			case <-ctx.Done():
				return
			}
		}
	})
	told = func() []string {
		mu.Lock()
		defer mu.Unlock()
		return slices.Clone(names)
	}
	return prober, told, func() {
		cancel()
		running.Wait()
	}
}

func minutely(address string) *target {
	return &target{address: address, interval: time.Minute, timeout: 5 * time.Second}
}

// Each system is asked by one probe at a time, at its interval give or take a tenth,
// and eight at once altogether however many there are.
func TestProberIsBounded(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p := newProbes(4 * time.Second)
		prober, told, end := started(t, p)
		for i := range 30 {
			prober.Follow(fmt.Sprint(i), minutely(fmt.Sprint(i)))
		}
		time.Sleep(10*time.Minute + 30*time.Second)
		end()
		if p.most != maxProbes || p.twice {
			t.Errorf("%d at once, one of them twice: %v", p.most, p.twice)
		}
		for address, times := range p.at {
			if n := len(times); n < 8 || n > 12 {
				t.Errorf("%s was asked %d times in ten minutes", address, n)
			}
			for i := range times[1:] {
				if gap := times[i+1].Sub(times[i]); gap < 54*time.Second {
					t.Errorf("%s was asked again after %v", address, gap)
				}
			}
		}
		if names := told(); len(names) != 30 {
			t.Errorf("told %d times, want once for each system: %v", len(names), names)
		}
	})
}

// What it tells is what changed, once.
func TestProberTellsWhatChanged(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p := newProbes(time.Second)
		prober, told, end := started(t, p)
		defer end()
		find := func(want *outcome, times int) {
			t.Helper()
			time.Sleep(5 * time.Minute)
			if _, got := prober.Follow("a", minutely("1")); got == nil || *got != *want || len(told()) != times {
				t.Errorf("found %v, told %d times", got, len(told()))
			}
		}
		up, down := outcome{true, "up"}, outcome{false, "down"}
		p.say("1", up)
		if probed, last := prober.Follow("a", minutely("1")); !probed || last != nil {
			t.Fatal(probed, last)
		}
		find(&up, 1)
		p.say("1", down)
		find(&down, 2)
		p.say("1", up)
		find(&up, 3)
	})
}

// What an old target's probe finds is nothing to the new one, nor to a system that
// is gone.
func TestProberForgets(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p := newProbes(4 * time.Second)
		p.say("old", outcome{true, "old"})
		p.say("new", outcome{false, "new"})
		prober, told, end := started(t, p)
		defer end()
		prober.Follow("a", minutely("old"))
		time.Sleep(spread + time.Second) // it is being asked
		if _, last := prober.Follow("a", minutely("new")); last != nil {
			t.Errorf("found %v", last)
		}
		time.Sleep(4 * time.Second)
		if _, last := prober.Follow("a", minutely("new")); last != nil {
			t.Errorf("found %v of the old target", last)
		}
		time.Sleep(4 * time.Second)
		if _, last := prober.Follow("a", minutely("new")); last == nil || last.message != "new" {
			t.Errorf("found %v", last)
		}
		if n := testutil.CollectAndCount(prober.metrics.probes); n != 1 {
			t.Errorf("%d series", n)
		}
		prober.Follow("b", minutely("gone"))
		time.Sleep(spread + time.Second)
		for _, name := range []string{"a", "b"} {
			if probed, last := prober.Follow(name, nil); probed || last != nil {
				t.Errorf("%v %v", probed, last)
			}
		}
		time.Sleep(time.Hour)
		p.mu.Lock()
		defer p.mu.Unlock()
		if n := len(p.at["gone"]); n != 1 || len(p.at["new"]) > 2 {
			t.Errorf("asked although gone: %v", p.at)
		}
		if names := slices.Compact(told()); !slices.Equal(names, []string{"a"}) {
			t.Errorf("told of %v", names)
		}
		if n := testutil.CollectAndCount(prober.metrics.probes); n != 0 {
			t.Errorf("%d series of systems that are not asked", n)
		}
	})
}

// The end waits for the probes under way, and leaves nothing behind: synctest fails
// on goroutines that stay.
func TestProberEnds(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p := newProbes(time.Hour)
		prober, told, end := started(t, p)
		for i := range 20 {
			prober.Follow(fmt.Sprint(i), minutely(fmt.Sprint(i)))
		}
		time.Sleep(2 * time.Second)
		end()
		for address := range maps.Keys(p.running) {
			if p.running[address] != 0 {
				t.Errorf("%s is still being asked", address)
			}
		}
		if len(told()) != 0 {
			t.Errorf("told %v of probes that were broken off", told())
		}
	})
}
