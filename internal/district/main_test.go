package district

import (
	"context"
	"errors"
	"fmt"
	"os"
	"testing"

	"go.uber.org/goleak"

	"github.com/shequ-io/shequ/internal/district/districttest"
)

// postgres is the server of every test of this package that does not stop it; nil
// where PostgreSQL is not installed.
var postgres *districttest.Server

func TestMain(m *testing.M) {
	var err error
	if postgres, err = districttest.New(context.Background()); err != nil && (os.Getenv("CI") == "true" || !errors.Is(err, districttest.ErrMissing)) {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	code := m.Run()
	if postgres != nil {
		postgres.Close()
	}
	if code == 0 {
		if err := goleak.Find(); err != nil {
			fmt.Fprintln(os.Stderr, err)
			code = 1
		}
	}
	os.Exit(code)
}
