package content

import "slices"

// Field is a data element a form asks for. Its title stands where earlier
// releases look for the whole element; one with nothing but a title is told of and
// not asked at the portal.
type Field struct {
	Text

	Code          string `json:"code,omitempty"`          // of the standard's data element
	Type          string `json:"type,omitempty"`          // Text, Integer, Decimal, Date, Boolean, Choice
	Class         string `json:"class,omitempty"`         // Base, Contact, Identity, …
	Sensitive     bool   `json:"sensitive,omitempty"`     // by the standard
	Required      bool   `json:"required,omitempty"`      // the item can't be handled without it
	Reused        bool   `json:"reused,omitempty"`        // the community has it already: it is not asked again
	Consent       bool   `json:"consent,omitempty"`       // asked with the separate consent of the person concerned
	Purpose       string `json:"purpose,omitempty"`       // a code
	Basis         Text   `json:"basis,omitzero"`          // the document that permits it, where it isn't consent
	RetentionDays int64  `json:"retentionDays,omitempty"` // after the case has ended
}

// Form is what a resident fills in for something that is no item of the station:
// a request for help, an opinion, a mediation.
type Form struct {
	Kind          string  `json:"kind"` // help-request, opinion, mediation
	Item          string  `json:"item"` // the name its cases go by
	Title         Text    `json:"title"`
	Purpose       string  `json:"purpose"`
	RetentionDays int64   `json:"retentionDays"`
	Place         bool    `json:"place,omitempty"` // whether it may say where
	Fields        []Field `json:"fields"`
}

// Survey is a short public survey.
type Survey struct {
	Name      string     `json:"name"`
	Title     Text       `json:"title"`
	From      string     `json:"from"`  // first day, 2006-01-02
	Until     string     `json:"until"` // last day
	Questions []Question `json:"questions"`
}

// Question of a survey. The choices of a Scale are 1 to 5.
type Question struct {
	Name    string `json:"name"`
	Title   Text   `json:"title"`
	Type    string `json:"type"` // Choice, Choices, Scale
	Choices []Text `json:"choices,omitempty"`
}

// Calendar is the standard's: where working days are counted.
type Calendar struct {
	TimeZone   string   `json:"timeZone,omitempty"` // IANA name
	Holidays   []string `json:"holidays,omitempty"` // 2006-01-02
	MakeUpDays []string `json:"makeUpDays,omitempty"`
}

// Form returns the form of a kind, or nil.
func (s *Site) Form(kind string) *Form {
	for i := range s.Forms {
		if s.Forms[i].Kind == kind {
			return &s.Forms[i]
		}
	}
	return nil
}

// Asks reports whether anything can be asked of the resident: whether the item
// has a form.
func (i *Item) Asks() bool {
	for _, f := range i.Elements {
		if f.Code != "" && !f.Reused {
			return true
		}
	}
	return false
}

// Online reports whether an item can be applied for without coming to the counter, at
// the portal or by Open311: its terms allow it, the community has the module, and
// there is something to ask.
func (s *Site) Online(i *Item) bool {
	return i.Online && i.Asks() && slices.Contains(s.Modules, "Applications")
}
