package store

import (
	"context"
	"encoding/base64"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/shequ-io/shequ/internal/casework"
)

// columns of a Row.
const columns = `c.id, c.number, c.kind, c.item, c.urgency, c.step, c.grid, c.station, c.system, c.holder, c.paused,
	c.received, c.due, c.version, c.doubt, c.ended, ` + reference

// filter is the condition of a queue, and the values in it. Each view's begins as the
// partial index it is read from does.
type filter struct {
	where []string
	args  []any
	// before is how many values the statement has before these.
	before int
}

// add adds a condition; %d in it is the number of its value.
func (f *filter) add(condition string, value any) {
	f.args = append(f.args, value)
	f.where = append(f.where, fmt.Sprintf(condition, f.before+len(f.args)))
}

func (f *filter) sql() string { return strings.Join(f.where, " AND ") }

// filterOf is what a view shows an actor, in a statement that has so many values
// before.
func filterOf(who Who, v View, now time.Time, before int) (*filter, error) {
	f := &filter{before: before}
	switch v {
	case Ended:
		f.where = []string{"NOT c.open"}
	case Mine:
		f.where = []string{"c.open", "c.holder <> ''"}
		f.add("c.holder = $%d", who.Work)
	case OfStation:
		f.where = []string{"c.open", "c.grid = ''", "c.station = ''", "c.system = ''", "c.holder = ''"}
	case OfGrid:
		f.where = []string{"c.open", "c.grid <> ''"}
	case LateOnes:
		f.where = []string{"c.open"}
		f.add("c.due < $%d", now)
	case Open, "":
		f.where = []string{"c.open"}
	default:
		return nil, invalid("there is no such view")
	}
	if who.Role == casework.GridWorker {
		f.where = append(f.where, "c.grid <> ''")
		f.add("c.grid = $%d", who.Grid)
	}
	return f, nil
}

// Queue returns a page of a view, and with the first page how many cases are in each.
func (d *Desk) Queue(ctx context.Context, who Who, q Query) (QueuePage, error) {
	if err := who.permitted(who.Grid); err != nil {
		return QueuePage{}, err
	}
	f, err := filterOf(who, q.View, d.now(), 0)
	if err != nil {
		return QueuePage{}, err
	}
	for _, only := range []struct{ column, value string }{{"c.kind", string(q.Kind)}, {"c.item", q.Item}, {"c.grid", q.Grid}} {
		if only.value != "" {
			f.add(only.column+" = $%d", only.value)
		}
	}
	if q.Grid != "" {
		f.where = append(f.where, "c.grid <> ''")
	}
	key, order, after := "due", "c.due, c.id", "(c.due, c.id) > ($%d, $%d)"
	if q.View == Ended {
		key, order, after = "ended", "c.ended DESC, c.id DESC", "(c.ended, c.id) < ($%d, $%d)"
	}
	if q.After != "" {
		at, id, err := readCursor(key, q.After)
		if err != nil {
			return QueuePage{}, err
		}
		n := len(f.args)
		f.args = append(f.args, at, id)
		f.where = append(f.where, fmt.Sprintf(after, n+1, n+2))
	}
	size := q.Size
	if size <= 0 {
		size = 50
	}
	size = min(size, 100)
	page, err := d.page(ctx, who, f, key, order, size)
	if err == nil && q.After == "" {
		page.Counts, err = d.counts(ctx, who)
	}
	if err != nil {
		return QueuePage{}, err
	}
	return page, nil
}

func (d *Desk) page(ctx context.Context, who Who, f *filter, key, order string, size int) (QueuePage, error) {
	rows, err := d.rows(ctx, who, f.sql(), f.args, order, size+1)
	if err != nil || len(rows) <= size {
		return QueuePage{Rows: rows}, err
	}
	rows = rows[:size]
	last := &rows[size-1]
	at := last.DueAt
	if key == "ended" {
		at = last.ended
	}
	if at.IsZero() {
		at = never
	}
	return QueuePage{Rows: rows, Next: cursor(key, at, last.ID)}, nil
}

// rows reads cases; the actor sees only those that are the actor's to see.
func (d *Desk) rows(ctx context.Context, who Who, where string, args []any, order string, limit int) ([]Row, error) {
	now := d.now()
	sql := fmt.Sprintf("SELECT %s FROM cases c WHERE %s ORDER BY %s LIMIT %d", columns, where, order, limit)
	var rows []Row
	err := steadily(ctx, d.pool, func(ctx context.Context) error {
		found, err := d.pool.Query(ctx, sql, args...)
		if err != nil {
			return err
		}
		rows, err = pgx.CollectRows(found, func(row pgx.CollectableRow) (Row, error) {
			var r Row
			err := row.Scan(&r.ID, &r.Number, &r.Kind, &r.Item, &r.Urgency, &r.Step, &r.Place.Grid, &r.Place.Station, &r.Place.System,
				&r.Holder, &r.Paused, &r.Received, &r.DueAt, &r.Version, &r.Doubt, &r.ended, &r.Reference)
			r.Late, r.DueAt = r.DueAt.Before(now), orZero(r.DueAt)
			return r, err
		})
		return err
	})
	return slices.DeleteFunc(rows, func(r Row) bool { return who.permitted(r.Place.Grid) != nil }), err
}

func cursor(key string, at time.Time, id string) string {
	return base64.RawURLEncoding.EncodeToString([]byte(key + " " + strconv.FormatInt(at.UnixMicro(), 36) + " " + id))
}

func readCursor(key, text string) (time.Time, string, error) {
	raw, err := base64.RawURLEncoding.DecodeString(text)
	parts := strings.Split(string(raw), " ")
	if err != nil || len(parts) != 3 || parts[0] != key || !uuidForm.MatchString(parts[2]) {
		return time.Time{}, "", invalid("the page is none of this view; begin at its first")
	}
	micros, err := strconv.ParseInt(parts[1], 36, 64)
	if err != nil || micros < 0 || micros > never.UnixMicro() {
		return time.Time{}, "", invalid("the page is none of this view; begin at its first")
	}
	return time.UnixMicro(micros).UTC(), parts[2], nil
}

// counts of all views, each at most MaxCount.
func (d *Desk) counts(ctx context.Context, who Who) (map[View]int64, error) {
	var selects []string
	var args []any
	for _, v := range Views() {
		f, err := filterOf(who, v, d.now(), len(args))
		if err != nil {
			return nil, err
		}
		args = append(args, f.args...)
		selects = append(selects, fmt.Sprintf("(SELECT count(*) FROM (SELECT FROM cases c WHERE %s LIMIT %d) x)", f.sql(), MaxCount))
	}
	out := map[View]int64{}
	counted := make([]int64, len(selects))
	into := make([]any, len(selects))
	for i := range counted {
		into[i] = &counted[i]
	}
	err := steadily(ctx, d.pool, func(ctx context.Context) error {
		return d.pool.QueryRow(ctx, "SELECT "+strings.Join(selects, ", "), args...).Scan(into...)
	})
	if err != nil {
		return nil, err
	}
	for i, v := range Views() {
		out[v] = counted[i]
	}
	return out, nil
}
