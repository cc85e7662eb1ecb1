package courier

import (
	"time"

	"github.com/shequ-io/shequ/api/v1alpha1"
	"github.com/shequ-io/shequ/internal/casework"
)

// Occasion is a case after a turn that may ask for deliveries, with all that has to
// be known to decide on them.
type Occasion struct {
	// Case after the turn, which is the last of its history.
	Case casework.Case
	// Task (namespace/name; empty for none), Item and Purpose of the case's terms.
	Task    string
	Item    string
	Purpose v1alpha1.PurposeCode
	// Fields are what the community has of the case; none once they expired.
	Fields  casework.Fields
	Expired bool
	// Withdrawn: the resident has withdrawn the case.
	Withdrawn bool
	// From is the system a work order came from, Reference its number there.
	From, Reference string
	// Replies of systems to earlier messages of the case, in their order.
	Replies []Reply
	// Salt draws the salt of a message's hash.
	Salt func() string
	// At is when the turn was.
	At time.Time
}

// Reply is what a system said to a message of a case.
type Reply struct {
	Key          Key
	Task, System string
	Purpose      v1alpha1.PurposeCode
	Version      int64
	Verdict      Verdict
	Reason       casework.Reason
	// Reference is the number the system has given the case; empty where it gave none.
	Reference string
	At        time.Time
}
