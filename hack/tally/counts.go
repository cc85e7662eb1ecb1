package main

import (
	"errors"
	"fmt"
	"os"
	"strings"
)

// Counts are how tests ended.
type Counts struct {
	Passed, Failed, Skipped int
}

// String is the line a run ends with.
func (c Counts) String() string {
	line := fmt.Sprintf("%d passed, %d failed", c.Passed, c.Failed)
	if c.Skipped > 0 {
		line += fmt.Sprintf(", %d skipped", c.Skipped)
	}
	return line
}

// Each recorded line is the three counts of one run.
const form = "%d %d %d\n"

func record(path string, c Counts) (err error) {
	f, err := os.OpenFile(path, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	_, err = fmt.Fprintf(f, form, c.Passed, c.Failed, c.Skipped)
	return err
}

// sum adds up what was recorded. That nothing was is an error: no run ends well
// without a test.
func sum(path string) (Counts, error) {
	var total Counts
	data, err := os.ReadFile(path)
	if err != nil {
		return total, err
	}
	for line := range strings.Lines(string(data)) {
		var c Counts
		if _, err := fmt.Sscanf(line, form, &c.Passed, &c.Failed, &c.Skipped); err != nil {
			return total, fmt.Errorf("%s: %q is not a tally: %w", path, line, err)
		}
		total.Passed += c.Passed
		total.Failed += c.Failed
		total.Skipped += c.Skipped
	}
	if total == (Counts{}) {
		return total, fmt.Errorf("%s: no test was run", path)
	}
	return total, nil
}
