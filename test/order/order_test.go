package order

import (
	"context"
	"io/fs"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/shequ-io/shequ/internal/testenv"
	"github.com/shequ-io/shequ/test/internal/live"
)

const (
	sample   = "config/samples/qingnianlu"
	patience = 3 * time.Minute
	// quiet is how long nothing may change before a community draws up its first ledger.
	// In which order files come decides nothing as long as they follow each other sooner;
	// a machine that has too much else to do may not keep to that, and attempts are how
	// often it may try.
	quiet    = 3 * time.Second
	attempts = 3
)

// files are the sample's files with their objects.
func files(t *testing.T) map[string][]*unstructured.Unstructured {
	t.Helper()
	out := map[string][]*unstructured.Unstructured{}
	err := filepath.WalkDir(sample, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() || !strings.HasSuffix(path, ".yaml") || entry.Name() == "kustomization.yaml" {
			return err
		}
		data, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		out[path], err = testenv.Decode(data)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// shuffled is the files' names in a random order.
func shuffled(all map[string][]*unstructured.Unstructured, random *rand.Rand) []string {
	names := slices.Sorted(maps.Keys(all))
	random.Shuffle(len(names), func(i, j int) { names[i], names[j] = names[j], names[i] })
	return names
}

// send applies one file's objects as kubectl apply --server-side does.
func send(ctx context.Context, c client.Client, objects []*unstructured.Unstructured) error {
	for _, o := range objects {
		u := o.DeepCopy()
		if err := c.Apply(ctx, client.ApplyConfigurationFromUnstructured(u), client.FieldOwner("kubectl"), client.ForceOwnership); err != nil {
			return err
		}
	}
	return nil
}

// oneByOne applies the files in that order. What is refused, since its namespace
// is not there yet, is applied again after the rest, as GitOps tools do.
func oneByOne(ctx context.Context, c *live.Cluster, all map[string][]*unstructured.Unstructured, random *rand.Rand) error {
	names := shuffled(all, random)
	for len(names) > 0 {
		var refused []string
		var last error
		for _, name := range names {
			if err := send(ctx, c.Client, all[name]); err != nil {
				refused, last = append(refused, name), err
				continue
			}
			time.Sleep(time.Duration(random.IntN(200)) * time.Millisecond)
		}
		if len(refused) == len(names) {
			return last
		}
		names = refused
	}
	return nil
}

// allAtOnce applies every file at the same time, each until it is taken.
func allAtOnce(ctx context.Context, c *live.Cluster, all map[string][]*unstructured.Unstructured, random *rand.Rand) error {
	var wait sync.WaitGroup
	errs := make(chan error, len(all))
	for _, name := range shuffled(all, random) {
		wait.Go(func() {
			errs <- live.Within(ctx, time.Minute, func(ctx context.Context) error { return send(ctx, c.Client, all[name]) })
		})
	}
	wait.Wait()
	close(errs)
	for err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}

func TestEveryOrderConvergesToTheSame(t *testing.T) {
	first := seed(t)
	var reference snapshot
	for i, run := range []struct {
		name string
		do   applying
	}{
		{"as kubectl apply -k sorts them", func(ctx context.Context, c *live.Cluster, _ map[string][]*unstructured.Unstructured, _ *rand.Rand) error {
			return c.ApplySample(ctx)
		}},
		{"one by one", oneByOne},
		{"one by one, another order", oneByOne},
		{"all at once", allAtOnce},
	} {
		t.Run(run.name, func(t *testing.T) {
			for attempt := 1; attempt <= attempts; attempt++ {
				counts := false
				t.Run(strconv.Itoa(attempt), func(t *testing.T) {
					c := converge(t, run.do, rand.New(rand.NewPCG(first, uint64(i))))
					if longest := pause(t, c); longest >= quiet {
						t.Logf("%v or so went by between two files, after which communities may decide on what is there", longest)
						return
					}
					counts = true
					got := take(t, c)
					if i == 0 {
						reference = got
						atRest(t, c)
						return
					}
					compare(t, reference, got)
				})
				if counts || t.Failed() {
					return
				}
			}
			t.Errorf("nothing was tested in %d attempts: this machine pauses too long", attempts)
		})
	}
}

// applying has files reach the API server in some order.
type applying func(context.Context, *live.Cluster, map[string][]*unstructured.Unstructured, *rand.Rand) error

// converge applies the sample to a fresh cluster and waits until nobody writes any more.
func converge(t *testing.T, do applying, random *rand.Rand) *live.Cluster {
	t.Helper()
	c := start(t)
	begin := time.Now()
	if err := do(interrupted, c, files(t), random); err != nil {
		t.Fatal(err)
	}
	applied := time.Since(begin)
	live.Eventually(t, patience, c.AllReady)
	t.Logf("applied in %s, all Ready after %s", applied.Round(100*time.Millisecond), time.Since(begin).Round(100*time.Millisecond))
	c.Quiet(t, 7*time.Second, time.Minute)
	return c
}

// atRest checks that a settled district costs no write, and neither does a
// restart of the operator over it.
func atRest(t *testing.T, c *live.Cluster) {
	t.Helper()
	mark := c.Now(t)
	time.Sleep(20 * time.Second)
	c.NoWrites(t, mark)
	if _, err := c.Devcluster(interrupted, "restart", "--name", clusterName, "operator"); err != nil {
		t.Fatal(err)
	}
	if err := c.StartOperator(interrupted); err != nil {
		t.Fatal(err)
	}
	time.Sleep(15 * time.Second)
	c.NoWrites(t, mark)
}
