package main

import (
	"fmt"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	v1alpha1 "github.com/shequ-io/shequ/api/v1alpha1"
	"github.com/shequ-io/shequ/internal/admission"
)

// meeting is one meeting of the guidance committee. What it approves starts on a
// day soon after.
type meeting struct {
	begins string
	starts v1alpha1.Date
}

// meetings by number; the order of decisions is the order of admission.
var meetings = []meeting{
	1: {"2026-01-15T09:30:00+08:00", "2026-02-01"},
	2: {"2026-03-12T09:30:00+08:00", "2026-04-01"},
	3: {"2026-06-11T09:30:00+08:00", "2026-07-01"},
	4: {"2026-09-10T09:30:00+08:00", "2026-10-01"},
	5: {"2026-10-22T09:30:00+08:00", "2026-11-01"},
	6: {"2026-11-12T09:30:00+08:00", "2026-11-16"},
}

// betweenDecisions is how long a meeting takes for one task.
const betweenDecisions = 5 * time.Minute

func (m meeting) at(item int) metav1.Time {
	begins, err := time.Parse(time.RFC3339, m.begins)
	if err != nil {
		panic(err) // a time written above
	}
	return metav1.NewTime(begins.Add(time.Duration(item) * betweenDecisions).UTC())
}

func minutes(number int) string {
	return fmt.Sprintf("区社区工作指导委员会 2026 年第 %d 次会议纪要（示例）", number)
}

// proposals are all tasks of the sample.
func proposals() []proposal {
	var out []proposal
	out = append(out, welfareTasks()...)
	out = append(out, livelihoodTasks()...)
	out = append(out, cityTasks()...)
	out = append(out, serviceTasks()...)
	return append(out, outsideTasks()...)
}

func objectsOf(parties []party) []any {
	out := make([]any, 0, len(parties))
	for _, p := range parties {
		out = append(out, p.object())
	}
	return out
}

func tasksOf(department string, all []proposal) []any {
	var out []any
	for i := range all {
		p := &all[i]
		switch {
		case p.dept != department:
		case p.meant != "":
			out = append(out, noted{fmt.Sprintf("%s: %s", p.meant, p.why), p.task()})
		case p.why != "":
			out = append(out, noted{p.why, p.task()})
		default:
			out = append(out, p.task())
		}
	}
	return out
}

func decision(in, name string, about v1alpha1.NamespacedReference) *v1alpha1.TaskDecision {
	return &v1alpha1.TaskDecision{
		TypeMeta:   typeMeta("TaskDecision"),
		ObjectMeta: metav1.ObjectMeta{Name: name, Namespace: in},
		Spec:       v1alpha1.TaskDecisionSpec{TaskRef: about},
	}
}

func (p *proposal) ref() v1alpha1.NamespacedReference {
	return v1alpha1.NamespacedReference{Namespace: p.dept, Name: p.name}
}

// approvals are the committee's answers, each to the terms it had before it.
func approvals(all []proposal) []any {
	var out []any
	items := make([]int, len(meetings))
	for i := range all {
		p := &all[i]
		number := p.said.meeting
		if number == 0 {
			continue
		}
		load := p.load
		if p.said.before != nil {
			load = p.said.before
		}
		terms := p.terms(load)
		d := decision(committee, "approve-"+p.name, p.ref())
		d.Spec.Approval = &v1alpha1.Approval{
			TaskDigest: admission.Digest(&terms), Verdict: v1alpha1.VerdictApprove,
			Document: minutes(number), DecidedAt: meetings[number].at(items[number]),
		}
		if p.said.rejected {
			d.Name, d.Spec.Approval.Verdict = "reject-"+p.name, v1alpha1.VerdictReject
		}
		items[number]++
		out = append(out, d)
	}
	return out
}

// objection is what the sub-district says against a task in one of its
// communities, and what the committee made of it.
type objection struct {
	task      v1alpha1.NamespacedReference
	community string
	reason    string
	verdict   v1alpha1.RulingVerdict // none: not yet
	number    int                    // the meeting that ruled
}

func objections() []objection {
	of := func(dept, name string) v1alpha1.NamespacedReference {
		return v1alpha1.NamespacedReference{Namespace: dept, Name: name}
	}
	return []objection{
		{
			of(housing, "owners-assembly-guidance"), "anding",
			"本社区只有 75 户、一个院落，没有成立业主大会的条件，每年 12 次指导没有对象。", v1alpha1.VerdictUphold, 4,
		},
		{
			of(urban, "waste-sorting-publicity"), "xiyaowangdong",
			"本社区 2025 年已完成入户宣传，请求 2026 年不再安排。", v1alpha1.VerdictDismiss, 4,
		},
		{
			of(urban, "city-appearance-discovery"), "lianhulu-2",
			"辖区主干道已由城市管理部门驻点巡查，社区重复上报没有必要。", "", 0,
		},
	}
}

func (o objection) name() string { return "contest-" + o.task.Name + "-" + o.community }

func contestDecisions() []any {
	var out []any
	for _, o := range objections() {
		d := decision(namespace, o.name(), o.task)
		d.Spec.Contest = &v1alpha1.Contest{
			CommunityRef: v1alpha1.NamespacedReference{Namespace: namespace, Name: o.community}, Reason: o.reason,
		}
		out = append(out, d)
	}
	return out
}

func rulingDecisions() []any {
	var out []any
	for i, o := range objections() {
		if o.verdict == "" {
			continue
		}
		d := decision(committee, "rule-on-"+o.name(), o.task)
		// An hour after the tasks of that meeting.
		const firstRuling = 12
		d.Spec.Ruling = &v1alpha1.Ruling{
			ContestRef: v1alpha1.NamespacedReference{Namespace: namespace, Name: o.name()},
			Verdict:    o.verdict, Document: minutes(o.number), DecidedAt: meetings[o.number].at(firstRuling + i),
		}
		out = append(out, d)
	}
	return out
}
