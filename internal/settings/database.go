package settings

import (
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"strconv"
	"strings"
	"time"

	"k8s.io/apimachinery/pkg/util/validation"
)

// Database is the district's PostgreSQL server, in which every community gets a
// database of its own. Without it the portals publish and take nothing in.
type Database struct {
	// AdminSecret is the Secret in the operator's namespace with the key dsn, the
	// URI of a role that may create databases and roles, and where the server's
	// certificate is of an authority of its own, ca.crt.
	AdminSecret string `json:"adminSecret,omitempty"`
	// KeySecret is the Secret in the operator's namespace with the district's key.
	// The operator makes it where it is not there. Default district-key.
	KeySecret string `json:"keySecret,omitempty"`
	// Host by which the communities' programs reach the server, with or without a
	// port; that of dsn when empty.
	Host string `json:"host,omitempty"`
	// ConnectionsPerCommunity bounds the connections to one community's database.
	// Default 8.
	ConnectionsPerCommunity int32 `json:"connectionsPerCommunity,omitempty"`
	// RotationDays is how long a password holds before the next takes its place.
	// Default 90.
	RotationDays int32 `json:"rotationDays,omitempty"`
	// CloudNativePG makes the databases, where it runs the server. Nil: the operator
	// makes them itself.
	CloudNativePG *CloudNativePG `json:"cloudNativePG,omitempty"`
}

// CloudNativePG is the Cluster that is the district's server. A community's database
// is then a Database object beside it; its roles stay the operator's own.
type CloudNativePG struct {
	// Namespace of the Cluster.
	Namespace string `json:"namespace,omitempty"`
	// Cluster is its name.
	Cluster string `json:"cluster,omitempty"`
}

// OIDC is the identity provider staff sign in with at the desks.
type OIDC struct {
	// Issuer is its https URL, as its tokens name it.
	Issuer string `json:"issuer,omitempty"`
	// ClientID of the desks.
	ClientID string `json:"clientID,omitempty"`
	// ClientSecret is the Secret in the operator's namespace with the key
	// client-secret; none when empty.
	ClientSecret string `json:"clientSecret,omitempty"`
	// GroupsClaim is the claim that lists groups. Default groups.
	GroupsClaim string `json:"groupsClaim,omitempty"`
	// WorkClaim is the claim that holds the work identifier. Default
	// preferred_username.
	WorkClaim string `json:"workClaim,omitempty"`
	// CA is the certificate of the authority the provider is trusted by, in PEM,
	// where it is none the machine's own trust in.
	CA string `json:"ca,omitempty"`
}

const (
	defaultKeySecret   = "district-key"
	defaultConnections = 8
	// leastConnections are what one portal, one desk and the courier, a migration,
	// and the operator's look at the chains need.
	leastConnections    = 7
	mostConnections     = 100
	defaultRotationDays = 90
	mostRotationDays    = 365
)

// Rotation is how long a password holds.
func (d Database) Rotation() time.Duration { return time.Duration(d.RotationDays) * 24 * time.Hour }

// complete fills in what the file leaves out of what it names.
func complete(s *Settings) {
	if d := s.Database; d != nil {
		if d.KeySecret == "" {
			d.KeySecret = defaultKeySecret
		}
		if d.ConnectionsPerCommunity == 0 {
			d.ConnectionsPerCommunity = defaultConnections
		}
		if d.RotationDays == 0 {
			d.RotationDays = defaultRotationDays
		}
	}
	if o := s.OIDC; o != nil {
		if o.GroupsClaim == "" {
			o.GroupsClaim = "groups"
		}
		if o.WorkClaim == "" {
			o.WorkClaim = "preferred_username"
		}
	}
}

func (s Settings) validateDatabase() []error {
	d := s.Database
	if d == nil {
		return nil
	}
	var errs []error
	fail := func(format string, args ...any) { errs = append(errs, fmt.Errorf("database."+format, args...)) }
	if d.AdminSecret == "" {
		fail("adminSecret is empty: name the Secret in the operator's namespace that holds the server's dsn")
	}
	for field, name := range map[string]string{"adminSecret": d.AdminSecret, "keySecret": d.KeySecret} {
		if name != "" && len(validation.IsDNS1123Subdomain(name)) > 0 {
			fail("%s: %q can't be the name of a Secret: use lower case letters, digits, dots and hyphens", field, name)
		}
	}
	if strings.HasPrefix(d.KeySecret, KeyPrefix) {
		fail("keySecret: names that start with %s are the communities' own: choose another", KeyPrefix)
	}
	if d.AdminSecret != "" && d.AdminSecret == d.KeySecret {
		fail("keySecret is the adminSecret too: the key must be in a Secret of its own")
	}
	if err := hostAndPort(d.Host); err != nil {
		fail("host: %w", err)
	}
	if n := d.ConnectionsPerCommunity; n < leastConnections || n > mostConnections {
		fail("connectionsPerCommunity is %d: choose between %d and %d", n, leastConnections, mostConnections)
	}
	if n := d.RotationDays; n < 1 || n > mostRotationDays {
		fail("rotationDays is %d: choose between 1 and %d", n, mostRotationDays)
	}
	if at := d.CloudNativePG; at != nil {
		if len(validation.IsDNS1123Label(at.Namespace)) > 0 {
			fail("cloudNativePG.namespace: %q can't be the name of a namespace: name the one the Cluster is in", at.Namespace)
		}
		if len(validation.IsDNS1123Subdomain(at.Cluster)) > 0 {
			fail("cloudNativePG.cluster: %q can't be the name of a Cluster: name the one database.adminSecret leads to", at.Cluster)
		}
	}
	if len(s.Network.Database) == 0 {
		errs = append(errs, errors.New("network.database names nobody, so the communities' programs could not reach the server: name its pods or its network"))
	}
	return errs
}

// KeyPrefix starts the names of the Secrets that hold the communities' keys.
const KeyPrefix = "key-"

// hostAndPort judges a host with or without a port.
func hostAndPort(text string) error {
	if text == "" {
		return nil
	}
	host := text
	if h, port, err := net.SplitHostPort(text); err == nil {
		n, err := strconv.ParseUint(port, 10, 16)
		if err != nil || n == 0 {
			return fmt.Errorf("%q is no port: give a number from 1 to 65535", port)
		}
		host = h
	}
	if _, err := netip.ParseAddr(host); err != nil && len(validation.IsDNS1123Subdomain(host)) > 0 {
		return fmt.Errorf("%q is no host: give a name or an address, with or without :port", text)
	}
	return nil
}

func (s Settings) validateOIDC() []error {
	o := s.OIDC
	if o == nil {
		return nil
	}
	var errs []error
	fail := func(format string, args ...any) { errs = append(errs, fmt.Errorf("oidc."+format, args...)) }
	switch u, err := url.Parse(o.Issuer); {
	case o.Issuer == "":
		fail("issuer is empty: give the provider's URL as its tokens name it")
	case err != nil || u.Scheme != "https" || u.Host == "" || u.RawQuery != "" || u.Fragment != "" || u.User != nil:
		fail("issuer %q must be an https URL without query, fragment and user", o.Issuer)
	}
	if o.ClientID == "" {
		fail("clientID is empty: give the one the provider knows the desks by")
	}
	if o.ClientSecret != "" && len(validation.IsDNS1123Subdomain(o.ClientSecret)) > 0 {
		fail("clientSecret: %q can't be the name of a Secret: use lower case letters, digits, dots and hyphens", o.ClientSecret)
	}
	if o.CA != "" && !x509.NewCertPool().AppendCertsFromPEM([]byte(o.CA)) {
		fail("ca holds no certificate: give the authority's in PEM, from BEGIN CERTIFICATE on")
	}
	if s.Database == nil {
		errs = append(errs, errors.New("oidc is given without database: staff sign in to work cases, which need a server to be kept in"))
	}
	if len(s.Network.OIDC) == 0 {
		errs = append(errs, errors.New("network.oidc names nobody, so no desk could reach the provider: name its pods or its network"))
	}
	return errs
}
