package content

// SiteFile is the file (and ConfigMap key) that holds a Site as JSON.
const SiteFile = "site.json"

// ItemsFilePrefix starts the names of the files that hold a station's items as
// a JSON array of Item. Items are split over several files, in several
// ConfigMaps, because one ConfigMap holds at most 1 MiB; the files are read in
// the order of their names and concatenated.
const ItemsFilePrefix = "items-"

// TasksFilePrefix starts the names of the files that hold, as a JSON array of
// Task, the tasks admitted in the community from which no item comes. Where
// there are none there is no such file, and a reader of an earlier release
// passes over it.
const TasksFilePrefix = "tasks-"

// SchemaVersion is the version of the document this package reads and writes.
// A program that meets a newer version keeps serving what it had.
const SchemaVersion = 1

// Text is a short public text in the languages a portal speaks. Simplified
// Chinese is always there; a missing English text falls back to it.
type Text struct {
	ZH string `json:"zh"`
	EN string `json:"en,omitempty"`
}

// Site is all that one community's portal and desk show, except the items.
type Site struct {
	SchemaVersion int         `json:"schemaVersion"`
	Community     Community   `json:"community"`
	Languages     []string    `json:"languages"` // BCP 47: zh-CN, en; the first is the default
	Suspended     bool        `json:"suspended,omitempty"`
	Station       *Station    `json:"station,omitempty"` // absent while the community has no station
	Posts         []Post      `json:"posts,omitempty"`
	Seats         *Seats      `json:"seats,omitempty"`
	Norms         []Norm      `json:"norms,omitempty"`
	Standard      Standard    `json:"standard"`
	Premises      []Premises  `json:"premises,omitempty"`
	Facilities    []Text      `json:"facilities,omitempty"`
	Budget        []Budget    `json:"budget,omitempty"`
	Grids         []Grid      `json:"grids,omitempty"`
	Neighbours    []Neighbour `json:"neighbours,omitempty"`
	Modules       []string    `json:"modules,omitempty"`
	Forms         []Form      `json:"forms,omitempty"`
	Surveys       []Survey    `json:"surveys,omitempty"`
}

// Community says who and where the community is.
type Community struct {
	Namespace        string `json:"namespace"` // the sub-district's namespace
	Name             string `json:"name"`
	DisplayName      Text   `json:"displayName"`
	Subdistrict      Text   `json:"subdistrict"`
	Address          Text   `json:"address,omitzero"`
	Telephone        string `json:"telephone,omitempty"` // the office's public number
	Households       int64  `json:"households"`
	Residents        int64  `json:"residents"`
	Buildings        int64  `json:"buildings,omitempty"`
	AreaSquareMeters int64  `json:"areaSquareMeters,omitempty"`
}

// Station is the one-stop hall.
type Station struct {
	Name                 string    `json:"name"`
	DisplayName          Text      `json:"displayName"`
	Type                 string    `json:"type"` // Station, Workstation, Centre
	PremisesSquareMeters int64     `json:"premisesSquareMeters,omitempty"`
	OpeningHours         []Opening `json:"openingHours,omitempty"`
	Windows              []Window  `json:"windows,omitempty"`
}

// Opening is one rule of the weekly hours, in the community's local time.
type Opening struct {
	Days   []string `json:"days"`  // Mon, Tue, Wed, Thu, Fri, Sat, Sun
	Opens  string   `json:"opens"` // 09:00
	Closes string   `json:"closes"`
}

// Window is a counter of the hall and the items it handles.
type Window struct {
	Name  string   `json:"name"`
	Title Text     `json:"title"`
	Items []string `json:"items,omitempty"` // names of items
}

// Item is one thing a resident can have done.
type Item struct {
	Name                 string  `json:"name"`
	Title                Text    `json:"title"`
	Category             string  `json:"category,omitempty"` // Certificate, Agency, Mediation, Booking, Other
	Summary              Text    `json:"summary,omitzero"`
	Steps                []Text  `json:"steps,omitempty"`
	Materials            []Text  `json:"materials,omitempty"` // what to bring to the counter
	Elements             []Field `json:"elements,omitempty"`  // data elements asked for
	AcceptWithinMinutes  int64   `json:"acceptWithinMinutes,omitempty"`
	ResolveWithinMinutes int64   `json:"resolveWithinMinutes,omitempty"`
	Purpose              string  `json:"purpose,omitempty"`       // a code: what its cases' data is used for
	RetentionDays        int64   `json:"retentionDays,omitempty"` // of what was written, after the case has ended
	Online               bool    `json:"online,omitempty"`        // whether the terms allow applying at the portal too
	Task                 *Task   `json:"task,omitempty"`          // the admitted task it comes from; absent for a station's own items
}

// Task discloses an admitted task of a department: on what it rests, what money
// follows it, and which data it uses.
type Task struct {
	Name           string       `json:"name"` // namespace/name
	Title          Text         `json:"title"`
	Department     Text         `json:"department,omitzero"`
	Category       string       `json:"category,omitempty"`  // Own, Assist, Campaign
	Verbs          []string     `json:"verbs,omitempty"`     // Discover, Publicise, Inspect, Supervise, Remediate
	Authority      string       `json:"authority,omitempty"` // the document that grants the verbs
	LegalBasis     []LegalBasis `json:"legalBasis,omitempty"`
	Funding        Text         `json:"funding,omitzero"` // the rates, in words
	FundingSource  string       `json:"fundingSource,omitempty"`
	FundingPeriods string       `json:"fundingPeriods,omitempty"` // Yearly, HalfYearly, Quarterly, Monthly, Once
	YearlyFunding  string       `json:"yearlyFunding,omitempty"`  // decimal: what it brings this community in a year
	Currency       string       `json:"currency,omitempty"`       // ISO 4217, of YearlyFunding
	YearlyMinutes  int64        `json:"yearlyMinutes,omitempty"`  // the work it takes here in a year
	From           string       `json:"from,omitempty"`           // first day, 2006-01-02
	Until          string       `json:"until,omitempty"`          // last day; absent: no end
	Data           []Datum      `json:"data,omitempty"`
	Deliveries     []Delivery   `json:"deliveries,omitempty"` // what systems get of each of its cases
}

// Delivery is what an information system gets of each case of a task, once the
// station has accepted the case. It is resolved: what the system does not take, or
// the task does not use for that purpose, is not in it.
type Delivery struct {
	System   Text     `json:"system"`            // the system's title
	Owner    string   `json:"owner,omitempty"`   // the department that answers for it
	Location Text     `json:"location,omitzero"` // where it keeps what it gets
	Purpose  string   `json:"purpose"`           // a code
	Elements []string `json:"elements"`          // codes of the data elements, among those of the item
}

// LegalBasis is a document a task rests on. Its title stands where earlier
// releases look for the whole text.
type LegalBasis struct {
	Text

	DocumentNumber string `json:"documentNumber,omitempty"`
	Level          string `json:"level,omitempty"` // National, Provincial, Municipal, District, Subdistrict
}

// Datum is a data element a task uses, by its title.
type Datum struct {
	Text

	Reused        bool   `json:"reused,omitempty"`  // taken from what the community has, not asked again
	Purpose       string `json:"purpose,omitempty"` // a code
	Basis         Text   `json:"basis,omitzero"`    // the document that permits it; absent: consent
	RetentionDays int64  `json:"retentionDays,omitempty"`
}

// Post is a kind of position and how many people hold it, never who.
type Post struct {
	Title Text  `json:"title"`
	Count int64 `json:"count"`
}

// Seats are the seats of the residents' committee.
type Seats struct {
	Required int64 `json:"required"`
	Actual   int64 `json:"actual"`
}

// Norm is one rule of the standard with its verdict. Required and Actual are
// ready to show, without unit.
type Norm struct {
	Rule     string `json:"rule"`
	Title    Text   `json:"title"`
	Required string `json:"required"`
	Actual   string `json:"actual"`
	Unit     Text   `json:"unit,omitzero"`
	Met      bool   `json:"met"`
	Known    bool   `json:"known"`            // false: the actual value was not declared, so nobody can tell
	Source   string `json:"source,omitempty"` // the document the rule comes from
}

// Standard names the norms in force.
type Standard struct {
	Name  string `json:"name,omitempty"`
	Title Text   `json:"title,omitzero"`
}

// Premises is one place the community works from.
type Premises struct {
	Name               Text  `json:"name"`
	OwnedSquareMeters  int64 `json:"ownedSquareMeters,omitempty"`
	LeasedSquareMeters int64 `json:"leasedSquareMeters,omitempty"`
}

// Budget is a disclosed yearly budget line.
type Budget struct {
	Name         Text   `json:"name"`
	YearlyAmount string `json:"yearlyAmount"` // decimal
	Currency     string `json:"currency"`     // ISO 4217
	Source       string `json:"source,omitempty"`
}

// Grid is one service grid of the community. Outline is its outer ring in
// WGS84 degrees times ten million, longitude first; empty when none was drawn.
type Grid struct {
	Name           string     `json:"name"`
	Title          Text       `json:"title"`
	Code           string     `json:"code,omitempty"`
	Level          int64      `json:"level"`
	Households     int64      `json:"households"`
	Workers        int64      `json:"workers"`
	VisitCycleDays string     `json:"visitCycleDays,omitempty"`
	Outline        [][2]int64 `json:"outline,omitempty"`
}

// Neighbour is another community of the same sub-district.
type Neighbour struct {
	Name        string `json:"name"`
	DisplayName Text   `json:"displayName"`
	URL         string `json:"url,omitempty"`
}
