package desk

import (
	"testing"

	"github.com/shequ-io/shequ/internal/casework"
	"github.com/shequ-io/shequ/internal/content"
	"github.com/shequ-io/shequ/internal/web/session"
)

func TestAssign(t *testing.T) {
	list := &content.Desk{
		Access:  []content.Grant{{Group: "leads", Role: "Lead"}, {Group: "staff", Role: "Worker"}, {Group: "viewers", Role: "Viewer"}, {Group: "odd", Role: "Emperor"}, {Role: "Lead"}},
		Workers: []content.GridWorker{{ID: "Grid-1", Grid: "g1"}, {ID: "grid-1", Grid: "g2"}, {ID: "13800000000", Grid: "g1"}, {ID: "desk-1", Grid: "g4"}},
	}
	for name, c := range map[string]struct {
		work   string
		groups []string
		choice string
		role   casework.Role
		grid   string
		viewer bool
		why    doubt
	}{
		"nobody":                  {work: "w-1", why: noGroup},
		"empty group":             {work: "w-1", groups: []string{""}, why: noGroup},
		"unknown role":            {work: "w-1", groups: []string{"odd"}, why: noGroup},
		"lead":                    {work: "w-1", groups: []string{"viewers", "staff", "leads"}, role: casework.Lead},
		"staff":                   {work: "w-1", groups: []string{"viewers", "staff"}, role: casework.Staff},
		"viewer":                  {work: "w-1", groups: []string{"viewers"}, viewer: true},
		"viewer of any name":      {work: "13800000000x", groups: []string{"viewers"}, viewer: true},
		"grid worker":             {work: "GRID-1", role: casework.GridWorker, grid: "g1"},
		"grid worker, chosen":     {work: "grid-1", choice: "g2", role: casework.GridWorker, grid: "g2"},
		"grid worker, not theirs": {work: "grid-1", choice: "g3", role: casework.GridWorker, grid: "g1"},
		"grid worker and staff":   {work: "grid-1", groups: []string{"staff"}, role: casework.GridWorker, grid: "g1"},
		"grid worker and lead":    {work: "grid-1", groups: []string{"leads"}, role: casework.Lead},
		"a telephone number":      {work: "13800000000", why: badWork},
		"a name of another form":  {work: "某人", groups: []string{"staff"}, why: badWork},
		"a letter like another":   {work: "gr\u0130d-1", why: noGroup},
		"another such letter":     {work: "des\u212a-1", why: noGroup},
		"and staff":               {work: "des\u212a-1", groups: []string{"staff"}, why: badWork},
		"wide letters":            {work: "ＧＲＩＤ-1", why: noGroup},
		"an address":              {work: "w@example.org", groups: []string{"leads"}, why: badWork},
	} {
		t.Run(name, func(t *testing.T) {
			p, why := assign(&session.Session{Work: c.work, Groups: c.groups, Choice: c.choice}, list, "station")
			if why != c.why || p.Role != c.role || p.Grid != c.grid || p.Viewer != c.viewer {
				t.Errorf("%+v, %q", p, why)
			}
			if why == noDoubt && p.Station != "station" {
				t.Error("no station")
			}
		})
	}
}
