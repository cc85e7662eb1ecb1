// Package casework is the domain of a community's cases: applications, help
// requests, opinions, mediation and 12345 work orders. One state machine moves
// them round the closed loop of GB/T 30428; around it stand their time limits,
// their audit trail, receipt codes, ratings, figures, and the rule that says which
// grid a case belongs to.
//
// The ways round the loop, by kind (what is in brackets can be left out):
//
//	application:  collected → registered → [dispatched] → handled → reported → verified → closed
//	help-request: collected → registered → dispatched → handled → reported → verified → closed
//	opinion:      collected → registered → handled → reported → closed
//	mediation:    collected → registered → [dispatched] → handled → verified → closed
//	work-order:   collected → registered → [dispatched] → handled → reported → verified → closed
//
// And the ways aside, for every kind (but an opinion goes to no grid):
//
//	registered, dispatched, transferred → (transfer) → dispatched, transferred
//	dispatched, transferred             → (return)   → registered
//	transferred                         → (handle)   → handled
//	handled, reported                   → (return)   → where it was handled
//	collected, registered               → (reject)   → rejected
//	transferred, by that system         → (reject)   → rejected
//	any but the ends                    → (withdraw) → withdrawn
//	closed                              → (reopen)   → registered, once
//
// Pause and resume, take and its return, rate and escalate go no step. testdata/transitions.txt
// has every row, with the roles that may; a test keeps it so.
//
// A Case is a value and Apply makes another of it: nothing is remembered between
// calls. Whoever keeps cases writes the turn under a unique (case, number) and a
// unique event id, in the transaction that updates the case where its version is
// still the one that was read. Then no transition is lost and none happens twice.
//
// It is pure: no HTTP, no SQL, no client, and no clock or randomness of its own.
// Every function is total. What residents write (Fields) is no part of cases,
// events, errors, effects or entries; reasons are words of a list. It does not
// know boundaries, forms, pages or deliveries, and keeps nothing.
package casework
