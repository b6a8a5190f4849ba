/*
 * See media.h.
 */
#include "media.h"

#include <stdio.h>
#include <string.h>

#define PID_VIDEO 256
#define PID_ID3   258
#define PID_DTS   259
#define BEGIN     INT64_C(900000)

static void put_frame(ts_writer *w, ts_bytes *unit, int number, bool is_key)
{
    ts_h264 format = {.width = 64, .height = 64};
    int64_t pts = BEGIN + (int64_t)number * (90000 / MEDIA_FRAMES);
    ts_bytes_clear(unit);
    ts_es_h264(unit, &format, is_key, (uint32_t)number, 2000);
    ts_pes pes = ts_pes_make(PID_VIDEO, pts);
    pes.is_random_access = is_key;
    pes.pcr = is_key ? pts : TS_NO_TIME;
    ts_writer_pes(w, &pes, unit->data, unit->size);
}

static void put_cue(ts_writer *w, ts_bytes *unit, int number)
{
    char text[16];
    int size = snprintf(text, sizeof(text), "cue %d", number);
    ts_bytes_clear(unit);
    ts_es_id3_priv(unit, MEDIA_OWNER, text, (size_t)size);
    ts_pes pes = ts_pes_make(PID_ID3, BEGIN + (int64_t)number * (90000 / MEDIA_CUES));
    ts_writer_pes(w, &pes, unit->data, unit->size);
}

static void put_segment(ts_bytes *out, int number, bool has_dts)
{
    ts_writer writer;
    ts_bytes unit = {0};
    ts_writer_init(&writer, out);
    ts_writer_add(&writer, PID_VIDEO, 0x1b, NULL);
    ts_writer_add(&writer, PID_ID3, 0x15, NULL);
    if (has_dts)
        ts_writer_add(&writer, PID_DTS, 0x86, NULL);
    ts_writer_tables(&writer);
    for (int i = 0; i < MEDIA_FRAMES; i++) {
        if (i % (MEDIA_FRAMES / MEDIA_CUES) == 0)
            put_cue(&writer, &unit, number * MEDIA_CUES + i / (MEDIA_FRAMES / MEDIA_CUES));
        put_frame(&writer, &unit, number * MEDIA_FRAMES + i, i == 0);
    }
    ts_writer_deinit(&writer);
    ts_bytes_free(&unit);
}

void media_segment(ts_bytes *out, int number)
{
    put_segment(out, number, false);
}

void media_segment_dts(ts_bytes *out, int number)
{
    put_segment(out, number, true);
}

void media_null(ts_bytes *out, int packets)
{
    ts_writer writer;
    ts_writer_init(&writer, out);
    for (int i = 0; i < packets; i++)
        ts_writer_null(&writer);
    ts_writer_deinit(&writer);
}

void media_text(ts_bytes *out, const char *text)
{
    ts_bytes_append(out, text, strlen(text));
}

void media_master(ts_bytes *out, int variants)
{
    media_text(out, "#EXTM3U\n");
    for (int i = 0; i < variants; i++) {
        char line[160];
        snprintf(line, sizeof(line),
                 "#EXT-X-STREAM-INF:BANDWIDTH=%d,CODECS=\"avc1.42c01e\",RESOLUTION=64x64\n%c/list.m3u8\n",
                 400000 * (variants - i), 'a' + i);
        media_text(out, line);
    }
}

static void put_segments(ts_bytes *out, int begin, int end)
{
    for (int i = begin; i < end; i++) {
        char line[64];
        snprintf(line, sizeof(line), "#EXTINF:1.000,\n%d.ts\n", i);
        media_text(out, line);
    }
}

void media_recording(ts_bytes *out)
{
    media_text(out, "#EXTM3U\n#EXT-X-VERSION:3\n#EXT-X-TARGETDURATION:1\n#EXT-X-PLAYLIST-TYPE:VOD\n");
    put_segments(out, 0, MEDIA_SEGMENTS);
    media_text(out, "#EXT-X-ENDLIST\n");
}

void media_live(ts_bytes *out, double seconds)
{
    int end = MEDIA_LIVE_FIRST + (seconds > 0 ? (int)seconds : 0);
    if (end > MEDIA_LIVE_ALL)
        end = MEDIA_LIVE_ALL;
    int begin = end > MEDIA_LIVE_WINDOW ? end - MEDIA_LIVE_WINDOW : 0;
    char head[96];
    snprintf(head, sizeof(head),
             "#EXTM3U\n#EXT-X-VERSION:3\n#EXT-X-TARGETDURATION:1\n#EXT-X-MEDIA-SEQUENCE:%d\n", begin);
    media_text(out, head);
    put_segments(out, begin, end);
    if (end == MEDIA_LIVE_ALL)
        media_text(out, "#EXT-X-ENDLIST\n");
}
