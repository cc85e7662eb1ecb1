package content

import (
	"fmt"
	"slices"
	"time"
)

var (
	fieldTypes    = []string{"", "Text", "Integer", "Decimal", "Date", "Boolean", "Choice"}
	formKinds     = []string{"help-request", "opinion", "mediation"}
	questionTypes = []string{"Choice", "Choices", "Scale"}
)

const (
	maxForms   = 8
	maxSurveys = 8
	maxChoices = 20
)

func (c *checker) fields(path string, fields []Field) {
	c.list(path, len(fields), maxItemList)
	seen := map[string]bool{}
	for i, f := range fields {
		at := fmt.Sprintf("%s[%d]", path, i)
		c.required(at, f.Text)
		c.text(at+".basis", f.Basis)
		c.count(at+".retentionDays", f.RetentionDays)
		if !slices.Contains(fieldTypes, f.Type) {
			c.fail(at+".type", "%.40q is no type of a data element", f.Type)
		}
		if f.Code != "" {
			c.unique(at+".code", f.Code, seen)
		}
	}
}

func (c *checker) forms(s *Site) {
	c.list("forms", len(s.Forms), maxForms)
	seen := map[string]bool{}
	for i := range s.Forms {
		f, at := &s.Forms[i], fmt.Sprintf("forms[%d]", i)
		if !slices.Contains(formKinds, f.Kind) {
			c.fail(at+".kind", "%.40q has no form of its own", f.Kind)
		}
		c.unique(at+".item", f.Item, seen)
		c.required(at+".title", f.Title)
		c.count(at+".retentionDays", f.RetentionDays)
		c.fields(at+".fields", f.Fields)
	}
	c.list("surveys", len(s.Surveys), maxSurveys)
	seen = map[string]bool{}
	for i := range s.Surveys {
		at := fmt.Sprintf("surveys[%d]", i)
		c.unique(at+".name", s.Surveys[i].Name, seen)
		c.survey(at, &s.Surveys[i])
	}
}

func (c *checker) survey(at string, s *Survey) {
	c.required(at+".title", s.Title)
	for _, day := range []string{s.From, s.Until} {
		if _, err := time.Parse(time.DateOnly, day); err != nil {
			c.fail(at, "%.40q is no day; write it like 2026-03-01", day)
		}
	}
	c.list(at+".questions", len(s.Questions), maxChoices)
	seen := map[string]bool{}
	for i, q := range s.Questions {
		at := fmt.Sprintf("%s.questions[%d]", at, i)
		c.unique(at+".name", q.Name, seen)
		c.required(at+".title", q.Title)
		c.texts(at+".choices", q.Choices, maxChoices)
		if !slices.Contains(questionTypes, q.Type) {
			c.fail(at+".type", "%.40q is no type of a question", q.Type)
		}
	}
}
