package open311

import (
	"context"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/shequ-io/shequ/internal/casework"
	"github.com/shequ-io/shequ/internal/store"
	"github.com/shequ-io/shequ/internal/web/serve"
)

const (
	// maxSpan is how far apart the specification lets the two dates be.
	maxSpan = 90 * 24 * time.Hour
	// idsAtOnce is how many requests the store looks up at once.
	idsAtOnce = 50
	// pageSize is the most the store returns at once, and maxRequests what the
	// specification wants where no page was asked for.
	pageSize, maxRequests = 200, 1000
	maxPage               = 500 // beyond it the store has no more pages
)

// busyFor is how long a client is asked to wait while others read.
const busyFor = 5 * time.Second

var idPattern = regexp.MustCompile(`^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$`)

// requests lists public requests.
func (a *asked) requests() {
	q, paged, problems := a.requestQuery()
	if len(problems) > 0 {
		a.refuseAll(http.StatusBadRequest, problems)
		return
	}
	ctx, done, ok := a.h.reads.take(a.r.Context())
	if !ok {
		a.wait(busyFor, sayOften)
		return
	}
	defer done()
	found, err := a.gather(ctx, q, paged)
	if err != nil {
		a.away(err)
		return
	}
	requests := make([]value, 0, len(found))
	for i := range found {
		if slices.Contains(q.Items, found[i].Item) {
			requests = append(requests, a.public(&found[i]))
		}
	}
	a.write(http.StatusOK, serve.CacheNever, requestList(requests...))
}

// gather reads what was asked for, in as many goes as the store needs.
func (a *asked) gather(ctx context.Context, q store.RequestQuery, paged bool) (found []store.PublicRequest, err error) {
	if len(q.Items) == 0 {
		return nil, nil
	}
	if q.IDs != nil {
		for some := range slices.Chunk(q.IDs, idsAtOnce) {
			next := q
			next.IDs = some
			page, err := a.h.config.Store.Requests(ctx, next)
			if err != nil {
				return nil, err
			}
			found = append(found, page...)
		}
		slices.SortStableFunc(found, func(one, other store.PublicRequest) int { return other.Received.Compare(one.Received) })
		return found, nil
	}
	for {
		page, err := a.h.config.Store.Requests(ctx, q)
		if err != nil {
			return nil, err
		}
		found = append(found, page...)
		if q.Page++; paged || len(page) < pageSize || len(found) >= maxRequests {
			return found, nil
		}
	}
}

// request tells of one.
func (a *asked) request(id string) {
	if found, ok := a.find(id, sayNoRequest); ok {
		a.write(http.StatusOK, serve.CacheNever, requestList(a.public(&found)))
	}
}

// token tells which request a token is for. None is ever given out, but the id of a
// request serves as its own.
func (a *asked) token(id string) {
	if found, ok := a.find(id, sayNoToken); ok {
		a.write(http.StatusOK, serve.CacheNever, requestList(object{
			{"service_request_id", text(found.ID)}, {"token", text(found.ID)},
		}))
	}
}

// find a public request, or answer that there is none.
func (a *asked) find(id string, otherwise message) (store.PublicRequest, bool) {
	id = strings.ToLower(id)
	if !idPattern.MatchString(id) {
		a.refuse(http.StatusNotFound, otherwise)
		return store.PublicRequest{}, false
	}
	ctx, done, free := a.h.reads.take(a.r.Context())
	if !free {
		a.wait(busyFor, sayOften)
		return store.PublicRequest{}, false
	}
	defer done()
	found, ok, err := a.h.config.Store.ByID(ctx, id)
	switch {
	case err != nil:
		a.away(err)
		return found, false
	case !ok || !slices.Contains(a.catalog.listed, found.Item):
		a.refuse(http.StatusNotFound, otherwise)
		return found, false
	}
	return found, true
}

func (a *asked) away(err error) {
	a.h.config.Log.Warn("public requests can't be read", "error", err)
	a.wait(unavailableFor, sayAway)
}

// requestList is the document the specification has for all that concerns requests.
func requestList(requests ...value) document {
	return document{"service_requests", list{"request", requests}}
}

// public is a request as anybody may see it. What a resident wrote, where it is, and
// who has it are not known to the portal, and stay empty.
func (a *asked) public(p *store.PublicRequest) object {
	title, agency, where := p.Item, pick(a.catalog.site.Community.DisplayName, a.lang), ""
	if form := a.catalog.site.Form(string(casework.HelpRequest)); form != nil {
		title = pick(form.Title, a.lang)
	}
	if grid, ok := a.catalog.grids[p.Grid]; ok {
		where = pick(grid, a.lang)
	}
	status := "closed"
	if p.Open {
		status = "open"
	}
	return object{
		{"service_request_id", text(p.ID)},
		{"status", text(status)},
		{"status_notes", text(a.say(stepNotes[p.Step]))},
		{"service_name", text(title)},
		{"service_code", text(p.Item)},
		{"description", null{}},
		{"agency_responsible", text(agency)},
		{"service_notice", null{}},
		{"requested_datetime", moment(p.Received)},
		{"updated_datetime", moment(p.Updated)},
		{"expected_datetime", moment(p.DueAt)},
		{"address", text(where)},
		{"address_id", null{}},
		{"zipcode", null{}},
		{"lat", null{}},
		{"long", null{}},
		{"media_url", null{}},
	}
}

// moment is a time as the specification writes it; nothing for none.
func moment(t time.Time) value {
	if t.IsZero() {
		return null{}
	}
	return text(t.UTC().Format(time.RFC3339))
}

// listed are the values of a parameter that may be given several times, and with
// several values between commas; an empty one is as good as none.
func (a *asked) listed(name string) []string {
	var out []string
	for _, given := range a.query[name] {
		for v := range strings.SplitSeq(given, ",") {
			if v = strings.TrimSpace(v); v != "" {
				out = append(out, v)
			}
		}
	}
	return out
}

// requestQuery reads what was asked for; paged is whether one page of it was.
func (a *asked) requestQuery() (q store.RequestQuery, paged bool, problems []string) {
	wrong := func(m message, args ...any) { problems = append(problems, a.say(m, args...)) }
	q = store.RequestQuery{Items: slices.Clone(a.catalog.listed), Page: 1, PageSize: pageSize}
	// The ids override everything else.
	if ids := a.listed("service_request_id"); len(ids) > 0 {
		if len(ids) > maxRequests {
			wrong(sayRequestIDs, maxRequests)
			return q, true, problems
		}
		q.IDs = []string{} // of those that can be one of ours
		for _, id := range ids {
			if id = strings.ToLower(id); idPattern.MatchString(id) && !slices.Contains(q.IDs, id) {
				q.IDs = append(q.IDs, id)
			}
		}
		return q, true, problems
	}
	if codes := a.listed("service_code"); len(codes) > 0 {
		q.Items = slices.DeleteFunc(q.Items, func(code string) bool { return !slices.Contains(codes, code) })
	}
	for _, status := range a.listed("status") {
		switch strings.ToLower(status) {
		case "open":
			q.Open = true
		case "closed":
			q.Closed = true
		default:
			wrong(sayStatus)
		}
	}
	a.span(&q, wrong)
	for _, p := range []struct {
		name string
		into *int
		most int
	}{{"page", &q.Page, maxPage}, {"page_size", &q.PageSize, pageSize}} {
		if given := strings.TrimSpace(a.query.Get(p.name)); given != "" {
			n, err := strconv.Atoi(given)
			if err != nil || n < 1 || n > p.most {
				wrong(sayPage, p.name, p.most)
				continue
			}
			*p.into, paged = n, true
		}
	}
	return q, paged, problems
}

// span reads the dates: both, or 90 days from or up to one of them, or the latest 90
// days.
func (a *asked) span(q *store.RequestQuery, wrong func(message, ...any)) {
	from, to, bad := time.Time{}, time.Time{}, false
	for _, p := range []struct {
		name string
		into *time.Time
	}{{"start_date", &from}, {"end_date", &to}} {
		if given := strings.TrimSpace(a.query.Get(p.name)); given != "" {
			t, ok := parseMoment(given)
			if !ok {
				wrong(sayDateTime, p.name)
				bad = true
			}
			*p.into = t
		}
	}
	if bad {
		return
	}
	switch now := a.h.config.Now(); {
	case from.IsZero() && to.IsZero():
		// One second more, so that what came in this moment is there.
		to = now.Add(time.Second)
		from = to.Add(-maxSpan)
	case to.IsZero():
		to = from.Add(maxSpan)
	case from.IsZero():
		from = to.Add(-maxSpan)
	}
	if from.After(to) || to.Sub(from) > maxSpan {
		wrong(saySpan)
		return
	}
	// The end date is included, and given to the second.
	q.From, q.To = from.UTC(), to.Add(time.Second).UTC()
}

// parseMoment reads a W3C date and time. Clients often leave the plus sign of a zone
// as it is, and it arrives as a space.
func parseMoment(raw string) (time.Time, bool) {
	raw = strings.Replace(raw, " ", "+", 1)
	for _, layout := range []string{time.RFC3339, "2006-01-02T15:04Z07:00"} {
		if t, err := time.Parse(layout, raw); err == nil && t.Year() > 1000 {
			return t, true
		}
	}
	return time.Time{}, false
}
