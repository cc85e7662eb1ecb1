package district

import (
	"cmp"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/shequ-io/shequ/api/v1alpha1"
	"github.com/shequ-io/shequ/hack/simulators/systems"
)

// adminPort of the simulators' administrator, on the loopback; the systems take
// the next ones, on the address pods reach.
const adminPort = 9600

// Systems are the stand-ins for line departments' information systems.
type Systems struct {
	// Admin is the host and port of their administrator's interface, which asks
	// nobody who they are.
	Admin string `json:"admin"`
	// Listen is the host and port of each, by name.
	Listen map[string]string `json:"listen"`
	// Credentials is the directory with what Secrets hold, written when they start.
	Credentials string `json:"credentials"`
}

func simulated(dir, address string) Systems {
	out := Systems{
		Admin:       net.JoinHostPort("127.0.0.1", strconv.Itoa(adminPort)),
		Listen:      map[string]string{},
		Credentials: filepath.Join(dir, "systems"),
	}
	for i, kind := range systems.Kinds() {
		out.Listen[kind.Name] = net.JoinHostPort(address, strconv.Itoa(adminPort+1+i))
	}
	return out
}

// Webhook is where a community's courier takes work orders: at a portal's hostname,
// by way of the gateway.
func Webhook(portal string) string { return "https://" + portal + Hooks + systems.Hotline }

// Move has an InformationSystem of the sample lead to the one that stands in for
// it. One that nothing stands in for stays as it is.
func (s *Systems) Move(system *v1alpha1.InformationSystem) error {
	at, there := s.Listen[system.Name]
	if !there {
		return nil
	}
	host, text, err := net.SplitHostPort(at)
	if err != nil {
		return err
	}
	port, err := strconv.ParseInt(text, 10, 32)
	if err != nil {
		return err
	}
	system.Spec.Egress = []v1alpha1.EgressPeer{{CIDR: host + "/32", Port: int32(port)}}
	p := &system.Spec.Protocol
	switch {
	case p.HTTP != nil:
		p.HTTP.BaseURL = moved(p.HTTP.BaseURL, at)
		if p.HTTP.Auth.TokenURL != "" {
			p.HTTP.Auth.TokenURL = moved(p.HTTP.Auth.TokenURL, at)
		}
	case p.XRoad != nil:
		p.XRoad.SecurityServer = moved(p.XRoad.SecurityServer, at)
	case p.File != nil:
		p.File.Host, p.File.Port = v1alpha1.Hostname(host), int32(port)
	default:
		return fmt.Errorf("InformationSystem %s has no protocol", system.Name)
	}
	return nil
}

// moved is an address at another host, with the path it had.
func moved(from v1alpha1.ServiceURL, to string) v1alpha1.ServiceURL {
	_, rest, _ := strings.Cut(string(from), "://")
	_, path, found := strings.Cut(rest, "/")
	if found {
		path = "/" + path
	}
	return v1alpha1.ServiceURL("https://" + to + path)
}

// Secrets are the credentials of all systems, for a namespace, in the order of
// their names. They are there once the systems have started.
func (s *Systems) Secrets(namespace string) ([]corev1.Secret, error) {
	names := map[string]bool{}
	for _, kind := range systems.Kinds() {
		names[kind.Secret] = true
	}
	var out []corev1.Secret
	for name := range names {
		dir := filepath.Join(s.Credentials, name)
		files, err := os.ReadDir(dir)
		if err != nil || len(files) == 0 {
			return nil, errors.Join(fmt.Errorf("the systems have left no credentials in %s: start hack/district first", dir), err)
		}
		secret := corev1.Secret{
			TypeMeta:   metav1.TypeMeta{APIVersion: "v1", Kind: "Secret"},
			ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: name},
			Data:       map[string][]byte{},
		}
		for _, f := range files {
			if secret.Data[f.Name()], err = os.ReadFile(filepath.Join(dir, f.Name())); err != nil {
				return nil, err
			}
		}
		out = append(out, secret)
	}
	slices.SortFunc(out, func(a, b corev1.Secret) int { return cmp.Compare(a.Name, b.Name) })
	return out, nil
}
