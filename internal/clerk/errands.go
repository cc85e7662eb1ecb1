package clerk

import (
	"context"
	"errors"

	"github.com/shequ-io/shequ/internal/store"
)

// intake does what waits, until nothing does: each part by itself, so that one that
// fails holds up no other.
func (c *Clerk) intake(ctx context.Context) error {
	m := c.config.Metrics
	return stopped(ctx, errors.Join(
		drain(ctx, func(ctx context.Context) (int, error) {
			got, err := c.desk.TakeIn(ctx)
			m.setAside.Add(float64(got.SetAside))
			return got.Taken + got.SetAside, err
		}),
		drain(ctx, func(ctx context.Context) (int, error) {
			got, err := c.desk.Hear(ctx)
			m.wordsRefused.Add(float64(got.Refused))
			return got.Applied + got.Refused, err
		}),
		drain(ctx, func(ctx context.Context) (int, error) {
			got, err := c.desk.HearSystems(ctx)
			m.repliesRefused.Add(float64(got.Refused))
			return got.Applied + got.Refused, err
		}),
		drain(ctx, func(ctx context.Context) (int, error) {
			got, err := c.desk.HearPayments(ctx)
			m.repliesRefused.Add(float64(got.Refused))
			return got.Applied + got.Refused, err
		}),
		drain(ctx, c.desk.Dispatch),
		drain(ctx, c.desk.Escalate),
	))
}

// retain deletes what was kept long enough, and tries what was set aside once more.
func (c *Clerk) retain(ctx context.Context) error {
	m := c.config.Metrics
	expired := drain(ctx, func(ctx context.Context) (int, error) {
		got, err := c.desk.Expire(ctx)
		m.lettersExpired.Add(float64(got.Letters))
		m.filesExpired.Add(float64(got.Files))
		return got.Letters, err
	})
	payments := drain(ctx, c.desk.ExpirePayments)
	_, again := c.desk.TryAgain(ctx)
	return stopped(ctx, errors.Join(expired, payments, again))
}

// publish publishes the figures of months, and the results of surveys, that are over,
// enters the reports of those months, and asks billers for yesterday's statements.
func (c *Clerk) publish(ctx context.Context) error {
	_, err := c.desk.PublishMonths(ctx)
	errs := []error{err}
	if c.config.Reports != nil {
		_, err := c.desk.Report(ctx, c.config.Reports())
		errs = append(errs, err)
	}
	if c.config.Statements != nil {
		errs = append(errs, c.desk.AskYesterday(ctx, c.config.Statements()))
	}
	if c.config.Ended != nil {
		for _, survey := range c.config.Ended() {
			_, err := c.desk.PublishSurvey(ctx, survey)
			errs = append(errs, err)
		}
	}
	return stopped(ctx, errors.Join(errs...))
}

// drain does something until there is no more of it.
func drain(ctx context.Context, do func(context.Context) (int, error)) error {
	for ctx.Err() == nil {
		n, err := do(ctx)
		if err != nil || n == 0 {
			return err
		}
	}
	return ctx.Err()
}

// interface that Metrics count with.
var _ census = (*store.Desk)(nil)
