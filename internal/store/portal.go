package store

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/shequ-io/shequ/internal/casework"
)

// portalIdle is how long the portal keeps a connection it does not use: the portals
// of a district share its server's, and most of a form's time somebody is writing.
const portalIdle = 2 * time.Second

// Portal is a community's database as its public site has it: it can put in and ask
// after, and read nothing of anybody.
type Portal struct {
	pool   *pgxpool.Pool
	config Config
}

// OpenPortal makes a Portal. It connects when it is used: a server that is down is no
// error here. Close it.
func OpenPortal(ctx context.Context, config Config) (*Portal, error) {
	pool, err := open(ctx, &config, "portal", portalIdle)
	if err != nil {
		return nil, err
	}
	return &Portal{pool, config}, nil
}

// Close waits until nothing uses the database and lets go of it.
func (p *Portal) Close() { p.pool.Close() }

// Ready reports whether the database answers and is migrated.
func (p *Portal) Ready(ctx context.Context) error { return ready(ctx, p.pool) }

// ask calls a function of the database that answers with one value. Each of them may
// be called again.
func ask[T any](ctx context.Context, p *Portal, sql string, args ...any) (T, error) {
	var out T
	err := steadily(ctx, p.pool, func(ctx context.Context) error {
		return p.pool.QueryRow(ctx, sql, args...).Scan(&out)
	})
	return out, err
}

// Submit keeps a submission. It returns no error only when it is kept for good, be it
// now or before. ErrUnavailable and ErrBusy: it can be sent again, as it is;
// ErrReused: not under this id; ErrInvalid: not like this.
func (p *Portal) Submit(ctx context.Context, s Submission) (Outcome, error) {
	if err := fit(&s); err != nil {
		return Outcome{}, err
	}
	terms, err := json.Marshal(s.Terms)
	if err != nil {
		return Outcome{}, err
	}
	ids, types := make([]string, len(s.Files)), make([]string, len(s.Files))
	sizes, contents := make([]int64, len(s.Files)), make([][]byte, len(s.Files))
	for i, f := range s.Files {
		ids[i], types[i], sizes[i], contents[i] = f.ID, f.MediaType, f.Size, f.Sealed
	}
	answer, err := ask[string](ctx, p, "SELECT portal_submit($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)",
		s.ID, s.Receipt[:], string(s.Kind), s.Terms.Item, terms, string(s.Urgency), string(s.Channel), s.Work, s.Language,
		instant(p.config.Now()), s.Sealed, ids, types, sizes, contents)
	again, err := kept(answer, err)
	return Outcome{Again: again}, err
}

// kept reads the answer of a function that keeps something.
func kept(answer string, err error) (again bool, _ error) {
	switch {
	case err != nil:
		return false, err
	case answer == "unknown":
		return false, ErrUnknownReceipt
	case answer == "many":
		return false, fmt.Errorf("%w: what was said before is not looked at yet", ErrBusy)
	case answer == "reused":
		return false, ErrReused
	}
	return answer == "again", nil
}

// Say keeps a word of whoever holds a receipt code, until the desk applies it. Said
// again, it counts once. Whether it will be allowed then, Progress.Allowed tells best.
func (p *Portal) Say(ctx context.Context, receipt casework.Hash, w Word) error {
	if err := fitWord(&w); err != nil {
		return err
	}
	_, err := kept(ask[string](ctx, p, "SELECT portal_say($1, $2, $3, $4, $5, $6, $7, $8)", receipt[:], w.ID, string(w.Type), string(w.Reason),
		w.Ratings.Response, w.Ratings.Resolution, w.Ratings.Satisfaction, instant(p.config.Now())))
	return err
}

// Answer keeps an answer to a survey. Sent again, it counts once.
func (p *Portal) Answer(ctx context.Context, a Answer) error {
	if err := fitAnswer(&a); err != nil {
		return err
	}
	choices, err := json.Marshal(a.Choices)
	if err != nil {
		return err
	}
	_, err = kept(ask[string](ctx, p, "SELECT portal_answer($1, $2, $3, $4, $5)", a.ID, a.Survey, string(a.Channel), day(p.config.Now()), choices))
	return err
}

// day is the date in the community's time.
func day(at time.Time) time.Time {
	y, m, d := at.In(china).Date()
	return time.Date(y, m, d, 0, 0, 0, 0, time.UTC)
}

// told is what portal_progress returns.
type told struct {
	ID         string        `json:"id"`
	Kind       casework.Kind `json:"kind"`
	Item       string        `json:"item"`
	Language   string        `json:"language"`
	Received   time.Time     `json:"received"`
	Unreadable bool          `json:"unreadable"`
	Pending    int           `json:"pending"`
	Case       *struct {
		Number       string               `json:"number"`
		Step         casework.Step        `json:"step"`
		Paused       casework.Reason      `json:"paused"`
		Due          time.Time            `json:"due"`
		Open         bool                 `json:"open"`
		Round        int64                `json:"round"`
		Response     int64                `json:"response"`
		Resolution   int64                `json:"resolution"`
		Satisfaction int64                `json:"satisfaction"`
		RatedRound   int64                `json:"ratedRound"`
		Version      int64                `json:"version"`
		Allowed      []casework.EventType `json:"allowed"`
		ReopenUntil  time.Time            `json:"reopenUntil"`
		Steps        []ProgressStep       `json:"steps"`
	} `json:"case"`
}

// Progress is how far a submission has come, for whoever holds its receipt code.
func (p *Portal) Progress(ctx context.Context, receipt casework.Hash) (Progress, error) {
	raw, err := ask[[]byte](ctx, p, "SELECT portal_progress($1)", receipt[:])
	if err != nil {
		return Progress{}, err
	}
	if raw == nil {
		return Progress{}, ErrUnknownReceipt
	}
	var t told
	if err := json.Unmarshal(raw, &t); err != nil {
		return Progress{}, errors.New("the database tells progress in another form; roll out the image it was migrated by")
	}
	return t.progress(p.config.Now()), nil
}

func (t *told) progress(now time.Time) Progress {
	out := Progress{
		ID: t.ID, Kind: t.Kind, Item: t.Item, Language: t.Language, Received: t.Received.UTC(),
		Unreadable: t.Unreadable, Pending: t.Pending,
	}
	c := t.Case
	if c == nil {
		return out
	}
	out.Number, out.Step, out.Paused, out.Round, out.Version = c.Number, c.Step, c.Paused, c.Round, c.Version
	out.Ratings, out.RatedRound = casework.Ratings{Response: c.Response, Resolution: c.Resolution, Satisfaction: c.Satisfaction}, c.RatedRound
	out.DueAt, out.Late = orZero(c.Due), c.Open && c.Due.Before(now)
	for _, s := range c.Steps {
		out.Steps = append(out.Steps, ProgressStep{s.Step, s.At.UTC()})
	}
	out.Allowed = slices.DeleteFunc(c.Allowed, func(e casework.EventType) bool { return e == casework.Reopen && now.After(c.ReopenUntil) })
	return out
}

// Disclosed is what is published.
func (p *Portal) Disclosed(ctx context.Context) (Disclosed, error) {
	raw, err := ask[[]byte](ctx, p, "SELECT portal_disclosed()")
	if err != nil {
		return Disclosed{}, err
	}
	var out Disclosed
	if err := json.Unmarshal(raw, &out); err != nil {
		return Disclosed{}, errors.New("the database holds figures in another form; roll out the image that published them")
	}
	return out, nil
}

const (
	maxRequestIDs = 50
	// requestColumns by name: a later schema may have more.
	requestColumns = "id, number, item, step, received, updated, due, grid, open"
)

// Requests is a page of public requests, the latest first.
func (p *Portal) Requests(ctx context.Context, q RequestQuery) ([]PublicRequest, error) {
	if len(q.IDs) > maxRequestIDs {
		return nil, invalid(fmt.Sprintf("at most %d requests are asked for by id", maxRequestIDs))
	}
	ids := slices.DeleteFunc(append([]string{}, q.IDs...), func(id string) bool { return !uuidForm.MatchString(id) })
	if len(q.IDs) > 0 && len(ids) == 0 || len(q.Items) == 0 {
		return nil, nil
	}
	if !q.Open && !q.Closed {
		q.Open, q.Closed = true, true
	}
	if q.To.IsZero() {
		q.To = never
	}
	if q.PageSize <= 0 {
		q.PageSize = 50
	}
	return p.requests(ctx, "SELECT "+requestColumns+" FROM portal_requests($1, $2, $3, $4, $5, $6, $7, $8)", ids, q.Items, q.From.UTC(), q.To.UTC(),
		q.Open, q.Closed, int32(min(max(q.Page-1, 0)*min(q.PageSize, 200), 100000)), int32(min(q.PageSize, 200))) //nolint:gosec // both are bounded
}

// ByID is the public request of an id, and false when there is none.
func (p *Portal) ByID(ctx context.Context, id string) (PublicRequest, bool, error) {
	if !uuidForm.MatchString(id) {
		return PublicRequest{}, false, nil
	}
	found, err := p.requests(ctx, "SELECT "+requestColumns+" FROM portal_request($1)", id)
	if err != nil || len(found) == 0 {
		return PublicRequest{}, false, err
	}
	return found[0], true, nil
}

func (p *Portal) requests(ctx context.Context, sql string, args ...any) ([]PublicRequest, error) {
	var out []PublicRequest
	err := steadily(ctx, p.pool, func(ctx context.Context) error {
		rows, err := p.pool.Query(ctx, sql, args...)
		if err != nil {
			return err
		}
		out, err = pgx.CollectRows(rows, func(row pgx.CollectableRow) (PublicRequest, error) {
			var r PublicRequest
			err := row.Scan(&r.ID, &r.Number, &r.Item, &r.Step, &r.Received, &r.Updated, &r.DueAt, &r.Grid, &r.Open)
			r.DueAt = orZero(r.DueAt)
			return r, err
		})
		return err
	})
	return out, err
}
