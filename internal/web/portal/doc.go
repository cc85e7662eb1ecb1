// Package portal makes the resident's site of one community from its content
// document: every page in every language, rendered once per revision.
//
// It is what a resident without an account may read. It takes nothing in,
// knows no person, and needs no script. Where the portal takes something in, its
// pages lead to those of package resident, which are made on request.
package portal
