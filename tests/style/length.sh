#!/bin/bash
# Functions over 70 lines and files over 900 are listed: <root>. Long ones may have a reason; the list is read by
# people, and fails nothing.
source "$(dirname "$0")/lib.sh"
tracked '^(player|include|demo|tests)/.*\.[ch]$' | while IFS= read -r path; do
    awk -v path="$path" '
        /^[A-Za-z_].*\(/ { head = FNR; name = $0; sub(/\(.*/, "", name); sub(/.*[ *]/, "", name) }
        /^{/ { begin = FNR }
        /^}/ && begin { if (FNR - head + 1 > 70) printf "%s:%d: %s: %d lines\n", path, head, name, FNR - head + 1; begin = 0 }
        END { if (FNR > 900) printf "%s: %d lines\n", path, FNR }' "$path"
done
exit 0
