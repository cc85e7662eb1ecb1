#!/usr/bin/env bash
# Prints where axe.min.js is, after installing the locked version of axe-core into
# the user's cache if it isn't there yet. Needs npm for that.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
lock=$(sha256sum "$here/package-lock.json" | cut -c1-12)
cache=${XDG_CACHE_HOME:-$HOME/.cache}/shequ/axe-$lock
library=$cache/node_modules/axe-core/axe.min.js
if [[ ! -f $library ]]; then
  command -v npm >/dev/null || { echo "hack/axe/path.sh: npm is needed to install axe-core; install the Debian package npm" >&2; exit 1; }
  fresh=$(mktemp -d)
  trap 'rm -rf "$fresh"' EXIT
  cp "$here/package.json" "$here/package-lock.json" "$fresh/"
  (cd "$fresh" && npm ci --ignore-scripts --no-audit --no-fund --silent >&2)
  mkdir -p "$(dirname "$cache")"
  # Of two that install at once one wins; both are the same.
  mv -T "$fresh" "$cache" 2>/dev/null || [[ -f $library ]]
fi
echo "$library"
