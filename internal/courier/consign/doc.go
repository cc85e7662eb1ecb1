// Package consign says what a turn of a case has to deliver, and to whom. It knows
// from desk.json which tasks are admitted, what they deliver, and which systems the
// community is connected to.
//
// Whatever a case, its task and the systems declare, each element of a delivery
// either goes or is counted with the reason why not: what may not go comes as a
// consignment without a message, for the record.
//
// It is pure: it composes within the desk's transaction, and neither keeps nor sends
// anything.
package consign
