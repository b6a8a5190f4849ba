/*
 * Telling containers apart; see demux/probe.h. RFC 8216, 3: a segment has no magic number of its own, so
 * these are the signatures of what it allows.
 */
#include "demux/probe.h"

#include <string.h>

#include "demux/audio_frame.h"

#define TS_SYNC        0x47
#define TS_PACKET_SIZE ((size_t)188)
#define TS_SEARCH      3 /* sync bytes in a row that are believed behind something else */

typedef enum answer {
    ANSWER_NO,
    ANSWER_MORE, /* not without more bytes */
    ANSWER_YES,
} answer;

/* Whether the bytes begin with `text`, as far as they go. */
static answer check_prefix(az_span bytes, const char *text, size_t size)
{
    if (memcmp(bytes.data, text, AZ_MIN(bytes.size, size)) != 0)
        return ANSWER_NO;
    return bytes.size < size ? ANSWER_MORE : ANSWER_YES;
}

static answer check_tag(az_span bytes)
{
    return check_prefix(bytes, "ID3", 3);
}

static bool parse_frame(az_span bytes, az_audio_frame *frame, bool *is_cut)
{
    static const az_codec codecs[] = {AZ_CODEC_AAC, AZ_CODEC_AC3, AZ_CODEC_MP3};
    *is_cut = false;
    for (size_t i = 0; i < AZ_COUNT(codecs); i++) {
        aizu_result result = az_audio_frame_parse(codecs[i], bytes, frame);
        if (result == AIZU_OK)
            return true;
        *is_cut |= result == AIZU_AGAIN;
    }
    return false;
}

static answer check_audio(az_span bytes)
{
    az_audio_frame frame;
    bool is_cut;
    if (parse_frame(bytes, &frame, &is_cut))
        return ANSWER_YES;
    return is_cut ? ANSWER_MORE : ANSWER_NO;
}

static bool is_known_box(const uint8_t *type)
{
    static const char known[][5] = {"ftyp", "styp", "moov", "moof", "sidx", "ssix", "emsg",
                                    "prft", "free", "skip", "uuid", "mdat", "pdin", "wide"};
    for (size_t i = 0; i < AZ_COUNT(known); i++)
        if (memcmp(type, known[i], 4) == 0)
            return true;
    return false;
}

static uint32_t box_size(const uint8_t *box)
{
    return (uint32_t)box[0] << 24 | (uint32_t)box[1] << 16 | (uint32_t)box[2] << 8 | box[3];
}

/* Sizes 0 and 1 mean "up to the end" and "64 bits, behind the type". */
static answer check_box(az_span bytes)
{
    if (bytes.size < 8)
        return ANSWER_MORE;
    uint32_t size = box_size(bytes.data);
    return is_known_box(bytes.data + 4) && (size < 2 || size >= 8) ? ANSWER_YES : ANSWER_NO;
}

#define BOM      "\xEF\xBB\xBF"
#define BOM_SIZE ((size_t)3)

/* Takes a byte order mark off. */
static answer skip_bom(az_span *bytes)
{
    answer is_there = check_prefix(*bytes, BOM, BOM_SIZE);
    if (is_there == ANSWER_YES)
        *bytes = az_span_sub(*bytes, BOM_SIZE, bytes->size);
    return is_there == ANSWER_MORE || bytes->size == 0 ? ANSWER_MORE : ANSWER_YES;
}

static answer check_webvtt(az_span bytes)
{
    return skip_bom(&bytes) == ANSWER_MORE ? ANSWER_MORE : check_prefix(bytes, "WEBVTT", 6);
}

/* The offset behind the first `end` at `begin` or later; SIZE_MAX without. */
static size_t find_behind(az_span bytes, size_t begin, const char *end)
{
    size_t size = strlen(end);
    for (size_t i = begin; i + size <= bytes.size; i++)
        if (memcmp(bytes.data + i, end, size) == 0)
            return i + size;
    return SIZE_MAX;
}

static bool is_xml_space(uint8_t c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

/* What XML allows before the root element: the offset behind it, its own when there is none of it here,
 * SIZE_MAX when it goes on behind the bytes. */
static size_t skip_misc(az_span bytes, size_t pos)
{
    az_span rest = az_span_sub(bytes, pos, bytes.size);
    if (rest.size < 4)
        return SIZE_MAX;
    if (az_span_starts_with(rest, "<?"))
        return find_behind(bytes, pos, "?>");
    if (az_span_starts_with(rest, "<!--"))
        return find_behind(bytes, pos + 4, "-->");
    return az_span_starts_with(rest, "<!") ? find_behind(bytes, pos, ">") : pos;
}

/* The root element is tt, with any namespace prefix (TTML2, 8.1.1): an error page is XML or HTML, too. */
static answer check_root(az_span bytes)
{
    for (size_t pos = 0;;) {
        while (pos < bytes.size && is_xml_space(bytes.data[pos]))
            pos++;
        if (pos < bytes.size && bytes.data[pos] != '<')
            return ANSWER_NO;
        size_t behind = skip_misc(bytes, pos);
        if (behind == SIZE_MAX)
            return ANSWER_MORE;
        if (behind != pos) {
            pos = behind;
            continue;
        }
        size_t name = ++pos;
        while (pos < bytes.size && !is_xml_space(bytes.data[pos]) && !strchr("/>", bytes.data[pos])) {
            if (bytes.data[pos++] == ':')
                name = pos;
        }
        if (pos == bytes.size)
            return ANSWER_MORE;
        return az_span_equal_str(az_span_sub(bytes, name, pos - name), "tt") ? ANSWER_YES : ANSWER_NO;
    }
}

static answer check_ttml(az_span bytes)
{
    /* UTF-16: what the root is the parser sees */
    answer little = check_prefix(bytes, "\xFF\xFE<\0", 4), big = check_prefix(bytes, "\xFE\xFF\0<", 4);
    if (little != ANSWER_NO || big != ANSWER_NO)
        return AZ_MAX(little, big);
    return skip_bom(&bytes) == ANSWER_MORE ? ANSWER_MORE : check_root(bytes);
}

/* Packets of 188 bytes, with 16 bytes behind each (204) or 4 before (192). */
static answer check_ts(az_span bytes)
{
    static const size_t strides[] = {188, 204};
    if (bytes.size < 5)
        return ANSWER_MORE;
    if (bytes.data[0] == TS_SYNC) {
        for (size_t i = 0; i < AZ_COUNT(strides); i++) {
            if (bytes.size <= strides[i])
                return ANSWER_MORE;
            if (bytes.data[strides[i]] == TS_SYNC)
                return ANSWER_YES;
        }
    }
    if (bytes.data[4] != TS_SYNC)
        return ANSWER_NO;
    if (bytes.size <= 4 + 192)
        return ANSWER_MORE;
    return bytes.data[4 + 192] == TS_SYNC ? ANSWER_YES : ANSWER_NO;
}

static bool has_packets(az_span bytes, size_t pos)
{
    static const size_t strides[] = {188, 192, 204};
    if (pos == 0 && bytes.size >= TS_PACKET_SIZE && bytes.size <= strides[2])
        return bytes.data[0] == TS_SYNC; /* a single packet is all there is */
    for (size_t i = 0; i < AZ_COUNT(strides); i++) {
        size_t count = 0;
        while (count < TS_SEARCH && pos + count * strides[i] < bytes.size &&
               bytes.data[pos + count * strides[i]] == TS_SYNC)
            count++;
        if (count == TS_SEARCH)
            return true;
    }
    return false;
}

/* A frame, and another one of the same kind behind it. */
static bool has_frames(az_span bytes, size_t pos)
{
    az_audio_frame frame, next;
    bool is_cut;
    if (!parse_frame(az_span_sub(bytes, pos, bytes.size), &frame, &is_cut))
        return false;
    return parse_frame(az_span_sub(bytes, pos + frame.size, bytes.size), &next, &is_cut) &&
           next.codec == frame.codec && next.sample_rate == frame.sample_rate;
}

/* Boxes of unknown types are skipped by readers (ISO/IEC 14496-12, 4.2): the first may be one. */
static bool has_boxes(az_span bytes)
{
    for (size_t pos = 0; bytes.size - pos >= 8;) {
        uint32_t size = box_size(bytes.data + pos);
        if (size < 8)
            return false;
        if (is_known_box(bytes.data + pos + 4))
            return true;
        for (size_t i = 4; i < 8; i++)
            if (bytes.data[pos + i] < ' ' || bytes.data[pos + i] > '~')
                return false;
        pos += AZ_MIN(size, bytes.size - pos);
    }
    return false;
}

static aizu_result search(az_span bytes, az_container *out)
{
    if (has_boxes(bytes)) {
        *out = AZ_CONTAINER_FMP4;
        return AIZU_OK;
    }
    for (size_t pos = 0; pos < bytes.size; pos++) {
        uint8_t byte = bytes.data[pos];
        if (byte == TS_SYNC && has_packets(bytes, pos)) {
            *out = AZ_CONTAINER_TS;
            return AIZU_OK;
        }
        if ((byte == 0xFF || byte == 0x0B) && has_frames(bytes, pos)) {
            *out = AZ_CONTAINER_PACKED_AUDIO;
            return AIZU_OK;
        }
    }
    return AIZU_E_MEDIA;
}

aizu_result az_probe(az_span bytes, bool is_end, az_container *out)
{
    static const struct {
        answer (*check)(az_span bytes);
        az_container container;
    } checks[] = {
        {check_tag, AZ_CONTAINER_PACKED_AUDIO},
        {check_box, AZ_CONTAINER_FMP4},
        {check_webvtt, AZ_CONTAINER_WEBVTT},
        {check_ttml, AZ_CONTAINER_TTML},
        {check_ts, AZ_CONTAINER_TS},
        {check_audio, AZ_CONTAINER_PACKED_AUDIO},
    };
    bytes = az_span_sub(bytes, 0, AZ_PROBE_SIZE_MAX);
    if (bytes.size == 0)
        return is_end ? AIZU_E_MEDIA : AIZU_AGAIN;
    bool is_all = is_end || bytes.size == AZ_PROBE_SIZE_MAX;
    for (size_t i = 0; i < AZ_COUNT(checks); i++) {
        answer is_it = checks[i].check(bytes);
        if (is_it == ANSWER_YES) {
            *out = checks[i].container;
            return AIZU_OK;
        }
        if (is_it == ANSWER_MORE && !is_all)
            return AIZU_AGAIN;
    }
    return is_all ? search(bytes, out) : AIZU_AGAIN;
}
