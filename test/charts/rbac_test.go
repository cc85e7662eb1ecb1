package charts

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"

	authorizationv1 "k8s.io/api/authorization/v1"
	corev1 "k8s.io/api/core/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/discovery"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"

	"github.com/shequ-io/shequ/internal/apply"
)

// question is one thing to be allowed or not: a verb on a resource, or on one
// object of it.
type question struct {
	verb     string
	resource string // group/resource or group/resource/subresource
	name     string
	cluster  bool // of no namespace
}

func (q question) String() string {
	if q.name != "" {
		return q.verb + " " + q.resource + " " + q.name
	}
	return q.verb + " " + q.resource
}

// on makes questions of verbs and resources, each written "verb,verb".
func on(verbs string, resources ...string) []string {
	var out []string
	for verb := range strings.SplitSeq(verbs, ",") {
		for _, resource := range resources {
			out = append(out, verb+" "+resource)
		}
	}
	return out
}

const (
	reading = "get,list,watch"
	writing = "get,list,watch,create,update,patch,delete"
)

// TestOperatorMay: of all that the API server can be asked for, the operator is
// allowed this and nothing else, in any namespace.
func TestOperatorMay(t *testing.T) {
	var want []string
	for gk := range apply.Kinds() {
		plural, _ := meta.UnsafeGuessKindToResource(gk.WithVersion("v1"))
		want = append(want, on("get,list,watch,create,patch,delete", plural.Group+"/"+plural.Resource)...)
	}
	want = slices.Concat(want,
		on(reading, "shequ.io/communities", "shequ.io/servicestations", "shequ.io/grids", "shequ.io/communitystandards",
			"shequ.io/taskledgers", "shequ.io/admittedtasks", "shequ.io/taskdecisions", "shequ.io/informationsystems",
			"admissionregistration.k8s.io/validatingadmissionpolicies", "admissionregistration.k8s.io/validatingadmissionpolicybindings"),
		on("patch", "shequ.io/communities", "shequ.io/servicestations"),
		on("patch", "shequ.io/communities/status", "shequ.io/servicestations/status", "shequ.io/grids/status", "shequ.io/communitystandards/status", "shequ.io/admittedtasks/status", "shequ.io/informationsystems/status"),
		on("create,update", "shequ.io/taskledgers"),
		on("update", "shequ.io/taskledgers/status"),
		on("get,create,patch,delete", "postgresql.cnpg.io/databases"),
		on("create,patch", "events.k8s.io/events"),
	)
	named := []string{
		"bind rbac.authorization.k8s.io/clusterroles shequ-community-lead",
		"bind rbac.authorization.k8s.io/clusterroles shequ-community-worker",
		"bind rbac.authorization.k8s.io/clusterroles shequ-community-viewer",
	}
	user, groups := serviceAccount(systemNamespace, operator)
	same(t, "elsewhere", append(slices.Clone(want), named...), asked(t, user, groups, corev1.NamespaceDefault))

	at := slices.Concat(want, named, []string{
		"create coordination.k8s.io/leases",
		"get coordination.k8s.io/leases shequ-operator", "update coordination.k8s.io/leases shequ-operator",
	})
	same(t, "in its own namespace", at, asked(t, user, groups, systemNamespace))
}

// TestPeopleMay: each role allows what its table says, where it is bound, and
// nothing anywhere else.
func TestPeopleMay(t *testing.T) {
	viewer := slices.Concat(
		on(reading, "/pods", "/services", "/resourcequotas", "/events", "events.k8s.io/events", "apps/deployments", "apps/replicasets"),
	)
	events := on(reading, "/events", "events.k8s.io/events")
	for role, want := range map[string][]string{
		"shequ-community-viewer": viewer,
		"shequ-community-worker": slices.Concat(viewer, on("get", "/pods/log")),
		"shequ-community-lead":   slices.Concat(viewer, on("get", "/pods/log"), on("delete", "/pods")),
		"shequ-viewer": on(reading, "shequ.io/communities", "shequ.io/servicestations", "shequ.io/grids", "shequ.io/admittedtasks",
			"shequ.io/taskdecisions", "shequ.io/taskledgers", "/namespaces"),
		"shequ-subdistrict-editor": slices.Concat(events, on(reading, "shequ.io/taskledgers"),
			on(writing, "shequ.io/communities", "shequ.io/servicestations", "shequ.io/grids", "shequ.io/taskdecisions")),
		"shequ-department-editor": slices.Concat(events, on(writing, "shequ.io/admittedtasks")),
		"shequ-committee-editor":  slices.Concat(events, on(writing, "shequ.io/taskdecisions")),
		"shequ-finance-editor":    slices.Concat(events, on(writing, "shequ.io/taskdecisions")),
	} {
		t.Run(role, func(t *testing.T) {
			namespace := &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{GenerateName: "party-"}}
			if err := kustomized.client.Create(t.Context(), namespace); err != nil {
				t.Fatal(err)
			}
			user := "user-of-" + role
			binding := &rbacv1.RoleBinding{
				ObjectMeta: metav1.ObjectMeta{Name: "test", Namespace: namespace.Name},
				RoleRef:    rbacv1.RoleRef{APIGroup: rbacv1.GroupName, Kind: "ClusterRole", Name: role},
				Subjects:   []rbacv1.Subject{{APIGroup: rbacv1.GroupName, Kind: "User", Name: user}},
			}
			if err := kustomized.client.Create(t.Context(), binding); err != nil {
				t.Fatal(err)
			}
			groups := []string{"system:authenticated"}
			first, _, _ := strings.Cut(want[0], " ")
			await(t, user, groups, namespace.Name, question{verb: first, resource: want[0][len(first)+1:]})
			same(t, "where it is bound", want, asked(t, user, groups, namespace.Name))
			same(t, "elsewhere", nil, asked(t, user, groups, corev1.NamespaceDefault))
		})
	}
}

// TestViewerOfAll: bound for the whole cluster, the viewer shows the kinds that
// are in no namespace too, and changes nothing.
func TestViewerOfAll(t *testing.T) {
	const user = "user-of-all"
	binding := &rbacv1.ClusterRoleBinding{
		ObjectMeta: metav1.ObjectMeta{GenerateName: "test-"},
		RoleRef:    rbacv1.RoleRef{APIGroup: rbacv1.GroupName, Kind: "ClusterRole", Name: "shequ-viewer"},
		Subjects:   []rbacv1.Subject{{APIGroup: rbacv1.GroupName, Kind: "User", Name: user}},
	}
	if err := kustomized.client.Create(t.Context(), binding); err != nil {
		t.Fatal(err)
	}
	want := on(reading, "shequ.io/communities", "shequ.io/servicestations", "shequ.io/grids", "shequ.io/admittedtasks",
		"shequ.io/taskdecisions", "shequ.io/taskledgers", "shequ.io/communitystandards", "shequ.io/informationsystems",
		"/namespaces", "admissionregistration.k8s.io/validatingadmissionpolicies", "admissionregistration.k8s.io/validatingadmissionpolicybindings")
	groups := []string{"system:authenticated"}
	await(t, user, groups, corev1.NamespaceDefault, question{verb: "get", resource: "shequ.io/communities"})
	same(t, "in the cluster", want, asked(t, user, groups, corev1.NamespaceDefault))
}

// TestNoWildcards reads what is installed: a rule for everything would also
// cover what no server of today serves.
func TestNoWildcards(t *testing.T) {
	for key, object := range kustomize(t, "config", "default") {
		rules, _ := object.Object["rules"].([]any)
		for _, rule := range rules {
			for field, values := range rule.(map[string]any) {
				if slices.Contains(values.([]any), any("*")) {
					t.Errorf("%s has a wildcard in %s", key, field)
				}
			}
			if rule.(map[string]any)["nonResourceURLs"] != nil {
				t.Errorf("%s has a rule about URLs", key)
			}
		}
	}
}

func serviceAccount(namespace, name string) (user string, groups []string) {
	return "system:serviceaccount:" + namespace + ":" + name,
		[]string{"system:serviceaccounts", "system:serviceaccounts:" + namespace, "system:authenticated"}
}

// same compares what is allowed with what should be.
func same(t *testing.T, where string, want []string, have map[string]bool) {
	t.Helper()
	for _, q := range slices.Sorted(maps.Keys(have)) {
		if !slices.Contains(want, q) {
			t.Errorf("%s, this is allowed and should not be: %s", where, q)
		}
	}
	for _, q := range want {
		if !have[q] {
			t.Errorf("%s, this is not allowed and should be: %s", where, q)
		}
	}
}

// asked is what a user may do beyond what everybody may. A question about one
// object is left out where the whole resource is allowed.
func asked(t *testing.T, user string, groups []string, namespace string) map[string]bool {
	t.Helper()
	may := ask(t, user, groups, namespace, questions(t))
	anybody := baseline(t, groups)
	out := map[string]bool{}
	for q := range may {
		whole := q
		whole.name = ""
		if !anybody[q] && (q.name == "" || !may[whole]) {
			out[q.String()] = true
		}
	}
	return out
}

var baselines = map[string]map[question]bool{}

// baseline is what everybody of the groups may.
func baseline(t *testing.T, groups []string) map[question]bool {
	t.Helper()
	key := strings.Join(groups, " ")
	if baselines[key] == nil {
		baselines[key] = ask(t, "nobody", groups, corev1.NamespaceDefault, questions(t))
	}
	return baselines[key]
}

// questions are every verb on every resource the server serves, with and
// without what is under it, and on what can be named in rules alone.
var questions = func() func(*testing.T) []question {
	var once sync.Once
	var out []question
	return func(t *testing.T) []question {
		t.Helper()
		once.Do(func() { out = allQuestions(t) })
		return out
	}
}()

func allQuestions(t *testing.T) []question {
	t.Helper()
	// What rules may name and this server does not serve. The value tells whether
	// the resource is of no namespace.
	resources := map[string]bool{
		"*/*": false, "/*": false, "gateway.networking.k8s.io/httproutes": false, "postgresql.cnpg.io/databases": false, "monitoring.coreos.com/podmonitors": false, "gateway.networking.k8s.io/gateways": false,
	}
	_, lists, err := discovery.NewDiscoveryClientForConfigOrDie(kustomized.env.Config).ServerGroupsAndResources()
	if err != nil {
		t.Fatal(err)
	}
	for _, list := range lists {
		version, err := schema.ParseGroupVersion(list.GroupVersion)
		if err != nil {
			t.Fatal(err)
		}
		for _, resource := range list.APIResources {
			// A request for a namespace is one in it.
			resources[version.Group+"/"+resource.Name] = !resource.Namespaced && !strings.HasPrefix(resource.Name, "namespaces")
		}
	}
	for _, want := range []string{"/secrets", "/pods/exec", "/serviceaccounts/token", "shequ.io/taskledgers/status", "shequ.io/communities/status"} {
		if _, ok := resources[want]; !ok {
			t.Fatalf("the server does not serve %s", want)
		}
	}
	var out []question
	for resource, cluster := range resources {
		for _, verb := range []string{"get", "list", "watch", "create", "update", "patch", "delete", "deletecollection", "*"} {
			out = append(out, question{verb: verb, resource: resource, cluster: cluster})
		}
	}
	for _, role := range []string{"", "cluster-admin", "admin", "shequ-operator", "shequ-subdistrict-editor",
		"shequ-community-lead", "shequ-community-worker", "shequ-community-viewer"} {
		for _, verb := range []string{"bind", "escalate"} {
			out = append(out,
				question{verb: verb, resource: rbacv1.GroupName + "/clusterroles", name: role, cluster: true},
				// As it is asked when a RoleBinding is written.
				question{verb: verb, resource: rbacv1.GroupName + "/clusterroles", name: role},
				question{verb: verb, resource: rbacv1.GroupName + "/roles", name: role})
		}
	}
	for _, resource := range []string{"/users", "/groups", "/serviceaccounts", "authentication.k8s.io/userextras", "authentication.k8s.io/uids"} {
		out = append(out, question{verb: "impersonate", resource: resource, cluster: true}, question{verb: "impersonate", resource: resource})
	}
	for _, verb := range []string{"get", "update", "patch", "delete"} {
		for _, lease := range []string{"shequ-operator", "another"} {
			out = append(out, question{verb: verb, resource: "coordination.k8s.io/leases", name: lease})
		}
	}
	for _, verb := range []string{"approve", "sign", "attest"} {
		out = append(out, question{verb: verb, resource: "certificates.k8s.io/signers", cluster: true})
	}
	return out
}

// ask asks the API server's authorizer, and returns what is allowed.
func ask(t *testing.T, user string, groups []string, namespace string, all []question) map[question]bool {
	t.Helper()
	config := rest.CopyConfig(kustomized.env.Config)
	config.ContentType = "application/vnd.kubernetes.protobuf"
	reviews := kubernetes.NewForConfigOrDie(config).AuthorizationV1().SubjectAccessReviews()
	var (
		mu     sync.Mutex
		out    = map[question]bool{}
		failed error
		queue  = make(chan question)
		wait   sync.WaitGroup
	)
	for range 8 {
		wait.Go(func() {
			for q := range queue {
				allowed, err := review(t.Context(), reviews.Create, user, groups, namespace, q)
				mu.Lock()
				if err != nil {
					failed = err
				}
				if allowed {
					out[q] = true
				}
				mu.Unlock()
			}
		})
	}
	for _, q := range all {
		queue <- q
	}
	close(queue)
	wait.Wait()
	if failed != nil {
		t.Fatal(failed)
	}
	return out
}

type create func(context.Context, *authorizationv1.SubjectAccessReview, metav1.CreateOptions) (*authorizationv1.SubjectAccessReview, error)

func review(ctx context.Context, create create, user string, groups []string, namespace string, q question) (bool, error) {
	group, resource, ok := strings.Cut(q.resource, "/")
	if !ok {
		return false, fmt.Errorf("%q has no group", q.resource)
	}
	resource, sub, _ := strings.Cut(resource, "/")
	if q.cluster {
		namespace = metav1.NamespaceNone
	}
	got, err := create(ctx, &authorizationv1.SubjectAccessReview{Spec: authorizationv1.SubjectAccessReviewSpec{
		User: user, Groups: groups, ResourceAttributes: &authorizationv1.ResourceAttributes{
			Namespace: namespace, Verb: q.verb, Group: group, Resource: resource, Subresource: sub, Name: q.name,
		},
	}}, metav1.CreateOptions{})
	if err != nil {
		return false, err
	}
	return got.Status.Allowed, nil
}

// await returns once the authorizer knows of a binding.
func await(t *testing.T, user string, groups []string, namespace string, q question) {
	t.Helper()
	for !ask(t, user, groups, namespace, []question{q})[q] {
		if t.Context().Err() != nil {
			t.Fatalf("%s is never allowed to %s", user, q)
		}
	}
}
