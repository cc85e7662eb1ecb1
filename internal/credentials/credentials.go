// Package credentials knows what the Secret of an information system has to hold: which
// keys its protocol needs, whether what is there can be used, and what of it goes
// to a courier. It is one place for the operator, which says so on the system, and for
// whoever copies credentials to a community.
//
// It reads no Secret itself, and nothing it says holds a value of one.
package credentials

import (
	"slices"

	"github.com/shequ-io/shequ/api/v1alpha1"
)

// The keys of Secrets, as InformationSystem documents them.
const (
	ClientID        = "client-id"
	ClientSecret    = "client-secret"
	Certificate     = "tls.crt"
	PrivateKey      = "tls.key"
	CA              = "ca.crt"
	KeyID           = "key-id"
	Key             = "key"
	User            = "user"
	SSHKey          = "ssh-privatekey"
	KnownHosts      = "known-hosts"
	AccessKeyID     = "access-key-id"
	SecretAccessKey = "secret-access-key"
	Region          = "region"
	WebhookKeyID    = "webhook-key-id"
	WebhookKey      = "webhook-key"
)

// Need is what a system needs of which Secret.
type Need struct {
	// Secret with the credentials; nil where the InformationSystem names none, as it
	// may for X-Road alone.
	Secret *v1alpha1.NamespacedReference
	// Field of the InformationSystem that names the Secret.
	Field string
	// Required keys have to be there, Optional ones may be.
	Required, Optional []string
}

// Keys are all that may be of use, the required ones first.
func (n Need) Keys() []string { return slices.Concat(n.Required, n.Optional) }

// Of is what a system needs. What its spec does not say, such as a protocol of a
// type without its member, needs nothing.
func Of(spec *v1alpha1.InformationSystemSpec) Need {
	n := ofProtocol(&spec.Protocol)
	if len(spec.Sends) > 0 {
		n.Required = append(n.Required, WebhookKeyID, WebhookKey)
	}
	return n
}

func ofProtocol(p *v1alpha1.SystemProtocol) Need {
	switch {
	case p.HTTP != nil:
		n := Need{Secret: &p.HTTP.Auth.SecretRef, Field: "spec.protocol.http.auth.secretRef", Optional: []string{CA}}
		switch p.HTTP.Auth.Type {
		case v1alpha1.AuthOAuth2:
			n.Required = []string{ClientID, ClientSecret}
		case v1alpha1.AuthMTLS:
			n.Required = []string{Certificate, PrivateKey}
		case v1alpha1.AuthHMAC:
			n.Required = []string{KeyID, Key}
		}
		return n
	case p.XRoad != nil:
		n := Need{Secret: p.XRoad.SecretRef, Field: "spec.protocol.xRoad.secretRef"}
		if n.Secret != nil {
			n.Required, n.Optional = []string{Certificate, PrivateKey}, []string{CA}
		}
		return n
	case p.File != nil:
		n := Need{Secret: &p.File.SecretRef, Field: "spec.protocol.file.secretRef"}
		switch p.File.Transport {
		case v1alpha1.TransportSFTP:
			n.Required = []string{User, SSHKey, KnownHosts}
		case v1alpha1.TransportS3:
			n.Required, n.Optional = []string{AccessKeyID, SecretAccessKey}, []string{CA, Region}
		}
		return n
	}
	return Need{}
}

// Pick is what of a Secret's data a courier needs to talk to the system, and nothing
// else of it. The values are not copied.
func Pick(spec *v1alpha1.InformationSystemSpec, data map[string][]byte) map[string][]byte {
	out := map[string][]byte{}
	for _, key := range Of(spec).Keys() {
		if value, there := data[key]; there {
			out[key] = value
		}
	}
	return out
}
