# The streams: how each is packaged, and what of it cannot be measured from its files. Names are used in docs/hls.md.
import os

import carriers
from packagers import dash, ffmpeg, gst, hls, key_file

STREAMS = []
BEEPS = [880] * 6  # of packagers.Sources.audio()
TWO = dict(en=880, ja=440)


def stream(group, name=None, url="list.m3u8", **facts):
    """Registers a function (make, folder) as a stream. Facts: seek (s), cues, texts (a language), languages with their tones, tones: of
    its beeps; pictures: the videos of packagers.Sources that it shows, for an exact comparison; pending: what is not done, for
    a stream that has to fail until it is."""

    def take(function):
        STREAMS.append(dict(dict(tones=BEEPS, **facts) if "tones" not in facts else facts, group=group, name=name or function.__name__, url=url, make=function))
        return function

    return take


def plain(group, name, video, audio, *options, url="list.m3u8", **facts):
    """FFmpeg's HLS muxer with one video and one audio file; None: without."""

    def make(m, folder):
        inputs = [m.sources.video(**video)] if isinstance(video, dict) else [m.sources.video(video)] if video else []
        if audio:
            inputs.append(m.sources.audio(**audio) if isinstance(audio, dict) else m.sources.audio(audio))
        hls(folder, inputs, *options)

    STREAMS.append(dict(facts, group=group, name=name, url=url, make=make, tones=BEEPS if audio else None))


FMP4 = "-hls_segment_type fmp4 -hls_playlist_type vod"

# ---- ffmpeg_ts: FFmpeg's HLS muxer, transport streams ----

for kind, options in {
    "vod": "-hls_playlist_type vod", "event": "-hls_playlist_type event", "single_file": "-hls_flags single_file",
    "program_date_time": "-hls_flags program_date_time", "independent": "-hls_flags independent_segments",
    "start_number": "-start_number 4294967290", "discont_start": "-hls_flags discont_start",
    "round_durations": "-hls_flags round_durations", "allow_cache": "-hls_allow_cache 1", "base_url": "-hls_base_url ./",
}.items():
    plain("ffmpeg_ts", "ts_" + kind, "h264", "aac", options, **({"seek": 3.3, "pictures": "h264"} if kind in ("vod", "single_file") else {}))
for kind in ("ac3", "eac3", "mp3", "mp2", "opus"):
    plain("ffmpeg_ts", "ts_" + kind, "h264", kind)
plain("ffmpeg_ts", "ts_latm", "h264", "aac", "-hls_segment_options mpegts_flags=latm")
for kind in ("h264_b", "h264_10", "h265", "h265_10", "mpeg2"):
    plain("ffmpeg_ts", "ts_" + kind, kind, "aac", **({"pictures": kind} if kind in ("h264_b", "h265") else {}))
plain("ffmpeg_ts", "ts_60fps", dict(kind="h264", rate="60"), "aac")
plain("ffmpeg_ts", "ts_29_97fps", dict(kind="h264_b", rate="30000/1001"), "aac")
plain("ffmpeg_ts", "ts_surround", "h264", dict(kind="aac", channels=6))
plain("ffmpeg_ts", "ts_video_only", "h264", None)
plain("ffmpeg_ts", "ts_audio_only", None, "aac")


@stream("ffmpeg_ts", tones=BEEPS + [440] * 6 + BEEPS)
def ts_append(m, folder):
    """Three runs into one list, each a discontinuity with another size and codec, and times that begin anew."""
    hls(folder, [m.sources.video(), m.sources.audio()], "-hls_flags append_list+omit_endlist")
    hls(folder, [m.sources.video(size="426x240"), m.sources.audio(tone=440)], "-hls_flags append_list+omit_endlist")
    hls(folder, [m.sources.video("h265"), m.sources.audio("ac3")], "-hls_flags append_list")


@stream("ffmpeg_ts")
def ts_wrap(m, folder):
    """Timestamps that pass 2^33 in the middle."""
    hls(folder, [m.sources.video(), m.sources.audio()], "-output_ts_offset 95440.7")


@stream("ffmpeg_ts", seek=3.3, pictures="h264")
def ts_map(m, folder):
    """The tables of a transport stream in an EXT-X-MAP of their own, as RFC 8216bis 3.1.1 allows."""
    hls(folder, [m.sources.video(), m.sources.audio()], "-hls_playlist_type vod")
    carriers.move_tables_into_map(folder, "list.m3u8")


# ---- ffmpeg_fmp4 ----

for kind, options in {
    "vod": "", "single_file": "-hls_flags single_file", "program_date_time": "-hls_flags program_date_time",
    "init_name": "-hls_fmp4_init_filename head.mp4", "cmaf": "-hls_segment_options movflags=+cmaf",
    "negative_cts": "-hls_segment_options movflags=+negative_cts_offsets",
    "sidx": "-hls_segment_options movflags=+dash",
}.items():
    plain("ffmpeg_fmp4", "fmp4_" + kind, "h264_b", "aac", FMP4, options, pictures="h264_b", **({"seek": 3.3} if kind in ("vod", "single_file") else {}))
for kind in ("aac", "ac3", "eac3", "mp3", "opus", "flac", "alac"):
    plain("ffmpeg_fmp4", "fmp4_h264_" + kind, "h264", kind, FMP4, "-strict -2")
for kind in ("h264_10", "h265", "h265_10", "av1", "vp9"):
    plain("ffmpeg_fmp4", "fmp4_" + kind, kind, "aac", FMP4, "-strict -2", **({} if "_10" in kind else {"pictures": kind}))
plain("ffmpeg_fmp4", "fmp4_av1_opus", "av1", "opus", FMP4, "-strict -2")
# with B pictures this muxer gives two pictures one time
plain("ffmpeg_fmp4", "fmp4_every_frame", "h264", "aac", FMP4, "-hls_segment_options movflags=+frag_every_frame", pictures="h264")
plain("ffmpeg_fmp4", "fmp4_60fps", dict(kind="h264_b", rate="60"), "aac", FMP4)
plain("ffmpeg_fmp4", "fmp4_29_97fps", dict(kind="h264_b", rate="30000/1001"), "aac", FMP4)
plain("ffmpeg_fmp4", "fmp4_surround", "h264", dict(kind="aac", channels=6), FMP4)
plain("ffmpeg_fmp4", "fmp4_video_only", "h264", None, FMP4)
plain("ffmpeg_fmp4", "fmp4_audio_only", None, "aac", FMP4)


@stream("ffmpeg_fmp4", seek=9.3, tones=BEEPS + BEEPS)
def fmp4_append(m, folder):
    """Two recordings in one list behind each other: EXT-X-MAP changes in the middle, with codec, size and tracks."""
    one, two = os.path.join(folder, "one"), os.path.join(folder, "two")
    os.mkdir(one), os.mkdir(two)
    hls(one, [m.sources.video("h264_b"), m.sources.audio()], FMP4)
    hls(two, [m.sources.video("h265", size="426x240"), m.sources.audio("ac3")], FMP4)
    carriers.join(folder, "list.m3u8", ["one/list.m3u8", "two/list.m3u8"])


@stream("ffmpeg_fmp4", pictures="h264+h264+h264", tones=BEEPS * 3)
def mixed_containers(m, folder):
    """Transport stream, fMP4, transport stream with its tables in an EXT-X-MAP, since no tag takes a map back."""
    for name, options in (("one", ""), ("two", FMP4), ("three", "")):
        os.mkdir(os.path.join(folder, name))
        hls(os.path.join(folder, name), [m.sources.video(), m.sources.audio()], options)
    carriers.move_tables_into_map(os.path.join(folder, "three"), "list.m3u8")
    carriers.join(folder, "list.m3u8", ["one/list.m3u8", "two/list.m3u8", "three/list.m3u8"])


# ---- keys ----

def with_keys(m, folder, iv, *options):
    text = key_file(folder)
    with open(os.path.join(folder, "key.info"), "w") as out:
        out.write("key.bin\nkey.bin\n" + (iv + "\n" if iv else ""))
    hls(folder, [m.sources.video(), m.sources.audio()], "-hls_key_info_file key.info", *options)
    return text


@stream("keys", seek=3.3, pictures="h264")
def aes128(m, folder):
    """No IV in the playlist: the media sequence number is it."""
    with_keys(m, folder, None)


@stream("keys", seek=3.3, pictures="h264")
def aes128_iv(m, folder):
    with_keys(m, folder, "0102030405060708090a0b0c0d0e0f10")


@stream("keys", pictures="h264")
def aes128_number(m, folder):
    """A large media sequence number as IV."""
    with_keys(m, folder, None, "-start_number 4294967290")


@stream("keys", pictures="h264")
def aes128_enc(m, folder):
    """FFmpeg's own keys (-hls_enc)."""
    hls(folder, [m.sources.video(), m.sources.audio()], "-hls_enc 1 -hls_enc_key 00112233445566778899aabbccddeeff -hls_enc_key_url list.m3u8.key")
    if not os.path.exists(os.path.join(folder, "list.m3u8.key")):
        with open(os.path.join(folder, "list.m3u8.key"), "wb") as out:
            out.write(bytes.fromhex("00112233445566778899aabbccddeeff"))


@stream("keys", seek=3.3, pictures="h264")
def aes128_rotation(m, folder):
    """A key of its own for each segment, some with an IV and some without, one of METHOD NONE between."""
    hls(folder, [m.sources.video(), m.sources.audio()])
    carriers.encrypt(folder, "list.m3u8", rotate=True)


@stream("keys", pictures="h264")
def aes128_rekey(m, folder):
    """FFmpeg's periodic_rekey: the key file changes while it packages."""
    import threading
    import time
    state = {"stop": False}

    def change():
        seed = 1
        while not state["stop"]:
            key_file(folder, "key%d.bin" % seed, seed)
            with open(os.path.join(folder, "next.info"), "w") as out:
                out.write("key%d.bin\nkey%d.bin\n" % (seed, seed))
            os.replace(os.path.join(folder, "next.info"), os.path.join(folder, "key.info"))
            seed += 1
            time.sleep(0.9)

    thread = threading.Thread(target=change)
    thread.start()
    time.sleep(0.2)
    try:
        ffmpeg(folder, "-readrate 2", ["-i", m.sources.both()], "-c copy -f hls -hls_time 2 -hls_list_size 0 "
               "-hls_key_info_file key.info -hls_flags periodic_rekey list.m3u8")
    finally:
        state["stop"] = True
        thread.join()


@stream("keys", seek=3.3, pictures="h264_b")
def aes128_fmp4(m, folder):
    """fMP4 under AES-128: segments and their initialization section, with an explicit IV."""
    hls(folder, [m.sources.video("h264_b"), m.sources.audio()], FMP4)
    carriers.encrypt(folder, "list.m3u8", with_map=True)


@stream("keys", pictures="h264")
def aes128_single_file(m, folder):
    """Byte ranges of one file, each encrypted for itself."""
    hls(folder, [m.sources.video(), m.sources.audio()])
    carriers.encrypt(folder, "list.m3u8", single_file=True)


KEYS = ("--enable_raw_key_encryption --keys label=:key_id=000102030405060708090a0b0c0d0e0f:key=00112233445566778899aabbccddeeff "
        "--hls_key_uri key.bin")


def shaka_key(folder):
    with open(os.path.join(folder, "key.bin"), "wb") as out:
        out.write(bytes.fromhex("00112233445566778899aabbccddeeff"))


def shaka_av(m, video="h264", audio="aac", suffix="m4s", init=True, extra=""):
    def one(kind, path, short):
        head = ",init_segment=%s_init.mp4" % short if init else ""
        return "in=%s,stream=%s%s,segment_template=%s_$Number$.%s,playlist_name=%s.m3u8%s" % (path, kind, head, short, suffix, short, extra)

    words = [one("video", m.sources.video(video), "v") + ",iframe_playlist_name=iframe.m3u8"] if video else []
    if audio:
        words.append(one("audio", m.sources.audio(audio), "a") + ",hls_group_id=audio,hls_name=tone,language=en")
    return words


for name, scheme in (("cbcs", "cbcs"), ("cenc", "cenc")):
    for audio, video in (("aac", "h264"), ("ac3", "h265"), ("eac3", "av1"), (None, "vp9")):

        def make(m, folder, scheme=scheme, video=video, audio=audio):
            shaka_key(folder)
            m.shaka(folder, shaka_av(m, video, audio), KEYS, "--clear_lead 0 --protection_scheme " + scheme)

        STREAMS.append(dict(group="keys", name="shaka_%s_%s" % (scheme, video), url="master.m3u8", make=make, pictures=video, tones=BEEPS if audio else None, seek=3.3 if video == "h264" else None, thumbnail=video == "h264"))


@stream("keys", "shaka_cbcs_clear_lead", url="master.m3u8", pictures="h264")
def shaka_clear_lead(m, folder):
    """The first segments in the clear, the rest under cbcs."""
    shaka_key(folder)
    m.shaka(folder, shaka_av(m), KEYS, "--clear_lead 2 --protection_scheme cbcs")


@stream("keys", "shaka_sample_aes_ts", url="master.m3u8", seek=3.3, pictures="h264")
def shaka_sample_aes(m, folder):
    """SAMPLE-AES in transport streams: H.264 and AAC."""
    shaka_key(folder)
    m.shaka(folder, shaka_av(m, suffix="ts", init=False), KEYS, "--clear_lead 0 --protection_scheme cbcs")


@stream("keys", "shaka_sample_aes_packed", url="master.m3u8", pictures="h264")
def shaka_sample_aes_packed(m, folder):
    """SAMPLE-AES in transport streams with packed audio, AC-3."""
    shaka_key(folder)
    v = "in=%s,stream=video,segment_template=v_$Number$.ts,playlist_name=v.m3u8" % m.sources.video()
    a = "in=%s,stream=audio,segment_template=a_$Number$.ac3,playlist_name=a.m3u8,hls_group_id=audio,hls_name=tone" % m.sources.audio("ac3")
    m.shaka(folder, [v, a], KEYS, "--clear_lead 0 --protection_scheme cbcs")


# ---- renditions ----

@stream("renditions", url="master.m3u8", languages=TWO)
def ffmpeg_languages(m, folder):
    """Sound of two languages in playlists of their own, two qualities of picture; transport streams."""
    languages(m, folder, "")


@stream("renditions", url="master.m3u8", languages=TWO, seek=3.3)
def ffmpeg_languages_fmp4(m, folder):
    languages(m, folder, "-hls_segment_type fmp4 -hls_fmp4_init_filename init_%v.mp4")


def languages(m, folder, options):
    inputs = [m.sources.video(), m.sources.video(size="426x240"), m.sources.audio(), m.sources.audio(tone=440)]
    hls(folder, inputs, options, "-b:v:0 300k -b:v:1 600k -b:a 96k", "-master_pl_name master.m3u8 -hls_segment_filename seg_%v_%d." + ("m4s" if "fmp4" in options else "ts"),
        ["-var_stream_map", "v:0,agroup:sound v:1,agroup:sound a:0,agroup:sound,language:en,default:yes a:1,agroup:sound,language:ja"],
        name="list_%v.m3u8")


@stream("renditions", url="master.m3u8", texts="en")
def ffmpeg_subtitles(m, folder):
    """WebVTT segments in a rendition of their own, without X-TIMESTAMP-MAP: their times are those of the media (3.1.4)."""
    ffmpeg(folder, ["-i", m.sources.video(), "-i", m.sources.audio(), "-i", m.sources.text()],
           "-map 0:0 -map 1:0 -map 2:0 -c:v copy -c:a copy -c:s webvtt -muxdelay 0 -muxpreload 0 -f hls -hls_time 2 -hls_list_size 0 -master_pl_name master.m3u8",
           ["-var_stream_map", "v:0,a:0,s:0,sgroup:text,language:en"], "list_%v.m3u8")


@stream("renditions", url="master.m3u8")
def ffmpeg_qualities(m, folder):
    """Three muxed qualities."""
    inputs = [m.sources.video(size=s) for s in ("160x90", "320x180", "426x240")] + [m.sources.audio()] * 3
    hls(folder, inputs, "-b:v:0 100k -b:v:1 300k -b:v:2 600k -b:a 96k -master_pl_name master.m3u8",
        ["-var_stream_map", "v:0,a:0 v:1,a:1 v:2,a:2"], name="list_%v.m3u8")


@stream("renditions", url="master.m3u8", seek=3.3)
def ffmpeg_dash(m, folder):
    """FFmpeg's DASH muxer with HLS playlists: fMP4, sound and picture apart."""
    dash(folder, [m.sources.video("h264_b"), m.sources.audio()], "-adaptation_sets", ["id=0,streams=v id=1,streams=a"])


@stream("renditions", url="master.m3u8")
def ffmpeg_dash_single_file(m, folder):
    """The same in byte ranges of one file for each."""
    dash(folder, [m.sources.video("h264_b"), m.sources.audio()], "-single_file 1 -adaptation_sets", ["id=0,streams=v id=1,streams=a"])


@stream("renditions", url="master.m3u8")
def ffmpeg_dash_frames(m, folder):
    """Fragments of 200 ms within segments, with producer reference times."""
    dash(folder, [m.sources.video("h264_b"), m.sources.audio()], "-frag_type duration -frag_duration 0.2 -write_prft 1 -utc_timing_url x -adaptation_sets",
         ["id=0,streams=v id=1,streams=a"])


@stream("renditions", url="master.m3u8")
def ffmpeg_dash_h265(m, folder):
    dash(folder, [m.sources.video("h265"), m.sources.audio("flac")], "-strict -2 -dash_segment_type mp4 -adaptation_sets", ["id=0,streams=v id=1,streams=a"])


# ---- shaka: Shaka Packager ----

@stream("shaka", url="master.m3u8", seek=3.3, pictures="h264_b", thumbnail=True)
def shaka_fmp4(m, folder):
    """fMP4 with an I-frame playlist."""
    m.shaka(folder, shaka_av(m, "h264_b"))


@stream("shaka", url="master.m3u8", pictures="h264_b", thumbnail=True)
def shaka_ts(m, folder):
    m.shaka(folder, shaka_av(m, "h264_b", suffix="ts", init=False))


for kind, suffix in (("aac", "aac"), ("ac3", "ac3"), ("eac3", "ec3"), ("mp3", "mp3")):

    def make_packed(m, folder, kind=kind, suffix=suffix):
        v = "in=%s,stream=video,segment_template=v_$Number$.ts,playlist_name=v.m3u8" % m.sources.video()
        a = "in=%s,stream=audio,segment_template=a_$Number$.%s,playlist_name=a.m3u8,hls_group_id=audio,hls_name=tone,language=en" % (m.sources.audio(kind), suffix)
        m.shaka(folder, [v, a])

    STREAMS.append(dict(group="shaka", name="shaka_packed_" + kind, url="master.m3u8", make=make_packed, tones=BEEPS, seek=3.3 if kind == "aac" else None))


@stream("shaka", url="master.m3u8")
def shaka_packed_only(m, folder):
    """Packed audio alone."""
    a = "in=%s,stream=audio,segment_template=a_$Number$.aac,playlist_name=a.m3u8,hls_group_id=audio,hls_name=tone,language=en" % m.sources.audio()
    m.shaka(folder, [a])


for video, audio in (("h265", "eac3"), ("av1", "opus"), ("vp9", "flac"), ("h264_10", "ac3")):

    def make_codecs(m, folder, video=video, audio=audio):
        m.shaka(folder, shaka_av(m, video, audio))

    STREAMS.append(dict(group="shaka", name="shaka_%s_%s" % (video, audio), url="master.m3u8", make=make_codecs, tones=BEEPS))


@stream("shaka", url="master.m3u8", languages=dict(en=880, fr=660, ja=440), texts="en")
def shaka_languages(m, folder):
    """Three languages of sound, two of text in WebVTT segments, three qualities."""
    words = ["in=%s,stream=video,init_segment=v%d_init.mp4,segment_template=v%d_$Number$.m4s,playlist_name=v%d.m3u8" % (m.sources.video(size=size), i, i, i)
             for i, size in enumerate(("160x90", "320x180", "426x240"))]
    for i, language in enumerate(("en", "fr", "ja")):
        words.append("in=%s,stream=audio,init_segment=a%d_init.mp4,segment_template=a%d_$Number$.m4s,playlist_name=a%d.m3u8,language=%s,hls_group_id=sound,hls_name=%s"
                     % (m.sources.audio(tone=(880, 660, 440)[i]), i, i, i, language, language))
    for i, language in enumerate(("en", "ja")):
        words.append("in=%s,stream=text,segment_template=t%d_$Number$.vtt,playlist_name=t%d.m3u8,language=%s,hls_group_id=text,hls_name=%s"
                     % (m.sources.text(language), i, i, language, language))
    m.shaka(folder, words, "--default_language en --default_text_language en")


@stream("shaka", url="master.m3u8", texts="en")
def shaka_ttml(m, folder):
    """Subtitles as TTML in fMP4 (stpp)."""
    m.shaka(folder, shaka_av(m) + ["in=%s,stream=text,format=ttml+mp4,init_segment=t_init.mp4,segment_template=t_$Number$.m4s,playlist_name=t.m3u8,"
                                   "language=en,hls_group_id=text,hls_name=en" % m.sources.text()])


@stream("shaka", url="master.m3u8", texts="en")
def shaka_wvtt(m, folder):
    """Subtitles as WebVTT in fMP4 (wvtt)."""
    m.shaka(folder, shaka_av(m) + ["in=%s,stream=text,format=vtt+mp4,init_segment=t_init.mp4,segment_template=t_$Number$.m4s,playlist_name=t.m3u8,"
                                   "language=en,hls_group_id=text,hls_name=en" % m.sources.text()])


@stream("shaka", url="master.m3u8", seek=3.3, pictures="h264_b", thumbnail=True)
def shaka_single_file(m, folder):
    """On-demand files with byte ranges, their sidx between."""
    m.shaka(folder, ["in=%s,stream=video,output=v.mp4,playlist_name=v.m3u8,iframe_playlist_name=iframe.m3u8" % m.sources.video("h264_b"),
                     "in=%s,stream=audio,output=a.mp4,playlist_name=a.m3u8,hls_group_id=audio,hls_name=tone" % m.sources.audio()])


# ---- others: GStreamer, mp4box.js, mux.js ----

@stream("others", pictures="h264")
def gst_hlssink2(m, folder):
    """GStreamer's hlssink2: transport streams."""
    gst(folder, "hlssink2 name=sink max-files=0 playlist-length=0 target-duration=2 location=%s/s%%05d.ts playlist-location=%s/list.m3u8 "
        "filesrc location=%s ! qtdemux name=d d.video_0 ! queue ! h264parse ! sink.video d.audio_0 ! queue ! aacparse ! sink.audio" % (folder, folder, m.sources.both()))


@stream("others", tones=None)
def gst_hlssink2_video(m, folder):
    gst(folder, "hlssink2 name=sink max-files=0 playlist-length=0 target-duration=2 location=%s/s%%05d.ts playlist-location=%s/list.m3u8 "
        "filesrc location=%s ! qtdemux ! h264parse ! sink.video" % (folder, folder, m.sources.video()))


@stream("others", pictures="h264")
def gst_hlssink(m, folder):
    """The older hlssink behind a muxer."""
    gst(folder, "mpegtsmux name=mux ! hlssink max-files=0 playlist-length=0 target-duration=2 location=%s/s%%05d.ts playlist-location=%s/list.m3u8 "
        "filesrc location=%s ! qtdemux name=d d.video_0 ! queue ! h264parse ! mux. d.audio_0 ! queue ! aacparse ! mux." % (folder, folder, m.sources.both()))


@stream("others", seek=3.3, pictures="h264_b")
def mp4box_js(m, folder):
    """mp4box.js cuts fMP4 segments out of a file, one track at a time."""
    m.node(folder, "mp4box.cjs", m.sources.video("h264_b"), m.sources.audio())


@stream("others", pictures="h264")
def mux_js(m, folder):
    """mux.js makes fMP4 segments of transport stream segments."""
    os.mkdir(os.path.join(folder, "ts"))
    hls(os.path.join(folder, "ts"), [m.sources.video(), m.sources.audio()])
    m.node(folder, "muxjs.cjs", os.path.join(folder, "ts", "list.m3u8"))


# ---- cues: carriers written into streams of FFmpeg and Shaka Packager ----

@stream("cues", cues=carriers.DATE_RANGES, pending="date ranges do not become cues")
def cues_daterange(m, folder):
    """EXT-X-DATERANGE: a moment, a range, one that ends with the next, SCTE-35 attributes."""
    hls(folder, [m.sources.video(), m.sources.audio()], "-hls_flags program_date_time")
    carriers.add_date_ranges(folder, "list.m3u8")


@stream("cues", cues=carriers.EVENTS)
def cues_emsg_v1(m, folder):
    hls(folder, [m.sources.video("h264_b"), m.sources.audio()], FMP4)
    carriers.add_events(folder, "list.m3u8", version=1)


@stream("cues", cues=carriers.EVENTS)
def cues_emsg_v0(m, folder):
    hls(folder, [m.sources.video("h264_b"), m.sources.audio()], FMP4)
    carriers.add_events(folder, "list.m3u8", version=0)


@stream("cues", cues=carriers.TAGS, url="master.m3u8")
def cues_packed(m, folder):
    """ID3 tags between the frames of packed audio."""
    v = "in=%s,stream=video,segment_template=v_$Number$.ts,playlist_name=v.m3u8" % m.sources.video()
    a = "in=%s,stream=audio,segment_template=a_$Number$.aac,playlist_name=a.m3u8,hls_group_id=audio,hls_name=tone,language=en" % m.sources.audio()
    m.shaka(folder, [v, a])
    carriers.add_tags(folder, "a.m3u8")


@stream("cues", cues=carriers.TAGS)
def cues_ts(m, folder):
    """Timed ID3 in transport streams: a stream of its own, multiplexed by FFmpeg."""
    carriers.write_id3_stream(os.path.join(folder, "id3.ts"), m.sources.seconds)
    ffmpeg(folder, ["-i", m.sources.video(), "-i", m.sources.audio(), "-itsoffset", carriers.TAGS[0]["time"], "-i", "id3.ts"],
           "-map 0:0 -map 1:0 -map 2:0 -c copy -f hls -hls_time 2 -hls_list_size 0 list.m3u8")
    os.remove(os.path.join(folder, "id3.ts"))
