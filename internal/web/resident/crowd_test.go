package resident_test

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"
)

// dribble sends forms of an address that never come to their end, and returns how to
// end them, once all have been let in.
func (p *place) dribble(t *testing.T, n int, address, path, begun string) (end func()) {
	t.Helper()
	var wait sync.WaitGroup
	writers := make([]*io.PipeWriter, n)
	for i := range n {
		var body *io.PipeReader
		body, writers[i] = io.Pipe()
		r := httptest.NewRequest(http.MethodPost, path, body)
		r.Header.Set("Content-Type", "multipart/form-data; boundary=x")
		r.RemoteAddr = address
		wait.Go(func() {
			p.handler.ServeHTTP(httptest.NewRecorder(), r)
			_ = body.Close()
		})
		// What follows the beginning of a part is read once that part was let in.
		for _, text := range []string{begun, "more"} {
			if _, err := io.WriteString(writers[i], text); err != nil {
				t.Fatal(err)
			}
		}
	}
	return sync.OnceFunc(func() {
		for _, w := range writers {
			_ = w.Close()
		}
		wait.Wait()
	})
}

const beginning = "--x\r\nContent-Disposition: form-data; name=\"token\"\r\n\r\n"

// Whoever sends slowly, and much of it at once, keeps nobody else out.
func TestSlowSendersKeepNobodyOut(t *testing.T) {
	p := newPlace(t, survey())
	end := p.dribble(t, 6, "203.0.113.7:1", "/en/help", beginning)
	defer end()
	if got := p.from("203.0.113.7:2"); got != http.StatusTooManyRequests {
		t.Errorf("a seventh form of the address: %d", got)
	}
	if got := p.from("203.0.113.8:2"); got != http.StatusUnprocessableEntity {
		t.Errorf("a form of another: %d", got)
	}
	if got := p.get("/en/help"); got.status != http.StatusOK {
		t.Errorf("a page to read: %d", got.status)
	}
	end()
	if got := p.from("203.0.113.7:3"); got != http.StatusUnprocessableEntity {
		t.Errorf("when they have come to their end: %d", got)
	}
}

// Of one address, files of one form are on their way at a time; those of another come
// in meanwhile, and a form sent twice by a hurried finger waits for its twin.
func TestSlowFilesKeepNobodyOut(t *testing.T) {
	p := newPlace(t, survey())
	file := "--x\r\nContent-Disposition: form-data; name=\"files\"; filename=\"a\"\r\n\r\n"
	end := p.dribble(t, 1, "203.0.113.7:1", "/en/help", file+"%PDF-1.7")
	defer end()
	send := func(address string) (int, string) {
		form := p.filled("/en/help", "f.request-text", "x")
		var body strings.Builder
		for name := range form {
			fmt.Fprintf(&body, "--x\r\nContent-Disposition: form-data; name=%q\r\n\r\n%s\r\n", name, form.Get(name))
		}
		body.WriteString(file + "%PDF-1.7\r\n--x--")
		r := httptest.NewRequest(http.MethodPost, "/en/help", strings.NewReader(body.String()))
		r.Header.Set("Content-Type", "multipart/form-data; boundary=x")
		r.RemoteAddr = address
		got := p.send(r)
		return got.status, got.body
	}
	if status, body := send("203.0.113.8:1"); status != http.StatusOK {
		t.Errorf("another address: %d\n%s", status, body)
	}
	waiting := make(chan int, 1)
	go func() {
		status, _ := send("203.0.113.7:2")
		waiting <- status
	}()
	select {
	case status := <-waiting:
		t.Errorf("a second form of the address did not wait: %d", status)
	case <-time.After(200 * time.Millisecond):
	}
	end()
	if status := <-waiting; status != http.StatusOK {
		t.Errorf("when the first has come to its end: %d", status)
	}
}
