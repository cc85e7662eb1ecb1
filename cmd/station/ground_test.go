package main

import (
	"strings"
	"testing"
	"time"

	"github.com/shequ-io/shequ/internal/content"
	"github.com/shequ-io/shequ/internal/store"
)

const square = `{"type":"Polygon","coordinates":[[[108.93,34.26],[108.94,34.26],[108.94,34.27],[108.93,34.27],[108.93,34.26]]]}`

func TestGroundLocates(t *testing.T) {
	var g ground
	if got := g.Locate(store.Place{Longitude: 1089350000, Latitude: 342650000}); got != nil {
		t.Errorf("before there are boundaries: %v", got)
	}
	err := g.use(&content.Desk{Boundaries: []content.GridBoundary{
		{Grid: "unit-1", Level: 3, Datum: "WGS84", GeoJSON: square},
		{Grid: "torn", Level: 3, Datum: "WGS84", GeoJSON: `{"type":"Polygon"}`},
		{Grid: "whole", Level: 2, Datum: "WGS84", GeoJSON: square},
	}}, nil)
	if err == nil || !strings.Contains(err.Error(), "grid torn") {
		t.Errorf("a torn boundary: %v", err)
	}
	got := g.Locate(store.Place{Longitude: 1089350000, Latitude: 342650000})
	if len(got) != 2 || got[0].Grid != "unit-1" || got[0].Level != 3 || got[1].Grid != "whole" {
		t.Errorf("inside: %v", got)
	}
	if got := g.Locate(store.Place{Longitude: 1089450000, Latitude: 342650000}); got != nil {
		t.Errorf("outside: %v", got)
	}
}

func TestGroundKeepsTheStationsTime(t *testing.T) {
	var g ground
	station := &content.Station{OpeningHours: []content.Opening{{Days: []string{"Mon", "Tue", "Wed", "Thu", "Fri"}, Opens: "09:00", Closes: "17:00"}}}
	desk := &content.Desk{Calendar: content.Calendar{TimeZone: "Asia/Shanghai", Holidays: []string{"2026-10-01"}, MakeUpDays: []string{"2026-10-10"}}}
	if err := g.use(desk, station); err != nil {
		t.Fatal(err)
	}
	if g.Calendar() == nil {
		t.Fatal("there is no calendar")
	}
	for name, c := range map[string]struct {
		calendar content.Calendar
		hours    string
		want     string
	}{
		"zone":  {content.Calendar{TimeZone: "Asia/Nowhere"}, "09:00", "time zone"},
		"day":   {content.Calendar{Holidays: []string{"soon"}}, "09:00", "calendar"},
		"hours": {content.Calendar{}, "nine", "station's hours"},
	} {
		station.OpeningHours[0].Opens = c.hours
		before := g.Calendar()
		if err := g.use(&content.Desk{Calendar: c.calendar}, station); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v", name, err)
		}
		if g.Calendar() != before {
			t.Errorf("%s: the calendar is gone", name)
		}
	}
	if _, err := time.LoadLocation("Asia/Shanghai"); err != nil {
		t.Error("the program has no time zones of its own:", err)
	}
}
