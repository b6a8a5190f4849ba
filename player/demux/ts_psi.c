/*
 * PAT and PMT; see demux/ts_psi.h. Stream types are those of ISO/IEC 13818-1 table 2-34, of ATSC A/53 and
 * SCTE 128, and of Apple's sample encryption; private streams (type 6) show what they are by descriptors.
 */
#include "demux/ts_psi.h"

#include <string.h>

#include "base/reader.h"

#define FOUR(a, b, c, d) ((uint32_t)(a) << 24 | (uint32_t)(b) << 16 | (uint32_t)(c) << 8 | (uint32_t)(d))

/* What the descriptors of a programme or stream say. */
typedef struct descriptors {
    uint32_t registration;
    char language[4];
    bool has_ac3, has_eac3;
    bool has_id3_metadata; /* metadata descriptor with the format identifier 'ID3 ' */
    az_span opus;          /* behind the tags of the descriptor of Opus */
} descriptors;

static void read_descriptor(unsigned tag, az_span body, descriptors *out)
{
    az_reader r;
    az_reader_init(&r, body);
    switch (tag) {
    case 0x05: /* registration */
        if (body.size >= 4)
            out->registration = az_reader_u32(&r);
        break;
    case 0x0A: /* ISO 639 language */
        if (body.size >= 3 && !out->language[0])
            memcpy(out->language, body.data, 3);
        break;
    case 0x26: /* metadata: application format, perhaps its identifier, format, perhaps its identifier */
        if (az_reader_u16(&r) == 0xFFFF)
            az_reader_skip(&r, 4);
        if (az_reader_u8(&r) == 0xFF && az_reader_u32(&r) == FOUR('I', 'D', '3', ' '))
            out->has_id3_metadata = true;
        break;
    case 0x6A: /* DVB AC-3 */
        out->has_ac3 = true;
        break;
    case 0x7A: /* DVB enhanced AC-3 */
        out->has_eac3 = true;
        break;
    case 0x7F: /* extension (of DVB) */
        if (az_reader_u8(&r) == 0x80)
            out->opus = az_span_sub(body, 1, body.size);
        break;
    default:
        break;
    }
}

static void read_descriptors(az_span bytes, descriptors *out)
{
    az_reader r;
    az_reader_init(&r, bytes);
    while (az_reader_left(&r) >= 2) {
        unsigned tag = az_reader_u8(&r);
        size_t size = az_reader_u8(&r);
        az_span body = az_reader_bytes(&r, size);
        if (r.failed)
            return; /* the rest of a cut loop says nothing */
        read_descriptor(tag, body, out);
    }
}

static void set_kind(az_pmt_stream *s, az_media media, az_codec codec)
{
    s->media = media;
    s->codec = codec;
}

/* Channels of a kind that cannot be decoded leave a stream of no codec. */
static void set_opus(az_pmt_stream *s, const descriptors *d)
{
    s->opus = az_opus_config_parse(d->opus);
    set_kind(s, AZ_MEDIA_AUDIO, s->opus.size ? AZ_CODEC_OPUS : AZ_CODEC_UNKNOWN);
}

static void classify_private(az_pmt_stream *s, const descriptors *d)
{
    if (d->registration == FOUR('A', 'C', '-', '3') || (d->has_ac3 && !d->has_eac3))
        set_kind(s, AZ_MEDIA_AUDIO, AZ_CODEC_AC3);
    else if (d->registration == FOUR('E', 'A', 'C', '3') || d->has_eac3)
        set_kind(s, AZ_MEDIA_AUDIO, AZ_CODEC_EAC3);
    else if (d->registration == FOUR('H', 'E', 'V', 'C'))
        set_kind(s, AZ_MEDIA_VIDEO, AZ_CODEC_H265);
    else if (d->registration == FOUR('O', 'p', 'u', 's'))
        set_opus(s, d);
    else if (d->registration == FOUR('I', 'D', '3', ' ') || d->has_id3_metadata)
        set_kind(s, AZ_MEDIA_METADATA, AZ_CODEC_ID3);
}

static void classify(az_pmt_stream *s, const descriptors *program, const descriptors *d)
{
    uint32_t cuei = FOUR('C', 'U', 'E', 'I');
    set_kind(s, AZ_MEDIA_OTHER, AZ_CODEC_UNKNOWN);
    s->is_encrypted =
        s->stream_type == 0xDB || s->stream_type == 0xCF || s->stream_type == 0xC1 || s->stream_type == 0xC2;
    switch (s->stream_type) {
    case 0x01:
    case 0x02:
        set_kind(s, AZ_MEDIA_VIDEO, AZ_CODEC_MPEG2_VIDEO);
        break;
    case 0x03:
    case 0x04:
        set_kind(s, AZ_MEDIA_AUDIO, AZ_CODEC_MP3);
        break;
    case 0x06:
        classify_private(s, d);
        break;
    case 0x0F:
    case 0xCF:
        set_kind(s, AZ_MEDIA_AUDIO, AZ_CODEC_AAC);
        break;
    case 0x11:
        set_kind(s, AZ_MEDIA_AUDIO, AZ_CODEC_AAC_LATM);
        break;
    case 0x15: /* metadata in PES: of what format only the descriptors say; without them ID3, as in HLS */
        set_kind(s, AZ_MEDIA_METADATA, AZ_CODEC_ID3);
        break;
    case 0x1B:
    case 0xDB:
        set_kind(s, AZ_MEDIA_VIDEO, AZ_CODEC_H264);
        break;
    case 0x24:
        set_kind(s, AZ_MEDIA_VIDEO, AZ_CODEC_H265);
        break;
    case 0x81:
    case 0xC1:
        set_kind(s, AZ_MEDIA_AUDIO, AZ_CODEC_AC3);
        break;
    case 0x84:
    case 0x87:
    case 0xC2:
        set_kind(s, AZ_MEDIA_AUDIO, AZ_CODEC_EAC3);
        break;
    case 0x86:
        if (program->registration == cuei || d->registration == cuei)
            set_kind(s, AZ_MEDIA_METADATA, AZ_CODEC_SCTE35);
        else
            s->media = AZ_MEDIA_AUDIO; /* DTS-HD */
        break;
    default:
        break;
    }
}

/* The header that long sections share. */
typedef struct section_head {
    uint16_t id; /* of the transport stream or programme */
    uint8_t version, section, last_section;
    bool is_current;
} section_head;

/* The reader is left at the table's own fields. False: not `table`. */
static bool open_section(az_reader *r, az_span section, unsigned table, section_head *head)
{
    if (section.size < 12)
        return false;
    az_reader_init(r, az_span_sub(section, 0, section.size - 4)); /* without the CRC */
    unsigned id = az_reader_u8(r), flags = az_reader_u16(r);
    head->id = az_reader_u16(r);
    unsigned version = az_reader_u8(r);
    head->version = (version >> 1) & 31;
    head->is_current = version & 1;
    head->section = az_reader_u8(r);
    head->last_section = az_reader_u8(r);
    return id == table && flags & 0x8000 && head->section <= head->last_section;
}

bool az_pat_parse(az_span section, az_pat *out)
{
    az_reader r;
    section_head head;
    if (!open_section(&r, section, 0x00, &head))
        return false;
    out->version = head.version;
    out->section = head.section;
    out->last_section = head.last_section;
    out->is_current = head.is_current;
    out->is_cut = false;
    out->count = 0;
    while (az_reader_left(&r) >= 4) {
        az_pat_program p = {.number = az_reader_u16(&r)};
        p.pmt_pid = az_reader_u16(&r) & 0x1FFF;
        if (p.number == 0 || p.pmt_pid == 0 || p.pmt_pid == 0x1FFF)
            continue; /* number 0: the network information table */
        if (out->count == AZ_TS_PROGRAMS_MAX) {
            out->is_cut = true;
            break;
        }
        out->programs[out->count++] = p;
    }
    return true;
}

bool az_pmt_parse(az_span section, az_pmt *out)
{
    az_reader r;
    section_head head;
    if (!open_section(&r, section, 0x02, &head))
        return false;
    *out = (az_pmt){.program = head.id, .version = head.version, .is_current = head.is_current};
    az_reader_skip(&r, 2); /* PCR PID: our clock is made from time stamps */
    descriptors program = {0};
    read_descriptors(az_reader_bytes(&r, az_reader_u16(&r) & 0x0FFF), &program);
    while (az_reader_left(&r) >= 5) {
        az_pmt_stream s = {.stream_type = az_reader_u8(&r)};
        s.pid = az_reader_u16(&r) & 0x1FFF;
        descriptors d = {0};
        read_descriptors(az_reader_bytes(&r, az_reader_u16(&r) & 0x0FFF), &d);
        if (r.failed)
            return false;
        if (s.pid < 0x10 || s.pid == 0x1FFF)
            continue;
        if (out->count == AZ_TS_TRACKS_MAX) {
            out->is_cut = true;
            break;
        }
        memcpy(s.language, d.language, sizeof(s.language));
        classify(&s, &program, &d);
        out->streams[out->count++] = s;
    }
    return !r.failed;
}
