package portal_test

import (
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/shequ-io/shequ/internal/content"
	"github.com/shequ-io/shequ/internal/content/contenttest"
	"github.com/shequ-io/shequ/internal/web/portal"
	"github.com/shequ-io/shequ/internal/web/serve"
	"github.com/shequ-io/shequ/internal/web/webtest"
)

func document(t testing.TB, doc content.Document) *content.Document {
	t.Helper()
	files, err := content.Marshal(doc.Site, doc.Items, doc.Tasks...)
	if err != nil {
		t.Fatal(err)
	}
	parsed, err := content.Parse(files)
	if err != nil {
		t.Fatal(err)
	}
	return parsed
}

func handler(t testing.TB, doc content.Document, ended ...string) (http.Handler, *serve.Tree) {
	t.Helper()
	tree, err := portal.Build(document(t, doc), ended)
	if err != nil {
		t.Fatal(err)
	}
	h := serve.NewHandler(serve.NewMetrics(prometheus.NewRegistry(), portal.Program), slog.New(slog.DiscardHandler))
	h.Serve(tree)
	return h, tree
}

func get(h http.Handler, path string) *http.Response {
	r := httptest.NewRequest(http.MethodGet, "/", nil)
	r.URL = &url.URL{Path: path}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w.Result()
}

func read(t testing.TB, r *http.Response) string {
	t.Helper()
	b, err := io.ReadAll(r.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func page(t testing.TB, h http.Handler, path string) string {
	t.Helper()
	r := get(h, path)
	if r.StatusCode != http.StatusOK {
		t.Fatalf("%s: %s", path, r.Status)
	}
	return read(t, r)
}

// bare is the least an operator may write.
func bare() content.Document {
	return content.Document{Site: content.Site{
		SchemaVersion: 1,
		Community:     content.Community{Namespace: "s", Name: "c", DisplayName: content.Text{ZH: "甲社区"}},
	}}
}

func samples() map[string]content.Document {
	chineseOnly := contenttest.QingnianNo2()
	chineseOnly.Site.Languages = []string{content.Chinese}
	englishFirst := contenttest.Full()
	englishFirst.Site.Languages = []string{content.English, content.Chinese}
	noStation := contenttest.QingnianNo2()
	noStation.Site.Station = nil
	return map[string]content.Document{
		"qingnian-2": contenttest.QingnianNo2(), "full": contenttest.Full(), "bare": bare(),
		"chinese only": chineseOnly, "english first": englishFirst, "no station": noStation,
	}
}

func languageOf(path string) string {
	if strings.HasPrefix(path, "/en/") {
		return content.English
	}
	return content.Chinese
}

func TestEveryPageIsSound(t *testing.T) {
	for name, doc := range samples() {
		t.Run(name, func(t *testing.T) {
			h, tree := handler(t, doc)
			for _, path := range tree.Paths() {
				body := page(t, h, path)
				if !strings.HasPrefix(body, "<!DOCTYPE html>") {
					continue // an asset
				}
				if len(body) > 60<<10 {
					t.Errorf("%s weighs %d bytes", path, len(body))
				}
				p, err := webtest.Parse([]byte(body))
				if err != nil {
					t.Fatalf("%s: %v", path, err)
				}
				for _, problem := range p.Problems(languageOf(path)) {
					t.Errorf("%s: %s", path, problem)
				}
				checkLinks(t, h, path, p)
			}
		})
	}
}

// checkLinks follows every link of a page within the site, with its fragment.
func checkLinks(t *testing.T, h http.Handler, from string, p *webtest.Page) {
	t.Helper()
	for _, link := range p.Links() {
		target, err := url.Parse(link)
		if err != nil {
			t.Errorf("%s: link %q: %v", from, link, err)
			continue
		}
		if target.Host != "" {
			if target.Scheme != "http" && target.Scheme != "https" {
				t.Errorf("%s: link %q", from, link)
			}
			continue
		}
		on := p
		if target.Path != "" {
			r := get(h, target.Path)
			if r.StatusCode != http.StatusOK {
				t.Errorf("%s: link %q answers %s", from, link, r.Status)
				continue
			}
			if target.Fragment == "" {
				continue
			}
			if on, err = webtest.Parse([]byte(read(t, r))); err != nil {
				t.Fatal(err)
			}
		}
		if target.Fragment != "" && !on.HasID(target.Fragment) {
			t.Errorf("%s: link %q leads to no place on the page", from, link)
		}
	}
}

func TestErrorPagesAreSound(t *testing.T) {
	h, _ := handler(t, contenttest.QingnianNo2(), "gone-item")
	for _, c := range []struct {
		method, path, lang string
		status             int
		want               string
	}{
		{"GET", "/en/services/nothing", "en", 404, "Page not found"},
		{"GET", "/zh-CN/x", "zh-CN", 404, "没有找到这个页面"},
		{"GET", "/x", "zh-CN", 404, "没有找到这个页面"},
		{"POST", "/en/about", "en", 405, "can only be read"},
		{"DELETE", "/zh-CN/", "zh-CN", 405, "只能查看"},
		{"GET", "/en/services/gone-item", "en", 410, "This service has ended"},
		{"GET", "/zh-CN/services/gone-item/", "zh-CN", 410, "这项服务已经结束"},
		{"GET", "/services/gone-item", "zh-CN", 410, "这项服务已经结束"},
	} {
		r := httptest.NewRequest(c.method, c.path, nil)
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		body := w.Body.String()
		if w.Code != c.status || !strings.Contains(body, c.want) {
			t.Errorf("%s %s: %d, %.80q", c.method, c.path, w.Code, body)
			continue
		}
		if c.status == 405 && w.Header().Get("Allow") != "GET, HEAD" {
			t.Errorf("%s %s: Allow %q", c.method, c.path, w.Header().Get("Allow"))
		}
		if w.Header().Get("Cache-Control") != "no-store" || w.Header().Get("Content-Security-Policy") == "" {
			t.Errorf("%s %s: header %v", c.method, c.path, w.Header())
		}
		p, err := webtest.Parse([]byte(body))
		if err != nil {
			t.Fatal(err)
		}
		for _, problem := range p.Problems(c.lang) {
			t.Errorf("%s %s: %s", c.method, c.path, problem)
		}
		checkLinks(t, h, c.path, p)
	}
}

func TestPagesSayWhatResidentsNeed(t *testing.T) {
	h, _ := handler(t, contenttest.QingnianNo2())
	full, _ := handler(t, contenttest.Full())
	for _, c := range []struct {
		h    http.Handler
		path string
		want []string
	}{
		{h, "/zh-CN/", []string{"青年路第二社区", "青年路街道", "星期一至星期五", "09:00", "星期六、星期日", "不开放", "居住情况说明", "查看全部 9 项服务", "1,679", "6,788", "项未达到", "不上网也能办"}},
		{h, "/en/", []string{"Qingnian Road No.2 Community", "Monday to Friday", "Saturday and Sunday", "Closed", "All 9 services", "No internet needed"}},
		{h, "/en/services", []string{"Certificates", "Agency services", "within 15 days", "within 20 minutes"}},
		{h, "/en/services/residence-letter", []string{"What to bring", "Your identity card (original)", "Home address", "Only this, and nothing else.", "A paper form is enough", "30 minutes", "1 day", "own service"}},
		{h, "/zh-CN/about", []string{"356", "96", "260", "社区工作人员", "从不公布个人", "第3网格", "<svg", " m</text>"}},
		{h, "/en/disclosure", []string{"at least 300", "356", "at least 12.22 ", "Not met", "Not known", "not reported", "1,000–3,000", "CNY 35,000", "It counts work, not people.", "Xi&#39;an community standard (2014)"}},
		{h, "/zh-CN/neighbours", []string{"莲湖路第一社区", "https://lianhu-1.communities.example/"}},
		{full, "/zh-CN/", []string{"服务暂停"}},
		{full, "/en/services/elder-allowance", []string{
			"Sample District Civil Affairs Bureau", "article 10", "municipal", `<span lang="zh-CN">示范文件〔2018〕12号</span>`, "15 days 1 hour 30 minutes",
			"CNY 12 per case, CNY 3,000 per community a year", "CNY 7,320 a year", "every quarter", "区级财政老龄事业专项", "about 120 hours a year", "1 July 2018", "no end set",
			"old age allowance payment", "Your separate consent", "1,825 days (about 5 years) after the case is closed", "1 day after", "not asked again", "at the counter only", "make known", "示范民函〔2018〕3号委托书",
		}},
		{full, "/zh-CN/services/elder-allowance", []string{"示范区民政局", "高龄津贴发放", "市级", "文号：", "每件 12 元", "7,320 元", "每季度一次", "每年约 120 小时", "2018年7月1日", "长期", "本人单独同意", "办结后 1,825 天（约 5 年）", ">高龄津贴发放</span>", "只在窗口受理", "宣传告知"}},
		{full, "/en/tasks", []string{"6 tasks.", "CNY 10,388.50 a year", "about 226 hours", `href="/en/services/elder-allowance"`, `href="/en/tasks/market-supervision.street-stalls"`, "22 November 2026", "old-operator", "Work for a limited time"}},
		{full, "/zh-CN/tasks/market-supervision.food-safety-publicity", []string{"不需要居民申请", "示范区市场监督管理局", "宣传告知", "示范食安办函〔2026〕5号", "不使用个人信息", "每个社区每年 800 元", "一次拨付", "2026年11月22日"}},
		{full, "/en/tasks/market-supervision.street-stalls", []string{"No source of money", "put things right", "示范市政府令第 7 号"}},
		{full, "/zh-CN/services", []string{"部门任务带来的服务", `href="#department-civil-affairs"`, `<h3 id="department-human-resources">示范区人力资源和社会保障局</h3>`, "civil-affairs.minimum-living"}},
		{full, "/en/services/human-resources.employment-registration", []string{"this site can&#39;t take applications yet", "Any counter", "Who gets this once it is accepted", "Employment services information system", "to correct or delete it"}},
		{h, "/en/tasks", []string{"No department&#39;s task is admitted"}},
		{full, "/en/about", []string{"000-0000 0000", "9 seats; 9 are filled", "1,250,000", "610104001001001", `<span lang="zh-CN">公益性岗位</span>`}},
		{full, "/zh-CN/disclosure", []string{"215,000.50 元", "示范文件〔2014〕1号", "查看全部 6 项任务", "10,388.50 元", "不超过 2", "来源：区级财政"}},
	} {
		body := page(t, c.h, c.path)
		for _, want := range c.want {
			if !strings.Contains(body, want) {
				t.Errorf("%s doesn't say %q", c.path, want)
			}
		}
	}
}

func TestFooterNamesRevisionAndStandard(t *testing.T) {
	doc := document(t, contenttest.QingnianNo2())
	h, _ := handler(t, contenttest.QingnianNo2())
	body := page(t, h, "/en/")
	if !strings.Contains(body, "<code>"+doc.Revision[:10]+"</code>") {
		t.Error("no revision")
	}
	unnamed := contenttest.QingnianNo2()
	unnamed.Site.Standard.Title = content.Text{}
	h, _ = handler(t, unnamed)
	if body := page(t, h, "/en/"); !strings.Contains(body, "Standard in force: xian-2014") {
		t.Error("a standard without title isn't named")
	}
}

func TestLanguages(t *testing.T) {
	h, _ := handler(t, contenttest.QingnianNo2())
	body := page(t, h, "/en/services/water-bill")
	for _, want := range []string{`hreflang="zh-CN" href="/zh-CN/services/water-bill"`, `href="/zh-CN/services/water-bill" lang="zh-CN" hreflang="zh-CN">中文`, `<html lang="en"`} {
		if !strings.Contains(body, want) {
			t.Errorf("no %s", want)
		}
	}
	only := contenttest.QingnianNo2()
	only.Site.Languages = []string{content.Chinese}
	h, _ = handler(t, only)
	if body := page(t, h, "/"); strings.Contains(body, "hreflang") || strings.Contains(body, "English") {
		t.Error("a site of one language offers a switch")
	}
	if r := get(h, "/en/"); r.StatusCode != http.StatusNotFound {
		t.Errorf("/en/ of a Chinese site: %s", r.Status)
	}
}

func TestHostileTextsAreEscaped(t *testing.T) {
	const attack = `"><script>alert(1)</script><img src=x onerror=alert(1)>'{{.}}` + "\x00\u202e"
	doc := poison(contenttest.Full(), attack)
	tree, err := portal.Build(&doc, nil)
	if err != nil {
		t.Fatal(err)
	}
	h := serve.NewHandler(serve.NewMetrics(prometheus.NewRegistry(), portal.Program), slog.New(slog.DiscardHandler))
	h.Serve(tree)
	hits := 0
	for _, path := range tree.Paths() {
		body := page(t, h, path)
		if !strings.HasPrefix(body, "<!DOCTYPE html>") {
			continue
		}
		hits += strings.Count(body, "&lt;script&gt;")
		for _, bad := range []string{"<script", "<img", "onerror=alert(1)>'", "\x00", "\u202e"} {
			if strings.Contains(body, bad) {
				t.Errorf("%s holds %q", path, bad)
			}
		}
		p, err := webtest.Parse([]byte(body))
		if err != nil {
			t.Fatalf("%s: %v", path, err)
		}
		for _, problem := range p.Problems(languageOf(path)) {
			t.Errorf("%s: %s", path, problem)
		}
	}
	if hits < 100 {
		t.Errorf("the attack was shown %d times only; does the test reach the texts?", hits)
	}
}
