package custody

import (
	"context"
	"errors"
	"fmt"
	"io"
	"sync"
	"time"

	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/tools/events"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/shequ-io/shequ/internal/blueprint"
	"github.com/shequ-io/shequ/internal/district"
	"github.com/shequ-io/shequ/internal/settings"
)

const (
	// dropGrace is how long a database whose community is gone is kept under
	// deletionPolicy Delete.
	dropGrace = 30 * 24 * time.Hour
	// HeadPeriod is how often the heads of a community's chains are looked at, and
	// published where they moved.
	HeadPeriod = time.Hour
	// headRetry is how soon they are looked at again where they could not be read.
	headRetry = 5 * time.Minute
	// secretPeriod is how long what a provider's Secret says is believed, unless a change
	// is told of.
	secretPeriod = 10 * time.Minute

	clientSecretField = "client-secret"
)

// ErrClientSecret tells that the identity provider's Secret is not there, or says
// nothing.
var ErrClientSecret = errors.New("the identity provider's client secret is missing")

// Options of a Custody.
type Options struct {
	// Client writes Secrets, Direct reads them from the API server.
	Client client.Client
	Direct client.Reader
	// Recorder writes events.
	Recorder events.EventRecorder
	// Namespace is the operator's own.
	Namespace string
	Database  settings.Database
	OIDC      *settings.OIDC
	// Changed is called when the server comes, goes or is another.
	Changed func()
	// Now is the clock; time.Now when nil.
	Now func() time.Time
	// Random is where keys come from; crypto/rand when nil.
	Random io.Reader
	// Probe and Retry are those of district.Options.
	Probe, Retry time.Duration
	// Taken reports whether a Community has a home of that name, so that its database
	// is not dropped.
	Taken func(ctx context.Context, home string) (bool, error)
}

// Custody keeps keys and databases. It is safe for concurrent use.
type Custody struct {
	o       Options
	keys    *keys
	server  *district.Server
	cluster *cluster

	sweep chan struct{} // asks for a sweep before its time
	// sweeping: while databases are dropped nobody takes one up.
	sweeping sync.RWMutex

	mu     sync.Mutex
	heads  map[string]Look
	client clientSecret
}

// Look is what was last seen of a community's chains.
type Look struct {
	district.Heads

	// At is when; zero where this operator has not seen them yet.
	At time.Time
	// Again is in how long to look again.
	Again time.Duration

	next time.Time
}

type clientSecret struct {
	value []byte
	at    time.Time
}

// New makes a Custody. Its Start has to run.
func New(o Options) *Custody {
	if o.Now == nil {
		o.Now = time.Now
	}
	c := &Custody{
		o: o, heads: map[string]Look{}, sweep: make(chan struct{}, 1),
		keys: &keys{
			write: o.Client, read: o.Direct, recorder: o.Recorder, namespace: o.Namespace, name: o.Database.KeySecret,
			random: randomOr(o.Random), held: map[string]Key{},
		},
	}
	if at := o.Database.CloudNativePG; at != nil {
		c.cluster = &cluster{CloudNativePG: *at, write: o.Client, read: o.Direct, now: o.Now, seen: map[string]time.Time{}}
	}
	c.server = district.New(district.Options{
		Admin: c.admin, Host: o.Database.Host, Changed: c.changed, Now: o.Now, Period: o.Probe, Retry: o.Retry,
	})
	return c
}

// changed passes on that the server came or went, and has a look at what is pending.
func (c *Custody) changed() {
	select {
	case c.sweep <- struct{}{}:
	default:
	}
	if c.o.Changed != nil {
		c.o.Changed()
	}
}

// admin reads how the server is reached.
func (c *Custody) admin(ctx context.Context) (district.Admin, error) {
	secret, err := c.keys.secret(ctx, c.o.Database.AdminSecret)
	switch {
	case err != nil:
		return district.Admin{}, err
	case secret == nil:
		return district.Admin{}, fmt.Errorf("%w: Secret %s/%s", district.ErrAdminMissing, c.o.Namespace, c.o.Database.AdminSecret)
	case len(secret.Data[district.AdminDSN]) == 0:
		return district.Admin{}, fmt.Errorf("%w: it has no key %s", district.ErrAdminInvalid, district.AdminDSN)
	}
	return district.Admin{DSN: string(secret.Data[district.AdminDSN]), CA: string(secret.Data[district.AdminCA])}, nil
}

// Opened is a community's database, ready to be migrated and used.
type Opened struct {
	// Name of the database, and Address of its server for programs.
	Name, Address string
	// Secrets for the programs.
	Secrets blueprint.SecretFacts
	// Next is when passwords are due to change.
	Next time.Time

	access district.Access
}

// UpSince is since when the server answers; zero while it does not.
func (c *Custody) UpSince(ctx context.Context) time.Time {
	state := c.server.State(ctx)
	if state.Err != nil {
		return time.Time{}
	}
	return state.Since
}

// Tenant is whose database is asked for.
type Tenant struct {
	// Community is its namespace and name, Home its home namespace.
	Community, Home string
	// Courier: it has one. Without one, nobody logs in as it.
	Courier bool
}

// Open makes sure of a community's key and database. What was so a moment ago is
// not asked again. The error wraps one of package district's, ErrKeyMissing,
// ErrKeyUnreadable, ErrClientSecret, ErrDatabasePending or ErrCloudNativePG, or is the API server's.
func (c *Custody) Open(ctx context.Context, t Tenant) (*Opened, error) {
	state := c.server.State(ctx)
	if state.Err != nil {
		return nil, state.Err
	}
	c.sweeping.RLock()
	defer c.sweeping.RUnlock()
	key, err := c.key(ctx, t.Community, t.Home)
	if err != nil {
		return nil, err
	}
	access, err := district.NewAccess(key.Seed, t.Home, key.Made, c.o.Now(), c.o.Database.Rotation())
	if err != nil {
		return nil, err
	}
	fingerprint, err := district.Fingerprint(key.Seed)
	if err != nil {
		return nil, err
	}
	programs := []district.Login{access.Portal, access.Desk}
	if t.Courier {
		programs = append(programs, access.Courier)
	}
	if err := c.ensure(ctx, t.Home, district.Database{
		Name: access.Database, Connections: c.o.Database.ConnectionsPerCommunity, Fingerprint: fingerprint,
		Owner: access.Owner, Programs: programs, Elsewhere: c.cluster != nil,
	}); err != nil {
		if errors.Is(err, district.ErrOtherKey) {
			c.keys.forget(t.Home) // somebody may put the right one back
		}
		return nil, err
	}
	if key.pending { // it is in use again
		if err := c.keys.setPending(ctx, t.Home, ""); err != nil {
			return nil, err
		}
	}
	secret, err := c.clientSecret(ctx)
	if err != nil {
		return nil, err
	}
	facts, err := secretFacts(key.Seed, access, state.Endpoint, secret, t.Courier)
	if err != nil {
		return nil, err
	}
	return &Opened{Name: access.Database, Address: state.Endpoint.Address(), Secrets: facts, Next: access.Next, access: access}, nil
}

// ensure makes sure of a database, and of the object by which CloudNativePG makes it
// where it does.
func (c *Custody) ensure(ctx context.Context, home string, d district.Database) error {
	err := c.server.Ensure(ctx, d)
	if c.cluster == nil || (err != nil && !errors.Is(err, district.ErrNotMade)) {
		return err
	}
	return c.cluster.ensure(ctx, home, d, err == nil)
}

// key is a home's key, made where there is neither key nor database.
func (c *Custody) key(ctx context.Context, community, home string) (Key, error) {
	key, there, err := c.keys.get(ctx, home)
	if there || err != nil {
		return key, err
	}
	made, err := c.server.MadeWith(ctx, district.Name(home))
	if err != nil {
		return Key{}, err
	}
	if made != "" {
		return Key{}, fmt.Errorf("%w: database %s was made with key %s, and Secret %s/%s is not there: restore it from its backup, or nothing in the database can be read",
			ErrKeyMissing, district.Name(home), made, c.o.Namespace, SecretName(home))
	}
	return c.keys.create(ctx, home, community)
}

// clientSecret is what the desks prove themselves to the identity provider with;
// nil where it wants nothing.
func (c *Custody) clientSecret(ctx context.Context) ([]byte, error) {
	if c.o.OIDC == nil || c.o.OIDC.ClientSecret == "" {
		return nil, nil
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.client.value != nil && c.o.Now().Sub(c.client.at) < secretPeriod {
		return c.client.value, nil
	}
	secret, err := c.keys.secret(ctx, c.o.OIDC.ClientSecret)
	if err != nil {
		return nil, err
	}
	if secret == nil || len(secret.Data[clientSecretField]) == 0 {
		return nil, fmt.Errorf("%w: there is no Secret %s/%s with key %s", ErrClientSecret, c.o.Namespace, c.o.OIDC.ClientSecret, clientSecretField)
	}
	c.client = clientSecret{secret.Data[clientSecretField], c.o.Now()}
	return c.client.value, nil
}

// SecretChanged has the identity provider's Secret read anew, where that is the one that
// changed, and reports whether it is: then it concerns every community.
func (c *Custody) SecretChanged(secret types.NamespacedName) bool {
	if c.o.OIDC == nil || secret != (types.NamespacedName{Namespace: c.o.Namespace, Name: c.o.OIDC.ClientSecret}) {
		return false
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.client = clientSecret{}
	return true
}

// Heads are the heads of a community's chains, looked at once an hour at most. While
// they can't be read, which the error says, they are those that were read last.
func (c *Custody) Heads(ctx context.Context, home string, o *Opened) (Look, error) {
	now := c.o.Now()
	c.mu.Lock()
	last := c.heads[home]
	c.mu.Unlock()
	if now.Before(last.next) {
		last.Again = last.next.Sub(now)
		return last, nil
	}
	got, err := c.server.Heads(ctx, o.access)
	look := Look{Heads: got, At: now, Again: HeadPeriod}
	if err != nil {
		look = Look{Heads: last.Heads, At: last.At, Again: headRetry}
	}
	look.next = now.Add(look.Again)
	c.mu.Lock()
	defer c.mu.Unlock()
	c.heads[home] = look
	return look, err
}
