package main

import (
	"bytes"
	"cmp"
	"context"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"time"

	"github.com/shequ-io/shequ/internal/content"
)

// mounted follows a file of JSON as the kubelet replaces it. It is small, and nobody
// waits for it, so it is read now and then.
type mounted[T any] struct {
	dir, name string
	// absent says what to mount where there is no such file.
	absent error
	parse  func([]byte) (*T, error)
	use    func(*T)
	log    *slog.Logger
	every  time.Duration // mountedPeriod when 0
	last   []byte
}

func deskFile(dir string, log *slog.Logger, use func(*content.Desk)) *mounted[content.Desk] {
	return &mounted[content.Desk]{dir: dir, name: content.DeskFile, absent: content.ErrNoDesk, parse: content.ParseDesk, use: use, log: log}
}

func courierFile(dir string, log *slog.Logger, use func(*content.Courier)) *mounted[content.Courier] {
	return &mounted[content.Courier]{dir: dir, name: content.CourierFile, absent: content.ErrNoCourier, parse: content.ParseCourier, use: use, log: log}
}

// mountedPeriod is how often files that are mounted are looked at.
const mountedPeriod = 5 * time.Second

// run looks at the file until ctx ends. What can't be used changes nothing.
func (f *mounted[T]) run(ctx context.Context) {
	tick := time.NewTicker(cmp.Or(f.every, mountedPeriod))
	defer tick.Stop()
	for {
		f.look()
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

func (f *mounted[T]) look() {
	data, err := os.ReadFile(filepath.Join(f.dir, f.name)) //nolint:gosec // the operator's flag and a name of ours
	if err != nil {
		f.complain(nil, f.absent)
		return
	}
	if bytes.Equal(data, f.last) {
		return
	}
	read, err := f.parse(data)
	if err != nil {
		f.complain(data, err)
		return
	}
	f.last = data
	f.use(read)
	f.log.Info(f.name+" is in use", "bytes", len(data))
}

// complain says once what is wrong with a file.
func (f *mounted[T]) complain(data []byte, err error) {
	if f.last != nil && bytes.Equal(data, f.last) {
		return
	}
	if data == nil {
		data = []byte{}
	}
	f.last = data
	f.log.Error(fmt.Sprintf("%s is not used; what was there before stays in force", f.name), "error", err.Error())
}
