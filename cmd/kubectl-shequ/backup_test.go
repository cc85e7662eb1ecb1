package main

import (
	"context"
	"crypto/rand"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/shequ-io/shequ/api/v1alpha1"
	"github.com/shequ-io/shequ/controllers/custody"
	"github.com/shequ-io/shequ/internal/blueprint"
	postgres "github.com/shequ-io/shequ/internal/district"
	"github.com/shequ-io/shequ/internal/district/districttest"
	"github.com/shequ-io/shequ/internal/seal"
)

// kept is a community's database on a server, and its key in a namespace.
type kept struct {
	*testing.T

	server *districttest.Server
	system string
	config string
	home   string
	seed   seal.Seed
}

func (k *kept) run(args ...string) result {
	k.Helper()
	return feed(k.T, "", append(args, "--kubeconfig", k.config, "--system-namespace", k.system, "--pg-bin", k.server.Bin())...)
}

func (k *kept) create(objects ...client.Object) {
	k.Helper()
	for _, o := range objects {
		if err := env.Client.Create(k.Context(), o); err != nil {
			k.Fatal(err)
		}
	}
}

func newKept(t *testing.T) *kept {
	t.Helper()
	k := &kept{T: t, server: districttest.Start(t), system: env.Namespace(t, ""), config: kubeconfig(t, env.Config)}
	k.home = blueprint.HomeNamespace("town", "one")
	raw, err := seal.NewDistrictKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	districtKey, err := seal.ParseDistrictKey(raw)
	if err != nil {
		t.Fatal(err)
	}
	if k.seed, err = seal.NewSeed(rand.Reader); err != nil {
		t.Fatal(err)
	}
	wrapped, err := districtKey.Wrap(rand.Reader, k.seed, k.home)
	if err != nil {
		t.Fatal(err)
	}
	secret := func(name, key, value string) *corev1.Secret {
		return &corev1.Secret{ObjectMeta: metav1.ObjectMeta{Namespace: k.system, Name: name}, Data: map[string][]byte{key: []byte(value)}}
	}
	k.create(secret("district-key", "key", string(raw)), secret("postgres-admin", postgres.AdminDSN, k.server.Operator),
		custody.KeySecret(k.system, k.home, "town/one", wrapped))
	return k
}

// fill makes the database with one row.
func (k *kept) fill() {
	k.Helper()
	conn, err := (postgres.Admin{DSN: k.server.Operator}).Connect(k.Context(), "")
	if err != nil {
		k.Fatal(err)
	}
	defer conn.Close(k.Context())
	key, err := postgres.Fingerprint(k.seed)
	if err != nil {
		k.Fatal(err)
	}
	if err := postgres.Receive(k.Context(), conn, postgres.Name(k.home), key); err != nil {
		k.Fatal(err)
	}
	k.super("create table cases as select 'a row' as number", "alter table cases owner to "+pgx.Identifier{postgres.OwnerRole(postgres.Name(k.home))}.Sanitize())
}

// super runs statements in the community's database.
func (k *kept) super(statements ...string) {
	k.Helper()
	conn, err := k.server.Admin(k.Context(), postgres.Name(k.home))
	if err != nil {
		k.Fatal(err)
	}
	defer conn.Close(k.Context())
	for _, s := range statements {
		if _, err := conn.Exec(k.Context(), s); err != nil {
			k.Fatalf("%s: %v", s, err)
		}
	}
}

func TestBackupAndRestore(t *testing.T) {
	k := newKept(t)
	k.fill()
	file := filepath.Join(t.TempDir(), "one.tar")
	expect(t, k.run("backup", "one", "-n", "town", "-f", file), exitPassed)
	if info, err := os.Stat(file); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the file is %v, %v", info, err)
	}
	refused := func(r result, want string) {
		t.Helper()
		if r.code != exitFailed || !strings.Contains(r.err, want) {
			t.Errorf("exit code %d, want a failure that says %q:\n%s", r.code, want, r.err)
		}
	}
	refused(k.run("backup", "one", "-n", "town", "-f", file), "exists")
	refused(k.run("backup", "two", "-n", "town", "-f", file+"2"), "there is no Secret "+k.system+"/key-")
	refused(k.run("backup", "one", "-n", "town"), "with -f FILE")
	refused(k.run("restore", file), "nothing that is there is overwritten")

	// All is lost but the file and the district's key.
	if err := k.server.Exec(t.Context(), "DROP DATABASE "+pgx.Identifier{postgres.Name(k.home)}.Sanitize()); err != nil {
		t.Fatal(err)
	}
	key := &corev1.Secret{ObjectMeta: metav1.ObjectMeta{Namespace: k.system, Name: custody.SecretName(k.home)}}
	if err := env.Client.Delete(t.Context(), key); err != nil {
		t.Fatal(err)
	}
	expect(t, k.run("restore", file), exitPassed)
	if err := env.Client.Get(t.Context(), client.ObjectKeyFromObject(key), key); err != nil || key.Immutable == nil || len(custody.Wrapped(key)) == 0 {
		t.Errorf("the key is not back: %v", err)
	}
	k.super(`do $$ begin if (select number from cases) <> 'a row' then raise 'another row'; end if; end $$`)
}

func TestRestoreIsRefused(t *testing.T) {
	k := newKept(t)
	k.fill()
	file := filepath.Join(t.TempDir(), "one.tar")
	expect(t, k.run("backup", "one", "-n", "town", "-f", file), exitPassed)
	other := newKept(t)
	r := other.run("restore", file)
	if r.code != exitFailed || !strings.Contains(r.err, "restore both Secrets from the same backup") {
		t.Errorf("with another district's key: exit code %d, %s", r.code, r.err)
	}
	town := &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: "town", Labels: map[string]string{v1alpha1.RoleLabel: v1alpha1.RoleSubdistrict}}}
	community := &v1alpha1.Community{ObjectMeta: metav1.ObjectMeta{Namespace: "town", Name: "one"}, Spec: v1alpha1.CommunitySpec{
		DisplayName: v1alpha1.LocalizedText{ZH: "一"}, StandardRef: v1alpha1.LocalReference{Name: "none"}, Profile: v1alpha1.CommunityProfile{Households: 1, Residents: 1},
	}}
	k.create(town, community)
	t.Cleanup(func() {
		if err := env.Client.Delete(context.Background(), community); err != nil {
			t.Error(err)
		}
	})
	if r := k.run("restore", file); r.code != exitFailed || !strings.Contains(r.err, "there is a Community town/one: delete it first") {
		t.Errorf("beside a Community: exit code %d, %s", r.code, r.err)
	}
	if err := os.WriteFile(file, []byte("nothing"), 0o600); err != nil {
		t.Fatal(err)
	}
	if r := k.run("restore", file); r.code != exitFailed || !strings.Contains(r.err, "no whole backup") {
		t.Errorf("of no backup: exit code %d, %s", r.code, r.err)
	}
}
