package measure

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"os"
	"slices"
	"time"

	"github.com/shequ-io/shequ/api/v1alpha1"
	"github.com/shequ-io/shequ/hack/local"
)

// Audit reads the operator's writes from an API server's audit log, in which
// they stand whatever program made them.
type Audit struct {
	path   string
	offset int64
}

// Write is one request of the operator that asked for a change.
type Write struct {
	Verb, Resource, Subresource, Namespace, Name string
	Code                                         int
	Received, Answered                           time.Time
}

// OpenAudit is a cluster's audit log, from now on.
func OpenAudit(ctx context.Context, cluster *local.Cluster) (*Audit, error) {
	path, err := cluster.AuditLog(ctx)
	if err != nil {
		return nil, err
	}
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	return &Audit{path, info.Size()}, nil
}

// Writes are the operator's since the last call, Leases and questions to the API
// server aside.
func (a *Audit) Writes() ([]Write, error) {
	file, err := os.Open(a.path)
	if err != nil {
		return nil, err
	}
	defer func() { _ = file.Close() }()
	if _, err := file.Seek(a.offset, io.SeekStart); err != nil {
		return nil, err
	}
	data, err := io.ReadAll(file)
	if err != nil {
		return nil, err
	}
	data = data[:bytes.LastIndexByte(data, '\n')+1] // the last line may still be written
	a.offset += int64(len(data))
	var out []Write
	for line := range bytes.Lines(data) {
		if !bytes.Contains(line, []byte(v1alpha1.OperatorUsername)) {
			continue
		}
		w, ours, err := read(line)
		if err != nil {
			return nil, err
		}
		if ours {
			out = append(out, w)
		}
	}
	return out, nil
}

func read(line []byte) (Write, bool, error) {
	var e struct {
		Verb string `json:"verb"`
		User struct {
			Username string `json:"username"`
		} `json:"user"`
		ObjectRef struct {
			Resource    string `json:"resource"`
			Subresource string `json:"subresource"`
			Namespace   string `json:"namespace"`
			Name        string `json:"name"`
		} `json:"objectRef"`
		ResponseStatus struct {
			Code int `json:"code"`
		} `json:"responseStatus"`
		Received time.Time `json:"requestReceivedTimestamp"`
		Answered time.Time `json:"stageTimestamp"`
	}
	if err := json.Unmarshal(line, &e); err != nil {
		return Write{}, false, err
	}
	o := e.ObjectRef
	ours := e.User.Username == v1alpha1.OperatorUsername && !slices.Contains([]string{"get", "list", "watch"}, e.Verb) &&
		o.Resource != "leases" && o.Resource != "selfsubjectreviews"
	return Write{e.Verb, o.Resource, o.Subresource, o.Namespace, o.Name, e.ResponseStatus.Code, e.Received, e.Answered}, ours, nil
}
