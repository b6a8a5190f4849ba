# For the interoperability tests: sourced. A folder of its own, $dir; need TOOL...; fail, note.
set -u
dir=$(mktemp -d)
pids=
trap 'for p in $pids; do kill -TERM "$p" 2>/dev/null; done; wait 2>/dev/null; rm -rf "$dir"' EXIT

need() {
    local tool
    for tool in "$@"; do
        command -v "$tool" >/dev/null || { echo "skipped: no $tool"; exit 77; }
    done
}
failures=0
fail() { echo "FAILED: $*"; failures=$((failures + 1)); }
finish() { test "$failures" = 0 || { echo "$failures failed"; exit 1; }; exit 0; }

# start_channel PROGRAM OPTION...: a live channel; sets url.
start_channel() {
    "$@" >"$dir/channel.out" 2>"$dir/channel.err" &
    pids="$pids $!"
    local i
    for i in $(seq 300); do
        grep -q '^listening on ' "$dir/channel.out" && break
        sleep 0.1
    done
    url=$(sed -n 's|^listening on \(http://.*\)/master.m3u8$|\1|p' "$dir/channel.out")
    test -n "$url" || { echo "the channel did not start"; cat "$dir/channel.err"; exit 1; }
}

# free_port: one that nobody listens on at the moment.
free_port() {
    local port
    for port in $(shuf -i 20000-59999 -n 50); do
        (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null || { echo "$port"; return; }
    done
}

# browser_modules HERE BUILD: what package-lock.json pins, installed by npm into the build folder, once; sets modules.
browser_modules() {
    need node npm chromium
    node -e 'process.exit(parseInt(process.versions.node) >= 20 ? 0 : 1)' || { echo "skipped: node is older than 20"; exit 77; }
    modules=$2/interop
    mkdir -p "$modules"
    cmp -s "$1/package-lock.json" "$modules/package-lock.json" && test -d "$modules/node_modules/hls.js" && return
    cp "$1/package.json" "$1/package-lock.json" "$modules/"
    npm ci --prefix "$modules" --ignore-scripts --no-audit --no-fund >"$dir/npm.log" 2>&1 && return
    rm -f "$modules/package-lock.json"
    echo "skipped: npm cannot install: $(tail -1 "$dir/npm.log")"
    exit 77
}
