package desk

import (
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/shequ-io/shequ/internal/store"
	"github.com/shequ-io/shequ/internal/web/frame"
	"github.com/shequ-io/shequ/internal/web/serve"
	"github.com/shequ-io/shequ/internal/web/session"
)

// request is one request with what every page of it needs.
type request struct {
	*state

	d       *Desk
	w       http.ResponseWriter
	r       *http.Request
	l       *frame.Locale
	session *session.Session // nil: nobody is signed in
	who     person
}

// handler answers a request of somebody who may. An error is shown as a page.
type handler func(*request) error

// maxBody is how many bytes of a form are taken.
const maxBody = serve.DefaultMaxBody

// page makes a route's function of a handler for those whom may lets in.
func (d *Desk) page(may func(person) bool, answer handler) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		q := d.begin(w, r, r.PathValue("lang"))
		if q == nil {
			return
		}
		if r.Method == http.MethodPost && !q.readForm() {
			return
		}
		if q.session = d.Sessions.Current(w, r); q.session == nil {
			q.askToSignIn()
			return
		}
		var why doubt
		if q.who, why = assign(q.session, q.desk, q.station()); why != noDoubt {
			q.noAccess(why)
			return
		}
		if !may(q.who) {
			q.problem(http.StatusForbidden, "role")
			return
		}
		if r.Method == http.MethodPost && !d.Sessions.Genuine(q.session, r.PostForm.Get("csrf")) {
			q.keep(http.StatusForbidden, "token")
			return
		}
		if err := answer(q); err != nil {
			q.fail(err)
		}
	}
}

// begin is a request in a language; nil where there is no content yet, and that
// was said.
func (d *Desk) begin(w http.ResponseWriter, r *http.Request, lang string) *request {
	s := d.state.Load()
	if s == nil || s.desk == nil {
		w.Header().Set("Retry-After", "5")
		w.Header().Set("Content-Type", serve.HTML)
		w.WriteHeader(http.StatusServiceUnavailable)
		_, _ = w.Write([]byte(waitingPage)) // a client that went away is no event
		return nil
	}
	if !slices.Contains(s.languages, lang) {
		lang = serve.PreferredLanguage(r.Header, s.languages)
	}
	policy := serve.FormPolicy
	if targets := d.Sessions.FormTargets(); len(targets) > 0 {
		policy = strings.Replace(policy, "form-action 'self'", "form-action 'self' "+strings.Join(targets, " "), 1)
	}
	w.Header().Set("Content-Security-Policy", policy)
	return &request{state: s, d: d, w: w, r: r, l: frame.For(lang)}
}

const waitingPage = `<!DOCTYPE html>
<html lang="zh-CN"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>正在准备 / Getting ready</title></head>
<body><main><h1>服务台正在读取配置，请稍后再来。</h1>
<p lang="en">The desk is reading its configuration. Please come back in a moment.</p></main></body></html>
`

// readForm reads a form's fields; what can't be read is said.
func (q *request) readForm() bool {
	err := q.r.ParseForm()
	if strings.HasPrefix(q.r.Header.Get("Content-Type"), "multipart/") {
		err = q.r.ParseMultipartForm(maxBody)
	}
	var large *http.MaxBytesError
	switch {
	case errors.As(err, &large):
		q.problem(http.StatusRequestEntityTooLarge, "large")
	case err != nil:
		q.problem(http.StatusBadRequest, "form")
	default:
		return true
	}
	return false
}

// fail shows what went wrong. Nothing of it that the store said goes to the page:
// the log has that, and it holds no word of a resident.
func (q *request) fail(err error) {
	switch {
	case errors.Is(err, store.ErrUnknownCase), errors.Is(err, store.ErrUnknownFile):
		q.problem(http.StatusNotFound, "unknown")
	case errors.Is(err, store.ErrNotYours):
		q.problem(http.StatusForbidden, "grid")
	default:
		if q.r.Context().Err() == nil {
			q.d.Log.Error("the store did not answer", "error", err.Error())
		}
		q.w.Header().Set("Retry-After", "10")
		q.keep(http.StatusServiceUnavailable, "store")
	}
}

// here is the request's path and query, in the page's language.
func (q *request) here() string {
	at := q.r.URL.EscapedPath()
	if q.r.URL.RawQuery != "" {
		at += "?" + q.r.URL.RawQuery
	}
	return at
}

// to sends the browser to a path of the page's language.
func (q *request) to(local string) {
	q.w.Header().Set("Location", "/"+q.l.Lang+local)
	q.w.WriteHeader(http.StatusSeeOther)
}

// query writes an address' query of what is not empty.
func query(pairs ...string) string {
	v := url.Values{}
	for i := 0; i+1 < len(pairs); i += 2 {
		if pairs[i+1] != "" {
			v.Set(pairs[i], pairs[i+1])
		}
	}
	if len(v) == 0 {
		return ""
	}
	return "?" + v.Encode()
}
