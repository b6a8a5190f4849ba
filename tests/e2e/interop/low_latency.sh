#!/bin/bash
# hls.js and Shaka Player in headless Chromium play the channel's low-latency stream at low latency and see its cues:
# <channel> <build folder>.
. "$(dirname "$0")/support.sh"
here=$(cd "$(dirname "$0")" && pwd)
browser_modules "$here" "$2"
export no_proxy=127.0.0.1 NO_PROXY=127.0.0.1
start_channel "$1" --port 0 --cue-every 0.5 --size 640x360 --prefill 12
for player in hls.js shaka; do
    NODE_PATH=$modules/node_modules timeout 120 node "$here/low_latency.cjs" "$player" "$url/ll.m3u8" "$dir/profile.$player" "$(command -v chromium)" ||
        fail "$player: exit status $?"
done
finish
