package courier

import (
	"crypto/sha256"
	"fmt"

	"github.com/shequ-io/shequ/api/v1alpha1"
	"github.com/shequ-io/shequ/internal/casework"
)

// Key tells a message from every other, so that a system that gets it twice
// handles it once. It is a UUID (RFC 9562, version 8) and says nothing about
// anybody.
type Key string

// keyHeader keeps keys of this make from those of another.
const keyHeader = "shequ.io/courier/v1 key\n"

// NewKey derives the key of a message from what makes it one: the case, the task,
// the system, the purpose, and the version of the case whose turn it is of. The same
// five have the same key whenever it is asked for.
func NewKey(caseID, task, system string, purpose v1alpha1.PurposeCode, version int64) Key {
	sum := sha256.Sum256(casework.CanonicalForm(keyHeader, []casework.Line{
		{Name: "case", Value: caseID},
		{Name: "task", Value: task},
		{Name: "system", Value: system},
		{Name: "purpose", Value: string(purpose)},
		{Name: "version", Value: casework.CanonicalNumber(version)},
	}))
	u := sum[:16]
	u[6] = u[6]&0x0f | 0x80 // version 8
	u[8] = u[8]&0x3f | 0x80 // variant of the RFC
	return Key(fmt.Sprintf("%x-%x-%x-%x-%x", u[:4], u[4:6], u[6:8], u[8:10], u[10:]))
}
