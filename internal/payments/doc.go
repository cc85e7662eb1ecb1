// Package payments keeps the books of what residents pay at a station's counter to
// somebody else, such as a bill for water: exact amounts, the steps of a payment,
// journals by double entry that balance always, and the comparison of a day with what
// the biller says it got. It is pure: it decides and computes, and keeps nothing.
//
// A payment is sent to its biller's information system through a Provider, as a
// message like any other. The package knows no card and no account at a bank, has no
// place for one, and recognises numbers that look like a card's so that callers can
// refuse them.
package payments
