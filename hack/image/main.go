// Command image packs one static binary as an OCI archive that containerd and
// other engines import. The archive's bytes depend on nothing but the binary,
// the flags and the version of Go, so that two builds can be compared.
//
// It is not a general image builder: there is no base image, no package
// manager and no shell in what it makes, and it talks to no registry.
package main

import (
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
)

const usage = `usage: go -C hack/image run . -name NAME -binary PATH -o OUT.tar [-entrypoint PATH] [-user UID:GID]

Relative paths count from hack/image, where "go -C" runs this.
`

func main() {
	if err := run(os.Args[1:], os.Stderr); err != nil {
		fmt.Fprintln(os.Stderr, "image:", err)
		os.Exit(1)
	}
}

func run(args []string, errors io.Writer) error {
	flags := flag.NewFlagSet("image", flag.ContinueOnError)
	flags.SetOutput(errors)
	flags.Usage = func() {
		fmt.Fprint(errors, usage)
		flags.PrintDefaults()
	}
	var spec Spec
	flags.StringVar(&spec.Name, "name", "", "the image's full name, as in shequ.io/station:dev")
	flags.StringVar(&spec.Binary, "binary", "", "the static Linux binary to pack")
	flags.StringVar(&spec.Entrypoint, "entrypoint", "", "where the binary lies in the image and what it runs as (default: / and its base name)")
	flags.StringVar(&spec.User, "user", "65532:65532", "the numeric user and group it runs as")
	out := flags.String("o", "", "the archive to write")
	if err := flags.Parse(args); err != nil {
		return err
	}
	if spec.Name == "" || spec.Binary == "" || *out == "" || flags.NArg() > 0 {
		flags.Usage()
		return fmt.Errorf("-name, -binary and -o are needed, and nothing else")
	}
	return write(spec, *out)
}

// write puts the archive in place whole: an import never sees half of one.
func write(spec Spec, path string) error {
	image, err := Build(spec)
	if err != nil {
		return err
	}
	temp, err := os.CreateTemp(filepath.Dir(path), ".image-")
	if err != nil {
		return err
	}
	defer os.Remove(temp.Name())
	err = Archive(temp, spec.Name, image)
	if cerr := temp.Close(); err == nil {
		err = cerr
	}
	if err != nil {
		return err
	}
	if err := os.Chmod(temp.Name(), 0o644); err != nil {
		return err
	}
	return os.Rename(temp.Name(), path)
}
