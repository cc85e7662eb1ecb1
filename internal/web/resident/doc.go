// Package resident is the part of the portal that takes something in: forms to
// apply for an item, to ask for help, to give an opinion or ask for mediation; the
// page on which whoever holds a receipt code follows a case and has a say in it;
// surveys; and what is disclosed of cases.
//
// It knows its visitors by nothing: no cookie, no script, no account, no address in
// a log. What is typed is checked, sealed to the community's desk, handed to the
// store and forgotten; only the page that answers holds it for a moment more. It
// needs no memory between two requests: a form sent twice leads to the same case
// and the same receipt code.
package resident
