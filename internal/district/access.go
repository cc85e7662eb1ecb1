package district

import (
	"fmt"
	"time"

	"github.com/shequ-io/shequ/internal/seal"
)

// overlap is how long a password holds beyond its turn: pods take up a changed
// Secret within minutes, and open connections are not cut.
const overlap = 24 * time.Hour

// Login is a role that logs in, with its password.
type Login struct {
	Role string
	// Group the role is a member of; none when empty.
	Group    string
	Password string
	// Until when the password holds.
	Until time.Time
}

// Format prints no password, whatever the verb.
func (l Login) Format(f fmt.State, _ rune) { fmt.Fprintf(f, "role %s", l.Role) }

// Access is who logs in to one community's database for now.
type Access struct {
	Database string
	// Courier logs in only where the community has one (Database.Programs).
	Owner, Portal, Desk, Courier Login
	// Epoch counts the turns of passwords since the community's key was made.
	Epoch int64
	// Next is when the next turn begins.
	Next time.Time
}

// NewAccess works out who logs in: nothing of it is kept, all of it follows from
// the community's seed and the time since its key was made.
func NewAccess(seed seal.Seed, home string, made, now time.Time, rotation time.Duration) (Access, error) {
	epoch := max(0, int64(now.Sub(made)/rotation))
	a := Access{Database: Name(home), Epoch: epoch, Next: made.Add(time.Duration(epoch+1) * rotation)}
	for _, l := range []struct {
		login              *Login
		label, role, group string
	}{
		{&a.Owner, "owner", OwnerRole(a.Database), ""},
		{&a.Portal, programPortal, ProgramRole(a.Database, programPortal, epoch), GroupPortal},
		{&a.Desk, programDesk, ProgramRole(a.Database, programDesk, epoch), GroupDesk},
		{&a.Courier, programCourier, ProgramRole(a.Database, programCourier, epoch), GroupCourier},
	} {
		password, err := seed.Password(fmt.Sprintf("database/%s/%d", l.label, epoch))
		if err != nil {
			return Access{}, err
		}
		*l.login = Login{Role: l.role, Group: l.group, Password: password, Until: a.Next.Add(overlap)}
	}
	return a, nil
}

// Fingerprint tells one community's key from another's and nothing else of it.
func Fingerprint(seed seal.Seed) (string, error) {
	raw, err := seed.Derive("fingerprint", 8)
	if err != nil {
		return "", err
	}
	return fmt.Sprintf("%x", raw), nil
}
