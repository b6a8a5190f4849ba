# The tools that package streams, as functions: each runs one program in the folder of the stream that is made and
# raises Unmade when the program is missing or refuses. Nothing of aizu is used here.
import os
import shutil
import subprocess

X264 = "-c:v libx264 -preset ultrafast -g 25 -keyint_min 25 -sc_threshold 0 -pix_fmt yuv420p".split()


class Unmade(Exception):
    """The stream cannot be made on this machine; says why in a line."""


def run(folder, command, environment=None, seconds=120):
    if not shutil.which(str(command[0])):
        raise Unmade("no " + os.path.basename(str(command[0])))
    done = subprocess.run([str(word) for word in command], cwd=folder, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, text=True, errors="replace", timeout=seconds,
                          env=dict(os.environ, **(environment or {})))
    if done.returncode:
        lines = [line for line in done.stdout.splitlines() if line.strip()]
        raise Unmade("%s: %s" % (os.path.basename(str(command[0])), " / ".join(lines[-2:])[:300] or done.returncode))
    return done.stdout


def ffmpeg(folder, *words):
    flat = []
    for word in words:
        flat += word.split() if isinstance(word, str) else [str(item) for item in word]
    return run(folder, ["ffmpeg", "-nostdin", "-v", "error", "-y", "-threads", "2"] + flat)


class Sources:
    """Media before packaging, one file for each kind, made on first use. `seconds` of a test card that counts, and
    of a tone that beeps each second; a keyframe each second."""

    def __init__(self, folder, seconds):
        self.folder, self.seconds = folder, seconds
        os.makedirs(folder, exist_ok=True)

    def _get(self, name, *words):
        path = os.path.join(self.folder, name)
        if not os.path.exists(path):
            part = os.path.join(self.folder, "part-" + name)
            ffmpeg(self.folder, *words, [part])
            os.rename(part, path)
        return path

    def video(self, kind="h264", size="320x180", rate="25"):
        card = ["-f", "lavfi", "-t", str(self.seconds), "-i", "testsrc2=size=%s:rate=%s" % (size, rate)]
        how = {
            "h264": X264,
            "h264_b": "-c:v libx264 -preset fast -bf 3 -g 25 -keyint_min 25 -sc_threshold 0 -pix_fmt yuv420p".split(),
            "h264_10": "-c:v libx264 -preset ultrafast -g 25 -keyint_min 25 -pix_fmt yuv420p10le".split(),
            "h265": "-c:v libx265 -preset ultrafast -tag:v hvc1 -x265-params log-level=none:keyint=25:min-keyint=25:scenecut=0".split(),
            "h265_10": "-c:v libx265 -preset ultrafast -pix_fmt yuv420p10le -tag:v hvc1 -x265-params log-level=none:keyint=25:min-keyint=25:scenecut=0".split(),
            "av1": "-c:v libsvtav1 -preset 12 -g 25 -svtav1-params scd=0".split(),
            "vp9": "-c:v libvpx-vp9 -deadline realtime -cpu-used 8 -g 25 -keyint_min 25".split(),
            "mpeg2": "-c:v mpeg2video -b:v 1M -g 25".split(),
        }[kind]
        suffix = "mkv" if kind in ("mpeg2",) else "mp4"
        return self._get("%s-%s-%s.%s" % (kind, size, rate.replace("/", "_"), suffix), card, how)

    def audio(self, kind="aac", tone=880, channels=2):
        beep = ["-f", "lavfi", "-t", str(self.seconds), "-i",
                "aevalsrc=exprs=0.4*sin(2*PI*%d*t)*lt(mod(t\\,1)\\,0.1):s=48000" % tone, "-ac", str(channels)]
        how = {
            "aac": "-c:a aac -b:a 96k", "ac3": "-c:a ac3", "eac3": "-c:a eac3", "mp3": "-c:a libmp3lame",
            "opus": "-c:a libopus", "flac": "-c:a flac -strict -2", "alac": "-c:a alac", "mp2": "-c:a mp2",
        }[kind].split()
        suffix = "mkv" if kind == "mp2" else "mp4"
        return self._get("%s-%d-%d.%s" % (kind, tone, channels, suffix), beep, how)

    def both(self, video="h264", audio="aac", **more):
        """One file with both, for packagers that take one input."""
        v, a = self.video(video, **more), self.audio(audio)
        return self._get("both-%s-%s-%s" % (video, audio, os.path.basename(v)), ["-i", v, "-i", a], "-c copy -map 0:v -map 1:a")

    def checksums(self, kinds):
        """Adler-32 of each decoded picture of videos behind each other, as FFmpeg prints it."""
        out = []
        for kind in kinds.split("+"):
            text = ffmpeg(self.folder, ["-i", self.video(kind), "-pix_fmt", "yuv420p", "-f", "framecrc", "-"])
            out += [line.split(",")[5].strip() for line in text.splitlines() if not line.startswith("#")]
        return out

    def text(self, language="en"):
        """WebVTT with a cue each two seconds."""
        path = os.path.join(self.folder, "text-%s.vtt" % language)
        if not os.path.exists(path):
            with open(path, "w", encoding="utf-8") as out:
                out.write("WEBVTT\n")
                for second in range(0, self.seconds, 2):
                    out.write("\n00:00:%02d.500 --> 00:00:%02d.500\n%s %d\n" % (second, second + 1, language, second))
        return path


# ---- FFmpeg ----

def hls(folder, inputs, *options, maps=True, name="list.m3u8"):
    """FFmpeg's HLS muxer, streams copied. inputs: paths; maps: the first stream of each."""
    words = []
    for path in inputs:
        words += ["-i", path]
    if maps:
        for index in range(len(inputs)):
            words += ["-map", "%d:0" % index]
    ffmpeg(folder, words, "-c copy -f hls -hls_time 2 -hls_list_size 0", *options, [name])


def dash(folder, inputs, *options):
    """FFmpeg's DASH muxer, which writes HLS playlists beside its own."""
    words = []
    for path in inputs:
        words += ["-i", path]
    for index in range(len(inputs)):
        words += ["-map", "%d:0" % index]
    ffmpeg(folder, words, "-c copy -f dash -seg_duration 2 -hls_playlist 1", *options, ["manifest.mpd"])


def key_file(folder, name="key.bin", seed=1):
    """16 bytes; hexadecimal text of them."""
    data = bytes((seed * 37 + index * 11) & 255 for index in range(16))
    with open(os.path.join(folder, name), "wb") as out:
        out.write(data)
    return data.hex()


# ---- Shaka Packager (the npm package of its authors) ----

class Shaka:
    def __init__(self, modules):
        self.program = os.path.join(modules, "shaka-packager", "bin", "packager-linux-x64") if modules else ""

    def __call__(self, folder, streams, *options, master="master.m3u8"):
        if not os.path.exists(self.program):
            raise Unmade("no shaka-packager")
        run(folder, [self.program] + streams + ["--hls_master_playlist_output", master, "--segment_duration", "2",
                                                "--fragment_duration", "2"] + [w for o in options for w in o.split()])


# ---- GStreamer ----

def gst(folder, pipeline):
    """One pipeline. hlssink2 1.22 now and then does not come to its end on a busy machine: tried again."""
    for attempt in (1, 2, 3):
        try:
            out = run(folder, ["gst-launch-1.0", "-e"] + pipeline.split(), seconds=15)
            break
        except subprocess.TimeoutExpired:
            if attempt == 3:
                raise Unmade("gst-launch-1.0 does not end")
    if "ERROR" in out:
        raise Unmade("gst-launch-1.0: " + out.strip().splitlines()[0][:200])
