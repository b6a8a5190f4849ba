# Presentations out of the corpus of real files: playlists are laid out with the segments that the corpus has of them, under
# their upstream paths, cut to what is there. Reads MANIFEST.tsv; see the corpus' README.
import csv
import os
import posixpath
import re
import shutil

import expectations
from packagers import Unmade
from playlists import MediaPlaylist

SECONDS_MAX = 16  # of a presentation, so that all are played in reasonable time


def is_text(path):
    return path.endswith((".m3u8", ".m3u"))


def references_in(text):
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return [line for line in lines if not line.startswith("#")] + re.findall(r'URI="([^"]+)"', text)


class Corpus:
    def __init__(self, folder):
        self.folder, self.files = folder, {}
        with open(os.path.join(folder, "MANIFEST.tsv"), encoding="utf-8") as rows:
            for row in csv.DictReader(rows, delimiter="\t"):
                self.files.setdefault((row["upstream_repo"], row["upstream_path"]), row["path"])

    def text(self, key):
        with open(os.path.join(self.folder, self.files[key]), encoding="utf-8", errors="replace") as data:
            return data.read()

    def resolve(self, key, uri):
        if "://" in uri or uri.startswith("data:"):
            return None
        other = (key[0], posixpath.normpath(posixpath.join(posixpath.dirname(key[1]), uri.split("?")[0])))
        return other if other in self.files else None

    def presentations(self):
        """The playlists that something can be played of and that no other playlist names: [(name, key)]."""
        lists = [key for key, path in self.files.items() if path.startswith("playlists/") and is_text(key[1])]
        named, reachable = set(), {}
        for key in lists:
            found = [self.resolve(key, uri) for uri in references_in(self.text(key))]
            reachable[key] = [other for other in found if other]
            named.update(other for other in reachable[key] if is_text(other[1]) and other != key)

        def plays(key, depth=2):
            return any((plays(o, depth - 1) if depth else False) if is_text(o[1]) else re.search(r"\.(ts|m4s|mp4|aac|ac3|ec3|mp3|m4a)$", o[1])
                       for o in reachable.get(key, ()))

        out = []
        for key in sorted(lists):
            if plays(key) and (key not in named or key[1].endswith("manifest.m3u8") and key not in named):
                parts = [p for p in posixpath.dirname(key[1]).split("/") if p not in ("test", "assets", "libraries", "test_data", "src", "media", "testvectors", "fixtures")]
                name = "corpus_" + re.sub(r"[^a-z0-9]+", "_", "_".join(parts[-2:]).lower()).strip("_")
                taken = [n for n, _ in out]
                while name in taken:
                    name += "_" + re.sub(r"[^a-z0-9]+", "_", posixpath.basename(key[1]).rsplit(".", 1)[0].lower())
                out.append((name, key))
        return out

    def lay_out(self, key, folder, seconds_max):
        """Copies what the playlist leads to into a folder, cut to so many seconds; the playlist's path in it."""
        base = posixpath.dirname(key[1])
        waiting, seen = [key], {key}
        while waiting:
            one = waiting.pop()
            target = os.path.join(folder, "x/x/x", posixpath.relpath(one[1], base))
            os.makedirs(os.path.dirname(target), exist_ok=True)
            shutil.copy(os.path.join(self.folder, self.files[one]), target)
            if is_text(one[1]):
                for uri in references_in(self.text(one)):
                    other = self.resolve(one, uri)
                    if other and other not in seen:
                        seen.add(other)
                        waiting.append(other)
        path = posixpath.join("x/x/x", posixpath.relpath(key[1], base))
        if not trim(os.path.join(folder, path), set(), seconds_max):
            raise Unmade("the corpus has too little of it")
        return posixpath.normpath(path)


def trim(path, done, seconds_max):
    """Cuts a playlist to what lies beside it; False when nothing is left."""
    if path in done:
        return True
    done.add(path)
    with open(path, encoding="utf-8", errors="replace") as data:
        text = data.read().lstrip("\ufeff")
    if "#EXT-X-STREAM-INF" in text:
        return trim_multivariant(path, text, done, seconds_max)
    playlist = MediaPlaylist(path)
    there = [s.is_gap or "://" not in s.uri and os.path.exists(playlist.file(s.uri)) and
             (not s.map or os.path.exists(playlist.file(s.map["URI"]))) for s in playlist.segments]
    if True not in there or not any(t and not s.is_gap for t, s in zip(there, playlist.segments)):
        return False
    if all(there) and "#EXT-X-ENDLIST" in text and playlist.duration() <= seconds_max:
        return True
    begin = next(i for i, (t, s) in enumerate(zip(there, playlist.segments)) if t and not s.is_gap)
    end = next((i for i in range(begin, len(there)) if not there[i]), len(there))
    while end > begin + 1 and sum(s.duration for s in playlist.segments[begin:end]) > seconds_max:
        end -= 1
    kept = [t for s in playlist.segments[:begin] for t in s.tags if t.startswith(("#EXT-X-MAP", "#EXT-X-KEY"))]
    playlist.segments = playlist.segments[begin:end]
    playlist.segments[0].tags[0:0] = kept
    playlist.head = ["#EXT-X-MEDIA-SEQUENCE:%d" % (playlist.sequence + begin) if line.startswith("#EXT-X-MEDIA-SEQUENCE") else line for line in playlist.head]
    if not any(line.startswith("#EXT-X-MEDIA-SEQUENCE") for line in playlist.head) and begin:
        playlist.head.append("#EXT-X-MEDIA-SEQUENCE:%d" % begin)
    playlist.tail = ["#EXT-X-ENDLIST"]
    playlist.write()
    return True


def trim_multivariant(path, text, done, seconds_max):
    folder, out, pending, kept = os.path.dirname(path), [], None, 0
    for line in text.splitlines():
        if line.startswith("#EXT-X-STREAM-INF"):
            pending = line
            continue
        uri = re.search(r'URI="([^"]+)"', line) if line.startswith(("#EXT-X-MEDIA", "#EXT-X-I-FRAME")) else None
        target = uri.group(1) if uri else line.strip() if pending and line.strip() and not line.startswith("#") else None
        if target:
            local = os.path.normpath(os.path.join(folder, target.split("?")[0]))
            if "://" in target or not os.path.exists(local) or is_text(local) and not trim(local, done, seconds_max):
                pending = None if not uri else pending
                continue
        if pending and target and not uri:
            out.append(pending)
            pending = None
            kept += 1
        out.append(line)
    with open(path, "w", encoding="utf-8") as data:
        data.write("\n".join(out) + "\n")
    return kept > 0


def streams(folder):
    """Entries as those of the catalogue; [] without a corpus."""
    if not os.path.exists(os.path.join(folder, "MANIFEST.tsv")):
        return []
    corpus, out = Corpus(folder), []
    for name, key in corpus.presentations():
        entry = dict(group="corpus", name=name, upstream="%s: %s" % key, **expectations.OF.get(name, {}))

        def make(m, target, key=key, entry=entry):
            entry["url"] = corpus.lay_out(key, target, entry.get("seconds_max", SECONDS_MAX))

        out.append(dict(entry, make=make, entry=entry))
    return out
