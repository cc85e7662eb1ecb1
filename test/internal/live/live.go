// Package live is what tests against a running cluster share: starting one with
// the operator in it, waiting for a sub-district, and reading from the API
// server's audit log who wrote what.
//
// It has no opinion about what is right; the tests that use it do.
package live

import (
	"context"
	"errors"
	"fmt"
	"os"
	"testing"
	"time"

	"github.com/go-logr/logr"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/shequ-io/shequ/api/v1alpha1"
	"github.com/shequ-io/shequ/controllers"
	"github.com/shequ-io/shequ/hack/local"
	"github.com/shequ-io/shequ/internal/testenv"
)

// Subdistrict is the namespace of the sample.
const Subdistrict = "qingnianlu"

// Cluster is a running development cluster with the operator in it.
type Cluster struct {
	local.Cluster
	Client client.Client
	Config *rest.Config
	// Audit is the path of the API server's audit log.
	Audit string
}

// Start builds what a profile needs and brings a cluster up with CRDs, policies,
// roles and the operator; nothing else is applied. The working directory becomes
// the checkout's.
func Start(ctx context.Context, profile, name string) (*Cluster, error) {
	ctrl.SetLogger(logr.Discard())
	if err := os.Chdir(testenv.Root()); err != nil {
		return nil, err
	}
	c := &Cluster{Cluster: local.Cluster{Name: name, Profile: profile}}
	what := map[string]string{local.Node: "images", local.Sim: "bin/operator"}[profile]
	if err := local.Command(ctx, "make", "--no-print-directory", "bin/devcluster", what); err != nil {
		return nil, err
	}
	// What a run that was killed left behind would pass for this one's.
	if err := errors.Join(c.Down(ctx), c.Up(ctx)); err != nil {
		return c, err
	}
	if profile == local.Node {
		if err := errors.Join(c.Load(ctx), c.StartDistrict(ctx)); err != nil {
			return c, err
		}
	}
	if _, err := c.Install(ctx); err != nil {
		return c, err
	}
	if err := c.StartOperator(ctx); err != nil {
		return c, err
	}
	var err error
	if c.Audit, err = c.AuditLog(ctx); err != nil {
		return c, err
	}
	if c.Config, err = clientcmd.BuildConfigFromFlags("", c.Kubeconfig); err != nil {
		return c, err
	}
	c.Config.QPS = -1
	c.Client, err = client.New(c.Config, client.Options{Scheme: controllers.Scheme()})
	return c, err
}

// ApplySample applies the sample as a district would.
func (c *Cluster) ApplySample(ctx context.Context) error {
	_, err := c.Cluster.ApplySample(ctx)
	return err
}

// District is the sample as the API server has it.
type District struct {
	Communities v1alpha1.CommunityList
	Stations    v1alpha1.ServiceStationList
	Grids       v1alpha1.GridList
}

// District reads the sample's sub-district.
func (c *Cluster) District(ctx context.Context) (*District, error) {
	d := &District{}
	for _, list := range []client.ObjectList{&d.Communities, &d.Stations, &d.Grids} {
		if err := c.Client.List(ctx, list, client.InNamespace(Subdistrict)); err != nil {
			return nil, err
		}
	}
	return d, nil
}

// Ready says how many of each kind are there and which is not Ready at its
// present generation.
func (d *District) Ready() (communities, stations, grids int, err error) {
	note := func(kind string, obj client.Object, observed int64, conds []metav1.Condition) int {
		c := meta.FindStatusCondition(conds, v1alpha1.ConditionReady)
		switch {
		case c == nil:
			err = fmt.Errorf("%s %s has no status yet", kind, obj.GetName())
		case observed != obj.GetGeneration():
			err = fmt.Errorf("%s %s: the status is of an older generation", kind, obj.GetName())
		case c.Status != metav1.ConditionTrue:
			err = fmt.Errorf("%s %s: %s: %s", kind, obj.GetName(), c.Reason, c.Message)
		default:
			return 1
		}
		return 0
	}
	for i := range d.Communities.Items {
		o := &d.Communities.Items[i]
		communities += note("Community", o, o.Status.ObservedGeneration, o.Status.Conditions)
	}
	for i := range d.Stations.Items {
		o := &d.Stations.Items[i]
		stations += note("ServiceStation", o, o.Status.ObservedGeneration, o.Status.Conditions)
	}
	for i := range d.Grids.Items {
		o := &d.Grids.Items[i]
		grids += note("Grid", o, o.Status.ObservedGeneration, o.Status.Conditions)
	}
	return communities, stations, grids, err
}

// What the sample consists of.
const (
	Communities = 12
	Stations    = 12
	Grids       = 61
)

// AllReady is why the sample is not all Ready yet; nil when it is.
func (c *Cluster) AllReady(ctx context.Context) error {
	d, err := c.District(ctx)
	if err != nil {
		return err
	}
	communities, stations, grids, err := d.Ready()
	if err != nil {
		return err
	}
	if communities != Communities || stations != Stations || grids != Grids {
		return fmt.Errorf("%d communities, %d stations, %d grids; want %d, %d, %d",
			communities, stations, grids, Communities, Stations, Grids)
	}
	return c.allDecided(ctx)
}

// allDecided is why not every task has an answer from every community yet.
func (c *Cluster) allDecided(ctx context.Context) error {
	var tasks v1alpha1.AdmittedTaskList
	if err := c.Client.List(ctx, &tasks); err != nil {
		return err
	}
	if len(tasks.Items) == 0 {
		return errors.New("there is no task")
	}
	for i := range tasks.Items {
		t := &tasks.Items[i]
		admitted := meta.FindStatusCondition(t.Status.Conditions, v1alpha1.ConditionAdmitted)
		if t.Status.ObservedGeneration != t.Generation || (admitted != nil && admitted.Reason == v1alpha1.ReasonDeciding) {
			return fmt.Errorf("AdmittedTask %s/%s is not decided on yet", t.Namespace, t.Name)
		}
	}
	return nil
}

// Within asks again and again until there is no error.
func Within(ctx context.Context, limit time.Duration, ask func(context.Context) error) error {
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	for {
		err := ask(ctx)
		if err == nil {
			return nil
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("after %s: %w", limit, err)
		case <-time.After(300 * time.Millisecond):
		}
	}
}

// Eventually fails the test if it takes longer than the limit.
func Eventually(t testing.TB, limit time.Duration, ask func(context.Context) error) {
	t.Helper()
	if err := Within(t.Context(), limit, ask); err != nil {
		t.Fatal(err)
	}
}
