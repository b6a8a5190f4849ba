#!/bin/bash
# The channel's HTTP side: types, caching and CORS of what it serves, PutMetadata's limits, and hostile requests.
. "$(dirname "$0")/channel_support.sh"
start_channel --size 320x180 --prefill 2 --segment 1 --put-rate 3

header() { curl -s -D - -o /dev/null "$1" | tr -d '\r' | sed -n "s/^$2: //Ip"; }
segment=$url/180p/$(curl -s "$url/180p/index.m3u8" | grep '\.ts$' | head -1)
same "playlist type" application/vnd.apple.mpegurl "$(header "$url/master.m3u8" Content-Type)"
same "segment type" video/mp2t "$(header "$segment" Content-Type)"
same "playlist caching" no-cache "$(header "$url/180p/index.m3u8" Cache-Control)"
same "CORS" '*' "$(header "$segment" Access-Control-Allow-Origin)"
same "page type" 'text/html; charset=utf-8' "$(header "$url/" Content-Type)"
same "unchanged" 304 "$(status_of -H "If-None-Match: $(header "$segment" ETag)" "$segment")"
same "changed" 200 "$(status_of -H 'If-None-Match: "x"' "$segment")"
same "HEAD" 200 "$(status_of -I "$segment")"
same "HEAD's length" "$(curl -s "$segment" | wc -c)" "$(curl -sI "$segment" | tr -d '\r' | sed -n 's/^Content-Length: //p')"
same "health" ok "$(curl -s "$url/health" | jq -r 'select(.frames > 0 and .segments > 0 and .cpu > 0).status')"

for path in /nothing /../../etc/passwd /180p/../../etc/passwd /180p/..%2f..%2fetc/passwd //etc/passwd /180p; do
    same "$path" 404 "$(status_of --path-as-is "$url$path")"
done
same "POST on a playlist" 405 "$(status_of -d x "$url/master.m3u8")"
same "DELETE" 405 "$(status_of -X DELETE "$segment")"
same "GET PutMetadata" 405 "$(status_of "$url/PutMetadata")"
same "its Allow" 'POST, OPTIONS' "$(header "$url/PutMetadata" Allow)"
same "preflight" 204 "$(status_of -X OPTIONS "$url/PutMetadata")"

put() { printf '%b' "$1" | status_of "${@:2}" --data-binary @- "$url/PutMetadata"; }
letters() { printf "%$1s" '' | tr ' ' x; }
same "no body" 400 "$(put '')"
same "no JSON" 400 "$(put '{bad')"
same "no object" 400 "$(put '["a"]')"
same "no metadata" 400 "$(put '{"channelArn":"a"}')"
same "no channel" 400 "$(put '{"metadata":"a"}')"
same "numbers" 400 "$(put '{"channelArn":1,"metadata":2}')"
same "empty metadata" 400 "$(put '{"channelArn":"a","metadata":""}')"
same "a NUL" 400 "$(put '{"channelArn":"a","metadata":"a\\u0000b"}')"
same "no UTF-8" 400 "$(put '{"channelArn":"a","metadata":"\xff\xfe"}')"
same "1025 bytes" 400 "$(put "{\"channelArn\":\"a\",\"metadata\":\"$(letters 1025)\"}")"
same "deep nesting" 400 "$(put "$(letters 8000 | tr x '[')")"
same "a long body" 413 "$(put "$(letters 20000)")"
same "a long body in chunks" 413 "$(put "$(letters 20000)" -H 'Transfer-Encoding: chunked')"
same "the error's name" ValidationException "$(curl -s -d '{}' -D - -o /dev/null "$url/PutMetadata" | tr -d '\r' |
    sed -n 's/^x-amzn-ErrorType: //p')"
same "the error's words" string "$(curl -s -d '{}' "$url/PutMetadata" | jq -r '.exceptionMessage | type')"
# Refused ones have not counted: three pass in a second, the rest wait.
same "1024 bytes" 204 "$(put "{\"channelArn\":\"a\",\"metadata\":\"$(letters 1024)\"}")"
same "the second" 204 "$(put '{"channelArn":"a","metadata":"b"}')"
same "the third" 204 "$(put '{"channelArn":"a","metadata":"c"}')"
same "the fourth" 429 "$(put '{"channelArn":"a","metadata":"d"}')"

for wrong in "--port x" "--port 70000" "--size 1x1" "--fps 25" "--segment 0" "--bind nowhere" "--what" "file.mp4" \
    "--cues $dir/none" "--put-rate -1" "--duration nan" "--cue-log -"; do
    # shellcheck disable=SC2086
    "$channel" $wrong >/dev/null 2>"$dir/message" && fail "$wrong was taken"
    test -s "$dir/message" || fail "$wrong: no message"
done
"$channel" --port "${url##*:}" --size 320x180 2>"$dir/message" && fail "the port was taken twice"
stop_channel TERM
