package forms_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/shequ-io/shequ/internal/web/forms"
)

// A table is taken in as it is, within the bounds of any file, where files are wanted
// and there is a place; and a form that declares none can tell that one came.
func TestTables(t *testing.T) {
	t.Parallel()
	part := func(name, content string) string {
		return fmt.Sprintf("--x\r\nContent-Disposition: form-data; name=%q; filename=\"a.csv\"\r\n\r\n%s\r\n", name, content)
	}
	full := func(context.Context) (func(), error) { return nil, errors.New("no place") }
	for name, c := range map[string]struct {
		body    string
		gate    forms.Gate
		want    string
		refused forms.Refusal
	}{
		"a table":     {part(forms.TableName, "a,b\n1,2"), forms.Slots(1), "a,b\n1,2", ""},
		"two":         {part(forms.TableName, "a") + part(forms.TableName, "b"), forms.Slots(1), "a", ""},
		"nothing":     {part(forms.TableName, ""), forms.Slots(1), "", ""},
		"too large":   {part(forms.TableName, strings.Repeat("x", forms.MaxFileBytes+1)), forms.Slots(1), "", forms.FileTooLarge},
		"no files":    {part(forms.TableName, "a"), nil, "", ""},
		"no place":    {part(forms.TableName, "a"), full, "", forms.FilesBusy},
		"another one": {part("sheet", "a"), forms.Slots(1), "", ""},
	} {
		post, leave, err := forms.Read(multipart(strings.NewReader(c.body+"--x--\r\n")), c.gate)
		leave()
		if err != nil || !bytes.Equal(post.Table, []byte(c.want)) || (c.refused != "") != slices.Contains(post.Refused, c.refused) || len(post.Uploads) != 0 {
			t.Errorf("%s: %q, %v, %v", name, post.Table, post.Refused, err)
		}
		if !post.Values.Has("file table") && !post.Values.Has("file sheet") {
			t.Errorf("%s: nobody is told that a file came", name)
		}
	}
}
