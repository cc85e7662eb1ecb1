package live

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"testing"
	"time"

	"github.com/shequ-io/shequ/api/v1alpha1"
)

// Write is one write request as the audit log has it.
type Write struct {
	Verb      string `json:"verb"`
	UserAgent string `json:"userAgent"`
	User      struct {
		Username string `json:"username"`
	} `json:"user"`
	Object struct {
		Resource    string `json:"resource"`
		Namespace   string `json:"namespace"`
		Name        string `json:"name"`
		Subresource string `json:"subresource"`
	} `json:"objectRef"`
	Status struct {
		Code int `json:"code"`
	} `json:"responseStatus"`
}

func (w Write) String() string {
	o := w.Object
	text := fmt.Sprintf("%s %s", w.Verb, o.Resource)
	if o.Subresource != "" {
		text += "/" + o.Subresource
	}
	return fmt.Sprintf("%s %s/%s: %d", text, o.Namespace, o.Name, w.Status.Code)
}

// Mark is a place in the audit log.
type Mark int64

// Now marks the end of the audit log. The API server writes an event before it
// answers, so what was answered by now lies before the mark.
func (c *Cluster) Now(t testing.TB) Mark {
	t.Helper()
	info, err := os.Stat(c.Audit)
	if err != nil {
		t.Fatal(err)
	}
	return Mark(info.Size())
}

// OperatorWrites are the operator's write requests since a mark, answered by
// whatever; the Leases of leader election are left out.
func (c *Cluster) OperatorWrites(t testing.TB, since Mark) []Write {
	t.Helper()
	f, err := os.Open(c.Audit)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = f.Close() }()
	if _, err := f.Seek(int64(since), io.SeekStart); err != nil {
		t.Fatal(err)
	}
	var out []Write
	r := bufio.NewReader(f)
	for {
		line, err := r.ReadBytes('\n')
		if errors.Is(err, io.EOF) {
			return out
		}
		if err != nil {
			t.Fatal(err)
		}
		var w Write
		if err := json.Unmarshal(line, &w); err != nil {
			t.Fatalf("the audit log has %q: %v", line, err)
		}
		// A review is a question, asked by way of a create.
		if w.User.Username == v1alpha1.OperatorUsername && w.Object.Resource != "leases" && w.Object.Resource != "selfsubjectreviews" {
			out = append(out, w)
		}
	}
}

// Quiet waits until the operator has written nothing for that long.
func (c *Cluster) Quiet(t testing.TB, still, limit time.Duration) {
	t.Helper()
	deadline := time.Now().Add(limit)
	for {
		mark := c.Now(t)
		time.Sleep(still)
		writes := c.OperatorWrites(t, mark)
		if len(writes) == 0 {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("the operator still writes after %s, lately: %v", limit, writes)
		}
	}
}

// NoWrites fails the test if the operator wrote anything since a mark.
func (c *Cluster) NoWrites(t testing.TB, since Mark) {
	t.Helper()
	for _, w := range c.OperatorWrites(t, since) {
		t.Errorf("the operator wrote: %v", w)
	}
}
