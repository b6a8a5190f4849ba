#!/bin/bash
# aizu plays what others make: <aizu>. Streams from ffmpeg's HLS muxer in every layout, and codecs and formats of all
# kinds in transport streams, through nginx (HTTP/1.1 plain, HTTP/2 over TLS, playlists compressed). Each plays to the
# end, and as many pictures are presented as ffprobe counts packets; pictures that came too late to be shown are told apart.
. "$(dirname "$0")/support.sh"
aizu=$1
need ffmpeg ffprobe nginx openssl jq
root=$dir/root
mkdir "$root"
export no_proxy=127.0.0.1 NO_PROXY=127.0.0.1

# ---- nginx ----
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=localhost \
    -addext subjectAltName=IP:127.0.0.1 -keyout "$dir/key.pem" -out "$dir/ca.pem" 2>/dev/null || fail "openssl"
plain=$(free_port) tls=$(free_port)
cat >"$dir/nginx.conf" <<END
daemon off; master_process off; pid $dir/nginx.pid; error_log $dir/error.log;
events {}
http {
    client_body_temp_path $dir; proxy_temp_path $dir;
    fastcgi_temp_path $dir; uwsgi_temp_path $dir; scgi_temp_path $dir;
    log_format how '\$server_protocol \$status \$sent_http_content_encoding \$http_range \$request_uri';
    access_log $dir/how.log how;
    types { application/vnd.apple.mpegurl m3u8; video/mp2t ts; }
    gzip on; gzip_min_length 1; gzip_types application/vnd.apple.mpegurl;
    server { listen 127.0.0.1:$plain; root $root; }
    server { listen 127.0.0.1:$tls ssl http2; ssl_certificate $dir/ca.pem; ssl_certificate_key $dir/key.pem; root $root; }
}
END
nginx -p "$dir" -c "$dir/nginx.conf" 2>"$dir/nginx.err" &
pids="$pids $!"
for _ in $(seq 50); do (exec 3<>"/dev/tcp/127.0.0.1/$plain") 2>/dev/null && break; sleep 0.1; done

# ---- making ----
ff() { ffmpeg -nostdin -v error -y "$@"; }
tone="sine=frequency=440:sample_rate=48000"
video() { echo "testsrc2=size=$1:rate=$2"; } # SIZE RATE
x264="-c:v libx264 -preset ultrafast -g 25 -pix_fmt yuv420p"
aac="-c:a aac -b:a 96k"
hls="-f hls -hls_time 1 -hls_list_size 0"

# make NAME OPTION...: a recording in $root/NAME/; says "unmade" where this ffmpeg lacks an encoder.
make() {
    local name=$1
    shift
    mkdir -p "$root/$name"
    (cd "$root/$name" && ff "$@" list.m3u8) 2>"$dir/$name.make" && return
    echo "unmade   $name: $(head -1 "$dir/$name.make")"
    rm -rf "${root:?}/$name"
}

av() { echo "-f lavfi -t 3 -i $(video "$1" "$2") -f lavfi -t 3 -i $tone"; } # SIZE RATE

# layouts
make vod $(av 320x180 25) $x264 $aac $hls -hls_playlist_type vod
make event $(av 320x180 25) $x264 $aac $hls -hls_playlist_type event
make single_file $(av 320x180 25) $x264 $aac $hls -hls_flags single_file
make round_durations $(av 320x180 25) $x264 $aac $hls -hls_flags round_durations
make split_by_time $(av 320x180 25) $x264 $aac $hls -hls_flags split_by_time
make program_date_time $(av 320x180 25) $x264 $aac $hls -hls_flags program_date_time
make temp_file $(av 320x180 25) $x264 $aac $hls -hls_flags temp_file+independent_segments
make append_list $(av 320x180 25) $x264 $aac $hls -hls_flags append_list+omit_endlist
(cd "$root/append_list" && ff $(av 320x180 25) $x264 $aac $hls -hls_flags append_list list.m3u8) # a discontinuity between

# sound and pictures of all kinds
make mp3 $(av 320x180 25) $x264 -c:a libmp3lame $hls
make mp2 $(av 320x180 25) $x264 -c:a mp2 $hls
make ac3 $(av 320x180 25) $x264 -c:a ac3 $hls
make eac3 $(av 320x180 25) $x264 -c:a eac3 $hls
make mono_22050 -f lavfi -t 3 -i $(video 320x180 25) -f lavfi -t 3 -i "sine=sample_rate=22050" $x264 $aac -ac 1 $hls
make surround -f lavfi -t 3 -i $(video 320x180 25) -f lavfi -t 3 -i "anoisesrc=r=48000:a=0.1" $x264 -c:a aac -ac 6 $hls
make audio_only -f lavfi -t 3 -i $tone $aac $hls
make video_only -f lavfi -t 3 -i $(video 320x180 25) $x264 $hls
make h265 $(av 320x180 25) -c:v libx265 -preset ultrafast -x265-params log-level=none:keyint=25 $aac $hls
make h264_10bit $(av 320x180 25) -c:v libx264 -preset ultrafast -g 25 -pix_fmt yuv420p10le $aac $hls
make h264_422 $(av 320x180 25) -c:v libx264 -preset ultrafast -g 25 -pix_fmt yuv422p $aac $hls
make h264_bframes $(av 320x180 25) -c:v libx264 -preset medium -bf 4 -g 25 -pix_fmt yuv420p $aac $hls
make h264_interlaced $(av 320x180 25) -c:v libx264 -preset ultrafast -g 25 -pix_fmt yuv420p -flags +ildct+ilme $aac $hls
make fps50 $(av 320x180 50) $x264 $aac $hls
make fps60 $(av 320x180 60) $x264 $aac $hls
make fps29_97 $(av 320x180 30000/1001) $x264 $aac $hls
make fps5 $(av 320x180 5) $x264 $aac $hls
make odd_size $(av 322x182 25) $x264 $aac $hls
make tiny $(av 16x16 25) $x264 $aac $hls
make slices $(av 320x180 25) $x264 -slices 4 $aac $hls
make mpeg2 $(av 320x180 25) -c:v mpeg2video -b:v 1M $aac $hls
make mpeg2_interlaced $(av 320x180 25) -c:v mpeg2video -flags +ildct+ilme -b:v 1M $aac $hls
make h265_10bit $(av 320x180 25) -c:v libx265 -preset ultrafast -pix_fmt yuv420p10le -x265-params log-level=none:keyint=25 $aac $hls

# ---- playing ----
packets() { # URL: pictures in all segments
    ffprobe -v error -select_streams v:0 -count_packets -show_entries stream=nb_read_packets -of csv=p=0 "$1" |
        tr -d ',' | head -1
}

# play NAME URL OPTION...: log in $dir/NAME.log, exit status in $dir/NAME.status
play() {
    local name=$1 url=$2
    shift 2
    timeout 40 "$aizu" play --headless --log "$dir/$name.log" --log-frames "$@" "$url" </dev/null 2>"$dir/$name.err"
    echo $? >"$dir/$name.status"
}

# check NAME EXPECTED [ERRORS]: frames and end. EXPECTED "": only that it ends. ERRORS: told, and no others
check() {
    local name=$1 expected=$2 told=${3:-} log=$dir/$1.log status frames dropped errors
    status=$(cat "$dir/$name.status")
    frames=$(jq -c 'select(.event == "frame").pts' "$log" | wc -l)
    dropped=$(jq -s 'map(select(.event == "stats")) | last | .frames_dropped // 0' "$log")
    errors=$(jq -r 'select(.event == "error") | .result + " at " + .stage' "$log" | sort | uniq -c | xargs)
    echo "$(printf '%-18s status %s, %3s of %3s pictures, %s dropped, %s stalls' "$name" "$status" "$frames" "${expected:--}" \
        "$dropped" "$(jq -c 'select(.event == "stall")' "$log" | wc -l)") ${errors:+; $errors}"
    test "$status" = 0 || fail "$name: exit status $status: $(tail -1 "$log")"
    test "$errors" = "$told" || fail "$name: errors \"$errors\", not \"$told\""
    test -z "$expected" || test "$((frames + dropped))" = "$expected" || fail "$name: $frames pictures and $dropped dropped, of $expected"
}

waiting=
for name in $(ls "$root"); do
    play "$name" "http://127.0.0.1:$plain/$name/list.m3u8" &
    waiting="$waiting $name:$!"
    test "$(jobs -r | wc -l)" -lt 6 || wait -n
done
play http2 "https://127.0.0.1:$tls/vod/list.m3u8" --ca-file "$dir/ca.pem"
for item in $waiting; do wait "${item#*:}"; done

for item in $waiting; do
    name=${item%:*}
    expected=$(packets "http://127.0.0.1:$plain/$name/list.m3u8")
    case $name in
    audio_only) check "$name" 0 ;;
    *) check "$name" "$expected" ;;
    esac
done
check http2 75

grep -q '^HTTP/1.1 200 gzip .*/vod/list.m3u8' "$dir/how.log" || fail "no compressed playlist over HTTP/1.1"
grep -q '^HTTP/2.0 200 gzip .*/vod/list.m3u8' "$dir/how.log" || fail "no compressed playlist over HTTP/2"
grep -q '^HTTP/2.0 200 - - /vod/list0.ts' "$dir/how.log" || fail "no segment over HTTP/2"
grep -q '^HTTP/1.1 206 - bytes=.*/single_file/' "$dir/how.log" || fail "no byte ranges"

# ---- live: the window slides, old segments are deleted, the end comes ----
mkdir "$root/live"
(cd "$root/live" && ff -re -f lavfi -t 12 -i $(video 320x180 25) -f lavfi -t 12 -i $tone $x264 $aac -f hls -hls_time 1 \
    -hls_list_size 5 -hls_flags delete_segments+program_date_time list.m3u8) &
pids="$pids $!"
for _ in $(seq 100); do grep -qs list2.ts "$root/live/list.m3u8" && break; sleep 0.1; done
play live "http://127.0.0.1:$plain/live/list.m3u8"
check live ""
missing=$(jq -s 'map(select(.event == "frame").pts) | (.[-1] - .[0]) * 25 + 1 - length | fabs | round' "$dir/live.log")
test "$missing" = 0 || fail "live: $missing pictures are missing between the first and the last"

finish
