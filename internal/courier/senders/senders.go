package senders

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/json"
	"errors"
	"log/slog"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"time"

	"github.com/shequ-io/shequ/api/v1alpha1"
	"github.com/shequ-io/shequ/internal/content"
	"github.com/shequ-io/shequ/internal/courier"
	"github.com/shequ-io/shequ/internal/courier/rounds"
	"github.com/shequ-io/shequ/internal/courier/transport"
	"github.com/shequ-io/shequ/internal/credentials"
)

// Config of senders.
type Config struct {
	// Credentials is the directory of files named by content.CredentialFile.
	Credentials string
	// Timeout of a try. Default 30 s.
	Timeout time.Duration
	Log     *slog.Logger
}

// Senders are those of one community. They may be used by several goroutines.
type Senders struct {
	dir     string
	timeout time.Duration
	log     *slog.Logger
	now     func() time.Time

	mu         sync.Mutex
	courier    *content.Courier
	systems    map[string]*made
	retired    []retired
	generation int64
}

// made is what was made of a system's settings and credentials.
type made struct {
	of     [sha256.Size]byte // the settings and files it was made of
	until  time.Time         // when it is to be looked at again, whatever changes; zero: never
	system rounds.System
	held   *rounds.HeldError
	// What the system signs its requests to us with; empty where it sends none.
	webhookID  string
	webhookKey []byte
}

// retired is a sender that was replaced. What it was sending then ends in its time.
type retired struct {
	sender transport.Sender
	after  time.Time
}

// New makes senders, which know no system yet.
func New(c Config) *Senders {
	if c.Timeout <= 0 {
		c.Timeout = 30 * time.Second
	}
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	return &Senders{dir: c.Credentials, timeout: c.Timeout, log: c.Log, now: time.Now, systems: map[string]*made{}}
}

// Close lets go of all connections. Nothing is sent after it.
func (s *Senders) Close() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, m := range s.systems {
		if m.system.Sender != nil {
			m.system.Sender.Close()
		}
	}
	for _, r := range s.retired {
		r.sender.Close()
	}
	s.systems, s.retired = map[string]*made{}, nil
}

// Use takes a new courier.json, and reports whether anything changed by it.
func (s *Senders) Use(c *content.Courier) (changed bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.courier = c
	return s.look()
}

// Look reads the credentials anew, and reports whether anything changed.
func (s *Senders) Look() (changed bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.look()
}

// Run looks now and then until ctx ends, and says when anything changed.
func (s *Senders) Run(ctx context.Context, every time.Duration, changed func()) {
	tick := time.NewTicker(every)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
			if s.Look() {
				changed()
			}
		}
	}
}

// Find implements rounds.Systems.
func (s *Senders) Find(name string) (rounds.System, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	m := s.systems[name]
	switch {
	case s.courier == nil:
		return rounds.System{}, &rounds.HeldError{Held: rounds.HeldUnknown, Why: content.ErrNoCourier.Error()}
	case m == nil:
		return rounds.System{}, &rounds.HeldError{
			Held: rounds.HeldUnknown, Why: "the community is not connected to the system; name it in the Community's integrations, or give its messages up at the desk",
		}
	case m.held != nil:
		return rounds.System{}, m.held
	}
	return m.system, nil
}

// Webhook is what a system that sends work orders signs them with, and under which
// name; false where it sends none, or has no key.
func (s *Senders) Webhook(name string) (id string, key []byte, ok bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if m := s.systems[name]; m != nil && m.webhookID != "" {
		return m.webhookID, m.webhookKey, true
	}
	return "", nil, false
}

// Orders is what work orders become; nil where the community takes none.
func (s *Senders) Orders() *content.OrderTerms {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.courier == nil {
		return nil
	}
	return s.courier.Orders
}

// look makes anew what is made of something else now; the caller holds the lock.
func (s *Senders) look() (changed bool) {
	now := s.now()
	s.retired = slices.DeleteFunc(s.retired, func(r retired) bool {
		over := now.After(r.after)
		if over {
			r.sender.Close()
		}
		return over
	})
	if s.courier == nil {
		return false
	}
	there := map[string]bool{}
	for i := range s.courier.Systems {
		c := &s.courier.Systems[i]
		there[c.Name] = true
		files := s.read(c)
		of := fingerprint(c, files)
		before := s.systems[c.Name]
		if before != nil && before.of == of && (before.until.IsZero() || now.Before(before.until)) {
			continue
		}
		next := s.make(c, files, now)
		next.of = of
		if before != nil && before.of == of && before.held == nil && next.held == nil {
			// Only time went by, and nothing is wrong.
			before.until = next.until
			if next.system.Sender != nil {
				next.system.Sender.Close()
			}
			continue
		}
		s.generation++
		next.system.Generation = s.generation
		s.retire(before, now)
		s.systems[c.Name], changed = next, true
		s.log.Info("a system's settings or credentials are in use", "system", c.Name, "held", next.held != nil)
	}
	for name, m := range s.systems {
		if !there[name] {
			s.retire(m, now)
			delete(s.systems, name)
			changed = true
		}
	}
	return changed
}

func (s *Senders) retire(m *made, now time.Time) {
	if m != nil && m.system.Sender != nil {
		m.system.Sender.Close()
		s.retired = append(s.retired, retired{m.system.Sender, now.Add(2 * s.timeout)})
	}
}

// spec is a system's as its InformationSystem has it, as far as the courier knows it.
func spec(c *content.CourierSystem) *v1alpha1.InformationSystemSpec {
	return &v1alpha1.InformationSystemSpec{Protocol: c.Protocol, Sends: c.Sends}
}

// read reads a system's credentials: those that are there.
func (s *Senders) read(c *content.CourierSystem) map[string][]byte {
	out := map[string][]byte{}
	for _, key := range credentials.Of(spec(c)).Keys() {
		name := content.CredentialFile(c.Name, key)
		if !filepath.IsLocal(name) {
			continue
		}
		data, err := os.ReadFile(filepath.Join(s.dir, name))
		if err == nil {
			out[key] = data
		} else if !errors.Is(err, os.ErrNotExist) {
			s.log.Warn("a file with credentials can't be read", "system", c.Name, "key", key)
		}
	}
	return out
}

// fingerprint is another where settings or files are.
func fingerprint(c *content.CourierSystem, files map[string][]byte) [sha256.Size]byte {
	var b bytes.Buffer
	if err := json.NewEncoder(&b).Encode(c); err != nil {
		panic(err) // it was read from JSON
	}
	for _, key := range slices.Sorted(maps.Keys(files)) {
		b.WriteString(key)
		_ = binary.Write(&b, binary.BigEndian, int64(len(files[key]))) // a buffer takes all
		b.Write(files[key])
	}
	return sha256.Sum256(b.Bytes())
}

// make makes what talks to a system, or says why nothing can.
func (s *Senders) make(c *content.CourierSystem, files map[string][]byte, now time.Time) *made {
	m := &made{}
	if id, key := files[credentials.WebhookKeyID], files[credentials.WebhookKey]; slices.Contains(c.Sends, v1alpha1.SendsWorkOrders) && len(id) > 0 && len(key) > 0 {
		m.webhookID, m.webhookKey = string(id), key
	}
	hold := func(why rounds.Held, err error) *made {
		m.held = &rounds.HeldError{Held: why, Why: err.Error()}
		return m
	}
	reading, err := courier.CompileReading(courier.RulesOf(c.Reading))
	if err != nil {
		return hold(rounds.HeldSettings, err)
	}
	// What it signs its own requests with is no reason to send it nothing.
	outward := spec(c)
	outward.Sends = nil
	m.until, err = credentials.Check(outward, files, now)
	if err != nil {
		return hold(rounds.HeldCredentials, err)
	}
	sender, err := s.sender(c, files)
	if err != nil {
		return hold(rounds.HeldSettings, err)
	}
	m.system = rounds.System{Sender: sender, Reading: reading, Timeout: s.timeout}
	if r := c.RateLimit; r != nil {
		m.system.Pace = courier.PaceRules{PerMinute: r.PerMinute, Concurrent: r.Concurrent}
	}
	return m
}

var errProtocol = errors.New("the protocol is none this release knows; roll out the station image of the operator's release")

func (s *Senders) sender(c *content.CourierSystem, files map[string][]byte) (transport.Sender, error) {
	limits := transport.Limits{Timeout: s.timeout}
	tls := transport.TLS{CA: files[credentials.CA], Certificate: files[credentials.Certificate], Key: files[credentials.PrivateKey]}
	switch p := c.Protocol; {
	case p.HTTP != nil:
		h := transport.HTTP{BaseURL: string(p.HTTP.BaseURL), TLS: tls, Limits: limits}
		switch a := p.HTTP.Auth; a.Type {
		case v1alpha1.AuthOAuth2:
			h.OAuth2 = &transport.OAuth2{
				TokenURL: string(a.TokenURL), ClientID: string(files[credentials.ClientID]), Secret: string(files[credentials.ClientSecret]), Scopes: a.Scopes,
			}
		case v1alpha1.AuthHMAC:
			h.Signature = &transport.Signature{KeyID: string(files[credentials.KeyID]), Key: files[credentials.Key]}
		case v1alpha1.AuthMTLS:
		default:
			return nil, errProtocol
		}
		return transport.NewHTTP(h)
	case p.XRoad != nil:
		return transport.NewXRoad(transport.XRoad{
			SecurityServer: string(p.XRoad.SecurityServer), Client: p.XRoad.Client, Service: p.XRoad.Service, TLS: tls, Limits: limits,
		})
	case p.File != nil:
		drop, err := s.drop(c.Name, p.File, files, limits)
		if err != nil {
			return nil, err
		}
		return transport.NewFile(transport.File{Drop: drop, Format: p.File.Format, Mark: true, Limits: limits})
	}
	return nil, errProtocol
}

func (s *Senders) drop(name string, f *v1alpha1.FileProtocol, files map[string][]byte, limits transport.Limits) (transport.Drop, error) {
	switch f.Transport {
	case v1alpha1.TransportSFTP:
		return transport.NewSFTP(transport.SFTP{
			Host: string(f.Host), Port: int(f.Port), User: string(files[credentials.User]), PrivateKey: files[credentials.SSHKey],
			KnownHosts: filepath.Join(s.dir, content.CredentialFile(name, credentials.KnownHosts)), Directory: f.Directory,
		})
	case v1alpha1.TransportS3:
		return transport.NewS3(transport.S3{
			Host: string(f.Host), Port: int(f.Port), Bucket: f.Bucket, Directory: f.Directory, Region: string(files[credentials.Region]),
			AccessKeyID: string(files[credentials.AccessKeyID]), SecretAccessKey: string(files[credentials.SecretAccessKey]),
			CA: files[credentials.CA], Limits: limits,
		})
	}
	return nil, errProtocol
}
