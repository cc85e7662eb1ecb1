// Package transport carries a courier's messages to information systems and
// brings back their answers: JSON over HTTP with OAuth 2 client credentials, a
// client certificate or a signature, REST through an X-Road security server, and
// files in CSV or XLSX left in a directory, on an SFTP server or in a bucket of S3. It
// also checks the signatures of what systems send to us.
//
// A Sender tries once. When to try, again or at all, is the courier's to decide:
// errors say whether trying again may help. No error holds a value of a message,
// an address, or anything a system said; nothing is logged. Answers, times and
// sizes are bounded, redirects are not followed, no proxy is taken from the
// environment, and TLS is 1.2 or newer.
package transport
