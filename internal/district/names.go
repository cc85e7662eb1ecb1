package district

import "strings"

// Group roles of the server, one for each program. They can't log in: migrations
// grant to them, and the roles that log in are their members.
const (
	GroupPortal  = "shequ_portal"
	GroupDesk    = "shequ_desk"
	GroupCourier = "shequ_courier"
)

const (
	// maxIdentifier is the longest name PostgreSQL keeps; it cuts longer ones off
	// without a word.
	maxIdentifier = 63
	// longestSuffix of a role's name.
	longestSuffix = len("_courier_a")
	// tail of a home's name is what makes it unique: a hyphen and a hash.
	tail = 9
)

// Name is the database of the community with a home namespace.
func Name(home string) string { return strings.ReplaceAll(home, "-", "_") }

// Home is the home namespace whose database has a name; no other home's has.
func Home(database string) string { return strings.ReplaceAll(database, "_", "-") }

// roleBase starts the names of a database's roles. A long name gives way in its
// middle: the end tells one home from another.
func roleBase(database string) string {
	if most := maxIdentifier - longestSuffix; len(database) > most {
		return database[:most-tail] + database[len(database)-tail:]
	}
	return database
}

// OwnerRole owns a database; migrations log in as it.
func OwnerRole(database string) string { return roleBase(database) + "_owner" }

// ProgramRole is the role a program logs in with in an epoch. Two take turns, so
// that the last password holds on while pods take up the next.
func ProgramRole(database, program string, epoch int64) string {
	turn := "_a"
	if epoch%2 == 1 {
		turn = "_b"
	}
	return roleBase(database) + "_" + program + turn
}

// Programs that log in.
const (
	programPortal  = "portal"
	programDesk    = "desk"
	programCourier = "courier"
)

// turns are the two roles a program logs in with by turns.
func turns(database, program string) []string {
	return []string{ProgramRole(database, program, 0), ProgramRole(database, program, 1)}
}

// logins are all roles of a database that may ever log in.
func logins(database string) []string {
	out := []string{OwnerRole(database)}
	for _, program := range []string{programPortal, programDesk, programCourier} {
		out = append(out, turns(database, program)...)
	}
	return out
}
