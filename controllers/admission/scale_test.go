package admission_test

import (
	"context"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/rest"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/shequ-io/shequ/api/v1alpha1"
	"github.com/shequ-io/shequ/controllers"
	"github.com/shequ-io/shequ/controllers/controllertest"
	"github.com/shequ-io/shequ/internal/admission"
	"github.com/shequ-io/shequ/internal/admission/admissiontest"
	"github.com/shequ-io/shequ/internal/testenv"
)

// silence is longer than any delay of the controllers of tasks and ledgers.
const silence = 6 * time.Second

// TestWritesAtScale: at the doors of many communities the operator writes each
// ledger a few times at most when all is new, once for one more task, and
// nothing at rest or after a restart. hack/bench/admission takes the time.
func TestWritesAtScale(t *testing.T) {
	t.Parallel()
	s := &scale{T: t, Env: testenv.Start(t, testenv.Options{}), District: admissiontest.New(7, admissiontest.Options{
		Communities: 20, Tasks: 40, Everywhere: true, Prefix: "scale",
	})}
	for _, o := range s.Objects() {
		o.SetGeneration(0)
		s.create(o.(client.Object))
	}
	for _, c := range s.Communities {
		// As if the community controller had looked at it, which does not run.
		c.Status.ObservedGeneration = c.Generation
		if err := s.Client.Status().Update(t.Context(), c); err != nil {
			t.Fatal(err)
		}
	}

	stop := s.operate()
	s.wrote("from empty", 1, 3)
	s.agreed()

	more := s.Tasks[0].DeepCopy()
	more.ObjectMeta = metav1.ObjectMeta{Namespace: more.Namespace, Name: "one-more"}
	s.create(&v1alpha1.TaskDecision{
		ObjectMeta: metav1.ObjectMeta{Namespace: "scale-committee", Name: "one-more"},
		Spec: v1alpha1.TaskDecisionSpec{
			TaskRef: v1alpha1.NamespacedReference{Namespace: more.Namespace, Name: more.Name},
			Approval: &v1alpha1.Approval{
				TaskDigest: admission.Digest(&more.Spec), Verdict: v1alpha1.VerdictApprove, Document: "Minutes 8", DecidedAt: metav1.NewTime(admissiontest.Now),
			},
		},
	})
	s.wrote("a decision ahead of its task", 0, 0)
	s.create(more)
	s.wrote("one more task", 1, 1)

	stop()
	stop = s.operate()
	defer stop()
	time.Sleep(silence)
	if writes := s.take(); len(writes) > 0 {
		t.Errorf("a restart over a decided district wrote %v", writes)
	}
}

// scale is a random district on an API server of its own.
type scale struct {
	*testing.T
	*testenv.Env
	*admissiontest.District

	mu     sync.Mutex
	writes []string // the paths the operator wrote to
	last   time.Time
}

func (s *scale) create(o client.Object) {
	s.Helper()
	if err := s.Client.Create(s.Context(), o); err != nil {
		s.Fatalf("%T %s: %v", o, client.ObjectKeyFromObject(o), err)
	}
}

// operate starts an operator that does nothing but admission, and returns what
// ends it.
func (s *scale) operate() func() {
	s.Helper()
	config := rest.CopyConfig(s.Operator())
	config.Wrap(s.record)
	ctx, cancel := context.WithCancel(context.Background())
	mgr, err := controllers.NewManager(ctx, config, controllers.Options{
		Settings: controllertest.Settings(), MetricsAddress: "0", ProbeAddress: "0", Registry: prometheus.NewRegistry(),
		Several: true, AdmissionOnly: true, Now: func() time.Time { return admissiontest.Now },
	})
	if err != nil {
		cancel()
		s.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- mgr.Start(ctx) }()
	return sync.OnceFunc(func() {
		cancel()
		if err := <-ended; err != nil {
			s.Error(err)
		}
	})
}

func (s *scale) record(next http.RoundTripper) http.RoundTripper {
	return roundTripper(func(req *http.Request) (*http.Response, error) {
		if req.Method != http.MethodGet && !strings.HasSuffix(req.URL.Path, "/selfsubjectreviews") {
			s.mu.Lock()
			s.writes, s.last = append(s.writes, req.URL.Path), time.Now()
			s.mu.Unlock()
		}
		return next.RoundTrip(req)
	})
}

// take is what was written since it was last asked.
func (s *scale) take() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	out := s.writes
	s.writes = nil
	return out
}

// wrote waits until the operator has come to rest, and holds the writes to every
// community's ledger against a range.
func (s *scale) wrote(what string, least, most int) {
	s.Helper()
	began := time.Now()
	for {
		s.mu.Lock()
		rest := min(time.Since(s.last), time.Since(began))
		s.mu.Unlock()
		if rest >= silence {
			break
		}
		if time.Since(began) > 2*time.Minute {
			s.Fatalf("%s: the operator does not come to rest", what)
		}
		time.Sleep(silence - rest)
	}
	count := map[string]int{}
	for _, path := range s.take() {
		if _, rest, ok := strings.Cut(path, "/"+v1alpha1.GroupVersion.Version+"/namespaces/"); ok && strings.Contains(rest, "/taskledgers") {
			count[strings.Split(rest, "/")[0]]++ // a create does not name the ledger in its path
		}
	}
	communities := map[string]int{}
	for _, c := range s.Communities {
		communities[c.Namespace]++
	}
	for ns, n := range communities {
		if count[ns] < least*n || count[ns] > most*n {
			s.Errorf("%s: %d writes to the ledgers of %d communities in %s, want %d to %d each", what, count[ns], n, ns, least, most)
		}
	}
}

// agreed holds every ledger against what the engine says by itself.
func (s *scale) agreed() {
	s.Helper()
	decided := map[v1alpha1.LedgerReason]int{}
	for i, c := range s.Communities {
		ledger := &v1alpha1.TaskLedger{}
		if err := s.Client.Get(s.Context(), client.ObjectKeyFromObject(c), ledger); err != nil {
			s.Fatal(err)
		}
		want := admission.Decide(s.Snapshot(i, admissiontest.Now, nil)).Status
		if got, want := reasons(&ledger.Status), reasons(&want); !maps.Equal(got, want) {
			s.Errorf("the ledger of %s says\n%v\nthe engine\n%v", c.Name, got, want)
		}
		for _, e := range ledger.Status.Entries {
			decided[e.Reason]++
		}
	}
	if len(decided) < 6 {
		s.Errorf("only these reasons were drawn: %v", slices.Sorted(maps.Keys(decided)))
	}
}

func reasons(l *v1alpha1.TaskLedgerStatus) map[string]v1alpha1.LedgerReason {
	out := map[string]v1alpha1.LedgerReason{}
	for _, e := range l.Entries {
		out[fmt.Sprintf("%s/%s", e.TaskRef.Namespace, e.TaskRef.Name)] = e.Reason
	}
	return out
}
