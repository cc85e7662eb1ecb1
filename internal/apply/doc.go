// Package apply is the only place that writes what an intent object
// provisions. It sends server-side applies with one field owner per controller,
// labels every child as a member of its parent's ApplySet (KEP-3659), records
// names on the parent before anything is applied, takes back what is no longer
// wanted, and sends nothing for what is already so.
//
// It decides nothing about what the children are: that is internal/blueprint.
// It writes no status: the controller does, with the inventory an Apply
// returns.
package apply
