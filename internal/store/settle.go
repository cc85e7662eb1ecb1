package store

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/shequ-io/shequ/internal/courier"
	"github.com/shequ-io/shequ/internal/seal"
	"github.com/shequ-io/shequ/internal/store/db"
)

// maxReference bounds what a system calls a case, and what it gives as evidence, in
// bytes: what is longer is cut off.
const maxReference = 256

// Settle writes down what became of parcels, all in one transaction: those a system
// has are on record and no longer in the outbox, with what it said for the desk; the
// others are tried again, or dead. A parcel that another courier has settled is passed
// over; so is one whose lease ended and that another has claimed since, unless the
// system has it. One whose case was withdrawn meanwhile, or whose time is over, and
// that the system does not have, is on record as withheld. The error is ErrInvalid
// where a settlement says none of these, or more than one.
func (c *Courier) Settle(ctx context.Context, settlements []Settlement) error {
	if len(settlements) == 0 {
		return nil
	}
	keys := make([]string, 0, len(settlements))
	byKey := map[string]*Settlement{}
	for i := range settlements {
		s := &settlements[i]
		if err := s.fit(); err != nil {
			return err
		}
		// Of several about one message that counts which says that the system has it.
		if had := byKey[string(s.Key)]; had == nil || had.Delivered == nil {
			byKey[string(s.Key)] = s
		}
		keys = append(keys, string(s.Key))
	}
	slices.Sort(keys)
	keys = slices.Compact(keys)
	return c.in(ctx, func(ctx context.Context, q *db.Queries) error {
		rows, err := q.LockClaimed(ctx, keys)
		if err != nil {
			return err
		}
		out := settling{to: c.keys.Public}
		for i := range rows {
			if err := out.settle(byKey[rows[i].Key], &rows[i]); err != nil {
				return err
			}
		}
		return out.write(ctx, q)
	})
}

func (s *Settlement) fit() error {
	ways := 0
	for _, is := range []bool{s.Delivered != nil, !s.Later.IsZero(), s.Dead} {
		if is {
			ways++
		}
	}
	if ways != 1 || s.Parcel == nil || s.Parcel.Key != s.Key {
		return invalid("a settlement is of a parcel, and says one of delivered, later and dead")
	}
	return nil
}

// settling is what a transaction of the courier writes.
type settling struct {
	removed []string
	records []courier.Record
	put     db.PutOffParams
	replies db.KeepRepliesParams
	// answers to the desk's questions, sealed to the community's key.
	answers db.KeepAnswersParams
	to      seal.PublicKey
}

// settle adds one settlement of a message that is still there.
func (s *settling) settle(of *Settlement, row *db.LockClaimedRow) error {
	p := of.Parcel
	if of.Delivered != nil {
		return s.deliver(of)
	}
	if row.ClaimedUntil == nil || !row.ClaimedUntil.Equal(p.until) {
		return nil // another has claimed it, or somebody at the desk has decided
	}
	switch {
	case row.Stopped != "":
		return s.withhold(p, row.Stopped, of.At)
	case of.Dead:
		s.putOff(row.Key, string(courier.Dead), of.At, counted(of.Failed), of.Why)
	default:
		s.putOff(row.Key, string(courier.Waiting), of.Later, counted(of.Failed), of.Why)
	}
	return nil
}

func counted(failed bool) int64 {
	if failed {
		return 1
	}
	return 0
}

// deliver records that a system has a message, and keeps what it said.
func (s *settling) deliver(of *Settlement) error {
	p, said := of.Parcel, of.Delivered
	record, err := courier.NewRecord(courier.Delivered, p.Facts, p.Message, p.Refused, of.At)
	if err != nil {
		return fmt.Errorf("%w: %w", ErrInvalid, err)
	}
	record.Verdict, record.Reason, record.Evidence = said.Verdict, said.Reason, shortened(of.Evidence)
	s.records, s.removed = append(s.records, record), append(s.removed, string(of.Key))
	if said.Verdict == "" {
		return nil
	}
	if said.Verdict == courier.Accepted && isQuestion(p.Task) {
		if err := s.answer(of); err != nil {
			return err
		}
	}
	r := &s.replies
	r.Keys, r.Cases, r.Tasks = append(r.Keys, string(of.Key)), append(r.Cases, p.Case), append(r.Tasks, p.Task)
	r.Systems, r.Purposes = append(r.Systems, p.System), append(r.Purposes, string(p.Purpose))
	r.Versions, r.TellOnly = append(r.Versions, p.Version), append(r.TellOnly, p.TellOnly)
	r.Verdicts, r.Reasons = append(r.Verdicts, string(said.Verdict)), append(r.Reasons, string(said.Reason))
	r.Refs, r.Ats = append(r.Refs, shortened(cmp.Or(of.Reference, said.Reference))), append(r.Ats, instant(of.At))
	return nil
}

// answer keeps the whole answer to a question.
func (s *settling) answer(of *Settlement) error {
	p := of.Parcel
	sealed, err := s.to.Seal(of.Body, AnswerContext(of.Key))
	if err != nil {
		return err
	}
	a := &s.answers
	a.Keys, a.Tasks, a.Versions = append(a.Keys, string(of.Key)), append(a.Tasks, p.Task), append(a.Versions, p.Version)
	a.Ats, a.Sealed = append(a.Ats, instant(of.At)), append(a.Sealed, sealed)
	return nil
}

// withhold records that a message is not sent any more. What would have gone is named:
// somebody may have sent it at the moment it was stopped.
func (s *settling) withhold(p *Parcel, why string, at time.Time) error {
	record, err := courier.NewRecord(courier.Withheld, p.Facts, p.Message, alsoRefused(p.Refused, courier.Why(why), joined(p.Codes)), at)
	if err != nil {
		return fmt.Errorf("%w: %w", ErrInvalid, err)
	}
	s.records, s.removed = append(s.records, record), append(s.removed, string(p.Key))
	return nil
}

func (s *settling) putOff(key, state string, later time.Time, failed int64, why string) {
	s.put.Keys, s.put.States, s.put.Later = append(s.put.Keys, key), append(s.put.States, state), append(s.put.Later, instant(later))
	s.put.Failed, s.put.Whys = append(s.put.Failed, failed), append(s.put.Whys, shortened(why))
}

// write writes all of it, what takes the lock of all records last.
func (s *settling) write(ctx context.Context, q *db.Queries) error {
	if len(s.put.Keys) > 0 {
		if err := q.PutOff(ctx, s.put); err != nil {
			return err
		}
	}
	if len(s.removed) == 0 {
		return nil
	}
	if err := q.RemoveMessages(ctx, s.removed); err != nil {
		return err
	}
	if len(s.replies.Keys) > 0 {
		if err := q.KeepReplies(ctx, s.replies); err != nil {
			return err
		}
	}
	if len(s.answers.Keys) > 0 {
		if err := q.KeepAnswers(ctx, s.answers); err != nil {
			return err
		}
	}
	head, err := q.LockDeliveriesHead(ctx)
	if err != nil {
		return err
	}
	return chain(ctx, q, head, s.records)
}

// shortened is a text that is kept: no longer than it may be, and one PostgreSQL keeps.
func shortened(text string) string {
	text = strings.ToValidUTF8(strings.ReplaceAll(text, "\x00", ""), "")
	if len(text) > maxReference {
		text = strings.ToValidUTF8(text[:maxReference], "")
	}
	return text
}
