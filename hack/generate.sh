#!/usr/bin/env bash
# Regenerates everything that is generated, in place: deep copies, apply
# configurations and CustomResourceDefinitions from api/, the chart's copies of
# what config/ holds, the queries of internal/store, the sample from its table, and the
# reference of metrics.
# hack/verify.sh fails when what is committed differs from what this leaves.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

header=hack/boilerplate.go.txt
controller_gen() {
  go tool -modfile=hack/tools/go.mod controller-gen "$@"
}

# Without cgo it parses SQL with PostgreSQL's own parser as WebAssembly, and needs no
# compiler of C.
sqlc() {
  CGO_ENABLED=0 go tool -modfile=hack/tools/sqlc/go.mod sqlc "$@"
}

rm -rf config/crd/bases api/v1alpha1/applyconfiguration internal/store/db
rm -f api/v1alpha1/zz_generated.deepcopy.go

controller_gen object:headerFile="$header" paths=./api/v1alpha1
controller_gen applyconfiguration:headerFile="$header" paths=./api/v1alpha1
controller_gen crd paths=./api/v1alpha1 output:crd:dir=config/crd/bases

sqlc generate -f internal/store/sqlc.yaml

go run ./hack/gen/chart
go run ./hack/gen/qingnianlu
go run ./hack/gen/metrics
