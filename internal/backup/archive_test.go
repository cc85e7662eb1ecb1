package backup

import (
	"archive/tar"
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func manifest() Manifest {
	return Manifest{
		Format: format, Community: "qingnianlu/anding", Home: "c-qingnianlu-anding-01234567", Database: "c_qingnianlu_anding_01234567",
		Key: "0123456789abcdef", Taken: time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC), Server: "15.1",
	}
}

func written(t testing.TB, dump []byte) []byte {
	t.Helper()
	path := filepath.Join(t.TempDir(), "dump")
	if err := os.WriteFile(path, dump, 0o600); err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	if err := Write(&out, manifest(), []byte("wrapped"), path); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func TestArchive(t *testing.T) {
	file := written(t, bytes.Repeat([]byte("rows "), 1000))
	m, key, dump, err := Read(bytes.NewReader(file), t.TempDir())
	if err != nil || m != manifest() || string(key) != "wrapped" {
		t.Errorf("Read = %+v, %q, %v", m, key, err)
	}
	data, err := os.ReadFile(dump)
	if err != nil || len(data) != 5000 {
		t.Errorf("the dump has %d bytes, %v", len(data), err)
	}
}

// A file that is cut off anywhere is refused, but for the padding at its end.
func TestCutOff(t *testing.T) {
	file := written(t, bytes.Repeat([]byte("x"), 3000))
	end := bytes.LastIndexByte(file, 'x') + 1
	for _, at := range []int{0, 100, 600, 1100, 2000, end - 3000, end - 1} {
		if _, _, _, err := Read(bytes.NewReader(file[:at]), t.TempDir()); err == nil {
			t.Errorf("what is cut off at %d of %d is taken", at, end)
		}
	}
}

func TestNoBackup(t *testing.T) {
	archive := func(parts ...[2]string) []byte {
		var out bytes.Buffer
		w := tar.NewWriter(&out)
		for _, p := range parts {
			if err := w.WriteHeader(header(p[0], int64(len(p[1])), time.Time{})); err != nil {
				t.Fatal(err)
			}
			if _, err := w.Write([]byte(p[1])); err != nil {
				t.Fatal(err)
			}
		}
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
		return out.Bytes()
	}
	for _, tc := range []struct {
		file []byte
		want string
	}{
		{[]byte("text"), "no whole backup"},
		{archive(), "manifest.json is missing"},
		{archive([2]string{"../../etc/passwd", ""}), `there is "../../etc/passwd" where manifest.json should be`},
		{archive([2]string{manifestName, "{"}), "manifest can't be read"},
		{archive([2]string{manifestName, `{"format": 2}`}), "use a newer one"},
		{archive([2]string{manifestName, `{"format": 1}`}), "does not say what it is of"},
		{archive([2]string{manifestName, strings.Repeat(" ", maxSmall+1)}), "larger than it can be"},
	} {
		if _, _, _, err := Read(bytes.NewReader(tc.file), t.TempDir()); err == nil || !strings.Contains(err.Error(), tc.want) {
			t.Errorf("%v, want an error that says %q", err, tc.want)
		}
	}
}

func FuzzRead(f *testing.F) {
	f.Add(written(f, []byte("rows")))
	f.Fuzz(func(t *testing.T, file []byte) {
		if m, _, dump, err := Read(bytes.NewReader(file), t.TempDir()); err == nil && (m.Database == "" || dump == "") {
			t.Errorf("%+v is a backup", m)
		}
	})
}
