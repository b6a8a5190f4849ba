# What is in a packaged stream, by ffprobe on its files as they lie there: the manifest that playback is held against.
# Segments under AES-128 are opened with openssl; samples that are encrypted for themselves count as they are.
import os
import subprocess
import tempfile

from playlists import MediaPlaylist, is_multivariant, references


def decrypt(playlist, data, key, number):
    if not key or key["METHOD"] != "AES-128":
        return data
    with open(playlist.file(key["URI"]), "rb") as file:
        secret = file.read().hex()
    iv = key["IV"][2:].rjust(32, "0") if "IV" in key else "%032x" % number
    return subprocess.run(["openssl", "enc", "-d", "-aes-128-cbc", "-K", secret, "-iv", iv], input=data, stdout=subprocess.PIPE, check=True).stdout


def read(playlist, uri, where):
    with open(playlist.file(uri), "rb") as file:
        if where:
            file.seek(where[0])
            return file.read(where[1])
        return file.read()


def stretches(playlist):
    """The media between discontinuities, each a list of files for ffprobe. Segments whose samples are encrypted are read one
    by one, behind their initialization section: ffprobe loses its place in them otherwise."""
    out, init = [], None
    for segment in playlist.segments:
        if segment.is_gap:
            continue
        alone = segment.key is not None and segment.key["METHOD"] != "AES-128" and segment.map is not None
        if not out or segment.is_discontinuous or segment.map != init:
            init, head = segment.map, b""
            if init:
                size, _, offset = init.get("BYTERANGE", "").partition("@")
                head = read(playlist, init["URI"], (int(offset or 0), int(size)) if size else None)
                head = decrypt(playlist, head, init["key"], segment.number)
            out.append([head])
        elif alone:
            out[-1].append(head)
        out[-1][-1] += decrypt(playlist, read(playlist, segment.uri, segment.range), segment.key, segment.number)
    return out


def packets(data):
    """[(kind, pts, duration)] of the lowest stream of each kind."""
    with tempfile.NamedTemporaryFile(suffix=".media") as file:
        file.write(data)
        file.flush()
        text = subprocess.run(["ffprobe", "-v", "error", "-show_entries", "packet=codec_type,stream_index,pts_time,duration_time", "-of", "csv=p=0", file.name],
                              stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True).stdout
    first, out = {}, []
    for line in text.splitlines():
        fields = line.rstrip(",").split(",")
        if len(fields) < 3 or fields[0] not in ("video", "audio") or fields[2] == "N/A":
            continue
        if first.setdefault(fields[0], fields[1]) == fields[1]:
            out.append((fields[0], float(fields[2]), float(fields[3]) if len(fields) > 3 and fields[3] != "N/A" else 0.0))
    return out


def covered(times):
    """The seconds of packets: their durations, or where the file has none, from the first to the last and one more."""
    if all(length for _, length in times):
        return sum(length for _, length in times)
    first, last = min(t for t, _ in times), max(t for t, _ in times)
    return (last - first) * len(times) / max(1, len(times) - 1)


def decodable(data):
    """Pictures that a decoder gives, beginning here."""
    with tempfile.NamedTemporaryFile(suffix=".media") as file:
        file.write(data)
        file.flush()
        text = subprocess.run(["ffprobe", "-v", "quiet", "-count_frames", "-select_streams", "v:0", "-show_entries", "stream=nb_read_frames", "-of", "csv=p=0", file.name],
                              stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True).stdout
    counts = [int(word) for word in text.replace(",", " ").split() if word.isdigit()]
    return counts[0] if counts else 0


def measure_media(path, is_decoded=False):
    """Of one media playlist: frames and packets, and the time that each kind covers, stretch by stretch."""
    playlist = MediaPlaylist(path)
    out = dict(duration=round(playlist.duration(), 6), segments=len(playlist.segments), stretches=[])
    for files in stretches(playlist):
        seen = [packet for data in files for packet in packets(data)]
        one = {}
        for kind in ("video", "audio"):
            times = [(pts, length) for k, pts, length in seen if k == kind]
            if times:
                one[kind] = dict(packets=len(times), first=round(min(t for t, _ in times), 6), last=round(max(t for t, _ in times), 6),
                                 seconds=round(covered(times), 6))
        out["stretches"].append(one)
    out["frames"] = sum(one.get("video", {}).get("packets", 0) for one in out["stretches"])
    if is_decoded and not any(segment.key and segment.key["METHOD"] != "AES-128" for segment in playlist.segments):
        out["decodable"] = sum(decodable(data) for files in stretches(playlist) for data in files)
    out["audio_seconds"] = round(sum(one.get("audio", {}).get("seconds", 0.0) for one in out["stretches"]), 3)
    return out


def measure(folder, url, is_decoded=False):
    """The manifest of a presentation: what a player has to show, whichever variant it takes."""
    path = os.path.join(folder, url)
    if not is_multivariant(path):
        one = measure_media(path, is_decoded)
        return dict(one, variants=1, renditions=[])
    variants, media, i_frames = references(path)
    measured = [measure_media(p, is_decoded) for _, p in variants]
    best = max(measured, key=lambda one: one["frames"])
    out = dict(best, variants=len(variants), frames_of_variants=[one["frames"] for one in measured], i_frames=len(i_frames))
    out["renditions"] = [dict(type=a.get("TYPE"), language=a.get("LANGUAGE"), name=a.get("NAME"), uri=a.get("URI"),
                              **(dict(audio_seconds=measure_media(p)["audio_seconds"]) if p and a.get("TYPE") == "AUDIO" else {})) for a, p in media]
    apart = [one["audio_seconds"] for one in out["renditions"] if "audio_seconds" in one]
    out["audio_seconds"] = max([out["audio_seconds"]] + apart)
    return out
