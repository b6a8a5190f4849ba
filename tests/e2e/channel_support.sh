# For the channel's end-to-end tests: sourced, with the channel's program as $1. Each test works in a folder of
# its own, $dir, and starts at most one channel.
set -u
channel=$1
for tool in ffmpeg ffprobe curl jq; do
    command -v "$tool" >/dev/null || { echo "skipped: no $tool"; exit 77; }
done
dir=$(mktemp -d)
pid=
trap 'test -n "$pid" && kill -KILL "$pid" 2>/dev/null; rm -rf "$dir"' EXIT

fail() { echo "FAILED: $*"; test -s "$dir/err" && cat "$dir/err"; exit 1; }
same() { test "$2" = "$3" || fail "$1: expected \"$2\", got \"$3\""; }

# start_channel OPTION...: sets pid and url, once the channel has something to play.
start_channel() {
    rm -f "$dir/out" # of one before
    "$channel" "$@" >"$dir/out" 2>"$dir/err" &
    pid=$!
    for _ in $(seq 300); do
        test -s "$dir/out" && break
        kill -0 "$pid" 2>/dev/null || fail "the channel ended"
        sleep 0.1
    done
    url=$(sed -n 's|^listening on \(http://.*\)/master.m3u8$|\1|p' "$dir/out")
    test -n "$url" || fail "no URL: $(cat "$dir/out")"
}

# stop_channel SIGNAL: it ends by itself, with status 0.
stop_channel() {
    kill -"$1" "$pid"
    wait "$pid"
    local status=$?
    pid=
    same "exit status after SIG$1" 0 "$status"
}

status_of() { curl -s -o /dev/null -w '%{http_code}' "$@"; }

# The cues' times in a playlist or segment, one a line.
cue_times() { ffprobe -v error -select_streams d -show_entries packet=pts -of csv=p=0 "$1" | tr -d ','; }

# frame_number FILE N: the number that the marker of picture N shows (see demo/channel/marker.h).
frame_number() {
    local bits=0 cell i=0
    for cell in $(ffmpeg -v error -i "$1" -frames:v 1 -f rawvideo \
        -vf "select=eq(n\,$2),crop=iw:ih/45:0:ih-ih/45,scale=40:1:flags=area,format=gray" - | od -An -v -tu1); do
        test $i -ge 2 && test $i -lt 34 && bits=$((bits * 2 + (cell > 128)))
        i=$((i + 1))
    done
    echo $bits
}
