package admission_test

import (
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"k8s.io/apimachinery/pkg/watch"
	"k8s.io/client-go/rest"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/shequ-io/shequ/api/v1alpha1"
)

// gate lets an operator's view of the ledgers fall behind: while it is shut,
// nothing more arrives on the watch. Its writes are slow, so that the other
// operator's come first.
type gate struct {
	mu   sync.Mutex
	shut chan struct{} // nil: open
}

func (g *gate) close() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.shut = make(chan struct{})
}

func (g *gate) open() {
	g.mu.Lock()
	defer g.mu.Unlock()
	close(g.shut)
	g.shut = nil
}

func (g *gate) wait() {
	g.mu.Lock()
	shut := g.shut
	g.mu.Unlock()
	if shut != nil {
		<-shut
	}
}

func (g *gate) wrap(next http.RoundTripper) http.RoundTripper {
	return roundTripper(func(req *http.Request) (*http.Response, error) {
		if req.Method == http.MethodPut {
			time.Sleep(1500 * time.Millisecond) // longer than the other operator takes between two looks
		}
		answer, err := next.RoundTrip(req)
		if err == nil && strings.HasSuffix(req.URL.Path, "/taskledgers") && req.URL.Query().Get("watch") != "" {
			answer.Body = &gated{ReadCloser: answer.Body, gate: g}
		}
		return answer, err
	})
}

type roundTripper func(*http.Request) (*http.Response, error)

func (f roundTripper) RoundTrip(req *http.Request) (*http.Response, error) { return f(req) }

type gated struct {
	io.ReadCloser
	gate *gate
}

func (b *gated) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p)
	b.gate.wait()
	return n, err
}

// auditor reads every version of a ledger there ever is and holds it against
// the community's capacity.
type auditor struct {
	mu       sync.Mutex
	versions int
	breaches []string
}

func (d *district) audit(t *testing.T) *auditor {
	t.Helper()
	a := &auditor{}
	ledgers, err := client.NewWithWatch(suite.Env.Config, client.Options{Scheme: suite.Env.Scheme})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	w, err := ledgers.Watch(ctx, &v1alpha1.TaskLedgerList{}, client.InNamespace(d.Namespace))
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		for e := range w.ResultChan() {
			if l, ok := e.Object.(*v1alpha1.TaskLedger); ok && e.Type != watch.Deleted {
				a.look(l)
			}
		}
	}()
	t.Cleanup(func() { cancel(); w.Stop(); <-done })
	return a
}

// look adds the entries up itself: what the ledger says of its months is not
// taken for granted. The tasks of these tests have no end, so a month takes a
// twelfth of a year.
func (a *auditor) look(l *v1alpha1.TaskLedger) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.versions++
	var promised int64
	for _, e := range l.Status.Entries {
		if e.AdmittedAt != nil && e.MinutesPerYear != nil {
			promised += *e.MinutesPerYear
		}
	}
	for _, m := range l.Status.Months {
		if m.CapacityMinutes != nil && promised > *m.CapacityMinutes*12 {
			a.breaches = append(a.breaches, fmt.Sprintf("version %s: %d minutes a year promised, %s has %d", l.ResourceVersion, promised, m.Month, *m.CapacityMinutes))
		}
	}
}

func (a *auditor) verdict(t *testing.T, least int) {
	t.Helper()
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.versions < least {
		t.Errorf("only %d versions of the ledger were seen", a.versions)
	}
	for _, b := range a.breaches {
		t.Error(b)
	}
}

// flood proposes tasks that together ask for three times the time there is.
func (d *district) flood(dice *rand.Rand, n int, between func()) []*v1alpha1.AdmittedTask {
	d.Helper()
	const capacity = 12 * 57_600 // minutes of ten workers in the shortest months
	var out []*v1alpha1.AdmittedTask
	for i := range n {
		cases := int64(3*capacity/n/10/2) + dice.Int64N(int64(3*capacity/n/10))
		out = append(out, d.propose(fmt.Sprintf("flood-%03d", i), func(s *spec) { s.Workload.CasesPerYear = cases }))
		between()
	}
	return out
}

// settled waits until every task has an answer, and counts the admitted.
func (d *district) settled(tasks []*v1alpha1.AdmittedTask) (admitted int) {
	d.Helper()
	ledger := d.ledger()
	d.There(ledger, func() error {
		admitted = 0
		for _, t := range tasks {
			e := entry(ledger, d.ref(t))
			if e == nil || (e.Decision != v1alpha1.DecisionAdmitted && e.Reason != v1alpha1.LedgerCapacityExceeded) {
				return fmt.Errorf("%s is not decided on: %v", t.Name, e)
			}
			if e.Decision == v1alpha1.DecisionAdmitted {
				admitted++
			}
		}
		return nil
	})
	return admitted
}

// TestTwoReplicas: two operators that both take themselves for the leader, one
// of which does not see what becomes of the ledgers, never spend capacity twice.
func TestTwoReplicas(t *testing.T) {
	d := newDistrict(t)
	d.admitted(d.propose("seed"))
	behind := &gate{}
	config := rest.CopyConfig(suite.Env.Operator())
	config.Wrap(behind.wrap)
	other := suite.Another(t, config)
	audit := d.audit(t)
	behind.close()
	tasks := d.flood(rand.New(rand.NewPCG(1, 1)), 30, func() { time.Sleep(100 * time.Millisecond) })
	admitted := d.settled(tasks)
	if admitted == 0 || admitted == len(tasks) {
		t.Errorf("%d of %d tasks are admitted; some should find no room", admitted, len(tasks))
	}
	conflicts := 0
	for _, r := range other.Writes(d.Namespace) {
		if strings.Contains(r.Path, "/taskledgers") && r.Code == http.StatusConflict {
			conflicts++
		}
	}
	behind.open()
	if conflicts == 0 {
		t.Errorf("the operator that was behind was never refused, so it was not behind: %v", other.Writes(d.Namespace))
	}
	audit.verdict(t, 2)
}

// TestKilled: an operator that is ended again and again in the middle of its
// work loses nothing and spends nothing twice.
func TestKilled(t *testing.T) {
	d := newDistrict(t)
	d.admitted(d.propose("seed"))
	audit := d.audit(t)
	i := 0
	tasks := d.flood(rand.New(rand.NewPCG(2, 2)), 30, func() {
		if i++; i%6 == 0 {
			suite.Swap(t, suite.Env.Operator(), nil)
		}
	})
	before := d.settled(tasks)
	if before == 0 || before == len(tasks) {
		t.Errorf("%d of %d tasks are admitted; some should find no room", before, len(tasks))
	}
	d.Settle(d.Namespace)
	suite.Swap(t, suite.Env.Operator(), nil)
	d.Settle(d.Namespace)
	if after := d.settled(tasks); after != before {
		t.Errorf("a restart over a settled ledger admits %d tasks instead of %d", after, before)
	}
	if writes := suite.Traffic.Writes(d.Namespace); len(writes) > 0 {
		t.Errorf("a restart over a settled ledger wrote %v", writes)
	}
	audit.verdict(t, 2)
}

// TestLedgerLost: a ledger that is deleted is rebuilt from the decisions in
// their order, and what lost its place is named.
func TestLedgerLost(t *testing.T) {
	t.Parallel()
	d := newDistrict(t)
	big := func(s *spec) {
		s.Workload.CasesPerYear = 40_000
		s.Service = &v1alpha1.TaskService{Steps: []v1alpha1.LocalizedText{{ZH: "申请"}}}
	}
	late := d.task("late", big)
	lateApproval := d.approval(late, v1alpha1.VerdictApprove)
	lateApproval.Spec.Approval.DecidedAt.Time = d.decided.AddDate(0, 1, 0)
	d.Create(append(d.release(late), lateApproval, late)...)
	d.admitted(late) // it came first, though it was approved last
	early := d.propose("early", big)
	d.says(early, refused, v1alpha1.LedgerCapacityExceeded)
	station := d.Station("first")
	d.There(station, func() error {
		if len(station.Status.ServedTasks) != 1 {
			return fmt.Errorf("served: %v", station.Status.ServedTasks)
		}
		return nil
	})
	d.Delete(d.ledger())
	d.admitted(early)
	d.says(late, refused, v1alpha1.LedgerCapacityExceeded)
	d.Event("LedgerRebuilt", "lost their place: "+late.Namespace+"/late")
}

// TestFirstLedgerWaits: while a district is being applied file by file, the
// order of the files does not decide who is first.
func TestFirstLedgerWaits(t *testing.T) {
	t.Parallel()
	d := newDistrict(t)
	community := d.Community("second")
	var tasks []*v1alpha1.AdmittedTask
	for i := range 6 {
		tasks = append(tasks, d.task(fmt.Sprintf("big-%d", i), func(s *spec) {
			s.Workload.CasesPerYear = 40_000
			s.Target.Communities[0].Name = "second"
		}))
	}
	var approvals []*v1alpha1.TaskDecision
	for _, task := range tasks {
		d.Create(append(d.release(task), task)...)
		approvals = append(approvals, d.approval(task, v1alpha1.VerdictApprove))
	}
	community.Spec.Workforce = d.community.Spec.Workforce
	d.Create(community)
	d.Ready(community)
	for i := range approvals {
		d.Create(approvals[len(approvals)-1-i]) // the last approved comes first
		time.Sleep(50 * time.Millisecond)
	}
	ledger := d.ledger()
	ledger.Name = "second"
	d.There(ledger, func() error {
		e := entry(ledger, d.ref(tasks[0]))
		if e == nil || e.Decision != v1alpha1.DecisionAdmitted {
			return fmt.Errorf("the task that was approved first is not admitted: %v", e)
		}
		return nil
	})
}
