package informationsystem

import (
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/shequ-io/shequ/api/v1alpha1"
	"github.com/shequ-io/shequ/controllers/base"
	"github.com/shequ-io/shequ/internal/courier"
)

// maxSaid is how many codes a message names; the others show when these are
// corrected.
const maxSaid = 10

// mistake is something wrong that the API server let through, with its cure.
type mistake struct{ reason, message string }

// mistakes are what is wrong with a spec, against itself and the standards.
func mistakes(spec *v1alpha1.InformationSystemSpec, standards []v1alpha1.CommunityStandard) []mistake {
	return slices.Concat(unopened(spec), unknown(spec, standards), unreadable(spec))
}

// address is one a courier has to reach.
type address struct {
	field string // of the InformationSystem
	host  string
	port  int32
}

// addresses are those a courier has to reach. One that is no address, which the API
// server does not let through, is left out.
func addresses(p *v1alpha1.SystemProtocol) []address {
	var out []address
	add := func(field string, text v1alpha1.ServiceURL) {
		if at, ok := ofURL(field, string(text)); ok {
			out = append(out, at)
		}
	}
	switch {
	case p.HTTP != nil:
		add("spec.protocol.http.baseURL", p.HTTP.BaseURL)
		if p.HTTP.Auth.TokenURL != "" {
			add("spec.protocol.http.auth.tokenURL", p.HTTP.Auth.TokenURL)
		}
	case p.XRoad != nil:
		add("spec.protocol.xRoad.securityServer", p.XRoad.SecurityServer)
	case p.File != nil:
		port := p.File.Port
		if port == 0 {
			port = map[v1alpha1.FileTransport]int32{v1alpha1.TransportSFTP: 22, v1alpha1.TransportS3: 443}[p.File.Transport]
		}
		out = append(out, address{"spec.protocol.file.host", string(p.File.Host), port})
	}
	return out
}

func ofURL(field, text string) (address, bool) {
	u, err := url.Parse(text)
	if err != nil || u.Hostname() == "" {
		return address{}, false
	}
	port := u.Port()
	if port == "" {
		port = map[string]string{"http": "80", "https": "443"}[u.Scheme]
	}
	n, err := strconv.ParseUint(port, 10, 16)
	return address{field, u.Hostname(), int32(n)}, err == nil
}

// unopened is what of the system's addresses couriers may not reach. What a name
// stands for nobody knows before it is asked for: its port alone is compared.
func unopened(spec *v1alpha1.InformationSystemSpec) []mistake {
	if len(spec.Egress) == 0 {
		return []mistake{{v1alpha1.ReasonEgressMissing, "spec.egress is empty, so no courier may reach the system: name the ranges of its addresses, with their ports"}}
	}
	var out []mistake
	say := func(format string, args ...any) {
		out = append(out, mistake{v1alpha1.ReasonEgressMissing, fmt.Sprintf(format, args...)})
	}
	for _, at := range addresses(&spec.Protocol) {
		ip, err := netip.ParseAddr(at.host)
		switch {
		case err == nil && !opened(spec.Egress, ip, at.port):
			say("no range of spec.egress with port %d holds %s of %s: add %s with that port", at.port, ip, at.field, netip.PrefixFrom(ip.Unmap(), ip.Unmap().BitLen()))
		case err != nil && !slices.ContainsFunc(spec.Egress, func(p v1alpha1.EgressPeer) bool { return p.Port == at.port }):
			say("spec.egress does not open port %d of %s: add the range of its addresses with that port", at.port, at.field)
		}
	}
	return out
}

// opened reports whether couriers may reach an address.
func opened(egress []v1alpha1.EgressPeer, ip netip.Addr, port int32) bool {
	return slices.ContainsFunc(egress, func(p v1alpha1.EgressPeer) bool {
		prefix, err := netip.ParsePrefix(p.CIDR)
		return err == nil && p.Port == port && prefix.Contains(ip.Unmap())
	})
}

// unknown is what the system accepts and no standard knows.
func unknown(spec *v1alpha1.InformationSystemSpec, standards []v1alpha1.CommunityStandard) []mistake {
	known := map[v1alpha1.DataElementCode]bool{}
	for i := range standards {
		for j := range standards[i].Spec.DataElements {
			known[standards[i].Spec.DataElements[j].Code] = true
		}
	}
	var codes []string
	for _, code := range spec.Accepts {
		if !known[code] {
			codes = append(codes, string(code))
		}
	}
	if len(codes) == 0 {
		return nil
	}
	if more := len(codes) - maxSaid; more > 0 {
		codes = append(codes[:maxSaid:maxSaid], fmt.Sprintf("and %d more", more))
	}
	cure := "correct the code, or have the element declared in a standard"
	if len(standards) == 0 {
		cure = "there is none: apply the city's standard"
	}
	return []mistake{{v1alpha1.ReasonElementUnknown, fmt.Sprintf("spec.accepts names what no CommunityStandard declares (%s): %s", base.Join(codes), cure)}}
}

// unreadable is what is wrong with how answers are read.
func unreadable(spec *v1alpha1.InformationSystemSpec) []mistake {
	_, err := courier.CompileReading(courier.RulesOf(spec.Reading))
	if err == nil {
		return nil
	}
	return []mistake{{v1alpha1.ReasonReadingInvalid, "spec.reading: " + strings.ReplaceAll(err.Error(), "\n", "; ")}}
}

// at is where a connection is made to.
func (a address) at() string { return net.JoinHostPort(a.host, strconv.Itoa(int(a.port))) }
