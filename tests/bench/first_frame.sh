#!/bin/bash
# How long the first picture takes on a line with a 50 ms round trip (RTT) and 5 Mbit/s (MBIT):
# first_frame.sh [PLAYER]..., with AIZU_BUILD naming a release build.
#
# Recorded and live TS from the channel, through tests/support/shaper.c, ROUNDS (7) times, the players in turn, each on a
# line of its own. aizu-headless: by its own clock, from load on. aizu, vlc, mpv, ffplay: from the first connection to
# the first marker that is seen on the screen of an Xvfb, and from the start of the process. network: what the line alone
# needs, by curl: two playlists and the bytes of the first picture one after the other. Medians, in seconds.
# shellcheck source=tests/bench/lib.sh
source "$(dirname "$0")/lib.sh"
need jq awk curl ffprobe
rtt=${RTT:-50} mbit=${MBIT:-5} rounds=${ROUNDS:-7}
players=("$@")
[ ${#players[@]} -gt 0 ] || players=(network aizu-headless aizu vlc)

# VLC refuses to run as root.
vlc() {
    local as=()
    [ "$(id -u)" != 0 ] || as=(setpriv --reuid=65534 --regid=65534 --clear-groups)
    mkdir -p "$dir/home" && chmod 777 "$dir/home"
    HOME=$dir/home exec "${as[@]}" cvlc --no-interact --avcodec-hw none --no-osd --no-video-title-show \
        --vout xcb_x11 --aout dummy "$1"
}

start() { # PLAYER URL: in place of this shell
    case $1 in
    aizu) SDL_AUDIODRIVER=dummy exec "$bin/aizu" play "$2" --log "$dir/aizu.log" </dev/null ;;
    vlc) vlc "$2" ;;
    mpv) exec mpv --no-config --vo=x11 --ao=null --really-quiet --geometry=1280x720+0+0 --no-border "$2" ;;
    ffplay) SDL_AUDIODRIVER=dummy exec ffplay -v quiet -noborder -left 0 -top 0 "$2" ;;
    *) fail "unknown player $1" ;;
    esac
}

# Each answer as soon as the line allows; of the segment, the bytes before its second picture.
network() {
    local base=${1%/*} list top first bytes
    list=$(curl -s "$direct/master.m3u8")
    top=$(grep -A1 '^#EXT-X-STREAM-INF' <<<"$list" | sed -n 2p)
    first=$(curl -s "$direct/$top" | grep -v '^#')
    [ "$2" = recorded ] && first=$(head -n 1 <<<"$first") || first=$(tail -n 3 <<<"$first" | head -n 1)
    first=${top%/*}/$first
    curl -s -o "$dir/first.ts" "$direct/$first"
    bytes=$(ffprobe -v error -select_streams v -show_entries packet=pos -of csv=p=0 "$dir/first.ts" |
        grep . | sed -n 2p)
    curl -s -o /dev/null -o /dev/null -o /dev/null -w '%{time_total} %{time_starttransfer}\n' \
        "$base/master.m3u8" "$base/$top" "$base/$first" |
        awk -v bytes="${bytes%%,*}" -v mbit="$mbit" \
            '{ sum += NR < 3 ? $1 : $2 } END { printf "%.3f\n", sum + bytes * 8 / mbit / 1e6 }'
}

headless() {
    "$bin/aizu" play "$1" --headless --duration 6 --log "$dir/aizu.log" </dev/null
    jq -r 'select(.event == "end" | not) | .first_frame_delay // empty' "$dir/aizu.log" | tail -n 1
}

# From the first connection to the first frame on the screen, and from the start of the process.
on_screen() { # PLAYER URL
    start_screen
    local began connected seen pid
    began=$(date +%s.%N)
    (start "$1" "$2") >"$dir/$1.out" 2>&1 &
    pid=$!
    seen=$("$bin/screen_watch" "$dir/Xvfb_screen0" 15 --first | cut -d' ' -f1)
    kill "$pid" 2>/dev/null
    wait "$pid" 2>/dev/null
    stop_screen
    connected=$(sed -n 's/^connected at //p' "$dir/line.out")
    [ -z "$seen" ] || echo "$seen $connected $began" | awk '{ printf "%.3f %.3f\n", $1 - $2, $1 - $3 }'
}

measure() { # NAME PORT: all players in turn on a fresh line each
    local round player
    for ((round = 0; round < rounds; round++)); do
        for player in "${players[@]}"; do
            start_line "$2" "$rtt" "$mbit"
            local url=http://127.0.0.1:$line_port/$3
            case $player in
            network) network "$url" "$1" ;;
            aizu-headless) headless "$url" ;;
            *) on_screen "$player" "$url" ;;
            esac >>"$dir/$1.$player"
            stop_line
        done
    done
    for player in "${players[@]}"; do
        printf '%-9s %-14s %s  from the start of the process %s\n' "$1" "$player" \
            "$(cut -d" " -f1 "$dir/$1.$player" | median)" "$(cut -s -d" " -f2 "$dir/$1.$player" | median)"
    done
}

machine
echo "round trip $rtt ms, $mbit Mbit/s"
start_server
make_recording 20
direct=http://127.0.0.1:$server_port/vod
measure recorded "$server_port" vod/master.m3u8
start_channel
direct=${url%/*}
port=${direct##*:}
measure live "$port" master.m3u8
