// Command simulators runs stand-ins for the information systems of line
// departments, all of them in one process or those that are named. They are for
// tests and demonstrations on a machine of one's own: the administrator's
// interface asks nobody who they are, and what is sent to the systems is kept and
// shown, so it must be made up.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"net"
	"os"
	"os/signal"
	"slices"
	"strconv"
	"syscall"
	"text/tabwriter"

	"sigs.k8s.io/yaml"

	"github.com/shequ-io/shequ/hack/simulators/systems"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := run(ctx, os.Args[1:], os.Stdout)
	stop()
	if err != nil && !errors.Is(err, flag.ErrHelp) {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string, out io.Writer) error {
	config, err := configure(args)
	if err != nil {
		return err
	}
	farm, err := systems.Start(ctx, config)
	if err != nil {
		return err
	}
	if err := describe(out, farm); err != nil {
		return errors.Join(err, farm.Close())
	}
	<-ctx.Done()
	return farm.Close()
}

// configure reads the configuration file, then the flags that go before it.
func configure(args []string) (systems.Config, error) {
	var config systems.Config
	var names []string
	flags := flag.NewFlagSet("simulators", flag.ContinueOnError)
	file := flags.String("config", "", "YAML `file`, as docs/reference/simulators.md has it; flags go before it")
	host := flags.String("listen", "127.0.0.1", "`host` to listen at")
	first := flags.Int("port", 9500, "`port` of the administrator's interface, the next ones for the systems; 0: any that are free")
	plain := flags.Bool("plain", false, "serve systems that ask for no certificate without TLS")
	credentials := flags.String("credentials", "", "`directory` that keeps the credentials, one directory per Secret")
	journal := flags.String("journal", "", "`directory` that keeps what was processed, over restarts")
	webhook := flags.String("webhook", "", "`URL` the hotline sends work orders to")
	webhookCA := flags.String("webhook-ca", "", "`file` with the authority of the webhook's certificate")
	via := flags.String("webhook-via", "", "`host:port` that webhooks are sent to, such as a gateway that knows hostnames no DNS does")
	flags.Func("system", "`name` of a system to run; may be repeated; all when left out", appendTo(&names))
	flags.Func("server-name", "further `name` or address the certificates are for; may be repeated", appendTo(&config.ServerNames))
	if err := flags.Parse(args); err != nil {
		return config, err
	}
	if flags.NArg() > 0 {
		return config, fmt.Errorf("%q is no flag; see --help", flags.Arg(0))
	}
	asked := slices.Clone(config.ServerNames)
	if *file != "" {
		data, err := os.ReadFile(*file)
		if err == nil {
			err = yaml.UnmarshalStrict(data, &config)
		}
		if err != nil {
			return config, fmt.Errorf("--config: %w", err)
		}
		config.ServerNames = append(config.ServerNames, asked...)
	}
	override(&config.Credentials, *credentials)
	override(&config.Journal, *journal)
	override(&config.Webhook, *webhook)
	override(&config.WebhookVia, *via)
	if *webhookCA != "" {
		data, err := os.ReadFile(*webhookCA)
		if err != nil {
			return config, fmt.Errorf("--webhook-ca: %w", err)
		}
		config.WebhookCA = string(data)
	}
	place(&config, names, *host, *first, *plain)
	return config, nil
}

func override(value *string, by string) {
	if by != "" {
		*value = by
	}
}

// place gives addresses to what has none.
func place(config *systems.Config, names []string, host string, first int, plain bool) {
	if len(names) > 0 {
		config.Systems = nil
	}
	for _, name := range names {
		config.Systems = append(config.Systems, systems.SystemConfig{Name: name})
	}
	if len(config.Systems) == 0 {
		for _, kind := range systems.Kinds() {
			config.Systems = append(config.Systems, systems.SystemConfig{Name: kind.Name})
		}
	}
	port := func(i int) string {
		if first == 0 {
			return net.JoinHostPort(host, "0")
		}
		return net.JoinHostPort(host, strconv.Itoa(first+i))
	}
	if config.Admin == "" {
		config.Admin = port(0)
	}
	for i := range config.Systems {
		s := &config.Systems[i]
		if s.Listen == "" {
			s.Listen = port(number(s.Name))
		}
		s.Plain = s.Plain || plain && systems.CanBePlain(s.Name)
	}
}

// number is the place of a system in the list of all, so that its port stays the
// same whichever are started.
func number(name string) int {
	for i, kind := range systems.Kinds() {
		if kind.Name == name {
			return i + 1
		}
	}
	return 0
}

// describe prints where everything is.
func describe(out io.Writer, farm *systems.Farm) error {
	table := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintf(table, "admin\t%s\n", farm.Admin())
	for _, s := range farm.Systems() {
		d := s.Describe()
		fmt.Fprintf(table, "%s\t%s\t%s %s\tSecret %s\t%s%s\n", d.Name, d.URL, d.Protocol, d.Auth, d.Secret, d.TokenURL, d.Service)
	}
	return table.Flush()
}

func appendTo(list *[]string) func(string) error {
	return func(s string) error {
		*list = append(*list, s)
		return nil
	}
}
