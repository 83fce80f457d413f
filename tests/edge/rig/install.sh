#!/bin/sh
# Installs what the end-to-end tests of the package run under: Node 22 and 24 and the official Node runtime client,
# all from npm, into the ignored folder node_modules beside this script. Fast when nothing is left to do.
set -eu
cd "$(dirname "$0")"

exec 9>"${TMPDIR:-/tmp}/crossfade-edge-rig.lock"
flock 9

modules=$PWD/node_modules
stamp=$modules/.rig
wanted=$(cat package-lock.json install.sh | sha256sum | cut -d' ' -f1)
if [ "$(cat "$stamp" 2>/dev/null)" = "$wanted" ]; then exit 0; fi

# The runtime client compiles curl and a native addon.
missing=
for pair in npm:npm cmake:cmake autoconf:autoconf automake:automake libtoolize:libtool make:make g++:g++ python3:python3 xz:xz-utils; do
    command -v "${pair%%:*}" >/dev/null || missing="$missing ${pair#*:}"
done
if [ -n "$missing" ]; then
    echo "edge rig: installing$missing" >&2
    if ! { [ "$(id -u)" = 0 ] && apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq $missing; } >&2; then
        echo "edge rig: the runtime client cannot be built: as root, run: apt-get install$missing" >&2
        exit 1
    fi
fi

echo "edge rig: installing Node 22, Node 24 and the Node runtime client (a minute or two)" >&2
log=$(mktemp)
trap 'rm -f "$log"' EXIT
if ! {
    npm ci --ignore-scripts --no-bin-links &&
    # Built once: the addon speaks Node-API, so one build serves both releases.
    npm_config_nodedir=$modules/node22 PATH=$modules/node22/bin:$PATH npm rebuild --no-bin-links --foreground-scripts aws-lambda-ric
} >"$log" 2>&1; then
    cat "$log" >&2
    echo "edge rig: npm could not install it; the reason is above" >&2
    exit 1
fi
echo "$wanted" >"$stamp"
