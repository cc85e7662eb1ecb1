package district_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/shequ-io/shequ/hack/local/district"
)

func TestOfSample(t *testing.T) {
	c, err := district.OfSample("../../../config/samples/qingnianlu", "test", t.TempDir(), "10.244.0.1", "10.96.0.10")
	if err != nil {
		t.Fatal(err)
	}
	if len(c.Hosts) != 24 || len(c.Redirects) != 12 || len(c.Ends) != 12 {
		t.Errorf("%d hosts, %d redirects, %d ends for twelve communities", len(c.Hosts), len(c.Redirects), len(c.Ends))
	}
	for host, service := range c.Hosts {
		if !strings.HasSuffix(host, district.Suffix) || !strings.HasSuffix(service, ".svc.cluster.local") {
			t.Errorf("%s leads to %s", host, service)
		}
	}
	if len(c.Couriers) != 12 || !strings.HasPrefix(c.Couriers["anding"+district.Suffix], "courier.") {
		t.Errorf("systems send to %v", c.Couriers)
	}
	names := map[string]bool{}
	for _, a := range c.Accounts {
		if len(a.Groups) == 0 || names[a.Name] {
			t.Errorf("account %s is in %v, or twice there", a.Name, a.Groups)
		}
		names[a.Name] = true
	}
	for _, want := range []string{"anding-lead", "anding-staff", "anding-g01-a"} {
		if !names[want] {
			t.Errorf("nobody signs in as %s", want)
		}
	}
	if !slices.Contains(c.Redirects, "https://anding-desk.qingnianlu.shequ.example/sign-in/callback") {
		t.Errorf("redirects %v", c.Redirects)
	}
}
