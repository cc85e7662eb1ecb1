// Package desk makes the pages a station's staff see.
//
// In this version it shows what the station offers, by counter, and when the
// counters are open, and says plainly that casework is not built yet: it takes
// nothing in, asks nobody to sign in and holds no personal data.
package desk
