package systems

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
)

// entry is one line of a journal: a message that was processed, a key that came
// again, or a work order.
type entry struct {
	Message *Message `json:"message,omitempty"`
	Again   string   `json:"again,omitempty"`
	// Order is a work order the hotline sent out.
	Order *Dispatch `json:"order,omitempty"`
}

// journal keeps what a system processed in a file, one JSON object to a line, so
// that a system that was killed knows its keys when it comes back. A line is on the
// disk before the answer is given. A nil journal keeps nothing.
type journal struct {
	file *os.File
}

// openJournal reads the journal of a system into its book and keeps it open for
// more. A last line that was cut off was never answered, and is dropped.
func openJournal(dir string, b *book) error {
	if err := os.MkdirAll(dir, 0o750); err != nil {
		return fmt.Errorf("the journal: %w; name a directory that can be written", err)
	}
	path := filepath.Join(dir, b.kind.Name+".jsonl")
	file, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE|os.O_SYNC, 0o600)
	if err != nil {
		return fmt.Errorf("the journal: %w; name a directory that can be written", err)
	}
	whole, err := b.replay(file)
	if err == nil {
		err = file.Truncate(whole)
	}
	if err == nil {
		_, err = file.Seek(whole, io.SeekStart)
	}
	if err != nil {
		return errors.Join(fmt.Errorf("the journal %s: %w; move it away to begin anew", path, err), file.Close())
	}
	b.journal = &journal{file: file}
	return nil
}

// replay keeps what the journal holds, and returns the length of its whole lines.
func (b *book) replay(r io.Reader) (int64, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	whole := int64(0)
	lines := bufio.NewReader(r)
	for {
		line, err := lines.ReadBytes('\n')
		if errors.Is(err, io.EOF) {
			return whole, nil
		}
		if err != nil {
			return whole, err
		}
		var e entry
		if err := json.Unmarshal(bytes.TrimSpace(line), &e); err != nil {
			return whole, errors.New("a line is not one this program wrote")
		}
		switch _, known := b.byKey[e.Again]; {
		case e.Message != nil:
			b.keep(*e.Message)
		case e.Order != nil:
			b.remember(e.Order)
		case known:
			b.repeat(e.Again)
		}
		whole += int64(len(line))
	}
}

func (j *journal) add(e entry) error {
	if j == nil {
		return nil
	}
	line, err := json.Marshal(e)
	if err != nil {
		return err
	}
	if _, err := j.file.Write(append(line, '\n')); err != nil {
		return fmt.Errorf("write the journal: %w", err)
	}
	return nil
}

func (j *journal) empty() error {
	if j == nil {
		return nil
	}
	if err := j.file.Truncate(0); err != nil {
		return err
	}
	_, err := j.file.Seek(0, io.SeekStart)
	return err
}

func (j *journal) close() error {
	if j == nil {
		return nil
	}
	return j.file.Close()
}
