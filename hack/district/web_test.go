package main

import (
	"net/http/httptest"
	"testing"

	"github.com/shequ-io/shequ/hack/local/district"
)

// What systems send to a portal's hostname goes to the courier, and nothing else.
func TestBehind(t *testing.T) {
	c := district.Config{
		Hosts:    map[string]string{"portal.example": "portal.home", "desk.example": "desk.home"},
		Couriers: map[string]string{"portal.example": "courier.home"},
	}
	for address, want := range map[string]string{
		"https://portal.example/":                            "portal.home",
		"https://portal.example/hooks":                       "portal.home",
		"https://portal.example/hooks/hotline-12345":         "courier.home",
		"https://portal.example/zh-CN/hooks/hotline-12345":   "portal.home",
		"https://desk.example/hooks/hotline-12345":           "desk.home",
		"https://elsewhere.example/hooks/hotline-12345":      "",
		"https://portal.example.elsewhere/hooks/hotline-123": "",
	} {
		if got := behind(c, httptest.NewRequest("POST", address, nil)); got != want {
			t.Errorf("%s goes to %q, want %q", address, got, want)
		}
	}
}
