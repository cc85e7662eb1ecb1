package store

import (
	"context"
	"strings"

	"golang.org/x/text/width"

	"github.com/shequ-io/shequ/internal/casework"
)

// reference is the column of a Row that only work orders have something in: it is read
// of those that are shown and of no other.
const reference = `CASE WHEN c.kind = 'work-order' THEN coalesce((SELECT s.terms->>'reference' FROM submissions s WHERE s.id = c.id), '') ELSE '' END`

// maxSameReference is how many cases of one reference are shown: systems number their
// orders each for itself, and some send one again under the number it had.
const maxSameReference = 20

// byReference are the cases of work orders by the number they have where they came
// from, the latest first. It is looked for as a whole, in either case and in full width
// too. It is that system's own number and no personal data; what may be somebody's
// telephone or identity number is not looked for at all.
func (d *Desk) byReference(ctx context.Context, who Who, text string) ([]Row, error) {
	text = strings.TrimSpace(width.Narrow.String(text))
	if !referenceForm.MatchString(text) || casework.PersonalNumber(text) {
		return nil, nil
	}
	const of = `c.id IN (SELECT s.id FROM submissions s WHERE upper(s.terms->>'reference') = upper($1))`
	return d.rows(ctx, who, of, []any{text}, "c.received DESC, c.id", maxSameReference)
}
