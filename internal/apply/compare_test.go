package apply

import (
	"testing"

	"k8s.io/apimachinery/pkg/util/json"
)

func value(t *testing.T, text string) any {
	t.Helper()
	var v any
	if err := json.Unmarshal([]byte(text), &v); err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	return v
}

func TestCovers(t *testing.T) {
	for _, tc := range []struct {
		name, live, intent string
		want               bool
	}{
		{"equal", `{"a":1,"b":"x"}`, `{"a":1,"b":"x"}`, true},
		{"a default beside", `{"a":1,"clusterIP":"10.0.0.1"}`, `{"a":1}`, true},
		{"another number", `{"a":2}`, `{"a":1}`, false},
		{"a key missing", `{}`, `{"a":1}`, false},
		{"a key missing, stated empty", `{}`, `{"a":{}}`, true},
		{"a list missing, stated empty", `{}`, `{"a":[]}`, true},
		{"a list filled, stated empty", `{"a":[1]}`, `{"a":[]}`, false},
		{"false is not absent", `{}`, `{"a":false}`, false},
		{"null is absent", `{}`, `{"a":null}`, true},
		{"true for false", `{"a":true}`, `{"a":false}`, false},
		{"a list longer", `{"a":["x","y"]}`, `{"a":["x"]}`, false},
		{"a list shorter", `{"a":["x"]}`, `{"a":["x","y"]}`, false},
		{"a list in another order", `{"a":["y","x"]}`, `{"a":["x","y"]}`, false},
		{"defaults within a list", `{"ports":[{"port":80,"protocol":"TCP"}]}`, `{"ports":[{"port":80}]}`, true},
		{"a list that is a map", `{"a":{}}`, `{"a":["x"]}`, false},
		{"a map that is a string", `{"a":"x"}`, `{"a":{"b":1}}`, false},
		{"a string that is a number", `{"a":1}`, `{"a":"1"}`, false},
		{"the same quantity", `{"cpu":"1"}`, `{"cpu":"1000m"}`, true},
		{"the same memory", `{"memory":"2048Mi"}`, `{"memory":"2Gi"}`, true},
		{"another quantity", `{"cpu":"1001m"}`, `{"cpu":"1"}`, false},
		{"words are no quantities", `{"a":"1x"}`, `{"a":"1y"}`, false},
		{"versions are no quantities", `{"a":"v1"}`, `{"a":"v1.0"}`, false},
		{"empty is no quantity", `{"a":"0"}`, `{"a":""}`, false},
		{"a selector with a key more", `{"selector":{"a":"x","b":"y"}}`, `{"selector":{"a":"x"}}`, false},
		{"the same selector", `{"selector":{"a":"x"}}`, `{"selector":{"a":"x"}}`, true},
		{"a selector gone", `{}`, `{"selector":{"a":"x"}}`, false},
		{"labels with a key more", `{"labels":{"a":"x","b":"y"}}`, `{"labels":{"a":"x"}}`, true},
	} {
		t.Run(tc.name, func(t *testing.T) {
			if got := covers(value(t, tc.live), value(t, tc.intent)); got != tc.want {
				t.Errorf("covers(%s, %s) = %t, want %t", tc.live, tc.intent, got, tc.want)
			}
		})
	}
}

func TestCoversBodyIgnoresWhatIdentifies(t *testing.T) {
	live, _ := value(t, `{"spec":{"a":1},"metadata":{"name":"x"}}`).(map[string]any)
	intent, _ := value(t, `{"apiVersion":"v1","kind":"Service","metadata":{"name":"y"},"spec":{"a":1}}`).(map[string]any)
	if !coversBody(live, intent) {
		t.Error("apiVersion, kind or metadata were compared")
	}
	intent["automountServiceAccountToken"] = false
	if coversBody(live, intent) {
		t.Error("a field beside spec was not compared")
	}
}

func TestCoversStrings(t *testing.T) {
	have := map[string]string{"a": "x", "b": "y"}
	for _, tc := range []struct {
		want any
		ok   bool
	}{
		{nil, true},
		{map[string]any{}, true},
		{map[string]any{"a": "x"}, true},
		{map[string]any{"a": "z"}, false},
		{map[string]any{"c": ""}, false},
		{"a", false},
	} {
		if got := coversStrings(have, tc.want); got != tc.ok {
			t.Errorf("coversStrings(%v) = %t, want %t", tc.want, got, tc.ok)
		}
	}
}
