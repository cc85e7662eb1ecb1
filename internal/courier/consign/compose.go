package consign

import (
	"fmt"
	"slices"

	"github.com/shequ-io/shequ/api/v1alpha1"
	"github.com/shequ-io/shequ/internal/casework"
	"github.com/shequ-io/shequ/internal/courier"
)

// Compose is what the last turn of a case delivers, in the order of its task's
// deliveries; mostly nothing.
//
//	register                      all deliveries of its task
//	transfer to a system          those to that system
//	resume after a system asked   those to that system, but what it has accepted
//	report, close, reject         of a work order: the answer to the system it came from
//
// What can't go is a consignment without a message, which says why. So is a transfer
// to a system the task delivers nothing to; and, without a system's name, a case whose
// task is not among the admitted ones, since nothing says any more what it delivers.
func (r *Rules) Compose(o courier.Occasion) []courier.Consignment {
	if len(o.Case.History) == 0 {
		return nil
	}
	if o.Expired {
		o.Fields = nil
	}
	switch turn := o.Case.History[len(o.Case.History)-1]; turn.Event.Type {
	case casework.Register:
		return r.all(&o)
	case casework.Transfer:
		if system := turn.Event.To.System; system != "" {
			return r.handedTo(&o, system)
		}
	case casework.Resume:
		return r.again(&o)
	case casework.Report, casework.Close, casework.Reject:
		if o.Case.Kind == casework.WorkOrder && o.From != "" {
			return r.answer(&o, turn)
		}
	case casework.Collect, casework.Take, casework.Dispatch, casework.Return, casework.Handle, casework.Verify,
		casework.Reopen, casework.Pause, casework.Withdraw, casework.Rate, casework.Escalate:
	}
	return nil
}

// all deliveries of the case's task.
func (r *Rules) all(o *courier.Occasion) []courier.Consignment {
	declared, admitted := r.tasks[o.Task]
	if o.Task != "" && !admitted {
		return []courier.Consignment{withheld(o, "", courier.TaskNotAdmitted)}
	}
	var out []courier.Consignment
	for i := range declared {
		out = append(out, r.compose(o, &declared[i]))
	}
	return out
}

// handedTo is what goes to a system a case was transferred to.
func (r *Rules) handedTo(o *courier.Occasion, system string) []courier.Consignment {
	out := r.to(o, system, func(*delivery) bool { return true })
	if len(out) > 0 {
		return out
	}
	why := courier.WrongSystem
	if _, admitted := r.tasks[o.Task]; o.Task != "" && !admitted {
		why = courier.TaskNotAdmitted
	} else if _, connected := r.systems[system]; !connected {
		why = courier.NotConnected
	}
	return []courier.Consignment{withheld(o, system, why)}
}

// again is what goes to the system that asked for more.
func (r *Rules) again(o *courier.Occasion) []courier.Consignment {
	asked := casework.Actor{}
	for _, t := range o.Case.History {
		if t.Event.Type == casework.Pause {
			asked = t.Event.Actor
		}
	}
	if asked.Role != casework.System {
		return nil
	}
	if _, admitted := r.tasks[o.Task]; o.Task != "" && !admitted && r.systems[asked.Work].Name != "" {
		return []courier.Consignment{withheld(o, asked.Work, courier.TaskNotAdmitted)}
	}
	return r.to(o, asked.Work, func(d *delivery) bool { return !accepted(o, d) })
}

// accepted reports whether the system has accepted a delivery, by what it said last.
func accepted(o *courier.Occasion, d *delivery) bool {
	for _, reply := range slices.Backward(o.Replies) {
		if reply.Task == o.Task && reply.System == d.terms.Delivery.SystemRef.Name && reply.Purpose == d.terms.Delivery.Purpose {
			return reply.Verdict == courier.Accepted
		}
	}
	return false
}

// to is what of the task's deliveries goes to one system.
func (r *Rules) to(o *courier.Occasion, system string, wanted func(*delivery) bool) []courier.Consignment {
	var out []courier.Consignment
	declared := r.tasks[o.Task]
	for i := range declared {
		if d := &declared[i]; d.terms.Delivery.SystemRef.Name == system && wanted(d) {
			out = append(out, r.compose(o, d))
		}
	}
	return out
}

// compose makes one delivery. What is wrong with its mapping New has said, and what
// it can't make of this case's values is counted.
func (r *Rules) compose(o *courier.Occasion, d *delivery) courier.Consignment {
	name := d.terms.Delivery.SystemRef.Name
	about := courier.Subject{Case: o.Case.ID, Version: o.Case.Version, Salt: o.Salt(), Fields: o.Fields, Withdrawn: o.Withdrawn}
	message, chosen, sent, _ := courier.Compose(d.mapping, d.terms, r.systems[name].System, about)
	out := courier.Consignment{Facts: facts(o, name, d.terms.Delivery.Purpose), Refused: chosen.Refusals(), TellOnly: d.tellOnly}
	if sent {
		out.Message = &message
	}
	return out
}

func facts(o *courier.Occasion, system string, purpose v1alpha1.PurposeCode) courier.Facts {
	return courier.Facts{Case: o.Case.ID, Task: o.Task, System: system, Purpose: purpose, Version: o.Case.Version}
}

// withheld says that nothing of a case goes to a system.
func withheld(o *courier.Occasion, system string, why courier.Why) courier.Consignment {
	return courier.Consignment{Facts: facts(o, system, o.Purpose), Refused: courier.Nothing(o.Fields, why).Refusals()}
}

// answer to a work order: what came of it, and no element. Its one member is counted
// where it may not go. That the system rejects an answer ends no case.
func (r *Rules) answer(o *courier.Occasion, turn casework.Turn) []courier.Consignment {
	if turn.Event.Type == casework.Close && reported(o.Case) {
		return nil
	}
	out := courier.Consignment{Facts: facts(o, o.From, o.Purpose), TellOnly: true}
	switch system := r.systems[o.From]; {
	case !system.orders:
		out.Refused = fmt.Sprintf("%s:1", courier.NotConnected)
	case o.Withdrawn:
		out.Refused = fmt.Sprintf("%s:1", courier.CaseWithdrawn)
	case !slices.Contains(system.Purposes, o.Purpose):
		out.Refused = fmt.Sprintf("%s:1", courier.PurposeNotAllowed)
	default:
		fields := []courier.Field{{Name: "workOrder", Value: o.Reference}, {Name: "result", Value: "handled"}}
		if turn.Event.Type == casework.Reject {
			fields = []courier.Field{
				{Name: "workOrder", Value: o.Reference}, {Name: "result", Value: "returned"}, {Name: "reason", Value: string(turn.Event.Reason)},
			}
		}
		out.Message = &courier.Message{Facts: out.Facts, Fields: fields, Salt: o.Salt()}
	}
	return []courier.Consignment{out}
}

// reported says whether the case was reported in its present round.
func reported(c casework.Case) bool {
	for _, t := range slices.Backward(c.History) {
		switch t.Event.Type { //nolint:exhaustive // others do not matter
		case casework.Report:
			return true
		case casework.Reopen:
			return false
		}
	}
	return false
}
