package serve

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"path"
	"runtime"
	"slices"
	"strings"
	"time"
)

// FormPolicy is the content security policy of pages with forms: as
// ContentSecurityPolicy, and a form may be sent to this site.
const FormPolicy = "default-src 'none'; style-src 'self'; img-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"

// MaxInFlight requests of routes are answered at a time, so that a small pod stays
// one; others are asked to come again.
const MaxInFlight = 64

// busyWait is when to come again, in seconds.
const busyWait = "5"

// DefaultMaxBody is how many bytes a request's body may have where its route
// says nothing else.
const DefaultMaxBody = 64 << 10

// Route is an address that is answered anew for each request.
type Route struct {
	// Pattern of the path as http.ServeMux has it, without method and host, such as
	// /{lang}/follow. A first segment {lang} only matches a language of the site;
	// the address without it, or in other letters, leads there. It labels the
	// metrics, so that it must not hold what residents choose.
	Pattern string
	// Get answers GET and HEAD, Post POST. A method without a handler is refused.
	Get, Post http.HandlerFunc
	// Any answers every method instead of these two.
	Any http.Handler
	// MaxBody is how many bytes a body may have; DefaultMaxBody when 0.
	MaxBody int64
	// ReadTimeout is how long a body may take to arrive, where that is longer than
	// the server allows; 0 leaves it to the server.
	ReadTimeout time.Duration
	// Foreign lets browsers send what a page of another origin asks them to. Such a
	// route must not act on anything a browser adds by itself.
	Foreign bool
}

// Dynamic is a set of routes. Every answer starts with the security headers of
// the prepared pages, Policy, and no-store; a route may change its own. Routes
// other than foreign ones refuse what a page of another origin sent. MaxInFlight
// bounds all of them together.
type Dynamic struct {
	// Policy is the content security policy; FormPolicy when empty.
	Policy string

	// Patterns with and without a language would conflict in one mux.
	local, other http.ServeMux
	routes       map[string]*Route
	origin       http.CrossOriginProtection
	inFlight     chan struct{}
}

// Add adds a route. It panics where the pattern is malformed or conflicts with
// another, as http.ServeMux does: that is a mistake in the program.
func (d *Dynamic) Add(route Route) {
	if d.routes == nil {
		d.routes, d.inFlight = map[string]*Route{}, make(chan struct{}, MaxInFlight)
	}
	d.routes[route.Pattern] = &route
	mux := &d.other
	if strings.HasPrefix(route.Pattern+"/", "/{lang}/") {
		mux = &d.local
	}
	mux.Handle(route.Pattern, d.answer(&route))
}

// Patterns lists the patterns of all routes, in no order, for tests.
func (d *Dynamic) Patterns() []string { return slices.Collect(maps.Keys(d.routes)) }

// find returns the route of a path and the mux that runs it, and nil when there
// is none.
func (d *Dynamic) find(r *http.Request, languages []string) (*Route, *http.ServeMux) {
	escaped := r.URL.EscapedPath()
	clean := path.Clean(escaped)
	if d == nil || escaped == "" || (clean != escaped && clean+"/" != escaped) || r.Method == http.MethodConnect {
		return nil, nil // the mux would send it elsewhere
	}
	mux := &d.other
	first, _, _ := strings.Cut(strings.TrimPrefix(r.URL.Path, "/"), "/")
	if slices.Contains(languages, first) {
		mux = &d.local
	}
	_, pattern := mux.Handler(r)
	route := d.routes[pattern]
	if route == nil || strings.Count(escaped, "/") < strings.Count(pattern, "/") || (strings.HasSuffix(escaped, "/") && !strings.HasSuffix(strings.TrimSuffix(pattern, "{$}"), "/")) {
		return nil, nil
	}
	return route, mux
}

// knows reports whether a path has a route.
func (d *Dynamic) knows(r *http.Request, local string, languages []string) bool {
	if d == nil {
		return false
	}
	asked := *r.URL
	asked.Path, asked.RawPath = local, ""
	route, _ := d.find(&http.Request{Method: r.Method, Host: r.Host, URL: &asked}, languages)
	return route != nil
}

// answer is a route's handler with what all of them need.
func (d *Dynamic) answer(route *Route) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		header := w.Header()
		maps.Copy(header, securityHeaders)
		header.Set("Content-Security-Policy", FormPolicy)
		if d.Policy != "" {
			header.Set("Content-Security-Policy", d.Policy)
		}
		// Without it browsers hide from this site, too, where a form was sent from.
		header.Set("Referrer-Policy", "same-origin")
		header.Set("Cache-Control", CacheNever)
		if lang := r.PathValue("lang"); lang != "" {
			header.Set("Content-Language", lang)
		}
		handle := route.handler(r.Method)
		switch {
		case handle == nil:
			header.Set("Allow", route.allow())
			Fail(w, r, http.StatusMethodNotAllowed)
		case !route.Foreign && d.origin.Check(r) != nil:
			Fail(w, r, http.StatusForbidden)
		default:
			select {
			case d.inFlight <- struct{}{}:
				defer func() { <-d.inFlight }()
				route.run(handle, w, r)
			default:
				header.Set("Retry-After", busyWait)
				Fail(w, r, http.StatusServiceUnavailable)
			}
		}
	}
}

// run lets a handler answer, with the bounds of its route.
func (route *Route) run(handle http.Handler, w http.ResponseWriter, r *http.Request) {
	r.Body = http.MaxBytesReader(w, r.Body, orDefault(route.MaxBody, DefaultMaxBody))
	if route.ReadTimeout > 0 {
		// What can't be told so (a recorder in a test) has no deadline anyway. The
		// answer's time would otherwise run while the body arrives.
		end, control := time.Now().Add(route.ReadTimeout), http.NewResponseController(w)
		_ = control.SetReadDeadline(end)
		_ = control.SetWriteDeadline(end.Add(writeTimeout))
	}
	handle.ServeHTTP(w, r)
}

func orDefault(n, otherwise int64) int64 {
	if n <= 0 {
		return otherwise
	}
	return n
}

func (route *Route) handler(method string) http.Handler {
	switch {
	case route.Any != nil:
		return route.Any
	case (method == http.MethodGet || method == http.MethodHead) && route.Get != nil:
		return route.Get
	case method == http.MethodPost && route.Post != nil:
		return route.Post
	}
	return nil
}

func (route *Route) allow() string {
	switch {
	case route.Post == nil:
		return "GET, HEAD"
	case route.Get == nil:
		return "POST"
	}
	return "GET, HEAD, POST"
}

// failing is how a request's handler shows the error pages.
type failing struct{}

// Fail answers a request of a route with the site's page for a status, one of
// frame.Failures; nothing must have been written yet.
func Fail(w http.ResponseWriter, r *http.Request, status int) {
	if show, ok := r.Context().Value(failing{}).(func(http.ResponseWriter, *http.Request, int)); ok {
		show(w, r, status)
		return
	}
	http.Error(w, http.StatusText(status), status)
}

// recorder remembers the status of an answer.
type recorder struct {
	http.ResponseWriter

	status int
}

// WriteHeader notes the first status.
func (w *recorder) WriteHeader(status int) {
	if w.status == 0 && status >= 200 {
		w.status = status
	}
	w.ResponseWriter.WriteHeader(status)
}

// Write is WriteHeader(200) where nothing was said before.
func (w *recorder) Write(b []byte) (int, error) {
	if w.status == 0 {
		w.status = http.StatusOK
	}
	return w.ResponseWriter.Write(b)
}

// Unwrap is for http.ResponseController.
func (w *recorder) Unwrap() http.ResponseWriter { return w.ResponseWriter }

// run answers by a route and returns the status. A handler that panics is
// answered by the error page, or cut off where it has begun to answer.
func (h *Handler) run(w http.ResponseWriter, r *http.Request, t *Tree, mux *http.ServeMux) (status int) {
	rec := &recorder{ResponseWriter: w}
	defer func() {
		failure := recover()
		if failure == nil {
			status = max(rec.status, http.StatusOK)
			return
		}
		if !aborted(failure) {
			h.log.Error("request failed", "error", describe(failure)) // not the path: see ServeHTTP
		}
		status = http.StatusInternalServerError
		if rec.status != 0 {
			panic(http.ErrAbortHandler)
		}
		clear(w.Header())
		maps.Copy(w.Header(), securityHeaders)
		t.show(w, r, status)
	}()
	ctx := context.WithValue(r.Context(), failing{}, t.show)
	mux.ServeHTTP(rec, r.WithContext(ctx))
	return 0 // the deferred function knows better
}

// aborted reports whether a handler gave up on purpose.
func aborted(failure any) bool {
	err, ok := failure.(error)
	return ok && errors.Is(err, http.ErrAbortHandler)
}

// describe a panic without what may be a visitor's words.
func describe(failure any) string {
	if known, ok := failure.(runtime.Error); ok {
		return known.Error()
	}
	return fmt.Sprintf("panic of type %T", failure)
}

// show writes the page of a status in the language of what was asked for.
func (t *Tree) show(w http.ResponseWriter, r *http.Request, status int) {
	page := t.failure(r, status, otherRoute).page
	if page == nil {
		w.WriteHeader(status)
		return
	}
	for _, name := range []string{"Content-Language", "Vary"} {
		w.Header().Del(name)
	}
	page.write(w, r, status)
}
