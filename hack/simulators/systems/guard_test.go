package systems

import (
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"maps"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"
)

// The signature was computed with openssl, from the documentation.
func TestSignatureIsAsDocumented(t *testing.T) {
	got := shared{key: []byte("a-made-up-key")}.signature("POST", "/api/v1/cases", "2026-09-01T00:00:00Z", "AAAAAAAAAAAAAAAAAAAAAA", []byte(`{"course-title":"x"}`))
	if text := base64.StdEncoding.EncodeToString(got); text != "T3RO305og3i8W3iNihyovkqSTv5v1W4w8q2zQTBePdM=" {
		t.Error(text)
	}
}

func TestSignedRequests(t *testing.T) {
	farm, c := start(t, RemoteEducation, CivilAffairs)
	s := sends(t, farm, RemoteEducation, c)
	body := good[RemoteEducation]
	for name, row := range map[string]struct {
		spoil func(r *http.Request)
		want  string
	}{
		"nothing":      {func(*http.Request) {}, ""},
		"no header":    {func(r *http.Request) { r.Header.Del(HeaderNonce) }, "signature-missing"},
		"two headers":  {func(r *http.Request) { r.Header.Add(HeaderNonce, r.Header.Get(HeaderNonce)) }, "signature-missing"},
		"key id":       {func(r *http.Request) { r.Header.Set(HeaderKeyID, "other") }, "key-unknown"},
		"local time":   {func(r *http.Request) { r.Header.Set(HeaderTimestamp, "2026-09-01T12:00:00+08:00") }, "timestamp-malformed"},
		"no time":      {func(r *http.Request) { r.Header.Set(HeaderTimestamp, "now") }, "timestamp-malformed"},
		"short nonce":  {func(r *http.Request) { r.Header.Set(HeaderNonce, "AAAA") }, "nonce-malformed"},
		"nonce":        {func(r *http.Request) { r.Header.Set(HeaderNonce, "AAAAAAAAAAAAAAAAAAAAAA") }, "signature-invalid"},
		"signature":    {func(r *http.Request) { r.Header.Set(HeaderSignature, "AAAA") }, "signature-invalid"},
		"path":         {func(r *http.Request) { r.URL.Path = "/api/v1" }, "signature-invalid"},
		"query":        {func(r *http.Request) { r.URL.RawQuery = "a=b" }, "query-not-signed"},
		"body":         {func(r *http.Request) { *r = *s.request("k", body+" "); r.Header = s.request("k", body).Header }, "signature-invalid"},
		"a later time": {func(r *http.Request) { r.Header.Set(HeaderTimestamp, "2026-09-01T04:00:01Z") }, "signature-invalid"},
	} {
		r := s.request("k", body)
		row.spoil(r)
		if got := s.must(r); got.Error != row.want || (row.want == "") != (got.status == http.StatusOK) || row.want != "" && got.status != http.StatusUnauthorized {
			t.Errorf("%s: %d %s", name, got.status, got.text)
		}
	}
	old := s.request("k", body)
	c.add(skew + time.Second)
	if got := s.must(old); got.Error != "timestamp-too-far" {
		t.Error("an old signature: " + got.text)
	}
	other := sends(t, farm, CivilAffairs, c)
	r := other.request("k", body)
	r.URL, r.Host = s.request("k", body).URL, ""
	if got := s.must(r); got.Error != "key-unknown" {
		t.Error("a key of another system: " + got.text)
	}
}

func TestNoncesAreUsedOnce(t *testing.T) {
	farm, c := start(t, RemoteEducation)
	s := sends(t, farm, RemoteEducation, c)
	first := s.request("k", good[RemoteEducation])
	header := first.Header.Clone()
	if got := s.must(first); got.status != http.StatusOK {
		t.Fatal(got.text)
	}
	// As long as its timestamp is let in, and not only at once.
	for _, wait := range []time.Duration{0, skew - time.Second, time.Second} {
		c.add(wait)
		again := s.request("k", good[RemoteEducation])
		again.Header = header.Clone()
		if got := s.must(again); got.Error != "nonce-replayed" {
			t.Errorf("after %s: %s", wait, got.text)
		}
	}
	c.add(time.Second)
	again := s.request("k", good[RemoteEducation])
	again.Header = header
	if got := s.must(again); got.Error != "timestamp-too-far" {
		t.Error(got.text)
	}
	if got := s.deliver("k", good[RemoteEducation]); got.status != http.StatusOK {
		t.Error("a new nonce: " + got.text)
	}
	if n := s.system.Summary().Refused["nonce-replayed"]; n != 3 {
		t.Errorf("%d were counted", n)
	}
}

func TestTokensAndScopes(t *testing.T) {
	farm, c := start(t, SocialSecurity, Hotline)
	s := sends(t, farm, SocialSecurity, c)
	body := good[SocialSecurity]
	ask := url.Values{"grant_type": {"client_credentials"}}
	with := func(name, value string) url.Values {
		out := maps.Clone(ask)
		out.Set(name, value)
		return out
	}
	for want, form := range map[int]url.Values{
		http.StatusOK:           with("scope", ScopeWrite),
		http.StatusUnauthorized: with("client_id", "somebody"),
		http.StatusBadRequest:   with("scope", "everything"),
	} {
		if status, _ := s.fetch(form); status != want {
			t.Errorf("%v: %d", form, status)
		}
	}
	if status, _ := s.fetch(with("grant_type", "password")); status != http.StatusBadRequest {
		t.Errorf("another grant: %d", status)
	}
	keys := farm.Secrets()[s.system.Kind().Secret]
	post := with("client_id", string(keys["client-id"]))
	post.Set("client_secret", string(keys["client-secret"]))
	if status, _ := s.fetch(post); status != http.StatusOK {
		t.Errorf("client_secret_post: %d", status)
	}

	_, s2 := s.fetch(with("scope", ScopeRead))
	fine := s.token
	s.token = s2.AccessToken
	if got := s.deliver("k", body); got.status != http.StatusForbidden || !strings.Contains(got.header.Get("Www-Authenticate"), `error="insufficient_scope"`) {
		t.Errorf("a token to read: %d %v", got.status, got.header)
	}
	s.token = sends(t, farm, Hotline, c).token
	if got := s.deliver("k", body); got.Error != "invalid-token" {
		t.Error("a token of another system: " + got.text)
	}
	s.token = ""
	if got := s.deliver("k", body); got.status != http.StatusUnauthorized || got.header.Get("Www-Authenticate") != "Bearer" {
		t.Errorf("no token: %d %v", got.status, got.header)
	}
	s.token = fine
	if got := s.deliver("k", body); got.status != http.StatusOK {
		t.Error(got.text)
	}
	c.add(tokenLife)
	if got := s.deliver("k", body); got.Error != "invalid-token" {
		t.Error("a token that is over: " + got.text)
	}
	_, s3 := s.fetch(ask)
	s.token = s3.AccessToken
	s.system.ExpireTokens()
	if got := s.deliver("k", body); got.Error != "invalid-token" {
		t.Error("a token that was forgotten: " + got.text)
	}
}

func TestCertificates(t *testing.T) {
	farm, c := start(t, FamilyHealth, UtilityBills)
	s := sends(t, farm, FamilyHealth, c)
	transport := s.http.Transport.(*http.Transport)
	mine := transport.TLSClientConfig.Certificates
	try := func(certificates []tls.Certificate) (said, error) {
		transport.CloseIdleConnections()
		transport.TLSClientConfig.Certificates = certificates
		return s.do(s.request("k", good[FamilyHealth]))
	}
	if _, err := try(nil); err == nil {
		t.Error("answers without a certificate")
	}
	crt, key, err := issue(&x509.Certificate{Subject: farm.keyring.ca.Leaf.Subject}, nil)
	if err != nil {
		t.Fatal(err)
	}
	foreign, err := pair(crt, key)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := try([]tls.Certificate{*foreign}); err == nil {
		t.Error("answers a certificate of another authority")
	}
	others := sends(t, farm, UtilityBills, c).http.Transport.(*http.Transport).TLSClientConfig.Certificates
	if got, err := try(others); err != nil || got.status != http.StatusForbidden || got.Error != "certificate-not-known" {
		t.Errorf("a certificate for another system: %v %+v", err, got)
	}
	if got, err := try(mine); err != nil || got.status != http.StatusOK {
		t.Errorf("its own: %v %+v", err, got)
	}
	if _, err := http.Get(s.system.URL()); err == nil {
		t.Error("the server's certificate is trusted by everybody")
	}
}

func TestXRoad(t *testing.T) {
	farm, c := start(t, MedicalInsurance)
	s := sends(t, farm, MedicalInsurance, c)
	body := good[MedicalInsurance]
	r := s.request("k", body)
	r.Header.Set(xRoadIDHeader, "fa2e18a5-0000-4000-8000-000000000000")
	r.Header.Set("X-Road-Issue", "2026-000077")
	got := s.must(r)
	if got.Outcome != Accepted || got.header.Get(xRoadClientHeader) != XRoadClient || got.header.Get(xRoadServiceHeader) != s.system.Kind().Service ||
		got.header.Get(xRoadIDHeader) != "fa2e18a5-0000-4000-8000-000000000000" || len(got.header.Get(xRoadRequestIDHeader)) != 36 || got.header.Get(xRoadErrorHeader) != "" {
		t.Errorf("%s %v", got.text, got.header)
	}
	if raw, err := base64.StdEncoding.DecodeString(got.header.Get(xRoadHashHeader)); err != nil || len(raw) != 64 {
		t.Errorf("request hash %q", got.header.Get(xRoadHashHeader))
	}
	if got := s.deliver("k-2", body); len(got.header.Get(xRoadIDHeader)) != 36 {
		t.Error("no id was made for a request without one")
	}
	for name, row := range map[string]struct {
		spoil func(r *http.Request)
		want  string
	}{
		"a path below":   {func(r *http.Request) { r.URL.Path += "/below" }, ""},
		"encoded parts":  {func(r *http.Request) { r.Header.Set(xRoadClientHeader, "EXAMPLE/GOV/DISTRICT/com%6Dunities") }, ""},
		"no client":      {func(r *http.Request) { r.Header.Del(xRoadClientHeader) }, "Client.BadRequest"},
		"client's form":  {func(r *http.Request) { r.Header.Set(xRoadClientHeader, "EXAMPLE%2FGOV%2FDISTRICT") }, "Client.BadRequest"},
		"no version":     {func(r *http.Request) { r.URL.Path = "/api/v1" }, "Client.BadRequest"},
		"short service":  {func(r *http.Request) { r.URL.Path = "/r1/EXAMPLE/GOV" }, "Client.BadRequest"},
		"another member": {func(r *http.Request) { r.URL.Path = "/r1/EXAMPLE/GOV/NOWHERE/medical-insurance/cases" }, "Server.ClientProxy.UnknownMember"},
		"other service":  {func(r *http.Request) { r.URL.Path = "/r1/EXAMPLE/GOV/CITY/medical-insurance/persons" }, "Server.ServerProxy.UnknownService"},
		"other client":   {func(r *http.Request) { r.Header.Set(xRoadClientHeader, "EXAMPLE/COM/SOMEBODY") }, "Server.ServerProxy.AccessDenied"},
	} {
		r := s.request("k-"+name[:2], body)
		row.spoil(r)
		got := s.must(r)
		if got.Type != row.want || got.header.Get(xRoadErrorHeader) != row.want || (row.want == "") != (got.status == http.StatusOK) {
			t.Errorf("%s: %d %s %v", name, got.status, got.text, got.header)
		}
	}
	// What the service itself refuses is no error of X-Road.
	if got := s.deliver("k-3", "[]"); got.status != http.StatusBadRequest || got.header.Get(xRoadErrorHeader) != "" || got.header.Get(xRoadServiceHeader) == "" {
		t.Errorf("%d %v", got.status, got.header)
	}
	transport := s.http.Transport.(*http.Transport)
	transport.CloseIdleConnections()
	transport.TLSClientConfig.Certificates = nil
	if got := s.deliver("k", body); got.Type != "Server.ClientProxy.SslAuthenticationFailed" || got.status != http.StatusInternalServerError {
		t.Errorf("without a certificate: %d %s", got.status, got.text)
	}
}
