package custody_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	appsv1 "k8s.io/api/apps/v1"
	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/shequ-io/shequ/api/v1alpha1"
	"github.com/shequ-io/shequ/controllers/controllertest"
	"github.com/shequ-io/shequ/internal/district"
	"github.com/shequ-io/shequ/internal/district/districttest"
	"github.com/shequ-io/shequ/internal/settings"
)

const (
	system      = "shequ-system"
	adminSecret = "postgres-admin"
	imageOne    = "registry.example/station:one"
	imageTwo    = "registry.example/station:two"
)

// suite is the API server and the operator of every test of this package, postgres
// the district's database server, and offset what the operator's clock is ahead.
// Tests that stop the server, move the clock or restart the operator are not
// parallel.
var (
	suite    = &controllertest.Suite{Namespace: system, Now: func() time.Time { return time.Now().Add(time.Duration(offset.Load())) }}
	postgres *districttest.Server
	offset   atomic.Int64
)

func TestMain(m *testing.M) {
	var err error
	if postgres, err = districttest.New(context.Background()); err != nil {
		fmt.Fprintln(os.Stderr, err)
		if os.Getenv("CI") != "true" && errors.Is(err, districttest.ErrMissing) {
			os.Exit(0)
		}
		os.Exit(1)
	}
	suite.Settings = with(imageOne)
	code := controllertest.Main(m, suite)
	postgres.Close()
	os.Exit(code)
}

// with are the operator's settings with a database.
func with(image string) *settings.Settings {
	s := controllertest.Settings()
	s.StationImage = image
	s.Network.Database = []settings.Peer{{CIDR: "10.30.0.5/32", Ports: []int32{5432}}}
	s.Database = &settings.Database{AdminSecret: adminSecret, KeySecret: "district-key", ConnectionsPerCommunity: 8, RotationDays: 90}
	s.OIDC = &settings.OIDC{Issuer: "https://id.shequ.example", ClientID: "desk", GroupsClaim: "groups", WorkClaim: "preferred_username"}
	return &s
}

// world is a sub-district in a district with a database.
type world struct{ *controllertest.World }

var once sync.Once

func newWorld(t *testing.T) world {
	t.Helper()
	once.Do(func() {
		for _, obj := range []client.Object{&corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: system}}, admin()} {
			if err := suite.Env.Client.Create(t.Context(), obj); err != nil {
				t.Fatal(err)
			}
		}
	})
	return world{suite.World(t)}
}

// admin is the Secret with which the operator reaches the server.
func admin() *corev1.Secret {
	return &corev1.Secret{
		ObjectMeta: metav1.ObjectMeta{Namespace: system, Name: adminSecret}, Data: map[string][]byte{district.AdminDSN: []byte(postgres.Operator)},
	}
}

// secret reads a Secret that is there.
func (w world) secret(namespace, name string) *corev1.Secret {
	w.Helper()
	s := &corev1.Secret{ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: name}}
	w.There(s)
	return s
}

// uri a program of community one connects with.
func (w world) uri(program string) string {
	w.Helper()
	return string(w.secret(w.Home("one"), program+"-secrets").Data["uri"])
}

// connect logs in as a program of a community does.
func (w world) connect(uri string) (*pgx.Conn, error) {
	w.Helper()
	conn, err := pgx.Connect(w.Context(), uri)
	if err == nil {
		w.Cleanup(func() { _ = conn.Close(context.Background()) })
	}
	return conn, err
}

// exec runs statements in the database of community one, as its owner.
func (w world) exec(statements ...string) {
	w.Helper()
	conn, err := w.connect(w.uri("migrate"))
	if err != nil {
		w.Fatal(err)
	}
	defer conn.Close(w.Context())
	for _, statement := range statements {
		if _, err := conn.Exec(w.Context(), statement); err != nil {
			w.Fatalf("%s: %v", statement, err)
		}
	}
}

func (w world) deployment(community, name string) *appsv1.Deployment {
	return &appsv1.Deployment{ObjectMeta: metav1.ObjectMeta{Namespace: w.Home(community), Name: name}}
}

// absent fails where an object is there.
func (w world) absent(obj client.Object) {
	w.Helper()
	if err := suite.Env.Client.Get(w.Context(), client.ObjectKeyFromObject(obj), obj); !apierrors.IsNotFound(err) {
		w.Errorf("%T %s is there: %v", obj, obj.GetName(), err)
	}
}

// jobs of a community's migrations.
func (w world) jobs(community string) []batchv1.Job {
	w.Helper()
	var list batchv1.JobList
	if err := suite.Env.Client.List(w.Context(), &list, client.InNamespace(w.Home(community))); err != nil {
		w.Fatal(err)
	}
	return list.Items
}

// touch has the operator look at a community.
func (w world) touch(c *v1alpha1.Community) {
	w.Helper()
	controllertest.Change(w.World, c, func(c *v1alpha1.Community) {
		meta := c.Annotations
		if meta == nil {
			meta = map[string]string{}
		}
		meta["test/touched"] = time.Now().Format(time.RFC3339Nano)
		c.Annotations = meta
	})
}

func (w world) databaseReady(c *v1alpha1.Community) {
	w.Helper()
	w.Condition(c, v1alpha1.ConditionDatabaseReady, metav1.ConditionTrue, v1alpha1.ReasonProvisioned, district.Name(w.Home(c.Name)))
}

func (w world) notReady(c *v1alpha1.Community, reason string, texts ...string) {
	w.Helper()
	w.Condition(c, v1alpha1.ConditionDatabaseReady, metav1.ConditionFalse, reason, texts...)
}

// advance moves the operator's clock, until the test ends.
func advance(t *testing.T, d time.Duration) {
	t.Helper()
	offset.Add(int64(d))
	t.Cleanup(func() { offset.Add(-int64(d)) })
}

// restart has another operator take over, with an image.
func restart(t *testing.T, image string) {
	t.Helper()
	suite.Settings = with(image)
	suite.Swap(t, suite.Env.Operator(), nil)
}

func (w world) down() {
	postgres.Stop()
	w.Cleanup(w.up) // whatever becomes of the test
}

// up starts the server, unless it runs.
func (w world) up() {
	w.Helper()
	if err := postgres.Start(context.WithoutCancel(w.Context())); err != nil {
		w.Fatal(err)
	}
}

func canLogIn(t *testing.T, role string) string {
	t.Helper()
	return postgres.Ask(t, "select rolcanlogin::text from pg_roles where rolname = $1", role)
}

func comment(t *testing.T, database string) string {
	t.Helper()
	return postgres.Ask(t, "select shobj_description(oid, 'pg_database') from pg_database where datname = $1", database)
}

func stalled(c *v1alpha1.Community) error {
	if !meta.IsStatusConditionTrue(c.Status.Conditions, v1alpha1.ConditionStalled) {
		return errors.New("it is not Stalled")
	}
	return nil
}

func args(d *appsv1.Deployment) string {
	return strings.Join(d.Spec.Template.Spec.Containers[0].Args, " ")
}
