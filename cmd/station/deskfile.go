package main

import (
	"bytes"
	"context"
	"log/slog"
	"os"
	"path/filepath"
	"time"

	"github.com/shequ-io/shequ/internal/content"
)

// deskFile follows desk.json as the kubelet replaces it. It is small, and nobody
// waits for it, so it is read now and then.
type deskFile struct {
	dir  string
	log  *slog.Logger
	use  func(*content.Desk)
	last []byte
}

const deskFilePeriod = 5 * time.Second

// run looks at the file until ctx ends. What can't be used changes nothing.
func (f *deskFile) run(ctx context.Context) {
	tick := time.NewTicker(deskFilePeriod)
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

func (f *deskFile) look() {
	data, err := os.ReadFile(filepath.Join(f.dir, content.DeskFile))
	if err != nil {
		f.complain(nil, content.ErrNoDesk)
		return
	}
	if bytes.Equal(data, f.last) {
		return
	}
	desk, err := content.ParseDesk(data)
	if err != nil {
		f.complain(data, err)
		return
	}
	f.last = data
	f.use(desk)
	f.log.Info("desk.json is in use", "groups", len(desk.Access), "workers", len(desk.Workers), "boundaries", len(desk.Boundaries))
}

// complain says once what is wrong with a file.
func (f *deskFile) complain(data []byte, err error) {
	if f.last != nil && bytes.Equal(data, f.last) {
		return
	}
	if data == nil {
		data = []byte{}
	}
	f.last = data
	f.log.Error("desk.json is not used; what was there before stays in force", "error", err.Error())
}
