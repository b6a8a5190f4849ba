#!/bin/bash
# hls.js in headless Chromium plays the channel's live stream and sees its cues: <channel> <build folder>. npm installs
# what package-lock.json pins into the build folder, once.
. "$(dirname "$0")/support.sh"
here=$(cd "$(dirname "$0")" && pwd)
need node npm chromium
node -e 'process.exit(parseInt(process.versions.node) >= 20 ? 0 : 1)' || { echo "skipped: node is older than 20"; exit 77; }
modules=$2/interop
mkdir -p "$modules"
if ! cmp -s "$here/package-lock.json" "$modules/package-lock.json" || test ! -d "$modules/node_modules/hls.js"; then
    cp "$here/package.json" "$here/package-lock.json" "$modules/"
    npm ci --prefix "$modules" --ignore-scripts --no-audit --no-fund >"$dir/npm.log" 2>&1 || {
        rm -f "$modules/package-lock.json"
        echo "skipped: npm cannot install: $(tail -1 "$dir/npm.log")"
        exit 77
    }
fi
export no_proxy=127.0.0.1 NO_PROXY=127.0.0.1
start_channel "$1" --port 0 --cue-every 0.5 --size 640x360
NODE_PATH=$modules/node_modules timeout 120 node "$here/hls_js.cjs" "$url/master.m3u8" "$dir/profile" "$(command -v chromium)" || fail "hls.js: exit status $?"
finish
