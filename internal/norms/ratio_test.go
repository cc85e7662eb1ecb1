package norms

import (
	"math"
	"testing"
)

func ratio(t *testing.T, n, d int64) Ratio {
	t.Helper()
	r, ok := NewRatio(n, d)
	if !ok {
		t.Fatalf("%d/%d", n, d)
	}
	return r
}

func TestRatioString(t *testing.T) {
	for _, tt := range []struct {
		n, d        int64
		want, round string
	}{
		{0, 7, "0", "0.0"}, {6, 3, "2", "2.0"}, {1471644, 10000, "147.1644", "147.2"}, {2095, 3, "2095/3", "698.3"},
		{-1, 4, "-0.25", "-0.3"}, {1, -4, "-0.25", "-0.3"}, {-1, 100, "-0.01", "0.0"}, {1, 20, "0.05", "0.1"},
		{1, 1 << 12, "0.000244140625", "0.0"}, {1, 1 << 13, "1/8192", "0.0"},
		{math.MinInt64, math.MinInt64, "1", "1.0"}, {math.MaxInt64, 1, "9223372036854775807", "9223372036854775807.0"},
	} {
		r := ratio(t, tt.n, tt.d)
		if r.String() != tt.want || Round(r, 1) != tt.round {
			t.Errorf("%d/%d: %s, rounded %s; want %s, %s", tt.n, tt.d, r, Round(r, 1), tt.want, tt.round)
		}
	}
	if (Ratio{}).String() != "0" || Round(Ratio{}, -1) != "0" {
		t.Error("the zero value is not 0")
	}
	if _, ok := NewRatio(1, 0); ok {
		t.Error("division by zero went through")
	}
	if _, ok := Int(1).Div(Ratio{}); ok {
		t.Error("division by zero went through")
	}
}

func TestRatioFloorCeil(t *testing.T) {
	for _, tt := range []struct{ n, d, floor, ceil int64 }{
		{7, 2, 3, 4}, {-7, 2, -4, -3}, {8, 2, 4, 4}, {0, 5, 0, 0},
	} {
		if r := ratio(t, tt.n, tt.d); r.Floor() != tt.floor || r.Ceil() != tt.ceil {
			t.Errorf("%d/%d: floor %d ceil %d", tt.n, tt.d, r.Floor(), r.Ceil())
		}
	}
	huge := Int(math.MaxInt64).Mul(Int(3))
	if huge.Floor() != math.MaxInt64 || huge.Mul(Int(-1)).Ceil() != math.MinInt64 {
		t.Error("what outgrows int64 must stay at its end")
	}
}

func TestParseDecimal(t *testing.T) {
	for in, want := range map[string]string{"15000": "15000", "16.50": "16.5", "0.01": "0.01", "007": "7"} {
		if got, ok := ParseDecimal(in); !ok || got.String() != want {
			t.Errorf("%q: %s %t, want %s", in, got, ok, want)
		}
	}
	for _, in := range []string{"", ".", "1.", ".5", "-1", "+1", "1e3", "1/2", "0x1", "1_000", " 1", "١"} {
		if got, ok := ParseDecimal(in); ok {
			t.Errorf("%q was read as %s", in, got)
		}
	}
}
