#!/bin/bash
# What tracked files may not contain: <root>. Machine paths and registry hosts, calls that nobody can use safely,
# notes to self.
source "$(dirname "$0")/lib.sh"
self='^tests/style/|^tests/fuzz/corpus/'
text=$(tracked | grep -vE "$self" | grep -vE '\.(png|ts|bin|der|pem|ttf)$')

# forbid <what> <regex> [<path regex>]
forbid() {
    bad_lines < <(grep -E -e "${3:-.}" <<<"$text" | tr '\n' '\0' | xargs -0 -r grep -nIHE -e "$2" /dev/null |
        sed "s|\$|    <- $1|")
}

forbid 'a path of one machine' '(^|[^A-Za-z0-9_.~-])/(work|root|home|Users|mnt|workspace)/[A-Za-z0-9_.]'
forbid 'a package registry' '(deb|security|ftp)\.debian\.org|pypi\.org|npmjs\.(org|com)|crates\.io|proxy\.golang\.org|artifactory|jfrog|(docker|ghcr|quay)\.io'
forbid 'a note to self' '\<(TODO|FIXME|XXX|HACK)\>' '\.(c|h|sh|cmake|txt|md)$|/run$'
forbid 'no bound, or no error' '\<(v?sprintf|strcpy|strcat|gets|strtok|alloca|v?[fs]?scanf|ato[ifl]|atoll)[[:space:]]*\(' '^(player|include|demo)/.*\.[ch]$'
forbid 'state of the whole process' '\<(setlocale|signal|sigaction|atexit|srand|rand|strerror|localtime|gmtime|setenv|putenv|chdir|curl_global_cleanup)[[:space:]]*\(' '^player/.*\.[ch]$'
forbid 'blanks at the end of a line' '[[:blank:]]+$' '\.(c|h|sh|cmake|txt|md|json)$|/run$'
verdict
