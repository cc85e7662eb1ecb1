package node

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"k8s.io/utils/ptr"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/shequ-io/shequ/hack/local"
	servers "github.com/shequ-io/shequ/hack/local/district"
	"github.com/shequ-io/shequ/internal/blueprint"
	"github.com/shequ-io/shequ/test/internal/live"
	"github.com/shequ-io/shequ/test/internal/visitor"
)

const (
	submissions = 200
	patience    = 3 * time.Minute // of one resident
)

// Two hundred residents send their form at once and press again until it is
// acknowledged. Meanwhile portal, desk and database are killed. Each gets one
// receipt, and each becomes one case.
func TestNothingAcknowledgedIsLostOrDoubled(t *testing.T) {
	settled(t)
	home := community(t, anding).Status.Namespace
	before := rows(t, home)
	var acknowledged atomic.Int64
	codes, failures := make([]string, submissions), make([]error, submissions)
	var wait sync.WaitGroup
	for i := range submissions {
		wait.Go(func() {
			codes[i], failures[i] = send(t.Context(), i)
			acknowledged.Add(1)
		})
	}
	for _, blow := range []struct {
		after int64
		kill  func() error
	}{
		{20, func() error { return killPods(t, home, blueprint.ComponentDesk) }},
		{50, killPostgres},
		{90, func() error { return killPods(t, home, blueprint.ComponentPortal) }},
		{120, killPostgres},
	} {
		for end := time.Now().Add(patience); acknowledged.Load() < blow.after && time.Now().Before(end); {
			time.Sleep(10 * time.Millisecond)
		}
		if err := blow.kill(); err != nil {
			t.Error(err)
		}
	}
	wait.Wait()
	seen := map[string]bool{}
	for i, code := range codes {
		switch {
		case failures[i] != nil:
			t.Errorf("resident %d: %v", i, failures[i])
		case seen[code]:
			t.Errorf("two residents have one receipt")
		}
		seen[code] = true
	}
	live.Eventually(t, 2*time.Minute, func(context.Context) error {
		after := rows(t, home)
		if sent, cases := after.submissions-before.submissions, after.cases-before.cases; sent != submissions || cases != submissions {
			return fmt.Errorf("%d submissions and %d cases of %d acknowledged", sent, cases, submissions)
		}
		return nil
	})
	if after := rows(t, home); after.receipts != after.submissions || after.turns != after.cases {
		t.Errorf("of %d submissions %d have a receipt of their own; %d cases were collected %d times",
			after.submissions, after.receipts, after.cases, after.turns)
	}
}

// send fills in the form for an opinion and sends it until it is acknowledged.
func send(ctx context.Context, i int) (code string, err error) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	v, done, err := neighbour(i)
	if err != nil {
		return "", err
	}
	defer done()
	var form *visitor.Form
	err = live.Within(ctx, patience, func(ctx context.Context) error {
		page, err := v.Open(ctx, hostname(anding)+"/en/opinion")
		if err != nil {
			return err
		}
		form, err = page.Form("f.request-text")
		return err
	})
	if err != nil {
		return "", err
	}
	if err := form.Set("f.request-text", "opinion number "+strconv.Itoa(i)); err != nil {
		return "", err
	}
	err = live.Within(ctx, patience, func(ctx context.Context) error {
		page, err := v.Send(ctx, form)
		if err != nil {
			return err
		}
		if code = page.Text("receipt"); code == "" {
			return fmt.Errorf("%d: no receipt", page.Status)
		}
		return nil
	})
	return code, err
}

// neighbour is a visitor with an address of its own.
func neighbour(i int) (v *visitor.Visitor, done func(), err error) {
	dialer := &net.Dialer{Timeout: 5 * time.Second, LocalAddr: &net.TCPAddr{IP: net.IPv4(127, 0, 1, byte(i+1))}}
	by, err := byGatewayFrom(dialer)
	if err != nil {
		return nil, nil, err
	}
	v, err = visitor.New(by)
	return v, by.CloseIdleConnections, err
}

func byGatewayFrom(dialer *net.Dialer) (*http.Client, error) {
	client, err := local.Trusting(cluster.Servers)
	if err != nil {
		return nil, err
	}
	transport, ok := client.Transport.(*http.Transport)
	if !ok {
		return nil, errors.New("the gateway's client has another transport")
	}
	transport.DialContext = func(ctx context.Context, network, _ string) (net.Conn, error) {
		return dialer.DialContext(ctx, network, net.JoinHostPort(cluster.Servers.Address, "443"))
	}
	return client, nil
}

func killPods(t *testing.T, namespace, component string) error {
	t.Helper()
	running, err := pods(t.Context(), namespace, component)
	if err != nil {
		return err
	}
	for i := range running {
		if err := cluster.Client.Delete(t.Context(), &running[i], &client.DeleteOptions{GracePeriodSeconds: ptr.To[int64](0)}); err != nil {
			return client.IgnoreNotFound(err)
		}
	}
	return nil
}

// killPostgres ends the server as a crash would; hack/district starts it again.
func killPostgres() error {
	lock, err := os.ReadFile(filepath.Join(cluster.Servers.Data, "data", "postmaster.pid"))
	if err != nil {
		return err
	}
	first, _, _ := strings.Cut(string(lock), "\n")
	pid, err := strconv.Atoi(first)
	if err != nil {
		return err
	}
	return syscall.Kill(pid, syscall.SIGKILL)
}

type kept struct{ submissions, receipts, cases, turns int64 }

// rows are what a community's database holds.
func rows(t *testing.T, home string) kept {
	t.Helper()
	var c kept
	scan(t, home, []any{&c.submissions, &c.receipts, &c.cases, &c.turns}, `SELECT (SELECT count(*) FROM submissions),
		(SELECT count(DISTINCT receipt) FROM submissions), (SELECT count(*) FROM cases), (SELECT count(*) FROM audit WHERE number = 1)`)
	return c
}

// scan reads one row of a community's database, as its server's administrator sees it.
func scan(t *testing.T, home string, into []any, query string, args ...any) {
	t.Helper()
	dsn, err := url.Parse(cluster.Servers.DSN())
	if err != nil {
		t.Fatal(err)
	}
	dsn.Path = "/" + strings.ReplaceAll(home, "-", "_")
	parameters := dsn.Query()
	parameters.Set("sslrootcert", filepath.Join(cluster.Servers.Dir, servers.AuthorityFile))
	dsn.RawQuery = parameters.Encode()
	live.Eventually(t, time.Minute, func(ctx context.Context) error {
		conn, err := pgx.Connect(ctx, dsn.String())
		if err != nil {
			return err
		}
		defer func() { _ = conn.Close(ctx) }()
		return conn.QueryRow(ctx, query, args...).Scan(into...)
	})
}
