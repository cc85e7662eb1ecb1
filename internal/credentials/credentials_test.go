package credentials

import (
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"maps"
	"math/big"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/crypto/ssh"
	"golang.org/x/crypto/ssh/knownhosts"
	"pgregory.net/rapid"

	"github.com/shequ-io/shequ/api/v1alpha1"
)

var noon = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

var secret = v1alpha1.NamespacedReference{Namespace: "shequ-system", Name: "system-a"}

func overHTTP(kind v1alpha1.HTTPAuthType) *v1alpha1.InformationSystemSpec {
	return &v1alpha1.InformationSystemSpec{Protocol: v1alpha1.SystemProtocol{Type: v1alpha1.ProtocolHTTP, HTTP: &v1alpha1.HTTPProtocol{
		BaseURL: "https://a.example/api", Auth: v1alpha1.HTTPAuth{Type: kind, SecretRef: secret},
	}}}
}

func overXRoad(ref *v1alpha1.NamespacedReference) *v1alpha1.InformationSystemSpec {
	return &v1alpha1.InformationSystemSpec{Protocol: v1alpha1.SystemProtocol{Type: v1alpha1.ProtocolXRoad, XRoad: &v1alpha1.XRoadProtocol{SecretRef: ref}}}
}

func asFiles(transport v1alpha1.FileTransport, port int32) *v1alpha1.InformationSystemSpec {
	return &v1alpha1.InformationSystemSpec{Protocol: v1alpha1.SystemProtocol{Type: v1alpha1.ProtocolFile, File: &v1alpha1.FileProtocol{
		Transport: transport, Host: "files.example", Port: port, SecretRef: secret,
	}}}
}

func sending(spec *v1alpha1.InformationSystemSpec) *v1alpha1.InformationSystemSpec {
	spec.Sends = []v1alpha1.SystemSends{v1alpha1.SendsWorkOrders}
	return spec
}

// issued is a certificate in PEM that signs itself, and its key.
func issued(t *testing.T, from, to time.Time) (crt, key []byte) {
	t.Helper()
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "a"}, NotBefore: from, NotAfter: to}
	der, err := x509.CreateCertificate(rand.Reader, template, template, private.Public(), private)
	if err != nil {
		t.Fatal(err)
	}
	raw, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		t.Fatal(err)
	}
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: raw})
}

// sshPair is a private key in PEM and a line of known hosts with its public half.
func sshPair(t *testing.T, addresses ...string) (private, line []byte) {
	t.Helper()
	public, key, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	block, err := ssh.MarshalPrivateKey(key, "")
	if err != nil {
		t.Fatal(err)
	}
	host, err := ssh.NewPublicKey(public)
	if err != nil {
		t.Fatal(err)
	}
	return pem.EncodeToMemory(block), []byte(knownhosts.Line(addresses, host) + "\n")
}

// data are good credentials for everything.
func data(t *testing.T) map[string][]byte {
	t.Helper()
	crt, key := issued(t, noon.AddDate(-1, 0, 0), noon.AddDate(1, 0, 0))
	ca, _ := issued(t, noon.AddDate(-1, 0, 0), noon.AddDate(2, 0, 0))
	private, hosts := sshPair(t, "files.example", "[files.example]:2222")
	return map[string][]byte{
		ClientID: []byte("client"), ClientSecret: []byte("a secret of words"), Certificate: crt, PrivateKey: key, CA: ca,
		KeyID: []byte("key-1"), Key: []byte("0123456789abcdef"), User: []byte("communities"), SSHKey: private, KnownHosts: hosts,
		AccessKeyID: []byte("AK"), SecretAccessKey: []byte("SK"), Region: []byte("cn-north-1"), WebhookKeyID: []byte("hook"), WebhookKey: []byte("fedcba9876543210"),
		"of-somebody-else": []byte("not ours"),
	}
}

func TestPickTakesWhatIsNeededAndNothingElse(t *testing.T) {
	for name, test := range map[string]struct {
		spec *v1alpha1.InformationSystemSpec
		want []string
	}{
		"OAuth2":          {overHTTP(v1alpha1.AuthOAuth2), []string{ClientID, ClientSecret, CA}},
		"certificate":     {overHTTP(v1alpha1.AuthMTLS), []string{Certificate, PrivateKey, CA}},
		"signature":       {overHTTP(v1alpha1.AuthHMAC), []string{KeyID, Key, CA}},
		"hotline":         {sending(overHTTP(v1alpha1.AuthOAuth2)), []string{ClientID, ClientSecret, CA, WebhookKeyID, WebhookKey}},
		"X-Road":          {overXRoad(&secret), []string{Certificate, PrivateKey, CA}},
		"X-Road, nothing": {overXRoad(nil), nil},
		"SFTP":            {asFiles(v1alpha1.TransportSFTP, 0), []string{User, SSHKey, KnownHosts}},
		"S3":              {asFiles(v1alpha1.TransportS3, 0), []string{AccessKeyID, SecretAccessKey, CA, Region}},
		"no protocol":     {&v1alpha1.InformationSystemSpec{}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			all := data(t)
			got := Pick(test.spec, all)
			slices.Sort(test.want)
			if keys := slices.Sorted(maps.Keys(got)); !slices.Equal(keys, test.want) {
				t.Errorf("picked %q, want %q", keys, test.want)
			}
			if _, err := Check(test.spec, got, noon); err != nil {
				t.Errorf("what was picked of good credentials is refused: %v", err)
			}
			if _, err := Check(test.spec, all, noon); err != nil {
				t.Errorf("good credentials are refused: %v", err)
			}
		})
	}
}

func TestCheckSaysWhatIsMissing(t *testing.T) {
	for name, test := range map[string]struct {
		spec *v1alpha1.InformationSystemSpec
		data map[string][]byte
		want string
	}{
		"no Secret": {overHTTP(v1alpha1.AuthOAuth2), nil, "Secret shequ-system/system-a is not there; make it with client-id and client-secret"},
		"empty":     {overHTTP(v1alpha1.AuthMTLS), map[string][]byte{}, "it has no tls.crt and tls.key; put in what"},
		"one empty": {overHTTP(v1alpha1.AuthHMAC), map[string][]byte{KeyID: []byte("a"), Key: {}}, "it has no key; put in"},
		"files":     {asFiles(v1alpha1.TransportSFTP, 0), map[string][]byte{}, "it has no user, ssh-privatekey and known-hosts; put in"},
		"X-Road":    {overXRoad(&secret), nil, "make it with tls.crt and tls.key"},
		"webhook without a Secret": {
			sending(overXRoad(nil)), nil, "no Secret is named and webhook-key-id and webhook-key are needed; name one in spec.protocol.xRoad.secretRef",
		},
		"webhook": {sending(overHTTP(v1alpha1.AuthOAuth2)), map[string][]byte{ClientID: []byte("a"), ClientSecret: []byte("b")}, "it has no webhook-key-id and webhook-key; put in"},
		"one missing, one wrong": {
			overHTTP(v1alpha1.AuthHMAC), map[string][]byte{Key: []byte("short")}, "it has no key-id; put in what whoever runs the system has issued. key is shorter than 16 bytes; agree",
		},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := Check(test.spec, test.data, noon)
			e, ours := errors.AsType[*Error](err)
			if !ours || e.Reason() != v1alpha1.ReasonCredentialsMissing || !strings.Contains(err.Error(), test.want) {
				t.Errorf("%v, want it to say %q", err, test.want)
			}
		})
	}
}

// bad is a key that is there and can't be used.
type bad struct {
	spec  *v1alpha1.InformationSystemSpec
	key   string
	value []byte
	want  string
}

func badKeys(t *testing.T) map[string]bad {
	t.Helper()
	late, _ := issued(t, noon.AddDate(-2, 0, 0), noon.AddDate(0, 0, -1))
	_, otherKey := issued(t, noon, noon.AddDate(1, 0, 0))
	_, elsewhere := sshPair(t, "other.example", "[files.example]:22022", "*.files.example")
	secured, err := ssh.MarshalPrivateKeyWithPassphrase(ed25519.NewKeyFromSeed(make([]byte, ed25519.SeedSize)), "", []byte("words"))
	if err != nil {
		t.Fatal(err)
	}
	certificate, signature, oauth, sftp := overHTTP(v1alpha1.AuthMTLS), overHTTP(v1alpha1.AuthHMAC), overHTTP(v1alpha1.AuthOAuth2), asFiles(v1alpha1.TransportSFTP, 0)
	return map[string]bad{
		"no certificate":         {certificate, Certificate, []byte("SENTINEL"), "tls.crt and tls.key are no certificate and its key; put in"},
		"another's key":          {certificate, PrivateKey, otherKey, "tls.crt and tls.key are no certificate and its key"},
		"no authority":           {oauth, CA, []byte("SENTINEL"), "ca.crt holds no certificate in PEM; put in"},
		"authority expired":      {oauth, CA, late, "ca.crt has expired on 28 February 2026 12:00 UTC; have it renewed"},
		"line break":             {oauth, ClientSecret, []byte("SENTINEL\n"), "client-secret has white space around it; put the value in alone"},
		"several lines":          {oauth, ClientID, []byte("SENTINEL\nof two lines"), "client-id is no text of one line"},
		"no text":                {oauth, ClientID, []byte{0xff, 0xfe}, "client-id is no text of one line"},
		"short key":              {signature, Key, []byte("SENTINEL"), "key is shorter than 16 bytes; agree on a longer one"},
		"key with a line break":  {signature, Key, []byte("SENTINELSENTINEL\n"), "key ends in a line break, which would be part of the key"},
		"name of the key":        {signature, KeyID, []byte("SENTINEL of words"), "key-id has other characters"},
		"webhook's key":          {sending(overHTTP(v1alpha1.AuthOAuth2)), WebhookKey, []byte("SENTINEL"), "webhook-key is shorter than 16 bytes"},
		"webhook's key's name":   {sending(overHTTP(v1alpha1.AuthOAuth2)), WebhookKeyID, []byte("SENTINEL/"), "webhook-key-id has other characters"},
		"region":                 {asFiles(v1alpha1.TransportS3, 0), Region, []byte("SENTINEL\n"), "region has white space around it"},
		"no private key":         {sftp, SSHKey, []byte("SENTINEL"), "ssh-privatekey is no private key in PEM without a passphrase"},
		"passphrase":             {sftp, SSHKey, pem.EncodeToMemory(secured), "ssh-privatekey is no private key in PEM without a passphrase"},
		"host not known":         {sftp, KnownHosts, elsewhere, "known-hosts does not have files.example; put in the line that ssh-keyscan files.example prints"},
		"port not known":         {asFiles(v1alpha1.TransportSFTP, 2022), KnownHosts, elsewhere, "known-hosts does not have [files.example]:2022; put in the line that ssh-keyscan -p 2022 files.example prints"},
		"no hosts":               {sftp, KnownHosts, []byte("# nothing\n"), "known-hosts does not have files.example"},
		"no file of known hosts": {sftp, KnownHosts, []byte("files.example SENTINEL AAAA"), "known-hosts can't be read"},
	}
}

func TestCheckSaysWhatIsWrongAndNoValue(t *testing.T) {
	for name, test := range badKeys(t) {
		t.Run(name, func(t *testing.T) {
			all := data(t)
			all[test.key] = test.value
			_, err := Check(test.spec, all, noon)
			e, ours := errors.AsType[*Error](err)
			if !ours || e.Reason() != v1alpha1.ReasonCredentialsInvalid || !strings.Contains(err.Error(), test.want) {
				t.Fatalf("%v, want it to say %q", err, test.want)
			}
			if strings.Contains(err.Error(), "SENTINEL") {
				t.Errorf("it holds the value: %v", err)
			}
		})
	}
}

// The answer changes with the clock when it says so, and not before.
func TestCheckFollowsCertificates(t *testing.T) {
	spec, all := overHTTP(v1alpha1.AuthMTLS), data(t)
	from, to := noon.Add(time.Hour), noon.Add(48*time.Hour)
	all[Certificate], all[PrivateKey] = issued(t, from, to)
	until, err := Check(spec, all, noon)
	if err == nil || !until.Equal(from) || !strings.Contains(err.Error(), "can't be used before 1 March 2026 13:00 UTC") {
		t.Fatalf("before: %v, %v", until, err)
	}
	until, err = Check(spec, all, until)
	if err != nil || !until.Equal(to.Add(time.Second)) {
		t.Fatalf("then: %v, %v", until, err)
	}
	if _, err = Check(spec, all, until.Add(-time.Second)); err != nil {
		t.Errorf("in its last second: %v", err)
	}
	if until, err = Check(spec, all, until); err == nil || !strings.Contains(err.Error(), "tls.crt has expired") {
		t.Errorf("after: %v, %v", until, err)
	}
}

// Beside its successor an authority may have expired, or not have begun.
func TestOneAuthorityThatHoldsIsEnough(t *testing.T) {
	spec, all := overHTTP(v1alpha1.AuthOAuth2), data(t)
	old, _ := issued(t, noon.AddDate(-2, 0, 0), noon.AddDate(0, 0, -1))
	now, _ := issued(t, noon.AddDate(-1, 0, 0), noon.AddDate(0, 1, 0))
	next, _ := issued(t, noon.AddDate(0, 0, 7), noon.AddDate(5, 0, 0))
	for _, several := range [][]byte{slices.Concat(old, now, next), slices.Concat(next, now, old)} {
		all[CA] = several
		if until, err := Check(spec, all, noon); err != nil || !until.Equal(noon.AddDate(0, 1, 0).Add(time.Second)) {
			t.Errorf("until %v: %v", until, err)
		}
	}
}

// A courier that uses the same file has to find the same hosts in it.
func TestKnownHostsAgreesWithTheCouriers(t *testing.T) {
	_, key, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	signer, err := ssh.NewSignerFromKey(key)
	if err != nil {
		t.Fatal(err)
	}
	public := strings.TrimSpace(string(ssh.MarshalAuthorizedKey(signer.PublicKey())))
	path := filepath.Join(t.TempDir(), "known-hosts")
	names := []string{
		"a.example", "b.example", "[a.example]:2022", "a.example:2022", "*", "*.example", "[*.example]:2022", "?.example", "!a.example", "![a.example]:2022",
		knownhosts.HashHostname("a.example"), knownhosts.HashHostname("[a.example]:2022"), "10.0.0.1",
	}
	rapid.Check(t, func(t *rapid.T) {
		var file strings.Builder
		for range rapid.IntRange(0, 3).Draw(t, "lines") {
			line := rapid.SliceOfN(rapid.SampledFrom(names[:10]), 1, 3).Draw(t, "names")
			if rapid.Bool().Draw(t, "one") {
				line = []string{rapid.SampledFrom(names).Draw(t, "name")}
			}
			file.WriteString(strings.Join(line, ",") + " " + public + "\n")
		}
		host, port := rapid.SampledFrom([]string{"a.example", "b.example", "10.0.0.1"}).Draw(t, "host"), rapid.SampledFrom([]string{"22", "2022"}).Draw(t, "port")
		if err := os.WriteFile(path, []byte(file.String()), 0o600); err != nil {
			t.Fatal(err)
		}
		callback, err := knownhosts.New(path)
		if err != nil {
			t.Fatal(err)
		}
		want := callback(host+":"+port, remote(host+":"+port), signer.PublicKey()) == nil
		if got, err := knows([]byte(file.String()), host, port); got != want || err != nil {
			t.Fatalf("%s:%s in\n%s: %v (%v), want %v", host, port, file.String(), got, err, want)
		}
	})
}

// remote is an address as a connection has it.
type remote string

func (remote) Network() string  { return "tcp" }
func (r remote) String() string { return string(r) }

func FuzzCheck(f *testing.F) {
	f.Add([]byte("files.example ssh-ed25519 AAAA"), uint8(2))
	f.Add([]byte("@cert-authority * ssh-ed25519"), uint8(2))
	f.Add([]byte("-----BEGIN CERTIFICATE-----\n-----END CERTIFICATE-----\n"), uint8(0))
	f.Fuzz(func(t *testing.T, value []byte, which uint8) {
		specs := []*v1alpha1.InformationSystemSpec{overHTTP(v1alpha1.AuthMTLS), sending(overHTTP(v1alpha1.AuthHMAC)), asFiles(v1alpha1.TransportSFTP, 0), overHTTP(v1alpha1.AuthOAuth2)}
		spec := specs[int(which)%len(specs)]
		all := map[string][]byte{}
		for _, key := range Of(spec).Keys() {
			all[key] = value
		}
		_, err := Check(spec, all, noon)
		if len(value) > 12 && err != nil && strings.Contains(err.Error(), string(value)) {
			t.Errorf("it holds the value: %v", err)
		}
	})
}
