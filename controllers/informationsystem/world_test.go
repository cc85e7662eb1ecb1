package informationsystem

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"io"
	"log"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	eventsv1 "k8s.io/api/events/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/ptr"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/shequ-io/shequ/api/v1alpha1"
	"github.com/shequ-io/shequ/internal/conditions"
	"github.com/shequ-io/shequ/internal/credentials"
)

const patience = 30 * time.Second

func eventually(t *testing.T, what string, ask func() error) {
	t.Helper()
	var err error
	for end := time.Now().Add(patience); time.Now().Before(end); time.Sleep(50 * time.Millisecond) {
		if err = ask(); err == nil {
			return
		}
	}
	t.Fatalf("no %s: %v", what, err)
}

// world is one test's namespace with Secrets.
type world struct {
	*testing.T

	namespace string
}

func newWorld(t *testing.T) *world {
	t.Helper()
	return &world{t, env.Namespace(t, "")}
}

// spec of a system over HTTP with a Secret of the world that is called a.
func (w *world) spec(auth v1alpha1.HTTPAuthType) v1alpha1.InformationSystemSpec {
	spec := v1alpha1.InformationSystemSpec{
		DisplayName: v1alpha1.LocalizedText{ZH: "系统"}, Owner: "部门", DataLocation: v1alpha1.LocalizedText{ZH: "数据中心"},
		Protocol: v1alpha1.SystemProtocol{Type: v1alpha1.ProtocolHTTP, HTTP: &v1alpha1.HTTPProtocol{
			BaseURL: "https://a.systems.shequ.example/api", Auth: v1alpha1.HTTPAuth{Type: auth, SecretRef: v1alpha1.NamespacedReference{Namespace: w.namespace, Name: "a"}},
		}},
		Egress: []v1alpha1.EgressPeer{{CIDR: "192.0.2.0/24", Port: 443}},
	}
	if auth == v1alpha1.AuthOAuth2 {
		spec.Protocol.HTTP.Auth.TokenURL = "https://a.systems.shequ.example/token"
	}
	return spec
}

// system makes a system whose status, when the test ends, is held against the
// invariants of a status.
func (w *world) system(spec v1alpha1.InformationSystemSpec) *v1alpha1.InformationSystem {
	w.Helper()
	s := &v1alpha1.InformationSystem{ObjectMeta: metav1.ObjectMeta{Name: "of-" + w.namespace}, Spec: spec}
	w.create(s)
	w.Cleanup(func() {
		eventually(w.T, "sound status", func() error {
			left := &v1alpha1.InformationSystem{}
			if err := env.Client.Get(context.Background(), client.ObjectKeyFromObject(s), left); err != nil {
				return client.IgnoreNotFound(err)
			}
			return conditions.Check(left.Status.Conditions, left.Generation, left.Status.ObservedGeneration, !left.DeletionTimestamp.IsZero())
		})
	})
	return s
}

func (w *world) create(obj client.Object) {
	w.Helper()
	if err := env.Client.Create(w.Context(), obj); err != nil {
		w.Fatal(err)
	}
}

func (w *world) delete(obj client.Object) {
	w.Helper()
	if err := env.Client.Delete(w.Context(), obj); err != nil {
		w.Fatal(err)
	}
}

// secret writes the world's Secret; nil values take keys away.
func (w *world) secret(data map[string][]byte) *corev1.Secret {
	w.Helper()
	s := &corev1.Secret{ObjectMeta: metav1.ObjectMeta{Namespace: w.namespace, Name: "a"}}
	if err := env.Client.Get(w.Context(), client.ObjectKeyFromObject(s), s); client.IgnoreNotFound(err) != nil {
		w.Fatal(err)
	}
	if s.UID == "" {
		s.Data = data
		w.create(s)
		return s
	}
	s.Data = data
	if err := env.Client.Update(w.Context(), s); err != nil {
		w.Fatal(err)
	}
	return s
}

// community makes one that is connected to systems.
func (w *world) community(namespace, name string, systems ...string) *v1alpha1.Community {
	w.Helper()
	c := &v1alpha1.Community{ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: name}}
	c.Spec.DisplayName.ZH, c.Spec.StandardRef.Name = "社区", "none"
	c.Spec.Profile = v1alpha1.CommunityProfile{Households: 2000, Residents: 6000}
	for _, s := range systems {
		c.Spec.Integrations = append(c.Spec.Integrations, v1alpha1.Integration{System: s})
	}
	w.create(c)
	return c
}

// standard makes one that declares elements.
func (w *world) standard(codes ...v1alpha1.DataElementCode) *v1alpha1.CommunityStandard {
	w.Helper()
	st := &v1alpha1.CommunityStandard{ObjectMeta: metav1.ObjectMeta{Name: "of-" + w.namespace}}
	st.Spec.Title.ZH = "标准"
	for _, code := range codes {
		st.Spec.DataElements = append(st.Spec.DataElements, v1alpha1.DataElement{Code: code, Title: v1alpha1.LocalizedText{ZH: "要素"}, Type: "Text", Class: "Base"})
	}
	w.create(st)
	return st
}

// change edits an object as it is now.
func (w *world) change(obj client.Object, edit func()) {
	w.Helper()
	if err := env.Client.Get(w.Context(), client.ObjectKeyFromObject(obj), obj); err != nil {
		w.Fatal(err)
	}
	patch := client.MergeFrom(obj.DeepCopyObject().(client.Object))
	edit()
	if err := env.Client.Patch(w.Context(), obj, patch); err != nil {
		w.Fatal(err)
	}
}

// expect waits for a condition in the form "Type=Status Reason" and texts in its
// message, at the system's own generation.
func (w *world) expect(s *v1alpha1.InformationSystem, want string, texts ...string) {
	w.Helper()
	eventually(w.T, want, func() error {
		if err := env.Client.Get(w.Context(), client.ObjectKeyFromObject(s), s); err != nil {
			return err
		}
		kind, _, _ := strings.Cut(want, "=")
		c := meta.FindStatusCondition(s.Status.Conditions, kind)
		if c == nil || s.Status.ObservedGeneration != s.Generation || c.ObservedGeneration != s.Generation {
			return fmt.Errorf("%+v", s.Status)
		}
		is := fmt.Sprintf("%s=%s %s", c.Type, c.Status, c.Reason)
		for _, text := range texts {
			if is != want || !strings.Contains(c.Message, text) {
				return fmt.Errorf("it is %s and says %q, want %q", is, c.Message, text)
			}
		}
		if is != want {
			return fmt.Errorf("it is %s and says %q", is, c.Message)
		}
		return nil
	})
}

// told waits until the events about whether a system answers are these, in order.
func (w *world) told(s *v1alpha1.InformationSystem, want ...string) {
	w.Helper()
	eventually(w.T, "events", func() error {
		var list eventsv1.EventList
		if err := env.Client.List(w.Context(), &list); err != nil {
			return err
		}
		slices.SortFunc(list.Items, func(a, b eventsv1.Event) int { return a.EventTime.Compare(b.EventTime.Time) })
		var got []string
		for _, e := range list.Items {
			if e.Regarding.Name == s.Name && e.Action == "Probe" {
				got = append(got, e.Type+" "+e.Reason)
			}
		}
		if !slices.Equal(got, want) {
			return fmt.Errorf("they are %q", got)
		}
		return nil
	})
}

func (w *world) consumers(s *v1alpha1.InformationSystem, want int64) {
	w.Helper()
	eventually(w.T, fmt.Sprintf("%d consumers", want), func() error {
		if err := env.Client.Get(w.Context(), client.ObjectKeyFromObject(s), s); err != nil {
			return err
		}
		if n := ptr.Deref(s.Status.Consumers, -1); n != want {
			return fmt.Errorf("it counts %d", n)
		}
		return nil
	})
}

// rests fails when the system's status is written in a while.
func (w *world) rests(s *v1alpha1.InformationSystem, while time.Duration) {
	w.Helper()
	if err := env.Client.Get(w.Context(), client.ObjectKeyFromObject(s), s); err != nil {
		w.Fatal(err)
	}
	at := s.ResourceVersion
	time.Sleep(while)
	if err := env.Client.Get(w.Context(), client.ObjectKeyFromObject(s), s); err != nil {
		w.Fatal(err)
	}
	if s.ResourceVersion != at {
		w.Errorf("written at rest: %+v", s.Status)
	}
}

// authority issues certificates of the loopback.
type authority struct {
	t    *testing.T
	cert *x509.Certificate
	key  *ecdsa.PrivateKey
	pem  []byte
}

func newAuthority(t *testing.T) *authority {
	t.Helper()
	a := &authority{t: t}
	var err error
	if a.key, err = ecdsa.GenerateKey(elliptic.P256(), rand.Reader); err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "authority"}, NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().AddDate(1, 0, 0),
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, a.key.Public(), a.key)
	if err != nil {
		t.Fatal(err)
	}
	if a.cert, err = x509.ParseCertificate(der); err != nil {
		t.Fatal(err)
	}
	a.pem = pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})
	return a
}

// issue makes a certificate that ends at a time.
func (a *authority) issue(to time.Time) (crt, key []byte) {
	a.t.Helper()
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		a.t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(2), Subject: pkix.Name{CommonName: "a"}, NotBefore: time.Now().Add(-time.Hour), NotAfter: to,
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, DNSNames: []string{"localhost"},
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth},
	}
	der, err := x509.CreateCertificate(rand.Reader, template, a.cert, private.Public(), a.key)
	if err != nil {
		a.t.Fatal(err)
	}
	raw, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		a.t.Fatal(err)
	}
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: raw})
}

// serve starts a server that wants a client certificate of the authority, at an
// address or any free one.
func (a *authority) serve(address string, h http.Handler) *httptest.Server {
	a.t.Helper()
	crt, key := a.issue(time.Now().Add(time.Hour))
	pair, err := tls.X509KeyPair(crt, key)
	if err != nil {
		a.t.Fatal(err)
	}
	pool := x509.NewCertPool()
	pool.AddCert(a.cert)
	server := httptest.NewUnstartedServer(h)
	server.Config.ErrorLog = log.New(io.Discard, "", 0) // who may not come in is what tests are about
	if address != "" {
		_ = server.Listener.Close() // the free port it took
		if server.Listener, err = (&net.ListenConfig{}).Listen(a.t.Context(), "tcp", address); err != nil {
			a.t.Fatal(err)
		}
	}
	server.TLS = &tls.Config{Certificates: []tls.Certificate{pair}, ClientCAs: pool, ClientAuth: tls.RequireAndVerifyClientCert, MinVersion: tls.VersionTLS12}
	server.StartTLS()
	return server
}

// client is a Secret's data for a system of the authority.
func (a *authority) client(to time.Time) map[string][]byte {
	crt, key := a.issue(to)
	return map[string][]byte{credentials.Certificate: crt, credentials.PrivateKey: key, credentials.CA: a.pem}
}
