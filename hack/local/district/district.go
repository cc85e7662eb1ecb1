// Package district is how the demo and the tests on a real node get what a
// district brings along: a PostgreSQL server, an OpenID provider, a gateway, and
// stand-ins for line departments' information systems, all run by hack/district
// beside the cluster. It writes that program's configuration from the sample and
// tells the operator where they are.
//
// It is for development clusters only; docs/guides/database.md says how a district
// gives the operator its own.
package district

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"strconv"

	"k8s.io/apimachinery/pkg/util/yaml"

	"github.com/shequ-io/shequ/api/v1alpha1"
	"github.com/shequ-io/shequ/internal/blueprint"
)

const (
	// ClientID the desks have at the provider.
	ClientID = "shequ-desk"
	// Suffix of the sample's hostnames.
	Suffix = ".qingnianlu.shequ.example"
	// AuthorityFile holds, in Config.Dir, the certificate the first three are trusted by.
	AuthorityFile = "ca.crt"
	// Password of every account: this is a demonstration.
	Password = "demo"
	// Hooks is where, at a community's portal, systems send what they have to.
	Hooks = blueprint.HooksPath
	// callback is where the provider sends who signed in.
	callback = "/sign-in/callback"
)

// Config of hack/district.
type Config struct {
	Dir        string            `json:"dir"`        // its configuration and certificates
	Data       string            `json:"data"`       // the database's files; gone when it ends
	Address    string            `json:"address"`    // it listens on
	DNS        string            `json:"dns"`        // of the cluster
	IssuerPort int               `json:"issuerPort"` // of the provider
	Postgres   Postgres          `json:"postgres"`
	Hosts      map[string]string `json:"hosts"`    // hostname → Service
	Couriers   map[string]string `json:"couriers"` // hostname → Service, for what is below Hooks
	Accounts   []Account         `json:"accounts"`
	Password   string            `json:"password"`  // of all accounts
	Redirects  []string          `json:"redirects"` // of the desks
	Ends       []string          `json:"ends"`      // of the desks, after signing out
	Systems    Systems           `json:"systems"`
}

// Postgres is the database server.
type Postgres struct {
	Port     int    `json:"port"`
	User     string `json:"user"`
	Password string `json:"password"`
}

// Account of a position, and the groups it is in.
type Account struct {
	Name   string   `json:"name"`
	Groups []string `json:"groups"`
}

// Issuer is the provider's address.
func (c *Config) Issuer() string {
	return "https://" + net.JoinHostPort(c.Address, strconv.Itoa(c.IssuerPort))
}

// DSN of the server's administrator.
func (c *Config) DSN() string {
	return fmt.Sprintf("postgres://%s:%s@%s/postgres?sslmode=verify-full", c.Postgres.User, c.Postgres.Password,
		net.JoinHostPort(c.Address, strconv.Itoa(c.Postgres.Port)))
}

// Write writes the configuration into its directory and returns the file.
func (c *Config) Write() (string, error) {
	data, err := json.MarshalIndent(c, "", "  ")
	if err != nil {
		return "", err
	}
	if err := os.MkdirAll(c.Dir, 0o755); err != nil {
		return "", err
	}
	file := filepath.Join(c.Dir, "district.json")
	return file, os.WriteFile(file, data, 0o600)
}

// OfSample is the configuration for the communities in a directory of the sample:
// a hostname for each program, a lead and a member of staff for each community, and
// its grids' workers by their identifiers. name tells clusters of one machine apart.
func OfSample(sample, name, dir, address, dns string) (*Config, error) {
	c := &Config{
		// PostgreSQL does not run as root, and may not enter root's own directories.
		Dir: dir, Data: filepath.Join("/var/tmp", "shequ-district-"+name), Address: address, DNS: dns, IssuerPort: 9443, Password: Password,
		Hosts: map[string]string{}, Couriers: map[string]string{},
		Postgres: Postgres{Port: 5432, User: "shequ_admin", Password: Password},
		Systems:  simulated(dir, address),
	}
	files, err := filepath.Glob(filepath.Join(sample, "*", "community.yaml"))
	if err != nil {
		return nil, err
	}
	for _, file := range files {
		if err := c.add(filepath.Dir(file)); err != nil {
			return nil, err
		}
	}
	return c, nil
}

func (c *Config) add(dir string) error {
	var community v1alpha1.Community
	var station v1alpha1.ServiceStation
	for name, into := range map[string]any{"community.yaml": &community, "station.yaml": &station} {
		if err := read(filepath.Join(dir, name), into); err != nil {
			return err
		}
	}
	home := blueprint.HomeNamespace(community.Namespace, community.Name) + ".svc.cluster.local"
	desk := string(station.Spec.Desk.Hostname)
	portal := string(community.Spec.Portal.Hostname)
	c.Hosts[portal] = blueprint.ComponentPortal + "." + home
	c.Couriers[portal] = blueprint.ComponentCourier + "." + home
	c.Hosts[desk] = blueprint.ComponentDesk + "." + home
	c.Redirects = append(c.Redirects, "https://"+desk+callback)
	c.Ends = append(c.Ends, "https://"+desk+"/")
	groups := map[v1alpha1.AccessRole][]string{}
	for _, a := range community.Spec.Access {
		groups[a.Role] = append(groups[a.Role], a.Group)
	}
	c.Accounts = append(c.Accounts,
		Account{community.Name + "-lead", groups[v1alpha1.AccessLead]},
		Account{community.Name + "-staff", groups[v1alpha1.AccessWorker]})
	return c.addWorkers(filepath.Join(dir, "grids.yaml"), groups[v1alpha1.AccessWorker])
}

// addWorkers adds those the grids name; a community without grids has none.
func (c *Config) addWorkers(file string, groups []string) error {
	f, err := os.Open(file)
	if os.IsNotExist(err) {
		return nil
	}
	if err != nil {
		return err
	}
	defer func() { _ = f.Close() }()
	for decoder := yaml.NewYAMLOrJSONDecoder(f, 4096); ; {
		var grid v1alpha1.Grid
		switch err := decoder.Decode(&grid); {
		case errors.Is(err, io.EOF):
			return nil
		case err != nil:
			return fmt.Errorf("%s: %w", file, err)
		}
		for _, w := range grid.Spec.Workers {
			c.Accounts = append(c.Accounts, Account{w.ID, groups})
		}
	}
}

func read(file string, into any) error {
	data, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	if err := yaml.Unmarshal(data, into); err != nil {
		return fmt.Errorf("%s: %w", file, err)
	}
	return nil
}
