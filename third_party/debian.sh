# shellcheck shell=bash
# The Debian packages that aizu needs, in one place, for demo/run and tests/run. To be sourced.
#
#   aizu_debian_packages KIND...   prints the packages of these kinds: build, demo, test, check, others
#   aizu_debian_install KIND...    installs those that are missing, as root or through sudo; says so before.
#                                  Does nothing, quietly, when all are there. Elsewhere than on Debian it lists what
#                                  it did not find and goes on: the build will tell.
#
# "a|b": one of them is enough, the first is installed when none is there.

aizu_debian_packages() {
    local kind
    for kind in "$@"; do
        case $kind in
        build) # a compiler, and the library's dependencies
            printf '%s\n' 'gcc|clang' libc6-dev cmake ninja-build 'pkg-config|pkgconf' \
                libavcodec-dev libavutil-dev libswscale-dev libswresample-dev libsdl2-dev \
                libavfilter-dev 'libcurl4-openssl-dev|libcurl4-gnutls-dev' libxml2-dev libass-dev libjansson-dev
            ;;
        demo) # the programs of demo/, curl to talk to the channel, fonts with Latin and Japanese
            printf '%s\n' libavformat-dev libsdl2-ttf-dev libmicrohttpd-dev \
                curl ca-certificates fonts-dejavu-core fonts-ipaexfont-gothic
            ;;
        test) # the test library, the judge of our demuxer, a display without a screen
            printf '%s\n' libcmocka-dev libavformat-dev libmicrohttpd-dev \
                ffmpeg curl jq xvfb 'nginx-light|nginx' openssl python3
            ;;
        others) # packagers and servers that others wrote: their streams are played, too, where they are installed
            printf '%s\n' gstreamer1.0-tools gstreamer1.0-plugins-base gstreamer1.0-plugins-good \
                gstreamer1.0-plugins-bad caddy nodejs npm
            ;;
        check) # the second compiler, sanitizers, fuzzer, layout; C++ for the public headers
            printf '%s\n' gcc g++ clang libclang-rt-dev clang-format clang-tidy git
            ;;
        *)
            echo "aizu_debian_packages: unknown kind: $kind" >&2
            return 2
            ;;
        esac
    done
}

# Whether one of the packages in "a|b" is installed.
aizu_debian_has() {
    local package
    local IFS='|'
    for package in $1; do
        if [ "$(dpkg-query -W -f='${db:Status-Status}' "$package" 2>/dev/null)" = installed ]; then
            return 0
        fi
    done
    return 1
}

aizu_debian_install() {
    local entry missing=() as_root=() packages
    packages=$(aizu_debian_packages "$@") || return
    if ! command -v dpkg-query >/dev/null || ! command -v apt-get >/dev/null; then
        echo "not a Debian system: these are needed, under whatever names they have here:" >&2
        echo "  ${packages//$'\n'/ }" >&2
        return 0
    fi
    for entry in $packages; do
        aizu_debian_has "$entry" || missing+=("${entry%%|*}")
    done
    [ ${#missing[@]} -gt 0 ] || return 0

    if [ "$(id -u)" -ne 0 ]; then
        if ! command -v sudo >/dev/null; then
            echo "missing packages, and neither root nor sudo to install them: ${missing[*]}" >&2
            return 1
        fi
        as_root=(sudo)
    fi
    echo "installing: ${missing[*]}"
    "${as_root[@]}" apt-get update -qq || echo "apt-get update failed; trying with the lists that are there" >&2
    "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends \
        "${missing[@]}" >/dev/null
}
