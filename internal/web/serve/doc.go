// Package serve answers HTTP requests from pages that were rendered and
// compressed beforehand, so that a request costs a map lookup and a write. It
// adds what every public page needs: security headers, languages, validators,
// error pages, metrics with bounded labels, and a server that starts and stops
// cleanly.
//
// It knows nothing of communities: the portal and the desk fill a Tree and hand
// it over. It keeps no state about visitors, logs no request and no client
// address, sets no cookie.
package serve
