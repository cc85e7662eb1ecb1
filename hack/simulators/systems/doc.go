// Package systems stands in for the information systems of line departments:
// real servers that speak the protocol and the authentication the sample's
// InformationSystems declare, decide by simple rules on what they are sent,
// process a key once, and remember what they received. Each has faults that can
// be switched on and off, and an administrator's interface on an address of its
// own tells tests what happened.
//
// Start starts any of them in a process; hack/simulators is the program around
// it. Signatures, tokens and headers are checked by a reading of the documents of
// its own, not by code shared with the courier, so that the two can disagree.
// docs/reference/simulators.md says what each of them does. They are for tests
// and demonstrations: what they are sent must be made up.
package systems
