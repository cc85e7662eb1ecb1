package main

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log"
	"log/slog"
	"net"
	"net/http"
	"net/http/httputil"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/shequ-io/shequ/hack/local/district"
	"github.com/shequ-io/shequ/internal/web/session/oidctest"
)

// provide runs the OpenID provider.
func provide(ctx context.Context, c district.Config, p papers) error {
	config := oidctest.Config{Issuer: c.Issuer(), Clients: []oidctest.Client{{ID: district.ClientID, Redirects: c.Redirects, Ends: c.Ends}}}
	for _, a := range c.Accounts {
		config.Accounts = append(config.Accounts, oidctest.Account{Name: a.Name, Password: c.Password, Groups: a.Groups})
	}
	provider, err := oidctest.New(config)
	if err != nil {
		return err
	}
	return serve(ctx, net.JoinHostPort(c.Address, strconv.Itoa(c.IssuerPort)), provider, p, nil)
}

// behind is the Service a request is for, or nothing.
func behind(c district.Config, r *http.Request) string {
	if courier := c.Couriers[r.Host]; courier != "" && strings.HasPrefix(r.URL.Path, district.Hooks) {
		return courier
	}
	return c.Hosts[r.Host]
}

// lead runs the gateway: a hostname of the sample leads to the Service behind it,
// whose address the cluster's DNS knows.
func lead(ctx context.Context, c district.Config, p papers, logger *slog.Logger) error {
	resolver := &net.Resolver{PreferGo: true, Dial: func(ctx context.Context, network, _ string) (net.Conn, error) {
		return (&net.Dialer{}).DialContext(ctx, network, net.JoinHostPort(c.DNS, "53"))
	}}
	dialer := &net.Dialer{Timeout: 5 * time.Second, Resolver: resolver}
	proxy := &httputil.ReverseProxy{
		Transport: &http.Transport{DialContext: dialer.DialContext, MaxIdleConnsPerHost: 64, IdleConnTimeout: 10 * time.Second},
		Rewrite: func(r *httputil.ProxyRequest) {
			r.SetURL(&url.URL{Scheme: "http", Host: behind(c, r.In)})
			r.Out.Host = r.In.Host
			r.SetXForwarded()
		},
		ErrorHandler: func(w http.ResponseWriter, r *http.Request, err error) {
			logger.Warn("no answer behind the gateway", "host", r.Host, "error", err)
			w.WriteHeader(http.StatusBadGateway)
		},
	}
	handler := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if behind(c, r) == "" {
			http.Error(w, "no route for "+strconv.Quote(r.Host), http.StatusNotFound)
			return
		}
		proxy.ServeHTTP(w, r)
	})
	return serve(ctx, net.JoinHostPort(c.Address, "443"), handler, p, logger)
}

// serve answers over TLS until ctx ends.
func serve(ctx context.Context, address string, handler http.Handler, p papers, logger *slog.Logger) error {
	server := &http.Server{
		Addr: address, Handler: handler, ReadHeaderTimeout: 5 * time.Second,
		TLSConfig: &tls.Config{Certificates: []tls.Certificate{p.certificate}, MinVersion: tls.VersionTLS12},
	}
	if logger != nil {
		server.ErrorLog = log.New(discard{}, "", 0) // browsers without the authority complain at each connection
	}
	stop := context.AfterFunc(ctx, func() { _ = server.Close() })
	defer stop()
	if err := server.ListenAndServeTLS("", ""); !errors.Is(err, http.ErrServerClosed) {
		return fmt.Errorf("%s: %w", address, err)
	}
	return nil
}

type discard struct{}

func (discard) Write(p []byte) (int, error) { return len(p), nil }
