package store

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/json"
	"regexp"
	"slices"

	"github.com/shequ-io/shequ/internal/casework"
	"github.com/shequ-io/shequ/internal/courier"
)

// referenceForm is what another system may call a case. It is a number or word of its
// own, and nobody's telephone.
var referenceForm = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._/-]{0,63}$`)

// maxOrderKey is the longest key of a work order, in bytes.
const maxOrderKey = 255

// orderTask stands for the task in the identifiers of work orders.
const orderTask = "work-order"

// Order keeps a work order for the desk to take in, once by system and key; again
// tells that it was kept before. The error is ErrInvalid where it can't be kept.
func (c *Courier) Order(ctx context.Context, o WorkOrder) (again bool, err error) {
	o.Terms.System, o.Terms.Reference = o.System, o.Reference
	if o.Urgency == "" {
		o.Urgency = casework.Ordinary
	}
	if o.Terms.RetentionDays == 0 {
		o.Terms.RetentionDays = DefaultRetentionDays
	}
	switch {
	case o.System == "" || o.Key == "" || len(o.Key) > maxOrderKey || o.Received.IsZero():
		return false, invalid("a work order has a system, a key of at most 255 bytes, and a time")
	case !slices.Contains(casework.Urgencies(), o.Urgency):
		return false, invalid("there is no such urgency")
	case !o.Letter.Place.onEarth():
		return false, invalid("the place is not on earth")
	}
	if err := o.Terms.fit(); err != nil {
		return false, err
	}
	id := string(courier.NewKey(o.Key, orderTask, o.System, "", 0))
	plain, err := json.Marshal(o.Letter)
	if err != nil {
		return false, err
	}
	sealed, err := c.keys.Public.Seal(plain, SubmissionContext(id))
	if err != nil {
		return false, err
	}
	terms, err := json.Marshal(o.Terms)
	if err != nil {
		return false, err
	}
	var answer string
	err = steadily(ctx, c.pool, func(ctx context.Context) error {
		return c.pool.QueryRow(ctx, "SELECT courier_order($1, $2, $3, $4, $5, $6, $7)",
			id, c.receipt(id), o.Terms.Item, terms, string(o.Urgency), instant(o.Received), sealed).Scan(&answer)
	})
	return kept(answer, err)
}

// receipt is the hash of a receipt nobody has: whoever rang the hotline asks there.
func (c *Courier) receipt(id string) []byte {
	mac := hmac.New(sha256.New, c.keys.Receipts)
	mac.Write([]byte("shequ.io/store/v1 work order " + id))
	return mac.Sum(nil)
}
