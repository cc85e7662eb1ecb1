package systems

import (
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"sigs.k8s.io/yaml"

	"github.com/shequ-io/shequ/api/v1alpha1"
	"github.com/shequ-io/shequ/internal/testenv"
)

func TestEverySystemTakesWhatIsRight(t *testing.T) {
	farm, c := start(t)
	for name, body := range good {
		s := sends(t, farm, name, c)
		first := s.deliver("k-1", body)
		again := s.deliver("k-1", body)
		if first.status != http.StatusOK || first.Outcome != Accepted && first.Outcome != Answered {
			t.Errorf("%s: %d %s", name, first.status, first.text)
		}
		if again.text != first.text || again.status != first.status || first.header.Get(HeaderReplayed) != "" || again.header.Get(HeaderReplayed) != "true" {
			t.Errorf("%s answers again with %s after %s", name, again.text, first.text)
		}
		if got := s.system.Keys()["k-1"]; got != (KeyCount{Received: 2, Processed: 1}) {
			t.Errorf("%s: %+v", name, got)
		}
		messages := s.system.Messages("", "")
		if len(messages) != 1 || messages[0].Digest != digest([]byte(body)) || messages[0].Case == "" {
			t.Errorf("%s remembers %+v", name, messages)
		}
		if other := s.deliver("k-1", strings.Replace(body, "{", "{ ", 1)); other.status != http.StatusUnprocessableEntity {
			t.Errorf("%s takes another body under the same key: %d", name, other.status)
		}
	}
}

func TestRules(t *testing.T) {
	farm, c := start(t)
	for _, row := range []struct {
		system, body string
		want         string // outcome, reason, needs or answer
	}{
		{SocialSecurity, `{"applicant-name":"某甲","identity-number":"000000000000000009"}`, "rejected not-insured-here"},
		{SocialSecurity, `{"applicant-name":"某甲","identity-number":"000000000000000008"}`, "more-information social-security-number-missing social-security-number"},
		{SocialSecurity, `{"applicant-name":"某甲","identity-number":"000000000000000008","social-security-number":"0"}`, "accepted"},
		{SocialSecurity, `{"applicant-name":"某甲","identity-number":"1"}`, "rejected identity-number-malformed"},
		{SocialSecurity, `{"applicant-name":"某甲"}`, "more-information elements-missing identity-number"},
		{SocialSecurity, `{"applicant-name":"某甲","household-size":3}`, "rejected element-not-accepted"},
		{SocialSecurity, `{"purpose":"temporary-relief","applicant-name":"某甲"}`, "rejected purpose-not-allowed"},
		{Residence, `{"identity-number":"000000000000000001"}`, "answered no"},
		{Residence, `{"identity-number":"00000000000000000X"}`, "answered no"},
		{Residence, `{"identity-number":"none"}`, "answered no"},
		{Residence, `{"identity-number":"000000000000000002","address":"示例路 1 号"}`, "answered yes"},
		{FamilyHealth, `{"applicant-name":"某甲","telephone":"000-0000"}`, "more-information elements-missing preferred-time"},
		{FamilyHealth, `{"applicant-name":"某甲","telephone":"none","preferred-time":"x"}`, "rejected telephone-malformed"},
		{RemoteEducation, `{"course-title":"书法(已满)"}`, "rejected course-full"},
		{RemoteEducation, `{"course-title":"` + strings.Repeat("长", 101) + `"}`, "rejected course-unknown"},
		{Supervision, `{"figures":{"opened":1}}`, "rejected period-malformed"},
		{Supervision, `{"period":"2026-10","figures":{"opened":1}}`, "rejected period-in-the-future"},
		{Supervision, `{"period":"2026-08"}`, "more-information figures-missing figures"},
		{Supervision, `{"period":"2026-08","figures":{"opened":-1}}`, "rejected figure-malformed"},
		{Supervision, `{"period":"2026-08","figures":{"opened":1.5}}`, "rejected figure-malformed"},
		{Supervision, `{"period":"2026-08","figures":{"closed":10,"late":11}}`, "rejected figures-contradict"},
		{Supervision, `{"period":"2026-08","applicant-name":"某甲"}`, "rejected element-not-accepted"},
		{Hotline, `{"workOrder":"GD-999999","result":"handled"}`, "rejected work-order-unknown"},
		{Hotline, `{}`, "more-information elements-missing request-text"},
		{UtilityBills, `{"customer-number":"000023","payment-period":"2026-08","payment-amount":"33.00"}`, "rejected customer-unknown"},
		{UtilityBills, `{"customer-number":"100023","payment-period":"August","payment-amount":"33.00"}`, "rejected period-malformed"},
		{UtilityBills, `{"customer-number":"100023","payment-period":"2026-08","payment-amount":"32.99"}`, "rejected amount-differs"},
		{UtilityBills, `{"customer-number":"100023","payment-period":"2026-08","payment-amount":"1e2"}`, "rejected amount-differs"},
		{MedicalInsurance, `{"applicant-name":"某甲","identity-number":"000000000000000000","insurance-status":"suspended"}`, "rejected insurance-suspended"},
		{MedicalInsurance, `{"applicant-name":"某甲","identity-number":"000000000000000000","medical-expenses":"10.5"}`, "more-information bank-account-missing bank-account"},
		{MedicalInsurance, `{"applicant-name":"某甲","identity-number":"000000000000000000","medical-expenses":"much"}`, "rejected medical-expenses-malformed"},
		{CivilAffairs, `{"applicant-name":"某甲","identity-number":"000000000000000000","household-income":2000.01,"household-size":2}`, "rejected income-above-limit"},
		{CivilAffairs, `{"applicant-name":"某甲","identity-number":"000000000000000000","household-income":2000}`, "more-information household-size-missing household-size"},
		{CivilAffairs, `{"applicant-name":"某甲","identity-number":"000000000000000000","household-income":1,"household-size":0}`, "rejected household-size-malformed"},
		{CivilAffairs, `{"applicant-name":"某甲","identity-number":"000000000000000000"}`, "accepted"},
	} {
		got := sends(t, farm, row.system, c).deliver("rule-"+digest([]byte(row.body)), row.body)
		words := slices.Concat([]string{string(got.Outcome), got.Reason, got.Answer.Answer}, got.Needs)
		if text := strings.Join(slices.DeleteFunc(words, func(w string) bool { return w == "" }), " "); got.status != http.StatusOK || text != row.want {
			t.Errorf("%s answers %s with %d %q, not %q", row.system, row.body, got.status, text, row.want)
		}
	}
	if got := farm.System(SocialSecurity).Summary().Elements["household-size"]; got != 1 {
		t.Errorf("an element that is not accepted came %d times", got)
	}
}

func TestAResidenceRegisterSaysNoMore(t *testing.T) {
	farm, c := start(t, Residence)
	got := sends(t, farm, Residence, c).deliver("k", good[Residence])
	if got.text != `{"outcome":"answered","answer":"yes"}` {
		t.Error(got.text)
	}
}

func TestAppointmentsRunOut(t *testing.T) {
	farm, c := start(t, FamilyHealth)
	s := sends(t, farm, FamilyHealth, c)
	for i := range placesPerTime {
		if got := s.deliver(fmt.Sprintf("k-%d", i), good[FamilyHealth]); got.Outcome != Accepted {
			t.Fatalf("%d: %s", i, got.text)
		}
	}
	if got := s.deliver("k-last", good[FamilyHealth]); got.Reason != "fully-booked" {
		t.Error(got.text)
	}
	if got := s.deliver("k-0", good[FamilyHealth]); got.Outcome != Accepted {
		t.Error("a key that had its place lost it")
	}
}

func TestReportsAreRevised(t *testing.T) {
	farm, c := start(t, Supervision)
	s := sends(t, farm, Supervision, c)
	first, second := s.deliver("k-1", good[Supervision]), s.deliver("k-2", good[Supervision])
	if first.Revision != 0 || second.Revision != 2 || first.Reference == second.Reference {
		t.Errorf("%s, %s", first.text, second.text)
	}
}

// The systems the sample declares are those that are simulated, field by field.
func TestSystemsAreThoseOfTheSample(t *testing.T) {
	data, err := os.ReadFile(filepath.Join(testenv.Root(), "config/samples/qingnianlu/systems/systems.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	declared := 0
	for document := range strings.SplitSeq(string(data), "\n---\n") {
		var isys v1alpha1.InformationSystem
		if err := yaml.Unmarshal([]byte(document), &isys); err != nil {
			t.Fatal(err)
		}
		declared++
		at := slices.IndexFunc(Kinds(), func(k Kind) bool { return k.Name == isys.Name })
		if at < 0 {
			t.Errorf("nothing stands in for %s", isys.Name)
			continue
		}
		kind, protocol := Kinds()[at], isys.Spec.Protocol
		switch protocol.Type {
		case v1alpha1.ProtocolHTTP:
			if kind.Protocol != HTTP || string(kind.Auth) != string(protocol.HTTP.Auth.Type) || kind.Secret != protocol.HTTP.Auth.SecretRef.Name {
				t.Errorf("%s: %+v", isys.Name, kind)
			}
		case v1alpha1.ProtocolXRoad:
			if kind.Protocol != XRoad || kind.Service != protocol.XRoad.Service || protocol.XRoad.Client != XRoadClient || kind.Secret != protocol.XRoad.SecretRef.Name {
				t.Errorf("%s: %+v", isys.Name, kind)
			}
		case v1alpha1.ProtocolFile:
			if kind.Protocol != SFTP || protocol.File.Directory != Inbox || kind.Secret != protocol.File.SecretRef.Name {
				t.Errorf("%s: %+v", isys.Name, kind)
			}
		}
		var accepts, purposes []string
		for _, code := range isys.Spec.Accepts {
			accepts = append(accepts, string(code))
		}
		for _, purpose := range isys.Spec.AllowedPurposes {
			purposes = append(purposes, string(purpose))
		}
		slices.Sort(accepts)
		slices.Sort(purposes)
		if !slices.Equal(accepts, slices.Sorted(slices.Values(kind.Accepts))) || !slices.Equal(purposes, slices.Sorted(slices.Values(kind.Purposes))) {
			t.Errorf("%s takes %v for %v, the sample says %v for %v", isys.Name, kind.Accepts, kind.Purposes, accepts, purposes)
		}
	}
	if declared != len(Kinds()) {
		t.Errorf("%d systems in the sample, and %d are simulated", declared, len(Kinds()))
	}
}
