package desk

import "strings"

// trouble is what kept a message from being delivered, in a word that the desk has a
// reason and a cure for in both languages. The courier's own sentence, which tells
// more, is for whoever mends it.
type trouble string

// The troubles.
const (
	refusedIt      trouble = "refused"        // the system does not take this message
	unreachable    trouble = "unreachable"    // it does not answer
	untrusted      trouble = "untrusted"      // certificates and host keys do not fit
	notLetIn       trouble = "not-let-in"     // credentials, or the right to send
	outOfOrder     trouble = "out-of-order"   // it says that it is busy or broken
	misread        trouble = "misread"        // its answer can't be read
	misplaced      trouble = "misplaced"      // address, directory, bucket or service are wrong
	unacknowledged trouble = "unacknowledged" // a file lies there
	unfit          trouble = "unfit"          // no message can be made of it
	unopened       trouble = "unopened"       // the courier can't open it
	elsewise       trouble = "other"
)

// symptoms are what the courier's sentences say, the telling ones first.
var symptoms = []struct {
	says string
	is   trouble
}{
	{"unfit", unfit},
	{"other-key", unopened},
	{"unreadable", unopened},
	{"acknowledged", unacknowledged},
	{"nothing is at an address", misplaced},
	{"can't be read", misread},
	{"sends us elsewhere", misplaced},
	{"correct its address", misplaced},
	{"correct its name", misplaced},
	{"correct client and service", misplaced},
	{"correct the service", misplaced},
	{"no such directory", misplaced},
	{"system's address", misplaced},
	{"store's address", misplaced},
	{"another region", misplaced},
	{"speaks SSH and no SFTP", misplaced},
	{"let us in", notLetIn},
	{"access token", notLetIn},
	{"may not use the service", notLetIn},
	{"may not be written", notLetIn},
	{"does not know our certificate", notLetIn},
	{"certificate", untrusted},
	{"TLS", untrusted},
	{"known-hosts", untrusted},
	{"refuses the message", refusedIt},
	{"not delivered:", refusedIt},
	{"does not take the file", refusedIt},
	{"busy", outOfOrder},
	{"out of order", outOfOrder},
	{"no connection", unreachable},
	{"connection broke", unreachable},
	{"in time", unreachable},
	{"broken off", unreachable},
	{"could not be", unreachable},
}

// diagnose says which trouble a sentence of the courier tells of.
func diagnose(why string) trouble {
	for _, s := range symptoms {
		if strings.Contains(why, s.says) {
			return s.is
		}
	}
	return elsewise
}
