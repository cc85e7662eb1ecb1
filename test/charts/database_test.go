package charts

import (
	"errors"
	"fmt"
	"testing"

	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/shequ-io/shequ/api/v1alpha1"
	"github.com/shequ-io/shequ/internal/blueprint"
	"github.com/shequ-io/shequ/internal/district"
	"github.com/shequ-io/shequ/internal/district/districttest"
	"github.com/shequ-io/shequ/internal/settings"
)

// TestOperatorKeepsDatabases: the ServiceAccount's permissions are enough for a
// community with a database and an information system, from its keys to its
// retirement.
func TestOperatorKeepsDatabases(t *testing.T) {
	server := districttest.Start(t)
	admin := &corev1.Secret{
		ObjectMeta: metav1.ObjectMeta{Namespace: systemNamespace, Name: "postgres-admin"}, Data: map[string][]byte{district.AdminDSN: []byte(server.Operator)},
	}
	subdistrict := &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{GenerateName: "with-database-", Labels: map[string]string{v1alpha1.RoleLabel: v1alpha1.RoleSubdistrict}}}
	community := &v1alpha1.Community{ObjectMeta: metav1.ObjectMeta{Name: "one"}, Spec: v1alpha1.CommunitySpec{
		DisplayName: v1alpha1.LocalizedText{ZH: "试社区"}, StandardRef: v1alpha1.LocalReference{Name: "none"},
		Profile: v1alpha1.CommunityProfile{Households: 1000, Residents: 3000}, DeletionPolicy: v1alpha1.DeletionRetain,
	}}
	credentials := &corev1.Secret{ObjectMeta: metav1.ObjectMeta{Namespace: corev1.NamespaceDefault, Name: "of-health"}, Data: map[string][]byte{
		"key-id": []byte("one"), "key": []byte("a key of enough bytes"),
	}}
	system := &v1alpha1.InformationSystem{ObjectMeta: metav1.ObjectMeta{Name: "health"}, Spec: v1alpha1.InformationSystemSpec{
		DisplayName: v1alpha1.LocalizedText{ZH: "系统"}, Owner: "部门", DataLocation: v1alpha1.LocalizedText{ZH: "数据中心"},
		Protocol: v1alpha1.SystemProtocol{Type: v1alpha1.ProtocolHTTP, HTTP: &v1alpha1.HTTPProtocol{
			BaseURL: "https://192.0.2.1", Auth: v1alpha1.HTTPAuth{Type: v1alpha1.AuthHMAC, SecretRef: v1alpha1.NamespacedReference{Namespace: credentials.Namespace, Name: credentials.Name}},
		}},
		Egress: []v1alpha1.EgressPeer{{CIDR: "192.0.2.1/32", Port: 443}},
	}}
	community.Spec.Integrations = []v1alpha1.Integration{{System: system.Name}}
	for _, object := range []client.Object{admin, subdistrict, credentials, system, community} {
		community.Namespace = subdistrict.Name // once that is known
		if err := kustomized.client.Create(t.Context(), object); err != nil {
			t.Fatal(err)
		}
	}
	refused := runOperator(t, func(s *settings.Settings) {
		s.Database = &settings.Database{AdminSecret: admin.Name, KeySecret: "district-key", ConnectionsPerCommunity: 8, RotationDays: 90}
		s.Network.Database = []settings.Peer{{CIDR: "127.0.0.1/32"}}
	})
	home := blueprint.HomeNamespace(community.Namespace, community.Name)
	for _, key := range []client.ObjectKey{
		{Namespace: systemNamespace, Name: "district-key"}, {Namespace: systemNamespace, Name: "key-" + home},
		{Namespace: home, Name: "portal-secrets"}, {Namespace: home, Name: "desk-secrets"}, {Namespace: home, Name: "migrate-secrets"},
		{Namespace: home, Name: "courier-secrets"}, {Namespace: home, Name: "courier-credentials"},
	} {
		eventually(t, "Secret "+key.String()+" is made", func() error {
			return get(t, &corev1.Secret{ObjectMeta: metav1.ObjectMeta{Namespace: key.Namespace, Name: key.Name}})
		})
	}
	eventually(t, "the migration is waited for", func() error {
		jobs := &batchv1.JobList{}
		err := errors.Join(get(t, community), kustomized.client.List(t.Context(), jobs, client.InNamespace(home)))
		c := meta.FindStatusCondition(community.Status.Conditions, v1alpha1.ConditionDatabaseReady)
		if err != nil || len(jobs.Items) != 1 || c == nil || c.Reason != v1alpha1.ReasonMigrationRunning {
			return fmt.Errorf("%d Jobs, %+v, %w", len(jobs.Items), c, err)
		}
		return nil
	})
	if err := kustomized.client.Delete(t.Context(), community); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the Community is gone", func() error { return gone(t, community) })
	eventually(t, "nobody can log in", func() error {
		if can := server.Ask(t, `select string_agg(rolname, ' ') from pg_roles where rolcanlogin and rolname like 'c\_%'`); can != "" {
			return errors.New(can)
		}
		return nil
	})
	if err := get(t, &corev1.Secret{ObjectMeta: metav1.ObjectMeta{Namespace: systemNamespace, Name: "key-" + home}}); err != nil {
		t.Errorf("the key did not stay: %v", err)
	}
	if err := refused(); err != nil {
		t.Error(err)
	}
}
