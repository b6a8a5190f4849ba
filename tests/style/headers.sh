#!/bin/bash
# Each public header compiles alone, as C11 and as C++17: <root>. The module headers of player/ as C11.
source "$(dirname "$0")/lib.sh"
warnings=(-Wall -Wextra -Wpedantic -Wconversion -Wshadow -Wundef -Werror -fsyntax-only)
cc=${CC:-cc} cxx=${CXX:-}
need "$cc"
for candidate in c++ g++ clang++; do
    [ -n "$cxx" ] || ! command -v "$candidate" >/dev/null || cxx=$candidate
done
read -ra sdl <<<"$(pkg-config --cflags sdl2 2>/dev/null)"

alone() { # <header> <compiler and flags>...
    local header=$1 output
    shift
    output=$(printf '#include "%s"\n#include "%s"\nextern int unused;\n' "$header" "$header" | "$@" - 2>&1) ||
        bad "$header: not alone with $*"$'\n'"$output"
}

while IFS= read -r path; do
    header=${path#include/}
    flags=("${warnings[@]}" -Iinclude)
    if [ "$header" = aizu/sdl.h ]; then
        [ ${#sdl[@]} -gt 0 ] || continue
        flags+=("${sdl[@]/#-I/-isystem}")
    fi
    alone "$header" "$cc" -std=c11 -x c "${flags[@]}"
    [ -z "$cxx" ] || alone "$header" "$cxx" -std=c++17 -x c++ "${flags[@]}"
done < <(tracked '^include/.*\.h$')

while IFS= read -r path; do
    alone "${path#player/}" "$cc" -std=c11 -x c "${warnings[@]}" -Wno-sign-conversion -Wno-unused-function -Iinclude -Iplayer
done < <(tracked '^player/(base|playlist|demux|cue|timeline|engine)/.*\.h$')
[ -n "$cxx" ] || echo "no C++ compiler: C only"
verdict
