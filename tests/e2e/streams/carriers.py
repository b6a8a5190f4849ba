# What packagers leave undone is done to their files here: encryption in the ways they lack, lists joined, cues of each
# carrier written in. Times are seconds of presentation.
import datetime
import os
import struct
import subprocess

from packagers import key_file
from playlists import MediaPlaylist

EVENTS = [dict(kind="emsg", time=t, text="event %d" % n) for n, t in enumerate((0.52, 2.0, 3.48, 5.04))]
TAGS = [dict(kind="id3", time=t, text="tag %d" % n) for n, t in enumerate((0.512, 1.536, 3.072, 5.12))]
DATE_RANGES = [dict(kind="daterange", time=t, phase=phase, name=name) for name, t, phase in (
    ("moment", 0.5, "start"), ("range", 1.0, "start"), ("a", 1.5, "start"), ("range", 3.0, "end"), ("a", 4.0, "end"), ("b", 4.0, "start"))]


# ---- playlists ----

def join(folder, name, lists):
    """Media playlists behind each other in one, each a discontinuity."""
    lines, target = [], 1
    for number, path in enumerate(lists):
        one = MediaPlaylist(os.path.join(folder, path))
        target = max([target] + [round(s.duration) for s in one.segments])
        prefix = os.path.dirname(path) + "/"
        if number:
            lines.append("#EXT-X-DISCONTINUITY")
        init = None
        for segment in one.segments:
            if segment.map and segment.map["URI"] != init:
                init = segment.map["URI"]
                lines.append('#EXT-X-MAP:URI="%s%s"' % (prefix, init))
            lines += ["#EXTINF:%.6f," % segment.duration, prefix + segment.uri]
    with open(os.path.join(folder, name), "w") as out:
        out.write("\n".join(["#EXTM3U", "#EXT-X-VERSION:7", "#EXT-X-TARGETDURATION:%d" % target, "#EXT-X-PLAYLIST-TYPE:VOD"] + lines + ["#EXT-X-ENDLIST", ""]))


def move_tables_into_map(folder, name):
    """PAT and PMT out of the segments and into one file that EXT-X-MAP names."""
    playlist, tables = MediaPlaylist(os.path.join(folder, name)), b""
    for segment in playlist.segments:
        with open(playlist.file(segment.uri), "rb") as data:
            packets = [data for data in iter(lambda: data.read(188), b"")]
        is_table = [((p[1] & 31) << 8 | p[2]) in (0, 17, 4096) for p in packets]
        tables = tables or b"".join(p for p, table in zip(packets[:4], is_table) if table)
        with open(playlist.file(segment.uri), "wb") as out:
            out.write(b"".join(p for p, table in zip(packets, is_table) if not table))
    with open(os.path.join(folder, "tables.ts"), "wb") as out:
        out.write(tables)
    playlist.segments[0].tags.insert(0, '#EXT-X-MAP:URI="tables.ts"')
    playlist.write(["#EXT-X-VERSION:6" if line.startswith("#EXT-X-VERSION") else line for line in playlist.head])


# ---- AES-128 ----

def cbc(data, key, iv):
    return subprocess.run(["openssl", "enc", "-aes-128-cbc", "-K", key, "-iv", iv], input=data, stdout=subprocess.PIPE, check=True).stdout


def encrypt(folder, name, rotate=False, with_map=False, single_file=False):
    """AES-128 for each segment. rotate: another key each, IV given or not, the third in the clear."""
    playlist, whole, init = MediaPlaylist(os.path.join(folder, name)), b"", None
    for index, segment in enumerate(playlist.segments):
        key_name = "key%d.bin" % index if rotate else "key.bin"
        key = key_file(folder, key_name, index + 1 if rotate else 1)
        iv = "%032x" % (0x0A0B0C0D << 64 | index) if (rotate and index % 2) or with_map else None
        tags = [t for t in segment.tags if not t.startswith("#EXT-X-MAP")]
        maps = [t for t in segment.tags if t.startswith("#EXT-X-MAP")]
        with open(playlist.file(segment.uri), "rb") as data:
            clear = data.read()
        is_clear = rotate and index == 1
        line = "#EXT-X-KEY:METHOD=NONE" if is_clear else '#EXT-X-KEY:METHOD=AES-128,URI="%s"' % key_name + (",IV=0x" + iv if iv else "")
        if with_map and maps and init is None:
            init = os.path.join(folder, segment.map["URI"])
            with open(init, "rb") as data:
                head = data.read()
            with open(init, "wb") as out:
                out.write(cbc(head, key, iv))
        data = clear if is_clear else cbc(clear, key, iv or "%032x" % segment.number)
        if single_file:
            tags.append("#EXT-X-BYTERANGE:%d@%d" % (len(data), len(whole)))
            whole += data
            os.remove(playlist.file(segment.uri))
            segment.uri = "all.ts"
        else:
            with open(playlist.file(segment.uri), "wb") as out:
                out.write(data)
        segment.tags = [line] + maps + tags if rotate or with_map or index == 0 else maps + tags
    if single_file:
        with open(os.path.join(folder, "all.ts"), "wb") as out:
            out.write(whole)
    playlist.write(["#EXT-X-VERSION:%d" % (7 if with_map else 5) if line.startswith("#EXT-X-VERSION") else line for line in playlist.head])


# ---- cues ----

def add_date_ranges(folder, name):
    playlist = MediaPlaylist(os.path.join(folder, name))
    date = next(t for t in playlist.segments[0].tags if t.startswith("#EXT-X-PROGRAM-DATE-TIME:")).split(":", 1)[1]
    begin = datetime.datetime.strptime(date, "%Y-%m-%dT%H:%M:%S.%f%z")

    def at(seconds):
        return (begin + datetime.timedelta(seconds=seconds)).isoformat(timespec="milliseconds")

    playlist.segments[0].tags[0:0] = [
        '#EXT-X-DATERANGE:ID="moment",CLASS="com.example.moment",START-DATE="%s",DURATION=0,X-COM-EXAMPLE="once"' % at(0.5),
        '#EXT-X-DATERANGE:ID="range",CLASS="com.example.range",START-DATE="%s",PLANNED-DURATION=2.5' % at(1.0),
        '#EXT-X-DATERANGE:ID="a",CLASS="com.example.next",START-DATE="%s",END-ON-NEXT=YES' % at(1.5)]
    playlist.segments[1].tags[0:0] = [
        '#EXT-X-DATERANGE:ID="range",END-DATE="%s"' % at(3.0),
        '#EXT-X-DATERANGE:ID="b",CLASS="com.example.next",START-DATE="%s",SCTE35-OUT=0xFC30' % at(4.0)]
    playlist.write(["#EXT-X-VERSION:8" if line.startswith("#EXT-X-VERSION") else line for line in playlist.head])


def box(kind, payload):
    return struct.pack(">I4s", 8 + len(payload), kind) + payload


def emsg(version, ticks, number, text, scale=1000):
    strings = b"urn:example:event\0" + b"1\0"
    if version:
        return box(b"emsg", struct.pack(">IIQII", version << 24, scale, ticks, 0, number) + strings + text)
    return box(b"emsg", struct.pack(">I", 0) + strings + struct.pack(">IIII", scale, ticks, 0, number) + text)


def add_events(folder, name, version):
    """An emsg box before each segment's first moof: times from the beginning (1) or from the segment's (0)."""
    playlist, begin = MediaPlaylist(os.path.join(folder, name)), 0.0
    for segment in playlist.segments:
        path = playlist.file(segment.uri)
        with open(path, "rb") as data:
            media = data.read()
        events = b""
        for number, event in enumerate(EVENTS):
            if begin <= event["time"] < begin + segment.duration:
                ticks = round((event["time"] - (0 if version else begin)) * 1000)
                events += emsg(version, ticks, number, event["text"].encode())
        at = media.index(b"moof") - 4
        with open(path, "wb") as out:
            out.write(media[:at] + events + media[at:])
        begin += segment.duration


def sync_safe(value):
    return bytes((value >> shift) & 127 for shift in (21, 14, 7, 0))


def id3(text):
    frame = b"com.example\0" + text.encode()
    frame = b"PRIV" + sync_safe(len(frame)) + b"\0\0" + frame
    return b"ID3\4\0\0" + sync_safe(len(frame)) + frame


def add_tags(folder, name):
    """ID3 tags between ADTS frames of 1024 samples at 48 kHz."""
    playlist, frame_at = MediaPlaylist(os.path.join(folder, name)), 0
    wanted = {round(tag["time"] * 48000 / 1024): tag["text"] for tag in TAGS}
    for segment in playlist.segments:
        path = playlist.file(segment.uri)
        with open(path, "rb") as data:
            media = data.read()
        at = 10 + (media[6] << 21 | media[7] << 14 | media[8] << 7 | media[9])  # behind the timestamp
        parts = [media[:at]]
        while at < len(media):
            size = (media[at + 3] & 3) << 11 | media[at + 4] << 3 | media[at + 5] >> 5
            if frame_at in wanted:
                parts.append(id3(wanted[frame_at]))
            parts.append(media[at:at + size])
            at, frame_at = at + size, frame_at + 1
        with open(path, "wb") as out:
            out.write(b"".join(parts))


# A transport stream with nothing but timed ID3, for FFmpeg to multiplex. Its demuxer takes five bytes off each payload
# (for a header of metadata access units), so five go before.

def crc32_mpeg(data):
    crc = 0xFFFFFFFF
    for byte in data:
        crc ^= byte << 24
        for _ in range(8):
            crc = (crc << 1 ^ (0x04C11DB7 if crc & 0x80000000 else 0)) & 0xFFFFFFFF
    return struct.pack(">I", crc)


def ts_packet(pid, payload, counter, is_start=True):
    room = 184 - len(payload)
    field = b"" if room == 0 else b"\0" if room == 1 else bytes([room - 1, 0]) + b"\xff" * (room - 2)
    return bytes([0x47, (0x40 if is_start else 0) | pid >> 8, pid & 255, (0x30 if room else 0x10) | counter & 15]) + field + payload


def section(pid, table, body):
    data = bytes([table, 0xB0 | (len(body) + 9) >> 8, (len(body) + 9) & 255, 0, 1, 0xC1, 0, 0]) + body
    data += crc32_mpeg(data)
    return ts_packet(pid, b"\0" + data + b"\xff" * (183 - len(data)), 0)


def write_id3_stream(path, seconds):
    pointer = bytes([0x26, 13, 0xFF, 0xFF]) + b"ID3 " + b"\xff" + b"ID3 " + b"\0" + b"\x0f"
    out = section(0, 0, struct.pack(">HH", 1, 0xE100))
    out += section(0x100, 2, struct.pack(">HH", 0xE101, 0xF000) + bytes([0x15, 0xE1, 0x01, 0xF0, len(pointer)]) + pointer)
    for number, tag in enumerate(TAGS):
        ticks = round(tag["time"] * 90000)
        stamp = bytes([0x21 | (ticks >> 29) & 14, (ticks >> 22) & 255, 1 | (ticks >> 14) & 254, (ticks >> 7) & 255, 1 | (ticks << 1) & 254])
        payload = b"\0" * 5 + id3(tag["text"])
        pes = b"\0\0\1\xbd" + struct.pack(">H", len(payload) + 8) + bytes([0x84, 0x80, 5]) + stamp + payload
        out += ts_packet(0x101, pes, number)
    with open(path, "wb") as data:
        data.write(out)
