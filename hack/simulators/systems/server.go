package systems

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"mime"
	"net/http"
	"net/url"
	"strconv"
	"time"
)

const (
	basePath  = "/api/v1"
	tokenPath = "/oauth2/token"
)

// handler answers over HTTP, whatever the authentication.
func (s *System) handler() http.Handler {
	mux := http.NewServeMux()
	if s.kind.Protocol == XRoad {
		// The service is looked up by the guard, as a security server does.
		mux.HandleFunc("/", s.message)
		return s.faulty(mux)
	}
	mux.HandleFunc("GET "+basePath+"/health", func(w http.ResponseWriter, _ *http.Request) {
		s.write(w, http.StatusOK, nil, []byte(`{"status":"up"}`))
	})
	mux.HandleFunc("POST "+basePath, s.message)
	mux.HandleFunc("POST "+basePath+"/cases", s.message)
	if s.tokens != nil {
		mux.HandleFunc("POST "+tokenPath, s.token)
	}
	if s.kind.Name == UtilityBills {
		s.billing(mux)
	}
	return s.faulty(mux)
}

// faulty counts every request, and answers 503 or late where it is told to.
func (s *System) faulty(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		defer s.book.begin()()
		r.Body = http.MaxBytesReader(w, r.Body, maxBody)
		if s.switches.get().Down == Down503 {
			s.switches.take()
			s.book.spoil(Down503)
			s.refuse(w, r, &refusal{status: http.StatusServiceUnavailable, code: "down", message: "the system is down; try again later"})
			return
		}
		next.ServeHTTP(w, r)
	})
}

// token gives out access tokens.
func (s *System) token(w http.ResponseWriter, r *http.Request) {
	body, refused := read(r)
	if refused == nil {
		kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
		form, bad := url.ParseQuery(string(body))
		if err != nil || bad != nil || kind != "application/x-www-form-urlencoded" {
			refused = &refusal{status: http.StatusBadRequest, code: "invalid_request", message: "send a form"}
		} else {
			var out granted
			if out, refused = s.tokens.grant(r, form); refused == nil {
				s.give(w, out)
				return
			}
		}
	}
	s.refuse(w, r, refused)
}

func (s *System) give(w http.ResponseWriter, out granted) {
	body, err := json.Marshal(out)
	if err != nil { // texts and a number
		panic(err)
	}
	s.write(w, http.StatusOK, http.Header{"Cache-Control": {"no-store"}, "Pragma": {"no-cache"}}, body)
}

func read(r *http.Request) ([]byte, *refusal) {
	body, err := io.ReadAll(r.Body)
	var tooLarge *http.MaxBytesError
	switch {
	case errors.As(err, &tooLarge):
		return nil, &refusal{status: http.StatusRequestEntityTooLarge, code: "too-large", message: "send at most 1 MiB"}
	case err != nil:
		return nil, &refusal{status: http.StatusBadRequest, code: "body-unreadable", message: "the body did not arrive whole; send it again"}
	}
	return body, nil
}

// message takes one delivery.
func (s *System) message(w http.ResponseWriter, r *http.Request) {
	if wait := s.switches.wait(s.book.now()); wait > 0 {
		s.book.spoil("rate")
		seconds := strconv.FormatInt(int64((wait+time.Second-1)/time.Second), 10)
		s.refuse(w, r, &refusal{
			status: http.StatusTooManyRequests, code: "rate-limited", message: "too many messages; wait as long as Retry-After says",
			header: http.Header{"Retry-After": {seconds}},
		})
		return
	}
	faults := s.switches.take()
	body, refused := read(r)
	if faults.Slow > 0 {
		s.book.spoil("slow")
		// A sender that went away changes nothing: its message is processed late.
		if !s.pause(time.Duration(faults.Slow)) {
			panic(http.ErrAbortHandler)
		}
	}
	if refused == nil {
		refused = s.guard.check(r, body)
	}
	var m Message
	if refused == nil {
		m, refused = s.understand(r, body)
	}
	if refused != nil {
		s.refuse(w, r, refused)
		return
	}
	answer, again, err := s.book.process(m)
	switch {
	case errors.Is(err, errKeyReused):
		s.refuse(w, r, &refusal{status: http.StatusUnprocessableEntity, code: "key-reused", message: err.Error()})
	case err != nil:
		s.refuse(w, r, &refusal{status: http.StatusInternalServerError, code: "journal", message: "what was processed can't be remembered"})
	default:
		s.answer(w, r, faults, body, answer, again)
	}
}

// understand reads a message that is who it says it is.
func (s *System) understand(r *http.Request, body []byte) (Message, *refusal) {
	if r.Method != http.MethodPost {
		return Message{}, &refusal{
			status: http.StatusMethodNotAllowed, code: "method-not-allowed", message: "send messages with POST", header: http.Header{"Allow": {"POST"}},
		}
	}
	if kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type")); err != nil || kind != "application/json" {
		return Message{}, &refusal{status: http.StatusUnsupportedMediaType, code: "not-json", message: "send application/json"}
	}
	if !validKey(r.Header.Get(HeaderKey)) {
		return Message{}, &refusal{status: http.StatusBadRequest, code: "key-missing", message: "send an Idempotency-Key of 1 to 255 visible characters"}
	}
	m, err := parse(body, r.Header)
	if err != nil {
		return Message{}, &refusal{status: http.StatusBadRequest, code: "body-malformed", message: err.Error()}
	}
	return m, nil
}

func validKey(key string) bool {
	if key == "" || len(key) > 255 {
		return false
	}
	for i := range len(key) {
		if key[i] < '!' || key[i] > '~' {
			return false
		}
	}
	return true
}

// answer says what became of a message, or what a fault makes of it.
func (s *System) answer(w http.ResponseWriter, r *http.Request, faults Faults, sent []byte, answer Answer, again bool) {
	header := http.Header{}
	if x, is := s.guard.(securityServer); is {
		header = x.headers(r, sent)
	}
	if again {
		header.Set(HeaderReplayed, "true")
	}
	status := http.StatusOK
	body, err := json.Marshal(answer)
	if err != nil { // texts, numbers and times
		panic(err)
	}
	if faults.Late > 0 {
		s.book.spoil("late")
		if !s.pause(time.Duration(faults.Late)) {
			panic(http.ErrAbortHandler)
		}
	}
	switch {
	case faults.Drop:
		s.book.spoil("drop")
		panic(http.ErrAbortHandler)
	case faults.Wrong == WrongGarbage:
		s.book.spoil(WrongGarbage)
		body = []byte("<html><body>系统维护中 {\"outcome\":\n")
	case faults.Wrong == WrongNonsense:
		s.book.spoil(WrongNonsense)
		body = []byte(`{"outcome":"perhaps","reference":7}`)
	case faults.Wrong == WrongStatus:
		s.book.spoil(WrongStatus)
		status, body = http.StatusInternalServerError, []byte(`{"error":"internal","message":"something went wrong"}`)
	}
	if faults.Duplicate {
		s.book.spoil("duplicate")
		s.twice(w, status, header, body)
		return
	}
	s.write(w, status, header, body)
}

// twice writes two whole answers to one request, as a proxy that lost count does.
func (s *System) twice(w http.ResponseWriter, status int, header http.Header, body []byte) {
	conn, _, err := http.NewResponseController(w).Hijack()
	if err != nil {
		s.write(w, status, header, body)
		return
	}
	defer func() { _ = conn.Close() }() // the sender may have been faster
	header.Set("Content-Type", "application/json; charset=utf-8")
	for range 2 {
		one := http.Response{
			StatusCode: status, ProtoMajor: 1, ProtoMinor: 1, Header: header,
			Body: io.NopCloser(bytes.NewReader(body)), ContentLength: int64(len(body)),
		}
		if err := one.Write(conn); err != nil {
			return
		}
	}
}

func (s *System) refuse(w http.ResponseWriter, r *http.Request, refused *refusal) {
	s.book.refuse(refused.code)
	var body []byte
	var err error
	header := refused.header
	x, is := s.guard.(securityServer)
	switch {
	case is && header.Get(xRoadErrorHeader) != "":
		body, err = xRoadBody(refused)
	case is:
		header = x.headers(r, nil)
		maps.Copy(header, refused.header)
		fallthrough
	case r.URL.Path != tokenPath:
		body, err = json.Marshal(map[string]string{"error": refused.code, "message": refused.message})
	default:
		body, err = json.Marshal(map[string]string{"error": refused.code, "error_description": refused.message})
	}
	if err != nil { // texts
		panic(fmt.Errorf("write a refusal: %w", err))
	}
	s.write(w, refused.status, header, body)
}

func (s *System) write(w http.ResponseWriter, status int, header http.Header, body []byte) {
	maps.Copy(w.Header(), header)
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.Header().Set("Content-Length", strconv.Itoa(len(body)))
	w.WriteHeader(status)
	_, _ = w.Write(body) // a sender that went away is not to be told
}
