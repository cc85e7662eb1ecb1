// Package oidctest is a small OpenID provider for tests and demonstrations:
// discovery, keys, authorization code with PKCE, a sign-in page, userinfo and
// end_session. It speaks the real protocol with real signatures, so that what
// signs in with it signs in with a district's.
//
// It is no provider to run for anybody: accounts and passwords are given to it in
// the open, and what it knows is gone when it ends.
package oidctest
