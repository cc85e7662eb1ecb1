package systems

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"slices"
	"sync"
	"time"
)

// Config is what to start.
type Config struct {
	// Systems to start; all, at free ports of the loopback, when empty.
	Systems []SystemConfig `json:"systems,omitempty"`
	// Admin is the address of the administrator's interface, which asks nobody
	// who they are: 127.0.0.1:0 when empty.
	Admin string `json:"admin,omitempty"`
	// Credentials is a directory that keeps them, one directory per Secret; when
	// empty they are new every time and only Farm.Secrets has them.
	Credentials string `json:"credentials,omitempty"`
	// Journal is a directory for what was processed; when empty a system that is
	// started again knows nothing.
	Journal string `json:"journal,omitempty"`
	// ServerNames are further names and addresses the certificates are for.
	ServerNames []string `json:"serverNames,omitempty"`
	// Webhook is where the hotline sends work orders to.
	Webhook string `json:"webhook,omitempty"`
	// WebhookCA is PEM of who the webhook's certificate is trusted from; the
	// machine's authorities when empty.
	WebhookCA string `json:"webhookCA,omitempty"`
	// WebhookVia is the host and port that webhooks are sent to, such as a gateway
	// that knows hostnames no DNS does; where their own addresses lead when empty.
	WebhookVia string `json:"webhookVia,omitempty"`
	// Now is time.Now when nil. Waiting goes by the real clock.
	Now func() time.Time `json:"-"`
	// Backoff is the first wait between tries of a webhook; half a second when 0.
	Backoff time.Duration `json:"-"`
}

// SystemConfig is one system to start.
type SystemConfig struct {
	Name   string `json:"name"`
	Listen string `json:"listen,omitempty"` // host:port; 127.0.0.1:0 when empty
	// Plain serves HTTP without TLS; not for systems that want certificates.
	Plain bool `json:"plain,omitempty"`
}

// System is one that runs. Its methods are safe for concurrent use.
type System struct {
	kind     Kind
	plain    bool
	gate     *gate
	book     *book
	switches switches
	guard    guard
	tokens   *tokens // with OAuth2
	secret   secret
	ctx      context.Context //nolint:containedctx // of the farm: it ends what waits
	webhook  string
	client   *http.Client
	backoff  time.Duration

	switching  sync.Mutex
	background sync.WaitGroup
	server     *http.Server
	drop       *drop // with SFTP
}

// secret is what a system needs to know of the credentials it gave out.
type secret struct {
	webhook      shared
	right, wrong *tls.Certificate
}

// Farm is the systems that were started.
type Farm struct {
	systems []*System
	keyring *keyring
	admin   *http.Server
	address string
	stop    context.CancelFunc
	served  sync.WaitGroup
	ending  sync.Once
	ended   error
}

// Start starts the systems and their administrator's interface. Close ends them.
func Start(ctx context.Context, config Config) (*Farm, error) {
	if config.Now == nil {
		config.Now = time.Now
	}
	if len(config.Systems) == 0 {
		for _, kind := range Kinds() {
			config.Systems = append(config.Systems, SystemConfig{Name: kind.Name})
		}
	}
	keys, err := newKeyring(config.Credentials)
	if err != nil {
		return nil, err
	}
	ctx, stop := context.WithCancel(context.WithoutCancel(ctx))
	f := &Farm{keyring: keys, stop: stop}
	for _, one := range config.Systems {
		s, err := f.start(ctx, config, one)
		if err != nil {
			return nil, errors.Join(fmt.Errorf("%s: %w", one.Name, err), f.Close())
		}
		f.systems = append(f.systems, s)
	}
	if err := f.administer(ctx, config); err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return f, nil
}

func (f *Farm) start(ctx context.Context, config Config, one SystemConfig) (*System, error) {
	kinds := Kinds()
	at := slices.IndexFunc(kinds, func(k Kind) bool { return k.Name == one.Name })
	if at < 0 {
		return nil, errors.New("there is no such system; docs/reference/simulators.md lists them")
	}
	if f.System(one.Name) != nil {
		return nil, errors.New("it is named twice; name it once")
	}
	s := &System{kind: kinds[at], plain: one.Plain, ctx: ctx, webhook: config.Webhook, backoff: config.Backoff}
	if s.plain && !CanBePlain(s.kind.Name) {
		return nil, errors.New("it can't do without encryption; leave plain out")
	}
	if s.backoff <= 0 {
		s.backoff = time.Second / 2
	}
	s.book = newBook(s.kind, config.Now)
	if config.Journal != "" {
		if err := openJournal(config.Journal, s.book); err != nil {
			return nil, err
		}
	}
	err := s.prepare(f.keyring, config)
	if err == nil {
		if one.Listen == "" {
			one.Listen = "127.0.0.1:0"
		}
		s.gate, err = newGate(ctx, one.Listen)
	}
	if err == nil {
		err = s.serve(f)
	}
	if err != nil {
		return nil, errors.Join(err, s.close())
	}
	return s, nil
}

// prepare makes the credentials of a system, and what checks them.
func (s *System) prepare(keys *keyring, config Config) error {
	name := s.kind.Secret
	var err error
	if s.kind.Protocol == SFTP {
		s.drop, err = newDrop(s, keys, config.ServerNames)
		return err
	}
	if s.secret.right, s.secret.wrong, err = keys.server(s.kind.Name, config.ServerNames); err != nil {
		return err
	}
	if _, err := keys.text(name, "ca.crt", string(keys.secrets[authority]["tls.crt"])); err != nil {
		return err
	}
	switch {
	case s.kind.Protocol == XRoad:
		s.guard = securityServer{service: s.kind.Service, name: name, pool: keys.pool(), plain: s.plain}
		return keys.client(name)
	case s.kind.Auth == AuthMTLS:
		s.guard = certificates{name: name}
		return keys.client(name)
	case s.kind.Auth == AuthHMAC:
		both, err := keys.shared(name, "", s.kind.Name)
		s.guard = &signatures{shared: both, now: config.Now, nonces: newFresh()}
		return err
	}
	id, err := keys.text(name, "client-id", "communities-"+s.kind.Name)
	if err != nil {
		return err
	}
	password, err := keys.token(name, "client-secret")
	if err != nil {
		return err
	}
	s.tokens = &tokens{client: id, secret: password, now: config.Now, issued: map[string]grant{}}
	s.guard = s.tokens
	if s.kind.Name != Hotline {
		return nil
	}
	return s.prepareWebhook(keys, config)
}

func (s *System) prepareWebhook(keys *keyring, config Config) error {
	var err error
	if s.secret.webhook, err = keys.shared(s.kind.Secret, "webhook-", s.kind.Name+"-webhook"); err != nil {
		return err
	}
	transport := &http.Transport{DisableKeepAlives: true, Proxy: nil}
	if config.WebhookVia != "" {
		dialer := &net.Dialer{}
		transport.DialContext = func(ctx context.Context, network, _ string) (net.Conn, error) {
			return dialer.DialContext(ctx, network, config.WebhookVia)
		}
	}
	if config.WebhookCA != "" {
		pool := x509.NewCertPool()
		if !pool.AppendCertsFromPEM([]byte(config.WebhookCA)) {
			return errors.New("webhookCA holds no certificate; give it in PEM")
		}
		transport.TLSClientConfig = &tls.Config{RootCAs: pool, MinVersion: tls.VersionTLS12}
	}
	s.client = &http.Client{
		Transport: transport, Timeout: 10 * time.Second,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	return nil
}

// shared is a key of a Secret with its name, under key-id and key.
func (k *keyring) shared(secret, prefix, id string) (shared, error) {
	name, err := k.text(secret, prefix+"key-id", id)
	if err != nil {
		return shared{}, err
	}
	key, err := k.token(secret, prefix+"key")
	return shared{id: string(name), key: key}, err
}

// serve answers at the gate until the system is closed.
func (s *System) serve(f *Farm) error {
	if s.drop != nil {
		if err := s.drop.publish(f.keyring, s.Address()); err != nil {
			return err
		}
		s.background.Go(s.drop.serve)
		s.background.Go(s.drop.work)
		return nil
	}
	s.server = &http.Server{
		Handler: s.handler(), ReadHeaderTimeout: 10 * time.Second, ReadTimeout: time.Minute, IdleTimeout: 2 * time.Minute,
		MaxHeaderBytes: 64 << 10,
		ErrorLog:       log.New(io.Discard, "", 0), // its lines name clients' addresses
		BaseContext:    func(net.Listener) context.Context { return s.ctx },
	}
	var listener net.Listener = s.gate
	if !s.plain {
		listener = tls.NewListener(s.gate, s.tls(f.keyring))
	}
	s.background.Go(func() { _ = s.server.Serve(listener) }) // it ends with the gate
	return nil
}

func (s *System) tls(keys *keyring) *tls.Config {
	out := &tls.Config{
		MinVersion: tls.VersionTLS12, NextProtos: []string{"http/1.1"}, SessionTicketsDisabled: true,
		GetCertificate: func(*tls.ClientHelloInfo) (*tls.Certificate, error) {
			if s.switches.get().Wrong == WrongCertificate {
				s.book.spoil(WrongCertificate)
				return s.secret.wrong, nil
			}
			return s.secret.right, nil
		},
	}
	switch {
	case s.kind.Protocol == XRoad:
		out.ClientAuth = tls.RequestClientCert
	case s.kind.Auth == AuthMTLS:
		out.ClientAuth, out.ClientCAs = tls.RequireAndVerifyClientCert, keys.pool()
	}
	return out
}

// close ends a system, answering those who wait no longer.
func (s *System) close() error {
	if s.gate != nil {
		_ = s.gate.Close() // never fails
	}
	if s.server != nil {
		_ = s.server.Close() // the gate is closed already
	}
	if s.drop != nil {
		s.drop.stop()
	}
	// Whoever saw the context alive has begun in the background by now.
	s.book.mu.Lock()
	s.book.mu.Unlock() //nolint:staticcheck // to wait for those who hold it
	s.background.Wait()
	if s.client != nil {
		s.client.CloseIdleConnections()
	}
	s.book.mu.Lock()
	defer s.book.mu.Unlock()
	return s.book.journal.close()
}

// Close ends everything. Calling it again does nothing.
func (f *Farm) Close() error {
	f.ending.Do(func() {
		f.stop()
		var all []error
		if f.admin != nil {
			all = append(all, f.admin.Close())
		}
		for _, s := range f.systems {
			all = append(all, s.close())
		}
		f.served.Wait()
		f.ended = errors.Join(all...)
	})
	return f.ended
}
