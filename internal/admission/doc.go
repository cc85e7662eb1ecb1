// Package admission decides which tasks enter a community: Decide turns what is
// known of one community, its standard, its grids, its present ledger, the tasks
// that target it and what the parties said about them into its next ledger.
//
// It is pure and total: the clock is an input, there is no client and no file,
// and whatever passes the CRDs' schemas is answered without a panic. It is
// exact: minutes, visits and money are integers, and a month's load is compared
// with its capacity without rounding. It is sticky: what has a place keeps it,
// whoever else arrives.
//
// The rules the API server enforces are checked here again, so that an object
// that got past them decides nothing. It does not write ledgers (the admission
// controller does) and does not serve items (the station controller does).
package admission
