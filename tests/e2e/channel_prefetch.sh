#!/bin/bash
# PREFETCH: the segment being written is served as it is produced, the one after it when it begins, and both are what
# the classic playlist lists later.
. "$(dirname "$0")/channel_support.sh"
export no_proxy=127.0.0.1 NO_PROXY=127.0.0.1
start_channel --size 640x360 --prefill 6 --cue-every 0.7

same "variants" "360p/prefetch.m3u8 180p/prefetch.m3u8" "$(curl -s "$url/prefetch.m3u8" | grep '^[^#]' | xargs)"
same "classic variants" "360p/index.m3u8 180p/index.m3u8" "$(curl -s "$url/master.m3u8" | grep '^[^#]' | xargs)"
same "no PREFETCH in the classic playlist" 0 "$(curl -s "$url/360p/index.m3u8" | grep -c PREFETCH)"

list() { curl -s "$url/360p/prefetch.m3u8"; }
first_of() { sed -n 's/^#EXT-X-PREFETCH:\([0-9]*\)\.ts$/\1/p' | head -1; }
get() { # NUMBER OUT: time of the first byte and of the last one, status, bytes
    curl -s --http1.1 -D "$2.head" -o "$2" -w '%{time_starttransfer} %{time_total} %{http_code} %{size_download}\n' "$url/360p/$1.ts"
}

# Sets n, the segment that has just begun, and what two readers saw who asked for it and for the next one at once.
watch_both() {
    local before a b
    before=$(list | first_of)
    for _ in $(seq 60); do
        text=$(list)
        n=$(first_of <<<"$text")
        test "$n" != "$before" && break
        sleep 0.05
    done
    get "$n" "$dir/a.ts" >"$dir/a" &
    a=$!
    get $((n + 1)) "$dir/b.ts" >"$dir/b" &
    b=$!
    sleep 1
    early=$(stat -c %s "$dir/a.ts")
    wait $a $b
    read -r first_a total_a status_a size_a <"$dir/a"
    read -r first_b total_b status_b _ <"$dir/b"
}

# Some of it was there long before all of it, and the next one began where it ended.
is_in_time() {
    test "$early" -gt 0 && test "$early" -lt "$size_a" &&
        awk -v f="$first_a" -v t="$total_a" -v fb="$first_b" -v tb="$total_b" \
            'BEGIN {exit !(f < 0.3 && t > 1 && t < 2.3 && fb > t - 0.2 && fb < t + 0.3 && tb > fb + 1)}'
}

# On a machine that is busy with other things the channel falls behind and then hurries: once must be right.
for _ in 1 2 3 4 5; do
    watch_both
    same "PREFETCH lines" "$n.ts $((n + 1)).ts" "$(sed -n 's/^#EXT-X-PREFETCH://p' <<<"$text" | xargs)"
    same "the last listed one" "$((n - 1)).ts" "$(grep '^[^#]' <<<"$text" | tail -1)"
    same "they stand at the end" 2 "$(tail -2 <<<"$text" | grep -c PREFETCH)"
    same "statuses" "200 200" "$status_a $status_b"
    is_in_time && break
done
is_in_time || fail "being written: first byte after $first_a s, all after $total_a s, $early of $size_a bytes after 1 s; not begun: first byte \
after $first_b s, all after $total_b s"
grep -qi '^Transfer-Encoding: chunked' "$dir/a.ts.head" || fail "no chunks"

number=$n
for name in a b; do
    for _ in $(seq 40); do list | grep -qx "$number.ts" && break; sleep 0.1; done
    curl -s -o "$dir/whole.ts" "$url/360p/$number.ts"
    cmp "$dir/whole.ts" "$dir/$name.ts" || fail "$number.ts is another when it is whole"
    same "$number: decoding" "" "$(ffmpeg -v error -i "$dir/$name.ts" -f null - 2>&1)"
    same "$number: pictures" 60 "$(ffprobe -v error -count_packets -select_streams v -show_entries stream=nb_read_packets -of csv=p=0 "$dir/$name.ts" | head -1 | tr -d ',')"
    number=$((number + 1))
done
grep -qi '^ETag' <(curl -sI "$url/360p/$n.ts") || fail "no ETag of a whole segment"
same "one too far" 404 "$(status_of "$url/360p/$((n + 100)).ts")"

# A reader that goes away in the middle, and one that reads slowly, cost nobody else anything.
curl -s -m 0.3 -o /dev/null "$url/360p/$(list | first_of).ts"
curl -s --limit-rate 1k -m 3 -o /dev/null "$url/360p/$(list | first_of).ts" &
same "another reader meanwhile" 200 "$(status_of "$url/360p/$(list | first_of).ts")"
wait $!

# ffmpeg knows no PREFETCH and plays the rest.
same "playing: complaints" "" "$(ffmpeg -v warning -i "$url/prefetch.m3u8" -map 0:v:0 -map 0:a:0 -c copy -t 4 -f null - 2>&1)"
curl -s -o /dev/null "$url/360p/$(($(list | first_of) + 1)).ts" &
sleep 0.2
stop_channel TERM
same "messages" "" "$(cat "$dir/err")"
