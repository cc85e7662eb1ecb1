package informationsystem

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	eventsv1 "k8s.io/api/events/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/shequ-io/shequ/api/v1alpha1"
	"github.com/shequ-io/shequ/internal/credentials"
)

func oauth(secret string) map[string][]byte {
	return map[string][]byte{credentials.ClientID: []byte("communities"), credentials.ClientSecret: []byte(secret)}
}

// An operator that starts over systems that are as they should be writes nothing. It
// runs before the tests that are parallel.
func TestStartAgain(t *testing.T) {
	w := newWorld(t)
	listener := httptest.NewServer(http.NotFoundHandler())
	defer listener.Close()
	w.secret(oauth("words"))
	spec := w.spec(v1alpha1.AuthOAuth2)
	at(&spec, listener, "http")
	spec.Probe = &v1alpha1.SystemProbe{IntervalSeconds: 3600}
	s := w.system(spec)
	w.expect(s, "Ready=True Ready", "its credentials are there")
	w.expect(s, "Reachable=True Answered", "takes connections")
	if err := stop(); err != nil {
		t.Fatal(err)
	}
	var err error
	if stop, err = startOperator(); err != nil {
		t.Fatal(err)
	}
	w.rests(s, 4*time.Second)
	w.expect(s, "Reachable=True Answered")
}

// at lets a system be at a server of this test.
func at(spec *v1alpha1.InformationSystemSpec, server *httptest.Server, scheme string) {
	address := server.Listener.Addr().String()
	_, port, _ := strings.Cut(address, ":")
	n, err := strconv.ParseInt(port, 10, 32)
	if err != nil {
		panic(err)
	}
	spec.Protocol.HTTP.BaseURL = v1alpha1.ServiceURL(scheme + "://" + address + "/api")
	if spec.Protocol.HTTP.Auth.TokenURL != "" {
		spec.Protocol.HTTP.Auth.TokenURL = spec.Protocol.HTTP.BaseURL + "/token"
	}
	spec.Egress = []v1alpha1.EgressPeer{{CIDR: "127.0.0.1/32", Port: int32(n)}}
}

// A Secret that comes, is corrected, or goes shows on the system, which nobody
// touches.
func TestSecretIsCorrected(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	s := w.system(w.spec(v1alpha1.AuthOAuth2))
	name := w.namespace + "/a"
	w.expect(s, "Ready=False CredentialsMissing", "Secret "+name+" is not there; make it with client-id and client-secret")
	w.expect(s, "Stalled=True CredentialsMissing")
	generation := s.Generation
	w.secret(map[string][]byte{credentials.ClientID: []byte("SENTINEL")})
	w.expect(s, "Ready=False CredentialsMissing", "Secret "+name+": it has no client-secret; put in")
	w.secret(oauth("SENTINEL\n"))
	w.expect(s, "Ready=False CredentialsInvalid", "client-secret has white space around it; put the value in alone")
	began := time.Now()
	w.secret(oauth("SENTINEL"))
	w.expect(s, "Ready=True Ready", "its credentials are there")
	if took := time.Since(began); took > 10*time.Second {
		t.Errorf("it took %v", took)
	}
	w.secret(oauth("SENTINEL of another sort"))
	w.rests(s, 3*time.Second)
	w.delete(w.secret(oauth("SENTINEL")))
	w.expect(s, "Ready=False CredentialsMissing", "is not there")
	if s.Generation != generation {
		t.Error("somebody changed the system")
	}
	var events eventsv1.EventList
	if err := env.Client.List(t.Context(), &events); err != nil {
		t.Fatal(err)
	}
	if found := fmt.Sprint(events.Items); strings.Contains(found, "SENTINEL") || !strings.Contains(found, "make it with client-id") {
		t.Errorf("events: %s", found)
	}
	if strings.Contains(logged.String(), "SENTINEL") || strings.Contains(fmt.Sprint(s.Status), "SENTINEL") {
		t.Error("a value of the Secret is in the log or in the status")
	}
}

// A Secret of a community's home, which the operator made itself, is nobody's
// credentials.
func TestSecretOfAHomeIsNone(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	secret := &corev1.Secret{Data: oauth("words")}
	secret.Namespace, secret.Name, secret.Labels = w.namespace, "a", map[string]string{"applyset.kubernetes.io/part-of": "applyset-of-a-home"}
	w.create(secret)
	s := w.system(w.spec(v1alpha1.AuthOAuth2))
	w.expect(s, "Ready=False CredentialsMissing", "is not there")
	w.change(secret, func() { secret.Labels = nil })
	w.expect(s, "Ready=True Ready")
}

func TestCertificateExpires(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	a := newAuthority(t)
	w.secret(a.client(time.Now().Add(8 * time.Second)))
	s := w.system(w.spec(v1alpha1.AuthMTLS))
	w.expect(s, "Ready=True Ready", "a certificate expires on", "have it renewed before")
	w.expect(s, "Ready=False CredentialsInvalid", "tls.crt has expired on", "have it renewed, and put the new one in with its key")
	w.secret(a.client(time.Now().Add(90 * 24 * time.Hour)))
	w.expect(s, "Ready=True Ready", "the first certificate expires on")
}

// Everything wrong with a spec is said at once, with what to do, until it or the
// standard is corrected.
func TestSpecIsCorrected(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	code := v1alpha1.DataElementCode("e-" + w.namespace)
	st := w.standard("applicant-name")
	w.secret(oauth("words"))
	spec := w.spec(v1alpha1.AuthOAuth2)
	spec.Egress = nil
	spec.Accepts = []v1alpha1.DataElementCode{code}
	spec.Reading = &v1alpha1.SystemReading{Accepted: "body.outcome ="}
	spec.Probe = &v1alpha1.SystemProbe{}
	s := w.system(spec)
	w.expect(s, "Ready=False EgressMissing", "spec.egress is empty", string(code), "have the element declared", "spec.reading: accepted, when")
	w.expect(s, "Stalled=True EgressMissing")
	if meta.FindStatusCondition(s.Status.Conditions, v1alpha1.ConditionReachable) != nil {
		t.Error("it is probed")
	}
	w.change(s, func() { s.Spec.Egress = []v1alpha1.EgressPeer{{CIDR: "192.0.2.0/24", Port: 443}}; s.Spec.Probe = nil })
	w.expect(s, "Ready=False ElementUnknown", string(code))
	w.change(st, func() { st.Spec.DataElements[0].Code = code })
	w.expect(s, "Ready=False ReadingInvalid", "spec.reading")
	w.change(s, func() { s.Spec.Reading.Accepted = `body.outcome == "accepted"` })
	w.expect(s, "Ready=True Ready")
	w.delete(st)
	w.expect(s, "Ready=False ElementUnknown", string(code))
}

// A system behind X-Road may need no credentials at all.
func TestNoCredentialsAreNeeded(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	spec := w.spec(v1alpha1.AuthOAuth2)
	spec.Protocol = v1alpha1.SystemProtocol{Type: v1alpha1.ProtocolXRoad, XRoad: &v1alpha1.XRoadProtocol{
		Client: "EXAMPLE/GOV/DISTRICT", Service: "EXAMPLE/GOV/CITY/cases", SecurityServer: "https://192.0.2.7",
	}}
	s := w.system(spec)
	w.expect(s, "Ready=True Ready", "needs no credentials")
	w.change(s, func() { s.Spec.Sends = []v1alpha1.SystemSends{v1alpha1.SendsWorkOrders} })
	w.expect(s, "Ready=False CredentialsMissing", "name one in spec.protocol.xRoad.secretRef")
}

// What the server under a probe was sent.
type visits struct {
	n, wrong atomic.Int64
}

func (v *visits) ServeHTTP(out http.ResponseWriter, r *http.Request) {
	v.n.Add(1)
	if r.Method != http.MethodGet || r.URL.Path != "/api/health" || r.URL.RawQuery != "" || r.ContentLength != 0 ||
		r.Header.Get("Authorization") != "" || len(r.Cookies()) > 0 || len(r.TLS.PeerCertificates) != 1 {
		v.wrong.Add(1)
	}
	out.WriteHeader(http.StatusNoContent)
}

// A system goes up and down and up; while nothing changes nothing is written.
func TestProbe(t *testing.T) {
	t.Parallel()
	w, seen := newWorld(t), &visits{}
	a := newAuthority(t)
	server := a.serve("", seen)
	address := server.Listener.Addr().String()
	w.secret(a.client(time.Now().AddDate(1, 0, 0)))
	spec := w.spec(v1alpha1.AuthMTLS)
	at(&spec, server, "https")
	spec.Probe = &v1alpha1.SystemProbe{Path: "/health", IntervalSeconds: 10, TimeoutSeconds: 5}
	s := w.system(spec)
	w.expect(s, "Reachable=True Answered", "answers at spec.probe.path")
	w.expect(s, "Ready=True Ready")
	server.Close()
	w.expect(s, "Reachable=False NoAnswer", "there is no connection to the system; see whether it runs")
	w.expect(s, "Ready=True Ready")
	server = a.serve(address, seen)
	defer server.Close()
	w.expect(s, "Reachable=True Answered")
	before := seen.n.Load()
	w.rests(s, 12*time.Second)
	if seen.n.Load() == before || seen.wrong.Load() != 0 {
		t.Errorf("%d probes at rest, %d of them with more than they should have", seen.n.Load()-before, seen.wrong.Load())
	}
	w.told(s, "Normal Answered", "Warning NoAnswer", "Normal Answered")
	w.change(s, func() { s.Spec.Probe = nil })
	eventually(t, "end of Reachable", func() error {
		if err := env.Client.Get(t.Context(), client.ObjectKeyFromObject(s), s); err != nil {
			return err
		}
		if c := meta.FindStatusCondition(s.Status.Conditions, v1alpha1.ConditionReachable); c != nil {
			return fmt.Errorf("it is %s", c.Status)
		}
		return nil
	})
}

func TestConsumers(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	subdistrict := env.Namespace(t, v1alpha1.RoleSubdistrict)
	early := w.community(subdistrict, "early", "of-"+w.namespace) // before its system
	w.secret(oauth("words"))
	s := w.system(w.spec(v1alpha1.AuthOAuth2))
	w.consumers(s, 1)
	late := w.community(subdistrict, "late", "another", "of-"+w.namespace)
	w.consumers(s, 2)
	w.change(late, func() { late.Spec.Integrations = late.Spec.Integrations[:1] })
	w.consumers(s, 1)
	w.delete(early)
	w.consumers(s, 0)
	w.expect(s, "Ready=True Ready")
}

// A system goes although communities are connected to it; where somebody else holds
// it, it says who still is.
func TestDeletedWhileUsed(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	subdistrict := env.Namespace(t, v1alpha1.RoleSubdistrict)
	w.secret(oauth("words"))
	spec := w.spec(v1alpha1.AuthOAuth2)
	spec.Probe = &v1alpha1.SystemProbe{IntervalSeconds: 3600, TimeoutSeconds: 1}
	s := w.system(spec)
	w.change(s, func() { s.Finalizers = []string{"example.org/hold"} })
	var all []*v1alpha1.Community
	for i := range 6 {
		all = append(all, w.community(subdistrict, fmt.Sprintf("c%d", i), s.Name))
	}
	w.consumers(s, 6)
	w.delete(s)
	w.expect(s, "Ready=False Deleting", "example.org/hold", subdistrict+"/c0, ", subdistrict+"/c4, and 1 more", "take it out of their spec.integrations")
	for _, c := range all {
		w.delete(c)
	}
	w.consumers(s, 0)
	w.change(s, func() { s.Finalizers = nil })
	eventually(t, "end of the system", func() error {
		err := env.Client.Get(t.Context(), client.ObjectKeyFromObject(s), s)
		if apierrors.IsNotFound(err) {
			return nil
		}
		return fmt.Errorf("still there: %w", err)
	})
}
