package node

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/shequ-io/shequ/api/v1alpha1"
	"github.com/shequ-io/shequ/test/internal/live"
)

// address is a program's Service as the node reaches it.
func address(ctx context.Context, namespace, component string) (string, error) {
	svc := &corev1.Service{}
	err := cluster.Client.Get(ctx, client.ObjectKey{Namespace: namespace, Name: component}, svc)
	return "http://" + svc.Spec.ClusterIP, err
}

// fetch is a page's text.
func fetch(ctx context.Context, url, language string) (string, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return "", err
	}
	req.Header.Set("Accept-Language", language)
	resp, err := (&http.Client{Timeout: 5 * time.Second}).Do(req)
	if err != nil {
		return "", err
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(io.LimitReader(resp.Body, 4<<20))
	if err == nil && resp.StatusCode != http.StatusOK {
		err = fmt.Errorf("%s answers %s", url, resp.Status)
	}
	return string(body), err
}

// shows checks that a page answers 200 and has all these texts.
func shows(ctx context.Context, url, language string, texts ...string) error {
	body, err := fetch(ctx, url, language)
	if err != nil {
		return err
	}
	var errs []error
	for _, text := range texts {
		if !strings.Contains(body, text) {
			errs = append(errs, fmt.Errorf("%s (%s) does not show %q", url, language, text))
		}
	}
	return errors.Join(errs...)
}

// A new Service takes kube-proxy a moment; nothing here should take longer.
const soon = 20 * time.Second

// synced is how long the kubelet may take to bring changed content to a pod, its
// sync period and the age of what it remembers.
const synced = 100 * time.Second

func TestEveryPortalAnswersWithItsOwnName(t *testing.T) {
	settled(t)
	for _, c := range district(t).Communities.Items {
		t.Run(c.Name, func(t *testing.T) {
			checkProgram(t, &c, "portal", c.Spec.DisplayName)
			base, err := address(t.Context(), c.Status.Namespace, "portal")
			if err != nil {
				t.Fatal(err)
			}
			for _, path := range []string{"/services", "/about", "/disclosure", "/neighbours"} {
				for language, name := range map[string]string{"zh-CN": c.Spec.DisplayName.ZH, "en": c.Spec.DisplayName.EN} {
					if err := shows(t.Context(), base+"/"+language+path, language, name); err != nil {
						t.Error(err)
					}
				}
			}
		})
	}
}

func TestEveryDeskAnswersWithItsOwnName(t *testing.T) {
	settled(t)
	d := district(t)
	for _, c := range d.Communities.Items {
		t.Run(c.Name, func(t *testing.T) {
			checkProgram(t, &c, "desk", c.Spec.DisplayName)
		})
	}
}

// checkProgram checks a program's page in both languages and its probes.
func checkProgram(t *testing.T, c *v1alpha1.Community, component string, name v1alpha1.LocalizedText) {
	t.Helper()
	base, err := address(t.Context(), c.Status.Namespace, component)
	if err != nil {
		t.Fatal(err)
	}
	live.Eventually(t, synced, func(ctx context.Context) error {
		return errors.Join(
			shows(ctx, base+"/", "zh-CN", name.ZH, `lang="zh-CN"`),
			shows(ctx, base+"/", "en", name.EN, `lang="en"`),
			shows(ctx, base+":9090/readyz", "en", "ok"),
			shows(ctx, base+":9090/healthz", "en", "ok"),
			shows(ctx, base+":9090/metrics", "en", "shequ_"+component+"_content_valid 1", "shequ_"+component+"_requests_total"),
		)
	})
}

// A community that misses a norm is served all the same, and the miss is told.
func TestNormsAreHonest(t *testing.T) {
	settled(t)
	missed := 0
	for _, c := range district(t).Communities.Items {
		result := v1alpha1.NormResult("")
		for _, n := range c.Status.Norms {
			if n.Rule == "PremisesArea" {
				result = n.Result
			}
		}
		base, err := address(t.Context(), c.Status.Namespace, "portal")
		if err != nil {
			t.Fatal(err)
		}
		page, err := fetch(t.Context(), base+"/en/disclosure", "en")
		if err != nil {
			t.Fatal(err)
		}
		class := "unmet"
		switch result {
		case v1alpha1.NormNotMet:
			missed++
			wantCondition(t, c.Name, c.Status.Conditions, v1alpha1.ConditionNormsMet, "False", v1alpha1.ReasonNormsNotMet)
		case v1alpha1.NormMet:
			class = "met"
		default:
			t.Errorf("%s: PremisesArea is %q", c.Name, result)
		}
		wantCondition(t, c.Name, c.Status.Conditions, v1alpha1.ConditionReady, "True", v1alpha1.ReasonReady)
		if !slices.ContainsFunc(strings.Split(page, "</tr>"), func(row string) bool {
			return strings.Contains(row, ">Office and service premises<") && strings.Contains(row, `class="`+class+`"`)
		}) {
			t.Errorf("%s: the disclosure page does not have the premises as %s", c.Name, class)
		}
	}
	if missed != 10 {
		t.Errorf("%d of 12 communities miss the floor area of their standard; the survey says 10", missed)
	}
}

// The operator's own metrics agree with what the API server has.
func TestOperatorMetrics(t *testing.T) {
	settled(t)
	operators, err := operatorPods(t.Context())
	if err != nil || len(operators) != 1 {
		t.Fatalf("%d operator pods, %v; want one", len(operators), err)
	}
	url := "http://" + operators[0].Status.PodIP + ":9090/metrics"
	if err := shows(t.Context(), url, "en",
		`shequ_communities{condition="Ready",status="True"} 12`,
		`shequ_communities{condition="NormsMet",status="False"}`,
		`shequ_stations{condition="Ready",status="True"} 12`,
		`shequ_grids{condition="Ready",status="True"} 61`,
		`shequ_norm_communities{result="NotMet",rule="PremisesArea"} 10`,
		`shequ_apply_total{kind="Deployment",result="applied"}`,
	); err != nil {
		t.Error(err)
	}
}
