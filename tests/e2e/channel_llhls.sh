#!/bin/bash
# Low-latency HLS: a strict client follows all renditions through blocking reloads and preload hints and holds them
# against the rules; what it received decodes without a break; and who asks for too much is refused.
. "$(dirname "$0")/channel_support.sh"
node -e 'process.exit(parseInt(process.versions.node) >= 18 ? 0 : 1)' 2>/dev/null || { echo "skipped: no node 18 or newer"; exit 77; }
export no_proxy=127.0.0.1 NO_PROXY=127.0.0.1

steps() { # FILE: the distances of its packets' times, each once
    ffprobe -v error -show_entries packet=pts -of csv=p=0 "$1" | tr -d ',' | awk 'NR > 1 {print $1 - last} {last = $1}' | sort -u | xargs
}

ulimit -n "$(ulimit -Hn)"
start_channel --size 640x360 --prefill 24 --cue-every 0.7 --cue-log "$dir/log"
node "$(dirname "$0")/llhls_check.cjs" "$url/ll.m3u8" "$dir/log" "$dir" 8 crowd || fail "the rules"
for name in 360p 180p; do
    same "$name: decoding" "" "$(ffmpeg -v warning -i "$dir/$name.mp4" -f null - 2>&1)"
    same "$name: steps of time" 3000 "$(steps "$dir/$name.mp4")"
done
same "sound: decoding" "" "$(ffmpeg -v warning -i "$dir/audio.mp4" -f null - 2>&1)"
same "sound: steps of time" 1024 "$(steps "$dir/audio.mp4")"
same "frame 0 of a segment" 0 $(($(frame_number "$dir/360p.mp4" 0) % 60))

header() { curl -s -D - -o /dev/null "$1" | tr -d '\r' | sed -n "s/^$2: //Ip"; }
same "header type" video/mp4 "$(header "$url/ll/360p/init.mp4" Content-Type)"
same "sound's header type" audio/mp4 "$(header "$url/ll/audio/init.mp4" Content-Type)"
same "a part long gone" 404 "$(status_of "$url/ll/360p/1.0.m4s")"
same "a part that nobody announced" 404 "$(status_of "$url/ll/360p/99999999999.0.m4s")"
same "unknown directives" 200 "$(status_of "$url/ll/360p/index.m3u8?_HLS_unknown=1&token=x")"
same "HEAD" 200 "$(status_of -I "$url/ll/360p/index.m3u8")"
kill -0 $pid || fail "the channel ended"

# Ends while requests wait.
curl -s -o /dev/null "$url/ll/360p/index.m3u8?_HLS_msn=$(($(curl -s "$url/ll/360p/index.m3u8" | grep -oE '^[0-9]+\.m4s' | tail -1 | cut -d. -f1) + 2))" &
sleep 0.2
stop_channel TERM
same "messages" "" "$(cat "$dir/err")"

# A file whose pictures are copied, with reordering; and one that is encoded. Their parts follow the file's frames.
make="ffmpeg -v error -y -f lavfi -i testsrc2=s=320x180:r=25 -f lavfi -i sine=r=44100 -t 5"
$make -c:v libx264 -preset veryfast -bf 2 -g 50 -pix_fmt yuv420p -c:a aac "$dir/fits.mp4" || exit 0
$make -c:v libx264 -preset veryfast -g 250 -pix_fmt yuv420p -c:a libmp3lame "$dir/long.mkv" || exit 0
for name in fits.mp4 long.mkv; do
    start_channel --input "$dir/$name" --prefill 24 --cue-every 0.7 --cue-log "$dir/log"
    node "$(dirname "$0")/llhls_check.cjs" "$url/ll.m3u8" "$dir/log" "$dir" 7 || fail "$name: the rules"
    for quality in 180p 90p; do
        same "$name $quality: decoding" "" "$(ffmpeg -v error -i "$dir/$quality.mp4" -f null - 2>&1)"
    done
    stop_channel TERM
done
exit 0
