// Package open311 serves Open311 GeoReport v2 (http://wiki.open311.org/GeoReport_v2)
// for one community: discovery, services, requests and tokens, in XML and JSON, as
// the specification's documents and examples have them. What is asked for becomes a
// sealed submission, exactly as if it had been written at the portal; what is listed
// are the community's requests for help, without a word of whoever wrote them.
//
// Where specification and privacy differ, privacy wins, and docs/reference/open311.md
// says so: no field is taken that the item does not declare, nothing about a device
// or an account is read, and no description, address, coordinate or picture is ever
// returned.
//
// It reads the community's content and writes to a store; it keeps nothing but the
// content, logs nothing that was sent, starts no goroutine and draws no page.
package open311
