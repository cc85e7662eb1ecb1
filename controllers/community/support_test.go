package community_test

import (
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"testing"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/shequ-io/shequ/internal/testenv"
)

func same(want, got any) error {
	if !reflect.DeepEqual(want, got) {
		return fmt.Errorf("it is\n%v\nwant\n%v", got, want)
	}
	return nil
}

// decoded are the objects of a file of config/rbac.
func decoded(t *testing.T, name string) []*unstructured.Unstructured {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(testenv.Root(), "config", "rbac", name))
	if err != nil {
		t.Fatal(err)
	}
	objects, err := testenv.Decode(data)
	if err != nil || len(objects) == 0 {
		t.Fatalf("%s: %d objects, %v", name, len(objects), err)
	}
	return objects
}
