#!/bin/bash
# The core builds with a C compiler and nothing else, and its unit tests with cmocka besides: <root> <compiler>. No other
# library can be found: pkg-config sees a folder with cmocka.pc alone.
set -u
root=$(cd "$1" && pwd) compiler=$2
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
fail() {
    cat "$dir/log"
    echo "failed: $*"
    exit 1
}

mkdir "$dir/pc"
cp "$(pkg-config --variable=pcfiledir cmocka)/cmocka.pc" "$dir/pc/" || exit 1
export PKG_CONFIG_LIBDIR=$dir/pc PKG_CONFIG_PATH='' CMAKE_BUILD_PARALLEL_LEVEL=${CMAKE_BUILD_PARALLEL_LEVEL:-2}
unset PKG_CONFIG_SYSROOT_DIR CFLAGS
! pkg-config --exists libcurl || fail "pkg-config still finds libcurl"
cmake -G Ninja -S "$root" -B "$dir/out" -DCMAKE_C_COMPILER="$compiler" -DCMAKE_BUILD_TYPE=Debug -DCMAKE_CXX_COMPILER=none \
    -DAIZU_CORE_ONLY=ON -DAIZU_WERROR=ON >"$dir/log" 2>&1 || fail configure
cmake --build "$dir/out" >"$dir/log" 2>&1 || fail build
ctest --test-dir "$dir/out" -L unit --output-on-failure >"$dir/log" 2>&1 || fail tests
grep 'tests passed' "$dir/log"
