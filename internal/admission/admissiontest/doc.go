// Package admissiontest draws random districts to test admission with: standards,
// communities, grids, stations, information systems, tasks, and what the parties
// said about them. The objects are what the API server accepts, so that the same
// district serves a property test, a benchmark and a test against a real cluster.
//
// A seed and its options always draw the same district. The figures are chosen so
// that capacities bind: about half of what is asked for can't be had.
package admissiontest
