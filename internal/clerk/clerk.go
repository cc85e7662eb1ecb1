// Package clerk does what a community's desk has to do without anybody asking: it
// takes in what residents sent, applies what they and information systems say later,
// sends cases to the grid their place is in, tells of limits that were passed, deletes
// what was kept long enough, publishes figures of months that are over, and has them
// reported to the systems that get them.
//
// Each of these is a job of River in the database of the cases, so that of several
// desks one does it, and goes on where another stopped. What is done is decided in
// packages casework and store; a job that is lost or done twice changes nothing,
// because every one of them looks anew at what there is to do.
package clerk

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver/riverpgxv5"
	"github.com/riverqueue/river/rivertype"

	"github.com/shequ-io/shequ/internal/store"
)

// Config of a Clerk.
type Config struct {
	// Poll is how often the clerk looks whether there is something to do; 0 means 3
	// seconds. A look writes nothing.
	Poll time.Duration
	// Ended names the surveys that are over; nil names none.
	Ended func() []string
	// Reports are the monthly reports that systems get; nil names none.
	Reports func() []store.Report
	// Statements are the billers that are asked for yesterday's statement; nil names none.
	Statements func() []store.StatementSource
	// Metrics to count in; nil counts nothing.
	Metrics *Metrics
	// Log of what nobody is told otherwise; nil logs nothing.
	Log *slog.Logger
}

const (
	defaultPoll = 3 * time.Second
	// jobTimeout bounds a job: it leaves the rest to the next.
	jobTimeout = time.Minute
	// stopTimeout is what a job may still take when the program ends.
	stopTimeout = 5 * time.Second
	// spacing keeps jobs of one kind apart, where nobody does them.
	spacing = 10 * time.Second
)

// Clerk runs the jobs of a desk.
type Clerk struct {
	desk   *store.Desk
	config Config
	jobs   *river.Client[pgx.Tx]
}

// New makes a Clerk of a desk, whose connections it shares. One connection is enough
// for it; a desk of its own keeps its jobs from holding up whoever looks at a page,
// and the pages' from being held while nobody looks.
func New(desk *store.Desk, config Config) (*Clerk, error) {
	if config.Poll <= 0 {
		config.Poll = defaultPoll
	}
	if config.Log == nil {
		config.Log = slog.New(slog.DiscardHandler)
	}
	if config.Metrics == nil {
		config.Metrics = newMetrics()
	}
	config.Metrics.watch(desk)
	c := &Clerk{desk: desk, config: config}
	if err := c.newJobs(); err != nil {
		return nil, err
	}
	return c, nil
}

func (c *Clerk) newJobs() error {
	workers := river.NewWorkers()
	river.AddWorker(workers, river.WorkFunc(func(ctx context.Context, _ *river.Job[intakeJob]) error { return c.intake(ctx) }))
	river.AddWorker(workers, river.WorkFunc(func(ctx context.Context, _ *river.Job[retentionJob]) error { return c.retain(ctx) }))
	river.AddWorker(workers, river.WorkFunc(func(ctx context.Context, _ *river.Job[publishingJob]) error { return c.publish(ctx) }))
	every := func(d time.Duration, args river.JobArgs) *river.PeriodicJob {
		return river.NewPeriodicJob(river.PeriodicInterval(d), func() (river.JobArgs, *river.InsertOpts) { return args, nil },
			&river.PeriodicJobOpts{RunOnStart: true})
	}
	var err error
	c.jobs, err = river.NewClient(riverpgxv5.New(c.desk.Pool()), &river.Config{
		Schema: store.JobsSchema, PollOnly: true, FetchPollInterval: min(c.config.Poll, 2*time.Second), FetchCooldown: min(c.config.Poll, time.Second),
		Queues: map[string]river.QueueConfig{river.QueueDefault: {MaxWorkers: 1}}, Workers: workers,
		PeriodicJobs: []*river.PeriodicJob{
			every(time.Minute, intakeJob{}), every(time.Hour, retentionJob{}), every(time.Hour, publishingJob{}),
		},
		JobTimeout: jobTimeout, RescueStuckJobsAfter: 2 * jobTimeout, SoftStopTimeout: stopTimeout, MaxAttempts: 1,
		CompletedJobRetentionPeriod: 10 * time.Minute, DiscardedJobRetentionPeriod: 24 * time.Hour,
		// The desk's role owns no index. Its tables are small, and vacuumed as all are.
		ReindexerSchedule: river.NeverSchedule(),
		Logger:            slog.New(quiet{c.config.Log.Handler()}),
	})
	if err != nil {
		return fmt.Errorf("set up the clerk's jobs: %w", err)
	}
	return nil
}

// Run does what is to do until the context ends; a database that can't be reached is
// tried again. It returns when nothing of it runs any more.
func (c *Clerk) Run(ctx context.Context) error {
	for {
		err := c.jobs.Start(ctx)
		if err == nil {
			break
		}
		c.config.Log.Warn("the clerk waits for the database", "err", err)
		if !sleep(ctx, c.config.Poll) {
			return nil
		}
	}
	for sleep(ctx, c.config.Poll) {
		c.look(ctx)
	}
	<-c.jobs.Stopped()
	return nil
}

// look begins a job where there is something to do.
func (c *Clerk) look(ctx context.Context) {
	pending, err := c.desk.Pending(ctx)
	if err == nil && pending.Any() {
		err = c.Kick(ctx)
	}
	if err != nil && ctx.Err() == nil {
		c.config.Log.Warn("the clerk can't look what there is to do", "err", err)
	}
}

// Kick has what there is to do done soon, not only when the clerk next looks.
func (c *Clerk) Kick(ctx context.Context) error {
	_, err := c.jobs.Insert(ctx, intakeJob{}, nil)
	return err
}

// sleep reports false when the context ended first.
func sleep(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-timer.C:
		return true
	}
}

// once keeps jobs of a kind from piling up while none is done. It lets a new one in
// beside one that runs, or that died with its desk, as soon as spacing has passed.
func once() river.InsertOpts {
	return river.InsertOpts{UniqueOpts: river.UniqueOpts{ByPeriod: spacing, ByState: []rivertype.JobState{
		rivertype.JobStateAvailable, rivertype.JobStatePending, rivertype.JobStateRunning, rivertype.JobStateScheduled,
	}}}
}

// intakeJob takes in, hears words and systems, dispatches and escalates.
type intakeJob struct{}

// Kind is River's name for the job.
func (intakeJob) Kind() string { return "intake" }

// InsertOpts are those of every such job.
func (intakeJob) InsertOpts() river.InsertOpts { return once() }

// retentionJob deletes what was kept long enough.
type retentionJob struct{}

// Kind is River's name for the job.
func (retentionJob) Kind() string { return "retention" }

// InsertOpts are those of every such job.
func (retentionJob) InsertOpts() river.InsertOpts { return once() }

// publishingJob publishes what is over, and reports it.
type publishingJob struct{}

// Kind is River's name for the job.
func (publishingJob) Kind() string { return "publishing" }

// InsertOpts are those of every such job.
func (publishingJob) InsertOpts() river.InsertOpts { return once() }

// quiet leaves out what River says of its own comings and goings.
type quiet struct{ slog.Handler }

// Enabled implements slog.Handler.
func (q quiet) Enabled(ctx context.Context, level slog.Level) bool {
	return level >= slog.LevelWarn && q.Handler.Enabled(ctx, level)
}

// WithAttrs implements slog.Handler.
func (q quiet) WithAttrs(attrs []slog.Attr) slog.Handler { return quiet{q.Handler.WithAttrs(attrs)} }

// WithGroup implements slog.Handler.
func (q quiet) WithGroup(name string) slog.Handler { return quiet{q.Handler.WithGroup(name)} }

// stopped tells an end that was asked for from a failure.
func stopped(ctx context.Context, err error) error {
	if ctx.Err() != nil && errors.Is(err, ctx.Err()) {
		return nil
	}
	return err
}
