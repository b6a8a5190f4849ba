# shellcheck shell=bash
# For the measuring scripts here: sourced. They take the folder of a release build ($AIZU_BUILD, or build/release)
# and work in a folder of their own, $dir, which goes at the end with all that they started.
set -u
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
bin=${AIZU_BUILD:-$root/build/release}/bin
dir=$(mktemp -d)
chmod 755 "$dir"
pids=()

# shellcheck disable=SC2317 # reached through the trap
cleanup() {
    local pid
    for pid in "${pids[@]}"; do
        kill "$pid" 2>/dev/null
    done
    wait 2>/dev/null
    [ -n "${KEEP:-}" ] && echo "kept: $dir" || rm -rf "$dir"
}
trap cleanup EXIT
trap 'exit 130' INT TERM

need() {
    local tool
    for tool in "$@"; do
        command -v "$tool" >/dev/null || { echo "skipped: no $tool"; exit 77; }
    done
}

fail() { echo "FAILED: $*" >&2; exit 1; }

# wait_for FILE PATTERN: the first line of a file that has the pattern; it is being written by somebody.
wait_for() {
    local i
    for ((i = 0; i < 600; i++)); do
        grep -m1 -e "$2" "$1" 2>/dev/null && return 0
        sleep 0.1
    done
    return 1
}

# start_channel OPTION...: a live channel; sets url.
start_channel() {
    "$bin/aizu-channel" "$@" >"$dir/channel.out" 2>"$dir/channel.err" &
    pids+=($!)
    channel_pid=$!
    url=$(wait_for "$dir/channel.out" '^listening on ') || fail "no channel: $(cat "$dir/channel.err")"
    url=${url#listening on }
}

stop_channel() { kill "$channel_pid" 2>/dev/null; wait "$channel_pid" 2>/dev/null; }

# make_recording SECONDS OPTION...: $dir/vod and its cues in $dir/vod.cues.
make_recording() {
    "$bin/aizu-channel" --vod-dir "$dir/vod" --duration "$1" --cue-log "$dir/vod.cues" "${@:2}" ||
        fail "no recording"
}

# start_server: serves $dir on loopback; sets server_port.
start_server() {
    need nginx
    local i
    for ((i = 0; i < 10; i++)); do
        server_port=$((20000 + RANDOM % 20000))
        cat >"$dir/nginx.conf" <<END
worker_processes 1; daemon off; pid $dir/nginx.pid;
events { worker_connections 256; }
http {
    access_log off; sendfile on; tcp_nopush on; keepalive_timeout 75;
    client_body_temp_path $dir/nginx; proxy_temp_path $dir/nginx; fastcgi_temp_path $dir/nginx;
    uwsgi_temp_path $dir/nginx; scgi_temp_path $dir/nginx;
    types { application/vnd.apple.mpegurl m3u8; video/mp2t ts; }
    server { listen 127.0.0.1:$server_port; root $dir; }
}
END
        nginx -c "$dir/nginx.conf" -e "$dir/nginx.err" 2>/dev/null &
        pids+=($!)
        sleep 0.5
        kill -0 $! 2>/dev/null && return 0
    done
    fail "no server: $(cat "$dir/nginx.err")"
}

# start_screen: an X server of 1280x720 without a screen, whose pixels are in $dir/Xvfb_screen0; sets DISPLAY.
start_screen() {
    need Xvfb
    rm -f "$dir/display"
    Xvfb -displayfd 3 -screen 0 1280x720x24 -fbdir "$dir" -ac -nolisten tcp 3>"$dir/display" >/dev/null 2>&1 &
    pids+=($!)
    screen_pid=$!
    DISPLAY=:$(wait_for "$dir/display" '^[0-9]') || fail "no X server"
    export DISPLAY SDL_VIDEODRIVER=x11
    unset WAYLAND_DISPLAY
}

stop_screen() { kill "$screen_pid" 2>/dev/null; wait "$screen_pid" 2>/dev/null; }

# start_line PORT MS MBIT: a shaped line to a local port; sets line_port.
start_line() {
    rm -f "$dir/line.out"
    "$bin/shaper" --to "$1" --rtt "$2" --mbit "$3" >"$dir/line.out" &
    pids+=($!)
    line_pid=$!
    line_port=$(wait_for "$dir/line.out" '^listening on ') || fail "no line"
    line_port=${line_port#listening on }
}

stop_line() { kill "$line_pid" 2>/dev/null; wait "$line_pid" 2>/dev/null; }

# median: of the numbers on standard input, one a line.
median() { sort -g | awk '{ v[NR] = $1 } END { if (NR) print v[int((NR + 1) / 2)]; else print "-" }'; }

machine() {
    echo "$(date -u +%Y-%m-%d), $(nproc) cores of $(sed -n 's/^model name[^:]*: //p' /proc/cpuinfo | head -1)," \
        "load $(cut -d' ' -f1 /proc/loadavg), aizu $("$bin/aizu" --version 2>/dev/null | head -1 | grep -o '[0-9.]*$')"
}
