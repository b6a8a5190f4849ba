#!/bin/bash
# clang-tidy with the checks of .clang-tidy over the library: <root> <build with compile_commands.json>.
source "$(dirname "$0")/lib.sh"
need clang-tidy
bad_lines < <(tracked '^player/.*\.c$' | sed "s|^|$PWD/|" |
    grep -Fx -f <(grep -oE '"file": "[^"]+"' "$2/compile_commands.json" | sed 's/"file": "//; s/"$//') |
    xargs -r -P "$(nproc)" -n 8 clang-tidy --quiet -p "$2" 2>/dev/null | grep -E ': (error|warning): ' | grep -v 'clang-diagnostic-' | sort -u)
verdict
