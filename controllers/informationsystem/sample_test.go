package informationsystem

import (
	"bytes"
	"errors"
	"io"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"k8s.io/apimachinery/pkg/util/yaml"

	"github.com/shequ-io/shequ/api/v1alpha1"
	"github.com/shequ-io/shequ/hack/simulators/systems"
	"github.com/shequ-io/shequ/internal/credentials"
	"github.com/shequ-io/shequ/internal/testenv"
)

// read decodes the documents of a file of the sample.
func read[T any](t *testing.T, name string) []T {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(testenv.Root(), "config", "samples", "qingnianlu", name))
	if err != nil {
		t.Fatal(err)
	}
	var out []T
	for decoder := yaml.NewYAMLOrJSONDecoder(bytes.NewReader(data), 4096); ; {
		var one T
		if err := decoder.Decode(&one); errors.Is(err, io.EOF) {
			return out
		} else if err != nil {
			t.Fatal(err)
		}
		out = append(out, one)
	}
}

// The sample's systems lack their Secrets and nothing else; with those of the
// simulated systems they are ready, and each of these answers its probe.
func TestSampleIsReadyForTheSimulatedSystems(t *testing.T) {
	t.Parallel()
	standards := read[v1alpha1.CommunityStandard](t, "standard.yaml")
	farm, err := systems.Start(t.Context(), systems.Config{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := farm.Close(); err != nil {
			t.Error(err)
		}
	})
	all := read[v1alpha1.InformationSystem](t, "systems/systems.yaml")
	if len(all) < 8 {
		t.Fatalf("the sample has %d systems", len(all))
	}
	for i := range all {
		t.Run(all[i].Name, func(t *testing.T) {
			t.Parallel()
			spec := &all[i].Spec
			for _, m := range mistakes(spec, standards) {
				t.Errorf("%s: %s", m.reason, m.message)
			}
			_, err := credentials.Check(spec, nil, time.Now())
			if lacking, ok := errors.AsType[*credentials.Error](err); !ok || lacking.Reason() != v1alpha1.ReasonCredentialsMissing {
				t.Errorf("without its Secret: %v", err)
			}
			simulated := farm.System(all[i].Name)
			if simulated == nil {
				t.Fatal("there is no stand-in for it")
			}
			secret := farm.Secrets()[credentials.Of(spec).Secret.Name]
			if _, err := credentials.Check(spec, secret, time.Now()); err != nil {
				t.Errorf("with the simulated system's Secret: %v", err)
			}
			if spec.Probe == nil {
				return
			}
			move(t, spec, simulated)
			s := &scope{system: &all[i], secret: credentials.Pick(spec, secret)}
			if got := ask(t.Context(), s.target()); !got.answered {
				t.Errorf("its probe: %s", got.message)
			}
		})
	}
}

// move lets a system be where its stand-in is.
func move(t *testing.T, spec *v1alpha1.InformationSystemSpec, to *systems.System) {
	t.Helper()
	spec.Egress = loopback(to.Address())
	at := func(address *v1alpha1.ServiceURL) {
		u, err := url.Parse(string(*address))
		if err != nil {
			t.Fatal(err)
		}
		u.Host = to.Address()
		*address = v1alpha1.ServiceURL(u.String())
	}
	switch p := &spec.Protocol; {
	case p.HTTP != nil:
		at(&p.HTTP.BaseURL)
	case p.XRoad != nil:
		at(&p.XRoad.SecurityServer)
	case p.File != nil:
		u, err := url.Parse("//" + to.Address())
		if err != nil {
			t.Fatal(err)
		}
		port, err := strconv.ParseInt(u.Port(), 10, 32)
		if err != nil {
			t.Fatal(err)
		}
		p.File.Host, p.File.Port = v1alpha1.Hostname(u.Hostname()), int32(port)
	}
}
