#!/bin/bash
# The live channel: plays in real time without a complaint, the window slides, a pushed cue is on the same tick of
# both qualities and in the log, and signals end it cleanly.
. "$(dirname "$0")/channel_support.sh"
start_channel --size 640x360 --segment 1 --window 6 --prefill 6 --cue-every 5 --cue-log "$dir/log" --segment-metadata
pushed='{"question":"合図は?","answers":["はい","いいえ"],"correctIndex":0}'
jq -n --arg m "$pushed" '{channelArn: "local", metadata: $m}' >"$dir/put"

began=$(date +%s%N)
ffmpeg -v warning -i "$url/master.m3u8" -map 0 -c copy -t 6 -f null - 2>"$dir/play" &
player=$!
same "PutMetadata" 204 "$(status_of -d @"$dir/put" "$url/PutMetadata")"
wait $player || fail "playing"
took=$((($(date +%s%N) - began) / 1000000))
same "playing: complaints" "" "$(cat "$dir/play")"
test $took -ge 1500 && test $took -le 9000 || fail "6 s of stream took $took ms"

# The cue is where the log says, in both qualities.
pts=$(jq --arg m "$pushed" 'select(.payload == $m).pts' "$dir/log")
test -n "$pts" || fail "the pushed cue is not in the log"
same "on a picture" 0 $(((pts - 900000) % 3000))
sequence_first=$(curl -s "$url/360p/index.m3u8" | sed -n 's/^#EXT-X-MEDIA-SEQUENCE://p')
for quality in 360p 180p; do
    found=0
    for name in $(seq -f '%.0f.ts' $((sequence_first - 8)) $((sequence_first + 8))); do # also those off the list
        curl -sf -o "$dir/$name" "$url/$quality/$name" || continue
        cue_times "$dir/$name" | grep -qx "$pts" && grep -a -q '合図は' "$dir/$name" && found=$((found + 1))
    done
    same "$quality: the pushed cue" 1 "$found"
done
grep -a -q 'TXXX.*segmentmetadata' "$dir"/*.ts || fail "no housekeeping frame"

list=$(curl -s "$url/360p/index.m3u8")
same "listed segments" 6 "$(grep -c '\.ts$' <<<"$list")"
same "dates" 6 "$(grep -c '^#EXT-X-PROGRAM-DATE-TIME' <<<"$list")"
same "a long gone segment" 404 "$(status_of "$url/360p/1.ts")"
# The newest date and the clock differ by no more than a segment and its making.
newest=$(date -d "$(sed -n 's/^#EXT-X-PROGRAM-DATE-TIME://p' <<<"$list" | tail -1)" +%s)
age=$(($(date +%s) - newest))
test $age -ge 0 && test $age -le 4 || fail "the newest segment is $age s old"
stop_channel INT
same "messages" "" "$(cat "$dir/err")"

start_channel --size 320x180 --prefill 2 --segment 1
stop_channel TERM
"$channel" --size 320x180 --prefill 2 --segment 1 --duration 3 >"$dir/out" || fail "--duration"
exit 0
