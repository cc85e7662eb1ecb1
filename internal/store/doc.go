// Package store keeps one community's cases in its PostgreSQL database. Portal is
// what the public site may do there: put submissions in, and follow one case by the
// hash of its receipt code, through functions of the database that return no word
// anybody wrote. Desk is what the station may do: open what was sealed, work cases
// and read the audit trail, which it can add to and not alter.
//
// What happens to a case is decided by package casework alone; here it is written
// down so that no turn is lost and none happens twice, in one transaction with its
// entry of the audit trail. Every row beside the trail follows from it. A resident's
// words are kept sealed, apart from the case, and are deleted when their time is
// over; whoever is shown them is in the trail, or is not shown them.
//
// It draws no page, knows no Kubernetes and runs nothing by itself: package clerk
// calls what has to be done without anybody asking.
package store
