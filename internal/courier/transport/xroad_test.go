package transport

import (
	"crypto/sha512"
	"encoding/base64"
	"maps"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
)

const (
	theClient  = "EXAMPLE/GOV/DISTRICT/communities"
	theService = "EXAMPLE/GOV/CITY/medical insurance/cases"
)

// securityServer answers as PR-REST says.
func securityServer(w http.ResponseWriter, r *http.Request) {
	hash := sha512.Sum512([]byte("headers and body"))
	answer(200, `{"outcome":"accepted"}`,
		"X-Road-Client", r.Header.Get("X-Road-Client"), "X-Road-Service", theService, "X-Road-Id", r.Header.Get("X-Road-Id"),
		"X-Road-Request-Id", "f92591a3-6bf0-49b1-987b-0dd78c034cc3", "X-Road-Request-Hash", base64.StdEncoding.EncodeToString(hash[:]))(w, r)
}

func TestXRoad(t *testing.T) {
	s := serve(t, securityServer, nil)
	out, err := send(t, must(NewXRoad(XRoad{SecurityServer: s.URL, Client: theClient, Service: theService})))
	if err != nil || string(out.Body) != `{"outcome":"accepted"}` || len(out.Evidence) != 88 {
		t.Fatal(out, err)
	}
	r := s.got[0]
	if r.Method != "POST" || r.RequestURI != "/r1/EXAMPLE/GOV/CITY/medical%20insurance/cases" || s.sent[0] != body {
		t.Errorf("%s %s %s", r.Method, r.RequestURI, s.sent[0])
	}
	for name, want := range map[string]string{
		"X-Road-Client": theClient, "X-Road-Id": string(message.Key()), "X-Road-Issue": "c-1", "Idempotency-Key": string(message.Key()),
		"X-Road-UserId": "", "X-Road-Request-Hash": "", // nobody is named, and the hash is the servers'
	} {
		if r.Header.Get(name) != want {
			t.Errorf("%s: %q", name, r.Header.Get(name))
		}
	}
}

// rejecting is a service that rejects with a status of its own.
func rejecting(w http.ResponseWriter, r *http.Request) {
	to := httptest.NewRecorder()
	securityServer(to, r)
	maps.Copy(w.Header(), to.Header())
	answer(422, `{"outcome":"rejected"}`)(w, r)
}

// What a service says with a status of 4xx is as good evidence as any.
func TestXRoadRejects(t *testing.T) {
	s := serve(t, rejecting, nil)
	out, err := send(t, must(NewXRoad(XRoad{SecurityServer: s.URL, Client: theClient, Service: theService})))
	if told(out, err) != "refused 422 with body" || len(out.Evidence) != 88 {
		t.Errorf("%v, %q", err, out.Evidence)
	}
}

func TestXRoadErrors(t *testing.T) {
	refusal := func(status int, kind string) http.HandlerFunc {
		return answer(status, `{"type":"`+kind+`","message":"said by the system"}`, "X-Road-Error", kind)
	}
	spoilt := func(name, value string) http.HandlerFunc {
		return func(w http.ResponseWriter, r *http.Request) {
			securityServer(&overriding{w, name, value}, r)
		}
	}
	for name, x := range map[string]struct {
		handle    http.HandlerFunc
		want, why string
	}{
		"malformed":           {refusal(400, "Client.BadRequest"), "retry", "malformed"},
		"no right":            {refusal(500, "Server.ServerProxy.AccessDenied"), "retry", "right"},
		"no such service":     {refusal(500, "Server.ServerProxy.UnknownService"), "retry", "does not know"},
		"our certificate":     {refusal(500, "Server.ClientProxy.SslAuthenticationFailed"), "retry", "certificate"},
		"provider down":       {refusal(500, "Server.ServerProxy.NetworkError"), "retry", "out of order"},
		"an error with 200":   {refusal(200, "Server.ServerProxy.DatabaseError"), "retry", "out of order"},
		"the service refuses": {rejecting, "refused 422 with body", ""},
		"who refuses?":        {answer(422, `{"outcome":"rejected"}`), "unreadable", "vouches"},
		"nothing is there":    {answer(404, "<html>"), "refused 404", ""},
		"the service is down": {answer(503, ""), "retry", ""},
		"no security server":  {answer(200, "{}"), "unreadable", "request hash"},
		"a short hash":        {spoilt("X-Road-Request-Hash", "AAAA"), "unreadable", "request hash"},
		"another message":     {spoilt("X-Road-Id", "f92591a3-6bf0-49b1-987b-0dd78c034cc3"), "unreadable", "another message"},
		"another service":     {spoilt("X-Road-Service", "EXAMPLE/GOV/CITY/x/y"), "unreadable", "another service"},
		"another client":      {spoilt("X-Road-Client", "EXAMPLE/GOV/OTHER"), "unreadable", "another client"},
	} {
		t.Run(name, func(t *testing.T) {
			s := serve(t, x.handle, nil)
			out, err := send(t, must(NewXRoad(XRoad{SecurityServer: s.URL, Client: theClient, Service: theService, Limits: Limits{Timeout: 10 * time.Second}})))
			if told(out, err) != x.want || !strings.Contains(err.Error(), x.why) {
				t.Errorf("%v, want %s", err, x.want)
			}
		})
	}
}

// overriding sets one header to something else.
type overriding struct {
	http.ResponseWriter

	name, value string
}

func (o *overriding) WriteHeader(status int) {
	o.Header().Set(o.name, o.value)
	o.ResponseWriter.WriteHeader(status)
}

func TestIdentifiers(t *testing.T) {
	for text, want := range map[string]string{
		"A/B/C": "A/B/C", "A/B/C/D": "A/B/C/D", "示范/B/C": "%E7%A4%BA%E8%8C%83/B/C", "A/B C/D": "A/B%20C/D", "A/B/C?x=1#y": "A/B/C%3Fx=1%23y",
		"A/B": "", "A/B/C/D/E": "", "A//C": "", "A/../C": "", "A/./C": "", "A/B%2FC/D": "", `A/B\/C`: "", "A:1/B/C": "", "A;/B/C": "", "A/B/\u200bC": "", "A/B/\x00": "", "": "",
	} {
		got, ok := identifier(text, 3, 4)
		if got != want || ok != (want != "") {
			t.Errorf("%q is %q, %v", text, got, ok)
		}
	}
	for _, x := range []XRoad{{}, {SecurityServer: "https://x"}, {SecurityServer: "https://x", Client: theClient, Service: "A/B/C"}, {SecurityServer: "x", Client: theClient, Service: theService}} {
		if _, err := NewXRoad(x); err == nil {
			t.Errorf("%+v is a system", x)
		}
	}
	cert, key := newPKI().issue("courier")
	if _, err := NewXRoad(XRoad{SecurityServer: "http://x", Client: theClient, Service: theService, TLS: TLS{Certificate: cert, Key: key}}); err == nil {
		t.Error("a certificate is shown to nobody")
	}
}
