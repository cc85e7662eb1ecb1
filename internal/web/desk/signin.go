package desk

import (
	"errors"
	"net/http"
	"net/url"
	"strings"

	"github.com/shequ-io/shequ/internal/content"
	"github.com/shequ-io/shequ/internal/web/session"
)

// signInView is the page for who is not signed in.
type signInView struct {
	view

	To string // where to go on to, for the address of the button
	// Cause why it did not work; empty where it was not tried.
	Cause session.Cause
}

// askToSignIn sends who is not signed in, or not any more, to the page that signs
// in; what was typed is kept on a page of its own.
func (q *request) askToSignIn() {
	if q.r.Method == http.MethodPost {
		q.keep(http.StatusForbidden, "session")
		return
	}
	q.to("/sign-in" + query("to", q.here()))
}

func signInPage(q *request) error {
	to := session.LocalPath(q.r.URL.Query().Get("to"))
	if q.d.Sessions.Current(q.w, q.r) != nil {
		q.w.Header().Set("Location", to)
		q.w.WriteHeader(http.StatusSeeOther)
		return nil
	}
	return q.signIn(http.StatusOK, to, "")
}

func (q *request) signIn(status int, to string, cause session.Cause) error {
	v := signInView{view: q.view("/sign-in"+query("to", to), "desk.signin.title"), To: to, Cause: cause}
	if cause == session.Unreachable {
		q.w.Header().Set("Retry-After", "10")
	}
	return q.show(status, "signin", v)
}

// startSignIn leads to the provider.
func startSignIn(q *request) error {
	to := session.LocalPath(q.r.URL.Query().Get("to"))
	q.speak(to)
	at, err := q.d.Sessions.Begin(q.w, q.r, to)
	if err != nil {
		return q.notSignedIn(to, err)
	}
	q.w.Header().Set("Location", at)
	q.w.WriteHeader(http.StatusSeeOther)
	return nil
}

// finishSignIn takes the provider's answer.
func finishSignIn(q *request) error {
	to, err := q.d.Sessions.Finish(q.w, q.r)
	q.speak(to)
	if err != nil {
		return q.notSignedIn(session.LocalPath(to), err)
	}
	q.w.Header().Set("Location", to)
	q.w.WriteHeader(http.StatusSeeOther)
	return nil
}

// speak the language of a path, where that is one of the site's.
func (q *request) speak(path string) {
	lang, _, _ := strings.Cut(strings.TrimPrefix(path, "/"), "/")
	if other := q.d.begin(q.w, q.r, lang); other != nil {
		q.l = other.l
	}
}

func (q *request) notSignedIn(to string, err error) error {
	var failed *session.FailedError
	if !errors.As(err, &failed) {
		return err
	}
	q.d.Log.Warn("nobody was signed in", "error", failed.Error())
	status := http.StatusForbidden
	if failed.Cause == session.Unreachable || failed.Cause == session.Insecure {
		status = http.StatusServiceUnavailable
	}
	return q.signIn(status, to, failed.Cause)
}

// signOut ends the session here and at the provider.
func signOut(q *request) error {
	was := q.d.Sessions.Current(q.w, q.r)
	if was != nil && !q.d.Sessions.Genuine(was, q.values().Get("csrf")) {
		return q.shut(http.StatusForbidden, "token")
	}
	q.w.Header().Set("Location", q.d.Sessions.End(q.w, q.r, was))
	q.w.WriteHeader(http.StatusSeeOther)
	return nil
}

// noAccessView says what is missing for somebody who is signed in and may do
// nothing.
type noAccessView struct {
	view

	Why    doubt
	Work   string
	Groups []string        // the provider told of
	Access []content.Grant // there is
}

func (q *request) noAccess(why doubt) {
	v := noAccessView{
		view: q.view("/", "desk.noaccess.title"), Why: why,
		Work: q.l.Clean(q.session.Work), Groups: q.cleaned(q.session.Groups), Access: q.desk.Access,
	}
	q.must(q.show(http.StatusForbidden, "noaccess", v))
}

func (q *request) cleaned(texts []string) []string {
	out := make([]string, len(texts))
	for i, t := range texts {
		out[i] = q.l.Clean(t)
	}
	return out
}

// Start is the address that begins a sign-in.
func (v signInView) Start() string { return "/sign-in/start?to=" + url.QueryEscape(v.To) }
