#!/bin/bash
# docs/hls.md is held against the tests: <root>. Each row of its tables names a test, and each test that it names is there:
# `unit/test_name`, `streams/name` (python3 lists them), `live/name`, and names of ctest.
source "$(dirname "$0")/lib.sh"
page=docs/hls.md
test -f "$page" || verdict

# Rows of tables but for their heads, with the last column.
rows=$(awk '/^\|/ { if (!head) { head = 1; next } if ($0 ~ /^\|[-|]+\|$/) next; print FNR ":" $0; next } { head = 0 }' "$page")
while IFS= read -r row; do
    [[ $row =~ \|[^|]*\`[a-z0-9_]+[/.][a-zA-Z0-9_.]+\`[^|]*\|$ ]] || bad "$page:${row%%:*}: a row without a test"
done <<<"$rows"

streams=$(python3 -B tests/e2e/streams/make.py --names ../shared/corpus 2>/dev/null)
[ -n "$streams" ] || echo "left out: the names of streams, for want of python3"
sources=$(tracked 'CMakeLists\.txt$' | xargs cat)

# named <test>: whether it is there.
named() {
    local file=${1%%/*} name=${1#*/}
    case $1 in
    streams/corpus_*) [[ $streams != *corpus_* ]] || grep -qx "$name" <<<"$streams" ;; # the corpus may be absent
    streams/*) [ -z "$streams" ] || grep -qx "$name" <<<"$streams" ;;
    live/*) grep -qE "^def $name\(|\"$name\"\]" tests/e2e/streams/live.py ;;
    */*) grep -qE "[( ,\"]${name}[),\"]" "tests/unit/${file}_test.c" 2>/dev/null ;;
    e2e.streams.*) grep -qE "[ (.]${1##*.}[ )]" tests/e2e/streams/CMakeLists.txt ;;
    *.*) grep -qE "az_${1%%.*}_test\(${1#*.}[ )]" <<<"$sources" ;;
    esac
}

while IFS=: read -r line test; do
    named "$test" || bad "$page:$line: no test $test"
done < <(grep -noE '`[a-z0-9_]+(/[a-z0-9_]+|\.[a-z0-9_.]+)`' "$page" | tr -d '`' | grep -vE '\.(c|h|md|py|m3u8|mp4)$|:tests/')
verdict
