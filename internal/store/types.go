package store

import (
	"time"

	"github.com/shequ-io/shequ/api/v1alpha1"
	"github.com/shequ-io/shequ/internal/casework"
)

// Letter is all a resident wrote. It is sealed as JSON, and kept nowhere else.
type Letter struct {
	Fields casework.Fields `json:"fields,omitempty"`
	// Place it is about; nil when it is about none.
	Place *Place `json:"place,omitempty"`
	// Earlier is the receipt code of an earlier application of the same resident, from
	// which the desk takes over what the item reuses when it takes this one in. It is
	// gone once something was; else it stays.
	Earlier string `json:"earlier,omitempty"`
}

// Place is a point in WGS84, in degrees × 10,000,000.
type Place struct {
	Longitude int64 `json:"longitude"`
	Latitude  int64 `json:"latitude"`
}

// Channel is how something came in.
type Channel string

// The channels.
const (
	PortalChannel    Channel = "portal"
	Open311Channel   Channel = "open311"
	CounterChannel   Channel = "counter"
	TelephoneChannel Channel = "telephone"
	HotlineChannel   Channel = "hotline"
)

// Channels returns every channel, in a fixed order.
func Channels() []Channel {
	return []Channel{PortalChannel, Open311Channel, CounterChannel, TelephoneChannel, HotlineChannel}
}

// Terms are what the item said when it was asked for. They are kept with the case:
// an item that changes later changes nothing of what was promised.
type Terms struct {
	// Item of the station; a name.
	Item string `json:"item"`
	// Task behind the item, as namespace/name of the admitted task; empty for none.
	Task string `json:"task,omitempty"`
	// Purpose the resident's data is used for.
	Purpose v1alpha1.PurposeCode `json:"purpose"`
	// AcceptWithinMinutes and ResolveWithinMinutes are limits in minutes of the
	// clock; 0 is none of its own.
	AcceptWithinMinutes  int64 `json:"acceptWithinMinutes,omitempty"`
	ResolveWithinMinutes int64 `json:"resolveWithinMinutes,omitempty"`
	// RetentionDays after the case ended in which letter and files are kept, 1 to
	// 36500. 0 means DefaultRetentionDays.
	RetentionDays int64 `json:"retentionDays"`
	// ReopenDays after closing; 0 means casework.DefaultReopenDays.
	ReopenDays int64 `json:"reopenDays,omitempty"`
	// System a work order came from, and its Reference there: what the answer is
	// sent to. Empty for anything else.
	System    string `json:"system,omitempty"`
	Reference string `json:"reference,omitempty"`
}

// DefaultRetentionDays are the days what a resident wrote is kept after the case
// ended, where the terms say nothing else.
const DefaultRetentionDays = 365

// Submission is one thing a resident asks for, as it comes in.
type Submission struct {
	// ID is a UUID in lower case, drawn with the form: sent twice, it is kept once.
	// It becomes the case's.
	ID      string
	Kind    casework.Kind
	Terms   Terms
	Urgency casework.Urgency // empty: ordinary
	Channel Channel
	// Work is the position that entered it at the counter or on the telephone; else
	// empty.
	Work string
	// Language the resident is answered in: zh-CN or en.
	Language string
	// Receipt is the keyed hash of the receipt code.
	Receipt casework.Hash
	// Sealed is the Letter as JSON, sealed with SubmissionContext(ID).
	Sealed []byte
	Files  []File
}

// File came with a submission.
type File struct {
	ID        string // a UUID in lower case
	MediaType string
	Size      int64 // in bytes, before it was sealed
	// Sealed is the content, sealed with FileContext(ID).
	Sealed []byte
}

// The most a submission can have.
const (
	MaxFiles       = 8
	MaxSealedBytes = 16 << 20 // of one letter or file
)

// SubmissionContext binds a sealed letter to its submission.
func SubmissionContext(id string) []byte { return []byte("shequ.io/store/v1 submission " + id) }

// FileContext binds a sealed file to its id.
func FileContext(id string) []byte { return []byte("shequ.io/store/v1 file " + id) }

// Outcome of a submission that is kept.
type Outcome struct {
	// Again tells that it was kept before, and is kept once.
	Again bool
}

// Progress is what anybody with the receipt code may know: no word of the resident,
// and nobody's name.
type Progress struct {
	ID string
	// Number such as 2026-000123; empty until the case is taken in.
	Number   string
	Kind     casework.Kind
	Item     string
	Language string
	Received time.Time
	// Step is empty until the case is taken in.
	Step   casework.Step
	Paused casework.Reason
	// Late tells that a clock that runs has passed its limit.
	Late bool
	// DueAt is when the next of them does; zero when none will.
	DueAt time.Time
	// Steps the case went, in order.
	Steps      []ProgressStep
	Round      int64
	Ratings    casework.Ratings
	RatedRound int64
	Version    int64
	// Allowed is what the resident may do now.
	Allowed []casework.EventType
	// Pending is how many words of the resident are not applied yet.
	Pending int
	// Unreadable tells that the station couldn't read what was sent and was told
	// so: whoever asks should call, or send it again.
	Unreadable bool
}

// ProgressStep is a step a case went, and when.
type ProgressStep struct {
	Step casework.Step `json:"step"`
	At   time.Time     `json:"at"`
}

// Word is what a resident has to say about a case: a rate, reopen, withdraw or
// resume.
type Word struct {
	// ID of the event it becomes, a UUID: sent twice, it counts once.
	ID      string
	Type    casework.EventType
	Reason  casework.Reason
	Ratings casework.Ratings
}

// Answer to a survey. It has no link to anybody.
type Answer struct {
	ID      string // a UUID in lower case: sent twice, it counts once
	Survey  string
	Channel Channel
	// Work is the position that entered it at the counter; else empty.
	Work string
	// Choices are the options chosen, by question.
	Choices map[string][]string
}

// Disclosed is what is published of a community's cases and surveys. Counts below
// casework.MinCount, and those that would tell of one, are hidden.
type Disclosed struct {
	Periods []Period       `json:"periods"` // the latest first
	Surveys []SurveyResult `json:"surveys"`
}

// Period is a month that is over, in China's time.
type Period struct {
	From time.Time `json:"from"`
	To   time.Time `json:"to"` // the first moment after it
	// Groups are the figures by item, of cases received in the period.
	Groups []casework.Figures `json:"groups"`
	Total  casework.Figures   `json:"total"`
}

// SurveyResult is what a survey that is over came to.
type SurveyResult struct {
	Survey    string           `json:"survey"`
	Questions []QuestionResult `json:"questions"`
}

// QuestionResult counts what was chosen.
type QuestionResult struct {
	Question string         `json:"question"`
	Options  []OptionCount  `json:"options"` // those anybody chose, sorted by name
	Total    casework.Count `json:"total"`
}

// OptionCount is how often an option was chosen.
type OptionCount struct {
	Option string         `json:"option"`
	Count  casework.Count `json:"count"`
}

// RequestQuery asks for public requests; what is empty does not restrict.
type RequestQuery struct {
	IDs   []string // at most 50
	Items []string // that are public; none: nothing is found
	// From and To bound the time received; To is the first moment after.
	From, To     time.Time
	Open, Closed bool // both or neither: all
	Page         int  // from 1
	PageSize     int  // 1 to 200; 0 means 50
}

// PublicRequest is a request for help as anybody may see it.
type PublicRequest struct {
	ID, Number, Item  string
	Step              casework.Step
	Received, Updated time.Time
	DueAt             time.Time // zero: none
	Grid              string    // it is with; empty: none
	Open              bool
}
