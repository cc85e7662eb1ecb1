package casework

// EffectType is something that has to follow a turn. Effects belong into the
// transaction that keeps the turn, or into an outbox beside it.
type EffectType string

// The types of effects.
const (
	// Record the turn in the audit trail. It comes with every turn.
	Record EffectType = "record"
	// Schedule a look at Due: a clock started, stopped or went on.
	Schedule EffectType = "schedule"
	// Inform whoever holds the receipt code that the case went a step.
	Inform EffectType = "inform"
	// Queue the case with its place: a grid, or the station's own queue.
	Queue EffectType = "queue"
	// Deliver the case to the place it was transferred to, or its answer to the
	// hotline it came from.
	Deliver EffectType = "deliver"
	// StopDelivery of the case's fields, to anybody: it was withdrawn.
	StopDelivery EffectType = "stop-delivery"
	// StartRetention of the case's fields: it ended.
	StartRetention EffectType = "start-retention"
	// StopRetention of the case's fields: it was reopened.
	StopRetention EffectType = "stop-retention"
	// Alert the level an escalation names.
	Alert EffectType = "alert"
)

// Effect is one of them. Turn is the one it follows, from which all else can be
// read.
type Effect struct {
	Type EffectType
	Turn Turn
}

// effects of a case's last turn.
func effects(c *Case) []Effect {
	t := c.History[len(c.History)-1]
	types := []EffectType{Record}
	stepped := t.From != t.To
	if stepped || t.Event.Type == Pause || t.Event.Type == Resume {
		types = append(types, Schedule, Inform)
	}
	switch t.Event.Type {
	case Collect, Dispatch, Return, Reopen:
		types = append(types, Queue)
	case Transfer:
		if t.To == Transferred {
			types = append(types, Deliver)
		} else {
			types = append(types, Queue)
		}
	case Report, Close, Reject:
		if c.Kind == WorkOrder {
			types = append(types, Deliver)
		}
	case Withdraw:
		types = append(types, StopDelivery)
	case Escalate:
		types = append(types, Schedule, Alert)
	case Register, Take, Handle, Verify, Pause, Resume, Rate:
	}
	switch {
	case t.To.Ended() && stepped:
		types = append(types, StartRetention)
	case t.Event.Type == Reopen:
		types = append(types, StopRetention)
	}
	out := make([]Effect, len(types))
	for i, typ := range types {
		out[i] = Effect{Type: typ, Turn: t}
	}
	return out
}
