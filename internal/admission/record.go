package admission

import (
	"cmp"
	"slices"
	"time"

	"github.com/shequ-io/shequ/api/v1alpha1"
)

// Record is what the parties have said about one task.
type Record struct {
	approvals []approval
	releases  map[v1alpha1.FundingPeriod]fen
	contests  map[Ref][]contest // by community
}

type approval struct {
	digest    v1alpha1.TaskDigest
	approve   bool
	document  string
	decidedAt time.Time
	ref       Ref
}

type contest struct {
	ref      Ref
	ruled    bool
	upheld   bool
	document string
}

// Roles tells the role of a namespace; empty where it has none.
type Roles func(namespace string) string

// Records gathers decisions by task. One in a namespace of the wrong role, or of
// another sub-district, counts for nothing, and neither does one that is being
// deleted, or says nothing or several things at once.
func Records(decisions []*v1alpha1.TaskDecision, role Roles) map[Ref]*Record {
	out := map[Ref]*Record{}
	rulings := map[Ref][]*v1alpha1.TaskDecision{}
	for _, d := range decisions {
		s := &d.Spec
		member, _ := memberOf(s)
		if member == "" || !d.DeletionTimestamp.IsZero() || role(d.Namespace) != member {
			continue
		}
		ref := Ref{Namespace: d.Namespace, Name: d.Name}
		r := out[s.TaskRef]
		if r == nil {
			r = &Record{releases: map[v1alpha1.FundingPeriod]fen{}, contests: map[Ref][]contest{}}
			out[s.TaskRef] = r
		}
		switch {
		case s.Approval != nil:
			r.approvals = append(r.approvals, approval{
				digest: s.Approval.TaskDigest, approve: s.Approval.Verdict == v1alpha1.VerdictApprove,
				document: s.Approval.Document, decidedAt: s.Approval.DecidedAt.Time, ref: ref,
			})
		case s.Funding != nil:
			r.releases[s.Funding.Period] = r.releases[s.Funding.Period].plus(parseFen(s.Funding.Amount))
		case s.Contest != nil && s.Contest.CommunityRef.Namespace == d.Namespace:
			r.contests[s.Contest.CommunityRef] = append(r.contests[s.Contest.CommunityRef], contest{ref: ref})
		case s.Ruling != nil:
			rulings[s.Ruling.ContestRef] = append(rulings[s.Ruling.ContestRef], d)
		}
	}
	for task, r := range out {
		r.settle(task, rulings)
	}
	return out
}

// memberOf is the role that may say what a decision says, and whether it is the
// only thing it says.
func memberOf(s *v1alpha1.TaskDecisionSpec) (role string, ok bool) {
	said := 0
	for _, m := range []struct {
		said bool
		role string
	}{
		{s.Approval != nil, v1alpha1.RoleCommittee}, {s.Funding != nil, v1alpha1.RoleFinance},
		{s.Contest != nil, v1alpha1.RoleSubdistrict}, {s.Ruling != nil, v1alpha1.RoleCommittee},
	} {
		if m.said {
			said, role = said+1, m.role
		}
	}
	if said != 1 {
		return "", false
	}
	return role, true
}

// settle applies the rulings to the contests and puts everything in an order
// that does not depend on the order it came in.
func (r *Record) settle(task Ref, rulings map[Ref][]*v1alpha1.TaskDecision) {
	slices.SortFunc(r.approvals, func(a, b approval) int {
		return cmp.Or(a.decidedAt.Compare(b.decidedAt), compareRefs(a.ref, b.ref))
	})
	for _, contests := range r.contests {
		slices.SortFunc(contests, func(a, b contest) int { return compareRefs(a.ref, b.ref) })
		for i := range contests {
			c := &contests[i]
			var last *v1alpha1.TaskDecision
			for _, d := range rulings[c.ref] {
				if d.Spec.TaskRef == task && (last == nil || later(d, last)) {
					last = d
				}
			}
			if last != nil {
				c.ruled, c.upheld, c.document = true, last.Spec.Ruling.Verdict == v1alpha1.VerdictUphold, last.Spec.Ruling.Document
			}
		}
	}
}

func later(a, b *v1alpha1.TaskDecision) bool {
	return cmp.Or(a.Spec.Ruling.DecidedAt.Compare(b.Spec.Ruling.DecidedAt.Time),
		cmp.Compare(a.Namespace, b.Namespace), cmp.Compare(a.Name, b.Name)) > 0
}

// verdict is the committee's last word on a digest; nil when it has not spoken.
func (r *Record) verdict(digest v1alpha1.TaskDigest) *approval {
	if r == nil {
		return nil
	}
	for i := len(r.approvals) - 1; i >= 0; i-- {
		if r.approvals[i].digest == digest {
			return &r.approvals[i]
		}
	}
	return nil
}

// outdated reports whether an earlier digest of the task was approved.
func (r *Record) outdated(digest v1alpha1.TaskDigest) bool {
	return r != nil && slices.ContainsFunc(r.approvals, func(a approval) bool { return a.approve && a.digest != digest })
}

// objections are the contests that keep a task out of a community, upheld ones
// first, then open ones.
func (r *Record) objections(community Ref) []*contest {
	if r == nil || len(r.contests) == 0 {
		return nil
	}
	var upheld, open []*contest
	for i := range r.contests[community] {
		switch c := &r.contests[community][i]; {
		case c.upheld:
			upheld = append(upheld, c)
		case !c.ruled:
			open = append(open, c)
		}
	}
	return append(upheld, open...)
}

// released is the money released for a period, over all communities.
func (r *Record) released(period v1alpha1.FundingPeriod) fen {
	if r == nil {
		return 0
	}
	return r.releases[period]
}
