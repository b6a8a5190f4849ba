#!/bin/bash
# A file in a loop: H.264 with fitting key frames goes out bit for bit, times run on over the seam, and what cannot
# be copied is encoded.
. "$(dirname "$0")/channel_support.sh"
make="ffmpeg -v error -y -f lavfi -i testsrc2=s=640x360:r=25 -f lavfi -i sine=r=44100 -t 5"
$make -c:v libx264 -preset veryfast -bf 2 -g 50 -pix_fmt yuv420p -c:a aac "$dir/fits.mp4" || { echo skipped; exit 77; }
$make -c:v libx264 -preset veryfast -g 250 -pix_fmt yuv420p -c:a libmp3lame "$dir/long.mkv" || { echo skipped; exit 77; }

hashes() { ffmpeg -v error -i "$1" -map 0:v -f framehash -hash md5 - | grep -v '^#' | awk -F, '{print $6}'; }
times_are_even() { # FILE STEP COUNT
    ffprobe -v error -select_streams v -show_entries packet=pts -of csv=p=0 "$1" | tr -d ',' | grep . | sort -n |
        awk -v step="$2" -v count="$3" 'NR > 1 && $1 - last != step {bad++} {last = $1} END {exit bad || NR != count}'
}

for name in fits.mp4 long.mkv; do
    "$channel" --input "$dir/$name" --vod-dir "$dir/once" --cue-every 1 || fail "$name once"
    "$channel" --input "$dir/$name" --vod-dir "$dir/loop" --duration 12 --cue-every 1 || fail "$name in a loop"
    for quality in 360p 180p; do
        for length in once/125 loop/300; do
            list=$dir/${length%/*}/$quality/index.m3u8
            same "$name ${length%/*} $quality: decoding" "" "$(ffmpeg -v error -i "$list" -f null - 2>&1)"
            times_are_even "$list" 3600 "${length#*/}" || fail "$name ${length%/*} $quality: times"
        done
        same "$name $quality: cues" 11 "$(cue_times "$dir/loop/$quality/index.m3u8" | grep -c .)"
    done
    target=$(sed -n 's/^#EXT-X-TARGETDURATION://p' "$dir/loop/360p/index.m3u8")
    sed -n 's/^#EXTINF:\([0-9.]*\),.*/\1/p' "$dir/loop/360p/index.m3u8" |
        awk -v target="$target" 'int($1 + 0.5) > target {exit 1}' || fail "$name: a segment above the target"
    test "$name" = fits.mp4 || continue
    hashes "$dir/once/360p/index.m3u8" >"$dir/copied"
    hashes "$dir/fits.mp4" | cmp - "$dir/copied" || fail "copied pictures differ"
done
printf 'not a film' >"$dir/junk"
for input in junk nothing; do
    "$channel" --input "$dir/$input" --vod-dir "$dir/never" 2>"$dir/err" && fail "$input was taken"
    test -s "$dir/err" || fail "$input: no message"
done
exit 0
