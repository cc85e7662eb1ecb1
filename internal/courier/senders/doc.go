// Package senders makes what talks to a community's information systems of what the
// operator mounts: how each is talked to (courier.json), and files with its
// credentials. Both may change while the program runs; a sender is made anew only when
// something of its own did.
//
// A system whose settings or credentials can't be used is held: nothing is sent to it,
// and the reason names the cure. No reason and no log line holds a credential.
package senders
