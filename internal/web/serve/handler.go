package serve

import (
	"log/slog"
	"maps"
	"net/http"
	"net/url"
	"strings"
	"sync/atomic"
	"time"
)

// otherRoute labels every request that no page of its own answered.
const otherRoute = "other"

// Handler serves the current Tree. It may be replaced at any time; a request
// is answered wholly from the tree it began with.
type Handler struct {
	// Dynamic is asked before the tree, once there is one; nil where a program has
	// no pages but prepared ones. It is set before the first request.
	Dynamic *Dynamic

	tree    atomic.Pointer[Tree]
	metrics *Metrics
	log     *slog.Logger
	waiting *Page
}

// NewHandler returns a handler that asks for patience until it has a tree.
func NewHandler(metrics *Metrics, log *slog.Logger) *Handler {
	return &Handler{metrics: metrics, log: log, waiting: NewPage(Spec{
		Route: otherRoute, ContentType: HTML, Cache: CacheNever, Body: []byte(waitingPage),
	})}
}

const waitingPage = `<!DOCTYPE html>
<html lang="zh-CN"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>正在准备 / Getting ready</title></head>
<body><main><h1>网站正在准备内容，请稍后再来。</h1><p>您也可以直接到社区窗口办理。</p>
<p lang="en">This site is getting its content ready. Please come back in a moment, or visit the station's counter.</p></main></body></html>
`

// Serve replaces what is served. The tree is the handler's from then on.
func (h *Handler) Serve(t *Tree) {
	t.slim()
	h.tree.Store(t)
}

// answer is the decision on one request.
type answer struct {
	page     *Page
	status   int
	location string
	route    string
	varies   bool // a redirect chosen by Accept-Language
}

// ServeHTTP answers from the tree.
func (h *Handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	start := time.Now()
	status, route := http.StatusInternalServerError, otherRoute
	defer func() {
		failure := recover()
		if failure != nil && !aborted(failure) {
			// Not the path: what a visitor typed may say who they are.
			h.log.Error("request failed", "error", describe(failure))
			w.WriteHeader(http.StatusInternalServerError)
			status, route = http.StatusInternalServerError, otherRoute
		}
		h.metrics.observe(status, route, time.Since(start))
		if aborted(failure) {
			panic(failure) // the server then cuts the connection
		}
	}()
	if t := h.tree.Load(); t != nil {
		if found, mux := h.Dynamic.find(r, t.languages); found != nil {
			route = found.Pattern
			status = h.run(w, r, t, mux)
			return
		}
	}
	a := h.decide(r)
	route = a.route
	status = a.status
	switch {
	case a.location != "":
		redirect(w, a)
	default:
		if a.status == http.StatusMethodNotAllowed {
			w.Header().Set("Allow", "GET, HEAD")
		}
		if a.status == http.StatusServiceUnavailable {
			w.Header().Set("Retry-After", "5")
		}
		status = a.page.write(w, r, a.status)
	}
}

func (h *Handler) decide(r *http.Request) answer {
	t := h.tree.Load()
	if t == nil {
		return answer{page: h.waiting, status: http.StatusServiceUnavailable, route: otherRoute}
	}
	page := t.pages[r.URL.Path]
	if page == nil && r.URL.Path == "/" {
		page = t.negotiate[PreferredLanguage(r.Header, t.languages)]
	}
	if page == nil && strings.HasPrefix(r.URL.Path, assetDir) {
		page = t.asset(r.URL.Path)
	}
	if page != nil {
		if r.Method != http.MethodGet && r.Method != http.MethodHead {
			return t.failure(r, http.StatusMethodNotAllowed, page.route)
		}
		return answer{page: page, status: http.StatusOK, route: page.route}
	}
	return t.elsewhere(r, h.Dynamic)
}

// elsewhere decides on a path that has no page: moved, gone or never there.
func (t *Tree) elsewhere(r *http.Request, d *Dynamic) answer {
	preferred := PreferredLanguage(r.Header, t.languages)
	known := func(to string) bool { return t.pages[to] != nil || d.knows(r, to, t.languages) }
	if to, negotiated := t.canonical(r.URL.Path, preferred, known); to != "" {
		if negotiated {
			return answer{location: to, status: http.StatusFound, route: otherRoute, varies: true}
		}
		return answer{location: to, status: http.StatusPermanentRedirect, route: otherRoute}
	}
	local := strings.TrimRight(r.URL.Path, "/")
	if t.gone[local] || t.gone["/"+preferred+local] {
		return t.failure(r, http.StatusGone, otherRoute)
	}
	return t.failure(r, http.StatusNotFound, otherRoute)
}

func (t *Tree) failure(r *http.Request, status int, route string) answer {
	lang := t.languageOf(r.URL.Path, PreferredLanguage(r.Header, t.languages))
	return answer{page: t.errors[errorKey{status, lang}], status: status, route: route}
}

// redirect sends to a path of this site; it never repeats what was asked.
func redirect(w http.ResponseWriter, a answer) {
	header := w.Header()
	maps.Copy(header, securityHeaders)
	// A route's address may hold anything that was asked for.
	header.Set("Location", (&url.URL{Path: a.location}).EscapedPath())
	header.Set("Cache-Control", CacheContent)
	header.Set("Content-Length", "0")
	if a.varies {
		header.Set("Vary", "Accept-Language")
	}
	w.WriteHeader(a.status)
}
