package store

import (
	"cmp"
	"fmt"
	"regexp"
	"slices"
	"time"

	"github.com/shequ-io/shequ/internal/casework"
)

var (
	uuidForm = regexp.MustCompile(`^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$`)
	// itemForm is also that of an admitted task's item: namespace, point, name.
	itemForm  = regexp.MustCompile(`^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?(\.[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?)?$`)
	nameForm  = regexp.MustCompile(`^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$`)
	taskForm  = regexp.MustCompile(`^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?/[a-z0-9]([-.a-z0-9]{0,251}[a-z0-9])?$`)
	mediaForm = regexp.MustCompile(`^[a-z0-9.+-]{1,64}/[a-z0-9.+-]{1,64}$`)
)

// never is the time of what will not happen: the last day PostgreSQL and Go both
// write with four digits of a year.
var never = time.Date(9999, time.December, 31, 0, 0, 0, 0, time.UTC)

// china is where months and years of a community begin and end.
var china = time.FixedZone("CST", 8*60*60)

func orZero(at time.Time) time.Time {
	if at.Equal(never) {
		return time.Time{}
	}
	return at.UTC()
}

// instant is a time as it is kept.
func instant(at time.Time) time.Time { return at.UTC().Truncate(time.Microsecond) }

func invalid(what string) error { return fmt.Errorf("%w: %s", ErrInvalid, what) }

// fit refuses a submission that can't be kept, and fills in what it leaves out.
func fit(s *Submission) error {
	if s.Urgency == "" {
		s.Urgency = casework.Ordinary
	}
	if s.Terms.RetentionDays == 0 {
		s.Terms.RetentionDays = DefaultRetentionDays
	}
	switch {
	case !uuidForm.MatchString(s.ID):
		return invalid("the submission's id is no UUID in lower case")
	case !slices.Contains(casework.Kinds(), s.Kind):
		return invalid("there is no such kind of case")
	case !slices.Contains(casework.Urgencies(), s.Urgency):
		return invalid("there is no such urgency")
	case !slices.Contains(Channels(), s.Channel):
		return invalid("there is no such channel")
	case s.Work != "" && !nameForm.MatchString(s.Work):
		return invalid("a position is lower-case letters, digits and dashes")
	case s.Language != "zh-CN" && s.Language != "en":
		return invalid("the language is zh-CN or en")
	case s.Receipt == casework.Hash{}:
		return invalid("the submission has no receipt")
	case len(s.Sealed) == 0 || len(s.Sealed) > MaxSealedBytes || len(s.Files) > MaxFiles:
		return invalid(fmt.Sprintf("the submission has no letter, or one of more than %d bytes, or more than %d files", MaxSealedBytes, MaxFiles))
	}
	return cmp.Or(s.Terms.fit(), fitFiles(s.Files))
}

func fitFiles(files []File) error {
	for i := range files {
		f := &files[i]
		if !uuidForm.MatchString(f.ID) || !mediaForm.MatchString(f.MediaType) || f.Size < 0 || len(f.Sealed) == 0 || len(f.Sealed) > MaxSealedBytes {
			return invalid(fmt.Sprintf("file %d has no UUID, no media type, or is empty or of more than %d bytes", i+1, MaxSealedBytes))
		}
	}
	return nil
}

func (t *Terms) fit() error {
	switch {
	case !itemForm.MatchString(t.Item) || !nameForm.MatchString(string(t.Purpose)):
		return invalid("item and purpose are lower-case letters, digits and dashes")
	case t.Task != "" && !taskForm.MatchString(t.Task):
		return invalid("a task is its namespace, a slash and its name")
	case t.RetentionDays < 1 || t.RetentionDays > 36500:
		return invalid("retention is 1 to 36500 days")
	case t.System != "" && !nameForm.MatchString(t.System) || t.Reference != "" && !referenceForm.MatchString(t.Reference):
		return invalid("a system is lower-case letters, digits and dashes, and its reference letters, digits and ._/-, at most 64")
	case t.AcceptWithinMinutes < 0 || t.ResolveWithinMinutes < 0:
		return invalid("limits are not negative")
	}
	return nil
}

// words are the events a resident may send later.
var words = []casework.EventType{casework.Rate, casework.Reopen, casework.Withdraw, casework.Resume}

func fitWord(w *Word) error {
	r := w.Ratings
	switch {
	case !uuidForm.MatchString(w.ID):
		return invalid("the word's id is no UUID in lower case")
	case !slices.Contains(words, w.Type):
		return invalid("residents rate, reopen, withdraw or resume")
	case w.Type == casework.Rate && (min(r.Response, r.Resolution, r.Satisfaction) < 1 || max(r.Response, r.Resolution, r.Satisfaction) > 5),
		w.Type != casework.Rate && r != casework.Ratings{}:
		return invalid("a rate, and nothing else, has ratings, each of 1 to 5")
	}
	reasons := casework.Reasons(w.Type)
	if len(reasons) == 0 && w.Reason != "" || len(reasons) > 0 && !slices.Contains(reasons, w.Reason) {
		return invalid("the reason is none of this event's")
	}
	return nil
}

// The most an answer to a survey can have.
const (
	maxQuestions = 100
	maxOptions   = 100
)

func fitAnswer(a *Answer) error {
	if !uuidForm.MatchString(a.ID) || !nameForm.MatchString(a.Survey) || !slices.Contains(Channels(), a.Channel) {
		return invalid("an answer has a UUID, a survey's name and a channel")
	}
	if a.Work != "" && !nameForm.MatchString(a.Work) {
		return invalid("a position is lower-case letters, digits and dashes")
	}
	if len(a.Choices) == 0 || len(a.Choices) > maxQuestions {
		return invalid("an answer answers something")
	}
	for question, options := range a.Choices {
		if !nameForm.MatchString(question) || len(options) > maxOptions ||
			slices.ContainsFunc(options, func(o string) bool { return !nameForm.MatchString(o) }) {
			return invalid("questions and options are lower-case letters, digits and dashes")
		}
		sorted := slices.Sorted(slices.Values(options))
		if len(slices.Compact(sorted)) != len(options) {
			return invalid("an option is chosen once")
		}
	}
	return nil
}
