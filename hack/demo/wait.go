package main

import (
	"context"
	"fmt"
	"time"

	"github.com/go-logr/logr"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/tools/clientcmd"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/shequ-io/shequ/api/v1alpha1"
	"github.com/shequ-io/shequ/controllers"
)

const (
	subdistrict = "qingnianlu"
	patience    = 5 * time.Minute
	look        = 500 * time.Millisecond
)

// district is the sample as the API server has it.
type district struct {
	communities v1alpha1.CommunityList
	stations    v1alpha1.ServiceStationList
	grids       v1alpha1.GridList
	ledgers     v1alpha1.TaskLedgerList
	tasks       v1alpha1.AdmittedTaskList
	standard    v1alpha1.CommunityStandard
}

func (d *demo) client() (client.Client, error) {
	ctrl.SetLogger(logr.Discard()) // the client has nothing to say to a visitor
	config, err := clientcmd.BuildConfigFromFlags("", d.Kubeconfig)
	if err != nil {
		return nil, err
	}
	return client.New(config, client.Options{Scheme: controllers.Scheme()})
}

func read(ctx context.Context, c client.Client) (district, error) {
	var out district
	for _, list := range []client.ObjectList{&out.communities, &out.stations, &out.grids, &out.ledgers} {
		if err := c.List(ctx, list, client.InNamespace(subdistrict)); err != nil {
			return out, err
		}
	}
	if err := c.List(ctx, &out.tasks); err != nil {
		return out, err
	}
	return out, c.Get(ctx, client.ObjectKey{Name: "xian-2014"}, &out.standard)
}

// wait shows progress until every object is Ready, and every task has an answer
// from every community it targets.
func (d *demo) wait(ctx context.Context) error {
	c, err := d.client()
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	last := ""
	for {
		now, err := read(ctx, c)
		if err != nil {
			return err
		}
		line, done, waiting := now.progress()
		if line != last {
			say("      %s", line)
			last = line
		}
		if done {
			say("      %s", now.answers())
			return nil
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("not all is Ready after %s: %s", patience, waiting)
		case <-time.After(look):
		}
	}
}

// progress counts what is Ready and quotes the first that is not.
func (d *district) progress() (line string, done bool, waiting string) {
	tally := func(kind, name string, conds []metav1.Condition) int {
		c := meta.FindStatusCondition(conds, v1alpha1.ConditionReady)
		if c != nil && c.Status == metav1.ConditionTrue {
			return 1
		}
		if waiting == "" {
			waiting = kind + " " + name + " has no status yet"
			if c != nil {
				waiting = fmt.Sprintf("%s %s: %s: %s", kind, name, c.Reason, c.Message)
			}
		}
		return 0
	}
	var communities, stations, grids int
	for i := range d.communities.Items {
		communities += tally("Community", d.communities.Items[i].Name, d.communities.Items[i].Status.Conditions)
	}
	for i := range d.stations.Items {
		stations += tally("ServiceStation", d.stations.Items[i].Name, d.stations.Items[i].Status.Conditions)
	}
	for i := range d.grids.Items {
		grids += tally("Grid", d.grids.Items[i].Name, d.grids.Items[i].Status.Conditions)
	}
	decided := 0
	for i := range d.tasks.Items {
		if t := &d.tasks.Items[i]; answered(t) {
			decided++
		} else if waiting == "" {
			waiting = "AdmittedTask " + t.Name + " is not decided on yet"
		}
	}
	nc, ns, ng, nt := len(d.communities.Items), len(d.stations.Items), len(d.grids.Items), len(d.tasks.Items)
	line = fmt.Sprintf("communities %d/%d   stations %d/%d   grids %d/%d   tasks %d/%d", communities, nc, stations, ns, grids, ng, decided, nt)
	done = nc > 0 && ns > 0 && ng > 0 && nt > 0 && communities == nc && stations == ns && grids == ng && decided == nt
	return line, done, waiting
}

// answered reports whether all the communities a task targets have given an
// answer to its present terms.
func answered(t *v1alpha1.AdmittedTask) bool {
	if t.Status.ObservedGeneration != t.Generation {
		return false
	}
	admitted := meta.FindStatusCondition(t.Status.Conditions, v1alpha1.ConditionAdmitted)
	return admitted == nil || admitted.Reason != v1alpha1.ReasonDeciding // absent: suspended, or over
}

// answers sums up what the communities' ledgers say.
func (d *district) answers() string {
	counts := map[v1alpha1.LedgerDecision]int{}
	all := 0
	for i := range d.ledgers.Items {
		for _, e := range d.ledgers.Items[i].Status.Entries {
			counts[e.Decision]++
			all++
		}
	}
	return fmt.Sprintf("%d answers in %d ledgers: %d admitted, %d waiting, %d refused, %d contested, %d ended", all, len(d.ledgers.Items),
		counts[v1alpha1.DecisionAdmitted], counts[v1alpha1.DecisionWaiting], counts[v1alpha1.DecisionRefused],
		counts[v1alpha1.DecisionContested], counts[v1alpha1.DecisionEnded])
}
