// Package norms is the arithmetic of a CommunityStandard: what a standard asks
// of a community and of a grid, what they have, and whether it is enough.
//
// It is exact. Every quantity is an integer or a Ratio; there is no floating
// point anywhere, so a community is never met or missed by a rounding error.
// Rounding is for showing only, and a separate step (Round).
//
// It is pure: no client, no clock, no files. Every function is total: a spec
// beyond the API's bounds, an absent rule or a negative figure gives an answer
// (often Unknown), never a panic.
//
// It does not decide what follows from a missed rule (the admission engine
// does), and it does not write status (controllers do).
package norms
