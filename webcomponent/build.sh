#!/usr/bin/env bash
# Bundles src/ into one JavaScript module:  build.sh OUT  writes it,  build.sh --compare OUT  tells whether OUT is up to date.
set -euo pipefail
cd "$(dirname "$0")"

bundle() {
    node_modules/.bin/esbuild src/erpnext-link.ts --bundle --minify --format=esm --target=es2022 --charset=utf8 \
        --loader:.css=text --banner:js="/* <erpnext-link>, built from webcomponent/ by build.sh. MIT license. */" \
        --log-level=warning --outfile="$1"
}

if [ "${1:-}" != --compare ]; then
    bundle "${1:?where to write the module}"
    exit
fi

fresh=$(mktemp -d)
trap 'rm -rf "$fresh"' EXIT
bundle "$fresh/erpnext-link.js"
if ! cmp "$fresh/erpnext-link.js" "$2"; then
    echo "$2 is not what webcomponent/src builds: run 'npm ci && npm run build' in webcomponent/ and commit the result" >&2
    exit 1
fi
