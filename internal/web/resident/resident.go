package resident

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/netip"
	"strconv"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/shequ-io/shequ/internal/casework"
	"github.com/shequ-io/shequ/internal/content"
	"github.com/shequ-io/shequ/internal/store"
	"github.com/shequ-io/shequ/internal/web/forms"
	"github.com/shequ-io/shequ/internal/web/frame"
	"github.com/shequ-io/shequ/internal/web/portal"
	"github.com/shequ-io/shequ/internal/web/serve"
	"github.com/shequ-io/shequ/internal/web/sketch"
)

// Store is what the portal may do in the community's database.
type Store interface {
	// Submit keeps a submission, once for each ID.
	Submit(ctx context.Context, s store.Submission) (store.Outcome, error)
	// Progress of the case with that receipt; store.ErrUnknownReceipt for none.
	Progress(ctx context.Context, receipt casework.Hash) (store.Progress, error)
	// Say queues what a resident has to say, once for each ID.
	Say(ctx context.Context, receipt casework.Hash, word store.Word) error
	// Answer keeps an answer to a survey, once for each ID.
	Answer(ctx context.Context, a store.Answer) error
	// Disclosed is what is published.
	Disclosed(ctx context.Context) (store.Disclosed, error)
}

// Sealer closes a text to the community's desk.
type Sealer interface {
	Seal(text, context []byte) ([]byte, error)
}

// Config is what a Portal needs.
type Config struct {
	Store Store
	Seal  Sealer
	// ReceiptsKey is the key receipts are hashed with, of at least 32 bytes, the same
	// in every replica and at the desk.
	ReceiptsKey []byte
	// TrustedProxies may say in X-Forwarded-For whom they speak for; nobody else is
	// believed.
	TrustedProxies []netip.Prefix
	// Now is the clock; time.Now when nil.
	Now func() time.Time
	// Random is where forms' tokens are drawn; crypto/rand when nil.
	Random io.Reader
	Log    *slog.Logger
	// Metrics takes the metrics of the pages; nil for none.
	Metrics prometheus.Registerer
}

// The bounds of what happens at once, so that a small pod stays one.
const (
	// maxSending of the requests that are answered at a time may be forms that one
	// address sends; more where it stands for many.
	maxSending, maxSendingShared = 6, 40
	// maxUploads forms with files are held at a time, each of at most 6 MiB, and of one
	// address maxUploading.
	maxUploads   = 2
	maxUploading = 1
	// uploadWait is how long a form with files waits for its turn.
	uploadWait = 10 * time.Second
	// uploadTime is how long it may take to arrive.
	uploadTime = 2 * time.Minute
	// busyWait and storeWait are when to come again.
	busyWait  = 5 * time.Second
	storeWait = time.Minute
	// storeTime is how long the store may take.
	storeTime = 8 * time.Second
)

// Portal answers the pages that are made on request.
type Portal struct {
	store   Store
	seal    Sealer
	key     []byte
	tokens  *forms.Tokens
	now     func() time.Time
	random  io.Reader
	log     *slog.Logger
	metrics *metrics
	proxies []netip.Prefix
	uploads forms.Gate
	sending *limiter
	asking  *limiter
	// underWay are forms that are on their way in, and those of them with files.
	underWay, withFiles *crowd
	figures             figures
	site                atomic.Pointer[site]
}

// site is what follows from one revision of the content.
type site struct {
	doc   *content.Document
	grids *sketch.Map
	image string
}

// New makes a Portal that has no content yet. The error says which key is missing.
func New(c Config) (*Portal, error) {
	if c.Store == nil || c.Seal == nil {
		return nil, errors.New("the resident's pages need a store and a sealing key; mount the portal's Secret")
	}
	tokens, err := forms.NewTokens(c.ReceiptsKey)
	if err != nil {
		return nil, err
	}
	p := &Portal{
		store: c.Store, seal: c.Seal, key: c.ReceiptsKey, tokens: tokens, now: c.Now, random: c.Random, log: c.Log,
		metrics: newMetrics(c.Metrics), proxies: c.TrustedProxies,
		uploads: forms.Slots(maxUploads),
	}
	if p.now == nil {
		p.now = time.Now
	}
	if p.random == nil {
		p.random = rand.Reader
	}
	if p.log == nil {
		p.log = slog.New(slog.DiscardHandler)
	}
	p.sending, p.asking = newLimiter(sendingPace, p.now), newLimiter(askingPace, p.now)
	p.underWay, p.withFiles = newCrowd(maxSending, maxSendingShared), newCrowd(maxUploading, maxUploads)
	return p, nil
}

// Use takes a new document, which may be any that content.Parse accepts. Requests
// that began with another one are answered from that.
func (p *Portal) Use(doc *content.Document) {
	image, _ := forms.MapImage(doc.Site.Grids)
	p.site.Store(&site{doc: doc, grids: sketch.Draw(doc.Site.Grids), image: image})
}

// Routes are the pages, to stand beside those of package portal.
func (p *Portal) Routes() *serve.Dynamic {
	d := &serve.Dynamic{}
	add := func(pattern string, get, post handler) {
		route := serve.Route{Pattern: "/{lang}" + pattern, Get: p.bound(get)}
		if post != nil {
			route.Post = p.bound(post)
		}
		d.Add(route)
	}
	fill := func(pattern string, of func(*site, *http.Request) *forms.Form) {
		d.Add(serve.Route{
			Pattern: "/{lang}" + pattern, MaxBody: forms.MaxBody, ReadTimeout: uploadTime,
			Get:  p.bound(func(w http.ResponseWriter, r *http.Request, v *visit) { p.empty(w, r, v, of(v.site, r)) }),
			Post: p.bound(func(w http.ResponseWriter, r *http.Request, v *visit) { p.take(w, r, v, of(v.site, r)) }),
		})
	}
	fill("/services/{item}/apply", itemForm)
	fill("/help", requestForm(casework.HelpRequest))
	fill("/opinion", requestForm(casework.Opinion))
	fill("/mediation", requestForm(casework.Mediation))
	add("/follow", p.ask, p.follow)
	add("/surveys/{name}", p.survey, p.answer)
	add("/disclosure", p.disclosure, nil)
	return d
}

func itemForm(s *site, r *http.Request) *forms.Form {
	item := s.doc.Item(r.PathValue("item"))
	if item == nil || !s.doc.Site.Online(item) {
		return nil
	}
	return forms.ForItem(item)
}

func requestForm(kind casework.Kind) func(*site, *http.Request) *forms.Form {
	return func(s *site, _ *http.Request) *forms.Form { return forms.ForRequest(s.doc.Site.Form(string(kind))) }
}

// visit is one request: the site as it was when it came, and the language.
type visit struct {
	*site

	l *frame.Locale
}

type handler func(http.ResponseWriter, *http.Request, *visit)

// bound lets in no more forms of one address at a time than leave room for others.
func (p *Portal) bound(h handler) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		s := p.site.Load()
		if r.Method == http.MethodPost {
			leave, ok := p.underWay.enter(p.client(r))
			if !ok {
				later(w, busyWait)
				serve.Fail(w, r, http.StatusTooManyRequests)
				return
			}
			defer leave()
		}
		if s == nil {
			later(w, busyWait)
			serve.Fail(w, r, http.StatusServiceUnavailable)
			return
		}
		h(w, r, &visit{s, frame.For(r.PathValue("lang"))})
	}
}

// page is the frame of a page at a local path, with the counter beside it.
type page struct {
	*frame.Page

	Site *content.Site
	Week []frame.HoursRow
}

func (v *visit) page(local, title string) page {
	around := portal.Frame(v.doc, v.l, local)
	around.Title, around.Robots = title, false
	out := page{Page: &around, Site: &v.doc.Site}
	if station := v.doc.Site.Station; station != nil && len(station.OpeningHours) > 0 {
		out.Week = v.l.Week(station.OpeningHours)
	}
	return out
}

// show renders a page and sends it.
func (p *Portal) show(w http.ResponseWriter, r *http.Request, status int, template string, data any) {
	body, err := templates.Render(template, data)
	if err != nil {
		p.log.Error("page not rendered", "template", template) // the error may quote what was typed
		serve.Fail(w, r, http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", serve.HTML)
	w.WriteHeader(status)
	_, _ = bytes.NewReader(body).WriteTo(w) // a client that went away is no event
}

// later asks to come again.
func later(w http.ResponseWriter, wait time.Duration) {
	w.Header().Set("Retry-After", strconv.Itoa(int(wait/time.Second)))
}

// passing reports whether an error of the store may pass by itself, and logs those
// that won't. None holds what a resident wrote.
func (p *Portal) passing(doing string, err error) {
	if errors.Is(err, store.ErrBusy) || errors.Is(err, store.ErrUnavailable) || errors.Is(err, context.DeadlineExceeded) || errors.Is(err, context.Canceled) {
		p.log.Warn("the store could not be used", "doing", doing, "error", err.Error())
		return
	}
	p.log.Error("the store refused", "doing", doing, "error", err.Error())
}
