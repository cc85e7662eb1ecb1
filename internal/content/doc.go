// Package content is the document that travels from the operator to a
// community's programs: the operator renders it from Community,
// ServiceStation, Grid and CommunityStandard into a ConfigMap, the station
// binary reads it from a mounted directory and serves it.
//
// It is the only vocabulary the two sides share. It is not an API type: it
// carries what is shown, already resolved (units, titles, sources), never a
// reference to be followed, and never personal data: staff appear as posts.
package content
