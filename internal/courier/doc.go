// Package courier decides what a delivery to a department's information system
// carries, when it may go, and what is recorded of it. Select takes from a case
// what task and system both allow and says why the rest stays; a Mapping turns
// that into the system's fields and a Reading its answer into an outcome; Order,
// Pace, Breaker and Backoff say which message goes next and when; a Record of each
// delivery is chained as the audit trail of casework is.
//
// Values of elements are in Selection and Message alone, and printing or logging
// those tells only how many there are. No error, record, key or count holds one.
//
// It is pure: no HTTP, no SQL, no client, and no clock or randomness of its own.
// It sends nothing (internal/courier/transport does) and keeps nothing.
package courier

import "github.com/shequ-io/shequ/api/v1alpha1"

// Code of a data element, as the standard declares it.
type Code = v1alpha1.DataElementCode
