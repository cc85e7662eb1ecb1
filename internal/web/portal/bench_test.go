package portal_test

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strconv"
	"testing"
	"time"

	"github.com/shequ-io/shequ/internal/content"
	"github.com/shequ-io/shequ/internal/content/contenttest"
	"github.com/shequ-io/shequ/internal/web/portal"
)

// sink takes an answer and keeps nothing.
type sink struct{ header http.Header }

func (s *sink) Header() http.Header         { return s.header }
func (s *sink) Write(b []byte) (int, error) { return len(b), nil }
func (s *sink) WriteHeader(int)             {}

// BenchmarkHandler is the portal's own work for one request, without network.
func BenchmarkHandler(b *testing.B) {
	h, _ := handler(b, contenttest.QingnianNo2())
	r := httptest.NewRequest(http.MethodGet, "/zh-CN/services", nil)
	r.Header.Set("Accept-Encoding", "gzip, deflate, br, zstd")
	b.ReportAllocs()
	for b.Loop() {
		h.ServeHTTP(&sink{http.Header{}}, r)
	}
}

// BenchmarkRatio compares the portal over HTTP with a floor: a bare handler
// that writes the same bytes. It reports how many times the floor's time a
// request takes; the two take turns, so that both see the same machine.
func BenchmarkRatio(b *testing.B) {
	h, _ := handler(b, contenttest.QingnianNo2())
	portalServer := httptest.NewServer(h)
	defer portalServer.Close()
	client := &http.Client{Transport: &http.Transport{DisableCompression: true}}
	want := fetch(b, client, portalServer.URL+"/zh-CN/services")
	floorServer := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		w.Header().Set("Content-Length", strconv.Itoa(len(want)))
		_, _ = w.Write(want)
	}))
	defer floorServer.Close()
	var portalTook, floorTook time.Duration
	for b.Loop() {
		for range 50 {
			start := time.Now()
			fetch(b, client, floorServer.URL+"/zh-CN/services")
			middle := time.Now()
			fetch(b, client, portalServer.URL+"/zh-CN/services")
			floorTook += middle.Sub(start)
			portalTook += time.Since(middle)
		}
	}
	b.ReportMetric(float64(portalTook)/float64(floorTook), "×floor")
	b.ReportMetric(float64(len(want)), "bytes")
}

func fetch(b *testing.B, client *http.Client, url string) []byte {
	b.Helper()
	r, err := http.NewRequest(http.MethodGet, url, nil)
	if err != nil {
		b.Fatal(err)
	}
	r.Header.Set("Accept-Encoding", "gzip")
	answer, err := client.Do(r)
	if err != nil {
		b.Fatal(err)
	}
	data, err := io.ReadAll(answer.Body)
	if err != nil {
		b.Fatal(err)
	}
	_ = answer.Body.Close()
	return data
}

// BenchmarkBuild renders a whole site of 200 services, as after a change.
func BenchmarkBuild(b *testing.B) {
	doc := document(b, crowded(200))
	for b.Loop() {
		if _, err := portal.Build(doc, nil); err != nil {
			b.Fatal(err)
		}
	}
}

// crowded is the full sample with n services.
func crowded(n int) content.Document {
	doc := contenttest.Full()
	first := doc.Items[0]
	doc.Items = nil
	for i := range n {
		item := first
		item.Name = fmt.Sprintf("item-%d", i)
		doc.Items = append(doc.Items, item)
	}
	return doc
}
