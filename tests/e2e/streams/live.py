# Live streams of FFmpeg's muxers, packaged while they are played: live.py AIZU [NAME...]. Each is joined while it runs and
# has to play to its end with no picture missing between the first and the last, no stall and no error.
import concurrent.futures
import glob
import os
import shutil
import subprocess
import sys
import tempfile
import time

import origin
import servers
from packagers import X264, key_file
from play import Play, errors, rising

SECONDS, RATE = 16, 25
CARD = ["-f", "lavfi", "-i", "testsrc2=size=320x180:rate=%d" % RATE]
TONE = ["-f", "lavfi", "-i", "sine=frequency=440:sample_rate=48000"]
AV = ["-map", "0:v", "-map", "1:a"] + X264 + "-c:a aac -b:a 96k".split()
HLS = "-f hls -hls_time 1 -hls_list_size 6 -hls_flags delete_segments+program_date_time".split()


def package(folder, words, name="list.m3u8"):
    return subprocess.Popen(["ffmpeg", "-nostdin", "-v", "error", "-re"] + CARD + ["-re"] + TONE + ["-t", str(SECONDS)] + words + [name], cwd=folder,
                            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=open(os.path.join(folder, "ffmpeg.err"), "w"))


def ts(folder):
    return package(folder, AV + HLS)


def fmp4(folder):
    return package(folder, AV + HLS + "-hls_segment_type fmp4".split())


def keys(folder):
    key_file(folder)
    with open(os.path.join(folder, "key.info"), "w") as out:
        out.write("key.bin\nkey.bin\n")
    return package(folder, AV + HLS + "-hls_key_info_file key.info".split())


def languages(folder):
    """Sound in a playlist of its own, kept in step while both windows slide."""
    words = ["-map", "0:v", "-map", "1:a", "-map", "1:a"] + X264 + "-c:a aac -b:a 96k".split() + HLS
    words += ["-hls_segment_type", "fmp4", "-master_pl_name", "list.m3u8", "-var_stream_map", "v:0,agroup:a a:0,agroup:a,language:en,default:yes a:1,agroup:a,language:ja"]
    return package(folder, words, "media_%v.m3u8")


def event(folder):
    """A list that grows at its end."""
    return package(folder, AV + "-f hls -hls_time 1 -hls_list_size 0 -hls_playlist_type event".split())


class FromNginx:
    def __init__(self, hosts, make, index):
        self.host, self.make = hosts[index % len(hosts)], make

    def start(self, root, name):
        folder = os.path.join(root, name)
        os.mkdir(folder)
        self.process = self.make(folder)
        for _ in range(200):
            if len(glob.glob(os.path.join(folder, "*.m3u8"))) and sum(".ts" in f or ".m4s" in f for f in os.listdir(folder)) >= 5:
                break
            time.sleep(0.1)
        self.url, self.ca = "%s/%s/list.m3u8" % (self.host.url, name), self.host.ca

    def judge(self, play):
        return []


class Lhls:
    """FFmpeg's DASH muxer with -lhls 1: EXT-X-PREFETCH names the segment that is being uploaded."""

    def start(self, root, name):
        folder = os.path.join(root, name)
        os.mkdir(folder)
        self.origin = origin.Origin()
        words = AV + "-f dash -seg_duration 2 -streaming 1 -hls_playlist 1 -lhls 1 -strict experimental -window_size 6 -method PUT -http_persistent 1".split()
        self.process = package(folder, words + ["-adaptation_sets", "id=0,streams=v id=1,streams=a"], self.origin.url + "/manifest.mpd")
        for _ in range(100):
            if any(bytes(f.data).count(b"#EXTINF") >= 2 for p, f in list(self.origin.files.items()) if p.endswith(".m3u8")):
                break
            time.sleep(0.1)
        self.url, self.ca = self.origin.url + "/master.m3u8", None

    def judge(self, play):
        wrong = [] if self.origin.has_prefetch else ["this ffmpeg writes no EXT-X-PREFETCH"]
        if not any(growing for path, growing in self.origin.gets if path.endswith(".m4s")):
            wrong.append("no segment was read while it was being written")
        latency = [s["live_latency"] for s in play.of("stats") if s["live_latency"] is not None]
        if not latency or min(latency) > 4:
            wrong.append("latency %s" % latency)
        return wrong


def judge(name, play, source):
    times = [event["pts"] for event in play.of("frame")]
    dropped = play.stats().get("frames_dropped", 0)
    wrong = errors(play) + source.judge(play)
    if play.status != 0:
        wrong.append("exit status %d %s" % (play.status, play.err))
    missing = round((times[-1] - times[0]) * RATE) + 1 - len(times) - dropped if times else None
    if not rising(times) or missing != 0:
        wrong.append("%s pictures missing between the first and the last" % missing)
    if len(times) < (SECONDS - 10) * RATE:
        wrong.append("%d pictures" % len(times))
    if play.stats().get("stalls"):
        wrong.append("%d stalls" % play.stats()["stalls"])
    latency = [s["live_latency"] for s in play.of("stats") if s["live_latency"] is not None]
    print("%-4s %-16s %d pictures, %d dropped, latency %s %s" % ("FAIL" if wrong else "ok", name, len(times), dropped, latency[:1], ", ".join(wrong)), flush=True)
    return bool(wrong)


def run(aizu, root, name, source):
    folder = os.path.join(root, "log-" + name)
    os.mkdir(folder)
    source.start(root, name)
    try:
        play = Play(aizu, source.url, source.ca, "headless", folder, words=["--log-stats", "2"])
    finally:
        source.process.terminate()
        source.process.wait()
    if os.environ.get("KEEP"):
        shutil.copytree(folder, os.path.join(os.environ["KEEP"], "live-" + name), dirs_exist_ok=True)
    return judge(name, play, source)


def main():
    for tool in ("ffmpeg", "nginx", "openssl"):
        if not shutil.which(tool):
            print("skipped: no " + tool)
            return 77
    root = tempfile.mkdtemp()
    try:
        with servers.Servers(root) as hosts:
            sources = {make.__name__: FromNginx(hosts, make, index) for index, make in enumerate((ts, fmp4, keys, languages, event))}
            sources["lhls"] = Lhls()
            names = [name for name in sources if name in sys.argv[2:] or len(sys.argv) < 3]
            with concurrent.futures.ThreadPoolExecutor(len(names)) as pool:
                return 1 if any(list(pool.map(lambda name: run(sys.argv[1], root, name, sources[name]), names))) else 0
    finally:
        shutil.rmtree(root, ignore_errors=True)


if __name__ == "__main__":
    sys.exit(main())
