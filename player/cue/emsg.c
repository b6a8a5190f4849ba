/*
 * Event message boxes; see cue/emsg.h. A box that is cut, of another version or with a timescale of 0 is
 * refused, and so is one whose strings are no UTF-8: applications rely on it.
 */
#include "cue/emsg.h"

#include <string.h>

#include "base/reader.h"
#include "base/utf8.h"

#define BOX_TYPE 0x656D7367u /* "emsg" */

static bool is_utf8(az_span text)
{
    for (size_t length, pos = 0; pos < text.size; pos += length) {
        az_span rest = az_span_sub(text, pos, text.size);
        if (az_utf8_get(rest, &length) == AZ_UTF8_REPLACEMENT && length == 1)
            return false;
    }
    return true;
}

/* Up to its NUL, which is consumed. */
static az_span read_string(az_reader *r)
{
    az_span rest = az_span_sub(r->span, r->pos, r->span.size);
    const uint8_t *end = rest.size ? memchr(rest.data, 0, rest.size) : NULL;
    if (!end || r->failed) {
        r->failed = true;
        return az_span_make(NULL, 0);
    }
    az_span text = az_reader_bytes(r, (size_t)(end - rest.data));
    az_reader_skip(r, 1);
    r->failed |= !is_utf8(text);
    return text;
}

/* The box's content behind its header (ISO/IEC 14496-12, 4.2). False: not an emsg box, or not whole. */
static bool open_box(az_reader *r, az_span box)
{
    az_reader_init(r, box);
    uint64_t size = az_reader_u32(r);
    bool is_emsg = az_reader_u32(r) == BOX_TYPE;
    if (size == 1)
        size = az_reader_u64(r);
    else if (size == 0)
        size = box.size;
    if (r->failed || !is_emsg || size > box.size)
        return false;
    r->span = az_span_sub(box, 0, (size_t)size);
    return r->pos <= r->span.size;
}

aizu_result az_emsg_parse(az_emsg *emsg, az_span box)
{
    az_reader r;
    az_emsg out = {.version = 0};
    if (!open_box(&r, box))
        return AIZU_E_MEDIA;
    out.version = az_reader_u8(&r);
    az_reader_skip(&r, 3);
    if (out.version == 0) {
        out.scheme = read_string(&r);
        out.value = read_string(&r);
        out.timescale = az_reader_u32(&r);
        out.presentation_time_delta = az_reader_u32(&r);
    } else if (out.version == 1) {
        out.timescale = az_reader_u32(&r);
        out.presentation_time = az_reader_u64(&r);
    } else {
        return AIZU_E_MEDIA;
    }
    out.duration = az_reader_u32(&r);
    out.id = az_reader_u32(&r);
    if (out.version == 1) {
        out.scheme = read_string(&r);
        out.value = read_string(&r);
    }
    out.data = az_reader_bytes(&r, az_reader_left(&r));
    if (r.failed || out.timescale == 0)
        return AIZU_E_MEDIA;
    *emsg = out;
    return AIZU_OK;
}

bool az_emsg_is_id3(const az_emsg *emsg)
{
    /* AOM's, the one that Apple's tools wrote before it, and Twitch's */
    static const char *const schemes[] = {
        "https://aomedia.org/emsg/ID3",
        "https://developer.apple.com/streaming/emsg-id3",
        "urn:twitch:id3",
    };
    for (size_t i = 0; i < AZ_COUNT(schemes); i++)
        if (az_span_equal_str(emsg->scheme, schemes[i]))
            return true;
    return false;
}

void az_cue_info_from_emsg(az_cue_info *info, const az_emsg *emsg)
{
    *info = (az_cue_info){
        .kind = AIZU_CUE_EMSG,
        .key = emsg->scheme,
        .name = emsg->value,
        .pts = AIZU_NO_TIME,
        .duration = AIZU_NO_TIME,
        .wall = AIZU_NO_TIME,
        .data = emsg->data,
    };
    if (emsg->duration != UINT32_MAX)
        info->duration = az_rescale(emsg->duration, AIZU_SECOND, emsg->timescale);
}
