package courier

// Consignment is one delivery of a case to one system, as the desk hands it over in
// the transaction of the turn it follows.
type Consignment struct {
	Facts

	// Message that goes; nil where nothing does, which goes on record at once.
	Message *Message
	// Refused is what does not go, as a Record has it.
	Refused string
	// TellOnly: a rejection by the system is told at the desk and does not end the case.
	TellOnly bool
}
