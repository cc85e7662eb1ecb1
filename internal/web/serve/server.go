package serve

import (
	"context"
	"errors"
	"fmt"
	"log"
	"log/slog"
	"net"
	"net/http"
	"regexp"
	"strings"
	"time"
)

// writeTimeout is how long an answer may take to be written.
const writeTimeout = 30 * time.Second

// maxConnections bounds what open connections can cost a small pod.
const maxConnections = 1024

// Server runs a program's public port and its admin port.
type Server struct {
	Listen, ListenAdmin string
	Public, Admin       http.Handler
	Health              *Health
	Log                 *slog.Logger
	// DrainDelay keeps serving, unready, until load balancers have noticed;
	// DrainTimeout then bounds the wait for requests under way.
	DrainDelay, DrainTimeout time.Duration
	// Ready, when set, is told the addresses once both ports are open.
	Ready func(public, admin string)
}

// Run serves until ctx ends, then drains. The error tells which port could not
// be opened or served.
func (s *Server) Run(ctx context.Context) error {
	publicListener, err := listen(ctx, "--listen", s.Listen)
	if err != nil {
		return err
	}
	adminListener, err := listen(ctx, "--metrics", s.ListenAdmin)
	if err != nil {
		_ = publicListener.Close()
		return err
	}
	s.Log.Info("listening", "public", publicListener.Addr().String(), "admin", adminListener.Addr().String())
	if s.Ready != nil {
		s.Ready(publicListener.Addr().String(), adminListener.Addr().String())
	}
	public, admin := s.server(s.Public), s.server(s.Admin)
	failed := make(chan error, 2)
	go func() { failed <- public.Serve(limit(publicListener, maxConnections)) }()
	go func() { failed <- admin.Serve(adminListener) }()

	select {
	case err = <-failed:
		err = fmt.Errorf("serve: %w", err)
		failed <- http.ErrServerClosed // stands for the port that is already down
	case <-ctx.Done():
		s.drain(public)
	}
	return errors.Join(err, s.stop(ctx, public, admin, failed))
}

// drain lets load balancers move on while requests are still answered.
func (s *Server) drain(public *http.Server) {
	s.Health.Drain()
	public.SetKeepAlivesEnabled(false)
	s.Log.Info("draining", "delay", s.DrainDelay.String(), "timeout", s.DrainTimeout.String())
	time.Sleep(s.DrainDelay)
}

// stop closes both servers and waits for their goroutines. The context has
// ended by then; the drain has a time of its own.
func (s *Server) stop(ctx context.Context, public, admin *http.Server, failed <-chan error) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), s.DrainTimeout)
	defer cancel()
	var problems []error
	for _, server := range []*http.Server{public, admin} {
		if err := server.Shutdown(ctx); err != nil {
			s.Log.Warn("requests were cut off at the end of the drain")
			_ = server.Close()
		}
	}
	for range 2 {
		if err := <-failed; !errors.Is(err, http.ErrServerClosed) {
			problems = append(problems, err)
		}
	}
	s.Log.Info("stopped")
	return errors.Join(problems...)
}

func (s *Server) server(handler http.Handler) *http.Server {
	return &http.Server{
		Handler:           handler,
		ReadHeaderTimeout: 5 * time.Second,
		ReadTimeout:       10 * time.Second,
		WriteTimeout:      writeTimeout,
		IdleTimeout:       30 * time.Second,
		MaxHeaderBytes:    16 << 10,
		ErrorLog:          log.New(scrubber{s.Log}, "", 0),
	}
}

func listen(ctx context.Context, flag, address string) (net.Listener, error) {
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", address)
	if err != nil {
		return nil, fmt.Errorf("%s %s: %w; choose a free port of this machine", flag, address, err)
	}
	return listener, nil
}

// scrubber passes net/http's complaints on without the client's address.
type scrubber struct{ log *slog.Logger }

func (s scrubber) Write(line []byte) (int, error) {
	s.log.Debug("http", "note", scrub(string(line)))
	return len(line), nil
}

var addresses = regexp.MustCompile(`\[[0-9A-Fa-f:.%]+\](:\d+)?|\d{1,3}(\.\d{1,3}){3}(:\d+)?|\b[0-9A-Fa-f]{0,4}(:[0-9A-Fa-f]{0,4}){3,7}\b`)

func scrub(line string) string {
	return addresses.ReplaceAllString(strings.TrimSpace(line), "(client)")
}
