package blueprint

import (
	"strings"
	"testing"

	"k8s.io/apimachinery/pkg/util/validation"
	"pgregory.net/rapid"
)

func TestHomeNamespace(t *testing.T) {
	for _, tc := range []struct{ subdistrict, community, prefix string }{
		{"qingnianlu", "anding", "c-qingnianlu-anding-"},
		{"qingnianlu", "a.b.c", "c-qingnianlu-a-b-c-"},
		{strings.Repeat("s", 63), strings.Repeat("c", 63), "c-" + strings.Repeat("s", 52) + "-"},
		{strings.Repeat("s", 51), "x", "c-" + strings.Repeat("s", 51) + "-"}, // cut at a dash
	} {
		got := HomeNamespace(tc.subdistrict, tc.community)
		if !strings.HasPrefix(got, tc.prefix) || len(got) != len(tc.prefix)+8 {
			t.Errorf("HomeNamespace(%s, %s) = %s, want %s and 8 characters", tc.subdistrict, tc.community, got, tc.prefix)
		}
	}
	if got := HomeNamespace("qingnianlu", "anding"); got != "c-qingnianlu-anding-6ea66d2c" {
		t.Errorf("the home of a community that exists would move: %s", got)
	}
}

func TestHomeNamespaceIsALabelAndUnique(t *testing.T) {
	label := rapid.StringMatching(`[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?`)
	name := rapid.OneOf(label, rapid.StringMatching(`[a-z0-9]([-a-z0-9]{0,20}[a-z0-9])?(\.[a-z0-9]([-a-z0-9]{0,20}[a-z0-9])?)?`))
	rapid.Check(t, func(rt *rapid.T) {
		s1, c1 := label.Draw(rt, "sub-district"), name.Draw(rt, "community")
		s2, c2 := label.Draw(rt, "other sub-district"), name.Draw(rt, "other community")
		got := HomeNamespace(s1, c1)
		if problems := validation.IsDNS1123Label(got); len(problems) > 0 {
			rt.Fatalf("HomeNamespace(%q, %q) = %q: %v", s1, c1, got, problems)
		}
		if got != HomeNamespace(s1, c1) {
			rt.Fatal("it is another one each time")
		}
		if (s1 != s2 || c1 != c2) && got == HomeNamespace(s2, c2) {
			rt.Fatalf("%q/%q and %q/%q share %q", s1, c1, s2, c2, got)
		}
		// Names that read alike once joined are still two.
		if other := HomeNamespace(s1+"-x", "y"); other == HomeNamespace(s1, "x-y") {
			rt.Fatalf("%q", other)
		}
	})
}

func TestGroupNames(t *testing.T) {
	for _, group := range []string{"leads", "district:street/leads", strings.Repeat("g", 253), "组长"} {
		if problems := validation.IsDNS1123Subdomain(groupName(group)); len(problems) > 0 {
			t.Errorf("%s: %v", group, problems)
		}
	}
	if groupName("a") == groupName("b") {
		t.Error("two groups share a name")
	}
}
