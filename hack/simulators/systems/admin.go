package systems

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"log"
	"net/http"
	"strconv"
	"time"
)

// Described is a system as the administrator's interface lists it.
type Described struct {
	Name     string   `json:"name"`
	Protocol Protocol `json:"protocol"`
	Auth     Auth     `json:"auth"`
	URL      string   `json:"url"`
	TokenURL string   `json:"tokenURL,omitempty"`
	Service  string   `json:"service,omitempty"` // X-Road
	Secret   string   `json:"secret"`
	Faults   Faults   `json:"faults"`
}

// Describe says what a system is and where.
func (s *System) Describe() Described {
	return Described{
		Name: s.kind.Name, Protocol: s.kind.Protocol, Auth: s.kind.Auth, URL: s.URL(), TokenURL: s.TokenURL(),
		Service: s.kind.Service, Secret: s.kind.Secret, Faults: s.Faults(),
	}
}

// administer starts the interface tests ask what happened.
func (f *Farm) administer(ctx context.Context, config Config) error {
	at := config.Admin
	if at == "" {
		at = "127.0.0.1:0"
	}
	listener, err := newGate(ctx, at)
	if err != nil {
		return err
	}
	f.address = listener.address
	f.admin = &http.Server{Handler: f.adminHandler(), ReadHeaderTimeout: 10 * time.Second, ErrorLog: log.New(io.Discard, "", 0)}
	f.served.Go(func() { _ = f.admin.Serve(listener) }) // it ends with Close
	return nil
}

func (f *Farm) adminHandler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /systems", func(w http.ResponseWriter, _ *http.Request) {
		out := make([]Described, 0, len(f.systems))
		for _, s := range f.systems {
			out = append(out, s.Describe())
		}
		reply(w, http.StatusOK, out)
	})
	for pattern, answer := range map[string]func(*System, http.ResponseWriter, *http.Request){
		"GET /systems/{name}":              func(s *System, w http.ResponseWriter, _ *http.Request) { reply(w, http.StatusOK, s.Describe()) },
		"GET /systems/{name}/messages":     adminMessages,
		"DELETE /systems/{name}/messages":  adminForget,
		"GET /systems/{name}/keys":         func(s *System, w http.ResponseWriter, _ *http.Request) { reply(w, http.StatusOK, s.Keys()) },
		"GET /systems/{name}/cases":        func(s *System, w http.ResponseWriter, _ *http.Request) { reply(w, http.StatusOK, s.Cases()) },
		"GET /systems/{name}/summary":      func(s *System, w http.ResponseWriter, _ *http.Request) { reply(w, http.StatusOK, s.Summary()) },
		"GET /systems/{name}/faults":       func(s *System, w http.ResponseWriter, _ *http.Request) { reply(w, http.StatusOK, s.Faults()) },
		"PUT /systems/{name}/faults":       adminFaults,
		"DELETE /systems/{name}/faults":    adminFaults,
		"DELETE /systems/{name}/tokens":    adminTokens,
		"GET /systems/{name}/work-orders":  func(s *System, w http.ResponseWriter, _ *http.Request) { reply(w, http.StatusOK, s.WorkOrders()) },
		"POST /systems/{name}/work-orders": adminSend,
	} {
		mux.HandleFunc(pattern, func(w http.ResponseWriter, r *http.Request) {
			s := f.System(r.PathValue("name"))
			if s == nil {
				complain(w, http.StatusNotFound, errors.New("there is no such system here; GET /systems lists them"))
				return
			}
			r.Body = http.MaxBytesReader(w, r.Body, maxBody)
			answer(s, w, r)
		})
	}
	return mux
}

const pageOfMessages = 1000

func adminMessages(s *System, w http.ResponseWriter, r *http.Request) {
	query := r.URL.Query()
	after, limit := int64(0), pageOfMessages
	var errs [2]error
	if text := query.Get("after"); text != "" {
		after, errs[0] = strconv.ParseInt(text, 10, 64)
	}
	if text := query.Get("limit"); text != "" {
		limit, errs[1] = strconv.Atoi(text)
	}
	if errors.Join(errs[:]...) != nil || after < 0 || limit < 1 || limit > pageOfMessages {
		complain(w, http.StatusBadRequest, errors.New("after is a message's number, limit 1 to 1000"))
		return
	}
	reply(w, http.StatusOK, s.book.list(after, limit, query.Get("case"), query.Get("key")))
}

func adminForget(s *System, w http.ResponseWriter, _ *http.Request) {
	if err := s.Forget(); err != nil {
		complain(w, http.StatusInternalServerError, err)
		return
	}
	w.WriteHeader(http.StatusNoContent)
}

func adminTokens(s *System, w http.ResponseWriter, _ *http.Request) {
	s.ExpireTokens()
	w.WriteHeader(http.StatusNoContent)
}

func adminFaults(s *System, w http.ResponseWriter, r *http.Request) {
	var faults Faults
	if r.Method == http.MethodPut {
		if err := strict(r.Body, &faults); err != nil {
			complain(w, http.StatusBadRequest, err)
			return
		}
	}
	if err := s.SetFaults(faults); err != nil {
		complain(w, http.StatusBadRequest, err)
		return
	}
	reply(w, http.StatusOK, s.Faults())
}

func adminSend(s *System, w http.ResponseWriter, r *http.Request) {
	var order WorkOrder
	err := strict(r.Body, &order)
	var sent Dispatch
	if err == nil {
		sent, err = s.Send(order)
	}
	if err != nil {
		complain(w, http.StatusBadRequest, err)
		return
	}
	reply(w, http.StatusAccepted, sent)
}

// strict reads JSON and refuses what it does not know: a fault that is misspelt
// would otherwise test nothing.
func strict(r io.Reader, into any) error {
	decoder := json.NewDecoder(r)
	decoder.DisallowUnknownFields()
	return decoder.Decode(into)
}

func complain(w http.ResponseWriter, status int, err error) {
	reply(w, status, map[string]string{"error": err.Error()})
}

func reply(w http.ResponseWriter, status int, value any) {
	body, err := json.MarshalIndent(value, "", "  ")
	if err != nil { // texts, numbers and times
		panic(err)
	}
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.WriteHeader(status)
	_, _ = w.Write(append(body, '\n')) // who asked may be gone
}
