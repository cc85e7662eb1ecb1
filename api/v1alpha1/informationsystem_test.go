package v1alpha1_test

import (
	"strings"
	"testing"

	"github.com/shequ-io/shequ/internal/privacy"
)

func TestInformationSystem(t *testing.T) { systemTable.run(t) }

const validSystem = `
apiVersion: shequ.io/v1alpha1
kind: InformationSystem
metadata: {name: social-security}
spec:
  displayName: {zh: 社会保障系统}
  owner: 人力资源和社会保障局
  dataLocation: {zh: 区数据中心}
  protocol:
    type: HTTP
    http:
      baseURL: https://social-security.example.org/api/v1
      auth: {type: HMAC, secretRef: {namespace: shequ-system, name: social-security}}
`

const (
	complete   = "an address must be a complete URL that begins with http:// or https://"
	noSecret   = "an address must hold no user, query or fragment; put credentials in a Secret and name it in secretRef"
	range16    = "cidr must be a range of addresses such as 10.20.0.0/16; write one address as 10.20.3.4/32"
	shortest   = "cidr must be written in its shortest form with the host's part zero, such as 10.20.0.0/16 and not 10.20.3.4/16"
	rejectedAs = "a case is rejected as NotOurs, NotEligible, NotAdmitted, Duplicate, MaterialsMissing, NothingFound or OutsideBoundary; use one of them"
	waitsFor   = "a case waits for MaterialsMissing, ResidentUnavailable, WaitingForDepartment or UnsafeNow; use one of them"
	tooWide    = "an opening to nearly everywhere is refused; name the system's own range, of at least /8 for IPv4 or /32 for IPv6"
)

var systemTable = table{valid: validSystem, rows: []row{
	{"every field", `
spec:
  accepts: [applicant-name, bank-account]
  allowedPurposes: [old-age-allowance]
  egress: [{cidr: 10.20.0.0/16, port: 443}, {cidr: "2001:db8::/48", port: 443}]
  rateLimit: {perMinute: 120, concurrent: 4}
  probe: {path: /healthz, intervalSeconds: 60, timeoutSeconds: 5}
`, ""},
	{"a name of 63 characters", "metadata: {name: " + strings.Repeat("s", 63) + "}", ""},
	{"a name of 64 characters", "metadata: {name: " + strings.Repeat("s", 64) + "}",
		"a system's name may have at most 63 characters: it becomes part of file names"},
	{"no owner", "spec: {owner: null}", "spec.owner: Required value"},
	{"nowhere to keep data", "spec: {dataLocation: null}", "spec.dataLocation: Required value"},
	{"an unknown protocol", "spec: {protocol: {type: Fax}}", `spec.protocol.type: Unsupported value: "Fax"`},
	{"HTTP without its member", "spec: {protocol: {http: null}}", "protocol type HTTP goes with the member http and no other"},
	{"HTTP under the name of another", "spec: {protocol: {type: XRoad}}", "protocol type HTTP goes with the member http and no other"},

	{"a path in the address", httpSystem("https://a.example.org/b/c"), ""},
	{"an address without a scheme", httpSystem("a.example.org/api"), complete},
	{"an address of another scheme", httpSystem("ftp://a.example.org"), complete},
	{"a password in the address", httpSystem("https://user:secret@a.example.org"), noSecret},
	{"a token in the address", httpSystem("https://a.example.org/?token=secret"), noSecret},
	{"a secret written down", "spec: {protocol: {http: {auth: {password: secret}}}}", `unknown field "spec.protocol.http.auth.password"`},
	{"no Secret", "spec: {protocol: {http: {auth: {secretRef: null}}}}", "secretRef: Required value"},

	{"OAuth2", auth("type: OAuth2, tokenURL: \"https://a.example.org/token\", scopes: [deliver]"), ""},
	{"OAuth2 without a token's address", auth("type: OAuth2"), "OAuth2 needs a tokenURL, and the other kinds of authentication have none"},
	{"HMAC with a token's address", auth("tokenURL: \"https://a.example.org/token\""),
		"OAuth2 needs a tokenURL, and the other kinds of authentication have none"},
	{"HMAC with scopes", auth("scopes: [deliver]"), "only OAuth2 has scopes; take them out or use type OAuth2"},
	{"a client certificate", auth("type: MTLS"), ""},
	{"a client certificate without TLS", "spec: {protocol: {http: {baseURL: \"http://a.example.org\", auth: {type: MTLS}}}}",
		"a client certificate needs TLS; let baseURL begin with https://"},
	{"an unknown authentication", auth("type: Basic"), `Unsupported value: "Basic"`},

	{"X-Road", xroad("CN/GOV/610104/shequ", "CN/GOV/610104/residence/check"), ""},
	{"a certificate for a security server in the clear", "spec: {protocol: {type: XRoad, http: null, xRoad: {client: a/b/c, service: a/b/c/d, securityServer: \"http://a.example.org\", secretRef: {namespace: a, name: b}}}}",
		"a client certificate needs TLS; let securityServer begin with https://"},
	{"X-Road with HTTP's member", "spec: {protocol: {xRoad: {client: a/b/c, service: a/b/c/d, securityServer: \"https://a.example.org\"}}}",
		"protocol type XRoad goes with the member xRoad and no other"},
	{"an X-Road client of two parts", xroad("CN/GOV", "CN/GOV/610104/check"),
		"an X-Road client is instance/memberClass/memberCode or instance/memberClass/memberCode/subsystem"},
	{"an X-Road service of three parts", xroad("CN/GOV/610104", "CN/GOV/610104"),
		"an X-Road service is instance/memberClass/memberCode/serviceCode, with the subsystem before serviceCode where there is one"},

	{"files by SFTP", file("transport: SFTP, directory: inbox/qingnian, format: XLSX"), ""},
	{"files to S3", file("transport: S3, bucket: inbox, port: 9000"), ""},
	{"files with HTTP's member", "spec: {protocol: {file: {transport: SFTP, host: a.example.org, secretRef: {namespace: a, name: b}}}}",
		"protocol type File goes with the member file and no other"},
	{"S3 without a bucket", file("transport: S3"), "S3 needs a bucket, and SFTP has none"},
	{"SFTP with a bucket", file("transport: SFTP, bucket: inbox"), "S3 needs a bucket, and SFTP has none"},
	{"a directory that leads out", file("transport: SFTP, directory: inbox/../etc"),
		"a directory is names with slashes between them, without a slash at either end and without . or .."},
	{"a directory from the root", file("transport: SFTP, directory: /inbox"),
		"a directory is names with slashes between them, without a slash at either end and without . or .."},

	{"one address", egress("10.20.3.4/32"), ""},
	{"the widest range", egress("10.0.0.0/8"), ""},
	{"one address of IPv6", egress("2001:db8::1/128"), ""},
	{"everywhere", egress("0.0.0.0/0"), tooWide},
	{"half of everywhere", egress("128.0.0.0/1"), tooWide},
	{"everywhere in IPv6", egress("::/0"), tooWide},
	{"an address without a length", egress("10.20.3.4"), range16},
	{"a name", egress("a.example.org"), range16},
	{"a length above 32", egress("10.20.3.4/33"), range16},
	{"a range with a host's part", egress("10.20.3.4/16"), shortest},
	{"port 0", "spec: {egress: [{cidr: 10.0.0.0/8, port: 0}]}", "should be greater than or equal to 1"},
	{"one opening twice", "spec: {egress: " + repeated(2, "{cidr: 10.0.0.0/8, port: 443}") + "}", "spec.egress[1]: Duplicate value"},

	{"a purpose in words", "spec: {allowedPurposes: [Old age]}", "spec.allowedPurposes[0] in body should match"},
	{"an element named twice", "spec: {accepts: [a, a]}", "spec.accepts[1]: Duplicate value"},
	{"a system that takes religion", "spec: {accepts: [applicant-name, religion]}", privacy.CodeMessage()},
	{"a system that takes location history", "spec: {accepts: [location-history]}", privacy.CodeMessage()},
	{"how answers are read", `
spec:
  reading:
    accepted: body.outcome == "accepted"
    rejected: {when: body.outcome == "rejected", code: body.reason, reasons: [{word: not-insured-here, reason: NotOurs}], otherwise: NotEligible}
    moreNeeded: {when: body.outcome == "more-information", otherwise: MaterialsMissing}
    reference: body.reference
  sends: [WorkOrders]
`, ""},
	{"a rejection for a reason nobody knows", "spec: {reading: {rejected: {when: \"true\", otherwise: Because}}}", `Unsupported value: "Because"`},
	{"a rejection for the time being", "spec: {reading: {rejected: {when: \"true\", otherwise: UnsafeNow}}}", rejectedAs},
	{"a wait for a rejection's reason", "spec: {reading: {moreNeeded: {when: \"true\", otherwise: MaterialsMissing, reasons: [{word: a, reason: NotOurs}]}}}", waitsFor},
	{"a system that sends people", "spec: {sends: [People]}", `Unsupported value: "People"`},
	{"a probe that outlasts its interval", "spec: {probe: {intervalSeconds: 10, timeoutSeconds: 11}}",
		"a probe must end before the next begins; let timeoutSeconds be at most intervalSeconds"},
	{"a probe without a slash", "spec: {probe: {path: healthz}}", "path must begin with a slash and hold no query or fragment"},
	{"a probe with a query", "spec: {probe: {path: \"/healthz?key=secret\"}}", "path must begin with a slash and hold no query or fragment"},
}}

func httpSystem(url string) string {
	return "spec: {protocol: {http: {baseURL: \"" + url + "\"}}}"
}

func auth(fields string) string { return "spec: {protocol: {http: {auth: {" + fields + "}}}}" }

func xroad(client, service string) string {
	return "spec: {protocol: {type: XRoad, http: null, xRoad: {client: " + client + ", service: " + service +
		", securityServer: \"https://security-server.example.org\"}}}"
}

func file(fields string) string {
	return "spec: {protocol: {type: File, http: null, file: {host: files.example.org, secretRef: {namespace: a, name: b}, " + fields + "}}}"
}

func egress(cidr string) string {
	return "spec: {egress: [{cidr: \"" + cidr + "\", port: 443}]}"
}
