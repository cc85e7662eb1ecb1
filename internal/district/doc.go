// Package district deals with the district's PostgreSQL server for the operator: a
// database for each community, the roles its programs log in with, what becomes of
// them when a community goes, and whether the server answers at all.
//
// It works as a role that may create databases and roles and need not be a
// superuser, says everything in statements that may be said twice, and sends no
// password: what the server is told is a verifier from which none can be had. It
// reads no Secret and writes no Kubernetes object, and knows no table of a
// community's but the head of its audit trail.
package district
