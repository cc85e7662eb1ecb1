package open311_test

import (
	"bufio"
	"bytes"
	"encoding/json"
	"encoding/xml"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/shequ-io/shequ/internal/casework"
	"github.com/shequ-io/shequ/internal/store"
)

// TestExchanges sends what the specification shows and expects what it shows. Each
// file of testdata/exchanges has a request as it is on the wire, a line of dashes,
// and the answer: its status line, the headers to look for, and the body, which is
// compared as XML or JSON and not by its white space.
func TestExchanges(t *testing.T) {
	files, err := filepath.Glob("testdata/exchanges/*.http")
	if err != nil || len(files) < 20 {
		t.Fatalf("%d exchanges, %v", len(files), err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".http"), func(t *testing.T) {
			raw, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			asked, expected, ok := strings.Cut(string(raw), "\n----\n")
			if !ok {
				t.Fatal("no line of dashes")
			}
			got := exchange(t, asked)
			compare(t, got, expected)
		})
	}
}

func exchange(t *testing.T, asked string) *http.Response {
	t.Helper()
	w := newWorld(t, nil)
	w.store.public = listed()
	head, body, _ := strings.Cut(asked, "\n\n")
	body = strings.TrimSuffix(body, "\n")
	r, err := http.ReadRequest(bufio.NewReader(strings.NewReader(strings.ReplaceAll(head, "\n", "\r\n") + "\r\n\r\n")))
	if err != nil {
		t.Fatal(err)
	}
	r.Body, r.ContentLength = io.NopCloser(strings.NewReader(body)), int64(len(body))
	recorder := httptest.NewRecorder()
	w.ServeHTTP(recorder, r)
	return recorder.Result()
}

// listed are the requests the store knows.
func listed() []store.PublicRequest {
	return []store.PublicRequest{
		{
			ID: "5b0e1f0a-6c43-4d0b-9a3f-2f6f2d1c0002", Number: "2026-000002", Item: "help-request", Step: casework.Dispatched, Open: true, Grid: "grid-01",
			Received: time.Date(2026, 3, 9, 22, 37, 38, 900_000_000, time.UTC), Updated: time.Date(2026, 3, 10, 1, 0, 0, 0, time.UTC), DueAt: time.Date(2026, 3, 16, 22, 37, 38, 0, time.UTC),
		},
		{
			ID: "5b0e1f0a-6c43-4d0b-9a3f-2f6f2d1c0001", Number: "2026-000001", Item: "help-request", Step: casework.Closed,
			Received: time.Date(2026, 2, 1, 0, 0, 0, 0, time.UTC), Updated: time.Date(2026, 2, 3, 0, 0, 0, 0, time.UTC),
		},
		// A store that tells too much is not believed.
		{ID: "5b0e1f0a-6c43-4d0b-9a3f-2f6f2d1c0003", Item: "civil-affairs.home-meal", Step: casework.Registered, Open: true, Received: now, Updated: now},
	}
}

func compare(t *testing.T, got *http.Response, expected string) {
	t.Helper()
	head, want, _ := strings.Cut(expected, "\n\n")
	lines := strings.Split(head, "\n")
	if status := strings.TrimPrefix(lines[0], "HTTP/1.1 "); status != got.Status {
		t.Errorf("status %s, want %s", got.Status, status)
	}
	for _, line := range lines[1:] {
		name, value, _ := strings.Cut(line, ": ")
		if got.Header.Get(name) != value {
			t.Errorf("%s: %q, want %q", name, got.Header.Get(name), value)
		}
	}
	body, err := io.ReadAll(got.Body)
	if err != nil {
		t.Fatal(err)
	}
	var a, b any
	if strings.HasPrefix(got.Header.Get("Content-Type"), "application/json") {
		a, b = parseJSON(t, body), parseJSON(t, []byte(want))
	} else {
		if !bytes.HasPrefix(body, []byte(`<?xml version="1.0" encoding="UTF-8"?>`)) {
			t.Errorf("no XML declaration with the encoding: %.60s", body)
		}
		a, b = parseXML(t, body), parseXML(t, []byte(want))
	}
	if !reflect.DeepEqual(a, b) {
		t.Errorf("body\n%s\nwant\n%s", body, want)
	}
}

func parseJSON(t testing.TB, raw []byte) any {
	t.Helper()
	var v any
	decoder := json.NewDecoder(bytes.NewReader(raw))
	decoder.UseNumber()
	if err := decoder.Decode(&v); err != nil {
		t.Fatalf("%v in %s", err, raw)
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		t.Fatalf("more than one document in %s", raw)
	}
	return v
}

// node is an element without attributes, its text without the space around it.
type node struct {
	Name string
	Text string
	Kids []node
}

func parseXML(t testing.TB, raw []byte) node {
	t.Helper()
	decoder := xml.NewDecoder(bytes.NewReader(raw))
	stack := []node{{}}
	for {
		token, err := decoder.Token()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatalf("%v in %s", err, raw)
		}
		switch token := token.(type) {
		case xml.StartElement:
			if len(token.Attr) > 0 || token.Name.Space != "" {
				t.Fatalf("attributes or a namespace in %s", raw)
			}
			stack = append(stack, node{Name: token.Name.Local})
		case xml.CharData:
			stack[len(stack)-1].Text += string(token)
		case xml.EndElement:
			last := stack[len(stack)-1]
			last.Text = strings.TrimSpace(last.Text)
			stack = stack[:len(stack)-1]
			stack[len(stack)-1].Kids = append(stack[len(stack)-1].Kids, last)
		}
	}
	if len(stack) != 1 || len(stack[0].Kids) != 1 {
		t.Fatalf("not one document: %s", raw)
	}
	return stack[0].Kids[0]
}
