package desk

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"fmt"
	"io"
	"log/slog"
	"sync/atomic"
	"time"

	"github.com/shequ-io/shequ/internal/casework"
	"github.com/shequ-io/shequ/internal/content"
	"github.com/shequ-io/shequ/internal/seal"
	"github.com/shequ-io/shequ/internal/store"
	"github.com/shequ-io/shequ/internal/web/forms"
	"github.com/shequ-io/shequ/internal/web/frame"
	"github.com/shequ-io/shequ/internal/web/serve"
	"github.com/shequ-io/shequ/internal/web/session"
	"github.com/shequ-io/shequ/internal/web/sketch"
)

// Store is what the desk asks of the community's store; *store.Desk is one.
type Store interface {
	Deliveries

	Queue(ctx context.Context, who store.Who, q store.Query) (store.QueuePage, error)
	Find(ctx context.Context, who store.Who, text string) ([]store.Row, error)
	Case(ctx context.Context, who store.Who, id string) (store.Detail, error)
	File(ctx context.Context, who store.Who, caseID, fileID string) (store.FileInfo, []byte, error)
	Do(ctx context.Context, who store.Who, caseID string, e casework.Event) (casework.Case, error)
	Supplement(ctx context.Context, who store.Who, caseID string, change store.Supplement) error
	Enter(ctx context.Context, who store.Who, s store.Submission, l store.Letter) (casework.Case, error)
	Answer(ctx context.Context, who store.Who, a store.Answer) error
	Figures(ctx context.Context, who store.Who, from, to time.Time) ([]casework.Figures, casework.Figures, error)
}

// Config is what a Desk needs.
type Config struct {
	Store    Store
	Sessions *session.Sessions
	// Seal seals the files that come in at the counter for the community.
	Seal seal.PublicKey
	// Receipts is the key of receipt codes' hashes, the store's.
	Receipts []byte
	// Forms is the key that forms of the counter are bound with, of 32 bytes or more;
	// the session's will do.
	Forms []byte
	// Now is time.Now when nil, Random crypto/rand.Reader.
	Now    func() time.Time
	Random io.Reader
	Log    *slog.Logger
}

// Desk answers the requests of those who work cases. It is safe for concurrent
// use.
type Desk struct {
	Config

	tokens  *forms.Tokens
	uploads forms.Gate
	routes  serve.Dynamic
	state   atomic.Pointer[state]
}

// state is what the pages are made from, as it was last read. It is not altered.
type state struct {
	doc       *content.Document
	desk      *content.Desk
	languages []string
	zone      *time.Location
	grids     *sketch.Map // nil where no grid is drawn
	image     string      // address of the map
}

// china is where a calendar without a time zone is.
var china = time.FixedZone("CST", 8*60*60)

// uploadsAtOnce is how many forms with files are taken in at a time.
const uploadsAtOnce = 2

// New returns a desk that asks for patience until Use gave it its content. The
// error says which key is too short.
func New(c Config) (*Desk, error) {
	if c.Now == nil {
		c.Now = time.Now
	}
	if c.Random == nil {
		c.Random = rand.Reader
	}
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	tokens, err := forms.NewTokens(c.Forms)
	if err != nil {
		return nil, err
	}
	d := &Desk{Config: c, tokens: tokens, uploads: forms.Slots(uploadsAtOnce)}
	d.addRoutes()
	return d, nil
}

// Use replaces what the pages are made from: the community's content, and who may
// work as what. It holds from the next request on.
func (d *Desk) Use(doc *content.Document, desk *content.Desk) {
	s := &state{doc: doc, desk: desk, languages: frame.Languages(&doc.Site), zone: china}
	if zone, err := time.LoadLocation(desk.Calendar.TimeZone); err == nil && desk.Calendar.TimeZone != "" {
		s.zone = zone
	}
	if s.image, _ = forms.MapImage(doc.Site.Grids); s.image != "" {
		s.grids = sketch.Draw(doc.Site.Grids)
	}
	var provider session.Provider // none: nobody can sign in, nor stay signed in
	if desk.OIDC != nil {
		provider = session.Provider{
			Issuer: desk.OIDC.Issuer, ClientID: desk.OIDC.ClientID,
			GroupsClaim: desk.OIDC.GroupsClaim, WorkClaim: desk.OIDC.WorkClaim, External: desk.ExternalURL,
		}
	}
	var groups []string
	for _, g := range desk.Access {
		groups = append(groups, g.Group)
	}
	d.Sessions.Use(provider, groups...)
	d.state.Store(s)
}

// Routes are the desk's, for a serve.Handler whose tree BuildAround made.
func (d *Desk) Routes() *serve.Dynamic { return &d.routes }

// station is the name of the community's station; empty while it has none.
func (s *state) station() string {
	if s.doc.Site.Station == nil {
		return ""
	}
	return s.doc.Site.Station.Name
}

// newID draws a UUID.
func (d *Desk) newID() (string, error) {
	var b [16]byte
	if _, err := io.ReadFull(d.Random, b[:]); err != nil {
		return "", fmt.Errorf("draw an id: %w", err)
	}
	b[6], b[8] = b[6]&0x0f|0x40, b[8]&0x3f|0x80
	x := hex.EncodeToString(b[:])
	return x[:8] + "-" + x[8:12] + "-" + x[12:16] + "-" + x[16:20] + "-" + x[20:], nil
}
