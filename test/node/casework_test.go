package node

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"

	"github.com/shequ-io/shequ/hack/local"
	servers "github.com/shequ-io/shequ/hack/local/district"
	"github.com/shequ-io/shequ/internal/web/webtest"
	"github.com/shequ-io/shequ/internal/web/webtest/walk"
	"github.com/shequ-io/shequ/test/internal/live"
)

// anding is the community whose casework is tested.
const anding = "anding"

func hostname(name string) string { return "https://" + name + servers.Suffix }

// walker walks through a community in a browser, by the gateway.
func walker(t *testing.T, lang string, width int64) *walk.Walk {
	t.Helper()
	return &walk.Walk{
		Browser: webtest.NewBrowser(t, chromedp.IgnoreCertErrors,
			chromedp.Flag("host-resolver-rules", "MAP *"+servers.Suffix+" "+cluster.Servers.Address)),
		Portal: hostname(anding), Desk: hostname(anding + "-desk"), Lang: lang, Width: width, Password: servers.Password,
	}
}

func byGateway(t *testing.T) *http.Client {
	t.Helper()
	client, err := local.Trusting(cluster.Servers)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(client.CloseIdleConnections)
	return client
}

// A resident applies, staff sign in with the district's provider and work the case
// through every step, and the resident sees it and rates it.
func TestACaseFromApplicationToRating(t *testing.T) {
	settled(t)
	for _, v := range []struct {
		lang  string
		width int64
	}{{"zh-CN", 1280}, {"en", 390}} {
		t.Run(v.lang, func(t *testing.T) {
			w := walker(t, v.lang, v.width)
			code := w.Apply(t, "/services/volunteer-record/apply", map[string]string{
				"applicant-name": "Resident of Anding", "telephone": "13800138000", "request-reason": "for a school",
			})
			w.SignIn(t, anding+"-staff")
			w.Find(t, code)
			if got := w.Letter(t); !strings.Contains(got, "for a school") {
				t.Errorf("staff read %q", got)
			}
			for _, event := range []string{"register", "handle", "report"} {
				w.Do(t, event, nil)
			}
			w.SignOut(t)
			w.SignIn(t, anding+"-lead")
			w.Find(t, code)
			w.Do(t, "verify", nil)
			w.Do(t, "close", nil)
			w.SignOut(t)
			w.Rate(t, code, 5)
			w.UntilProgress(t, code, "5 · 5 · 5")
		})
	}
}

// receipt code as it stands in a text.
var receipt = regexp.MustCompile(`[0-9A-Z]{4}-[0-9A-Z]{4}-[0-9A-Z]{4}-[0-9A-Z]{5}`)

// A point that is reported by Open311 goes, once the station has accepted it, to the
// grid it lies in, whose worker handles it.
func TestAReportGoesToItsGrid(t *testing.T) {
	settled(t)
	client := byGateway(t)
	resp, err := client.PostForm(hostname(anding)+"/open311/v2/requests.json", url.Values{
		"service_code": {"help-request"}, "lat": {"34.2745"}, "long": {"108.9418"}, "description": {"the lamp at the gate is out"},
	})
	if err != nil {
		t.Fatal(err)
	}
	body, err := io.ReadAll(resp.Body)
	_ = resp.Body.Close()
	var got []struct {
		ID     string `json:"service_request_id"`
		Notice string `json:"service_notice"`
	}
	if err != nil || json.Unmarshal(body, &got) != nil || len(got) != 1 || got[0].ID == "" {
		t.Fatalf("%s: %s (%v)", resp.Status, body, err)
	}
	live.Eventually(t, soon, func(ctx context.Context) error {
		return answersWith(ctx, client, hostname(anding)+"/open311/v2/requests/"+got[0].ID+".json", `"status":"open"`)
	})
	code := receipt.FindString(got[0].Notice)
	w := walker(t, "zh-CN", 390)
	w.SignIn(t, anding+"-staff")
	w.Find(t, code)
	w.Do(t, "register", nil)
	w.SignOut(t)
	w.SignIn(t, anding+"-g01-a")
	live.Eventually(t, soon, func(context.Context) error {
		w.Browser.Open(t, w.Desk+"/zh-CN/queue/grid", 390, 900, false)
		if !webtest.Ask[bool](t, w.Browser, `document.querySelector('main a[href*="/cases/"]') !== null`) {
			return errors.New("the grid's queue is empty")
		}
		return nil
	})
	w.Browser.Follow(t, `main a[href*="/cases/"]`)
	if letter := w.Letter(t); !strings.Contains(letter, "the lamp at the gate is out") {
		t.Errorf("the grid's worker reads %q", letter)
	}
	w.Do(t, "handle", nil)
	w.SignOut(t)
}

// answersWith is why an address does not answer with a text yet.
func answersWith(ctx context.Context, client *http.Client, address, want string) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return err
	}
	resp, err := client.Do(req)
	if err != nil {
		return err
	}
	defer func() { _ = resp.Body.Close() }()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		return err
	}
	if !strings.Contains(string(body), want) {
		return fmt.Errorf("%s, without %s: %.300s", resp.Status, want, body)
	}
	return nil
}
