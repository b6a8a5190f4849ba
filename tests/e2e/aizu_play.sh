#!/bin/bash
# The command line against a live channel: <channel> <aizu>. Every way to play logs each cue once, in order and on its
# frame; commands, failures and the missing display have the documented effect; probe sees what is there.
. "$(dirname "$0")/channel_support.sh"
aizu=$2
start_channel --size 640x360 --segment 1 --window 8 --prefill 6 --cue-every 0.5
list=$url/master.m3u8

check_log() { # name, file, status; sound is absent, so its error is expected
    jq -e . "$2" >/dev/null || fail "$1: not JSON lines"
    same "$1: lines without t, wall or event" 0 "$(jq 'select(.t == null or .wall == null or .event == null).t' "$2" | wc -l)"
    same "$1: errors" "" "$(jq -r 'select(.event == "error" and .result != "E_AUDIO_DEVICE").result' "$2")"
    local cues
    cues=$(jq 'select(.event == "cue").id' "$2" | wc -l)
    test "$cues" -ge 6 || fail "$1: $cues cues"
    same "$1: cues that came twice" "" "$(jq 'select(.event == "cue").id' "$2" | sort | uniq -d)"
    same "$1: order" 0 "$(jq -s '[.[] | select(.event == "cue").text | fromjson.n] | [., sort] | if .[0] == .[1] then 0 else 1 end' "$2")"
    same "$1: numbers without a hole" 0 "$(jq -s '[.[] | select(.event == "cue").text | fromjson.n] | .[-1] - .[0] + 1 - length' "$2")"
    same "$1: cues before their frame" 0 "$(jq 'select(.event == "cue" and (.error_ms == null or .error_ms < 0)).id' "$2" | wc -l)"
    same "$1: first picture" 1 "$(jq -c 'select(.event == "first_frame")' "$2" | wc -l)"
    same "$1: last line" "[\"end\",$3]" "$(tail -1 "$2" | jq -c '[.event, .status]')"
}

for mode in --headless --no-decode; do
    "$aizu" play $mode --duration 5 --log "$dir/log" --log-frames "$list" </dev/null 2>"$dir/err"
    same "$mode: exit status" 3 $?
    check_log "$mode" "$dir/log" 3
    frames=$(jq -c 'select(.event == "frame")' "$dir/log" | wc -l)
    test "$frames" -ge 100 && test "$frames" -le 160 || fail "$mode: $frames frames in 5 s"
done

# A window without a screen, and none at all.
SDL_VIDEODRIVER=dummy SDL_AUDIODRIVER=dummy "$aizu" play --duration 5 --log "$dir/log" "$list" </dev/null 2>"$dir/err"
same "window: exit status" 3 $?
check_log "window" "$dir/log" 3
env -u DISPLAY -u WAYLAND_DISPLAY "$aizu" play "$list" </dev/null >"$dir/text" 2>"$dir/err"
same "no display: exit status" 1 $?
grep -q -- --headless "$dir/err" || fail "no display: no hint"

# Commands.
{ sleep 1.5; echo pause; sleep 0.7; echo play; echo nonsense; sleep 0.5; echo "seek 1"; sleep 1; echo quit; } |
    "$aizu" play --headless --log "$dir/log" "$list" 2>"$dir/err"
same "quit: exit status" 4 $?
same "pause and play" "playing ready playing" "$(jq -r 'select(.event == "state").state' "$dir/log" | grep -v buffering | head -3 | xargs)"
same "seek" 1 "$(jq -c 'select(.event == "seek")' "$dir/log" | wc -l)"
grep -q nonsense "$dir/err" || fail "an unknown command is not reported"

# What fails.
"$aizu" play --headless --log "$dir/log" "$url/none.m3u8?token=secret" </dev/null 2>"$dir/err"
same "404: exit status" 1 $?
same "404: error" '["E_NOT_FOUND",true,404]' "$(jq -c 'select(.event == "error") | [.result, .fatal, .http_status]' "$dir/log" | tail -1)"
grep -q secret "$dir/log" && fail "a token in the log"
"$aizu" play --headless /etc/passwd </dev/null >/dev/null 2>"$dir/err"
same "not a URL: exit status" 2 $?
"$aizu" play --bogus "$list" </dev/null >/dev/null 2>"$dir/err"
same "unknown option: exit status" 2 $?

# Probe.
"$aizu" probe --json --segments 2 "$list" >"$dir/probe" 2>"$dir/err" || fail "probe of a URL"
same "probe: variants" 2 "$(jq '.variants | length' "$dir/probe")"
same "probe: codecs" '["h264","aac","id3"]' "$(jq -c '[."variant 0" | to_entries[] | select(.key | startswith("segment ")).value.tracks][0] | map(.codec)' "$dir/probe")"
sequence=$(curl -s "$url/360p/index.m3u8" | sed -n 's/^\([0-9]*\)\.ts$/\1/p' | tail -1)
curl -s -o "$dir/a.ts" "$url/360p/$sequence.ts"
"$aizu" probe --json "$dir/a.ts" >"$dir/probe" || fail "probe of a file"
same "probe: ticks" "$(ffprobe -v error -select_streams v -show_entries packet=pts -of csv=p=0 "$dir/a.ts" | tr -d ',' | sort | xargs)" \
    "$(jq '.samples[] | select(.media == "video").pts' "$dir/probe" | sort | xargs)"
same "probe: cues" "$(cue_times "$dir/a.ts" | xargs)" "$(jq '.cues[].pts' "$dir/probe" | xargs)"
"$aizu" probe "$0" >/dev/null 2>"$dir/err" && fail "probe of a text succeeds"
stop_channel TERM
