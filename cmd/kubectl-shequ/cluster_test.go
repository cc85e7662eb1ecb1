package main

import (
	"encoding/json"
	"reflect"
	"slices"
	"strings"
	"testing"

	authv1 "k8s.io/api/authentication/v1"
	corev1 "k8s.io/api/core/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/rest"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/shequ-io/shequ/api/v1alpha1"
	"github.com/shequ-io/shequ/internal/plan"
	"github.com/shequ-io/shequ/internal/testenv"
)

// apply creates the objects of a file, as a GitOps controller would.
func apply(t *testing.T, e *testenv.Env, path string) {
	t.Helper()
	objects, err := testenv.Decode([]byte(read(t, path)))
	if err != nil {
		t.Fatal(err)
	}
	for _, o := range objects {
		if err := e.Client.Create(t.Context(), o); err != nil {
			t.Fatal(err)
		}
	}
}

// recordLedgers writes what a plan says, as the operator would.
func recordLedgers(t *testing.T, e *testenv.Env, p *plan.Plan) {
	t.Helper()
	operator, err := client.New(e.Operator(), client.Options{Scheme: e.Scheme})
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range p.Communities {
		l := &v1alpha1.TaskLedger{ObjectMeta: metav1.ObjectMeta{Namespace: c.Ref.Namespace, Name: c.Ref.Name}}
		if err := operator.Create(t.Context(), l); err != nil {
			t.Fatal(err)
		}
		l.Status = c.Ledger
		l.Status.ObservedGeneration = l.Generation
		l.Status.Conditions = []metav1.Condition{{
			Type: v1alpha1.ConditionCurrent, Status: metav1.ConditionTrue, Reason: "Decided", Message: "all is decided",
			LastTransitionTime: metav1.NewTime(p.At.UTC()), ObservedGeneration: l.Generation,
		}}
		if err := operator.Status().Update(t.Context(), l); err != nil {
			t.Fatal(err)
		}
	}
}

// parsed reads a plan that does not pass.
func parsed(t *testing.T, r result) *plan.Plan {
	t.Helper()
	expect(t, r, exitRefused)
	p := &plan.Plan{}
	if err := json.Unmarshal([]byte(r.out), p); err != nil {
		t.Fatal(err)
	}
	return p
}

// TestCluster follows a district from its first plan to its restoration on
// another cluster.
func TestCluster(t *testing.T) {
	files, proposals := district(t), write(t, "proposals.yaml", testdata(t, "proposals.yaml"))
	apply(t, env, files)
	config := kubeconfig(t, env.Config)
	on := func(args ...string) result {
		t.Helper()
		return feed(t, "", append(args, "--kubeconfig", config)...)
	}

	online := parsed(t, on("plan", "-f", proposals, "--at", at, "-o", "json"))
	t.Run("offline is online", func(t *testing.T) {
		offline := parsed(t, kubectl(t, "plan", "--offline", "-f", files, "-f", proposals, "--at", at, "-o", "json"))
		for i := range online.Communities {
			a, b := online.Communities[i], offline.Communities[i]
			if !reflect.DeepEqual(a.Ledger, b.Ledger) || !reflect.DeepEqual(a.After, b.After) {
				t.Errorf("%s: online %+v, offline %+v", a.Ref.Name, a.Ledger, b.Ledger)
			}
		}
		if len(online.Tasks) != 3 || len(offline.Tasks) != 4 || !slices.Equal(online.Tasks, slices.DeleteFunc(offline.Tasks, func(x plan.Task) bool { return x.Ref.Name == "old-age-allowance" })) {
			t.Errorf("online %+v, offline %+v", online.Tasks, offline.Tasks)
		}
		based := parsed(t, kubectl(t, "plan", "--offline", "--base", files, "-f", proposals, "--at", at, "-o", "json"))
		if !reflect.DeepEqual(based, online) {
			t.Errorf("over files %+v, over a cluster %+v", based, online)
		}
		if b := online.Communities[0].Before; b == nil || b.Tasks != 1 {
			t.Errorf("before: %+v", b)
		}
	})
	t.Run("a changed task", func(t *testing.T) {
		changed := write(t, "task.yaml", strings.Replace(taskOf(t, files), "minutesPerCase: 30", "minutesPerCase: 20", 1))
		expect(t, on("plan", "-f", changed, "--at", at), 0, "the guidance committee approves 1 task now")
		expect(t, on("plan", "-f", changed, "--at", at, "--strict"), 2, "its terms changed since they were approved")
	})

	apply(t, env, proposals)
	t.Run("decisions", func(t *testing.T) { testDecisions(t, on) })

	recordLedgers(t, env, parsed(t, on("plan", "-f", proposals, "--strict", "--at", at, "-o", "json")))
	t.Run("explain", func(t *testing.T) {
		expect(t, on("explain", "health-files", "-n", "health", "--community", "street/anding"), 0, "health/health-files 居民健康档案入户核对", "Refused: CapacityExceeded", "-> AdmittedTask: spec.workload.casesPerYear = ")
		r := on("explain", "health/health-files", "-o", "json")
		var e plan.Explanation
		if err := json.Unmarshal([]byte(r.out), &e); err != nil || len(e.Communities) != 2 || e.Communities[0].Recorded == nil {
			t.Errorf("%v: %s", err, r.out)
		}
		expect(t, on("explain", "nothing", "-n", "health"), 1, "there is no AdmittedTask nothing in namespace health")
		expect(t, on("approve", "nothing", "-n", "health", "--document", "1"), 1, "there is no AdmittedTask nothing in namespace health")
	})
	t.Run("top", func(t *testing.T) {
		expect(t, on("top", "communities"), 0, "street/anding", "莲湖路第一社区", "150/12,096")
		expect(t, on("top", "tasks", "--sort", "tasks"), 0, "civil-affairs/old-age-allowance  高龄津贴申请受理")
		r := on("top", "tasks", "-n", "health")
		expect(t, r, 0, "health/health-files")
		if strings.Contains(r.out, "civil-affairs") {
			t.Errorf("another namespace's: %s", r.out)
		}
		expect(t, on("top", "communities", "-n", "health", "-o", "json"), 0, "[]")
	})
	t.Run("export and import", func(t *testing.T) { testTransfer(t, on) })
}

// taskOf is the task of the district's file.
func taskOf(t *testing.T, files string) string {
	t.Helper()
	for document := range strings.SplitSeq(read(t, files), "\n---\n") {
		if strings.Contains(document, "kind: AdmittedTask") {
			return document
		}
	}
	t.Fatal("no task")
	return ""
}

func testDecisions(t *testing.T, on func(...string) result) {
	t.Helper()
	approve := []string{"approve", "health-files", "-n", "health", "--document", "委〔2026〕17号", "--apply"}
	expect(t, on(approve...), 0, "created in namespace committee")
	expect(t, on(approve...), 0, "unchanged", "recorded already")
	approve[5] = "another"
	expect(t, on(approve...), 1, "says something else", "--name")
	expect(t, on(append(approve, "--decision-namespace", "health", "--name", "own")...), 1, "only the guidance committee approves a task")
	expect(t, on("fund", "health-files", "-n", "health", "--period", "2026", "--amount", "165000", "--voucher", "V-9", "--apply"), 0, "created in namespace finance")
	contest := "contest-civil-affairs-old-age-allowance-anding"
	expect(t, on("contest", "old-age-allowance", "-n", "civil-affairs", "--community", "street/anding", "--reason", "no worker", "--apply"), 0, contest+" created in namespace street")
	expect(t, on("explain", "old-age-allowance", "-n", "civil-affairs", "--community", "street/anding"), 0, "Contested")
	expect(t, on("rule", "street/"+contest, "--verdict", "dismiss", "--document", "9", "--apply"), 0, "created in namespace committee")
	expect(t, on("rule", "street/none", "--verdict", "dismiss", "--document", "9"), 1, "there is no TaskDecision none in namespace street")

	var d v1alpha1.TaskDecisionList
	if err := env.Client.List(t.Context(), &d, client.InNamespace("committee")); err != nil {
		t.Fatal(err)
	}
	if len(d.Items) != 3 {
		t.Errorf("%d decisions of the committee", len(d.Items))
	}
	// What the plan assumed is said now: the strict plan admits it.
	p := parsed(t, on("plan", "-f", write(t, "p.yaml", testdata(t, "proposals.yaml")), "--strict", "--at", "2026-12-31T10:00:00+08:00", "-o", "json"))
	i := slices.IndexFunc(p.Communities[1].Answers, func(a plan.Answer) bool { return a.Task.Name == "health-files" })
	if a := p.Communities[1].Answers[i]; a.Decision != v1alpha1.DecisionAdmitted {
		t.Errorf("%+v", a)
	}
}

func testTransfer(t *testing.T, on func(...string) result) {
	t.Helper()
	file := write(t, "export.yaml", "")
	expect(t, on("export", "-f", file), 0)
	exported := read(t, file)
	for _, word := range []string{"managedFields", "resourceVersion", "uid:", "creationTimestamp", "generation:"} {
		if strings.Contains(exported, word) {
			t.Errorf("the export has a %s", word)
		}
	}
	target := testenv.Start(t, testenv.Options{})
	config := kubeconfig(t, target.Config)
	to := func(args ...string) result {
		t.Helper()
		return feed(t, "", append(args, "--kubeconfig", config, "--settle", "0s")...)
	}
	expect(t, to("import", "-f", file), 1, "may not write ledgers", "install Shequ's roles first")
	grant(t, target, rbacv1.Subject{Kind: "User", Name: v1alpha1.OperatorUsername}, "cluster-admin")
	t.Run("without permission", func(t *testing.T) { testImportUnprivileged(t, target, file) })

	expect(t, to("import", "-f", file), 0, "taskledger street/anding created", "community street/lianhu created")
	again := feed(t, "", "export", "--kubeconfig", config)
	expect(t, again, 0)
	if again.out != exported {
		t.Errorf("what was restored is not what was exported:\n%s\n----\n%s", exported, again.out)
	}
	for _, name := range []string{"anding", "lianhu"} {
		var before, after v1alpha1.TaskLedger
		key := client.ObjectKey{Namespace: "street", Name: name}
		if err := env.Client.Get(t.Context(), key, &before); err != nil {
			t.Fatal(err)
		}
		if err := target.Client.Get(t.Context(), key, &after); err != nil {
			t.Fatal(err)
		}
		if !reflect.DeepEqual(before.Status, after.Status) || len(after.Status.Entries) == 0 {
			t.Errorf("ledger %s is another", name)
		}
	}
	testImportAgain(t, target, file, to)
}

// testImportAgain imports over what is there, the same and changed.
func testImportAgain(t *testing.T, target *testenv.Env, file string, to func(...string) result) {
	t.Helper()
	r := to("import", "-f", file)
	expect(t, r, 0)
	if strings.Contains(r.out, "created") || strings.Contains(r.out, "DIFFERS") {
		t.Errorf("%s", r.out)
	}
	community := &v1alpha1.Community{}
	if err := target.Client.Get(t.Context(), client.ObjectKey{Namespace: "street", Name: "anding"}, community); err != nil {
		t.Fatal(err)
	}
	community.Spec.Profile.Households = 999
	if err := target.Client.Update(t.Context(), community); err != nil {
		t.Fatal(err)
	}
	operator, err := client.New(target.Operator(), client.Options{Scheme: target.Scheme})
	if err != nil {
		t.Fatal(err)
	}
	ledger := &v1alpha1.TaskLedger{}
	if err := operator.Get(t.Context(), client.ObjectKey{Namespace: "street", Name: "anding"}, ledger); err != nil {
		t.Fatal(err)
	}
	ledger.Status.Entries = nil
	if err := operator.Status().Update(t.Context(), ledger); err != nil {
		t.Fatal(err)
	}
	expect(t, to("import", "-f", file), 1, "taskledger street/anding DIFFERS and is left as it is", "community street/anding DIFFERS", "2 objects are there already", "--overwrite")
	expect(t, to("import", "-f", file, "--overwrite"), 0, "taskledger street/anding overwritten", "community street/anding overwritten")
	if again := feed(t, "", "export", "--kubeconfig", kubeconfig(t, target.Config)); again.out != read(t, file) {
		t.Error("overwritten, it is still not what was exported")
	}
}

// testImportUnprivileged imports as somebody who may do all but act as another.
func testImportUnprivileged(t *testing.T, target *testenv.Env, file string) {
	t.Helper()
	rules := []rbacv1.PolicyRule{
		{APIGroups: []string{"shequ.io"}, Resources: []string{"*"}, Verbs: []string{"*"}},
		{APIGroups: []string{""}, Resources: []string{"namespaces"}, Verbs: []string{"*"}},
	}
	if err := target.Client.Create(t.Context(), &rbacv1.ClusterRole{ObjectMeta: metav1.ObjectMeta{Name: "importer"}, Rules: rules}); err != nil {
		t.Fatal(err)
	}
	account := &corev1.ServiceAccount{ObjectMeta: metav1.ObjectMeta{Namespace: "default", Name: "importer"}}
	if err := target.Client.Create(t.Context(), account); err != nil {
		t.Fatal(err)
	}
	grant(t, target, rbacv1.Subject{Kind: "ServiceAccount", Namespace: "default", Name: "importer"}, "importer")
	token := &authv1.TokenRequest{}
	if err := target.Client.SubResource("token").Create(t.Context(), account, token); err != nil {
		t.Fatal(err)
	}
	config := kubeconfig(t, &rest.Config{Host: target.Config.Host, TLSClientConfig: rest.TLSClientConfig{CAData: target.Config.CAData}, BearerToken: token.Status.Token})
	expect(t, feed(t, "", "import", "-f", file, "--kubeconfig", config, "--settle", "0s"), 1, "you may not act as "+v1alpha1.OperatorUsername, "verb impersonate")
}

func grant(t *testing.T, e *testenv.Env, to rbacv1.Subject, role string) {
	t.Helper()
	if err := e.Client.Create(t.Context(), &rbacv1.ClusterRoleBinding{
		ObjectMeta: metav1.ObjectMeta{GenerateName: "test-"}, Subjects: []rbacv1.Subject{to},
		RoleRef: rbacv1.RoleRef{APIGroup: rbacv1.GroupName, Kind: "ClusterRole", Name: role},
	}); err != nil {
		t.Fatal(err)
	}
}
