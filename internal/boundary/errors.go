package boundary

import (
	"fmt"

	v1alpha1 "github.com/shequ-io/shequ/api/v1alpha1"
)

// Error is why a boundary can't be used.
type Error struct {
	// Reason is one of the Grid kind's BoundaryValid reasons: BoundaryMissing,
	// BoundaryUnreadable, AxesSwapped or SelfIntersection.
	Reason string
	// Message says where, and what to do about it.
	Message string
}

// Error returns the message.
func (e *Error) Error() string { return e.Message }

func unreadable(format string, args ...any) *Error {
	return &Error{Reason: v1alpha1.ReasonBoundaryUnreadable, Message: fmt.Sprintf(format, args...)}
}

func intersects(format string, args ...any) *Error {
	return &Error{Reason: v1alpha1.ReasonSelfIntersection, Message: fmt.Sprintf(format, args...)}
}
