package open311_test

import (
	"context"
	"encoding/json"
	"errors"
	"net/http/httptest"
	"os"
	"os/exec"
	"reflect"
	"testing"
	"time"

	"github.com/shequ-io/shequ/internal/casework"
	"github.com/shequ-io/shequ/internal/web/open311"
)

// TestStockClient drives the server with node-open311, as npm has it, in JSON and in
// XML. Without Node or npm's registry it is skipped, and in CI it fails, which
// promises to run it.
func TestStockClient(t *testing.T) {
	dir := installClient(t)
	w := newWorld(t, func(c *open311.Config) { c.URL = "" })
	server := httptest.NewServer(w)
	defer server.Close()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	raw, err := exec.CommandContext(ctx, "node", dir+"/drive.js", server.URL).Output()
	if err != nil {
		t.Fatalf("%v: %s", err, stderr(err))
	}
	var got map[string]session
	if err := json.Unmarshal(raw, &got); err != nil {
		t.Fatalf("%v: %s", err, raw)
	}
	for _, format := range []string{"json", "xml"} {
		t.Run(format, func(t *testing.T) { got[format].check(t, w, server.URL) })
	}
}

type session struct {
	Endpoint   string              `json:"endpoint"`
	Discovery  map[string]any      `json:"discovery"`
	Services   []map[string]any    `json:"services"`
	Definition definition          `json:"definition"`
	Submitted  []map[string]string `json:"submitted"`
	Applied    []map[string]string `json:"applied"`
	One        []map[string]any    `json:"one"`
	Listed     []map[string]any    `json:"listed"`
	Several    []map[string]any    `json:"several"`
	Token      []map[string]string `json:"token"`
	Refused    int                 `json:"refused"`
}

type definition struct {
	Code       string           `json:"service_code"`
	Attributes []map[string]any `json:"attributes"`
}

func (s session) check(t *testing.T, w *world, address string) {
	t.Helper()
	if s.Endpoint != address+"/open311/v2/" || s.Discovery["contact"] == nil {
		t.Errorf("endpoint %s of %v", s.Endpoint, s.Discovery)
	}
	if len(s.Services) != 2 || s.Services[0]["service_code"] != "help-request" || s.Services[1]["service_name"] != "老年人送餐" {
		t.Errorf("services %v", s.Services)
	}
	if s.Definition.Code != "civil-affairs.home-meal" || len(s.Definition.Attributes) != 7 || len(s.Definition.Attributes[5]["values"].([]any)) != 2 {
		t.Errorf("definition %v", s.Definition)
	}
	if len(s.Submitted) != 1 || len(s.Applied) != 1 {
		t.Fatalf("submitted %v and %v", s.Submitted, s.Applied)
	}
	id := s.Submitted[0]["service_request_id"]
	letter := w.letter(t, id)
	if want := (casework.Fields{"request-text": "路灯不亮\nsince Monday", "applicant-name": "张三", "telephone": "13800000000"}); !reflect.DeepEqual(letter.Fields, want) || letter.Place == nil {
		t.Errorf("the letter has %d fields and place %v", len(letter.Fields), letter.Place)
	}
	if applied := w.store.submissions[s.Applied[0]["service_request_id"]]; applied.Kind != casework.Application {
		t.Errorf("applied: %s", applied.Kind)
	}
	for name, list := range map[string][]map[string]any{"one": s.One, "several": s.Several, "listed": s.Listed[:1]} {
		if len(list) != 1 || list[0]["service_request_id"] != id || list[0]["status"] != "open" || list[0]["requested_datetime"] != "2026-03-10T08:00:00.000Z" {
			t.Errorf("%s: %v", name, list)
		}
	}
	if len(s.Token) != 1 || s.Token[0]["service_request_id"] != id {
		t.Errorf("token %v", s.Token)
	}
	if s.Refused != 400 {
		t.Errorf("a request without a place: %d", s.Refused)
	}
}

// installClient copies the client's manifest out of the checkout and installs what
// it locks, without running anything of it.
func installClient(t *testing.T) string {
	t.Helper()
	fail := t.Skipf
	if os.Getenv("CI") == "true" {
		fail = t.Fatalf
	}
	for _, program := range []string{"node", "npm"} {
		if _, err := exec.LookPath(program); err != nil {
			fail("no %s: install the Debian packages nodejs and npm to drive the server with a stock client", program)
		}
	}
	dir := t.TempDir()
	if err := os.CopyFS(dir, os.DirFS("testdata/client")); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 3*time.Minute)
	defer cancel()
	install := exec.CommandContext(ctx, "npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--prefer-offline", "--loglevel=error")
	install.Dir = dir
	if out, err := install.CombinedOutput(); err != nil {
		fail("npm can't install the stock client: %v\n%s", err, out)
	}
	return dir
}

func stderr(err error) []byte {
	if exit, ok := errors.AsType[*exec.ExitError](err); ok {
		return exit.Stderr
	}
	return nil
}
