#!/bin/bash
# Who may include whom: <root>. The picture is in docs/architecture.md.
#   player/<layer>  its own folder, lower layers, aizu/
#   the core        no I/O, no threads, no clocks, nothing of others; stdio.h where snprintf is all it is for
#   demo            aizu/ alone of the library; demo/aizu/probe*.c shows what parsers see, so it takes the core
source "$(dirname "$0")/lib.sh"

declare -A may=(
    [base]="base"
    [playlist]="base playlist"
    [demux]="base demux"
    [cue]="base cue"
    [timeline]="base playlist demux cue timeline"
    [engine]="base playlist demux cue timeline engine"
    [host]="base playlist demux cue timeline engine host"
    [api]="base playlist demux cue timeline engine host api"
)
core="base playlist demux cue timeline engine"
core_headers=" float.h inttypes.h limits.h math.h stdalign.h stdarg.h stdatomic.h stdbool.h stddef.h stdint.h stdio.h"
core_headers+=" stdlib.h string.h "
io='fopen|freopen|fdopen|fclose|fread|fwrite|fgets|fputs|fputc|fgetc|puts|putchar|printf|fprintf|vprintf|vfprintf|sprintf|vsprintf|perror|getenv|system|exit|remove|rename|tmpfile|FILE|stderr|stdout|stdin'

# "file:line:header" of each include; quoted ones begin with a quote.
includes() {
    tracked "$1" | xargs -r grep -nHoE '^[[:space:]]*#[[:space:]]*include[[:space:]]*[<"][^>"]+' |
        sed -E 's/#[[:space:]]*include[[:space:]]*//; s/:[[:space:]]*([<"])/:\1/; s/:</:/'
}

for layer in "${!may[@]}"; do
    while IFS=: read -r file line header; do
        case $header in
        \"*/*)
            folder=${header#\"}
            folder=${folder%%/*}
            [[ " ${may[$layer]} aizu " == *" $folder "* ]] || bad "$file:$line: $layer may not include ${header#\"}"
            ;;
        \"*) bad "$file:$line: ${header#\"}: write the folder too" ;;
        *)
            if [[ " $core " == *" $layer "* && "$core_headers" != *" ${header} "* ]]; then
                bad "$file:$line: the core may not include <$header>"
            fi
            ;;
        esac
    done < <(includes "^player/$layer/.*\.[ch]$")
done
for folder in player/*/; do
    folder=$(basename "$folder")
    [ "$folder" = install ] || [ -n "${may[$folder]:-}" ] || bad "player/$folder: a layer that tests/style/layers.sh does not know"
done

# The parts of the host do not know each other but for the frames that go from the decoder to SDL; loop joins them.
while IFS=: read -r file line header; do
    part=${file#player/host/}
    part=${part%%/*}
    other=${header#\"host/}
    [[ $header == \"host/*/* && $part != loop && ${other%%/*} != "$part" ]] || continue
    [ "$header" = '"host/ffmpeg/frame.h' ] || bad "$file:$line: host/$part may not include ${header#\"}"
done < <(includes '^player/host/.*\.[ch]$')

# Only snprintf and vsnprintf of stdio.h, comments and strings left out. base.c may say which assertion failed.
bad_lines < <(tracked "^player/(${core// /|})/.*\.[ch]$" | while IFS= read -r file; do
    [ "$file" != player/base/base.c ] || continue
    sed -E 's|format\(printf||; s|"([^"\\]\|\\.)*"|""|g; s|/\*.*\*/||; s|^[[:space:]]*/?\*.*||; s|//.*||' "$file" |
        grep -nowE "$io" | sed "s|^\([0-9]*\):\(.*\)|$file:\1: the core may not use \2|"
done)

while IFS=: read -r file line header; do
    header=${header#\"}
    folder=${header%%/*}
    [ "$folder" != "$header" ] || continue # its own folder, or the system
    [ "$folder" != aizu ] || continue
    [ -n "${may[$folder]:-}" ] || continue # the system
    [[ $file == demo/aizu/probe* && " $core " == *" $folder "* ]] || bad "$file:$line: a demo may not include $header"
done < <(includes '^demo/.*\.[ch]$')
verdict
