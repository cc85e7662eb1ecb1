package main

import (
	"archive/tar"
	"encoding/json"
	"fmt"
	"io"
	"strings"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/partial"
	"github.com/google/go-containerregistry/pkg/v1/types"
)

// Archive writes the image as an OCI image layout in a tar. The name is where
// containerd looks for it and, in short, where the specification has it.
func Archive(out io.Writer, name string, image v1.Image) error {
	tag, err := tagOf(name)
	if err != nil {
		return err
	}
	descriptor, err := partial.Descriptor(image)
	if err != nil {
		return err
	}
	config, err := image.ConfigFile()
	if err != nil {
		return err
	}
	descriptor.Platform = &v1.Platform{OS: config.OS, Architecture: config.Architecture}
	descriptor.Annotations = map[string]string{
		"io.containerd.image.name":          name,
		"org.opencontainers.image.ref.name": tag,
	}
	index, err := json.Marshal(v1.IndexManifest{
		SchemaVersion: 2, MediaType: types.OCIImageIndex, Manifests: []v1.Descriptor{*descriptor},
	})
	if err != nil {
		return err
	}
	writer := tar.NewWriter(out)
	for _, file := range []struct{ name, data string }{
		{"oci-layout", `{"imageLayoutVersion":"1.0.0"}`},
		{"index.json", string(index)},
	} {
		if err := add(writer, file.name, int64(len(file.data)), strings.NewReader(file.data)); err != nil {
			return err
		}
	}
	if err := addBlobs(writer, image); err != nil {
		return err
	}
	return writer.Close()
}

func tagOf(name string) (string, error) {
	repository, tag, ok := strings.Cut(name[strings.LastIndex(name, "/")+1:], ":")
	if !ok || repository == "" || tag == "" || !strings.Contains(name, "/") {
		return "", fmt.Errorf("the name %q must be complete, as in shequ.io/station:dev", name)
	}
	return tag, nil
}

func addBlobs(writer *tar.Writer, image v1.Image) error {
	manifest, err := image.RawManifest()
	if err != nil {
		return err
	}
	digest, err := image.Digest()
	if err != nil {
		return err
	}
	config, err := image.RawConfigFile()
	if err != nil {
		return err
	}
	configName, err := image.ConfigName()
	if err != nil {
		return err
	}
	if err := add(writer, blob(digest), int64(len(manifest)), strings.NewReader(string(manifest))); err != nil {
		return err
	}
	if err := add(writer, blob(configName), int64(len(config)), strings.NewReader(string(config))); err != nil {
		return err
	}
	layers, err := image.Layers()
	if err != nil {
		return err
	}
	for _, layer := range layers {
		if err := addLayer(writer, layer); err != nil {
			return err
		}
	}
	return nil
}

func addLayer(writer *tar.Writer, layer v1.Layer) error {
	digest, err := layer.Digest()
	if err != nil {
		return err
	}
	size, err := layer.Size()
	if err != nil {
		return err
	}
	data, err := layer.Compressed()
	if err != nil {
		return err
	}
	defer data.Close()
	return add(writer, blob(digest), size, data)
}

func blob(digest v1.Hash) string { return "blobs/" + digest.Algorithm + "/" + digest.Hex }

func add(writer *tar.Writer, name string, size int64, data io.Reader) error {
	err := writer.WriteHeader(&tar.Header{
		Name: name, Mode: 0o644, Size: size, ModTime: epoch, Typeflag: tar.TypeReg, Format: tar.FormatPAX,
	})
	if err != nil {
		return err
	}
	_, err = io.Copy(writer, data)
	return err
}
