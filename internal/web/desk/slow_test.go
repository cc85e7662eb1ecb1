package desk_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
)

// patience is how long a handler lets a body take to arrive.
type patience struct {
	*httptest.ResponseRecorder

	until time.Time
}

// SetReadDeadline notes the last one.
func (p *patience) SetReadDeadline(until time.Time) error { p.until = until; return nil }

// TestStrangersAreNotWaitedFor: the minutes that files take are for those who may send
// some.
func TestStrangersAreNotWaitedFor(t *testing.T) {
	w := newWorld(t)
	r := httptest.NewRequest(http.MethodPost, "/en/enter/residence-letter", strings.NewReader("a=b"))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	p := &patience{ResponseRecorder: httptest.NewRecorder()}
	w.http.Config.Handler.ServeHTTP(p, r)
	if wait := time.Until(p.until); p.Code != http.StatusForbidden || wait > 20*time.Second {
		t.Errorf("%d, and waited for %v", p.Code, wait)
	}
}
