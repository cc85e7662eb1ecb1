// Package rounds carries what waits in a community's outbox to its information
// systems. It looks now and then what is due, and for each system that something is
// due for it runs a lane: claim a few messages, send them as the system's rate limit
// and breaker allow, settle whatever has come back in one transaction, and go on
// until nothing is due any more. Systems do not wait for each other.
//
// A message is sent once and perhaps again, never out of order and never lost: it
// stays in the outbox until what the system said of it is kept. At rest there is one
// look in a while and nothing else. Nothing is logged but systems, counts and keys.
package rounds
