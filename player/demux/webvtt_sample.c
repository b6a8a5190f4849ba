/*
 * WebVTT in fMP4: the boxes of one sample become text samples; see az_webvtt_sample() in demux/webvtt.h and
 * ISO/IEC 14496-30, 7.4. vttc is a cue, vtte says that there is none, vtta is text between cues, as
 * comments are; anything else is left out.
 */
#include <string.h>

#include "base/reader.h"
#include "base/utf8.h"
#include "demux/webvtt.h"

#define TYPE(a, b, c, d) ((uint32_t)(a) << 24 | (uint32_t)(b) << 16 | (uint32_t)(c) << 8 | (uint32_t)(d))

typedef struct box {
    uint32_t type;
    az_span body;
} box;

static bool take_box(az_reader *r, box *out)
{
    uint64_t size = az_reader_u32(r), header = 8;
    out->type = az_reader_u32(r);
    if (size == 1) {
        size = az_reader_u64(r);
        header = 16;
    } else if (size == 0) {
        size = header + az_reader_left(r);
    }
    if (r->failed || size < header || size - header > az_reader_left(r))
        return false;
    out->body = az_reader_bytes(r, (size_t)(size - header));
    return true;
}

/* Text that an application may take for UTF-8. */
static bool copy_clean(az_slice *out, az_span text)
{
    size_t size = az_utf8_clean(NULL, 0, text);
    if (size == text.size)
        return az_slice_copy(out, text);
    az_buf *buf = az_buf_create(size);
    if (!buf)
        return false;
    az_utf8_clean(az_buf_data(buf), size, text);
    *out = (az_slice){buf, az_buf_data(buf), size};
    return true;
}

static az_span without_line_end(az_span text)
{
    while (text.size > 0 && (text.data[text.size - 1] == '\n' || text.data[text.size - 1] == '\r'))
        text.size--;
    return text;
}

static bool give_cue(const az_demux_sink *sink, const az_text_sample *frame, az_span body)
{
    az_text_sample cue = *frame;
    az_span text = {NULL, 0};
    cue.codec = AZ_CODEC_WEBVTT;
    cue.id = cue.settings = (az_span){NULL, 0};
    az_reader r;
    az_reader_init(&r, body);
    while (az_reader_left(&r) > 0) {
        box part;
        if (!take_box(&r, &part))
            return false;
        bool is_clean = az_utf8_clean(NULL, 0, part.body) == part.body.size;
        if (part.type == TYPE('p', 'a', 'y', 'l'))
            text = part.body;
        else if (part.type == TYPE('i', 'd', 'e', 'n') && is_clean)
            cue.id = without_line_end(part.body);
        else if (part.type == TYPE('s', 't', 't', 'g') && is_clean)
            cue.settings = without_line_end(part.body);
    }
    if (text.size > AZ_WEBVTT_BLOCK_MAX || !copy_clean(&cue.data, without_line_end(text)))
        return false;
    sink->text(sink->user, &cue);
    az_slice_unref(&cue.data);
    return true;
}

bool az_webvtt_sample(const az_demux_sink *sink, const az_text_sample *frame, az_span boxes)
{
    az_reader r;
    az_reader_init(&r, boxes);
    while (az_reader_left(&r) > 0) {
        box part;
        if (!take_box(&r, &part))
            return false;
        if (part.type == TYPE('v', 't', 't', 'c') && sink->text && !give_cue(sink, frame, part.body))
            return false;
    }
    return true;
}
