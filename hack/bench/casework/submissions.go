package main

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/shequ-io/shequ/internal/casework"
	"github.com/shequ-io/shequ/internal/store"
	"github.com/shequ-io/shequ/internal/store/storetest"
)

const (
	// letterBytes is what a resident writes.
	letterBytes = 400
	// most submissions a second that are made ready.
	most = 8000
)

// submissions measures rounds of submissions, each beside one of pgbench that inserts
// the same rows, and then taking in what was submitted.
func (b *bench) submissions(ctx context.Context, d *storetest.Database) error {
	config := d.Config(storetest.Portal)
	config.MaxConns = int32(b.clients)
	portal, err := store.OpenPortal(ctx, config)
	if err != nil {
		return err
	}
	defer portal.Close()
	var ours, theirs []float64
	var latencies []time.Duration
	sealed := 0
	for n := range b.rounds {
		waits, took, size, err := b.submit(ctx, d, portal)
		if err != nil {
			return err
		}
		pg, err := b.pgbench(ctx, d, size)
		if err != nil {
			return err
		}
		mine := float64(len(waits)) / took.Seconds()
		ours, theirs, latencies, sealed = append(ours, mine), append(theirs, pg), append(latencies, waits...), size
		fmt.Printf("  round %d: %.0f submissions a second, pgbench %.0f inserts a second\n", n+1, mine, pg)
	}
	slices.Sort(latencies)
	fmt.Printf("submissions: %.2f of what pgbench does (%.0f of %.0f a second, medians; %d connections, letters of %d bytes sealed); p50 %v, p99 %v\n",
		median(ours)/median(theirs), median(ours), median(theirs), b.clients, sealed, at(latencies, 50), at(latencies, 99))
	fmt.Printf("sealing, not in that: %.0f letters a second\n", b.sealing)
	return b.takeIn(ctx, d)
}

func median(v []float64) float64 {
	slices.Sort(v)
	return v[len(v)/2]
}

// at is a percentile of durations that are sorted.
func at(sorted []time.Duration, percent int) time.Duration {
	if len(sorted) == 0 {
		return 0
	}
	return sorted[min(len(sorted)*percent/100, len(sorted)-1)].Round(time.Microsecond)
}

// submit submits for a round: as many at once as there are connections. What is
// submitted was sealed before, and is sent in turn; when all is sent the round ends.
func (b *bench) submit(ctx context.Context, d *storetest.Database, portal *store.Portal) ([]time.Duration, time.Duration, int, error) {
	var wait sync.WaitGroup
	waits, errs := make([][]time.Duration, b.clients), make([]error, b.clients)
	ready := make([][]store.Submission, b.clients)
	began := time.Now()
	for c := range b.clients {
		wait.Go(func() {
			for range int(b.round.Seconds()*most) / b.clients {
				s, err := submission(d)
				if err != nil {
					errs[c] = err
					return
				}
				ready[c] = append(ready[c], s)
			}
		})
	}
	wait.Wait()
	if err := errors.Join(errs...); err != nil {
		return nil, 0, 0, err
	}
	b.sealing = float64(len(ready[0])*b.clients) / time.Since(began).Seconds()
	began = time.Now()
	for c := range b.clients {
		wait.Go(func() {
			for _, s := range ready[c] {
				at := time.Now()
				if at.Sub(began) >= b.round || errs[c] != nil {
					break
				}
				_, errs[c] = portal.Submit(ctx, s)
				waits[c] = append(waits[c], time.Since(at))
			}
		})
	}
	wait.Wait()
	return slices.Concat(waits...), time.Since(began), len(ready[0][0].Sealed), errors.Join(errs...)
}

func submission(d *storetest.Database) (store.Submission, error) {
	var b [16]byte
	_, _ = rand.Read(b[:]) // it never fails
	id := fmt.Sprintf("%x-%x-4%x-8%x-%x", b[:4], b[4:6], b[6:8], b[8:10], b[10:])
	id = id[:14] + id[14:18] + id[19:23] + id[24:] // one digit of each is the version's
	plain, err := json.Marshal(store.Letter{Fields: casework.Fields{"description": strings.Repeat("x", letterBytes)}})
	if err != nil {
		return store.Submission{}, err
	}
	s := store.Submission{
		ID: id, Kind: casework.Application, Channel: store.PortalChannel, Language: "zh-CN",
		Terms: store.Terms{Item: "old-age-allowance", Task: "civil-affairs/allowance", Purpose: "service", RetentionDays: 30},
	}
	_, _ = rand.Read(s.Receipt[:])
	s.Sealed, err = d.Keys.Public.Seal(plain, store.SubmissionContext(id))
	return s, err
}

// script inserts what a submission inserts, in one statement as it is.
const script = `WITH s AS (
	INSERT INTO submissions (id, receipt, kind, item, terms, urgency, channel, work, language, received)
	SELECT id, sha256(id::text::bytea), 'application', 'old-age-allowance', '%s'::jsonb, 'ordinary', 'portal', '', 'zh-CN', now()
	FROM (SELECT gen_random_uuid() AS id) x RETURNING id
) INSERT INTO letters (id, sealed) SELECT id, decode(repeat('ab', %d), 'hex') FROM s;
`

var rate = regexp.MustCompile(`tps = ([0-9.]+)`)

// pgbench inserts for a round, and returns how many a second.
func (b *bench) pgbench(ctx context.Context, d *storetest.Database, sealed int) (float64, error) {
	terms, err := json.Marshal(store.Terms{Item: "old-age-allowance", Task: "civil-affairs/allowance", Purpose: "service", RetentionDays: 30})
	if err != nil {
		return 0, err
	}
	file := filepath.Join(os.TempDir(), fmt.Sprintf("shequ-pgbench-%d.sql", os.Getpid()))
	// A constraint of letters waits for its submission to be seen; the statement's end
	// is soon enough for it.
	if err := os.WriteFile(file, fmt.Appendf(nil, script, terms, sealed), 0o600); err != nil {
		return 0, err
	}
	defer os.Remove(file)
	cmd := exec.CommandContext(ctx, filepath.Join(d.Server.Bin(), "pgbench"), "--no-vacuum", "--protocol=prepared", "--file="+file,
		"--client="+strconv.Itoa(b.clients), "--jobs=2", "--time="+strconv.Itoa(int(b.round.Seconds())), d.URI(storetest.Owner))
	out, err := cmd.CombinedOutput()
	if err != nil {
		return 0, fmt.Errorf("pgbench: %w: %s", err, out)
	}
	m := rate.FindSubmatch(out)
	if m == nil {
		return 0, fmt.Errorf("pgbench says no rate: %s", out)
	}
	return strconv.ParseFloat(string(m[1]), 64)
}

// takeIn takes in what was submitted, and removes what pgbench left: nobody can open
// that.
func (b *bench) takeIn(ctx context.Context, d *storetest.Database) error {
	admin, err := d.Server.Admin(ctx, d.Name)
	if err != nil {
		return err
	}
	defer admin.Close(ctx) //nolint:errcheck // it has done what it is for
	if _, err := admin.Exec(ctx, "UPDATE submissions SET state = 'expired' WHERE receipt = sha256(id::text::bytea); ANALYZE submissions"); err != nil {
		return err
	}
	desk, err := store.OpenDesk(ctx, d.Config(storetest.Desk), d.Keys)
	if err != nil {
		return err
	}
	defer desk.Close()
	taken, began := 0, time.Now()
	for time.Since(began) < b.round {
		got, err := desk.TakeIn(ctx)
		if err != nil {
			return err
		}
		if got.Taken == 0 {
			break
		}
		taken += got.Taken
	}
	fmt.Printf("intake: %.0f cases a second, opened, routed and in the audit trail\n", float64(taken)/time.Since(began).Seconds())
	return nil
}
