#!/bin/bash
# The shared library exports the functions of include/aizu/ and nothing else: <library> <list>. A new public
# function is a new line in the list.
library=$1 list=$2
command -v nm >/dev/null || { echo "skipped: no nm"; exit 77; }
found=$(nm -D --defined-only "$library" | awk '{print $3}' | sed 's/@.*//' | grep -vE '^(__bss_start|_edata|_end|_init|_fini)$' |
    grep -vE '^(__asan|__ubsan|__tsan|__sanitizer|__odr_asan)' | LC_ALL=C sort)
if ! difference=$(diff <(LC_ALL=C sort "$list") <(echo "$found")); then
    echo "exported (>) and listed in $list (<) differ:"
    echo "$difference"
    exit 1
fi
headers=$(cd "$(dirname "$0")/../../include" && cat aizu/*.h | tr '\n' ' ' | grep -oE 'AIZU_API [^;]*;' | grep -oE 'aizu_[a-z0-9_]+ *\(' |
    tr -d ' (' | LC_ALL=C sort -u)
if ! difference=$(diff <(echo "$headers") "$list"); then
    echo "declared AIZU_API (<) and listed (>) differ:"
    echo "$difference"
    exit 1
fi
