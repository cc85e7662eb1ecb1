package settings

import (
	"reflect"
	"strings"
	"testing"
	"time"
)

const (
	peers    = "network:\n  database: [{cidr: 10.30.0.5/32, ports: [5432]}]\n  oidc: [{cidr: 10.20.0.9/32, ports: [443]}]\n"
	server   = "database:\n  adminSecret: postgres-admin\n"
	provider = "oidc:\n  issuer: https://id.example.org/realms/district\n  clientID: shequ-desk\n"
)

func TestWithoutDatabaseNothingIsAsked(t *testing.T) {
	s, err := Parse([]byte(least))
	if err != nil || s.Database != nil || s.OIDC != nil {
		t.Errorf("Parse = %+v, %v; want neither database nor OIDC", s, err)
	}
}

func TestDatabaseDefaults(t *testing.T) {
	s, err := Parse([]byte(least + peers + server + provider))
	if err != nil {
		t.Fatal(err)
	}
	want := Database{AdminSecret: "postgres-admin", KeySecret: "district-key", ConnectionsPerCommunity: 8, RotationDays: 90}
	if *s.Database != want || s.Database.Rotation() != 90*24*time.Hour {
		t.Errorf("database %+v, want %+v", *s.Database, want)
	}
	if s.OIDC.GroupsClaim != "groups" || s.OIDC.WorkClaim != "preferred_username" || s.OIDC.ClientSecret != "" {
		t.Errorf("OIDC %+v", *s.OIDC)
	}
}

func TestDatabaseAsSaid(t *testing.T) {
	s, err := Parse([]byte(least + peers + server + "  keySecret: seal\n  host: db.example.org:6432\n  connectionsPerCommunity: 12\n  rotationDays: 7\n  cloudNativePG: {namespace: databases, cluster: district}\n" +
		provider + "  clientSecret: desk-client\n  groupsClaim: roles\n  workClaim: staff_number\n"))
	if err != nil {
		t.Fatal(err)
	}
	want := Database{"postgres-admin", "seal", "db.example.org:6432", 12, 7, &CloudNativePG{"databases", "district"}}
	if !reflect.DeepEqual(*s.Database, want) {
		t.Errorf("database %+v, want %+v", *s.Database, want)
	}
	if want := (OIDC{"https://id.example.org/realms/district", "shequ-desk", "desk-client", "roles", "staff_number", ""}); *s.OIDC != want {
		t.Errorf("OIDC %+v, want %+v", *s.OIDC, want)
	}
}

func TestDatabaseMistakes(t *testing.T) {
	for _, tc := range []struct{ name, yaml, want string }{
		{"no Secret", peers + "database: {}", "database.adminSecret is empty: name the Secret"},
		{"no name of a Secret", peers + "database: {adminSecret: Postgres}", `database.adminSecret: "Postgres" can't be`},
		{"a community's name", peers + server + "  keySecret: key-all", "names that start with key- are the communities' own"},
		{"one Secret for both", peers + server + "  keySecret: postgres-admin", "the key must be in a Secret of its own"},
		{"no host", peers + server + "  host: 'a b'", `database.host: "a b" is no host`},
		{"no port", peers + server + "  host: 'a:b'", `database.host: "b" is no port`},
		{"port zero", peers + server + "  host: 'a:0'", `database.host: "0" is no port`},
		{"a Cluster without a namespace", peers + server + "  cloudNativePG: {cluster: district}", `database.cloudNativePG.namespace: "" can't be`},
		{"a namespace without a Cluster", peers + server + "  cloudNativePG: {namespace: databases}", `database.cloudNativePG.cluster: "" can't be`},
		{"too few connections", peers + server + "  connectionsPerCommunity: 5", "connectionsPerCommunity is 5: choose between 7 and 100"},
		{"too many connections", peers + server + "  connectionsPerCommunity: 101", "connectionsPerCommunity is 101"},
		{"negative days", peers + server + "  rotationDays: -1", "rotationDays is -1: choose between 1 and 365"},
		{"no peers", server, "network.database names nobody"},
		{"misspelt", peers + server + "  rotation: 3", `unknown field "rotation"`},
		{"no issuer", peers + server + "oidc: {clientID: a}", "oidc.issuer is empty"},
		{"plain HTTP", peers + server + "oidc: {clientID: a, issuer: http://id.example.org}", "must be an https URL"},
		{"an issuer with a query", peers + server + "oidc: {clientID: a, issuer: 'https://id.example.org/?a=b'}", "must be an https URL"},
		{"no client", peers + server + "oidc: {issuer: https://id.example.org}", "oidc.clientID is empty"},
		{"no client Secret", peers + server + provider + "  clientSecret: A_B", `oidc.clientSecret: "A_B" can't be`},
		{"no certificate", peers + server + provider + "  ca: trust me\n", "oidc.ca holds no certificate"},
		{"OIDC alone", peers + provider, "oidc is given without database"},
		{"nobody to ask", "network: {database: [{cidr: 10.30.0.5/32}]}\n" + server + provider, "network.oidc names nobody"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			_, err := Parse([]byte(least + tc.yaml))
			if err == nil || !strings.Contains(err.Error(), tc.want) {
				t.Errorf("Parse = %v, want an error that says %q", err, tc.want)
			}
		})
	}
}

func TestHosts(t *testing.T) {
	for _, good := range []string{"", "db", "db.example.org", "db:5432", "10.0.0.1", "10.0.0.1:5432", "::1", "[::1]:5432"} {
		if err := hostAndPort(good); err != nil {
			t.Errorf("%q: %v", good, err)
		}
	}
}
