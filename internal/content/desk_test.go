package content_test

import (
	"errors"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/shequ-io/shequ/internal/content"
)

func TestDeskIsReadAsItWasWritten(t *testing.T) {
	want := content.Desk{
		SchemaVersion: content.SchemaVersion,
		OIDC:          &content.OIDC{Issuer: "https://id.example", ClientID: "desk", GroupsClaim: "groups", WorkClaim: "work"},
		Access:        []content.Grant{{Group: "station-leads", Role: "Lead"}},
		Workers:       []content.GridWorker{{ID: "gw-1", Grid: "grid-1"}},
		Boundaries:    []content.GridBoundary{{Grid: "grid-1", Level: 3, Datum: "WGS84", GeoJSON: "{}"}},
		Calendar:      content.Calendar{TimeZone: "Asia/Shanghai", Holidays: []string{"2026-10-01"}},
	}
	data, err := content.MarshalDesk(want)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	if _, err := content.LoadDesk(dir); !errors.Is(err, content.ErrNoDesk) {
		t.Errorf("an empty directory: %v", err)
	}
	if err := os.WriteFile(filepath.Join(dir, content.DeskFile), data, 0o600); err != nil {
		t.Fatal(err)
	}
	got, err := content.LoadDesk(dir)
	if err != nil || !reflect.DeepEqual(*got, want) {
		t.Errorf("read %+v, %v", got, err)
	}
}

func TestDeskRefuses(t *testing.T) {
	for name, c := range map[string]struct{ data, want string }{
		"half written": {`{"schemaVersion":1,`, "not whole JSON"},
		"no version":   {`{}`, "schemaVersion is missing"},
		"newer":        {`{"schemaVersion":2}`, "roll out the station image"},
		"worker":       {`{"schemaVersion":1,"workers":[{"id":"gw-1"}]}`, "without id or grid"},
	} {
		if _, err := content.ParseDesk([]byte(c.data)); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want …%s…", name, err, c.want)
		}
	}
}
