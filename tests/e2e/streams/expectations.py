# Where a presentation of the corpus is known to give something else than ffprobe finds in its files, with the reason.
# seconds_max: how much of it is played; refused: the error that playback has to end with; span: False where the files'
# times do not say how long it is shown; frames: how many are.
OF = {
    "corpus_hls_cea608": dict(captions=["First subtitle", "Second subtitle"]),  # as mux.js reads them, too
    "corpus_hls_gap": dict(seconds_max=33),  # the gap comes late
    "corpus_hls_aes_256": dict(refused="E_UNSUPPORTED"),  # METHOD=AES-256: not a method of the specification (6.3.6)
    "corpus_hls_ts_h265": dict(span=False),  # the same file twice, without a discontinuity
    "corpus_hls_ts_muxed_aac_h265": dict(span=False),  # two files twice, likewise
    "corpus_hls_ts_muxed_ac3_h264": dict(span=False),  # begins with pictures that cannot be decoded
    "corpus_hls_iframe_only": dict(decodable=2, span=False),  # EXT-X-I-FRAMES-ONLY: one picture of each segment
}
