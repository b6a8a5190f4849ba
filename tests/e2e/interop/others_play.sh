#!/bin/bash
# What others make of the channel's live stream: <channel>. ffprobe, ffmpeg, VLC and mpv each play some seconds and
# have nothing to complain about. A player that is not installed is left out and said.
. "$(dirname "$0")/support.sh"
need ffmpeg ffprobe
export no_proxy=127.0.0.1 NO_PROXY=127.0.0.1
start_channel "$1" --port 0 --cue-every 1 --size 640x360
list=$url/master.m3u8

streams=$(timeout 60 ffprobe -v error -show_entries stream=codec_name -of csv=p=0 "$list" 2>"$dir/err" | tr -d ' ,' | sort -u | xargs)
echo "ffprobe: $streams"
test "$streams" = "aac h264 timed_id3" || fail "ffprobe: $streams"
test -s "$dir/err" && fail "ffprobe: $(cat "$dir/err")"

timeout 60 ffmpeg -nostdin -v warning -xerror -i "$list" -map 0:v:0 -map 0:a:0 -t 6 -f null - 2>"$dir/err" || fail "ffmpeg: exit status $?"
frames=$(timeout 60 ffmpeg -nostdin -v error -progress - -i "$list" -map 0:v:0 -t 6 -f null - 2>>"$dir/err" | sed -n 's/^frame=//p' | tail -1)
echo "ffmpeg: $frames pictures in 6 s: $(cat "$dir/err")"
test "$frames" = 180 || fail "ffmpeg: $frames pictures in 6 s at 30 a second"
test -s "$dir/err" && fail "ffmpeg: $(cat "$dir/err")"

if command -v mpv >/dev/null; then
    timeout 60 mpv --no-config --vo=null --ao=null --length=6 --msg-level=all=warn --no-terminal --log-file="$dir/mpv.log" "$list" || fail "mpv: exit status $?"
    bad=$(grep -E '\]\[(w|e|f)\]\[(ffmpeg|lavf|vd|ad|demux|cplayer)' "$dir/mpv.log")
    echo "mpv: $(grep -c . "$dir/mpv.log") lines, complaints: ${bad:-none}"
    test -z "$bad" || fail "mpv complains"
else
    echo "left out: no mpv"
fi

if command -v vlc >/dev/null; then
    # VLC does not run as root; its own way round is another user
    as=()
    test "$(id -u)" != 0 || as=(setpriv --reuid=65534 --regid=65534 --clear-groups)
    mkdir "$dir/home" && chmod 777 "$dir" "$dir/home"
    # one quality: VLC cuts its own switches in the middle of pictures
    HOME=$dir/home XDG_RUNTIME_DIR=$dir/home timeout 60 "${as[@]}" cvlc --no-color -vv -I dummy --vout=dummy --aout=dummy --no-media-library \
        --run-time=6 --play-and-exit "$url/360p/index.m3u8" >"$dir/vlc.log" 2>&1 || fail "VLC: exit status $?"
    decoded=$(grep -c 'Received first picture' "$dir/vlc.log")
    bad=$(grep -E '(ts|adaptive|avcodec|h264|mpeg4audio|packetizer[^ ]*) (demux|stream|decoder|packetizer|error|generic)?.*(error|discontinuity|corrupt|lost|warning: .*(late|drop))' "$dir/vlc.log" | grep -v debug | head -5)
    echo "VLC: $decoded first picture, complaints: ${bad:-none}"
    test "$decoded" -ge 1 || fail "VLC shows nothing: $(tail -3 "$dir/vlc.log")"
    test -z "$bad" || fail "VLC complains"
else
    echo "left out: no VLC"
fi
finish
