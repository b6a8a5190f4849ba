#!/bin/bash
# Tracks of a recording on the command line: <aizu>. Renditions are listed and chosen by language and by command, text
# comes as cues on its frame, rates, fast seeks, thumbnails and keys do what docs/aizu.md says; probe shows all of it.
set -u
aizu=$1
for tool in ffmpeg ffprobe curl jq python3; do
    command -v "$tool" >/dev/null || { echo "skipped: no $tool"; exit 77; }
done
dir=$(mktemp -d)
pid=
trap 'test -n "$pid" && kill "$pid" 2>/dev/null; rm -rf "$dir"' EXIT
fail() { echo "FAILED: $*"; test -s "$dir/err" && cat "$dir/err"; exit 1; }
same() { test "$2" = "$3" || fail "$1: expected \"$2\", got \"$3\""; }

# ---- the recording: 8 s of picture, sound in two languages, subtitles in Japanese, key frames, and it all encrypted ----
mkdir "$dir/www" && cd "$dir/www" || exit 1
ff() { ffmpeg -nostdin -v error -y "$@" 2>>"$dir/err"; }
hls=(-f hls -hls_time 2 -hls_playlist_type vod)
ff -f lavfi -i testsrc2=s=320x180:r=25:d=8 -c:v libx264 -preset ultrafast -g 50 -pix_fmt yuv420p "${hls[@]}" -hls_segment_filename 'v%d.ts' v.m3u8 ||
    { echo "skipped: ffmpeg has no x264"; exit 77; }
ff -f lavfi -i sine=440:d=8 -c:a aac "${hls[@]}" -hls_segment_filename 'en%d.ts' en.m3u8 || fail "no recording"
ff -f lavfi -i sine=880:d=8 -c:a aac "${hls[@]}" -hls_segment_filename 'fr%d.ts' fr.m3u8 || fail "no recording"
ff -f lavfi -i sine=880:d=4 -c:a aac "${hls[@]}" -hls_segment_type fmp4 -hls_fmp4_init_filename init.mp4 -hls_segment_filename 'm%d.m4s' m.m3u8 || fail "no recording"
printf '0123456789abcdef' >key
printf 'absent.key?token=secret\nkey\n' >key_info
ff -f lavfi -i testsrc2=s=320x180:r=25:d=4 -c:v libx264 -preset ultrafast -g 50 -pix_fmt yuv420p "${hls[@]}" -hls_key_info_file key_info \
    -hls_segment_filename 'x%d.ts' x.m3u8 || fail "no recording"
first=$(ffprobe -v error -select_streams v -show_entries packet=pts -of csv=p=0 v0.ts | tr -d , | head -1)
cat >ja.vtt <<END
WEBVTT
X-TIMESTAMP-MAP=LOCAL:00:00:00.000,MPEGTS:$first

00:00:01.000 --> 00:00:02.000 line:0
<c.yellow>富士山</c>の高さは？

00:00:05.000 --> 00:00:06.500
終わり
END
{ printf '#EXTM3U\n#EXT-X-TARGETDURATION:8\n#EXT-X-PLAYLIST-TYPE:VOD\n#EXTINF:8,\nja.vtt\n#EXT-X-ENDLIST\n'; } >ja.m3u8
{
    printf '#EXTM3U\n#EXT-X-VERSION:4\n#EXT-X-TARGETDURATION:2\n#EXT-X-I-FRAMES-ONLY\n#EXT-X-PLAYLIST-TYPE:VOD\n'
    for n in 0 1 2 3; do
        size=$(ffprobe -v error -select_streams v -show_entries packet=pos -of csv=p=0 v$n.ts | tr -d , | grep . | sed -n 2p)
        printf '#EXTINF:2,\n#EXT-X-BYTERANGE:%d@0\nv%d.ts\n' "$size" $n
    done
    printf '#EXT-X-ENDLIST\n'
} >i.m3u8
cat >master.m3u8 <<'END'
#EXTM3U
#EXT-X-VERSION:8
#EXT-X-DEFINE:NAME="list",VALUE="v"
#EXT-X-SESSION-DATA:DATA-ID="com.example.title",VALUE="A title"
#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="a",NAME="English",LANGUAGE="en",DEFAULT=YES,AUTOSELECT=YES,CHANNELS="1",URI="en.m3u8"
#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="a",NAME="Français",LANGUAGE="fr",AUTOSELECT=YES,CHANNELS="1",URI="fr.m3u8"
#EXT-X-MEDIA:TYPE=SUBTITLES,GROUP-ID="s",NAME="日本語",LANGUAGE="ja",AUTOSELECT=YES,URI="ja.m3u8"
#EXT-X-STREAM-INF:BANDWIDTH=500000,RESOLUTION=320x180,CODECS="avc1.42c00d,mp4a.40.2",AUDIO="a",SUBTITLES="s"
{$list}.m3u8
#EXT-X-I-FRAME-STREAM-INF:BANDWIDTH=100000,RESOLUTION=320x180,CODECS="avc1.42c00d",URI="i.m3u8"
END
cd "$dir" || exit 1
python3 -u -m http.server --bind 127.0.0.1 --directory "$dir/www" 0 >"$dir/port" 2>/dev/null &
pid=$!
for _ in $(seq 100); do grep -q port "$dir/port" && break; sleep 0.1; done
url=http://127.0.0.1:$(sed -n 's/.*port \([0-9]*\).*/\1/p' "$dir/port")
log=$dir/log
of() { jq -r "select(.event == \"$1\") | $2" "$log"; }

# ---- chosen by language ----
"$aizu" play --headless --log "$log" --rate 2 --audio-language de,fr --text-language ja "$url/master.m3u8" </dev/null 2>"$dir/err"
same "by language: exit status" 0 $?
same "the lists" '["audio",0,"English","en","1",true,true,false,false] ["audio",1,"Français","fr","1",false,true,false,false] ["text",0,"日本語","ja","",false,true,false,false]' \
    "$(jq -c 'select(.event == "renditions").list[] | [.kind, .index, .name, .language, .channels, .default, .autoselect, .forced, .caption]' "$log" | head -3 | xargs -0 echo | xargs -d '\n' echo | sed 's/ $//')"
same "taken" "audio fr text ja" "$(of rendition '.kind, .language' | sort -u | xargs | sed 's/audio fr ja text/audio fr text ja/')"
same "cues" '["start","ja",1,1,"line:0","<c.yellow>富士山</c>の高さは？"]
["end","ja",1,1,"line:0","<c.yellow>富士山</c>の高さは？"]
["start","ja",5,1.5,"","終わり"]
["end","ja",5,1.5,"","終わり"]' "$(jq -c 'select(.event == "cue") | [.phase, .key, (.pts * 1000 | round / 1000), (.duration * 1000 | round / 1000), .name, .text]' "$log")"
same "cues before their frame" "" "$(of cue 'select(.error_ms == null or .error_ms < 0).id')"
took=$(of end '.t * 10 | round')
test "$took" -ge 38 && test "$took" -le 60 || fail "8 s at twice the rate took $took tenths of a second"

# ---- chosen by command ----
{
    sleep 1; echo "text 0"; echo "audio 1"; echo "thumbnail 4.5"; sleep 1; echo "rate 0.5"; echo "text off"; echo "rate 9"; echo "audio 7"
    sleep 0.7; echo "seek-fast 5.3"; sleep 0.7; echo quit
} | "$aizu" play --headless --log "$log" --log-frames --log-stats 0 "$url/master.m3u8" 2>"$dir/err"
same "by command: exit status" 4 $?
same "sound" "en fr" "$(of rendition 'select(.kind == "audio").language' | xargs)"
same "text" "0 null" "$(of rendition 'select(.kind == "text").index' | xargs)"
same "thumbnail" '[320,180]' "$(jq -c 'select(.event == "thumbnail") | [.width, .height]' "$log")"
pts=$(of thumbnail '.pts * 10 | round')
test "$pts" -ge 39 && test "$pts" -le 46 || fail "the thumbnail of 4.5 s is of $pts tenths"
same "rate" 0.5 "$(of stats .rate)"
same "a fast seek goes to a key frame" 4 "$(of seek '.position | round')"
grep -q "rate goes" "$dir/err" && grep -q "no audio '7'" "$dir/err" || fail "what was refused is not reported"

# ---- keys ----
"$aizu" play --headless --log "$log" --key 30313233343536373839616263646566 "$url/x.m3u8" </dev/null 2>"$dir/err"
same "key: exit status" 0 $?
same "key: errors" "" "$(of error 'select(.result != "E_AUDIO_DEVICE").result')"
same "key: asked for" "$url/absent.key" "$(of key .url | head -1)"
grep -q secret "$log" && fail "a token in the log"
"$aizu" play --headless --log "$log" --duration 20 "$url/x.m3u8" </dev/null 2>"$dir/err"
same "no key: exit status" 1 $?
"$aizu" play --headless --key 3031 "$url/x.m3u8" </dev/null >/dev/null 2>"$dir/err"
same "short key: exit status" 2 $?
"$aizu" play --headless --rate 3 "$url/x.m3u8" </dev/null >/dev/null 2>"$dir/err"
same "rate out of range: exit status" 2 $?

# ---- probe ----
"$aizu" probe --json "$url/master.m3u8" >"$dir/probe" 2>"$dir/err" || fail "probe"
same "probe: variable" v "$(jq -r .variables.list "$dir/probe")"
same "probe: session data" "A title" "$(jq -r '.session_data[0].VALUE' "$dir/probe")"
same "probe: containers" "ts ts ts webvtt ts" "$(jq -r '.["variant 0", "rendition 0", "rendition 1", "rendition 2", "i_frame_variant 0"]["segment 0"].container' "$dir/probe" | xargs)"
same "probe: I-frames" true "$(jq '."i_frame_variant 0".i_frames_only' "$dir/probe")"
"$aizu" probe --json "$url/x.m3u8" >"$dir/probe" 2>"$dir/err" || fail "probe of an encrypted list"
same "probe: key" AES-128 "$(jq -r '.keys[0].method' "$dir/probe")"
same "probe: encrypted" string "$(jq -r '."segment 0".encrypted | type' "$dir/probe")"
"$aizu" probe --json --init "$dir/www/init.mp4" "$dir/www/m1.m4s" >"$dir/probe" 2>"$dir/err" || fail "probe of a segment with its init section"
cat "$dir/www/init.mp4" "$dir/www/m1.m4s" >"$dir/m.mp4"
same "probe: ticks of fMP4" "$(ffprobe -v error -ignore_editlist 1 -show_entries packet=dts -of csv=p=0 "$dir/m.mp4" | tr -d , | xargs)" \
    "$(jq '.samples[].dts' "$dir/probe" | xargs)"
"$aizu" probe --json "$url/m.m3u8" >"$dir/probe" 2>"$dir/err" || fail "probe of fMP4"
same "probe: fMP4" "fmp4 aac" "$(jq -r '."segment 0" | .container, .tracks[0].codec' "$dir/probe" | xargs)"
"$aizu" probe --json "$dir/www/ja.vtt" >"$dir/probe" 2>"$dir/err" || fail "probe of subtitles"
same "probe: cues" "終わり" "$(jq -r '.cues[1].text' "$dir/probe")"
"$aizu" probe "$dir/www/m1.m4s" >/dev/null 2>"$dir/err" && fail "probe of a segment without its init section"
grep -q -- --init "$dir/err" || fail "no word about --init"
echo "all as documented"
