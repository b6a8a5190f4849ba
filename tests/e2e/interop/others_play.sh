#!/bin/bash
# What others make of the channel's live streams: <channel>. ffprobe, ffmpeg, VLC and mpv each play some seconds of the
# classic, the low-latency and the PREFETCH one, and have nothing to complain about. None of them knows parts or
# PREFETCH: they play the segments. A player that is not installed is left out and said.
. "$(dirname "$0")/support.sh"
need ffmpeg ffprobe
export no_proxy=127.0.0.1 NO_PROXY=127.0.0.1
start_channel "$1" --port 0 --cue-every 1 --size 640x360

# FFmpeg reads the header of a fragmented stream again after each reload, and says so.
again='Found duplicated MOOV Atom'

ffmpeg_plays() { # LIST STREAMS
    local list=$url/$1 streams frames
    streams=$(timeout 60 ffprobe -v error -show_entries stream=codec_name -of csv=p=0 "$list" 2>"$dir/err" | tr -d ' ,' | sort -u | xargs)
    echo "ffprobe $1: $streams"
    test "$streams" = "$2" || fail "ffprobe $1: $streams"
    test -s "$dir/err" && fail "ffprobe $1: $(cat "$dir/err")"

    timeout 60 ffmpeg -nostdin -v warning -xerror -i "$list" -map 0:v:0 -map 0:a:0 -t 6 -f null - 2>"$dir/err" || fail "ffmpeg $1: exit status $?"
    frames=$(timeout 60 ffmpeg -nostdin -v error -progress - -i "$list" -map 0:v:0 -t 6 -f null - 2>>"$dir/err" | sed -n 's/^frame=//p' | tail -1)
    echo "ffmpeg $1: $frames pictures in 6 s: $(grep -v "$again" "$dir/err")"
    test "$frames" = 180 || fail "ffmpeg $1: $frames pictures in 6 s at 30 a second"
    grep -qv "$again" "$dir/err" && fail "ffmpeg $1: $(cat "$dir/err")"
}

mpv_plays() { # LIST
    local bad
    timeout 60 mpv --no-config --vo=null --ao=null --length=6 --msg-level=all=warn --no-terminal --log-file="$dir/mpv.log" "$url/$1" || fail "mpv $1: exit status $?"
    bad=$(grep -E '\]\[(w|e|f)\]\[(ffmpeg|lavf|vd|ad|demux|cplayer)' "$dir/mpv.log" | grep -v "$again")
    echo "mpv $1: $(grep -c . "$dir/mpv.log") lines, complaints: ${bad:-none}"
    test -z "$bad" || fail "mpv complains"
}

vlc_plays() { # LIST: one quality, VLC cuts its own switches in the middle of pictures
    # VLC does not run as root; its own way round is another user
    local as=() decoded bad
    test "$(id -u)" != 0 || as=(setpriv --reuid=65534 --regid=65534 --clear-groups)
    mkdir -p "$dir/home" && chmod 777 "$dir" "$dir/home"
    HOME=$dir/home XDG_RUNTIME_DIR=$dir/home timeout 60 "${as[@]}" cvlc --no-color -vv -I dummy --vout=dummy --aout=dummy --no-media-library \
        --run-time=6 --play-and-exit "$url/$1" >"$dir/vlc.log" 2>&1 || fail "VLC $1: exit status $?"
    decoded=$(grep -c 'Received first picture' "$dir/vlc.log")
    # it misses the fragments before the first one that it fetched
    bad=$(grep -E '(ts|mp4|adaptive|avcodec|h264|mpeg4audio|packetizer[^ ]*) (demux|stream|decoder|packetizer|error|generic)?.*(error|discontinuity|corrupt|lost|warning: .*(late|drop))' "$dir/vlc.log" |
        grep -v -e debug -e 'Fragment sequence discontinuity detected [0-9]* != 0$' | head -5)
    echo "VLC $1: $decoded first picture, complaints: ${bad:-none}"
    test "$decoded" -ge 1 || fail "VLC $1 shows nothing: $(tail -3 "$dir/vlc.log")"
    test -z "$bad" || fail "VLC $1 complains"
}

ffmpeg_plays master.m3u8 "aac h264 timed_id3"
ffmpeg_plays prefetch.m3u8 "aac h264 timed_id3"
ffmpeg_plays ll.m3u8 "aac h264"
for tool in mpv vlc; do
    command -v "$tool" >/dev/null || { echo "left out: no $tool"; continue; }
    if test $tool = mpv; then lists="master.m3u8 prefetch.m3u8 ll.m3u8"; else lists="360p/index.m3u8 360p/prefetch.m3u8 ll/360p/index.m3u8"; fi
    for list in $lists; do "${tool}_plays" "$list"; done
done
finish
