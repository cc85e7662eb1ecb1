package portal

import (
	"slices"
	"strings"

	"github.com/shequ-io/shequ/internal/content"
	"github.com/shequ-io/shequ/internal/web/frame"
)

// terms is an admitted task with the page it stands on.
type terms struct {
	*view
	Task *content.Task
}

// Terms passes a task on to a template part.
func (v *view) Terms(t *content.Task) terms { return terms{v, t} }

// Meaning of the code of a purpose, in words. That of the task's cases is its first
// element's.
func (t terms) Meaning(code string) content.Text {
	own, title := "", t.Task.Title
	if len(t.Task.Data) > 0 {
		own = t.Task.Data[0].Purpose
	}
	return frame.Purpose(code, own, title)
}

// Department is the name of the task's department.
func (t terms) Department() content.Text {
	_, title := frame.Department(t.Task)
	return title
}

// word is the text for a value of a closed set; nothing for one of a later
// release.
func (v *view) word(prefix, value string) string {
	text, err := v.L.M(prefix + value)
	if err != nil {
		return ""
	}
	return text
}

// Nature says whose work the task is.
func (t terms) Nature() string { return t.word("category.", t.Task.Category) }

// Release says how often the money comes.
func (t terms) Release() string { return t.word("period.", t.Task.FundingPeriods) }

// Level says who issued a document.
func (t terms) Level(level string) string { return t.word("level.", level) }

// Duties are the verbs of the task in words.
func (t terms) Duties() []string {
	var list []string
	for _, verb := range t.Task.Verbs {
		if duty := t.word("verb.", verb); duty != "" {
			list = append(list, duty)
		}
	}
	return list
}

// Hours are the working hours a task takes in a year.
func hours(minutes int64) int64 { return (minutes + 30) / 60 }

// Hours of work the task takes in a year; 0 when nobody declared any.
func (t terms) Hours() int64 { return hours(t.Task.YearlyMinutes) }

// use is what a task does with several data elements alike.
type use struct {
	Data    []content.Datum
	Purpose string
	Basis   content.Text
	Days    int64
}

// Uses gathers the data elements that are used for the same purpose, on the same
// basis and as long, so that a reader need not compare them line by line.
func (t terms) Uses() []use {
	var list []use
	for _, d := range t.Task.Data {
		at := slices.IndexFunc(list, func(u use) bool {
			return u.Purpose == d.Purpose && u.Basis == d.Basis && u.Days == d.RetentionDays
		})
		if at < 0 {
			at = len(list)
			list = append(list, use{Purpose: d.Purpose, Basis: d.Basis, Days: d.RetentionDays})
		}
		list[at].Data = append(list[at].Data, d)
	}
	return list
}

// Where is the page that says all about the task: that of its first item, or its
// own.
func (v *view) Where(t *content.Task) string {
	for i := range v.Items {
		if v.Items[i].Task != nil && v.Items[i].Task.Name == t.Name {
			return "/services/" + v.Items[i].Name
		}
	}
	return "/tasks/" + content.Slug(t.Name)
}

// department is the tasks of one department.
type department struct {
	ID    string
	Title content.Text
	Tasks []*content.Task
}

// tasksView sums up and lists what was admitted.
type tasksView struct {
	*view
	Departments []department
	Count       int64
	Money       string // of a year; empty when nothing adds up
	Hours       int64
}

func (v *view) tasks() tasksView {
	s := tasksView{view: v}
	at := map[string]int{}
	var minutes int64
	var amounts, currencies []string
	for _, t := range v.Admitted {
		id, title := frame.Department(t)
		if _, ok := at[id]; !ok {
			at[id] = len(s.Departments)
			s.Departments = append(s.Departments, department{ID: id, Title: title})
		}
		d := &s.Departments[at[id]]
		d.Tasks = append(d.Tasks, t)
		s.Count++
		minutes += t.YearlyMinutes
		if t.YearlyFunding != "" {
			amounts, currencies = append(amounts, t.YearlyFunding), append(currencies, t.Currency)
		}
	}
	s.Hours = hours(minutes)
	slices.Sort(currencies)
	if len(slices.Compact(currencies)) == 1 {
		s.Money = v.L.Money(frame.Sum(amounts), currencies[0])
	}
	slices.SortStableFunc(s.Departments, func(a, b department) int { return strings.Compare(a.ID, b.ID) })
	return s
}

func tasksPage(v *view) any {
	v.Title = v.L.Must("tasks.title")
	v.describe("tasks.description")
	v.Crumbs = []frame.Link{{Local: "/disclosure", Label: v.L.Must("nav.disclosure")}}
	return v.tasks()
}

func taskPage(v *view, t *content.Task) any {
	v.Title = v.L.Plain(t.Title)
	v.Crumbs = []frame.Link{
		{Local: "/disclosure", Label: v.L.Must("nav.disclosure")}, {Local: "/tasks", Label: v.L.Must("tasks.title")},
	}
	return terms{v, t}
}
