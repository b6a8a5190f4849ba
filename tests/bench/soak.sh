#!/bin/bash
# Whether memory stays flat: soak.sh, with AIZU_BUILD naming a release build.
#
# The demo's channel, with a cue each second, and a viewer in a window (Xvfb), for MINUTES (10). Every ten seconds the
# resident memory of both, and how far the viewer is behind; at the end the line through the samples after the first
# minute, in KiB a minute, and
# what was presented and called back.
# shellcheck source=tests/bench/lib.sh
source "$(dirname "$0")/lib.sh"
need jq awk
minutes=${MINUTES:-10}

rss() { awk '/^VmRSS/ { print $2 }' "/proc/$1/status"; }

# Least squares over "seconds KiB" lines, from the second minute on.
slope() {
    awk -v name="$1" '$1 >= 60 { n++; x += $1; y += $2; xx += $1 * $1; xy += $1 * $2
            if (n == 1 || $2 < low) low = $2
            if ($2 > high) high = $2 }
        END { if (n > 1) printf "%s: %+.1f KiB a minute, from %d to %d KiB\n", name,
            60 * (n * xy - x * y) / (n * xx - x * x), low, high }' "$2"
}

machine
start_screen
start_channel --cue-every 1
"$bin/aizu" play "$url" --duration $((minutes * 60)) --log "$dir/log" </dev/null &
viewer_pid=$!
pids+=("$viewer_pid")
for ((t = 10; t < minutes * 60; t += 10)); do
    sleep 10
    kill -0 "$viewer_pid" 2>/dev/null || fail "the viewer ended: $(tail -n 1 "$dir/log")"
    echo "$t $(rss "$viewer_pid")" >>"$dir/viewer"
    echo "$t $(rss "$channel_pid")" >>"$dir/channel"
    latency=$(jq -r 'select(.event == "stats") | "dropped \(.frames_dropped), latency \(.live_latency) s"' "$dir/log" | tail -n 1)
    echo "$t s: viewer $(cut -d' ' -f2 "$dir/viewer" | tail -n 1) KiB, channel $(cut -d' ' -f2 "$dir/channel" | tail -n 1) KiB, $latency"
done
wait "$viewer_pid"
slope viewer "$dir/viewer"
slope channel "$dir/channel"
jq -r 'select(.event == "stats") | "presented \(.frames_presented), dropped \(.frames_dropped), stalls \(.stalls)," +
    " cues received \(.cues_received), delivered \(.cues_delivered), latency \(.live_latency) s"' "$dir/log" | tail -n 1
