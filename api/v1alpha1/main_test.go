package v1alpha1_test

import (
	"os"
	"testing"

	"github.com/shequ-io/shequ/internal/testenv"
)

// env is the API server every test of this package asks.
var env *testenv.Env

func TestMain(m *testing.M) {
	os.Exit(testenv.Main(m, testenv.Options{}, func(e *testenv.Env) { env = e }))
}
