// Package hooks takes what information systems send to a community: the work orders of
// a hotline. A request is signed with a key that the system and the district share, has
// a nonce that nobody used before, and is answered with a 2xx only once what it asks for
// is kept; sent again under the same key, it is kept once.
//
// It takes the elements a work order may have and refuses a body with any other,
// without repeating anything of it. Nothing is logged but the system and what became of
// its request.
package hooks
