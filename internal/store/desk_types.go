package store

import (
	"time"

	"github.com/shequ-io/shequ/internal/casework"
	"github.com/shequ-io/shequ/internal/seal"
)

// Who acts at the desk.
type Who struct {
	casework.Actor

	// Station the actor works at.
	Station string
}

// Keys are what the desk opens and compares with.
type Keys struct {
	Open   seal.PrivateKey
	Public seal.PublicKey
	// Receipts is the key of receipt codes' hashes, of at least 32 bytes.
	Receipts []byte
	// Courier seals messages to information systems; the zero key where none go.
	Courier seal.PublicKey
}

// View is a queue.
type View string

// The views. A grid worker sees of each only what is with that worker's grid.
const (
	Mine      View = "mine"    // taken by whoever looks
	OfStation View = "station" // with the station itself, taken by nobody
	OfGrid    View = "grid"    // with a grid
	LateOnes  View = "late"    // a limit is passed
	Open      View = "open"
	Ended     View = "ended"
)

// Views returns every view, in a fixed order.
func Views() []View { return []View{Mine, OfStation, OfGrid, LateOnes, Open, Ended} }

// MaxCount is where counting a queue stops.
const MaxCount = 10000

// Query asks for a page of a queue; what is empty does not restrict.
type Query struct {
	View View // empty: Open
	Kind casework.Kind
	Item string
	Grid string
	// After is the Next of the page before; empty for the first.
	After string
	Size  int // 1 to 100; 0 means 50
}

// QueuePage is a page of a queue: what is due first comes first; of ended cases the
// latest.
type QueuePage struct {
	Rows []Row
	// Next page's After; empty on the last.
	Next string
	// Counts of all views, each at most MaxCount; nil but on the first page.
	Counts map[View]int64
}

// Row is a case in a queue.
type Row struct {
	ID, Number string
	// Reference is the number a work order has where it came from; empty for any other
	// case.
	Reference string
	Kind      casework.Kind
	Item      string
	Urgency   casework.Urgency
	Step      casework.Step
	Place     casework.Place
	Holder    string
	Paused    casework.Reason
	Received  time.Time
	// DueAt is when the next clock that runs reaches its limit, or did; zero when
	// none runs.
	DueAt time.Time
	Late  bool
	// Version of the case, for the event that follows.
	Version int64
	// Doubt tells why nobody but the lead can say which grid it belongs to.
	Doubt casework.Doubt

	ended time.Time // where pages of ended cases go on
}

// FileInfo is what is known of a file without opening it.
type FileInfo struct {
	ID, MediaType string
	Size          int64 // in bytes
}

// Detail is a case with all that is kept of it.
type Detail struct {
	Row

	Case    casework.Case
	Terms   Terms
	Channel Channel
	// Language the resident is answered in.
	Language string
	Letter   Letter
	Files    []FileInfo
	// Among are the grids the lead can choose from where there is a doubt; empty
	// when none is known.
	Among []string
	// Allowed is what may happen next, and by whom.
	Allowed  []casework.Permit
	Readings []casework.Reading
	// Expired tells that letter and files were deleted, their time being over.
	Expired bool
}
