#!/bin/bash
# What `cmake --install` puts down is enough to build on: <source> <build>. A small program is built and run through
# pkg-config and through find_package(aizu), against the shared and the static library.
source_dir=$1 build_dir=$2
export LC_ALL=C
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
fail() { echo "failed: $*"; exit 1; }

DESTDIR= cmake --install "$build_dir" --prefix "$dir/usr" >"$dir/log" 2>&1 || { cat "$dir/log"; fail "install"; }
[ -e "$dir/usr/include/aizu/aizu.h" ] || fail "no headers"
pc=$(find "$dir/usr" -name aizu.pc)
[ -n "$pc" ] || fail "no aizu.pc"
libdir=$(dirname "$(dirname "$pc")")
[ -L "$libdir/libaizu.so" ] || fail "libaizu.so is no link to a version"
readelf -d "$libdir/libaizu.so" | grep -q 'soname: \[libaizu\.so\.[0-9]*\.[0-9]*\]' || fail "no versioned soname"

cat >"$dir/program.c" <<'END'
#include <aizu/aizu.h>
#include <stdio.h>
#include <string.h>
int main(void)
{
    char version[32];
    aizu_player *player = NULL;
    aizu_config config;
    aizu_config_init(&config);
    config.video = AIZU_VIDEO_HEADLESS;
    config.audio = AIZU_AUDIO_SILENT;
    snprintf(version, sizeof(version), "%d.%d.%d", AIZU_VERSION_MAJOR, AIZU_VERSION_MINOR, AIZU_VERSION_PATCH);
    if (strcmp(version, aizu_version()) || aizu_player_create(&player, &config))
        return 1;
    if (aizu_player_load(player, "file:///x") != AIZU_E_SCHEME)
        return 2;
    aizu_player_destroy(&player);
    return player != NULL;
}
END
cat >"$dir/CMakeLists.txt" <<'END'
cmake_minimum_required(VERSION 3.25)
project(user C)
find_package(aizu 0.1 REQUIRED)
add_executable(with_shared program.c)
target_link_libraries(with_shared PRIVATE aizu::aizu)
add_executable(with_static program.c)
target_link_libraries(with_static PRIVATE aizu::aizu_static)
END

# The prefix of the .pc file is the one that was configured; --define-prefix takes that of the file.
export PKG_CONFIG_PATH="$libdir/pkgconfig"
prefix="--define-variable=prefix=$dir/usr"
cc=${CC:-cc}
$cc -o "$dir/a" "$dir/program.c" $(pkg-config "$prefix" --cflags --libs aizu) || fail "pkg-config, shared: build"
LD_LIBRARY_PATH=$libdir "$dir/a" || fail "pkg-config, shared: run"
$cc -o "$dir/b" "$dir/program.c" $(pkg-config "$prefix" --cflags --libs aizu-static) ||
    fail "pkg-config, static: build"
"$dir/b" || fail "pkg-config, static: run"

cmake -G Ninja -S "$dir" -B "$dir/out" -DCMAKE_PREFIX_PATH="$dir/usr" >"$dir/log" 2>&1 &&
    cmake --build "$dir/out" >>"$dir/log" 2>&1 || { cat "$dir/log"; fail "find_package: build"; }
"$dir/out/with_shared" || fail "find_package, shared: run"
"$dir/out/with_static" || fail "find_package, static: run"
