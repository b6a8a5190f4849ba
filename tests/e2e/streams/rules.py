# One stream for each rule that packagers seldom use: FFmpeg's segments under playlists written by hand. Facts: start (the
# first picture's time), fetched and not_fetched (parts of paths), in_order (parts of paths, as they are requested first),
# refused, told (an error that does not end playback), query (behind the URL).
import base64
import os

import carriers
from catalogue import BEEPS, FMP4, stream
from packagers import hls


def low_and_high(m, folder, options=""):
    """Two qualities in folders of their own."""
    for name, size in (("low", "320x180"), ("high", "426x240")):
        os.mkdir(os.path.join(folder, name))
        hls(os.path.join(folder, name), [m.sources.video(size=size), m.sources.audio()], options)


LOW = 'BANDWIDTH=300000,RESOLUTION=320x180,CODECS="avc1.42c00c,mp4a.40.2"'
HIGH = 'BANDWIDTH=600000,RESOLUTION=426x240,CODECS="avc1.42c015,mp4a.40.2"'


def write(folder, *lines, name="master.m3u8"):
    with open(os.path.join(folder, name), "w", encoding="utf-8") as out:
        out.write("\n".join(("#EXTM3U", "#EXT-X-VERSION:13") + lines) + "\n")


def edit(folder, change, name="list.m3u8"):
    """change(text) of a playlist."""
    path = os.path.join(folder, name)
    with open(path, encoding="utf-8") as data:
        text = data.read()
    with open(path, "w", encoding="utf-8", newline="") as out:
        out.write(change(text))


def av(m, folder, *options):
    hls(folder, [m.sources.video(), m.sources.audio()], *options)


def head(line):
    return lambda text: text.replace("#EXTM3U\n", "#EXTM3U\n%s\n" % line, 1)


# ---- playlists ----

@stream("rules", tones=None)
def rule_line_ends(m, folder):
    """CR LF, blank lines, comments, tags and attributes that nobody knows (4.1, 6.3.1)."""
    av(m, folder)
    edit(folder, lambda t: head("# a comment\n\n#EXT-X-COM-EXAMPLE:YES\n#EXT-X-START:COM-EXAMPLE=1,TIME-OFFSET=0")(t).replace("\n", "\r\n"))


@stream("rules", tones=None)
def rule_byte_order_mark(m, folder):
    av(m, folder)
    found = m.measure(folder, "list.m3u8")
    edit(folder, lambda t: "\ufeff" + t)
    return found


@stream("rules", tones=None, url="a/b/master.m3u8")
def rule_relative(m, folder):
    """URIs with dots, from the root, with escapes and with spaces (4.1)."""
    os.makedirs(os.path.join(folder, "a/b"))
    os.mkdir(os.path.join(folder, "media files"))
    hls(os.path.join(folder, "media files"), [m.sources.video(), m.sources.audio()])
    found = m.measure(os.path.join(folder, "media files"), "list.m3u8")
    write(os.path.join(folder, "a/b"), "#EXT-X-STREAM-INF:" + LOW, "./../../media%20files/list.m3u8")
    edit(os.path.join(folder, "media files"), lambda t: t.replace("list1.ts", "../media files/./list1.ts").replace("list2.ts", "/rule_relative/media%20files/list2.ts"))
    return found


@stream("rules", tones=None, refused="E_PLAYLIST")
def rule_both_kinds(m, folder):
    """A variant beside segments (4.1)."""
    av(m, folder)
    edit(folder, lambda t: t.replace("#EXT-X-ENDLIST", "#EXT-X-STREAM-INF:BANDWIDTH=1\nlist.m3u8\n#EXT-X-ENDLIST"))


@stream("rules", tones=None, url="master.m3u8", fetched=["v1/list0.ts"])
def rule_define(m, folder):
    """EXT-X-DEFINE: NAME in both playlists, IMPORT (4.4.2.3)."""
    os.mkdir(os.path.join(folder, "v1"))
    hls(os.path.join(folder, "v1"), [m.sources.video(), m.sources.audio()])
    found = m.measure(os.path.join(folder, "v1"), "list.m3u8")
    write(folder, '#EXT-X-DEFINE:NAME="folder",VALUE="v1"', '#EXT-X-DEFINE:NAME="kind",VALUE="ts"', '#EXT-X-STREAM-INF:BANDWIDTH=300000', "{$folder}/list.m3u8")
    edit(os.path.join(folder, "v1"), lambda t: head('#EXT-X-DEFINE:IMPORT="kind"\n#EXT-X-DEFINE:NAME="stem",VALUE="list"')(t).replace("list0.ts", "{$stem}0.{$kind}").replace("list1.ts", "{$stem}1.{$kind}"))
    return found


@stream("rules", tones=None, query="?part=list&x=1", fetched=["list0.ts"])
def rule_define_query(m, folder):
    """EXT-X-DEFINE with QUERYPARAM (4.4.2.3)."""
    av(m, folder)
    found = m.measure(folder, "list.m3u8")
    edit(folder, lambda t: head('#EXT-X-DEFINE:QUERYPARAM="part"')(t).replace("list0.ts", "{$part}0.ts"))
    return found


@stream("rules", tones=None, refused="E_PLAYLIST")
def rule_undefined(m, folder):
    """A reference to a variable that nobody defined (6.3.1)."""
    av(m, folder)
    found = m.measure(folder, "list.m3u8")
    edit(folder, lambda t: t.replace("list1.ts", "{$none}1.ts"))
    return found


@stream("rules", tones=None, start=2.52)
def rule_start_precise(m, folder):
    """EXT-X-START from the beginning, PRECISE=YES (4.4.2.2)."""
    av(m, folder)
    edit(folder, head("#EXT-X-START:TIME-OFFSET=2.52,PRECISE=YES"))


@stream("rules", tones=None, start=2.0)
def rule_start_segment(m, folder):
    """EXT-X-START without PRECISE: the segment from its beginning."""
    av(m, folder)
    edit(folder, head("#EXT-X-START:TIME-OFFSET=2.52"))


@stream("rules", tones=None, start=4.0)
def rule_start_end(m, folder):
    """EXT-X-START from the end."""
    av(m, folder)
    edit(folder, head("#EXT-X-START:TIME-OFFSET=-2,PRECISE=YES"))


@stream("rules", tones=None, url="master.m3u8", start=2.52)
def rule_start_multivariant(m, folder):
    """EXT-X-START in the multivariant playlist goes before that of the media playlist."""
    low_and_high(m, folder)
    write(folder, "#EXT-X-START:TIME-OFFSET=2.52,PRECISE=YES", "#EXT-X-STREAM-INF:" + LOW, "low/list.m3u8", "#EXT-X-STREAM-INF:" + HIGH, "high/list.m3u8")
    for name in ("low", "high"):
        edit(os.path.join(folder, name), head("#EXT-X-START:TIME-OFFSET=4.0,PRECISE=YES"))


@stream("rules", tones=None)
def rule_bitrate(m, folder):
    av(m, folder)
    edit(folder, head("#EXT-X-BITRATE:800"))


# ---- keys ----

def aes(m, folder):
    av(m, folder)
    carriers.encrypt(folder, "list.m3u8")


FOREIGN = '#EXT-X-KEY:METHOD=AES-128,URI="skd://key",KEYFORMAT="com.apple.streamingkeydelivery",KEYFORMATVERSIONS="1"'


@stream("rules", pictures="h264", tones=BEEPS)
def rule_key_formats(m, folder):
    """Keys of two formats for the same segments: the one that is known is taken (4.4.4.4)."""
    aes(m, folder)
    edit(folder, lambda t: t.replace("#EXT-X-KEY", FOREIGN + "\n#EXT-X-KEY", 1))


@stream("rules", tones=None, refused="E_UNSUPPORTED", not_fetched=["list0.ts"])
def rule_key_format_unknown(m, folder):
    """No key of a format that is known (6.3.6)."""
    aes(m, folder)
    found = m.measure(folder, "list.m3u8")
    edit(folder, lambda t: "\n".join(FOREIGN if line.startswith("#EXT-X-KEY") else line for line in t.split("\n")))
    return found


@stream("rules", tones=None, refused="E_UNSUPPORTED", not_fetched=["list0.ts"])
def rule_key_method_unknown(m, folder):
    """A METHOD that nobody knows (6.3.6)."""
    aes(m, folder)
    edit(folder, lambda t: t.replace("METHOD=AES-128", "METHOD=AES-512"))


@stream("rules", tones=None, url="master.m3u8", in_order=["session.bin", "list0.ts"], pictures="h264")
def rule_session_key(m, folder):
    """EXT-X-SESSION-KEY: fetched once, ahead of the segments (4.4.6.5)."""
    aes(m, folder)
    os.rename(os.path.join(folder, "key.bin"), os.path.join(folder, "session.bin"))
    edit(folder, lambda t: t.replace("key.bin", "session.bin"))
    write(folder, '#EXT-X-SESSION-KEY:METHOD=AES-128,URI="session.bin"', "#EXT-X-STREAM-INF:" + LOW, "list.m3u8")


@stream("rules", tones=None, refused="E_NOT_FOUND")
def rule_key_missing(m, folder):
    aes(m, folder)
    found = m.measure(folder, "list.m3u8")
    os.remove(os.path.join(folder, "key.bin"))
    return found


@stream("rules", tones=None, refused="E_MEDIA")
def rule_key_short(m, folder):
    """A key file that has not 16 bytes (5.1)."""
    aes(m, folder)
    found = m.measure(folder, "list.m3u8")
    with open(os.path.join(folder, "key.bin"), "wb") as out:
        out.write(b"short")
    return found


@stream("viewer", pictures="h264", asked_key="%032x" % int.from_bytes(bytes((37 + i * 11) & 255 for i in range(16)), "big"), not_fetched=["key.bin"])
def rule_key_asked(m, folder):
    """The application supplies the key (aizu_config.ask_keys): nothing is fetched."""
    aes(m, folder)
    found = m.measure(folder, "list.m3u8")
    os.remove(os.path.join(folder, "key.bin"))
    return found


@stream("viewer", tones=None, asked_key="-", viewer_error="E_")
def rule_key_refused(m, folder):
    """The application refuses the key."""
    aes(m, folder)


# ---- variants ----

@stream("rules", tones=None, url="master.m3u8", fetched=["low/list0.ts"], not_fetched=["high/"])
def rule_score(m, folder):
    """The variant with the highest SCORE, though it has the lower bandwidth (6.3.1)."""
    low_and_high(m, folder)
    write(folder, "#EXT-X-STREAM-INF:SCORE=2.0," + LOW, "low/list.m3u8", "#EXT-X-STREAM-INF:SCORE=1.0," + HIGH, "high/list.m3u8")


@stream("rules", tones=None, url="master.m3u8", not_fetched=["high/"])
def rule_required_attribute(m, folder):
    """A variant with an unknown REQ- attribute is ignored with its URI (6.3.1)."""
    low_and_high(m, folder)
    write(folder, '#EXT-X-STREAM-INF:REQ-COM-EXAMPLE="X",' + HIGH, "high/list.m3u8", "#EXT-X-STREAM-INF:" + LOW, "low/list.m3u8")


@stream("rules", tones=None, url="master.m3u8", not_fetched=["high/"])
def rule_video_layout(m, folder):
    """REQ-VIDEO-LAYOUT that needs more than a flat picture (4.4.6.2)."""
    low_and_high(m, folder)
    write(folder, '#EXT-X-STREAM-INF:REQ-VIDEO-LAYOUT="CH-STEREO/PROJ-EQUI",' + HIGH, "high/list.m3u8", '#EXT-X-STREAM-INF:REQ-VIDEO-LAYOUT="CH-MONO/PROJ-RECT",' + LOW, "low/list.m3u8")


@stream("rules", tones=None, url="master.m3u8", not_fetched=["high/"])
def rule_video_range(m, folder):
    """VIDEO-RANGE that nobody knows (4.4.6.2)."""
    low_and_high(m, folder)
    write(folder, "#EXT-X-STREAM-INF:VIDEO-RANGE=XYZ," + HIGH, "high/list.m3u8", "#EXT-X-STREAM-INF:VIDEO-RANGE=SDR," + LOW, "low/list.m3u8")


@stream("rules", tones=None, url="master.m3u8", not_fetched=["high/"])
def rule_hdcp(m, folder):
    """HDCP-LEVEL: no output of this player is protected (4.4.6.2)."""
    low_and_high(m, folder)
    write(folder, "#EXT-X-STREAM-INF:HDCP-LEVEL=TYPE-1," + HIGH, "high/list.m3u8", "#EXT-X-STREAM-INF:HDCP-LEVEL=NONE," + LOW, "low/list.m3u8")


@stream("rules", tones=None, url="master.m3u8", not_fetched=["high/"])
def rule_allowed_cpc(m, folder):
    """ALLOWED-CPC for "identity" names a class of devices that this one is not (4.4.6.2)."""
    low_and_high(m, folder)
    write(folder, '#EXT-X-STREAM-INF:ALLOWED-CPC="identity:HW",' + HIGH, "high/list.m3u8", "#EXT-X-STREAM-INF:" + LOW, "low/list.m3u8")


@stream("rules", tones=None, url="master.m3u8", not_fetched=["high/"])
def rule_codecs(m, folder):
    """CODECS of which one cannot be played."""
    low_and_high(m, folder)
    write(folder, '#EXT-X-STREAM-INF:BANDWIDTH=600000,CODECS="vvc1.1.L51.CQA.O1+3,mp4a.40.2"', "high/list.m3u8", "#EXT-X-STREAM-INF:" + LOW, "low/list.m3u8")


@stream("rules", url="master.m3u8", tones=BEEPS)
def rule_audio_inside(m, folder):
    """EXT-X-MEDIA of TYPE=AUDIO without URI: the sound is in the variant (4.4.6.2.1); CHANNELS that nobody knows."""
    av(m, folder)
    write(folder, '#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="a",NAME="inside",DEFAULT=YES,AUTOSELECT=YES,CHANNELS="2/-/COM-EXAMPLE"', '#EXT-X-STREAM-INF:AUDIO="a",' + LOW, "list.m3u8")


@stream("rules", url="master.m3u8", tones=[440] * 6, fetched=["ja/"], not_fetched=["en/"])
def rule_default(m, folder):
    """DEFAULT=YES goes before the order (4.4.6.1)."""
    renditions(m, folder)
    write(folder, *[media(language, language == "ja") for language in ("en", "ja")], '#EXT-X-STREAM-INF:AUDIO="a",' + LOW, "video/list.m3u8")


def renditions(m, folder):
    for name, path in (("video", m.sources.video()), ("en", m.sources.audio()), ("ja", m.sources.audio(tone=440))):
        os.mkdir(os.path.join(folder, name))
        hls(os.path.join(folder, name), [path], FMP4)


def media(language, is_default):
    return '#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="a",NAME="%s",LANGUAGE="%s",AUTOSELECT=YES,DEFAULT=%s,URI="%s/list.m3u8"' % (
        language, language, "YES" if is_default else "NO", language)


@stream("rules", tones=BEEPS)
def rule_lowest_track(m, folder):
    """Two tracks of sound in one segment: the lowest is played (6.3.3)."""
    hls(folder, [m.sources.video(), m.sources.audio(), m.sources.audio(tone=440)])


@stream("rules", tones=None, url="master.m3u8", fetched=["copy/"], told="E_NOT_FOUND")
def rule_redundant(m, folder):
    """A redundant variant takes over when the first one is not there."""
    os.mkdir(os.path.join(folder, "copy"))
    hls(os.path.join(folder, "copy"), [m.sources.video(), m.sources.audio()])
    found = m.measure(os.path.join(folder, "copy"), "list.m3u8")
    write(folder, "#EXT-X-STREAM-INF:" + LOW, "gone/list.m3u8", "#EXT-X-STREAM-INF:" + LOW, "copy/list.m3u8")
    return found


@stream("rules", tones=None, url="master.m3u8", data=["com.example.title", "A title"])
def rule_session_data(m, folder):
    av(m, folder)
    write(folder, '#EXT-X-SESSION-DATA:DATA-ID="com.example.title",VALUE="A title",LANGUAGE="en"', "#EXT-X-STREAM-INF:" + LOW, "list.m3u8")


@stream("rules", tones=None, gap=(2.0, 4.0))
def rule_gap(m, folder):
    """EXT-X-GAP: not loaded, playback jumps over it (4.4.4.7)."""
    av(m, folder)
    os.remove(os.path.join(folder, "list1.ts"))
    edit(folder, lambda t: t.replace("list1.ts", "#EXT-X-GAP\nlist1.ts"))


@stream("rules", tones=None, url="master.m3u8", fetched=["high/list1.ts"], not_fetched=["low/list1.ts"])
def rule_gap_elsewhere(m, folder):
    """A gap that another variant does not have is played from there (6.3.3)."""
    low_and_high(m, folder)
    edit(os.path.join(folder, "low"), lambda t: t.replace("list1.ts", "#EXT-X-GAP\nlist1.ts"))
    write(folder, "#EXT-X-STREAM-INF:SCORE=2," + LOW, "low/list.m3u8", "#EXT-X-STREAM-INF:SCORE=1," + HIGH, "high/list.m3u8")


# ---- content steering ----

def pathways(m, folder, server):
    """Three pathways; nothing is there of the first one, so that the manifest has time to choose between the others."""
    lines = []
    for name in ("b", "c"):
        os.mkdir(os.path.join(folder, name))
        hls(os.path.join(folder, name), [m.sources.video(), m.sources.audio()])
    for name in ("a", "b", "c"):
        lines += ['#EXT-X-STREAM-INF:PATHWAY-ID="%s",STABLE-VARIANT-ID="v",%s' % (name.upper(), LOW), name + "/list.m3u8"]
    found = m.measure(os.path.join(folder, "b"), "list.m3u8")
    write(folder, '#EXT-X-CONTENT-STEERING:SERVER-URI="%s",PATHWAY-ID="A"' % server, *lines)
    return found


def manifest(folder, text):
    with open(os.path.join(folder, "steering.json"), "w") as out:
        out.write(text)


@stream("rules", tones=None, url="master.m3u8", fetched=["c/list2.ts", "steering.json?_HLS_pathway="], not_fetched=["b/list2.ts"], told="E_NOT_FOUND")
def rule_steering(m, folder):
    """The manifest says where to go on (7.2, 7.4, 7.5)."""
    manifest(folder, '{"VERSION":1,"TTL":300,"PATHWAY-PRIORITY":["A","C","B"]}')
    return pathways(m, folder, "steering.json")


@stream("rules", tones=None, url="master.m3u8", fetched=["c/list.m3u8?clone=yes"], told="E_NOT_FOUND")
def rule_steering_clone(m, folder):
    """A pathway clone with query parameters (7.3)."""
    manifest(folder, '{"VERSION":1,"TTL":300,"PATHWAY-PRIORITY":["A","D","B"],'
             '"PATHWAY-CLONES":[{"BASE-ID":"C","ID":"D","URI-REPLACEMENT":{"PARAMS":{"clone":"yes"}}}]}')
    return pathways(m, folder, "steering.json")


@stream("rules", tones=None, url="master.m3u8", fetched=["c/list2.ts"], not_fetched=["b/list2.ts"], told="E_NOT_FOUND")
def rule_steering_inline(m, folder):
    """The manifest in a data: URI (4.4.6.6)."""
    text = '{"VERSION":1,"TTL":300,"PATHWAY-PRIORITY":["A","C","B"]}'
    return pathways(m, folder, "data:application/json;base64," + base64.b64encode(text.encode()).decode())


@stream("rules", tones=None, url="master.m3u8", fetched=["b/list2.ts"], not_fetched=["a/"])
def rule_steering_pathway(m, folder):
    """Until there is a manifest the PATHWAY-ID of the tag counts (4.4.6.6)."""
    found = pathways(m, folder, "none.json")
    edit(folder, lambda t: t.replace('json",PATHWAY-ID="A"', 'json",PATHWAY-ID="B"'), "master.m3u8")
    return found
