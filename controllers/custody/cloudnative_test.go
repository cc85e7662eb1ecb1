package custody_test

import (
	"errors"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	apiextensionsv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/controller-runtime/pkg/envtest"
	"sigs.k8s.io/yaml"

	"github.com/shequ-io/shequ/api/v1alpha1"
	"github.com/shequ-io/shequ/controllers/custody"
	"github.com/shequ-io/shequ/internal/district"
	"github.com/shequ-io/shequ/internal/settings"
)

// databases is the namespace of the Cluster.
const databases = "databases"

// TestCloudNativePG: named in the configuration, CloudNativePG makes the databases by
// objects the operator keeps; deleting one of them deletes no data, and the database of
// a deleted community goes after its object. It restarts the operator, so it is not
// parallel.
func TestCloudNativePG(t *testing.T) {
	w := newWorld(t)
	s := with(imageOne)
	s.Database.CloudNativePG = &settings.CloudNativePG{Namespace: databases, Cluster: "district"}
	suite.Settings = s
	t.Cleanup(func() { restart(t, imageOne) })
	suite.Swap(t, suite.Env.Operator(), nil)

	c := w.Community("one")
	c.Spec.DeletionPolicy = v1alpha1.DeletionDelete
	w.Create(c)
	w.notReady(c, v1alpha1.ReasonCloudNativePG, "install CloudNativePG", "database.cloudNativePG")

	install(t)
	w.touch(c)
	w.notReady(c, v1alpha1.ReasonCloudNativePG, `"databases" not found`, "make the namespace")

	w.Create(&corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: databases}})
	w.touch(c)
	w.notReady(c, v1alpha1.ReasonDatabasePending, databases+"/"+w.Home("one"), "see whether its operator and the Cluster run")
	name := district.Name(w.Home("one"))
	if got := postgres.Ask(t, "select datname from pg_database where datname = $1", name); got != "" {
		t.Fatal("the operator made the database itself")
	}

	w.make("one")
	w.databaseReady(c)
	w.Ready(c)
	if conn, err := w.connect(w.uri("portal")); err != nil {
		t.Error(err)
	} else if err := errors.Join(conn.Ping(t.Context()), conn.Close(t.Context())); err != nil {
		t.Error(err)
	}
	if got := postgres.Ask(t, "select has_database_privilege('public', $1, 'CONNECT')::text || datconnlimit::text from pg_database where datname = $1", name); got != "false8" {
		t.Errorf("the database is open, or to more connections than may be: %s", got)
	}

	w.exec("create table kept (number int)")
	object := w.object("one")
	w.Delete(object)
	w.Gone(object)
	advance(t, 11*time.Minute)
	w.touch(c)
	w.There(w.object("one"))
	w.databaseReady(c)
	w.exec("insert into kept values (1)")

	w.Delete(c)
	w.Finalise(w.Home("one"))
	w.Gone(c, &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: w.Home("one")}})
	w.There(w.object("one")) // for as long as the database is kept
	advance(t, 31*day)
	suite.Swap(t, suite.Env.Operator(), nil) // which sweeps
	w.Gone(w.object("one"))
	if got := postgres.Ask(t, "select datname from pg_database where datname = $1", name); got == "" {
		t.Error("the database went with the object that would make it again")
	}
	suite.Swap(t, suite.Env.Operator(), nil)
	w.Eventually("end of the database", func() error {
		if postgres.Ask(t, "select datname from pg_database where datname = $1", name) != "" {
			return errors.New("it is there")
		}
		return nil
	})
	w.Gone(&corev1.Secret{ObjectMeta: metav1.ObjectMeta{Namespace: system, Name: "key-" + w.Home("one")}})
}

// install brings CloudNativePG's kind, until the test ends.
func install(t *testing.T) {
	t.Helper()
	data, err := os.ReadFile("testdata/databases.yaml")
	if err != nil {
		t.Fatal(err)
	}
	crd := &apiextensionsv1.CustomResourceDefinition{}
	if err := yaml.UnmarshalStrict(data, crd); err != nil {
		t.Fatal(err)
	}
	options := envtest.CRDInstallOptions{CRDs: []*apiextensionsv1.CustomResourceDefinition{crd}}
	if _, err := envtest.InstallCRDs(suite.Env.Config, options); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := envtest.UninstallCRDs(suite.Env.Config, options); err != nil {
			t.Error(err)
		}
	})
}

// object of a community's database.
func (w world) object(community string) *unstructured.Unstructured {
	u := &unstructured.Unstructured{}
	u.SetGroupVersionKind(custody.DatabaseKind)
	u.SetNamespace(databases)
	u.SetName(w.Home(community))
	return u
}

// make does once what CloudNativePG does for an object: as a superuser, it creates the
// database as asked, and says so in the status.
func (w world) make(community string) {
	w.Helper()
	u := w.object(community)
	w.There(u)
	of := func(field string) string {
		text, _, err := unstructured.NestedString(u.Object, "spec", field)
		if err != nil || text == "" {
			w.Fatalf("spec.%s is %q, %v", field, text, err)
		}
		return text
	}
	if got := of("databaseReclaimPolicy"); got != "retain" {
		w.Fatalf("databaseReclaimPolicy is %s", got)
	}
	limit, _, err := unstructured.NestedInt64(u.Object, "spec", "connectionLimit")
	if err != nil {
		w.Fatal(err)
	}
	if cluster, _, _ := unstructured.NestedString(u.Object, "spec", "cluster", "name"); cluster != "district" {
		w.Fatalf("it is of Cluster %q", cluster)
	}
	if err := postgres.Exec(w.Context(), fmt.Sprintf("CREATE DATABASE %q OWNER %q TEMPLATE %q CONNECTION LIMIT %d ENCODING %q LOCALE %q",
		of("name"), of("owner"), of("template"), limit, of("encoding"), of("locale"))); err != nil {
		w.Fatal(err)
	}
	u.Object["status"] = map[string]any{"observedGeneration": u.GetGeneration(), "applied": true}
	if err := suite.Env.Client.Status().Update(w.Context(), u); err != nil {
		w.Fatal(err)
	}
	if !strings.HasPrefix(of("name"), "c_") {
		w.Errorf("it asks for database %s", of("name"))
	}
}
