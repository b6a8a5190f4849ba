#!/bin/bash
# Whether memory stays flat: soak.sh, with AIZU_BUILD naming a release build.
#
# The demo's channel, with a cue each second, and a viewer in a window (Xvfb), for MINUTES (10); or with OUTPUTS (as in
# "master ll prefetch") a viewer without a window on each of these at once. Every ten seconds the resident memory of
# all; at the end the line through the samples after the first minute, in KiB a minute, and what was presented and
# called back.
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
outputs=${OUTPUTS:-}
[ -n "$outputs" ] || start_screen
start_channel --cue-every 1 ${OUTPUTS:+--size 640x360}
declare -A viewers
for output in ${outputs:-master}; do
    "$bin/aizu" play "${url%master.m3u8}$output.m3u8" --duration $((minutes * 60)) --log "$dir/$output.log" \
        ${OUTPUTS:+--headless} </dev/null &
    viewers[$output]=$!
    pids+=($!)
done
for ((t = 10; t < minutes * 60; t += 10)); do
    sleep 10
    echo "$t $(rss "$channel_pid")" >>"$dir/channel"
    line="$t s: channel $(tail -n 1 "$dir/channel" | cut -d' ' -f2) KiB"
    for output in "${!viewers[@]}"; do
        kill -0 "${viewers[$output]}" 2>/dev/null || fail "$output ended: $(tail -n 1 "$dir/$output.log")"
        echo "$t $(rss "${viewers[$output]}")" >>"$dir/$output"
        line+=", $output $(tail -n 1 "$dir/$output" | cut -d' ' -f2) KiB"
    done
    echo "$line"
done
wait "${viewers[@]}"
slope channel "$dir/channel"
for output in "${!viewers[@]}"; do
    slope "$output" "$dir/$output"
    jq -r 'select(.event == "stats") | "    presented \(.frames_presented), dropped \(.frames_dropped), stalls" +
        " \(.stalls), cues received \(.cues_received), delivered \(.cues_delivered), latency \(.live_latency) s"' \
        "$dir/$output.log" | tail -n 1
done
