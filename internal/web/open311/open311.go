package open311

import (
	"crypto/rand"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"sync/atomic"
	"time"

	"github.com/shequ-io/shequ/internal/content"
	"github.com/shequ-io/shequ/internal/web/serve"
)

const (
	// Prefix is where the handler belongs.
	Prefix = "/open311/"
	// MaxBody is how many bytes the body of a request may have: a description of
	// 4000 Chinese characters, percent-encoded, six times over.
	MaxBody = 256 << 10

	version = "v2/"
)

// Config is what the handler needs. Store, Seal and Receipts are required.
type Config struct {
	Store Store
	Seal  Sealer
	// Receipts is the key receipt codes are hashed with, of at least 32 bytes.
	Receipts []byte
	// Limiter of requests that are sent; nil is none.
	Limiter Limiter
	// URL the portal is reached at, such as https://community.example, for the
	// discovery document; where it is empty, the address a request came to is used.
	URL string
	// Log is told of what failed here, and nothing of what was sent.
	Log *slog.Logger
	// Now and Random are the clock and crypto/rand.Reader where they are nil.
	Now    func() time.Time
	Random io.Reader
}

// Handler answers everything below Prefix. It may be given new content at any time;
// a request is answered wholly from the content it began with.
type Handler struct {
	config  Config
	catalog atomic.Pointer[catalog]
	origin  http.CrossOriginProtection
	reads   turns
}

// New returns a handler that asks for patience until it is given content. The error
// says what the configuration lacks.
func New(config Config) (*Handler, error) {
	switch {
	case config.Store == nil || config.Seal == nil:
		return nil, errors.New("open311: there is no store, or no key to seal with; mount the portal's secrets")
	case len(config.Receipts) < 32:
		return nil, errors.New("open311: the key for receipts has fewer than 32 bytes; mount the portal's secrets")
	}
	if config.Log == nil {
		config.Log = slog.New(slog.DiscardHandler)
	}
	if config.Now == nil {
		config.Now = time.Now
	}
	if config.Random == nil {
		config.Random = rand.Reader
	}
	return &Handler{config: config, reads: newTurns()}, nil
}

// Serve replaces what is offered; changed is when the content did. The document is
// the handler's from then on, and is not altered.
func (h *Handler) Serve(doc *content.Document, changed time.Time) {
	next := newCatalog(doc)
	next.changed = changed.UTC().Format(time.RFC3339)
	if before := h.catalog.Load(); before != nil && before.same(next) {
		next.changed = before.changed
	}
	for _, code := range next.withheld {
		h.config.Log.Warn("service withheld: it asks what nobody may collect, or names no purpose; correct the item", "service", code)
	}
	h.catalog.Store(next)
}

// Route is the handler as the portal's server takes it.
func (h *Handler) Route() serve.Route {
	return serve.Route{Pattern: Prefix, Any: h, MaxBody: MaxBody, Foreign: true}
}

// ServeHTTP answers one request.
func (h *Handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	resource, ok := strings.CutPrefix(r.URL.Path, Prefix)
	resource, f := cutFormat(resource, r.Header)
	a := &asked{h: h, w: w, r: r, format: f, lang: content.Chinese, allow: "GET, HEAD", catalog: h.catalog.Load()}
	if a.catalog == nil {
		a.wait(5*time.Second, sayWait)
		return
	}
	a.lang = serve.PreferredLanguage(r.Header, a.catalog.languages)
	if !ok {
		a.refuse(http.StatusNotFound, sayNotFound)
		return
	}
	a.route(resource) //nolint:contextcheck // the request it is given has the context
}

// route finds what answers a resource, written without its format.
func (a *asked) route(resource string) {
	if resource == "discovery" || resource == version+"discovery" {
		a.read(a.discovery)
		return
	}
	rest, ok := strings.CutPrefix(resource, version)
	collection, id, single := strings.Cut(rest, "/")
	switch {
	case !ok || strings.Contains(id, "/"):
		a.refuse(http.StatusNotFound, sayNotFound)
	case id == "" && (single || collection == "tokens") && notProvided[collection] != message{}:
		a.read(func() { a.refuse(http.StatusBadRequest, notProvided[collection]) })
	case collection == "services" && !single:
		a.read(a.serviceList)
	case collection == "services":
		a.read(func() { a.definition(id) })
	case collection == "tokens" && single:
		a.read(func() { a.token(id) })
	case collection == "requests" && single:
		a.read(func() { a.request(id) })
	case collection == "requests":
		if a.r.Method == http.MethodPost {
			a.submit()
			return
		}
		a.allow = "GET, HEAD, POST"
		a.read(a.requests)
	default:
		a.refuse(http.StatusNotFound, sayNotFound)
	}
}
