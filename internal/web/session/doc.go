// Package session signs staff in with the district's OpenID provider and
// remembers it in a cookie: authorization code with PKCE, nonce and state bound
// to the browser, then a session that is encrypted and authenticated, lasts four
// hours at most and half an hour without a request.
//
// It says who somebody is (a work identifier and groups), never what they may do:
// that is decided at each request by whoever knows the access list. It keeps
// nothing but, in memory, which sessions were ended by signing out; it logs no
// identifier, no group and no address.
package session
