package main

import (
	"bytes"
	"io"
	"net/http"
	"strings"
	"sync"
	"time"
)

// recorder is a transport that keeps the operator's writes and counts its
// traffic.
type recorder struct {
	next http.RoundTripper

	mu        sync.Mutex
	writes    []write
	reads     int
	sent      int64
	received  int64
	lastWrite time.Time
	inFlight  time.Duration // of all writes together
	failed    int
}

// write is one request that changed something.
type write struct {
	method, path, query, contentType string
	body                             []byte
}

func (r *recorder) wrap(next http.RoundTripper) http.RoundTripper {
	r.next = next
	return r
}

// RoundTrip implements http.RoundTripper.
func (r *recorder) RoundTrip(req *http.Request) (*http.Response, error) {
	if req.Method == http.MethodGet {
		r.mu.Lock()
		if req.URL.Query().Get("watch") == "" {
			r.reads++
		}
		r.mu.Unlock()
		return r.next.RoundTrip(req)
	}
	var body []byte
	if req.Body != nil {
		var err error
		if body, err = io.ReadAll(req.Body); err != nil {
			return nil, err
		}
		req.Body = io.NopCloser(bytes.NewReader(body))
	}
	start := time.Now()
	resp, err := r.next.RoundTrip(req)
	if err != nil {
		return nil, err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.inFlight += time.Since(start)
	r.sent += int64(len(body))
	r.received += max(0, resp.ContentLength)
	r.lastWrite = time.Now()
	if resp.StatusCode >= http.StatusBadRequest {
		r.failed++
		return resp, nil
	}
	r.writes = append(r.writes, write{req.Method, req.URL.Path, req.URL.RawQuery, req.Header.Get("Content-Type"), body})
	return resp, nil
}

func (w write) isApply() bool { return strings.HasPrefix(w.contentType, "application/apply-patch") }

// group is the namespace a write is in, or is of: a group's writes are made one
// after the other, groups beside each other.
func (w write) group() string {
	_, rest, ok := strings.Cut(w.path, "/namespaces/")
	if !ok {
		return ""
	}
	name, _, _ := strings.Cut(rest, "/")
	return name
}

// kinds counts writes by what they are.
func kinds(writes []write) map[string]int {
	out := map[string]int{}
	for _, w := range writes {
		switch {
		case w.isApply():
			out["applies of children"]++
		case strings.HasSuffix(w.path, "/status"):
			out["status writes"]++
		case strings.Contains(w.path, "/events"):
			out["events"]++
		case w.method == http.MethodPatch:
			out["names recorded on intent objects"]++
		default:
			out[w.method+" others"]++
		}
	}
	return out
}
