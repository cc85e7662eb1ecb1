package live

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

const auditLines = `{"verb":"patch","user":{"username":"system:serviceaccount:shequ-system:shequ-operator"},"objectRef":{"resource":"communities","namespace":"q","name":"a","subresource":"status"},"responseStatus":{"code":200}}
{"verb":"update","user":{"username":"system:serviceaccount:shequ-system:shequ-operator"},"objectRef":{"resource":"leases","namespace":"s","name":"shequ-operator"},"responseStatus":{"code":200}}
{"verb":"patch","user":{"username":"admin"},"objectRef":{"resource":"communities","namespace":"q","name":"b"},"responseStatus":{"code":200}}
{"verb":"create","user":{"username":"system:serviceaccount:shequ-system:shequ-operator"},"objectRef":{"resource":"events","namespace":"q"},"responseStatus":{"code":403}}
{"verb":"patch","user":{"us`

// A test that counts writes is worth what its counting is.
func TestOperatorWrites(t *testing.T) {
	c := &Cluster{Audit: filepath.Join(t.TempDir(), "audit.log")}
	if err := os.WriteFile(c.Audit, []byte(auditLines), 0o600); err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, w := range c.OperatorWrites(t, 0) {
		got = append(got, w.String())
	}
	want := "patch communities/status q/a: 200; create events q/: 403"
	if strings.Join(got, "; ") != want {
		t.Errorf("writes are %q, want %q", strings.Join(got, "; "), want)
	}
	if later := c.OperatorWrites(t, c.Now(t)); len(later) != 0 {
		t.Errorf("there is nothing after the end, but %v", later)
	}
}
