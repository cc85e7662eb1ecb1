package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/shequ-io/shequ/api/v1alpha1"
	"github.com/shequ-io/shequ/hack/local"
)

// openPortals fetches every portal (profile node), or serves one on this
// machine from the content the operator rendered (profile sim).
func (d *demo) openPortals(ctx context.Context) error {
	c, err := d.client()
	if err != nil {
		return err
	}
	now, err := read(ctx, c)
	if err != nil {
		return err
	}
	if d.Profile != local.Node {
		return d.portalHere(ctx, c, &now.communities.Items[0])
	}
	for i := range now.communities.Items {
		community := &now.communities.Items[i]
		address, err := serviceAddress(ctx, c, community)
		if err != nil {
			return err
		}
		if err := fetch(ctx, address, community.Spec.DisplayName.ZH); err != nil {
			return err
		}
		say("      200  %-24s %s", address, community.Spec.DisplayName.ZH)
	}
	return nil
}

func serviceAddress(ctx context.Context, c client.Client, community *v1alpha1.Community) (string, error) {
	svc := &corev1.Service{}
	key := client.ObjectKey{Namespace: community.Status.Namespace, Name: "portal"}
	if err := c.Get(ctx, key, svc); err != nil {
		return "", err
	}
	return "http://" + svc.Spec.ClusterIP + "/", nil
}

// fetch opens a portal's first page and looks for the community's own name.
func fetch(ctx context.Context, address, name string) error {
	var last error
	for range 40 { // kube-proxy needs a moment for a new Service
		if last = fetchOnce(ctx, address, name); last == nil {
			return nil
		}
		select {
		case <-ctx.Done():
			return errors.Join(last, ctx.Err())
		case <-time.After(250 * time.Millisecond):
		}
	}
	return last
}

func fetchOnce(ctx context.Context, address, name string) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return err
	}
	req.Header.Set("Accept-Language", "zh-CN")
	resp, err := (&http.Client{Timeout: 5 * time.Second}).Do(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(io.LimitReader(resp.Body, 1<<20))
	if err != nil {
		return err
	}
	if resp.StatusCode != http.StatusOK {
		return fmt.Errorf("%s answers %s", address, resp.Status)
	}
	if !strings.Contains(string(body), name) {
		return fmt.Errorf("%s does not name its community %s", address, name)
	}
	return nil
}

// portalHere serves one community's portal as a process of this machine.
func (d *demo) portalHere(ctx context.Context, c client.Client, community *v1alpha1.Community) error {
	dir, err := d.Dir()
	if err != nil {
		return err
	}
	dir = filepath.Join(dir, "content")
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	var maps corev1.ConfigMapList
	if err := c.List(ctx, &maps, client.InNamespace(community.Status.Namespace), client.HasLabels{v1alpha1.CommunityNameLabel}); err != nil {
		return err
	}
	for _, m := range maps.Items {
		for name, data := range m.Data {
			if err := os.WriteFile(filepath.Join(dir, name), []byte(data), 0o644); err != nil {
				return err
			}
		}
	}
	address, err := freeAddress()
	if err != nil {
		return err
	}
	station, err := filepath.Abs("bin/station")
	if err != nil {
		return err
	}
	err = d.Attach(ctx, "portal", station, "portal",
		"--content="+dir, "--listen="+address, "--metrics=127.0.0.1:0")
	if err != nil {
		return err
	}
	d.address = "http://" + address + "/"
	if err := fetch(ctx, d.address, community.Spec.DisplayName.ZH); err != nil {
		return err
	}
	say("      200  %s %s", d.address, community.Spec.DisplayName.ZH)
	return nil
}

func freeAddress() (string, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	defer l.Close()
	return l.Addr().String(), nil
}
