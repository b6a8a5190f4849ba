#!/bin/bash
# The checks can fail: each is given a small tree with one fault in it, and has to name it.
set -u
if ! command -v git >/dev/null; then
    echo "skipped: no git"
    exit 77
fi
here=$(cd "$(dirname "$0")" && pwd)
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
failures=0

# A tree in which no check finds anything.
clean_tree() {
    rm -rf "$dir/tree"
    mkdir -p "$dir/tree"/{include/aizu,player/base,player/engine,player/host/curl,demo/minimal,third_party,docs}
    cd "$dir/tree" || exit 1
    cp "$here/../../.clang-format" . 2>/dev/null
    echo 'MIT License' >LICENSE
    printf '/* A. */\n#ifndef AIZU_A_H\n#define AIZU_A_H\n\n#include <stddef.h>\n\nsize_t aizu_a(void);\n\n#endif\n' >include/aizu/a.h
    printf '/* B. */\n#ifndef AZ_BASE_B_H\n#define AZ_BASE_B_H\n\n#include "aizu/a.h"\n\n#endif\n' >player/base/b.h
    printf '/* E. */\n#include "base/b.h"\n' >player/engine/e.c
    printf '/* C. */\n#include "engine/e.h"\n#include <curl/curl.h>\n' >player/host/curl/c.c
    printf '/* M. */\n#include <aizu/a.h>\n' >demo/minimal/minimal.c
    printf '# Dependencies\naz_dependency(X libx>=1.0) # x; MIT\n' >third_party/dependencies.cmake
    printf '| libx | 1.0 | MIT | tests | x |\n' >third_party/README.md
    printf '# aizu\n\n```c\n%s\n```\n\n[licence](LICENSE)\n' "$(cat demo/minimal/minimal.c)" >README.md
    git init -q . && git add -A
}

# passes <check>; finds <check> <what it says> after the tree was changed
passes() {
    clean_tree
    local output status
    output=$("$here/$1.sh" "$dir/tree" 2>&1)
    status=$?
    if [ $status -ne 0 ] && [ $status -ne 77 ]; then
        echo "$1: finds something in a clean tree: $output"
        failures=$((failures + 1))
    fi
}
finds() {
    local output status
    git add -A
    output=$("$here/$1.sh" "$dir/tree" 2>&1)
    status=$?
    if [ $status -eq 77 ]; then
        echo "$1: $output"
    elif [ $status -eq 0 ] || [[ $output != *"$2"* ]]; then
        echo "$1: did not find: $2 (status $status: $output)"
        failures=$((failures + 1))
    fi
    clean_tree
}

for check in format layers headers words files readme; do
    passes "$check"
done

printf 'int  f( void );\n' >>player/base/b.h && finds format player/base/b.h
printf '#include "engine/e.h"\n' >>player/base/b.h && finds layers 'base may not include engine/e.h'
printf '#include "host/x.h"\n' >>player/engine/e.c && finds layers 'engine may not include host/x.h'
printf '# include  <pthread.h>\n' >>player/engine/e.c && finds layers 'may not include <pthread.h>'
printf '#include "b.h"\n' >>player/base/b.h && finds layers 'write the folder too'
printf 'void f(void)\n{\n    printf("x");\n}\n' >>player/engine/e.c && finds layers 'may not use printf'
printf '#include "host/sdl/x.h"\n' >>player/host/curl/c.c && finds layers 'host/curl may not include host/sdl/x.h'
printf '#include "base/b.h"\n' >>demo/minimal/minimal.c && finds layers 'a demo may not include base/b.h'
mkdir player/extra && touch player/extra/x.c && finds layers 'player/extra'
printf '/* N. */\n#ifndef AIZU_N_H\n#define AIZU_N_H\nuint8_t aizu_n(void);\n#endif\n' >include/aizu/n.h && finds headers 'aizu/n.h'
printf '/* N. */\n#ifndef AIZU_N_H\n#define AIZU_N_H\nint aizu_n(int class);\n#endif\n' >include/aizu/n.h && finds headers 'std=c++17'
printf 'see %s\n' "/home""/x/y" >>README.md && finds words 'a path of one machine'
printf 'see %s\n' "pypi"".org" >>README.md && finds words 'a package registry'
printf '/* TO''DO */\n' >>player/engine/e.c && finds words 'a note to self'
printf 'void f(char *a)\n{\n    strcpy(a, "b");\n}\n' >>demo/minimal/minimal.c && finds words 'no bound'
printf 'void f(void)\n{\n    setlocale(0, "");\n}\n' >>player/host/curl/c.c && finds words 'whole process'
printf 'int x;\n' >player/base/x.c && finds files 'player/base/x.c: does not open'
printf '#!/bin/sh\nexit\n' >demo/run && chmod +x demo/run && finds files 'demo/run: does not open'
printf '#!/bin/sh\n# x\nexit\n' >demo/run && finds files 'demo/run: not executable'
printf '/* A. */\nint x;\n' >include/aizu/a.h && finds files 'no include guard'
echo 'Other' >LICENSE && finds files 'MIT'
printf 'az_dependency(Y liby>=2.0)\n' >>third_party/dependencies.cmake && finds files 'liby'
printf '[x](docs/none.md)\n' >>README.md && finds files 'dead link'
printf 'int x;\n' >>demo/minimal/minimal.c && finds readme 'minimal.c'

[ "$failures" -eq 0 ] || exit 1
echo "each check found what it was given"
