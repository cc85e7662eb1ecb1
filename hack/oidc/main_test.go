package main

import (
	"context"
	"strings"
	"testing"
	"time"
)

func TestFlags(t *testing.T) {
	accounts, err := parseAccounts([]string{"lead-1:secret:leads,all", "grid-1:x:"})
	if err != nil || len(accounts) != 2 || strings.Join(accounts[0].Groups, " ") != "leads all" || len(accounts[1].Groups) != 0 {
		t.Errorf("%+v, %v", accounts, err)
	}
	if _, err := parseAccounts([]string{"lead-1"}); err == nil {
		t.Error("an account without a password")
	}
	if clients := parseClients([]string{"desk:s:t", "open"}); clients[0].Secret != "s:t" || clients[1].ID != "open" {
		t.Errorf("%+v", clients)
	}
}

func TestRunsUntilTold(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
	defer cancel()
	if err := run(ctx, []string{"--listen=127.0.0.1:0", "--account=a:b:c", "--client=desk"}); err != nil {
		t.Error(err)
	}
	if err := run(t.Context(), []string{"--listen=256.0.0.1:0"}); err == nil {
		t.Error("listens at an address that is none")
	}
}
