package serve

import (
	"net/http"
	"testing"
)

func TestPreferredLanguage(t *testing.T) {
	both, reverse, one := []string{"zh-CN", "en"}, []string{"en", "zh-CN"}, []string{"zh-CN"}
	for _, c := range []struct {
		accept    string
		languages []string
		want      string
	}{
		{"", both, "zh-CN"}, {"", reverse, "en"}, {"*", reverse, "en"},
		{"en", both, "en"}, {"EN-gb", both, "en"}, {"zh-TW,zh;q=0.8,en;q=0.5", both, "zh-CN"},
		{"en;q=0.5, zh;q=0.9", both, "zh-CN"}, {"fr, en;q=0.3", both, "en"}, {"de", both, "zh-CN"},
		{"en;q=0", both, "zh-CN"}, {"en;q=abc", both, "zh-CN"}, {"en;q=9", both, "zh-CN"}, {"en;q=NaN", both, "zh-CN"},
		{"en-US,en", one, "zh-CN"}, {"zh-Hans", reverse, "zh-CN"}, {",;,=;q", both, "zh-CN"},
		{"en;level=1;q=0.7,zh;q=0.6", both, "en"},
	} {
		if got := PreferredLanguage(http.Header{"Accept-Language": {c.accept}}, c.languages); got != c.want {
			t.Errorf("%q of %v: %s, want %s", c.accept, c.languages, got, c.want)
		}
	}
	if got := PreferredLanguage(http.Header{}, nil); got != "" {
		t.Errorf("no languages: %q", got)
	}
}

func TestAcceptsGzip(t *testing.T) {
	for accept, want := range map[string]bool{
		"gzip": true, "GZIP": true, "x-gzip": true, "br, gzip": true, "*": true, "deflate, *;q=0.5": true,
		"": false, "br": false, "gzip;q=0": false, "*;q=0": false, "*, gzip;q=0": false, "identity": false, "gzip;q=0.000": false,
	} {
		if got := acceptsGzip(http.Header{"Accept-Encoding": {accept}}); got != want {
			t.Errorf("%q: %v", accept, got)
		}
	}
	if acceptsGzip(http.Header{}) {
		t.Error("no header is no consent")
	}
}

func TestScrub(t *testing.T) {
	for line, want := range map[string]string{
		"http: panic serving 203.0.113.7:51234: boom\n":                     "http: panic serving (client): boom",
		"http: TLS handshake error from [2001:db8::1]:443: EOF":             "http: TLS handshake error from (client): EOF",
		"http: URL query contains semicolon":                                "http: URL query contains semicolon",
		"read tcp 10.0.0.1:8080->203.0.113.7:51234: read: connection reset": "read tcp (client)->(client): read: connection reset",
		"peer 2001:db8:0:1::17 left at 10:30:05":                            "peer (client) left at 10:30:05",
	} {
		if got := scrub(line); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}
