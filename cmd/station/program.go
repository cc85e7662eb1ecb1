package main

import (
	"context"
	"errors"
	"log/slog"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/shequ-io/shequ/internal/content"
	"github.com/shequ-io/shequ/internal/web/desk"
	"github.com/shequ-io/shequ/internal/web/portal"
	"github.com/shequ-io/shequ/internal/web/serve"
)

// program is what one of the binary's programs serves.
type program struct {
	// build renders the pages that stand prepared.
	build builder
	// routes are answered anew for each request; nil where the community keeps no
	// cases.
	routes *serve.Dynamic
	// use is told of new content; nil where nobody asks.
	use func(*content.Document)
	// ready returns why the program can't serve yet, beside want of content; nil where
	// content is all it needs.
	ready func() error
	// run works until ctx ends; nil where there is nothing to do.
	run func(ctx context.Context)
	// close lets go of the database; nil where there is none.
	close func()
}

// setting is what programs are made in.
type setting struct {
	options

	registry *prometheus.Registry
	log      *slog.Logger
}

// newProgram makes a program: one that takes cases in where the operator gave it a
// database, and one that publishes only where it did not.
func newProgram(ctx context.Context, name string, s setting) (*program, error) {
	given, err := s.secrets.given()
	if err != nil {
		return nil, err
	}
	switch {
	case name == portal.Program && given:
		return newPortal(ctx, s)
	case name == desk.Program && given:
		return newDesk(ctx, s)
	case name == portal.Program:
		return &program{build: portal.Build}, nil
	case name == desk.Program:
		return &program{build: desk.Build}, nil
	}
	return nil, errors.New("there is no such program")
}
