package servicestation_test

import (
	"os"
	"testing"

	"github.com/shequ-io/shequ/controllers/controllertest"
)

// suite is the API server and the operator of every test of this package.
var suite = &controllertest.Suite{}

func TestMain(m *testing.M) { os.Exit(controllertest.Main(m, suite)) }
