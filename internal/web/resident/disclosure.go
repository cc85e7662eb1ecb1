package resident

import (
	"bytes"
	"context"
	"net/http"
	"sync"
	"time"

	"github.com/shequ-io/shequ/internal/store"
	"github.com/shequ-io/shequ/internal/web/portal"
	"github.com/shequ-io/shequ/internal/web/serve"
)

const (
	// fresh is how long published figures are shown before they are asked for again,
	// and failed how long nobody asks after it went wrong.
	fresh  = 10 * time.Minute
	failed = 15 * time.Second
	// figuresTime is how long a page waits for them.
	figuresTime = 3 * time.Second
)

// figures are what was last published; they are the same for everybody.
type figures struct {
	mu    sync.Mutex
	until time.Time
	last  *store.Disclosed
}

// disclosed returns what is published, nil when nobody knows. Of those that ask at
// once one asks the store.
func (p *Portal) disclosed(ctx context.Context) *store.Disclosed {
	f := &p.figures
	f.mu.Lock()
	defer f.mu.Unlock()
	now := p.now()
	if now.Before(f.until) {
		return f.last
	}
	// Others wait for the answer: it does not end with this visit.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), figuresTime)
	defer cancel()
	d, err := p.store.Disclosed(ctx)
	if err != nil {
		p.passing("disclosed", err)
		f.until = now.Add(failed)
		return f.last // what was published stays true
	}
	f.until, f.last = now.Add(fresh), &d
	return f.last
}

// disclosure is the page of what the community discloses, with the figures of cases.
func (p *Portal) disclosure(w http.ResponseWriter, r *http.Request, v *visit) {
	body, err := portal.Disclosure(v.doc, v.l.Lang, p.disclosed(r.Context()))
	if err != nil {
		p.log.Error("page not rendered", "template", "disclosure")
		serve.Fail(w, r, http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", serve.HTML)
	w.Header().Set("Cache-Control", serve.CacheContent)
	_, _ = bytes.NewReader(body).WriteTo(w) // a client that went away is no event
}
