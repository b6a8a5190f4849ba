#!/bin/bash
# What playback costs in CPU and memory: cpu.sh [PROGRAM]..., with AIZU_BUILD naming a release build.
#
# A minute (SECONDS_PLAYED) of 720p30 H.264 with sound, recorded by the channel or cut from MEDIA, is served as VOD
# HLS on loopback and played in real time: by aizu without a window, in one (Xvfb), without decoding, by VLC with its
# xcb output, and by others where they are asked for: mpv, ffplay, gst. The yardstick is a bare loop of libavformat
# and libavcodec over the same bytes. All run one after the other, ROUNDS (3) times; printed are medians, and the
# median of the ratios within a round, which other load on the machine disturbs least.
# shellcheck source=tests/bench/lib.sh
source "$(dirname "$0")/lib.sh"
need jq awk
played=${SECONDS_PLAYED:-60}
rounds=${ROUNDS:-3}
programs=("$@")
[ ${#programs[@]} -gt 0 ] || programs=(aizu-headless aizu-no-decode aizu-window vlc-window)

aizu() { "$bin/measure" "$1" "$bin/aizu" play "$media" --log "$dir/aizu.log" "${@:2}" </dev/null; }

# VLC refuses to run as root.
vlc() {
    local as=()
    [ "$(id -u)" != 0 ] || as=(setpriv --reuid=65534 --regid=65534 --clear-groups)
    mkdir -p "$dir/home" && chmod 777 "$dir/home"
    HOME=$dir/home "$bin/measure" "$1" "${as[@]}" cvlc --no-interact --avcodec-hw none --no-osd \
        --no-video-title-show --aout dummy --play-and-exit "${@:2}" "$media"
}

# play PROGRAM OUT
play() {
    case $1 in
    bare) "$bin/measure" "$2" "$bin/decode_bench" "$dir/minute.ts" 1 ;;
    bare-sound) "$bin/measure" "$2" "$bin/decode_bench" "$dir/minute.ts" 1 sound ;;
    aizu-headless) aizu "$2" --headless ;;
    aizu-no-decode) aizu "$2" --no-decode ;;
    aizu-window) SDL_AUDIODRIVER=dummy aizu "$2" ;;
    vlc-window) vlc "$2" --vout xcb_x11 ;;
    vlc-headless) vlc "$2" --vout dummy ;;
    mpv-headless) "$bin/measure" "$2" mpv --no-config --vo=null --ao=null --really-quiet "$media" ;;
    mpv-window) "$bin/measure" "$2" mpv --no-config --vo=x11 --ao=null --really-quiet "$media" ;;
    ffplay-window) SDL_AUDIODRIVER=dummy "$bin/measure" "$2" ffplay -v quiet -autoexit "$media" ;;
    gst-headless) "$bin/measure" "$2" gst-play-1.0 --no-interactive --videosink=fakevideosink \
        --audiosink='fakesink sync=true' "$media" ;;
    gst-window) "$bin/measure" "$2" gst-play-1.0 --no-interactive --videosink=ximagesink \
        --audiosink='fakesink sync=true' "$media" ;;
    *) fail "unknown program $1" ;;
    esac >"$dir/$1.out" 2>&1
}

# column PROGRAM FIELD: a figure of each round.
column() { jq ".$2" "$dir/$1.json"; }

ratios() { # PROGRAM OTHER: CPU of one in terms of the other, round by round
    paste <(column "$1" cpu) <(column "$2" cpu) | awk '{ print $1 / $2 }'
}

report() {
    printf '%-16s %8s %8s %8s %8s %8s %10s %12s\n' '' 'CPU s' 'user' 'system' 'RSS MiB' 'PSS MiB' 'switches' 'x bare'
    local program
    for program in bare bare-sound "${programs[@]}"; do
        printf '%-16s %8.2f %8.2f %8.2f %8.1f %8.1f %10d %12.3f\n' "$program" \
            "$(column "$program" cpu | median)" "$(column "$program" user | median)" \
            "$(column "$program" system | median)" "$(column "$program" rss | sort -g | tail -1)" \
            "$(column "$program" pss | sort -g | tail -1)" "$(column "$program" switches | median)" \
            "$(ratios "$program" bare | median)"
    done
    [ ! -e "$dir/aizu-headless.json" ] ||
        echo "aizu headless / bare decoding of picture and sound: $(ratios aizu-headless bare-sound | median)"
    [ ! -e "$dir/vlc-window.json" ] || [ ! -e "$dir/aizu-window.json" ] ||
        echo "aizu in a window / VLC in a window: $(ratios aizu-window vlc-window | median)"
}

machine
start_server
start_screen
options=()
[ -z "${MEDIA:-}" ] || options=(--input "$MEDIA")
make_recording "$played" "${options[@]}"
top=$(grep -A1 '^#EXT-X-STREAM-INF' "$dir/vod/master.m3u8" | sed -n 2p)
media=http://127.0.0.1:$server_port/vod/$top
grep -v '^#' "$dir/vod/$top" | sed "s|^|$dir/vod/${top%/*}/|" | xargs cat >"$dir/minute.ts"
for ((round = 1; round <= rounds; round++)); do
    for program in bare bare-sound "${programs[@]}"; do
        play "$program" "$dir/$program.json" || fail "$program: $(tail -n 5 "$dir/$program.out")"
        last=$(tail -n 1 "$dir/$program.json")
        echo "round $round, load $(cut -d' ' -f1 /proc/loadavg): $program $last"
    done
done
report
