#!/usr/bin/env bash
# Fails when a generated file differs from what hack/generate.sh makes of the
# sources. It works on a copy: the checkout is not touched. Files git ignores
# are left out; uncommitted changes are taken as they are.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

copy=$(mktemp -d)
trap 'rm -rf "$copy"' EXIT

git ls-files -z --cached --others --exclude-standard |
  while IFS= read -r -d '' file; do
    if [[ -e $file ]]; then
      printf '%s\0' "$file"
    fi
  done | tar --null --files-from=- -cf - | tar -xf - -C "$copy"

"$copy/hack/generate.sh"

failed=0
for path in api config charts docs internal/store/db; do
  if ! diff -ruN "$path" "$copy/$path"; then
    failed=1
  fi
done
if [[ $failed -ne 0 ]]; then
  echo "generated files are out of date: run hack/generate.sh and commit what it changes" >&2
  exit 1
fi
echo "generated files are up to date"
