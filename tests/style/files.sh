#!/bin/bash
# Each file says what it is: <root>. Sources, scripts and build files open with a comment, the licence is there, each
# declared dependency has its line with floor and licence, links between documents lead somewhere.
source "$(dirname "$0")/lib.sh"

while IFS= read -r path; do
    head=$(head -n 2 "$path")
    case $path in
    *.c | *.h) [[ $head == '/*'* ]] || bad "$path: does not open with a comment" ;;
    *.sh | */run) [[ $head == '#!'*$'\n#'* || $head == '# '* ]] || bad "$path: does not open with a comment" ;;
    *.cmake | */CMakeLists.txt | CMakeLists.txt)
        [[ $head == '#'* || $(wc -l <"$path") -lt 5 ]] || bad "$path: does not open with a comment"
        ;;
    esac
done < <(tracked '\.([ch]|sh|cmake)$|CMakeLists\.txt$|/run$')

while IFS= read -r path; do
    grep -qE '^#ifndef [A-Z0-9_]+_H$' "$path" || bad "$path: no include guard"
done < <(tracked '^(include|player|demo)/.*\.h$')

while IFS= read -r path; do
    [ -x "$path" ] || bad "$path: not executable"
done < <(tracked '(^|/)run$')

grep -q '^MIT License' LICENSE 2>/dev/null || bad "LICENSE: not the MIT licence"

while IFS= read -r module; do
    name=${module#lib}
    grep -iE "^\| [^|]*${name//./\\.}" third_party/README.md 2>/dev/null |
        grep -qE '\| [0-9.]+ \| [A-Za-z0-9.-]+ *\|' ||
        bad "third_party/README.md: no line with floor and licence for $module"
done < <(sed -nE 's/#.*//; s/xml-2\.0/xml2/g; /az_dependency|>=/p' third_party/dependencies.cmake 2>/dev/null | grep -oE '[A-Za-z0-9_.-]+>=' | tr -d '>=' | sort -u)

while IFS=: read -r path link; do
    link=${link#](}
    link=${link%%#*}
    link=${link%)}
    [[ -z $link || $link == *://* || $link == mailto:* ]] || [ -e "$(dirname "$path")/$link" ] || bad "$path: dead link: $link"
done < <(tracked '\.md$' | xargs -r grep -oHE '\]\([^) ]+\)' /dev/null)
verdict
