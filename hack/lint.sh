#!/usr/bin/env bash
# Runs golangci-lint over every module of ours, and kube-api-linter over the API
# types. Both are one program, built from hack/tools/lint at the versions its
# go.mod pins, and kept by content in the user's cache. Arguments are passed on
# to golangci-lint run, for example --fix.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
root=$PWD

cache=${XDG_CACHE_HOME:-$HOME/.cache}/shequ/lint
version=$(cat hack/tools/lint/go.sum <(go env GOVERSION GOOS GOARCH) | sha256sum | cut -c1-16)
linter=$cache/golangci-lint-$version
if [[ ! -x $linter ]]; then
  echo "building golangci-lint with kube-api-linter (a few minutes, once)" >&2
  mkdir -p "$cache"
  CGO_ENABLED=0 go -C hack/tools/lint build -o "$linter.$$" \
    sigs.k8s.io/kube-api-linter/cmd/golangci-lint-kube-api-linter
  mv "$linter.$$" "$linter"
fi

failed=0
for module in . hack/devcluster hack/image; do
  echo "golangci-lint $module" >&2
  (cd "$module" && "$linter" run --config "$root/.golangci.yml" "$@" ./...) || failed=1
done
echo "kube-api-linter api" >&2
"$linter" run --config .kube-api-linter.yml ./api/... || failed=1
exit $failed
