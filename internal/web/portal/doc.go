// Package portal makes the resident's site of one community from its content
// document: every page in every language, rendered once per revision.
//
// It is what a resident without an account may read. It takes nothing in,
// knows no person, and needs no script; applying, asking for help and following
// a case are not part of it yet.
package portal
