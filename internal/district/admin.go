package district

import (
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
)

// Keys of the Secret that says how the server is reached.
const (
	AdminDSN = "dsn"
	AdminCA  = "ca.crt"
)

// connectTimeout bounds one attempt to connect.
const connectTimeout = 5 * time.Second

// Admin is how the operator reaches the server, as its Secret says.
type Admin struct {
	// DSN is a URI: postgres://user:password@host:port/database?sslmode=...
	DSN string
	// CA are the certificates of the authority that vouches for the server, as PEM;
	// none when empty.
	CA string
}

// Format prints nothing of it, whatever the verb.
func (Admin) Format(f fmt.State, _ rune) { fmt.Fprint(f, "(admin)") }

// Endpoint is how the communities' programs reach the server.
type Endpoint struct {
	Host    string
	Port    uint16
	SSLMode string
	// CA as in Admin.
	CA string
}

// Address is host and port.
func (e Endpoint) Address() string {
	return net.JoinHostPort(e.Host, strconv.FormatUint(uint64(e.Port), 10))
}

// URI is what a program connects with; caFile is where it finds the CA, if there
// is one.
func (e Endpoint) URI(login Login, database, caFile string) string {
	q := url.Values{"sslmode": {e.SSLMode}}
	if e.CA != "" {
		q.Set("sslrootcert", caFile)
	}
	u := url.URL{
		Scheme: "postgres", User: url.UserPassword(login.Role, login.Password), Host: e.Address(),
		Path: "/" + database, RawQuery: q.Encode(),
	}
	return u.String()
}

// parse reads an Admin; host, with or without a port, takes the place of its own
// for programs. The errors repeat nothing of the URI.
func (a Admin) parse(host string) (*pgx.ConnConfig, Endpoint, error) {
	u, err := a.url()
	if err != nil {
		return nil, Endpoint{}, err
	}
	config, err := pgx.ParseConfig(u.String())
	if err != nil {
		return nil, Endpoint{}, errors.New("dsn has a setting PostgreSQL's clients don't know, or of a wrong value: see what stands after the question mark")
	}
	if config.Password == "" {
		return nil, Endpoint{}, errors.New("dsn has no password: postgres://user:password@host:port/database")
	}
	if a.CA != "" {
		roots := x509.NewCertPool()
		if !roots.AppendCertsFromPEM([]byte(a.CA)) {
			return nil, Endpoint{}, errors.New("ca.crt holds no certificate in PEM")
		}
		config.TLSConfig.RootCAs = roots
	}
	config.ConnectTimeout = connectTimeout
	config.RuntimeParams["application_name"] = "shequ-operator"
	return config, programs(config, a.CA, u.Query().Get("sslmode"), host), nil
}

// url is the DSN with its sslmode said, whatever the environment says: where there
// is a CA, the server must prove who it is.
func (a Admin) url() (*url.URL, error) {
	u, err := url.Parse(strings.TrimSpace(a.DSN))
	if err != nil || !slices.Contains([]string{"postgres", "postgresql"}, u.Scheme) || u.Hostname() == "" || u.User.Username() == "" || strings.Contains(u.Host, ",") {
		return nil, errors.New("dsn must be a URI of one server: postgres://user:password@host:port/database")
	}
	q := u.Query()
	verified := slices.Contains([]string{"verify-ca", "verify-full"}, q.Get("sslmode"))
	switch {
	case a.CA != "" && !verified:
		q.Set("sslmode", "verify-full")
	case q.Get("sslmode") == "":
		q.Set("sslmode", "prefer")
	}
	q.Del("sslrootcert") // a file of somebody else's; ca.crt holds it
	u.RawQuery = q.Encode()
	if u.Path == "" || u.Path == "/" {
		u.Path = "/postgres"
	}
	if u.Port() == "" {
		u.Host = net.JoinHostPort(u.Hostname(), "5432")
	}
	return u, nil
}

func programs(config *pgx.ConnConfig, ca, sslmode, host string) Endpoint {
	e := Endpoint{Host: config.Host, Port: config.Port, SSLMode: sslmode, CA: ca}
	if host == "" {
		return e
	}
	e.Host = host
	if h, port, err := net.SplitHostPort(host); err == nil {
		if n, err := strconv.ParseUint(port, 10, 16); err == nil {
			e.Host, e.Port = h, uint16(n)
		}
	}
	return e
}
