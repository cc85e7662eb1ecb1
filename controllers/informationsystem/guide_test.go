package informationsystem

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/yaml"

	"github.com/shequ-io/shequ/api/v1alpha1"
	"github.com/shequ-io/shequ/internal/credentials"
	"github.com/shequ-io/shequ/internal/testenv"
)

var fenced = regexp.MustCompile("(?s)```yaml\n(.*?)```")

// The guide's system is one the API server takes and nothing is wrong with; the keys
// and reasons it tells are those there are.
func TestGuide(t *testing.T) {
	t.Parallel()
	data, err := os.ReadFile(filepath.Join(testenv.Root(), "docs", "guides", "systems.md"))
	if err != nil {
		t.Fatal(err)
	}
	text := string(data)
	examples := fenced.FindAllStringSubmatch(text, -1)
	if len(examples) == 0 {
		t.Fatal("there is no example")
	}
	standards := read[v1alpha1.CommunityStandard](t, "standard.yaml")
	for _, example := range examples {
		system := &v1alpha1.InformationSystem{}
		if err := yaml.UnmarshalStrict([]byte(example[1]), system); err != nil {
			t.Fatal(err)
		}
		for _, m := range mistakes(&system.Spec, standards) {
			t.Errorf("%s: %s: %s", system.Name, m.reason, m.message)
		}
		if err := env.Client.Create(t.Context(), system, client.DryRunAll); err != nil {
			t.Error(err)
		}
	}
	for _, reason := range []string{
		v1alpha1.ReasonReady, v1alpha1.ReasonEgressMissing, v1alpha1.ReasonElementUnknown, v1alpha1.ReasonReadingInvalid, v1alpha1.ReasonCredentialsMissing,
		v1alpha1.ReasonCredentialsInvalid, v1alpha1.ReasonDeleting, v1alpha1.ReasonAnswered, v1alpha1.ReasonNoAnswer, v1alpha1.ReasonProbing,
	} {
		if !strings.Contains(text, ", `"+reason+"` |") {
			t.Errorf("reason %s is not explained", reason)
		}
	}
	for name, spec := range map[string]*v1alpha1.InformationSystemSpec{
		"| HTTP, OAuth2 |": {Protocol: v1alpha1.SystemProtocol{HTTP: &v1alpha1.HTTPProtocol{Auth: v1alpha1.HTTPAuth{Type: v1alpha1.AuthOAuth2}}}},
		"| HTTP, MTLS |":   {Protocol: v1alpha1.SystemProtocol{HTTP: &v1alpha1.HTTPProtocol{Auth: v1alpha1.HTTPAuth{Type: v1alpha1.AuthMTLS}}}},
		"| HTTP, HMAC |":   {Protocol: v1alpha1.SystemProtocol{HTTP: &v1alpha1.HTTPProtocol{Auth: v1alpha1.HTTPAuth{Type: v1alpha1.AuthHMAC}}}},
		"| XRoad |":        {Protocol: v1alpha1.SystemProtocol{XRoad: &v1alpha1.XRoadProtocol{SecretRef: &v1alpha1.NamespacedReference{}}}},
		"| File, SFTP |":   {Protocol: v1alpha1.SystemProtocol{File: &v1alpha1.FileProtocol{Transport: v1alpha1.TransportSFTP}}},
		"| File, S3 |":     {Protocol: v1alpha1.SystemProtocol{File: &v1alpha1.FileProtocol{Transport: v1alpha1.TransportS3}}},
	} {
		_, row, _ := strings.Cut(text, name)
		row, _, _ = strings.Cut(row, "\n")
		var told []string
		for _, m := range regexp.MustCompile("`([^`]+)`").FindAllStringSubmatch(row, -1) {
			if m[1] != "secretRef" {
				told = append(told, m[1])
			}
		}
		if keys := credentials.Of(spec).Keys(); !slices.Equal(told, keys) {
			t.Errorf("%s has keys %q, told are %q", name, keys, told)
		}
	}
}
