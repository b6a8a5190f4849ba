# shellcheck shell=bash
# For the style checks: sourced with the root of the tree to check as $1. A check calls bad() for each finding and
# ends with verdict(). Only tracked files are looked at; in a tree that is no git checkout, all.
set -u
export LC_ALL=C
cd "$1" || exit 1
findings=0

bad() {
    echo "$*"
    findings=$((findings + 1))
}

# bad() for each line of the input.
bad_lines() {
    local line
    while IFS= read -r line; do
        bad "$line"
    done
}

verdict() {
    [ "$findings" -eq 0 ] && exit 0
    echo "$findings findings"
    exit 1
}

need() {
    command -v "$1" >/dev/null && return
    echo "skipped: no $1"
    exit 77
}

# tracked [REGEX]: the files whose paths match, one a line.
tracked() {
    if git rev-parse --is-inside-work-tree >/dev/null 2>&1; then
        git ls-files
    else
        find . -type f -not -path './.git/*' -not -path './build*' -not -path './out/*' | sed 's|^\./||'
    fi | grep -E -e "${1:-.}" | while IFS= read -r path; do
        [ -f "$path" ] && echo "$path"
    done
}
