package controllertest

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"sync"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// Fault answers a request in place of the API server; nil lets it through.
type Fault func(*http.Request) *metav1.Status

// Request is one request the operator sent.
type Request struct {
	Method, Path string
	Code         int
	// Metadata: nothing but an object's metadata was asked for.
	Metadata bool
}

// Write reports whether the request changes something. Events and Leases are
// not counted, and a question is not a change.
func (r Request) Write() bool {
	return r.Method != http.MethodGet && !slices.ContainsFunc([]string{"/events", "/leases", "/selfsubjectreviews"}, func(not string) bool {
		return strings.Contains(r.Path, not)
	})
}

// Traffic is every request one operator sent.
type Traffic struct {
	mu       sync.Mutex
	requests []Request
	fault    Fault
}

// Requests that concern one of the namespaces: in it, or the namespace itself.
// All without a namespace.
func (tr *Traffic) Requests(namespaces ...string) []Request {
	tr.mu.Lock()
	defer tr.mu.Unlock()
	return slices.DeleteFunc(slices.Clone(tr.requests), func(r Request) bool {
		return len(namespaces) > 0 && !slices.ContainsFunc(namespaces, func(ns string) bool {
			return strings.Contains(r.Path+"/", "/namespaces/"+ns+"/")
		})
	})
}

// Writes are the requests that change something.
func (tr *Traffic) Writes(namespaces ...string) []Request {
	return slices.DeleteFunc(tr.Requests(namespaces...), func(r Request) bool { return !r.Write() })
}

// Reset forgets what was sent.
func (tr *Traffic) Reset() {
	tr.mu.Lock()
	defer tr.mu.Unlock()
	tr.requests = nil
}

func (tr *Traffic) wrap(next http.RoundTripper) http.RoundTripper {
	return roundTripper(func(req *http.Request) (*http.Response, error) {
		answer, err := tr.answer(req, next)
		code := 0
		if answer != nil {
			code = answer.StatusCode
		}
		tr.mu.Lock()
		defer tr.mu.Unlock()
		tr.requests = append(tr.requests, Request{
			Method: req.Method, Path: req.URL.Path, Code: code, Metadata: strings.Contains(req.Header.Get("Accept"), "as=PartialObjectMetadata"),
		})
		return answer, err
	})
}

func (tr *Traffic) answer(req *http.Request, next http.RoundTripper) (*http.Response, error) {
	if tr.fault != nil {
		if status := tr.fault(req); status != nil {
			return refusal(req, status)
		}
	}
	return next.RoundTrip(req)
}

func refusal(req *http.Request, status *metav1.Status) (*http.Response, error) {
	status.TypeMeta = metav1.TypeMeta{APIVersion: "v1", Kind: "Status"}
	status.Status = metav1.StatusFailure
	body, err := json.Marshal(status)
	if err != nil {
		return nil, fmt.Errorf("a made-up answer: %w", err)
	}
	return &http.Response{
		StatusCode: int(status.Code), Request: req, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Header: http.Header{"Content-Type": {"application/json"}}, Body: io.NopCloser(bytes.NewReader(body)), ContentLength: int64(len(body)),
	}, nil
}

type roundTripper func(*http.Request) (*http.Response, error)

func (f roundTripper) RoundTrip(req *http.Request) (*http.Response, error) { return f(req) }
