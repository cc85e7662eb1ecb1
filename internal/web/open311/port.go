package open311

import (
	"context"
	"net/http"
	"time"

	"github.com/shequ-io/shequ/internal/store"
)

// Store keeps submissions and tells of public requests; *store.Portal is one.
type Store interface {
	// Submit keeps a submission, once for each of its ids.
	Submit(ctx context.Context, s store.Submission) (store.Outcome, error)
	// Requests finds public requests for help, the latest first.
	Requests(ctx context.Context, q store.RequestQuery) ([]store.PublicRequest, error)
	// ByID finds one of them; false when there is none of that id, or none that
	// is public.
	ByID(ctx context.Context, id string) (store.PublicRequest, bool, error)
}

// Sealer makes a letter unreadable to everybody but the desk; seal.PublicKey is one.
type Sealer interface {
	Seal(plaintext, context []byte) ([]byte, error)
}

// Limiter says whether a client may ask now; where it may not, how long it is to
// wait. It is asked before anything of a request is read but its header.
type Limiter interface {
	Allow(r *http.Request) (wait time.Duration, ok bool)
}
