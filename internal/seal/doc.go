// Package seal keeps what residents write unreadable to everybody but the desk of
// their community. The portal seals with a public key and can't open again what it
// has sealed; the desk opens with the private one; neither key is ever beside the
// rows it protects.
//
// Everything a community needs follows from one Seed of 32 random bytes: its key
// pair (HPKE, RFC 9180, with the hybrid of ML-KEM-768 and X25519, so that what is
// copied today stays closed to tomorrow's computers), its receipt and session keys,
// the passwords of its database roles. The seed itself is kept wrapped with the
// district's key (AES-256-GCM), so that a copy of it alone opens nothing.
//
// It is pure but for the randomness it is given or takes from crypto/rand, and it
// knows nothing of databases, Secrets or pages. Printing a key prints that it is one.
package seal
