#!/bin/bash
# What the core asks of the system, as the linker sees it: <library>. Memory, strings, snprintf and mathematics, and
# nothing that opens, waits, starts or tells the time.
set -u
export LC_ALL=C
library=$1
command -v nm >/dev/null || { echo "skipped: no nm"; exit 77; }
allowed=' abort calloc fprintf free malloc realloc memchr memcmp memcpy memmove memset snprintf stderr vsnprintf strchr
 strcmp strcspn strlen strncmp strpbrk strrchr strspn strstr strtod qsort bsearch
 exp exp2 fabs floor ceil fmod log log2 log10 pow sqrt llround lround nan round trunc aizu_result_name aizu_result_class
 aizu_seconds __stack_chk_fail _GLOBAL_OFFSET_TABLE_ __memcpy_chk __snprintf_chk __vsnprintf_chk __memset_chk
 __memmove_chk __fprintf_chk '
allowed=" ${allowed//$'\n'/ } "
symbols=$(nm -u "$library" 2>/dev/null | awk '$1 == "U" { print $2 }' | grep -vE '^_*(az_|asan|ubsan|tsan|sanitizer|sancov)' | sort -u)
[ -n "$symbols" ] || { echo "no symbols in $library"; exit 1; }
status=0
for symbol in $symbols; do
    [[ $allowed == *" $symbol "* ]] && continue
    echo "the core uses $symbol"
    status=1
done
exit $status
