package desk

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/shequ-io/shequ/internal/store"
	"github.com/shequ-io/shequ/internal/web/forms"
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
	post    *forms.Post      // nil: nothing was sent
	session *session.Session // nil: nobody is signed in
	who     person
}

// handler answers a request of somebody who may. An error is shown as a page.
type handler func(*request) error

// page makes a route's function of a handler for those whom may lets in.
func (d *Desk) page(may func(person) bool, answer handler) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		q := d.begin(w, r, r.PathValue("lang"))
		if q == nil {
			return
		}
		q.session = d.Sessions.Current(w, r)
		why := noDoubt
		if q.session != nil {
			q.who, why = assign(q.session, q.desk, q.station())
		}
		allowed := q.session != nil && why == noDoubt && may(q.who)
		if r.Method == http.MethodPost {
			// Files are read from those only who may send them, and nobody else is given
			// the time they need.
			if !allowed {
				_ = http.NewResponseController(w).SetReadDeadline(time.Now().Add(strangersTime))
			}
			leave, ok := q.read(allowed)
			defer leave()
			if !ok {
				return
			}
		}
		switch {
		case q.session == nil:
			q.askToSignIn()
		case why != noDoubt:
			q.noAccess(why)
		case !allowed:
			q.problem(http.StatusForbidden, "role")
		case r.Method == http.MethodPost && !d.Sessions.Genuine(q.session, q.values().Get("csrf")):
			q.keep(http.StatusForbidden, "token")
		default:
			if err := answer(q); err != nil {
				q.fail(err)
			}
		}
	}
}

// strangersTime is how long a form of somebody who may not send it may take to arrive.
const strangersTime = 10 * time.Second

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

// read reads a form that was sent, with its files if they are wanted; what can't be
// read is said. leave lets go of the files.
func (q *request) read(files bool) (leave func(), ok bool) {
	var gate forms.Gate
	if files {
		gate = q.d.uploads
	}
	post, leave, err := forms.Read(q.r, gate)
	switch {
	case errors.Is(err, forms.ErrTooLarge):
		q.problem(http.StatusRequestEntityTooLarge, "large")
	case err != nil:
		q.problem(http.StatusBadRequest, "form")
	default:
		q.post = post
		return leave, true
	}
	return leave, false
}

// values of the form that was sent; none of another request.
func (q *request) values() url.Values {
	if q.post == nil {
		return nil
	}
	return q.post.Values
}

// fail shows what went wrong. Nothing of it that the store said goes to the page:
// the log has that, and it holds no word of a resident.
func (q *request) fail(err error) {
	switch {
	case errors.Is(err, store.ErrUnknownCase), errors.Is(err, store.ErrUnknownFile):
		q.problem(http.StatusNotFound, "unknown")
	case errors.Is(err, store.ErrNotYours) && q.post != nil:
		q.keep(http.StatusForbidden, "moved")
	case errors.Is(err, store.ErrNotYours):
		q.problem(http.StatusForbidden, "grid")
	default:
		if q.r.Context().Err() == nil {
			q.d.Log.Error("the request can't be answered", "error", err.Error())
		}
		if passing(err) {
			q.w.Header().Set("Retry-After", "10")
			q.keep(http.StatusServiceUnavailable, "store")
			return
		}
		q.keep(http.StatusInternalServerError, "ours")
	}
}

// passing reports whether what went wrong goes by itself: the same may be asked again.
func passing(err error) bool {
	for _, known := range []error{store.ErrUnavailable, store.ErrBusy, context.Canceled, context.DeadlineExceeded} {
		if errors.Is(err, known) {
			return true
		}
	}
	return false
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
