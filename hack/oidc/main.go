// Command oidc runs the OpenID provider of the tests as a process, so that a
// desk can be signed in to where no district's provider is. Everybody who can
// reach it can read its accounts on its command line: it belongs on the loopback
// of a machine of one's own.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"time"

	"github.com/shequ-io/shequ/internal/web/session/oidctest"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := run(ctx, os.Args[1:])
	stop()
	if err != nil && !errors.Is(err, flag.ErrHelp) {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string) error {
	var accounts, clients []string
	flags := flag.NewFlagSet("oidc", flag.ContinueOnError)
	at := flags.String("listen", "127.0.0.1:9400", "`address` to listen at")
	issuer := flags.String("issuer", "", "`address` it is reached at; that of --listen when empty")
	flags.Func("account", "`name:password:group,group` that can sign in; may be repeated", appendTo(&accounts))
	flags.Func("client", "`id` or id:secret of a client; may be repeated", appendTo(&clients))
	if err := flags.Parse(args); err != nil {
		return err
	}
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", *at)
	if err != nil {
		return fmt.Errorf("--listen %s: %w; choose a free port", *at, err)
	}
	config := oidctest.Config{Issuer: strings.TrimSuffix(*issuer, "/"), Clients: parseClients(clients)}
	if config.Issuer == "" {
		config.Issuer = "http://" + listener.Addr().String()
	}
	if config.Accounts, err = parseAccounts(accounts); err != nil {
		return err
	}
	provider, err := oidctest.New(config)
	if err != nil {
		return err
	}
	fmt.Println("issuer", config.Issuer)
	server := &http.Server{Handler: provider, ReadHeaderTimeout: 5 * time.Second, ReadTimeout: 10 * time.Second}
	served := make(chan error, 1)
	go func() { served <- server.Serve(listener) }()
	select {
	case err := <-served:
		return err
	case <-ctx.Done():
	}
	ending, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
	defer cancel()
	return server.Shutdown(ending)
}

func appendTo(list *[]string) func(string) error {
	return func(s string) error {
		*list = append(*list, s)
		return nil
	}
}

func parseAccounts(list []string) ([]oidctest.Account, error) {
	accounts := make([]oidctest.Account, 0, len(list))
	for _, text := range list {
		parts := strings.SplitN(text, ":", 3)
		if len(parts) != 3 || parts[0] == "" || parts[1] == "" {
			return nil, errors.New("--account is name:password:group,group; groups may be empty")
		}
		accounts = append(accounts, oidctest.Account{
			Name: parts[0], Password: parts[1],
			Groups: strings.FieldsFunc(parts[2], func(r rune) bool { return r == ',' }),
		})
	}
	return accounts, nil
}

func parseClients(list []string) []oidctest.Client {
	clients := make([]oidctest.Client, 0, len(list))
	for _, text := range list {
		id, secret, _ := strings.Cut(text, ":")
		clients = append(clients, oidctest.Client{ID: id, Secret: secret})
	}
	return clients
}
