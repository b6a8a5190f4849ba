# Plays the streams that make.py packaged with `aizu play`, from nginx and Caddy, and holds what was presented against
# their manifests: play.py AIZU FOLDER GROUP|NAME... [--mode headless|no-decode] [--jobs N] [--keep DIR]. Prints a line
# for each stream and what failed; exit status 1 when one failed, 77 when nothing could be played.
import argparse
import concurrent.futures
import glob
import json
import os
import shutil
import subprocess
import sys
import tempfile
import threading
import time

import servers
import sound

TOLERANCE = 0.0015  # of times in the log, which are rounded


class Play:
    """One run of the program: its log as a list of events."""

    def __init__(self, aizu, url, ca, mode, folder, seek=None, limit=60, words=()):
        log, self.mode = os.path.join(folder, "log"), mode
        if os.path.exists(log):
            os.remove(log)
        command = [aizu, "play", "--" + mode, "--log", log, "--log-frames", "--log-stats", "0"] + list(words)
        command += ["--ca-file", ca] if url.startswith("https") else []
        with open(os.path.join(folder, "err"), "w") as err:
            process = subprocess.Popen(command + [url], stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=err, text=True)
        timer = threading.Timer(limit, process.kill)
        timer.start()
        try:
            if seek is not None:
                self.seek_when_shown(process, log, seek)
            self.status = process.wait()
        finally:
            timer.cancel()
        process.stdin.close()
        self.events = []
        if os.path.exists(log):
            with open(log) as lines:
                self.events = [json.loads(line) for line in lines if line.strip().endswith("}")]
        with open(os.path.join(folder, "err")) as err:
            self.err = err.read().strip().replace("\n", " / ")[-300:]

    @staticmethod
    def seek_when_shown(process, log, seek):
        while process.poll() is None:
            if os.path.exists(log) and '"frame"' in open(log).read():
                process.stdin.write("seek %.3f\n" % seek)
                process.stdin.flush()
                return
            time.sleep(0.05)

    def of(self, kind):
        return [event for event in self.events if event["event"] == kind]

    def stats(self):
        return (self.of("stats") or [{}])[-1]


def errors(play):
    return ["error %s at %s%s" % (e["result"], e["stage"], ": " + e["detail"] if e["detail"] else "") for e in play.of("error")]


def rising(times):
    return all(a < b for a, b in zip(times, times[1:]))


def longest_gap(times):
    return max((b - a for a, b in zip(times, times[1:])), default=0)


def expected_span(manifest):
    """From the first to the last picture, where there is no discontinuity."""
    if len(manifest["stretches"]) != 1 or "video" not in manifest["stretches"][0]:
        return None
    video = manifest["stretches"][0]["video"]
    return video["last"] - video["first"]


def judge_whole(manifest, play, said):
    """Every picture once and in order, the end, no errors."""
    times = [event["pts"] for event in play.of("frame")]
    stats, start = play.stats(), manifest.get("start")
    frames = manifest["frames"] if play.mode == "no-decode" else manifest.get("decodable", manifest["frames"])
    if start is not None:
        frames -= round(start * 25)
    said.append("%d of %d" % (len(times), frames))
    wrong = [e for e in errors(play) if not manifest.get("told") or "error " + manifest["told"] not in e]
    if start is not None and (not times or abs(times[0] - start) > TOLERANCE):
        wrong.append("begins at %s, not %s" % (times[0] if times else None, start))
    if play.status != 0:
        wrong.append("exit status %d %s" % (play.status, play.err))
    if not rising(times):
        wrong.append("pictures out of order or twice")
    dropped = stats.get("frames_dropped", 0)
    if len(times) + dropped != frames:
        wrong.append("%d pictures and %d dropped, of %d" % (len(times), dropped, frames))
    if dropped:
        said.append("%d dropped" % dropped)
    if stats.get("frames_corrupt") and frames == manifest["frames"]:
        wrong.append("%d corrupt" % stats["frames_corrupt"])
    if stats.get("stalls"):
        wrong.append("%d stalls" % stats["stalls"])
    span = expected_span(manifest) if manifest.get("span", True) and start is None else None
    if span is not None and times and not dropped and abs(times[-1] - times[0] - span) > TOLERANCE:
        wrong.append("pictures over %.3f s, not %.3f" % (times[-1] - times[0], span))
    known = [event["duration"] for event in play.of("duration") if event["duration"] is not None]
    if not known or abs(known[-1] - manifest["duration"]) > 0.15 + 0.02 * manifest["segments"]:
        wrong.append("duration %s, not %.3f" % (known[-1] if known else None, manifest["duration"]))
    return wrong


def judge_requests(manifest, requested):
    paths, wrong = [line.split(manifest["name"], 1)[-1] for line in requested], []
    for part in manifest.get("fetched") or ():
        if not any(part in path for path in paths):
            wrong.append("%s was not fetched" % part)
    for part in manifest.get("not_fetched") or ():
        if any(part in path for path in paths):
            wrong.append("%s was fetched" % part)
    first = [next((i for i, path in enumerate(paths) if part in path), None) for part in manifest.get("in_order") or ()]
    if None in first or first != sorted(first):
        wrong.append("not fetched in this order: %s" % ", ".join(manifest["in_order"]))
    return wrong


def judge_refused(manifest, play, said):
    """What cannot be played is told, once and for good."""
    said.append("refused")
    fatal = [e["result"] for e in play.of("error") if e["fatal"]]
    return [] if play.status == 1 and fatal == [manifest["refused"]] and not play.of("frame") else [
        "not refused with %s: exit status %d, errors %s" % (manifest["refused"], play.status, errors(play))]


def judge_cues(manifest, play):
    wrong = []
    seen = [c for c in play.of("cue") if c["phase"] != "received"]
    for cue in manifest.get("cues") or ():
        fits = [c for c in seen if c["kind"] == cue["kind"] and c["phase"] == cue.get("phase", "start") and
                cue.get("text", c.get("text")) == c.get("text") and cue.get("name", c["name"]) in (c["name"], c["key"], c.get("text")) and
                c["pts"] is not None and abs(c["pts"] - cue["time"]) < 0.1]
        if len(fits) != 1:
            wrong.append("cue %s came %d times" % (cue, len(fits)))
        elif fits[0]["late"] or fits[0]["skipped"]:
            wrong.append("cue %s late or skipped" % cue)
    return wrong


def judge_seek(manifest, play, seek, said):
    """The first picture after the seek is the one that covers the place; the rest comes to the end."""
    wrong = errors(play)
    if play.status != 0:
        wrong.append("after the seek: exit status %d %s" % (play.status, play.err))
    places = [i for i, event in enumerate(play.events) if event["event"] == "seek"]
    if not places:
        return wrong + ["the seek did not end"]
    times = [event["pts"] for event in play.events[places[0]:] if event["event"] == "frame"]
    step = expected_span(manifest)
    step = step / (manifest["frames"] - 1) if step else 0.04
    if not times or not seek - step - TOLERANCE < times[0] <= seek + TOLERANCE:
        wrong.append("sought %.2f, shown %s" % (seek, times[0] if times else None))
    if not rising(times) or longest_gap(times) > 1.6 * step and not play.stats().get("frames_dropped"):
        wrong.append("after the seek: a gap of %.3f s or pictures out of order" % longest_gap(times))
    said.append("seek")
    return wrong


def judge_sound(manifest, requested):
    """Sound in a playlist of its own was fetched, all of it."""
    apart = [r for r in manifest.get("renditions") or () if r["type"] == "AUDIO" and r.get("uri")]
    if not apart or not manifest["audio_seconds"]:
        return []
    lists = [r["uri"] for r in apart if any(r["uri"] in path for path in requested)]
    return [] if len(lists) == 1 else ["%d of %d playlists of sound were fetched" % (len(lists), len(apart))]


def play_stream(options, hosts, manifest, index):
    """(line, failures) of one stream."""
    name, said, wrong = manifest["name"], [], []
    host = hosts[index % len(hosts)]
    with tempfile.TemporaryDirectory() as folder:
        started = time.time()
        tag = "/%d%d" % (index, int(started * 1000))
        url = host.url + tag + "/" + name + "/" + manifest["url"] + manifest.get("query", "")
        mode = options.mode
        play = Play(options.aizu, url, host.ca, mode, folder)
        if "refused" in manifest:
            wrong += judge_refused(manifest, play, said)
        else:
            wrong += judge_whole(manifest, play, said) + judge_cues(manifest, play)
            wrong += judge_sound(manifest, host.requests(tag))
        wrong += judge_requests(manifest, host.requests(tag))
        keep(options, folder, name)
        if manifest.get("seek") and not wrong:
            again = Play(options.aizu, url, host.ca, mode, folder, seek=manifest["seek"])
            wrong += judge_seek(manifest, again, manifest["seek"], said)
            keep(options, folder, name + ".seek")
    return "%-4s %-24s %-9s %s" % ("ok" if not wrong else "FAIL", name, host.name, ", ".join(said + wrong)), wrong


def view(options, host, manifest, tag, words, folder, limit=60):
    """Runs the viewer; its lines by kind, and what was wrong."""
    url = "%s/%s/%s/%s" % (host.url, tag, manifest["name"], manifest["url"] + manifest.get("query", ""))
    command = [options.viewer] + words + (["--ca", host.ca] if host.ca else []) + [url]
    environment = dict(os.environ, SDL_AUDIODRIVER="disk", SDL_DISKAUDIOFILE=os.path.join(folder, "pcm"))
    try:
        done = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, timeout=limit, env=environment)
    except subprocess.TimeoutExpired:
        return {}, ["no end after %d s" % limit]
    lines, wrong = {}, ["exit status %d" % done.returncode] if done.returncode else []
    for line in done.stdout.splitlines():
        kind, _, rest = line.partition(" ")
        lines.setdefault(kind, []).append(rest)
    return lines, wrong + ["error " + line for line in lines.get("error", [])]


def compare_pictures(manifest, lines, said):
    """Each picture is the one that FFmpeg decodes of the media before it was packaged."""
    reference, wrong = manifest["reference"], []
    seen = [line.split() for line in lines.get("picture", [])]
    span = expected_span(manifest)
    step = span / (len(reference) - 1) if span else manifest["duration"] / len(reference)
    # from 0 or, where sound comes first, a little later; a busy machine may leave one out
    places = [int(int(line[0]) / 1e9 / step + 0.25) for line in seen]
    other = [place for place, line in zip(places, seen) if place >= len(reference) or reference[place] != line[3]]
    said.append("%d of %d pictures exact" % (len(seen) - len(other), len(reference)))
    if other:
        wrong.append("%d pictures differ, the first is number %d" % (len(other), other[0]))
    if len(seen) < 0.7 * len(reference):
        wrong.append("%d of %d pictures" % (len(seen), len(reference)))
    return wrong


def judge_texts(manifest, lines, said):
    """A text each two seconds, from X.5 for a second (packagers.Sources.text)."""
    wrong, seen = [], [line.split(" ", 2) for line in lines.get("text", [])]
    for second in range(0, 6, 2):
        wanted = "%s %d" % (manifest["texts"], second)
        fits = [(int(pts) / 1e9, int(length) / 1e9) for pts, length, text in seen if text == wanted]
        if len(fits) != 1 or abs(fits[0][0] - second - 0.5) > 0.1 or abs(fits[0][1] - 1) > 0.01:
            wrong.append("text '%s': %s" % (wanted, fits))
    said.append("%d texts" % len(seen))
    return wrong


def judge_languages(options, host, manifest, index, folder, said):
    """Sound of each language, when it is asked for, and nothing fetched of the others; and from one to the next while it
    plays, without a gap."""
    wrong, tones = [], manifest["languages"]
    for language in tones:
        tag = "%d%d" % (index, int(time.time() * 1000))
        lines, failed = view(options, host, manifest, tag, ["--sound", "--audio", language], folder)
        wrong += failed + ["%s: %s" % (language, e) for e in sound.judge(os.path.join(folder, "pcm"), [tones[language]] * 6)]
        wrong += judge_sound(manifest, host.requests("/" + tag))
    first, last = list(tones)[0], list(tones)[-1]
    order = [r["language"] for r in manifest["renditions"] if r["type"] == "AUDIO"]
    lines, failed = view(options, host, manifest, "%d%d" % (index, int(time.time() * 1000)), ["--sound", "--audio", first, "--switch", "2.3", str(order.index(last))], folder)
    heard = sound.beeps(os.path.join(folder, "pcm"))
    count = next((i for i, (_, _, frequency) in enumerate(heard) if abs(frequency - tones[last]) < 60), len(heard))
    wrong += failed + ["switching: " + e for e in sound.judge(os.path.join(folder, "pcm"), [tones[first]] * count + [tones[last]] * (6 - count))]
    if not 3 <= count <= 5:
        wrong.append("switching: %d beeps of the first language" % count)
    said.append("%s, switched after beep %d" % (", ".join(tones), count))
    return wrong


def view_stream(options, hosts, manifest, index):
    """Pictures, sound and texts of one stream."""
    host, said = hosts[index % len(hosts)], []
    with tempfile.TemporaryDirectory() as folder:
        words = (["--sound"] if manifest.get("tones") else []) + (["--text", manifest["texts"]] if manifest.get("texts") else [])
        words += ["--text", "en"] if manifest.get("captions") else []
        words += ["--key", manifest["asked_key"]] if manifest.get("asked_key") else []
        words += ["--thumbnail", "3.3"] if manifest.get("thumbnail") else []
        words += ["--data", manifest["data"][0]] if manifest.get("data") else []
        lines, wrong = view(options, host, manifest, index, words, folder)
        if manifest.get("viewer_error"):
            said.append("refused")
            wrong = [] if any(manifest["viewer_error"] in e for e in lines.get("error", [])) and not lines.get("picture") else ["not refused: %s" % wrong]
        if manifest.get("data") and lines.get("data") != manifest["data"][1:]:
            wrong.append("session data %s" % lines.get("data"))
        if manifest.get("captions") and [line.split(" ", 2)[2] for line in lines.get("text", [])] != manifest["captions"]:
            wrong.append("captions %s" % lines.get("text"))
        if manifest.get("thumbnail"):
            seen = [line.split() for line in lines.get("thumbnail", [])]
            if manifest["thumbnail"] == "pending":
                said.append("thumbnail not done")
                if seen:
                    wrong.append("a thumbnail, though it is marked as pending")
            elif len(seen) != 1 or len(seen[0]) != 4 or seen[0][3] not in manifest["reference"][::25] or not 1.9 < int(seen[0][0]) / 1e9 < 3.31:
                wrong.append("thumbnails %s" % seen)
        if "reference" in manifest:
            wrong += compare_pictures(manifest, lines, said)
        if manifest.get("tones"):
            said.append("%d beeps" % len(manifest["tones"]))
            wrong += sound.judge(os.path.join(folder, "pcm"), manifest["tones"])
        if manifest.get("texts"):
            wrong += judge_texts(manifest, lines, said)
        if manifest.get("languages") and not wrong:
            wrong += judge_languages(options, host, manifest, index, folder, said)
    return "%-4s %-24s %-9s %s" % ("ok" if not wrong else "FAIL", manifest["name"], host.name, ", ".join(said + wrong)), wrong


def keep(options, folder, name):
    if options.keep:
        os.makedirs(options.keep, exist_ok=True)
        for part in ("log", "err"):
            shutil.copy(os.path.join(folder, part), os.path.join(options.keep, name + "." + part))


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("aizu")
    parser.add_argument("folder")
    parser.add_argument("names", nargs="*")
    parser.add_argument("--mode", default="headless")
    parser.add_argument("--jobs", type=int, default=14)
    parser.add_argument("--keep")
    parser.add_argument("--viewer", help="the program that prints what an application is given: compares pictures, sound and texts instead")
    options = parser.parse_intermixed_args()
    manifests, unmade = [], 0
    for path in sorted(glob.glob(os.path.join(options.folder, "*", "manifest.json"))):
        with open(path) as file:
            manifest = json.load(file)
        if options.names and manifest["name"] not in options.names and manifest["group"] not in options.names:
            continue
        if manifest["group"] == "viewer" and not options.viewer:
            continue
        if "unmade" in manifest:
            print("left out: %s: %s" % (manifest["name"], manifest["unmade"]))
            unmade += 1
        elif not options.viewer or any(manifest.get(fact) for fact in ("reference", "tones", "texts", "captions", "data", "viewer_error")):
            manifests.append(manifest)
    if not manifests:
        print("skipped: no streams")
        return 77
    with servers.Servers(options.folder) as hosts:
        if not hosts:
            print("skipped: no nginx")
            return 77
        play = view_stream if options.viewer else play_stream
        with concurrent.futures.ThreadPoolExecutor(options.jobs) as pool:
            failed = undone = 0
            results = pool.map(lambda pair: play(options, hosts, pair[1], pair[0]), enumerate(manifests))
            for manifest, (line, wrong) in zip(manifests, results):
                pending = manifest.get("pending", "")
                if pending and wrong:
                    line, wrong, undone = "%-4s %-24s not done: %s" % ("--", manifest["name"], pending), [], undone + 1
                elif pending and not options.viewer:
                    wrong = ["no longer pending"]
                    line = "FAIL " + line[5:] + ", though it is marked as pending"
                print(line, flush=True)
                failed += bool(wrong)
    print("%d of %d streams play%s%s" % (len(manifests) - failed - undone, len(manifests), ", %d not done" % undone if undone else "",
                                         ", %d left out" % unmade if unmade else ""))
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
