#!/bin/bash
# hls.js in headless Chromium plays the channel's live stream and sees its cues: <channel> <build folder>.
. "$(dirname "$0")/support.sh"
here=$(cd "$(dirname "$0")" && pwd)
browser_modules "$here" "$2"
export no_proxy=127.0.0.1 NO_PROXY=127.0.0.1
start_channel "$1" --port 0 --cue-every 0.5 --size 640x360
NODE_PATH=$modules/node_modules timeout 120 node "$here/hls_js.cjs" "$url/master.m3u8" "$dir/profile" "$(command -v chromium)" || fail "hls.js: exit status $?"
finish
