package hooks

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"mime"
	"net/http"
	"regexp"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/shequ-io/shequ/api/v1alpha1"
	"github.com/shequ-io/shequ/internal/content"
	"github.com/shequ-io/shequ/internal/courier/transport"
	"github.com/shequ-io/shequ/internal/store"
)

// Path is where systems send to, with the system's name after it.
const Path = "/hooks/"

// Store keeps what came; *store.Courier is one.
type Store interface {
	// Order keeps a work order, once by system and key.
	Order(ctx context.Context, order store.WorkOrder) (again bool, err error)
	// Nonce says whether a system has not used a nonce before, and remembers it.
	Nonce(ctx context.Context, system, nonce string, until time.Time) (fresh bool, err error)
}

// Config of hooks.
type Config struct {
	Store Store
	// Key is what a system signs with; false where it sends nothing.
	Key func(system string) (id string, key []byte, ok bool)
	// Orders is what work orders become; nil where the community takes none.
	Orders  func() *content.OrderTerms
	Metrics prometheus.Registerer
	Log     *slog.Logger
	// Now is the clock; nil means time.Now.
	Now func() time.Time
}

// Hooks answers systems. It is an http.Handler.
type Hooks struct {
	config Config
	mux    *http.ServeMux
	orders *prometheus.CounterVec
	bodies chan struct{} // one for each that is being read
	turns  chan struct{} // one for each that is looked at
}

const (
	// maxBody is the longest request, in bytes.
	maxBody = 64 << 10
	// reading is how many bodies may be on their way at once, and atOnce how many
	// requests that have arrived are looked at; others are asked to come again. Anybody
	// can be slow: that keeps nobody from being looked at.
	reading = 256
	atOnce  = 16
	// patience with the database.
	patience = 10 * time.Second
)

// New makes hooks and registers their metrics.
func New(c Config) *Hooks {
	if c.Now == nil {
		c.Now = time.Now
	}
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	h := &Hooks{config: c, mux: http.NewServeMux(), bodies: make(chan struct{}, reading), turns: make(chan struct{}, atOnce), orders: newMetric()}
	if c.Metrics != nil {
		c.Metrics.MustRegister(h.orders)
	}
	h.mux.HandleFunc(Path+"{system}", h.hook)
	h.mux.HandleFunc("/", func(w http.ResponseWriter, _ *http.Request) {
		h.refuse(w, "", &refusal{http.StatusNotFound, "nothing-here", "work orders are sent to " + Path + " and the name of the system"})
	})
	return h
}

// RegisterMetrics registers what New does, for whoever describes it.
func RegisterMetrics(r prometheus.Registerer) { r.MustRegister(newMetric()) }

func newMetric() *prometheus.CounterVec {
	return prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "shequ_deliveries_work_orders_total",
		Help: "Number of requests with work orders, by system and result: taken, again (it was taken before), refused, unavailable (it is to be sent again).",
	}, []string{"system", "result"})
}

// ServeHTTP implements http.Handler.
func (h *Hooks) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	header := w.Header()
	header.Set("Content-Type", "application/json; charset=utf-8")
	header.Set("Cache-Control", "no-store")
	header.Set("X-Content-Type-Options", "nosniff")
	h.mux.ServeHTTP(w, r)
}

// refusal is an answer to what is not taken. It repeats nothing that was sent.
type refusal struct {
	status        int
	code, message string
}

var (
	wrongMethod = &refusal{http.StatusMethodNotAllowed, "method-not-allowed", "send work orders with POST"}
	tooLong     = &refusal{http.StatusRequestEntityTooLarge, "too-long", fmt.Sprintf("a work order has at most %d bytes", maxBody)}
	wrongType   = &refusal{http.StatusUnsupportedMediaType, "no-json", "send application/json"}
	brokenOff   = &refusal{http.StatusBadRequest, "broken-off", "the body did not arrive as a whole; send it again"}
	notSigned   = &refusal{http.StatusUnauthorized, "signature-invalid", transport.ErrUnsigned.Error()}
	tooOld      = &refusal{http.StatusUnauthorized, "timestamp-too-far", transport.ErrOld.Error()}
	replayed    = &refusal{http.StatusUnauthorized, "nonce-replayed", transport.ErrReplayed.Error()}
	noKey       = &refusal{http.StatusBadRequest, "key-missing", "send one Idempotency-Key of 1 to 255 visible characters, the same when it is sent again"}
	notTaken    = &refusal{http.StatusServiceUnavailable, "no-work-orders", "the community takes no work orders now; send it again later, or ask the district"}
	notKept     = &refusal{http.StatusServiceUnavailable, "unavailable", "it could not be kept; send it again in a minute under the same Idempotency-Key"}
	tooMany     = &refusal{http.StatusServiceUnavailable, "busy", "too many at once; send it again in a few seconds"}
	unfit       = &refusal{http.StatusUnprocessableEntity, "unfit", "it can't be kept as it is; see what a work order may have"}
	reused      = &refusal{http.StatusConflict, "key-reused", "the Idempotency-Key is another's; use a new one for a new work order"}
)

func (h *Hooks) hook(w http.ResponseWriter, r *http.Request) {
	system := r.PathValue("system")
	id, key, known := h.config.Key(system)
	if !known {
		system = "" // whoever it is, it is none of the community's
	}
	body, no := h.read(w, r)
	var again bool
	if no == nil {
		again, no = h.take(r, body, system, id, key)
	}
	if no != nil {
		h.refuse(w, system, no)
		return
	}
	result, status := "taken", http.StatusCreated
	if again {
		result, status = "again", http.StatusOK
	}
	h.orders.WithLabelValues(system, result).Inc()
	h.config.Log.Info("a work order", "system", system, "result", result)
	say(w, status, map[string]string{"result": result})
}

// take looks at a request that has arrived.
func (h *Hooks) take(r *http.Request, body []byte, system, id string, key []byte) (again bool, no *refusal) {
	select {
	case h.turns <- struct{}{}:
		defer func() { <-h.turns }()
	default:
		return false, tooMany
	}
	ctx, cancel := context.WithTimeout(r.Context(), patience)
	defer cancel()
	// Strangers are told nothing of what is taken: the signature is looked at first.
	if no := h.check(r.WithContext(ctx), body, system, id, key); no != nil {
		return false, no
	}
	return h.keep(ctx, r, body, system)
}

// read reads a request's body.
func (h *Hooks) read(w http.ResponseWriter, r *http.Request) ([]byte, *refusal) {
	if r.Method != http.MethodPost {
		w.Header().Set("Allow", http.MethodPost)
		return nil, wrongMethod
	}
	select {
	case h.bodies <- struct{}{}:
		defer func() { <-h.bodies }()
	default:
		return nil, tooMany
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
	var over *http.MaxBytesError
	switch {
	case errors.As(err, &over):
		return nil, tooLong
	case err != nil:
		return nil, brokenOff
	}
	return body, nil
}

// nonces are those of one system.
type nonces struct {
	store  Store
	system string
}

// First implements transport.Nonces.
func (n nonces) First(ctx context.Context, _, nonce string, until time.Time) (bool, error) {
	return n.store.Nonce(ctx, n.system, nonce, until)
}

// check says why a request is not the system's, or not for the first time.
func (h *Hooks) check(r *http.Request, body []byte, system, id string, key []byte) *refusal {
	v := transport.Verifier{Keys: map[string][]byte{id: key}, Nonces: nonces{h.config.Store, system}}
	switch err := v.Verify(r, body, h.config.Now()); {
	case err == nil:
		return nil
	case errors.Is(err, transport.ErrUnsigned):
		return notSigned
	case errors.Is(err, transport.ErrOld):
		return tooOld
	case errors.Is(err, transport.ErrReplayed):
		return replayed
	}
	return notKept
}

var visible = regexp.MustCompile(`^[\x21-\x7e]{1,255}$`)

// keep keeps a work order.
func (h *Hooks) keep(ctx context.Context, r *http.Request, body []byte, system string) (again bool, no *refusal) {
	if media, _, err := mime.ParseMediaType(r.Header.Get("Content-Type")); err != nil || media != "application/json" {
		return false, wrongType
	}
	keys := r.Header.Values(transport.HeaderIdempotencyKey)
	if len(keys) != 1 || !visible.MatchString(keys[0]) {
		return false, noKey
	}
	terms := h.config.Orders()
	if terms == nil {
		return false, notTaken
	}
	order, no := parse(body, h.config.Now())
	if no != nil {
		return false, no
	}
	order.System, order.Key = system, keys[0]
	order.Terms = store.Terms{Item: terms.Item, Purpose: v1alpha1.PurposeCode(terms.Purpose), RetentionDays: terms.RetentionDays}
	again, err := h.config.Store.Order(ctx, order)
	switch {
	case err == nil:
		return again, nil
	case errors.Is(err, store.ErrReused):
		return false, reused
	case errors.Is(err, store.ErrInvalid):
		h.config.Log.Warn("a work order can't be kept", "system", system, "error", err.Error())
		return false, unfit
	}
	h.config.Log.Warn("a work order was not kept, and the system was asked to send it again", "system", system, "error", err.Error())
	return false, notKept
}

// refuse answers what is not taken.
func (h *Hooks) refuse(w http.ResponseWriter, system string, no *refusal) {
	result := "refused"
	if no.status == http.StatusServiceUnavailable {
		result = "unavailable"
		w.Header().Set("Retry-After", "30")
	}
	if system != "" {
		h.orders.WithLabelValues(system, result).Inc()
		h.config.Log.Info("a work order", "system", system, "result", result, "reason", no.code)
	}
	say(w, no.status, map[string]string{"error": no.code, "message": no.message})
}

func say(w http.ResponseWriter, status int, words map[string]string) {
	body, err := json.Marshal(words)
	if err != nil { // texts of our own
		panic(err)
	}
	w.WriteHeader(status)
	_, _ = w.Write(append(body, '\n')) // whoever asked may be gone
}
