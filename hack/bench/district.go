package main

import (
	"context"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"golang.org/x/sync/errgroup"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/shequ-io/shequ/internal/testenv"
)

const (
	samplePath = "config/samples/qingnianlu"
	sampleName = "qingnianlu"
)

// district is the sample's sub-district, over and over under other names.
type district struct {
	namespaces []*unstructured.Unstructured
	standard   *unstructured.Unstructured
	intents    []*unstructured.Unstructured
}

// loadDistrict makes a district of the given number of communities.
func loadDistrict(communities int) (*district, error) {
	texts, err := sampleTexts()
	if err != nil {
		return nil, err
	}
	d := &district{}
	for block := 0; communities > 0; block++ {
		name := fmt.Sprintf("%s-%d", sampleName, block)
		taken := map[string]bool{}
		for _, text := range texts {
			// Hostnames must differ as well; boundaries may be the same, since
			// grids are compared within their sub-district only.
			text = strings.ReplaceAll(text, "namespace: "+sampleName, "namespace: "+name)
			text = strings.ReplaceAll(text, "."+sampleName+".", "."+name+".")
			objects, err := testenv.Decode([]byte(text))
			if err != nil {
				return nil, err
			}
			for _, o := range objects {
				switch o.GetKind() {
				case "AdmittedTask", "TaskDecision", "InformationSystem":
					// What is asked of the communities is not what is measured.
				case "Namespace":
					if o.GetName() != sampleName {
						continue // another party's
					}
					o.SetName(name)
					d.namespaces = append(d.namespaces, o)
				case "CommunityStandard":
					d.standard = o
				default:
					if of := communityOf(o); of == "" || taken[of] || len(taken) < communities {
						taken[of] = true
						delete(taken, "")
						d.intents = append(d.intents, o)
					}
				}
			}
		}
		communities -= len(taken)
	}
	return d, nil
}

func communityOf(o *unstructured.Unstructured) string {
	if o.GetKind() == "Community" {
		return o.GetName()
	}
	name, _, _ := unstructured.NestedString(o.Object, "spec", "communityRef", "name")
	return name
}

func sampleTexts() ([]string, error) {
	var out []string
	err := filepath.WalkDir(samplePath, func(path string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() || filepath.Ext(path) != ".yaml" || e.Name() == "kustomization.yaml" {
			return err
		}
		data, err := os.ReadFile(path)
		out = append(out, string(data))
		return err
	})
	return out, err
}

// prepare creates what must be there before the clock starts.
func (d *district) prepare(ctx context.Context, c client.Client) error {
	for _, ns := range d.namespaces {
		if err := c.Create(ctx, ns.DeepCopy()); err != nil {
			return err
		}
	}
	return nil
}

// create declares the district, as a GitOps pipeline would.
func (d *district) create(ctx context.Context, c client.Client, workers int) error {
	if err := c.Create(ctx, d.standard.DeepCopy()); err != nil {
		return err
	}
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(workers)
	for _, o := range d.intents {
		g.Go(func() error { return c.Create(ctx, o.DeepCopy()) })
	}
	return g.Wait()
}
