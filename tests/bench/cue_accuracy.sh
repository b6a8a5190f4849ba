#!/bin/bash
# How exactly cues are called back: cue_accuracy.sh [RUN]..., with AIZU_BUILD naming a release build.
#
# The channel puts a cue on every third frame (ten a second) and writes down which; `aizu play` plays it on
# loopback, live and recorded, without a window, in one (Xvfb, whose pixels are watched as well), and without
# decoding; then across 20 quality switches and 20 seeks. cue_check.awk judges each run. 55 seconds a run
# (RUN_SECONDS), 500 cues.
# shellcheck source=tests/bench/lib.sh
source "$(dirname "$0")/lib.sh"
need jq awk
run_seconds=${RUN_SECONDS:-55}
cue_options=(--cue-every 0.1)

words='if .event == "frame" then "F \(.at) \(.pts)"
    elif .event == "cue" and .phase == "start" then
        "C \(.t) \(.due) \(.pts) \(.error_ms) \(.text | fromjson | .n) \(.late) \(.skipped) \(.wall)"
    else empty end'

# judge TRUTH LOG [SCREEN]
judge() {
    {
        jq -r '"T \(.n) \(.time) \(.frame)"' "$1"
        [ -z "${3:-}" ] || sed 's/^/S /' "$3"
        jq -r "$words" "$2"
    } | awk -f "$root/tests/bench/cue_check.awk"
    jq -r 'select(.event == "stats") | "    presented \(.frames_presented), dropped \(.frames_dropped), stalls" +
        " \(.stalls), switches \(.quality_switches), cue copies collapsed \(.cue_copies)"' "$2" | tail -n 1
}

# play NAME TRUTH URL OPTION...: commands for the player on standard input.
play() {
    echo "$1 (load $(cut -d' ' -f1 /proc/loadavg))"
    "$bin/aizu" play "$3" --log "$dir/log" --log-frames --log-stats 0 --mute "${@:4}" 2>"$dir/play.err"
    case $? in
    0 | 3 | 4) ;;
    *) fail "$1: $(cat "$dir/play.err")" ;;
    esac
}

run() { # NAME TRUTH URL OPTION...
    play "$@" </dev/null
    judge "$2" "$dir/log"
}

run_window() { # NAME TRUTH URL
    "$bin/screen_watch" "$dir/Xvfb_screen0" $((run_seconds + 1)) >"$dir/screen" &
    local eye=$!
    play "$@" --duration "$run_seconds" </dev/null
    kill $eye 2>/dev/null
    wait $eye 2>/dev/null
    judge "$2" "$dir/log" "$dir/screen"
}

# Alternately the low and the high quality; a live buffer is short, so each is seen before the next.
run_switches() {
    {
        sleep 3
        for ((i = 0; i < 20; i++)); do
            echo "quality $(((i + 1) % 2))"
            sleep 4
        done
        sleep 6
        echo quit
    } | play "20 quality switches, live" "$@" --headless
    judge "$1" "$dir/log"
}

# To and fro, to times between two cues.
run_seeks() {
    {
        sleep 3
        for ((i = 0; i < 20; i++)); do
            echo "seek $((i * 37 % 50)).05"
            sleep 2.5
        done
        echo quit
    } | play "20 seeks, recorded" "$@" --headless
    judge "$1" "$dir/log"
}

wanted() { [ ${#runs[@]} = 0 ] || [[ " ${runs[*]} " == *" $1 "* ]]; }
runs=("$@")

machine
start_server
start_screen
make_recording $((run_seconds + 5)) "${cue_options[@]}"
vod=http://127.0.0.1:$server_port/vod/master.m3u8
here=(--duration "$run_seconds")
wanted vod && run "recorded, headless" "$dir/vod.cues" "$vod" --headless "${here[@]}"
wanted vod-window && run_window "recorded, in a window" "$dir/vod.cues" "$vod"
wanted vod-bare && run "recorded, without decoding" "$dir/vod.cues" "$vod" --no-decode "${here[@]}"
wanted seeks && run_seeks "$dir/vod.cues" "$vod"
start_channel --cue-log "$dir/live.cues" "${cue_options[@]}"
wanted live && run "live, headless" "$dir/live.cues" "$url" --headless "${here[@]}"
wanted live-window && run_window "live, in a window" "$dir/live.cues" "$url"
wanted live-bare && run "live, without decoding" "$dir/live.cues" "$url" --no-decode "${here[@]}"
wanted switches && run_switches "$dir/live.cues" "$url"
exit 0
