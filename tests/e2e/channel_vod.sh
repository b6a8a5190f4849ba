#!/bin/bash
# A recording made by the channel: it decodes without a complaint, both qualities hold the cues of the log at
# exactly its times, segments are as announced, and pictures say which frame they are.
. "$(dirname "$0")/channel_support.sh"

printf '0 first\n# a comment\n3.5 {"question":"合図?"}\n3.5 second of two\n' >"$dir/cues"
"$channel" --vod-dir "$dir/vod" --duration 8 --cue-every 0.7 --cues "$dir/cues" --cue-log "$dir/log" ||
    fail "recording"
same "cues in the log" 14 "$(wc -l <"$dir/log")"
same "the last planned cue" 1215000 "$(jq 'select(.payload == "second of two").pts' "$dir/log")"
jq -r .pts "$dir/log" >"$dir/expected"

for quality in 720p 360p; do
    vod=$dir/vod/$quality
    same "$quality: decoding" "" "$(ffmpeg -v error -i "$vod/index.m3u8" -f null - 2>&1)"
    for n in 0 1 2 3; do
        same "$quality/$n: pictures" 60 "$(ffprobe -v error -count_packets -select_streams v \
            -show_entries stream=nb_read_packets -of csv=p=0 "$vod/$n.ts" | head -1 | tr -d ',')"
        same "$quality/$n: first picture" "$((900000 + n * 180000)),K_" "$(ffprobe -v error -select_streams v \
            -show_entries packet=pts,flags -of csv=p=0 "$vod/$n.ts" | head -1 | cut -d, -f1,2)"
        cue_times "$vod/$n.ts"
    done >"$dir/times" || exit 1
    grep -v '^$' "$dir/times" | cmp - "$dir/expected" || fail "$quality: cue times differ from the log"
    same "$quality: cue payloads" 11 "$(cat "$vod"/*.ts | grep -a -o '{"n":[0-9]*,"frame":[0-9]*}' | wc -l)"
    same "$quality: frame 67" 67 "$(frame_number "$vod/1.ts" 7)"
    same "$quality: frame 0" 0 "$(frame_number "$vod/0.ts" 0)"
    same "$quality: end" 1 "$(grep -c '^#EXT-X-ENDLIST' "$vod/index.m3u8")"

    # RFC 8216 4.3.4.2: no segment is above BANDWIDTH.
    announced=$(sed -n "s/.*:BANDWIDTH=\([0-9]*\),.*NAME=\"$quality\".*/\1/p" "$dir/vod/master.m3u8")
    biggest=$(stat -c %s "$vod"/*.ts | sort -n | tail -1)
    test $((biggest * 4)) -le "$announced" || fail "$quality: $biggest bytes in 2 s are above $announced bit/s"
done

# The same options make the same bytes.
for run in a b; do
    "$channel" --vod-dir "$dir/$run" --duration 2 --size 320x180 --cue-every 1 || fail "recording $run"
done
diff -r "$dir/a" "$dir/b" || fail "two recordings differ"
