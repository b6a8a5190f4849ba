/*
 * The fields of ID3 frames (ID3v2.4.0 native frames, chapter 4; ID3v2.3.0, 4; ID3v2.2.0, 4): one frame's body
 * in, kind, texts and bytes out. Spans point into the body, or into the arena where a text was converted.
 */
#include "cue/id3_frame.h"

#include <string.h>

#include "cue/id3_text.h"

/* 2.2 to 2.3. LNK and CRM are not here: the fields of the one differ, the other has no successor. Behind the
 * gap stands what iTunes added. */
static const char frame_names[][2][5] = {
    {"BUF", "RBUF"}, {"CNT", "PCNT"}, {"COM", "COMM"}, {"CRA", "AENC"}, {"EQU", "EQUA"}, {"ETC", "ETCO"},
    {"GEO", "GEOB"}, {"IPL", "IPLS"}, {"MCI", "MCDI"}, {"MLL", "MLLT"}, {"PIC", "APIC"}, {"POP", "POPM"},
    {"REV", "RVRB"}, {"RVA", "RVAD"}, {"SLT", "SYLT"}, {"STC", "SYTC"}, {"TAL", "TALB"}, {"TBP", "TBPM"},
    {"TCM", "TCOM"}, {"TCO", "TCON"}, {"TCR", "TCOP"}, {"TDA", "TDAT"}, {"TDY", "TDLY"}, {"TEN", "TENC"},
    {"TFT", "TFLT"}, {"TIM", "TIME"}, {"TKE", "TKEY"}, {"TLA", "TLAN"}, {"TLE", "TLEN"}, {"TMT", "TMED"},
    {"TOA", "TOPE"}, {"TOF", "TOFN"}, {"TOL", "TOLY"}, {"TOR", "TORY"}, {"TOT", "TOAL"}, {"TP1", "TPE1"},
    {"TP2", "TPE2"}, {"TP3", "TPE3"}, {"TP4", "TPE4"}, {"TPA", "TPOS"}, {"TPB", "TPUB"}, {"TRC", "TSRC"},
    {"TRD", "TRDA"}, {"TRK", "TRCK"}, {"TSI", "TSIZ"}, {"TSS", "TSSE"}, {"TT1", "TIT1"}, {"TT2", "TIT2"},
    {"TT3", "TIT3"}, {"TXT", "TEXT"}, {"TXX", "TXXX"}, {"TYE", "TYER"}, {"UFI", "UFID"}, {"ULT", "USLT"},
    {"WAF", "WOAF"}, {"WAR", "WOAR"}, {"WAS", "WOAS"}, {"WCM", "WCOM"}, {"WCP", "WCOP"}, {"WPB", "WPUB"},
    {"WXX", "WXXX"},

    {"GP1", "GRP1"}, {"MVI", "MVIN"}, {"MVN", "MVNM"}, {"PCS", "PCST"}, {"TCP", "TCMP"}, {"TCT", "TCAT"},
    {"TDR", "TDRL"}, {"TDS", "TDES"}, {"TID", "TGID"}, {"TKW", "TKWD"}, {"TS2", "TSO2"}, {"TSA", "TSOA"},
    {"TSC", "TSOC"}, {"TSP", "TSOP"}, {"TST", "TSOT"}, {"WFD", "WFED"},
};

const char *az_id3_frame_name(const char id[3])
{
    for (size_t i = 0; i < AZ_COUNT(frame_names); i++)
        if (memcmp(frame_names[i][0], id, 3) == 0)
            return frame_names[i][1];
    return NULL;
}

static az_id3_kind kind_of(const char *id)
{
    static const struct {
        char id[5];
        az_id3_kind kind;
    } kinds[] = {
        {"TXXX", AZ_ID3_TXXX}, {"WXXX", AZ_ID3_WXXX}, {"COMM", AZ_ID3_COMM}, {"USLT", AZ_ID3_COMM},
        {"PRIV", AZ_ID3_PRIV}, {"GEOB", AZ_ID3_GEOB}, {"APIC", AZ_ID3_APIC}, {"UFID", AZ_ID3_UFID},
    };
    for (size_t i = 0; i < AZ_COUNT(kinds); i++)
        if (memcmp(kinds[i].id, id, sizeof(kinds[i].id)) == 0)
            return kinds[i].kind;
    if (id[0] == 'T')
        return AZ_ID3_TEXT;
    return id[0] == 'W' ? AZ_ID3_URL : AZ_ID3_RAW;
}

/* A fixed number of bytes between strings: a language, a picture type. */
static az_span read_bytes(az_id3_text *text, size_t size)
{
    if (text->failed || text->rest.size < size) {
        text->failed = true;
        return (az_span){NULL, 0};
    }
    az_span out = az_span_sub(text->rest, 0, size);
    text->rest = az_span_sub(text->rest, size, text->rest.size);
    return out;
}

static az_span read_rest(az_id3_text *text)
{
    az_span out = text->failed ? (az_span){NULL, 0} : text->rest;
    text->rest = (az_span){NULL, 0};
    return out;
}

static void read_encoding(az_id3_frame *frame, az_id3_text *text)
{
    az_id3_text_encoding(text);
    frame->text_encoding = (uint8_t)text->encoding;
}

static void read_comment(az_id3_frame *frame, az_id3_text *text)
{
    read_encoding(frame, text);
    az_span language = read_bytes(text, 3);
    for (size_t i = 0; i < 3 && i < language.size; i++) {
        uint8_t c = language.data[i];
        frame->language[i] = c >= 0x20 && c < 0x7f ? (char)c : '\0';
    }
    frame->owner = az_id3_text_terminated(text);
    frame->value = az_id3_text_last(text, frame->version == 4);
}

/* 2.2 has three letters in place of the MIME type. */
static az_span read_image_format(az_id3_text *text)
{
    az_span format = read_bytes(text, 3);
    if (az_span_equal_str(format, "JPG"))
        return az_span_str("image/jpeg");
    if (az_span_equal_str(format, "PNG"))
        return az_span_str("image/png");
    az_id3_text inner;
    az_id3_text_init(&inner, text->arena, format);
    az_span out = az_id3_text_plain_last(&inner);
    text->out_of_memory |= inner.out_of_memory;
    return out;
}

static void read_picture(az_id3_frame *frame, az_id3_text *text, bool short_format)
{
    read_encoding(frame, text);
    frame->mime_type = short_format ? read_image_format(text) : az_id3_text_plain_terminated(text);
    az_span type = read_bytes(text, 1);
    frame->picture_type = type.size ? type.data[0] : 0;
    frame->owner = az_id3_text_terminated(text);
    frame->value = read_rest(text);
}

static void read_fields(az_id3_frame *frame, az_id3_text *text, bool short_format)
{
    switch (frame->kind) {
    case AZ_ID3_RAW:
        frame->value = read_rest(text);
        break;
    case AZ_ID3_TEXT:
        read_encoding(frame, text);
        frame->value = az_id3_text_last(text, frame->version == 4);
        break;
    case AZ_ID3_TXXX:
        read_encoding(frame, text);
        frame->owner = az_id3_text_terminated(text);
        frame->value = az_id3_text_last(text, frame->version == 4);
        break;
    case AZ_ID3_URL:
        frame->value = az_id3_text_plain_last(text);
        break;
    case AZ_ID3_WXXX:
        read_encoding(frame, text);
        frame->owner = az_id3_text_terminated(text);
        frame->value = az_id3_text_plain_last(text);
        break;
    case AZ_ID3_COMM:
        read_comment(frame, text);
        break;
    case AZ_ID3_PRIV:
    case AZ_ID3_UFID:
        frame->owner = az_id3_text_plain_terminated(text);
        frame->value = read_rest(text);
        break;
    case AZ_ID3_GEOB:
        read_encoding(frame, text);
        frame->mime_type = az_id3_text_plain_terminated(text);
        frame->file_name = az_id3_text_terminated(text);
        frame->owner = az_id3_text_terminated(text);
        frame->value = read_rest(text);
        break;
    case AZ_ID3_APIC:
        read_picture(frame, text, short_format);
        break;
    }
}

bool az_id3_frame_read(az_id3_frame *frame, az_arena *arena, az_span body, bool short_format)
{
    bool is_opaque = frame->flags & (AZ_ID3_COMPRESSED | AZ_ID3_ENCRYPTED);
    frame->kind = is_opaque ? AZ_ID3_RAW : kind_of(frame->id);
    if (body.size == 0) { /* not allowed (2.4 structure, 4), but sent to say "none" */
        frame->flags |= AZ_ID3_DAMAGED;
        return true;
    }
    az_id3_text text;
    az_id3_text_init(&text, arena, body);
    az_id3_frame untyped = *frame;
    read_fields(frame, &text, short_format);
    if (text.failed) {
        *frame = untyped;
        frame->kind = AZ_ID3_RAW;
        frame->flags |= AZ_ID3_DAMAGED;
        frame->value = body;
    }
    return !text.out_of_memory;
}
