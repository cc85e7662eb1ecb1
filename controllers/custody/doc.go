// Package custody keeps what a community's data hang on and its home namespace must
// not: the district's key and the communities' wrapped seeds, in Secrets of the
// operator's own namespace, and the databases on the district's server. A home that
// is deleted takes none of it along; one that is made again finds its own.
//
// It makes a key once, never changes it, and deletes it only with the database whose
// time is over. It reconciles nothing by itself and writes no status.
package custody
