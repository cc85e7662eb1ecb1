package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"

	"github.com/spf13/pflag"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	utilyaml "k8s.io/apimachinery/pkg/util/yaml"
	"k8s.io/cli-runtime/pkg/genericclioptions"
	"k8s.io/cli-runtime/pkg/resource"
	clientgoscheme "k8s.io/client-go/kubernetes/scheme"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/yaml"

	"github.com/shequ-io/shequ/api/v1alpha1"
	"github.com/shequ-io/shequ/internal/plan"
)

// scheme knows the kinds the plugin reads.
var scheme = func() *runtime.Scheme {
	s := runtime.NewScheme()
	for _, add := range []func(*runtime.Scheme) error{clientgoscheme.AddToScheme, v1alpha1.AddToScheme} {
		if err := add(s); err != nil {
			panic(err) // two kinds of one name: the program can't have been tested
		}
	}
	return s
}()

// clusterScoped are our kinds that are in no namespace.
var clusterScoped = []string{"CommunityStandard", "InformationSystem", "Namespace"}

// fileFlags are -f, -R and -k.
type fileFlags struct {
	names     []string
	kustomize string
	recursive bool
}

func (f *fileFlags) add(flags *pflag.FlagSet, what string) {
	(&genericclioptions.FileNameFlags{Usage: what, Filenames: &f.names, Recursive: &f.recursive}).AddFlags(flags)
	flags.StringVarP(&f.kustomize, "kustomize", "k", "", "kustomization directory; may stand beside -f")
}

// source is an object and the file it was read from.
type source struct {
	file   string
	object client.Object
	raw    *unstructured.Unstructured // as the file has it
}

// read reads the objects of ours, and the Namespaces, from the files. What is of
// another kind is left out: a repository holds more than that.
func (a *app) read(f *fileFlags) ([]source, error) {
	if len(f.names) == 0 && f.kustomize == "" {
		return nil, errors.New("no files: name them with -f FILE, -f DIRECTORY -R, -f - or -k DIRECTORY")
	}
	namespace, _, err := a.flags.ToRawKubeConfigLoader().Namespace()
	if err != nil {
		return nil, fmt.Errorf("find the namespace: %w; name it with -n", err)
	}
	r := &reader{namespace: namespace, seen: map[string]string{}}
	// kubectl takes either; a district and a task proposed for it are both.
	for _, b := range a.builders(f) {
		if err := b.Local().ContinueOnError().Flatten().Do().Visit(r.visit); err != nil {
			return nil, err
		}
	}
	return r.found, noDuplicateKeys(r.found)
}

// builders are one for standard input, one for the files and one for the
// kustomization, as far as they are asked for.
func (a *app) builders(f *fileFlags) []*resource.Builder {
	var out []*resource.Builder
	names := slices.DeleteFunc(slices.Clone(f.names), func(name string) bool { return name == "-" })
	if len(names) < len(f.names) {
		out = append(out, resource.NewBuilder(a.flags).Unstructured().Stream(a.in, "standard input"))
	}
	if len(names) > 0 {
		out = append(out, resource.NewBuilder(a.flags).Unstructured().FilenameParam(false, &resource.FilenameOptions{Filenames: names, Recursive: f.recursive}))
	}
	if f.kustomize != "" {
		out = append(out, resource.NewBuilder(a.flags).Unstructured().FilenameParam(false, &resource.FilenameOptions{Kustomize: f.kustomize}))
	}
	return out
}

// reader collects the objects of files.
type reader struct {
	namespace string // of what names none
	seen      map[string]string
	found     []source
}

func (r *reader) visit(info *resource.Info, err error) error {
	if err != nil {
		return err
	}
	raw, object, err := typed(info)
	if err != nil || object == nil {
		return err
	}
	kind := object.GetObjectKind().GroupVersionKind().Kind
	if object.GetNamespace() == "" && !slices.Contains(clusterScoped, kind) {
		object.SetNamespace(r.namespace)
		raw.SetNamespace(r.namespace)
	}
	what := kind + " " + id(object)
	if first, twice := r.seen[what]; twice {
		return fmt.Errorf("%s: %s is in %s too; keep one of them", info.Source, what, first)
	}
	r.seen[what] = info.Source
	r.found = append(r.found, source{file: info.Source, object: object, raw: raw})
	return nil
}

// objects are what the files hold, as a plan takes it.
func objects(in []source) *plan.Objects {
	out := &plan.Objects{}
	for _, s := range in {
		out.Add(s.object)
	}
	return out
}

// typed is an object of ours as its Go type, or nil for one of another kind. A
// field the type does not have is an error: it is a misspelt one.
func typed(info *resource.Info) (*unstructured.Unstructured, client.Object, error) {
	raw, ok := info.Object.(*unstructured.Unstructured)
	if !ok {
		return nil, nil, fmt.Errorf("%s: %T is no object; write one object a document", info.Source, info.Object)
	}
	gvk := raw.GroupVersionKind()
	if gvk.Group != v1alpha1.GroupVersion.Group && gvk.GroupKind() != (schema.GroupKind{Kind: "Namespace"}) {
		return nil, nil, nil
	}
	empty, err := scheme.New(gvk)
	if err != nil {
		return nil, nil, fmt.Errorf("%s: there is no kind %s in %s; correct apiVersion and kind", info.Source, gvk.Kind, gvk.GroupVersion())
	}
	id := fmt.Sprintf("%s: %s %s", info.Source, gvk.Kind, raw.GetName())
	if raw.GetName() == "" {
		return nil, nil, fmt.Errorf("%s: metadata.name is missing; give it one", strings.TrimSpace(id))
	}
	if err := runtime.DefaultUnstructuredConverter.FromUnstructuredWithValidation(raw.Object, empty, gvk.Kind != "Namespace"); err != nil {
		return nil, nil, unreadable(id, raw, gvk, err)
	}
	object, ok := empty.(client.Object)
	if !ok {
		return nil, nil, fmt.Errorf("%s: a list is no object; write its items", id)
	}
	object.GetObjectKind().SetGroupVersionKind(gvk)
	if task, ok := object.(*v1alpha1.AdmittedTask); ok {
		if err := checkTask(task); err != nil {
			return nil, nil, fmt.Errorf("%s: %w", id, err)
		}
	}
	return raw, object, nil
}

// unreadable words what a strict reading found.
func unreadable(id string, raw *unstructured.Unstructured, gvk schema.GroupVersionKind, err error) error {
	strict, ok := runtime.AsStrictDecodingError(err)
	if !ok {
		return fmt.Errorf("%s: %w; correct the value's type", id, mistyped(raw, gvk, err))
	}
	var all []string
	for _, e := range strict.Errors() {
		all = append(all, e.Error())
	}
	slices.Sort(all)
	return fmt.Errorf("%s: %s; correct the spelling or take it out", id, strings.Join(all, ", "))
}

// mistyped finds the field of a value that has the wrong type, which the strict
// reading does not tell.
func mistyped(raw *unstructured.Unstructured, gvk schema.GroupVersionKind, otherwise error) error {
	empty, err := scheme.New(gvk)
	if err != nil {
		return otherwise
	}
	data, err := json.Marshal(raw.Object)
	if err != nil {
		return otherwise
	}
	if wrong, ok := errors.AsType[*json.UnmarshalTypeError](json.Unmarshal(data, empty)); ok {
		return fmt.Errorf("%s can't be a %s", wrong.Field, wrong.Value)
	}
	return otherwise
}

// noDuplicateKeys reads plain files again for a key that is written twice in one
// object: YAML's readers keep the last one without a word.
func noDuplicateKeys(in []source) error {
	done := map[string]bool{}
	for _, s := range in {
		info, err := os.Stat(s.file)
		if done[s.file] || err != nil || !info.Mode().IsRegular() {
			continue // standard input, a URL or a kustomization
		}
		done[s.file] = true
		data, err := os.ReadFile(s.file)
		if err != nil {
			return err
		}
		documents := utilyaml.NewDocumentDecoder(io.NopCloser(bytes.NewReader(data)))
		buffer := make([]byte, len(data)+1)
		for {
			n, err := documents.Read(buffer)
			if errors.Is(err, io.EOF) {
				break
			}
			if err != nil {
				return fmt.Errorf("%s: %w", s.file, err)
			}
			var document map[string]any
			if err := yaml.UnmarshalStrict(buffer[:n], &document); err != nil {
				return fmt.Errorf("%s: %w; keep one of the two", s.file, err)
			}
		}
	}
	return nil
}
