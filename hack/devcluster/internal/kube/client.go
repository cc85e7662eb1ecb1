// Package kube talks to a development cluster's API server.
//
// It is a few requests with the standard library and no client library: it
// knows how to get, apply and wait, and nothing about any kind.
package kube

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// manager owns the fields this tool applies.
const manager = "shequ-devcluster"

// Client is the cluster's administrator.
type Client struct {
	server string
	http   *http.Client
}

// New logs in with ca.crt and admin.crt of the directory.
func New(server, dir string) (*Client, error) {
	ca, err := os.ReadFile(filepath.Join(dir, "ca.crt"))
	if err != nil {
		return nil, err
	}
	roots := x509.NewCertPool()
	if !roots.AppendCertsFromPEM(ca) {
		return nil, errors.New("ca.crt holds no certificate")
	}
	cert, err := tls.LoadX509KeyPair(filepath.Join(dir, "admin.crt"), filepath.Join(dir, "admin.key"))
	if err != nil {
		return nil, err
	}
	return &Client{server: server, http: &http.Client{
		Timeout: 10 * time.Second,
		Transport: &http.Transport{
			TLSClientConfig: &tls.Config{
				RootCAs: roots, Certificates: []tls.Certificate{cert}, MinVersion: tls.VersionTLS12,
			},
			ForceAttemptHTTP2: true,
		},
	}}, nil
}

// Ready asks for an endpoint that answers 200 or nothing useful.
func (c *Client) Ready(ctx context.Context, path string) error {
	_, err := c.do(ctx, http.MethodGet, path, "", nil)
	return err
}

// Get decodes the answer to a GET.
func (c *Client) Get(ctx context.Context, path string, into any) error {
	data, err := c.do(ctx, http.MethodGet, path, "", nil)
	if err != nil {
		return err
	}
	return json.Unmarshal(data, into)
}

// Apply sends a manifest in YAML by server-side apply.
func (c *Client) Apply(ctx context.Context, path, manifest string) error {
	query := "?fieldManager=" + manager + "&force=true"
	_, err := c.do(ctx, http.MethodPatch, path+query, "application/apply-patch+yaml", []byte(manifest))
	return err
}

// Delete removes an object; one that is not there is no error.
func (c *Client) Delete(ctx context.Context, path string) error {
	_, err := c.do(ctx, http.MethodDelete, path, "", nil)
	var status *StatusError
	if errors.As(err, &status) && status.Code == http.StatusNotFound {
		return nil
	}
	return err
}

// StatusError is an answer other than 2xx.
type StatusError struct {
	Code    int
	Message string
}

func (e *StatusError) Error() string {
	return fmt.Sprintf("the API server answered %d: %s", e.Code, e.Message)
}

func (c *Client) do(ctx context.Context, method, path, contentType string, body []byte) ([]byte, error) {
	req, err := http.NewRequestWithContext(ctx, method, c.server+path, bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	req.Header.Set("Accept", "application/json, */*")
	if contentType != "" {
		req.Header.Set("Content-Type", contentType)
	}
	res, err := c.http.Do(req)
	if err != nil {
		return nil, err
	}
	defer res.Body.Close()
	data, err := io.ReadAll(res.Body)
	if err != nil {
		return nil, err
	}
	if res.StatusCode/100 != 2 {
		return nil, &StatusError{Code: res.StatusCode, Message: message(data)}
	}
	return data, nil
}

// message takes the sentence out of a Status object where there is one.
func message(data []byte) string {
	var status struct {
		Message string `json:"message"`
	}
	if json.Unmarshal(data, &status) == nil && status.Message != "" {
		return status.Message
	}
	return strings.TrimSpace(string(data))
}

// Wait repeats a check until it passes. Its error is the last one seen, which
// says what was still missing.
func Wait(ctx context.Context, limit time.Duration, what string, check func(context.Context) error) error {
	outer := ctx
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	var last error
	for {
		err := check(ctx)
		if err == nil {
			return nil
		}
		// When the time is up, the check's own error is only that it is up.
		if ctx.Err() == nil || last == nil {
			last = err
		}
		if _, fatal := errors.AsType[*FatalError](err); fatal {
			return fmt.Errorf("%s: %w", what, err)
		}
		select {
		case <-ctx.Done():
			if err := outer.Err(); err != nil {
				return err
			}
			return fmt.Errorf("%s: not within %s: %w", what, limit, last)
		case <-time.After(50 * time.Millisecond):
		}
	}
}

// FatalError ends a Wait at once: waiting longer cannot help.
type FatalError struct{ Err error }

func (e *FatalError) Error() string { return e.Err.Error() }

func (e *FatalError) Unwrap() error { return e.Err }
