# Reads media playlists as far as the judge and the makers need it; knows nothing of aizu.
import os
import re
import urllib.parse


class Segment:
    def __init__(self):
        self.uri, self.duration, self.range = None, 0.0, None
        self.is_discontinuous, self.is_gap = False, False
        self.key, self.map, self.number = None, None, 0
        self.tags = []  # lines, in order


def attributes(text):
    return {name: value.strip('"') for name, value in re.findall(r'([A-Z0-9-]+)=("[^"]*"|[^,]*)', text)}


def byte_range(text, at):
    size, _, offset = text.partition("@")
    return (int(offset) if offset else at, int(size))


class MediaPlaylist:
    def __init__(self, path):
        self.path, self.folder = path, os.path.dirname(path)
        self.head, self.tail, self.segments = [], [], []
        self.sequence, self.is_i_frames = 0, False
        segment, key, init, ends = Segment(), None, None, {}
        with open(path, encoding="utf-8", errors="replace") as lines:
            for line in (line.strip() for line in lines):
                tag, _, value = line.partition(":")
                if not line:
                    continue
                if not line.startswith("#"):
                    segment.uri, segment.key, segment.map = line, key, init
                    segment.number = self.sequence + len(self.segments)
                    if segment.range is not None:
                        segment.range = byte_range(segment.range, ends.get(line, 0))
                        ends[line] = sum(segment.range)
                    self.segments.append(segment)
                    segment = Segment()
                    continue
                if tag == "#EXT-X-MEDIA-SEQUENCE":
                    self.sequence = int(value)
                elif tag == "#EXT-X-I-FRAMES-ONLY":
                    self.is_i_frames = True
                elif tag == "#EXTINF":
                    segment.duration = float(value.split(",")[0])
                elif tag == "#EXT-X-BYTERANGE":
                    segment.range = value
                elif tag == "#EXT-X-DISCONTINUITY":
                    segment.is_discontinuous = True
                elif tag == "#EXT-X-GAP":
                    segment.is_gap = True
                elif tag == "#EXT-X-KEY":
                    key = attributes(value)
                    key = None if key.get("METHOD") == "NONE" else key
                elif tag == "#EXT-X-MAP":
                    init = dict(attributes(value), key=key)
                if tag in ("#EXTM3U", "#EXT-X-VERSION", "#EXT-X-TARGETDURATION", "#EXT-X-MEDIA-SEQUENCE", "#EXT-X-PLAYLIST-TYPE",
                           "#EXT-X-ALLOW-CACHE", "#EXT-X-INDEPENDENT-SEGMENTS", "#EXT-X-I-FRAMES-ONLY", "#EXT-X-DISCONTINUITY-SEQUENCE"):
                    self.head.append(line)
                elif tag == "#EXT-X-ENDLIST":
                    self.tail.append(line)
                else:
                    segment.tags.append(line)

    def file(self, uri):
        return os.path.normpath(os.path.join(self.folder, urllib.parse.unquote(uri.split("?")[0])))

    def duration(self):
        return sum(segment.duration for segment in self.segments)

    def write(self, head=None):
        with open(self.path, "w", encoding="utf-8") as out:
            for line in (head or self.head) + [line for s in self.segments for line in s.tags + [s.uri]] + self.tail:
                out.write(line + "\n")


def references(path):
    """What a multivariant playlist lists: [(variant attributes, path)], [(media attributes, path or None)], [i-frame paths]."""
    variants, media, i_frames, pending = [], [], [], None
    folder = os.path.dirname(path)
    with open(path, encoding="utf-8", errors="replace") as lines:
        for line in (line.strip() for line in lines):
            if line.startswith("#EXT-X-STREAM-INF:"):
                pending = attributes(line.split(":", 1)[1])
            elif line.startswith("#EXT-X-MEDIA:"):
                one = attributes(line.split(":", 1)[1])
                media.append((one, os.path.join(folder, one["URI"]) if "URI" in one else None))
            elif line.startswith("#EXT-X-I-FRAME-STREAM-INF:"):
                i_frames.append(os.path.join(folder, attributes(line.split(":", 1)[1])["URI"]))
            elif line and not line.startswith("#") and pending is not None:
                variants.append((pending, os.path.join(folder, line)))
                pending = None
    return variants, media, i_frames


def is_multivariant(path):
    with open(path, encoding="utf-8", errors="replace") as text:
        return "#EXT-X-STREAM-INF" in text.read()
