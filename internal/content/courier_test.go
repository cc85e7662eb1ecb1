package content_test

import (
	"errors"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/shequ-io/shequ/api/v1alpha1"
	"github.com/shequ-io/shequ/internal/content"
)

func TestCourierFile(t *testing.T) {
	want := content.Courier{
		Systems: []content.CourierSystem{{
			Name: "family-health", RateLimit: &v1alpha1.SystemRateLimit{PerMinute: 30, Concurrent: 2},
			Protocol: v1alpha1.SystemProtocol{Type: v1alpha1.ProtocolHTTP, HTTP: &v1alpha1.HTTPProtocol{
				BaseURL: "https://family-health.example.org/api", Auth: v1alpha1.HTTPAuth{Type: v1alpha1.AuthMTLS},
			}},
			Reading: &v1alpha1.SystemReading{Accepted: "status == 201"}, Sends: []v1alpha1.SystemSends{v1alpha1.SendsWorkOrders},
		}},
		Orders: &content.OrderTerms{Item: "hotline-12345", Purpose: "hotline-12345", RetentionDays: 30},
	}
	data, err := content.MarshalCourier(want)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	if _, err := content.LoadCourier(dir); !errors.Is(err, content.ErrNoCourier) {
		t.Errorf("without a file: %v", err)
	}
	if err := os.WriteFile(filepath.Join(dir, content.CourierFile), data, 0o600); err != nil {
		t.Fatal(err)
	}
	got, err := content.LoadCourier(dir)
	want.SchemaVersion = content.SchemaVersion
	if err != nil || !reflect.DeepEqual(*got, want) {
		t.Errorf("%+v, %v", got, err)
	}
	if name := content.CredentialFile("family-health", "tls.crt"); name != "family-health_tls.crt" {
		t.Error(name)
	}
}

func TestCourierFilesThatAreNone(t *testing.T) {
	for text, want := range map[string]string{
		`{"schemaVersion": 1`:                   "not whole JSON",
		`{}`:                                    "schemaVersion is missing",
		`{"schemaVersion": 99}`:                 "roll out the station image",
		`{"schemaVersion": 1, "systems": [{}]}`: "a system without a name",
		`{"schemaVersion": 1, "systems": [{"name": "a"}, {"name": "a"}]}`: "there twice",
	} {
		if _, err := content.ParseCourier([]byte(text)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", text, err)
		}
	}
}
