#!/bin/bash
# The examples of docs/guide.md and README.md: <root> <build> <compiler>. Each block marked ```c compiles as it stands, as
# a file of its own with warnings as errors; those with a main() are linked with the library. What is needed of SDL is
# taken from pkg-config.
source "$(dirname "$0")/lib.sh"
build=$2 cc=$3
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
read -ra sdl <<<"$(pkg-config --cflags sdl2)"
read -ra sdl_libs <<<"$(pkg-config --libs sdl2)"
flags=(-std=c11 -D_POSIX_C_SOURCE=200809L -Wall -Wextra -Wpedantic -Wconversion -Wshadow -Wno-sign-conversion -Werror -Iinclude
    "${sdl[@]/#-I/-isystem}")

count=0
for document in docs/guide.md README.md; do
    awk -v dir="$dir" -v name="$(basename "$document" .md)" '
        /^```c$/ { on = 1; file = sprintf("%s/%s-%d.c", dir, name, NR + 1); next }
        /^```$/ { on = 0 }
        on { print >file }' "$document"
done
for example in "$dir"/*.c; do
    [ -f "$example" ] || break
    count=$((count + 1))
    line=$(basename "$example" .c)
    if ! output=$("$cc" "${flags[@]}" -c -o "$dir/example.o" "$example" 2>&1); then
        bad "${line/-/.md:}: does not compile"$'\n'"$output"
    elif grep -q '^int main' "$example" &&
        ! output=$("$cc" -o "$dir/example" "$dir/example.o" -L"$build/player" -laizu "${sdl_libs[@]}" "-Wl,-rpath,$build/player" 2>&1); then
        bad "${line/-/.md:}: does not link"$'\n'"$output"
    fi
done
[ "$count" -gt 0 ] || bad "no examples found"
echo "$count examples"
verdict
