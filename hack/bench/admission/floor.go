package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"
	"k8s.io/client-go/rest"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/shequ-io/shequ/api/v1alpha1"
	"github.com/shequ-io/shequ/hack/bench/measure"
)

// page is one ledger as the floor's client writes it.
type page struct {
	namespace, name, path string

	create []byte
	status []byte // the object, with resourceVersion 0
	again  []byte // the same with one entry less
}

// floor has a bare client write the very ledgers the operator wrote, into a
// cluster without them: create, then status.
func (b *run) floor(ctx context.Context) error {
	if err := b.operator.stop(); err != nil {
		return err
	}
	ledgers, err := b.ledgers(ctx)
	if err != nil {
		return err
	}
	config, err := measure.RESTConfig(b.account)
	if err != nil {
		return err
	}
	bare, err := rest.HTTPClientFor(config)
	if err != nil {
		return err
	}
	var pages []page
	for i := range ledgers {
		p, err := pageOf(&ledgers[i], len(b.district.Tasks))
		if err != nil {
			return err
		}
		pages = append(pages, p)
	}
	fmt.Println()
	var best, bestAgain time.Duration
	for field := range strings.SplitSeq(b.levels, ",") {
		workers, err := strconv.Atoi(strings.TrimSpace(field))
		if err != nil || workers < 1 {
			return fmt.Errorf("--concurrency: %q is not a number above 0", field)
		}
		took, err := b.writeAll(ctx, bare, config.Host, pages, workers)
		if err != nil {
			return err
		}
		again, err := b.rewrite(ctx, bare, config.Host, pages, workers)
		if err != nil {
			return err
		}
		fmt.Printf("floor, %2d at a time: create and status of %d ledgers %.2f s; their status once more %.2f s\n",
			workers, len(pages), took.Seconds(), again.Seconds())
		if best == 0 || took < best {
			best = took
		}
		if bestAgain == 0 || again < bestAgain {
			bestAgain = again
		}
	}
	fmt.Printf("\nratio, one more task in all ledgers : floor = %.2f  (%.2f s : %.2f s)\n", b.more.Seconds()/bestAgain.Seconds(), b.more.Seconds(), bestAgain.Seconds())
	fmt.Printf("ratio, decided from empty : floor = %.2f  (%.2f s : %.2f s)\n", b.decided.Seconds()/best.Seconds(), b.decided.Seconds(), best.Seconds())
	return nil
}

// pageOf is a ledger with as many entries as it had when it was built.
func pageOf(l *v1alpha1.TaskLedger, entries int) (page, error) {
	out := &v1alpha1.TaskLedger{}
	out.APIVersion, out.Kind = v1alpha1.GroupVersion.String(), "TaskLedger"
	out.Namespace, out.Name, out.OwnerReferences = l.Namespace, l.Name, l.OwnerReferences
	p := page{namespace: l.Namespace, name: l.Name, path: "/apis/" + v1alpha1.GroupVersion.String() + "/namespaces/" + l.Namespace + "/taskledgers"}
	var err error
	if p.create, err = json.Marshal(out); err != nil {
		return p, err
	}
	out.Status = l.Status
	out.Status.Entries = out.Status.Entries[:min(entries, len(out.Status.Entries))]
	out.ResourceVersion = "0"
	if p.status, err = json.Marshal(out); err != nil {
		return p, err
	}
	out.Status.Entries = out.Status.Entries[1:]
	p.again, err = json.Marshal(out)
	return p, err
}

func (b *run) writeAll(ctx context.Context, bare *http.Client, host string, pages []page, workers int) (time.Duration, error) {
	for _, ns := range b.district.Namespaces {
		if err := b.admin.DeleteAllOf(ctx, &v1alpha1.TaskLedger{}, client.InNamespace(ns.Name)); err != nil {
			return 0, err
		}
	}
	began := time.Now()
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(workers)
	for _, p := range pages {
		g.Go(func() error {
			made, err := send(ctx, bare, http.MethodPost, host+p.path, p.create)
			if err != nil {
				return err
			}
			return put(ctx, bare, host+p.path+"/"+p.name, p.status, made.ResourceVersion)
		})
	}
	err := g.Wait()
	return time.Since(began), err
}

// rewrite has a bare client write every ledger's status once more, as a task that
// concerns all communities does.
func (b *run) rewrite(ctx context.Context, bare *http.Client, host string, pages []page, workers int) (time.Duration, error) {
	ledgers, err := b.ledgers(ctx)
	if err != nil {
		return 0, err
	}
	version := map[string]string{}
	for i := range ledgers {
		version[ledgers[i].Namespace+"/"+ledgers[i].Name] = ledgers[i].ResourceVersion
	}
	began := time.Now()
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(workers)
	for _, p := range pages {
		g.Go(func() error {
			return put(ctx, bare, host+p.path+"/"+p.name, p.again, version[p.namespace+"/"+p.name])
		})
	}
	err = g.Wait()
	return time.Since(began), err
}

// put writes a status over the version that is there.
func put(ctx context.Context, c *http.Client, url string, status []byte, version string) error {
	body := bytes.Replace(status, []byte(`"resourceVersion":"0"`), []byte(`"resourceVersion":"`+version+`"`), 1)
	_, err := send(ctx, c, http.MethodPut, url+"/status", body)
	return err
}

// send sends a request and reads no more of its answer than the metadata.
func send(ctx context.Context, c *http.Client, method, url string, body []byte) (*v1alpha1.TaskLedger, error) {
	req, err := http.NewRequestWithContext(ctx, method, url, bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Accept", "application/json")
	resp, err := c.Do(req)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	answer, err := io.ReadAll(resp.Body)
	if err != nil {
		return nil, err
	}
	if resp.StatusCode >= http.StatusBadRequest {
		return nil, fmt.Errorf("%s %s: %s: %.300s", method, url, resp.Status, answer)
	}
	if method == http.MethodPut {
		return nil, nil
	}
	out := &v1alpha1.TaskLedger{}
	return out, json.Unmarshal(answer, out)
}
