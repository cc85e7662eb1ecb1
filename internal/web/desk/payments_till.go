package desk

import (
	"errors"
	"net/http"

	"github.com/shequ-io/shequ/internal/payments"
	"github.com/shequ-io/shequ/internal/store"
)

// countTill closes the till with what was counted, and leads to the slip of it.
func countTill(q *request) error {
	id, err := q.booksID("till")
	if id == "" || err != nil {
		return err
	}
	counted, err := payments.ParseTotal(q.values().Get("counted"))
	if err != nil {
		return q.wrongBooks(http.StatusUnprocessableEntity, "desk.pay.error.total")
	}
	err = q.till().CountTill(q.r.Context(), q.who.Who, id, counted)
	switch {
	case errors.Is(err, store.ErrReused):
		return q.wrongBooks(http.StatusConflict, "desk.pay.error.recounted")
	case err != nil:
		return err
	}
	q.to("/payments/till/" + id + query("did", "till"))
	return nil
}

// tillView is a closing of the till, as it is printed.
type tillView struct {
	view
	store.TillCount

	Capital string
	Did     bool
}

// Missing is what there was too little of; nothing where there was enough.
func (v tillView) Missing() payments.Amount { return max(-v.Apart(), 0) }

func tillPage(q *request) error {
	id := q.r.PathValue("count")
	if !idPattern.MatchString(id) {
		return store.ErrUnknownCount
	}
	got, err := q.till().TillCount(q.r.Context(), q.who.Who, id)
	if err != nil {
		return err
	}
	return q.show(http.StatusOK, "till", tillView{
		view: q.view("/payments/till/"+id, "desk.pay.closing"), TillCount: got, Capital: payments.Capital(got.Counted),
		Did: q.r.URL.Query().Get("did") == "till",
	})
}

// checkView is what came of checking the books from their beginning.
type checkView struct {
	view
	store.BooksCheck
}

func checkBooks(q *request) error {
	got, err := q.till().CheckBooks(q.r.Context(), q.who.Who)
	if err != nil {
		return err
	}
	return q.show(http.StatusOK, "books-check", checkView{q.view("/payments/books/check", "desk.pay.checked"), got})
}
