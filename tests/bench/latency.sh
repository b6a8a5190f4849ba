#!/bin/bash
# From glass to glass: latency.sh [OUTPUT]..., with AIZU_BUILD naming a release build.
#
# The channel draws a number into each frame and writes down when frames are made. `aizu play` shows its outputs
# (ll: low-latency HLS, prefetch, master: classic) in a window (Xvfb) whose pixels are watched; the latency of a frame
# is the time at which its number is first seen on the screen less the time at which it was made. RUN_SECONDS (30)
# each; printed are percentiles over all frames, and the distance from the playlist's edge that the player keeps.
# shellcheck source=tests/bench/lib.sh
source "$(dirname "$0")/lib.sh"
need jq awk curl
run_seconds=${RUN_SECONDS:-30}
outputs=("$@")
[ ${#outputs[@]} -gt 0 ] || outputs=(ll prefetch master)

# The frame's number times its duration is its time on the channel's clock; any line of the cue log gives the zero.
measure() {
    {
        jq -r '"T \(.frame) \(.wall)"' "$dir/live.cues" | head -n 200
        sed 's/^/S /' "$dir/screen"
    } | awk -v fps="${FPS:-30}" '
        $1 == "T" { zero = $3 - $2 / fps }
        $1 == "S" && !($3 in seen) { seen[$3]; v[++n] = $2 - zero - $3 / fps }
        END {
            for (gap = int(n / 2); gap > 0; gap = int(gap / 2))
                for (i = gap + 1; i <= n; i++) {
                    x = v[i]
                    for (j = i - gap; j >= 1 && v[j] > x; j -= gap) v[j + gap] = v[j]
                    v[j + gap] = x
                }
            for (i = 1; i <= n; i++) sum += v[i]
            if (n) printf "    glass to glass: mean %.3f  median %.3f  p95 %.3f  p99 %.3f  max %.3f s (%d frames)\n",
                sum / n, v[int((n + 1) / 2)], v[int(n * 0.95 + 0.5)], v[int(n * 0.99 + 0.5)], v[n], n
        }'
}

machine
start_screen
start_channel --cue-log "$dir/live.cues" --cue-every 0.1
sleep 15 # it makes some seconds of programme in advance, and is behind its clock until it has caught up
for output in "${outputs[@]}"; do
    echo "$output (load $(cut -d' ' -f1 /proc/loadavg))"
    playlist=${url%master.m3u8}$output.m3u8
    "$bin/screen_watch" "$dir/Xvfb_screen0" $((run_seconds + 1)) >"$dir/screen" &
    eye=$!
    "$bin/aizu" play "$playlist" --log "$dir/log" --duration "$run_seconds" </dev/null 2>"$dir/play.err"
    kill $eye 2>/dev/null
    wait $eye 2>/dev/null
    measure
    media=$(curl -s "$playlist" | grep -m1 'index\|prefetch.m3u8\|\.m3u8$')
    curl -s "${url%master.m3u8}$media" | grep -o 'PART-HOLD-BACK=[0-9.]*' | sed 's/^/    the playlist asks for /'
    jq -r 'select(.event == "stats") | "    presented \(.frames_presented), dropped \(.frames_dropped), stalls" +
        " \(.stalls), behind the edge by \(.live_latency) s"' "$dir/log" | tail -n 1
done
