package resident_test

import (
	"crypto/rand"
	"fmt"
	"image"
	"image/jpeg"
	"io"
	"net/http"
	"net/http/httptest"
	"runtime"
	"runtime/debug"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/shequ-io/shequ/internal/seal"
)

// BenchmarkForm renders a form page, as each visit does.
func BenchmarkForm(b *testing.B) {
	for name, path := range map[string]string{"help": "/zh-CN/help", "apply": "/zh-CN/services/resident-insurance/apply"} {
		b.Run(name, func(b *testing.B) {
			p := newPlace(b, survey())
			b.ReportAllocs()
			for b.Loop() {
				if r := p.get(path); r.status != http.StatusOK {
					b.Fatal(r.status)
				}
			}
		})
	}
}

// BenchmarkSubmit takes a form in, up to the store.
func BenchmarkSubmit(b *testing.B) {
	p := newPlace(b, survey())
	form := p.filled("/en/opinion", "f.request-text", strings.Repeat("an opinion ", 20))
	b.ReportAllocs()
	for b.Loop() {
		p.clock.forward(time.Second)
		form.Set("token", p.get("/en/opinion").form(b, 0).Get("token"))
		if r := p.post("/en/opinion", form); r.status != http.StatusOK {
			b.Fatal(r.status)
		}
	}
}

// TestUploadsStayWithinThePod sends twenty forms with files at once and looks at
// what is held at the most.
func TestUploadsStayWithinThePod(t *testing.T) {
	p := newPlace(t, survey())
	p.seal.by = sealing(t)
	server := httptest.NewServer(p.handler)
	t.Cleanup(server.Close)
	// As the program does, and the pod.
	percent := debug.SetGCPercent(40)
	t.Cleanup(func() { debug.SetGCPercent(percent) })
	// As many bytes of pixels as a file may have.
	small := photograph(t, func(w io.Writer, m image.Image) error { return jpeg.Encode(w, m, nil) })
	pixels, end := small[:len(small)-2], small[len(small)-2:]
	picture := slices.Concat(pixels, make([]byte, 2<<20-len(small)), end)
	var body strings.Builder
	form := letter(p)
	form.Set("f.birth-date", "")
	for name, all := range form {
		fmt.Fprintf(&body, "--x\r\nContent-Disposition: form-data; name=%q\r\n\r\n%s\r\n", name, all[0])
	}
	for range 3 {
		fmt.Fprintf(&body, "--x\r\nContent-Disposition: form-data; name=\"files\"; filename=\"a\"\r\n\r\n%s\r\n", picture)
	}
	body.WriteString("--x--")
	text := body.String()
	base := held()
	done, most := make(chan int, 20), make(chan uint64)
	stop := make(chan struct{})
	go func() {
		var peak uint64
		for {
			select {
			case <-stop:
				most <- peak
				return
			case <-time.After(5 * time.Millisecond):
				peak = max(peak, held())
			}
		}
	}()
	for range 20 {
		go func() {
			r, err := http.Post(server.URL+letterPath, "multipart/form-data; boundary=x", strings.NewReader(text))
			if err != nil {
				done <- 0
				return
			}
			_ = r.Body.Close()
			done <- r.StatusCode
		}()
	}
	taken := 0
	for range 20 {
		switch got := <-done; got {
		case http.StatusOK:
			taken++
		case http.StatusUnprocessableEntity, http.StatusTooManyRequests: // no place in time
		default:
			t.Errorf("%d", got)
		}
	}
	close(stop)
	peak := <-most - base
	http.DefaultClient.CloseIdleConnections()
	// Two forms of 6 MiB, plain and sealed, and what is not yet collected.
	if taken == 0 || peak > 56<<20 {
		t.Errorf("%d taken, %d MiB held at the most", taken, peak>>20)
	}
	t.Logf("%d taken, %d MiB held at the most", taken, peak>>20)
}

// sealing is a real key.
func sealing(t *testing.T) seal.PublicKey {
	t.Helper()
	seed, err := seal.NewSeed(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	pair, err := seed.Sealing()
	if err != nil {
		t.Fatal(err)
	}
	return pair.Public()
}

func held() uint64 {
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}
