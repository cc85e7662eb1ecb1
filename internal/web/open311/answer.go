package open311

import (
	"math"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"github.com/shequ-io/shequ/internal/web/serve"
)

// asked is one request and how it is to be answered.
type asked struct {
	h       *Handler
	w       http.ResponseWriter
	r       *http.Request
	catalog *catalog
	format  format
	lang    string
	allow   string // the methods of the resource
	query   url.Values
}

// read answers GET and HEAD, once the query can be read and is for this community.
func (a *asked) read(answer func()) {
	switch a.r.Method {
	case http.MethodGet, http.MethodHead:
	default:
		a.w.Header().Set("Allow", a.allow)
		a.refuse(http.StatusMethodNotAllowed, sayMethod)
		return
	}
	query, err := url.ParseQuery(a.r.URL.RawQuery)
	if err != nil || !readable(query) {
		a.refuse(http.StatusBadRequest, sayUnreadable)
		return
	}
	a.query = query
	if !a.forUs(query[pJuris]...) {
		return
	}
	// Anybody may read this, from a page of any origin.
	a.w.Header().Set("Access-Control-Allow-Origin", "*")
	a.w.Header().Set("Cross-Origin-Resource-Policy", "cross-origin")
	answer()
}

// forUs answers where a jurisdiction_id, of those that were sent, is not this
// community's: what is meant for another one must not be kept here.
func (a *asked) forUs(jurisdictions ...string) bool {
	for _, id := range jurisdictions {
		if !a.catalog.answers(id, a.r.Host) {
			a.refuse(http.StatusNotFound, sayJurisdiction)
			return false
		}
	}
	return true
}

// say writes a message in the language of the answer.
func (a *asked) say(m message, args ...any) string { return m.in(a.lang, args...) }

// write sends a document.
func (a *asked) write(status int, cache string, d document) {
	body := d.encode(a.format)
	header := a.w.Header()
	header.Set("Content-Type", a.format.contentType())
	header.Set("Content-Language", a.lang)
	header.Set("Content-Length", strconv.Itoa(len(body)))
	header.Set("X-Content-Type-Options", "nosniff")
	header.Set("Cache-Control", cache)
	header.Set("Vary", "Accept, Accept-Language")
	a.w.WriteHeader(status)
	if a.r.Method != http.MethodHead {
		// Nobody is left to tell when the client has gone.
		_, _ = a.w.Write(body)
	}
}

// refuse answers with one error.
func (a *asked) refuse(status int, m message) {
	a.refuseAll(status, []string{a.say(m)})
}

// refuseAll answers with an entry for each thing that is wrong.
func (a *asked) refuseAll(status int, descriptions []string) {
	errors := list{of: "error"}
	for _, d := range descriptions {
		errors.values = append(errors.values, object{{"code", number(status)}, {"description", text(d)}})
	}
	a.write(status, serve.CacheNever, document{"errors", errors})
}

// wait asks to come again.
func (a *asked) wait(after time.Duration, m message) {
	a.later(http.StatusServiceUnavailable, after, m)
}

func (a *asked) later(status int, after time.Duration, m message) {
	seconds := max(1, int(math.Ceil(after.Seconds())))
	a.w.Header().Set("Retry-After", strconv.Itoa(seconds))
	a.refuse(status, m)
}
