#!/usr/bin/env bash
# Runs every test there is, building what they need, and ends with one line over
# all of them: "N passed, N failed". The test on a real node needs Linux, root
# and a few packages; where it can't run, this says so and why. CI=true installs
# the packages. SHEQU_TALLY names a file to add the counts to.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
root=$PWD
cluster=e2e # of test/node

say() { printf '\n== %s\n' "$*"; }

say "Building what the tests need"
mkdir -p bin out
go build -o bin/tally ./hack/tally
make --no-print-directory bin/devcluster
devcluster() { (cd hack/devcluster && ../../bin/devcluster "$@"); }
node=no
if [[ $(uname -s) != Linux ]]; then
  why="it needs Linux"
elif [[ $(id -u) != 0 ]]; then
  why="it needs root"
else
  install=()
  if [[ ${CI:-} == true ]]; then install=(--install); fi
  if why=$(devcluster preflight --profile node "${install[@]}" 2>&1); then node=yes; fi
fi
KUBEBUILDER_ASSETS=$(devcluster assets)
export KUBEBUILDER_ASSETS
# All programs now, so that no test's time is spent on building them.
devcluster build --profile sim
devcluster bin helm >/dev/null
if [[ $node == yes ]]; then devcluster build --profile node; fi
# axe-core looks at every page, where it can be had.
if [[ -z ${SHEQU_AXE:-} ]] && { [[ ${CI:-} == true ]] || command -v npm >/dev/null; }; then
  SHEQU_AXE=$(hack/axe/path.sh)
  export SHEQU_AXE
fi
export SHEQU_ARTIFACTS=${SHEQU_ARTIFACTS:-$root/out/artifacts}

counts=${SHEQU_TALLY:-$(mktemp)}
clean() {
  # A test that was cut off can't take its cluster down itself.
  devcluster down --name "$cluster" 2>/dev/null || true
  [[ -n ${SHEQU_TALLY:-} ]] || rm -f "$counts"
}
trap clean EXIT

failed=0
# tests [-v] DIRECTORY PATTERN... runs a module's tests.
tests() {
  local show=()
  if [[ $1 == -v ]]; then show=(-v) && shift; fi
  local dir=$1 && shift
  (cd "$dir" && "$root/bin/tally" "${show[@]}" -record "$counts" -- go test -json -count=1 "$@") || failed=1
}

# Packages that run goroutines of their own, for the race detector.
racing=(./internal/apply/... ./internal/pace/... ./internal/clerk/... ./internal/web/source/... ./internal/web/serve/... ./internal/metrics/... ./controllers/...)
raced=$(go list "${racing[@]}")
# Those that wait for clusters come first, so that the others fill the time.
waiting=$(go list ./test/order ./test/charts)
others=$(go list ./... | grep -vxF "$raced" | grep -vxF "$waiting" | grep -v '/test/node$')

say "Packages that start goroutines"
if [[ $(go env CGO_ENABLED) == 1 ]] && command -v "$(go env CC)" >/dev/null; then
  # shellcheck disable=SC2086 # a list of packages
  tests . -race -timeout 15m $raced
else
  echo "The race detector is not used: it needs a C compiler, and there is none here."
  # shellcheck disable=SC2086
  tests . -timeout 15m $raced
fi

say "All other packages: pure, API server, charts, pages"
# shellcheck disable=SC2086
tests . -timeout 15m $waiting $others

say "The development cluster and the image packer"
smoke=sim
if [[ $node == yes ]]; then smoke=sim,node; fi
SHEQU_SMOKE=$smoke tests hack/devcluster -timeout 15m ./...
tests hack/image ./...

say "The real node"
if [[ $node == yes ]]; then
  SHEQU_NODE_TEST=1 tests -v . -timeout 30m ./test/node
else
  printf 'The test on a real node was NOT run here: %s\n' "$why"
  # CI promises this test: there, not running it is a failure.
  if [[ ${CI:-} == true ]]; then failed=1; fi
fi

say "All tests"
bin/tally -sum "$counts" || failed=1
exit $failed
