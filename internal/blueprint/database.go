package blueprint

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"maps"

	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	batchv1ac "k8s.io/client-go/applyconfigurations/batch/v1"
	corev1ac "k8s.io/client-go/applyconfigurations/core/v1"
	metav1ac "k8s.io/client-go/applyconfigurations/meta/v1"
	networkingv1ac "k8s.io/client-go/applyconfigurations/networking/v1"

	"github.com/shequ-io/shequ/api/v1alpha1"
)

const (
	secretsDir = "/etc/shequ/secrets" //nolint:gosec // a directory
	deskDir    = "/etc/shequ/desk"
	// CAFile is where a program finds the CA of the database's server.
	CAFile = secretsDir + "/" + caKey

	caKey           = "ca.crt"
	migrationPrefix = ComponentMigrate + "-"
	// migrationRetries are made with growing pauses, over about two minutes.
	migrationRetries = 4
)

// SecretsName is the Secret of a program with what it may know of its community's
// database and keys.
func SecretsName(component string) string { return component + "-secrets" }

// SecretFacts is what the programs' Secrets hold. Each program gets what it needs
// and no more: the public site can't open what it has sealed.
type SecretFacts struct {
	PortalURI, DeskURI, OwnerURI string
	// CourierURI is empty where the community has no courier.
	CourierURI string
	// CA of the database's server, as PEM; none when empty.
	CA string
	// SealingPublic and SealingPrivate are the two halves of the community's key
	// pair.
	SealingPublic, SealingPrivate []byte
	// CourierPublic and CourierPrivate are those of the courier's own key pair, which
	// opens the messages to information systems and nothing else.
	CourierPublic, CourierPrivate []byte
	// Receipts is the key of receipt codes, Session that of the desk's sessions.
	Receipts, Session []byte
	// ClientSecret of the desk at the identity provider; none when empty.
	ClientSecret []byte
}

// Format prints nothing of them, whatever the verb.
func (SecretFacts) Format(f fmt.State, _ rune) { fmt.Fprint(f, "(secrets)") }

// Secrets are those of portal, desk, courier and migration.
func Secrets(h Home, f SecretFacts) []any {
	portal := map[string][]byte{"uri": []byte(f.PortalURI), "sealing.pub": f.SealingPublic, "receipts.key": f.Receipts}
	desk := map[string][]byte{
		"uri": []byte(f.DeskURI), "sealing.pub": f.SealingPublic, "receipts.key": f.Receipts,
		"sealing.key": f.SealingPrivate, "session.key": f.Session, "courier.pub": f.CourierPublic,
	}
	if len(f.ClientSecret) > 0 {
		desk["oidc-client-secret"] = f.ClientSecret
	}
	type secret struct {
		component string
		data      map[string][]byte
	}
	secrets := []secret{{ComponentPortal, portal}, {ComponentDesk, desk}, {ComponentMigrate, map[string][]byte{"uri": []byte(f.OwnerURI)}}}
	if f.CourierURI != "" {
		secrets = append(secrets, secret{ComponentCourier, map[string][]byte{
			"uri": []byte(f.CourierURI), "courier.key": f.CourierPrivate, "sealing.pub": f.SealingPublic, "receipts.key": f.Receipts,
		}})
	}
	var out []any
	for _, s := range secrets {
		if f.CA != "" {
			s.data[caKey] = []byte(f.CA)
		}
		out = append(out, corev1ac.Secret(SecretsName(s.component), h.Namespace).
			WithLabels(with(CommunityLabels(h.Community.Namespace, h.Community.Name), s.component)).
			WithType(corev1.SecretTypeOpaque).WithData(maps.Clone(s.data)))
	}
	return out
}

// Migration is the Job that brings a database's schema to an image's, with the
// account it runs as. A Job can't be changed, so all that is in it is in its name;
// it is kept until the next has succeeded, with the logs of what failed.
type Migration struct {
	// Name of the Job.
	Name string
	// Objects to apply.
	Objects []any
}

// MigrationFor is the migration of an image. The error is one of marshalling.
func MigrationFor(h Home, image string) (Migration, error) {
	labels := with(CommunityLabels(h.Community.Namespace, h.Community.Name), ComponentMigrate)
	p := Program{Component: ComponentMigrate, Namespace: h.Namespace, Labels: labels, Image: image, Secrets: true}
	spec := batchv1ac.JobSpec().
		WithBackoffLimit(migrationRetries).WithCompletions(1).WithParallelism(1).
		WithPodReplacementPolicy(batchv1.TerminatingOrFailed).
		WithTemplate(corev1ac.PodTemplateSpec().WithLabels(labels).
			WithSpec(restrictedPod(p, migrationContainer(p)).WithRestartPolicy(corev1.RestartPolicyNever)))
	data, err := json.Marshal(spec)
	if err != nil {
		return Migration{}, fmt.Errorf("the migration's Job: %w", err)
	}
	sum := sha256.Sum256(data)
	name := migrationPrefix + hex.EncodeToString(sum[:])[:hashLength]
	return Migration{Name: name, Objects: []any{
		corev1ac.ServiceAccount(ComponentMigrate, h.Namespace).WithLabels(labels).WithAutomountServiceAccountToken(false),
		batchv1ac.Job(name, h.Namespace).WithLabels(labels).WithSpec(spec),
	}}, nil
}

func migrationContainer(p Program) *corev1ac.ContainerApplyConfiguration {
	return restrictedContainer(p).WithArgs(ComponentMigrate, "--secrets="+secretsDir).
		WithVolumeMounts(mount("secrets", secretsDir))
}

// databasePolicy opens the programs and the migration to the database's server.
func databasePolicy(h Home, labels map[string]string) []any {
	rules := egress(h.Network.Database, corev1.ProtocolTCP)
	if !h.Database || len(rules) == 0 {
		return nil
	}
	programs := []string{ComponentPortal, ComponentDesk, ComponentMigrate}
	if h.Courier != nil {
		programs = append(programs, ComponentCourier)
	}
	return []any{policy(databasePolicyName, h.Namespace, labels, networkingv1ac.NetworkPolicySpec().
		WithPodSelector(metav1ac.LabelSelector().WithMatchExpressions(metav1ac.LabelSelectorRequirement().
			WithKey(v1alpha1.ComponentLabel).WithOperator(metav1.LabelSelectorOpIn).
			WithValues(programs...))).
		WithPolicyTypes(networkingv1.PolicyTypeEgress).WithEgress(rules...))}
}
