package main

import (
	"archive/tar"
	"bytes"
	"debug/elf"
	"fmt"
	"io"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"time"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/tarball"
	"github.com/google/go-containerregistry/pkg/v1/types"
)

// Spec says what an image consists of.
type Spec struct {
	Name       string
	Binary     string
	Entrypoint string
	User       string
}

// epoch is the time of everything in an image: the real one would make every
// build different.
var epoch = time.Unix(0, 0).UTC()

var userForm = regexp.MustCompile(`^[0-9]+:[0-9]+$`)

// Build makes the image: one layer with the little a process may look for in
// a file system, one with the binary.
func Build(spec Spec) (v1.Image, error) {
	if spec.Entrypoint == "" {
		spec.Entrypoint = "/" + filepath.Base(spec.Binary)
	}
	if !path.IsAbs(spec.Entrypoint) || path.Clean(spec.Entrypoint) != spec.Entrypoint || spec.Entrypoint == "/" {
		return nil, fmt.Errorf("the entrypoint %q must be a clean absolute path", spec.Entrypoint)
	}
	// Pod Security asks for a number: it cannot look up a name in the image.
	if !userForm.MatchString(spec.User) {
		return nil, fmt.Errorf("the user %q must be numbers, as in 65532:65532", spec.User)
	}
	arch, err := architecture(spec.Binary)
	if err != nil {
		return nil, err
	}
	data, err := os.ReadFile(spec.Binary)
	if err != nil {
		return nil, err
	}
	rootfs, err := layer(rootfsEntries())
	if err != nil {
		return nil, err
	}
	program, err := layer(programEntries(spec.Entrypoint, data))
	if err != nil {
		return nil, err
	}
	base := mutate.ConfigMediaType(mutate.MediaType(empty.Image, types.OCIManifestSchema1), types.OCIConfigJSON)
	image, err := mutate.Append(base,
		mutate.Addendum{Layer: rootfs, History: v1.History{Created: v1.Time{Time: epoch}, CreatedBy: "hack/image: minimal root"}},
		mutate.Addendum{Layer: program, History: v1.History{Created: v1.Time{Time: epoch}, CreatedBy: "hack/image: " + spec.Entrypoint}},
	)
	if err != nil {
		return nil, err
	}
	config, err := image.ConfigFile()
	if err != nil {
		return nil, err
	}
	config = config.DeepCopy()
	config.OS, config.Architecture = "linux", arch
	config.Created = v1.Time{Time: epoch}
	config.Config = v1.Config{
		User: spec.User, Entrypoint: []string{spec.Entrypoint}, WorkingDir: "/",
		Env: []string{"PATH=" + path.Dir(spec.Entrypoint)},
	}
	return mutate.ConfigFile(image, config)
}

// architecture reads for which processor the binary is made, and refuses one
// that needs libraries: there are none in the image.
func architecture(binary string) (string, error) {
	file, err := elf.Open(binary)
	if err != nil {
		return "", fmt.Errorf("%s is no Linux binary: %w", binary, err)
	}
	defer func() { _ = file.Close() }()
	for _, program := range file.Progs {
		if program.Type == elf.PT_INTERP {
			return "", fmt.Errorf("%s needs shared libraries; build it with CGO_ENABLED=0", binary)
		}
	}
	switch file.Machine {
	case elf.EM_X86_64:
		return "amd64", nil
	case elf.EM_AARCH64:
		return "arm64", nil
	default:
		return "", fmt.Errorf("%s is for %s; only amd64 and arm64 are known", binary, file.Machine)
	}
}

// entry is a file or, without data, a directory.
type entry struct {
	name string
	mode int64
	uid  int
	data []byte
}

const nonroot = 65532

func rootfsEntries() []entry {
	return []entry{
		{name: "etc/", mode: 0o755},
		{name: "etc/group", mode: 0o644, data: []byte("root:x:0:\nnonroot:x:65532:\n")},
		{name: "etc/passwd", mode: 0o644, data: []byte(
			"root:x:0:0:root:/:/sbin/nologin\nnonroot:x:65532:65532:nonroot:/home/nonroot:/sbin/nologin\n")},
		{name: "home/", mode: 0o755},
		{name: "home/nonroot/", mode: 0o700, uid: nonroot},
		{name: "tmp/", mode: 0o1777},
	}
}

// programEntries puts the binary at its place, owned by root and writable by
// nobody, with the directories above it.
func programEntries(entrypoint string, data []byte) []entry {
	var entries []entry
	for dir := path.Dir(entrypoint); dir != "/"; dir = path.Dir(dir) {
		entries = append([]entry{{name: dir[1:] + "/", mode: 0o755}}, entries...)
	}
	return append(entries, entry{name: entrypoint[1:], mode: 0o555, data: data})
}

func layer(entries []entry) (v1.Layer, error) {
	var buffer bytes.Buffer
	writer := tar.NewWriter(&buffer)
	for _, e := range entries {
		header := &tar.Header{
			Name: e.name, Mode: e.mode, Uid: e.uid, Gid: e.uid, ModTime: epoch,
			Typeflag: tar.TypeReg, Size: int64(len(e.data)), Format: tar.FormatPAX,
		}
		if e.data == nil {
			header.Typeflag = tar.TypeDir
		}
		if err := writer.WriteHeader(header); err != nil {
			return nil, err
		}
		if _, err := writer.Write(e.data); err != nil {
			return nil, err
		}
	}
	if err := writer.Close(); err != nil {
		return nil, err
	}
	opener := func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(buffer.Bytes())), nil }
	return tarball.LayerFromOpener(opener, tarball.WithMediaType(types.OCILayer), tarball.WithCompressedCaching)
}
