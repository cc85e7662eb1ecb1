// Package desk makes the pages a station's staff see: signing in, queues, cases and
// what may be done to them, entry at the counter, surveys on paper, figures.
//
// At each request it decides, by the access list of that moment, as whom somebody
// acts; what that role may do to a case is for internal/casework to say, and which
// cases it sees for the store. It keeps nothing but its content, and logs no word of a
// resident. A community without a database has a desk that shows what its station
// offers, takes nothing in and asks nobody to sign in.
package desk
