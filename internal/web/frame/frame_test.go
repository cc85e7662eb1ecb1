package frame

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/shequ-io/shequ/internal/content"
)

func TestMessagesAreWhole(t *testing.T) {
	verb := regexp.MustCompile(`%(\[\d\])?s`)
	for key, m := range messages {
		if m[0] == "" || m[1] == "" {
			t.Errorf("%s lacks a language", key)
		}
		if len(verb.FindAllString(m[0], -1)) != len(verb.FindAllString(m[1], -1)) {
			t.Errorf("%s takes different arguments in its languages", key)
		}
		if strings.ContainsAny(m[1], "，。：；（）") {
			t.Errorf("%s: Chinese punctuation in English", key)
		}
	}
}

// A resident is given one thing to keep, and it has one name.
func TestTheReceiptCodeHasOneName(t *testing.T) {
	for key, message := range messages {
		for _, other := range []string{"凭证码", "回执码", "查询号"} {
			if strings.Contains(message[0], other) {
				t.Errorf("%s says %s for 查询码", key, other)
			}
		}
		for _, other := range []string{"tracking code", "query code", "reference code", "access code"} {
			if strings.Contains(strings.ToLower(message[1]), other) {
				t.Errorf("%s says %s for receipt code", key, other)
			}
		}
	}
}

// TestMessagesAreUsed finds keys that no template and no program asks for.
func TestMessagesAreUsed(t *testing.T) {
	var all strings.Builder
	err := filepath.WalkDir("..", func(path string, _ fs.DirEntry, err error) error {
		if err != nil || strings.Contains(path, "messages") || !slices.Contains([]string{".go", ".html"}, filepath.Ext(path)) {
			return err
		}
		data, err := os.ReadFile(path)
		all.Write(data)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	composed := []string{"day.", "category.", "station.", "failure.", "source.", "verb.", "level.", "period.",
		"form.problem.", "purpose.", "kind.", "act.", "step.", "now.", "paused.", "word.", "reason.", "rate.",
		"desk.role.", "desk.view.", "desk.figures.", "desk.share.", "desk.event.", "desk.hint.", "desk.kind.", "desk.step.", "desk.turn.", "desk.reason.", "desk.urgency.", "desk.clock.", "desk.alarm.", "desk.measure.", "desk.channel.", "desk.language.", "desk.refused.", "desk.problem.", "desk.signin.", "desk.noaccess.", "desk.form.", "desk.case.doubt.", "desk.queue.doubt.",
		"desk.delivery.", "desk.verdict.", "desk.whynot.", "desk.why.", "desk.cure.", "desk.pay.col.", "desk.pay.means.", "desk.pay.state.", "desk.pay.slip.", "desk.pay.reason.", "desk.pay.turn.", "desk.pay.did.", "desk.pay.error.",
		"desk.pay.account.", "desk.pay.why.", "desk.pay.table.", "desk.pay.customer", "desk.pay.period", "desk.pay.amount"}
	for key := range messages {
		plain := strings.TrimSuffix(key, ".one")
		if slices.ContainsFunc(composed, func(prefix string) bool { return strings.HasPrefix(key, prefix) }) {
			continue
		}
		if !strings.Contains(all.String(), `"`+plain+`"`) && !strings.Contains(all.String(), `"`+key+`"`) {
			t.Errorf("%s is used nowhere", key)
		}
	}
}

func TestUnknownMessageIsAnError(t *testing.T) {
	if _, err := english.M("no.such"); err == nil {
		t.Error("no error")
	}
}

func TestText(t *testing.T) {
	for _, c := range []struct {
		l    *Locale
		text content.Text
		want string
	}{
		{chinese, content.Text{ZH: "甲", EN: "A"}, "甲"},
		{english, content.Text{ZH: "甲", EN: "A"}, "A"},
		{english, content.Text{ZH: "甲"}, `<span lang="zh-CN">甲</span>`},
		{chinese, content.Text{EN: "A & <b>"}, `<span lang="en">A &amp; &lt;b&gt;</span>`},
		{chinese, content.Text{ZH: "\u202e甲\x00\n乙\x1b"}, "甲 乙"},
		{english, content.Text{}, ""},
	} {
		if got := string(c.l.T(c.text)); got != c.want {
			t.Errorf("%+v: %q, want %q", c.text, got, c.want)
		}
	}
}

func TestNumbers(t *testing.T) {
	for n, want := range map[int64]string{0: "0", 7: "7", 999: "999", 1000: "1,000", 81758: "81,758", 1234567: "1,234,567", -1234: "-1,234"} {
		if got := chinese.Int(n); got != want {
			t.Errorf("%d: %s", n, got)
		}
	}
	for s, want := range map[string]string{
		"≥ 300": "≥ 300", "1000–3000": "1,000–3,000", "147.1644": "147.1644", "9137.4": "9,137.4", "5+1": "5+1",
		"": "", "0012": "0012", "约1679户": "约1,679户",
	} {
		if got := chinese.Figure(s); got != want {
			t.Errorf("%q: %q, want %q", s, got, want)
		}
	}
	for _, c := range []struct{ amount, currency, zh, en string }{
		{"35000.00", "CNY", "35,000 元", "CNY 35,000"}, {"1200000.5", "CNY", "1,200,000.50 元", "CNY 1,200,000.50"},
		{"7", "EUR", "EUR 7", "EUR 7"}, {"0.0125", "CNY", "0.0125 元", "CNY 0.0125"},
	} {
		if zh, en := chinese.Money(c.amount, c.currency), english.Money(c.amount, c.currency); zh != c.zh || en != c.en {
			t.Errorf("%s %s: %q, %q", c.amount, c.currency, zh, en)
		}
	}
	if got := Sum([]string{"15000.00", "20000.00", "0.1", "0.2"}); got != "35000.30" {
		t.Errorf("sum %s", got)
	}
}

func TestMinutes(t *testing.T) {
	for n, want := range map[int64][2]string{
		1: {"1 分钟", "1 minute"}, 20: {"20 分钟", "20 minutes"}, 60: {"1 小时", "1 hour"}, 120: {"2 小时", "2 hours"},
		1440: {"1 天", "1 day"}, 10080: {"7 天", "7 days"}, 21690: {"15 天 1 小时 30 分钟", "15 days 1 hour 30 minutes"}, 0: {"", ""},
	} {
		zh, err := chinese.Minutes(n)
		if err != nil {
			t.Fatal(err)
		}
		en, err := english.Minutes(n)
		if err != nil {
			t.Fatal(err)
		}
		if zh != want[0] || en != want[1] {
			t.Errorf("%d: %q, %q", n, zh, en)
		}
	}
}

func TestWeek(t *testing.T) {
	weekdays := []string{"Mon", "Tue", "Wed", "Thu", "Fri"}
	for name, c := range map[string]struct {
		openings []content.Opening
		want     string
	}{
		"office": {[]content.Opening{{Days: weekdays, Opens: "14:00", Closes: "17:30"}, {Days: weekdays, Opens: "09:00", Closes: "12:00"}},
			"Monday to Friday 09:00-12:00 14:00-17:30; Saturday and Sunday closed"},
		"always": {[]content.Opening{{Days: content.Weekdays, Opens: "00:00", Closes: "24:00"}}, "Monday to Sunday 00:00-24:00"},
		"never":  {nil, "Monday to Sunday closed"},
		"overlap": {[]content.Opening{{Days: []string{"Wed", "Wed"}, Opens: "09:00", Closes: "12:00"}, {Days: []string{"Wed"}, Opens: "11:00", Closes: "15:00"}, {Days: []string{"Wed"}, Opens: "15:00", Closes: "16:00"}},
			"Monday and Tuesday closed; Wednesday 09:00-16:00; Thursday to Sunday closed"},
	} {
		var rows []string
		for _, row := range english.Week(c.openings) {
			line := row.Days
			for _, s := range row.Spans {
				line += " " + s.Opens + "-" + s.Closes
			}
			if len(row.Spans) == 0 {
				line += " closed"
			}
			rows = append(rows, line)
		}
		if got := strings.Join(rows, "; "); got != c.want {
			t.Errorf("%s: %s", name, got)
		}
	}
}

func TestStyleAsksForNothingElsewhere(t *testing.T) {
	for _, bad := range []string{"url(", "@import", "http:", "https:", "//"} {
		if strings.Contains(string(style), bad) {
			t.Errorf("the style sheet holds %q", bad)
		}
	}
	if strings.Count(string(style), "{") != strings.Count(string(style), "}") {
		t.Error("braces don't match")
	}
}

func TestDate(t *testing.T) {
	for _, c := range []struct {
		l        *Locale
		in, want string
	}{
		{chinese, "2026-01-31", "2026年1月31日"}, {english, "2026-01-31", "31 January 2026"},
		{english, "some day\u202e", "some day"}, {chinese, "", ""},
	} {
		if got := c.l.Date(c.in); got != c.want {
			t.Errorf("Date(%q) = %q, want %q", c.in, got, c.want)
		}
	}
}

func TestDays(t *testing.T) {
	for n, want := range map[int64][2]string{
		1: {"1 天", "1 day"}, 90: {"90 天", "90 days"}, 365: {"365 天", "365 days"}, 500: {"500 天", "500 days"},
		730: {"730 天（约 2 年）", "730 days (about 2 years)"}, 1826: {"1,826 天（约 5 年）", "1,826 days (about 5 years)"}, 900: {"900 天", "900 days"},
		3650: {"3,650 天（约 10 年）", "3,650 days (about 10 years)"}, 1_000_000_000_000: {"", ""},
	} {
		for i, l := range []*Locale{chinese, english} {
			if got, err := l.Days(n); err != nil || (want[i] != "" && got != want[i]) {
				t.Errorf("%d days: %q, %v", n, got, err)
			}
		}
	}
}

// TestPurposes: what a code means is told in words.
func TestPurposes(t *testing.T) {
	title := content.Text{ZH: "高龄津贴", EN: "Old-age allowance"}
	for code, want := range map[string]content.Text{
		"old-age": title, "station-service": {ZH: "办理服务站的事项", EN: "The station’s services"}, "tax-check": {EN: "tax check"},
	} {
		if got := Purpose(code, "old-age", title); got != want {
			t.Errorf("%s means %v, want %v", code, got, want)
		}
	}
}
