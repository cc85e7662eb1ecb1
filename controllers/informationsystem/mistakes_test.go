package informationsystem

import (
	"fmt"
	"strings"
	"testing"

	"github.com/shequ-io/shequ/api/v1alpha1"
)

func overHTTP(base, token v1alpha1.ServiceURL) v1alpha1.SystemProtocol {
	return v1alpha1.SystemProtocol{Type: v1alpha1.ProtocolHTTP, HTTP: &v1alpha1.HTTPProtocol{BaseURL: base, Auth: v1alpha1.HTTPAuth{TokenURL: token}}}
}

func asFiles(transport v1alpha1.FileTransport, host v1alpha1.Hostname, port int32) v1alpha1.SystemProtocol {
	return v1alpha1.SystemProtocol{Type: v1alpha1.ProtocolFile, File: &v1alpha1.FileProtocol{Transport: transport, Host: host, Port: port}}
}

func xRoad(server v1alpha1.ServiceURL) v1alpha1.SystemProtocol {
	return v1alpha1.SystemProtocol{Type: v1alpha1.ProtocolXRoad, XRoad: &v1alpha1.XRoadProtocol{SecurityServer: server}}
}

func egress(peers ...string) []v1alpha1.EgressPeer {
	var out []v1alpha1.EgressPeer
	for _, p := range peers {
		cidr, port, _ := strings.Cut(p, " ")
		var n int32
		if _, err := fmt.Sscan(port, &n); err != nil {
			panic(err)
		}
		out = append(out, v1alpha1.EgressPeer{CIDR: cidr, Port: n})
	}
	return out
}

func TestUnopened(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		protocol v1alpha1.SystemProtocol
		egress   []v1alpha1.EgressPeer
		want     []string // what the mistakes say, in order
	}{
		"nothing is open":       {overHTTP("https://a.example", ""), nil, []string{"spec.egress is empty, so no courier may reach the system: name the ranges"}},
		"name":                  {overHTTP("https://a.example/api", ""), egress("192.0.2.0/24 443"), nil},
		"name, plain":           {overHTTP("http://a.example/api", ""), egress("192.0.2.0/24 443"), []string{"does not open port 80 of spec.protocol.http.baseURL: add"}},
		"name with a port":      {overHTTP("https://a.example:8443/api", ""), egress("192.0.2.0/24 443"), []string{"does not open port 8443 of spec.protocol.http.baseURL"}},
		"its tokens elsewhere":  {overHTTP("https://a.example", "https://b.example:444/t"), egress("192.0.2.0/24 443"), []string{"port 444 of spec.protocol.http.auth.tokenURL"}},
		"both elsewhere":        {overHTTP("http://a.example", "https://b.example"), egress("192.0.2.0/24 22"), []string{"port 80 of spec.protocol.http.baseURL", "port 443 of spec.protocol.http.auth.tokenURL"}},
		"address":               {overHTTP("https://192.0.2.7/api", ""), egress("192.0.2.0/24 443"), nil},
		"address, other range":  {overHTTP("https://192.0.3.7/api", ""), egress("192.0.2.0/24 443"), []string{"no range of spec.egress with port 443 holds 192.0.3.7 of spec.protocol.http.baseURL: add 192.0.3.7/32 with that port"}},
		"address, other port":   {overHTTP("https://192.0.2.7:8443/api", ""), egress("192.0.2.0/24 443"), []string{"with port 8443 holds 192.0.2.7"}},
		"IPv6":                  {overHTTP("https://[2001:db8::7]/api", ""), egress("2001:db8::/32 443"), nil},
		"IPv6, other range":     {overHTTP("https://[2001:db9::7]/api", ""), egress("2001:db8::/32 443"), []string{"add 2001:db9::7/128 with that port"}},
		"IPv4 in IPv6":          {overHTTP("https://[::ffff:192.0.2.7]/api", ""), egress("192.0.2.0/24 443"), nil},
		"X-Road":                {xRoad("https://server.example:8443"), egress("192.0.2.0/24 8443"), nil},
		"X-Road, closed":        {xRoad("https://server.example"), egress("192.0.2.0/24 8443"), []string{"port 443 of spec.protocol.xRoad.securityServer"}},
		"SFTP":                  {asFiles(v1alpha1.TransportSFTP, "files.example", 0), egress("192.0.2.0/24 22"), nil},
		"SFTP, closed":          {asFiles(v1alpha1.TransportSFTP, "files.example", 2022), egress("192.0.2.0/24 22"), []string{"port 2022 of spec.protocol.file.host"}},
		"SFTP, address":         {asFiles(v1alpha1.TransportSFTP, "192.0.3.7", 22), egress("192.0.2.0/24 22"), []string{"add 192.0.3.7/32"}},
		"S3":                    {asFiles(v1alpha1.TransportS3, "files.example", 0), egress("192.0.2.0/24 443"), nil},
		"S3, closed":            {asFiles(v1alpha1.TransportS3, "files.example", 0), egress("192.0.2.0/24 22"), []string{"port 443 of spec.protocol.file.host"}},
		"one of several ranges": {overHTTP("https://198.51.100.7", ""), egress("192.0.2.0/24 443", "198.51.100.0/24 80", "198.51.100.7/32 443"), nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := unopened(&v1alpha1.InformationSystemSpec{Protocol: test.protocol, Egress: test.egress})
			if len(got) != len(test.want) {
				t.Fatalf("%+v, want %q", got, test.want)
			}
			for i, m := range got {
				if m.reason != v1alpha1.ReasonEgressMissing || !strings.Contains(m.message, test.want[i]) {
					t.Errorf("%+v, want it to say %q", m, test.want[i])
				}
			}
		})
	}
}

func TestUnknown(t *testing.T) {
	t.Parallel()
	standards := make([]v1alpha1.CommunityStandard, 2)
	standards[0].Spec.DataElements = []v1alpha1.DataElement{{Code: "a"}}
	standards[1].Spec.DataElements = []v1alpha1.DataElement{{Code: "b"}}
	said := func(standards []v1alpha1.CommunityStandard, codes ...v1alpha1.DataElementCode) string {
		got := unknown(&v1alpha1.InformationSystemSpec{Accepts: codes}, standards)
		if len(got) == 0 {
			return ""
		}
		if len(got) > 1 || got[0].reason != v1alpha1.ReasonElementUnknown {
			t.Errorf("%+v", got)
		}
		return got[0].message
	}
	if got := said(standards, "a", "b") + said(nil); got != "" {
		t.Error(got)
	}
	if got := said(standards, "a", "c", "d"); !strings.Contains(got, "(c, d): correct the code, or have the element declared") {
		t.Error(got)
	}
	if got := said(nil, "a"); !strings.Contains(got, "(a): there is none: apply the city's standard") {
		t.Error(got)
	}
	var many []v1alpha1.DataElementCode
	for i := range 14 {
		many = append(many, v1alpha1.DataElementCode(fmt.Sprintf("x%d", i)))
	}
	if got := said(standards, many...); !strings.Contains(got, "x9, and 4 more)") {
		t.Error(got)
	}
}

func TestUnreadable(t *testing.T) {
	t.Parallel()
	if got := unreadable(&v1alpha1.InformationSystemSpec{}); got != nil {
		t.Errorf("%+v", got)
	}
	got := unreadable(&v1alpha1.InformationSystemSpec{Reading: &v1alpha1.SystemReading{
		Accepted: "status ==", Rejected: &v1alpha1.AnswerRule{When: "answer.outcome == 1", Otherwise: "NotOurs"},
	}})
	if len(got) != 1 || got[0].reason != v1alpha1.ReasonReadingInvalid || strings.Contains(got[0].message, "\n") {
		t.Fatalf("%+v", got)
	}
	for _, text := range []string{"spec.reading: accepted, when", "rejected, when"} {
		if !strings.Contains(got[0].message, text) {
			t.Errorf("%s, want it to say %q", got[0].message, text)
		}
	}
}
