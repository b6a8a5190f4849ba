/*
 * player/cue/id3.h: tags written byte by byte after the specifications, and what an application gets of them.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "cue/id3.h"

#define BYTES(text) az_span_make(text, sizeof(text) - 1)

/* A tag under construction. */
typedef struct writer {
    uint8_t bytes[16384];
    size_t size;
    size_t tag; /* where the header of the last tag stands */
} writer;

static void put(writer *w, az_span bytes)
{
    assert_true(bytes.size <= sizeof(w->bytes) - w->size);
    if (bytes.size)
        memcpy(w->bytes + w->size, bytes.data, bytes.size);
    w->size += bytes.size;
}

static void put_u32(writer *w, uint32_t value)
{
    uint8_t bytes[4] = {(uint8_t)(value >> 24), (uint8_t)(value >> 16), (uint8_t)(value >> 8),
                        (uint8_t)value};
    put(w, az_span_make(bytes, 4));
}

static uint32_t synchsafe(uint32_t value)
{
    return (value & 0x7f) | (value & 0x3f80) << 1 | (value & 0x1fc000) << 2 | (value & 0xfe00000) << 3;
}

static void tag_begin(writer *w, uint8_t version, uint8_t flags)
{
    w->tag = w->size;
    put(w, BYTES("ID3"));
    uint8_t rest[7] = {version, 0, flags, 0, 0, 0, 0};
    put(w, az_span_make(rest, sizeof(rest)));
}

/* Sets the size of the tag: all that was written since tag_begin(). */
static void tag_end(writer *w)
{
    size_t end = w->size;
    w->size = w->tag + 6;
    put_u32(w, synchsafe((uint32_t)(end - w->tag - 10)));
    w->size = end;
}

static void put_frame_sized(writer *w, const char *id, uint8_t format, uint32_t size_field, az_span body)
{
    uint8_t flags[2] = {0, format};
    put(w, az_span_make(id, 4));
    put_u32(w, size_field);
    put(w, az_span_make(flags, 2));
    put(w, body);
}

static void put_frame(writer *w, const char *id, uint8_t format, az_span body)
{
    uint32_t size = (uint32_t)body.size;
    put_frame_sized(w, id, format, w->bytes[w->tag + 3] == 4 ? synchsafe(size) : size, body);
}

static void put_frame_22(writer *w, const char *id, az_span body)
{
    uint8_t size[3] = {(uint8_t)(body.size >> 16), (uint8_t)(body.size >> 8), (uint8_t)body.size};
    put(w, az_span_make(id, 3));
    put(w, az_span_make(size, 3));
    put(w, body);
}

static az_id3_list *parse(az_span bytes)
{
    az_id3_list *list = NULL;
    assert_int_equal(az_id3_parse(&list, bytes), AIZU_OK);
    return list;
}

static az_id3_list *parse_tag(writer *w)
{
    tag_end(w);
    return parse(az_span_make(w->bytes, w->size));
}

static void assert_span(az_span actual, az_span expected)
{
    assert_int_equal(actual.size, expected.size);
    if (expected.size)
        assert_memory_equal(actual.data, expected.data, expected.size);
}

/* The only frame of a tag of that version with one such frame; valid until the next call. */
static const az_id3_frame *read_one(uint8_t version, const char *id, az_span body)
{
    static writer w; /* the spans of the frame point here */
    static az_id3_list *list;
    az_id3_list_destroy(&list);
    memset(&w, 0, sizeof(w));
    if (!id)
        return NULL;
    tag_begin(&w, version, 0);
    if (version == 2)
        put_frame_22(&w, id, body);
    else
        put_frame(&w, id, 0, body);
    list = parse_tag(&w);
    assert_int_equal(az_id3_count(list), 1);
    return az_id3_at(list, 0);
}

static int release(void **state)
{
    (void)state;
    read_one(0, NULL, BYTES(""));
    return 0;
}

/* ---- frames ---- */

static void priv_gives_owner_and_bytes(void **state)
{
    (void)state;
    const az_id3_frame *frame = read_one(4, "PRIV", BYTES("metadata.live-video.net\0{\"a\":1}"));
    assert_int_equal(frame->kind, AZ_ID3_PRIV);
    assert_string_equal(frame->id, "PRIV");
    assert_int_equal(frame->version, 4);
    assert_int_equal(frame->flags, 0);
    assert_span(frame->owner, BYTES("metadata.live-video.net"));
    assert_span(frame->value, BYTES("{\"a\":1}"));
    frame = read_one(3, "PRIV", BYTES("o\0\0binary\0\xff"));
    assert_span(frame->value, BYTES("\0binary\0\xff"));
}

static void ufid_gives_owner_and_identifier(void **state)
{
    (void)state;
    const az_id3_frame *frame = read_one(3, "UFID", BYTES("http://x\0id\0"));
    assert_int_equal(frame->kind, AZ_ID3_UFID);
    assert_span(frame->owner, BYTES("http://x"));
    assert_span(frame->value, BYTES("id\0"));
}

static void txxx_gives_description_and_value(void **state)
{
    (void)state;
    const az_id3_frame *frame = read_one(4, "TXXX", BYTES("\3segmentmetadata\0{\"transc_r\":1}\0"));
    assert_int_equal(frame->kind, AZ_ID3_TXXX);
    assert_int_equal(frame->text_encoding, 3);
    assert_span(frame->owner, BYTES("segmentmetadata"));
    assert_span(frame->value, BYTES("{\"transc_r\":1}"));
}

static void urls_are_latin1_without_an_encoding_byte(void **state)
{
    (void)state;
    const az_id3_frame *frame = read_one(3, "WOAR", BYTES("http://h/\xe9\0ignored"));
    assert_int_equal(frame->kind, AZ_ID3_URL);
    assert_span(frame->value, BYTES("http://h/\xc3\xa9"));
    frame = read_one(3, "WXXX",
                     BYTES("\1\xff\xfe"
                           "d\0\0\0http://h/"));
    assert_int_equal(frame->kind, AZ_ID3_WXXX);
    assert_span(frame->owner, BYTES("d"));
    assert_span(frame->value, BYTES("http://h/"));
}

static void owners_in_utf8_stay_as_they_are(void **state)
{
    (void)state;
    const az_id3_frame *frame = read_one(4, "PRIV", BYTES("\xe5\x90\x88\0x"));
    assert_span(frame->owner, BYTES("\xe5\x90\x88"));
}

static void comments_give_language_description_and_text(void **state)
{
    (void)state;
    const az_id3_frame *frame = read_one(4, "COMM", BYTES("\0engwhat\0why"));
    assert_int_equal(frame->kind, AZ_ID3_COMM);
    assert_string_equal(frame->language, "eng");
    assert_span(frame->owner, BYTES("what"));
    assert_span(frame->value, BYTES("why"));
    frame = read_one(3, "USLT", BYTES("\1jpn\xff\xfe\0\0\xff\xfe\x42\x30"));
    assert_int_equal(frame->kind, AZ_ID3_COMM);
    assert_string_equal(frame->language, "jpn");
    assert_int_equal(frame->owner.size, 0);
    assert_span(frame->value, BYTES("\xe3\x81\x82"));
}

static void objects_give_mime_type_file_name_description_and_bytes(void **state)
{
    (void)state;
    const az_id3_frame *frame = read_one(3, "GEOB", BYTES("\1text/x\0\xfe\xff\0f\0\0\xfe\xff\0d\0\0\0\1\2"));
    assert_int_equal(frame->kind, AZ_ID3_GEOB);
    assert_span(frame->mime_type, BYTES("text/x"));
    assert_span(frame->file_name, BYTES("f"));
    assert_span(frame->owner, BYTES("d"));
    assert_span(frame->value, BYTES("\0\1\2"));
}

static void pictures_give_type_description_and_bytes(void **state)
{
    (void)state;
    const az_id3_frame *frame = read_one(4, "APIC", BYTES("\3image/png\0\3cover\0\x89PNG\0"));
    assert_int_equal(frame->kind, AZ_ID3_APIC);
    assert_span(frame->mime_type, BYTES("image/png"));
    assert_int_equal(frame->picture_type, 3);
    assert_span(frame->owner, BYTES("cover"));
    assert_span(frame->value, BYTES("\x89PNG\0"));
    frame = read_one(2, "PIC", BYTES("\0JPG\3cover\0\xff\xd8"));
    assert_string_equal(frame->id, "APIC");
    assert_span(frame->mime_type, BYTES("image/jpeg"));
    assert_int_equal(frame->picture_type, 3);
    assert_span(frame->value, BYTES("\xff\xd8"));
}

static void unknown_frames_stay_raw(void **state)
{
    (void)state;
    const az_id3_frame *frame = read_one(4, "XYZ9", BYTES("\0any\xff"));
    assert_int_equal(frame->kind, AZ_ID3_RAW);
    assert_span(frame->value, BYTES("\0any\xff"));
    assert_int_equal(frame->flags, 0);
}

static void fields_that_cannot_be_read_leave_the_frame_raw(void **state)
{
    static const struct {
        const char *id;
        const char *body;
        size_t size;
    } bad[] = {
        {"PRIV", "no terminator", 13},  {"TXXX", "\3no terminator", 14},
        {"TIT2", "\4bad encoding", 13}, {"COMM", "\0en", 3},
        {"APIC", "\0image/png\0", 11},  {"GEOB", "\0m\0f\0d", 6},
        {"WXXX", "\1a\0b\0c", 6},       {"UFID", "x", 1},
    };
    (void)state;
    for (size_t i = 0; i < AZ_COUNT(bad); i++) {
        const az_id3_frame *frame = read_one(4, bad[i].id, az_span_make(bad[i].body, bad[i].size));
        assert_int_equal(frame->kind, AZ_ID3_RAW);
        assert_int_equal(frame->flags, AZ_ID3_DAMAGED);
        assert_int_equal(frame->owner.size, 0);
        assert_int_equal(frame->mime_type.size, 0);
        assert_span(frame->value, az_span_make(bad[i].body, bad[i].size));
    }
}

static void a_frame_without_a_body_keeps_its_kind(void **state)
{
    (void)state;
    writer w = {0};
    tag_begin(&w, 4, 0);
    put_frame(&w, "WOAF", 0, BYTES(""));
    put_frame(&w, "TENC", 0, BYTES("\0x"));
    az_id3_list *list = parse_tag(&w);
    assert_int_equal(az_id3_count(list), 2);
    assert_false(az_id3_is_damaged(list));
    assert_int_equal(az_id3_at(list, 0)->kind, AZ_ID3_URL);
    assert_int_equal(az_id3_at(list, 0)->value.size, 0);
    assert_int_equal(az_id3_at(list, 0)->flags, AZ_ID3_DAMAGED);
    assert_span(az_id3_at(list, 1)->value, BYTES("x"));
    az_id3_list_destroy(&list);
}

/* ---- text ---- */

static void texts_of_every_encoding_come_out_as_utf8(void **state)
{
    static const struct {
        const char *what;
        az_span body, text;
    } cases[] = {
        {"Latin-1", {(const uint8_t *)"\0caf\xe9", 5}, {(const uint8_t *)"caf\xc3\xa9", 5}},
        {"little", {(const uint8_t *)"\1\xff\xfe\x42\x30", 5}, {(const uint8_t *)"\xe3\x81\x82", 3}},
        {"big", {(const uint8_t *)"\1\xfe\xff\x30\x42", 5}, {(const uint8_t *)"\xe3\x81\x82", 3}},
        {"no mark, little", {(const uint8_t *)"\1H\0i\0", 5}, {(const uint8_t *)"Hi", 2}},
        {"no mark, big", {(const uint8_t *)"\1\0H\0i", 5}, {(const uint8_t *)"Hi", 2}},
        {"no mark, no sign", {(const uint8_t *)"\1\x30\x42", 3}, {(const uint8_t *)"\xe3\x81\x82", 3}},
        {"UTF-16BE", {(const uint8_t *)"\2\x30\x42", 3}, {(const uint8_t *)"\xe3\x81\x82", 3}},
        {"UTF-16BE, mark", {(const uint8_t *)"\2\xfe\xff\x30\x42", 5}, {(const uint8_t *)"\xe3\x81\x82", 3}},
        {"pair", {(const uint8_t *)"\2\xd8\x3d\xde\x00", 5}, {(const uint8_t *)"\xf0\x9f\x98\x80", 4}},
        {"UTF-8", {(const uint8_t *)"\3\xe3\x81\x82", 4}, {(const uint8_t *)"\xe3\x81\x82", 3}},
        {"UTF-8, mark", {(const uint8_t *)"\3\xef\xbb\xbfx", 5}, {(const uint8_t *)"x", 1}},
        {"empty", {(const uint8_t *)"\1", 1}, {NULL, 0}},
        {"mark only", {(const uint8_t *)"\1\xff\xfe\0\0", 5}, {NULL, 0}},
    };
    (void)state;
    for (size_t i = 0; i < AZ_COUNT(cases); i++) {
        print_message("  %s\n", cases[i].what);
        const az_id3_frame *frame = read_one(4, "TIT2", cases[i].body);
        assert_int_equal(frame->kind, AZ_ID3_TEXT);
        assert_span(frame->value, cases[i].text);
    }
}

static void wrong_sequences_are_replaced(void **state)
{
    static const struct {
        const char *what;
        az_span body, text;
    } cases[] = {
        {"lone continuation", {(const uint8_t *)"\3a\x80z", 4}, {(const uint8_t *)"a\xef\xbf\xbdz", 5}},
        {"overlong", {(const uint8_t *)"\3\xc0\xaf", 3}, {(const uint8_t *)"\xef\xbf\xbd\xef\xbf\xbd", 6}},
        {"cut", {(const uint8_t *)"\3\xe3\x81", 3}, {(const uint8_t *)"\xef\xbf\xbd", 3}},
        {"surrogate",
         {(const uint8_t *)"\3\xed\xa0\x80", 4},
         {(const uint8_t *)"\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd", 9}},
        {"past the end",
         {(const uint8_t *)"\3\xf4\x90z", 4},
         {(const uint8_t *)"\xef\xbf\xbd\xef\xbf\xbdz", 7}},
        {"lone high", {(const uint8_t *)"\2\xd8\x3d\0x", 5}, {(const uint8_t *)"\xef\xbf\xbdx", 4}},
        {"lone low", {(const uint8_t *)"\2\xde\0\0x", 5}, {(const uint8_t *)"\xef\xbf\xbdx", 4}},
        {"high at the end", {(const uint8_t *)"\2\0x\xd8\x3d", 5}, {(const uint8_t *)"x\xef\xbf\xbd", 4}},
        {"odd size", {(const uint8_t *)"\2\0x\x30", 4}, {(const uint8_t *)"x\xef\xbf\xbd", 4}},
    };
    (void)state;
    for (size_t i = 0; i < AZ_COUNT(cases); i++) {
        print_message("  %s\n", cases[i].what);
        assert_span(read_one(4, "TIT2", cases[i].body)->value, cases[i].text);
    }
}

static void several_values_are_kept_in_24_only(void **state)
{
    (void)state;
    assert_span(read_one(4, "TPE1", BYTES("\3a\0b\0\0"))->value, BYTES("a\0b"));
    assert_span(read_one(3, "TPE1", BYTES("\0a\0b\0"))->value, BYTES("a"));
    assert_span(read_one(2, "TP1", BYTES("\0a\0b\0"))->value, BYTES("a"));
    /* each value of UTF-16 has a mark of its own, or takes over the order of the one before */
    az_span mixed = BYTES("\1\xff\xfe"
                          "a\0\0\0\xfe\xff\0b\0\0\0c");
    assert_span(read_one(4, "TPE1", mixed)->value, BYTES("a\0b\0c"));
    assert_span(read_one(4, "TXXX",
                         BYTES("\1\xff\xfe"
                               "d\0\0\0\x42\x30"))
                    ->value,
                BYTES("\xe3\x81\x82"));
}

/* ---- versions ---- */

static void frames_of_22_have_the_names_of_23(void **state)
{
    (void)state;
    assert_string_equal(read_one(2, "TT2", BYTES("\0t"))->id, "TIT2");
    assert_string_equal(read_one(2, "TXX", BYTES("\0d\0v"))->id, "TXXX");
    assert_int_equal(read_one(2, "TXX", BYTES("\0d\0v"))->kind, AZ_ID3_TXXX);
    assert_string_equal(read_one(2, "ULT", BYTES("\0eng\0v"))->id, "USLT");
    assert_string_equal(read_one(2, "CRM", BYTES("x"))->id, "CRM");
    assert_int_equal(read_one(2, "CRM", BYTES("x"))->version, 2);
    assert_string_equal(read_one(3, "TS2\0", BYTES("\0x"))->id, "TSO2");
}

static void a_compressed_22_tag_and_a_later_major_version_are_ignored(void **state)
{
    (void)state;
    for (int i = 0; i < 2; i++) {
        writer w = {0};
        tag_begin(&w, i ? 5 : 2, i ? 0 : 0x40);
        put_frame(&w, "TIT2", 0, BYTES("\0x"));
        tag_end(&w);
        tag_begin(&w, 4, 0);
        put_frame(&w, "TIT2", 0, BYTES("\0read"));
        az_id3_list *list = parse_tag(&w);
        assert_int_equal(az_id3_count(list), 1);
        assert_span(az_id3_at(list, 0)->value, BYTES("read"));
        assert_true(az_id3_is_damaged(list));
        assert_int_equal(az_id3_size_used(list), w.size);
        az_id3_list_destroy(&list);
    }
}

static void unsynchronisation_of_a_23_tag_is_undone_before_its_sizes_count(void **state)
{
    (void)state;
    writer w = {0};
    tag_begin(&w, 3, 0x80);
    put_frame_sized(&w, "PRIV", 0, 6, BYTES("o\0\xff\0\xe0\xff\0\0")); /* o, NUL, FF E0 FF 00 */
    put_frame_sized(&w, "TIT2", 0, 5,
                    BYTES("\1\xff\0\xfe"
                          "x\0"));
    az_id3_list *list = parse_tag(&w);
    assert_int_equal(az_id3_count(list), 2);
    assert_span(az_id3_at(list, 0)->value, BYTES("\xff\xe0\xff\0"));
    assert_int_equal(az_id3_at(list, 0)->flags, AZ_ID3_UNSYNCHRONISED);
    assert_span(az_id3_at(list, 1)->value, BYTES("x"));
    assert_false(az_id3_is_damaged(list));
    az_id3_list_destroy(&list);
}

static void unsynchronisation_of_24_frames_is_undone_frame_by_frame(void **state)
{
    (void)state;
    for (int by_tag = 0; by_tag < 2; by_tag++) {
        writer w = {0};
        tag_begin(&w, 4, by_tag ? 0x80 : 0);
        put_frame(&w, "PRIV", by_tag ? 0 : 0x02, BYTES("o\0\xff\0\xe0"));
        put_frame(&w, "TIT2", 0, BYTES("\0x"));
        az_id3_list *list = parse_tag(&w);
        assert_int_equal(az_id3_count(list), 2);
        assert_span(az_id3_at(list, 0)->value, BYTES("\xff\xe0"));
        assert_true(az_id3_at(list, 0)->flags & AZ_ID3_UNSYNCHRONISED);
        az_id3_list_destroy(&list);
    }
}

static void a_false_unsynchronisation_flag_changes_nothing(void **state)
{
    (void)state;
    for (uint8_t version = 3; version <= 4; version++) {
        writer w = {0};
        tag_begin(&w, version, 0x80);
        put_frame(&w, "PRIV", 0, BYTES("o\0\xff\xfe\xff\0"));
        az_id3_list *list = parse_tag(&w);
        assert_int_equal(az_id3_count(list), 1);
        assert_span(az_id3_at(list, 0)->value, BYTES("\xff\xfe\xff\0"));
        assert_int_equal(az_id3_at(list, 0)->flags, 0);
        az_id3_list_destroy(&list);
    }
}

static void extended_headers_are_skipped_however_their_size_is_written(void **state)
{
    static const struct {
        uint8_t version;
        const char *bytes;
        size_t size;
    } headers[] = {
        {3, "\0\0\0\6\0\0\0\0\0\0", 10},             /* 2.3, 3.2: without itself */
        {3, "\0\0\0\x0a\x80\0\0\0\0\0\1\2\3\4", 14}, /* with a CRC */
        {3, "\0\0\0\x0a\x80\0\0\0\0\0CRC4", 14},     /* whose CRC could be a frame id */
        {3, "\0\0\0\x0a\0\0\0\0\0\0", 10},           /* with itself, by mistake */
        {4, "\0\0\0\6\1\0", 6},                      /* 2.4, 3.2: with itself */
        {4, "\0\0\0\x0c\1\x20\5\1\2\3\4\5", 12},
        {4, "\0\0\0\6\1\0\0\0\0\0", 10}, /* without itself, by mistake */
    };
    (void)state;
    for (size_t i = 0; i < AZ_COUNT(headers); i++) {
        writer w = {0};
        tag_begin(&w, headers[i].version, 0x40);
        put(&w, az_span_make(headers[i].bytes, headers[i].size));
        put_frame(&w, "TIT2", 0, BYTES("\0x"));
        az_id3_list *list = parse_tag(&w);
        assert_int_equal(az_id3_count(list), 1);
        az_id3_list_destroy(&list);
    }
}

static void an_extended_header_past_the_tag_gives_no_frames(void **state)
{
    (void)state;
    writer w = {0};
    tag_begin(&w, 4, 0x40);
    put(&w, BYTES("\0\0\x7f\x7f\1\0"));
    put_frame(&w, "TIT2", 0, BYTES("\0x"));
    az_id3_list *list = parse_tag(&w);
    assert_int_equal(az_id3_count(list), 0);
    assert_true(az_id3_is_damaged(list));
    az_id3_list_destroy(&list);
}

static void format_flags_are_reported_and_their_bytes_taken_off(void **state)
{
    static const struct {
        uint8_t version, format;
        const char *body;
        size_t size;
        unsigned flags;
        az_id3_kind kind;
        const char *value;
    } cases[] = {
        {4, 0x01, "\0\0\0\2\0x", 6, 0, AZ_ID3_TEXT, "x"},
        {4, 0x40, "g\0x", 3, AZ_ID3_GROUPED, AZ_ID3_TEXT, "x"},
        {4, 0x09, "\0\0\0\2zip", 7, AZ_ID3_COMPRESSED, AZ_ID3_RAW, "zip"},
        {4, 0x04, "msecret", 7, AZ_ID3_ENCRYPTED, AZ_ID3_RAW, "secret"},
        {4, 0x4d, "gm\0\0\0\2zip", 9, AZ_ID3_COMPRESSED | AZ_ID3_ENCRYPTED | AZ_ID3_GROUPED, AZ_ID3_RAW,
         "zip"},
        {3, 0x20, "g\0x", 3, AZ_ID3_GROUPED, AZ_ID3_TEXT, "x"},
        {3, 0x80, "\0\0\0\2zip", 7, AZ_ID3_COMPRESSED, AZ_ID3_RAW, "zip"},
        {3, 0xe0, "\0\0\0\2mgzip", 9, AZ_ID3_COMPRESSED | AZ_ID3_ENCRYPTED | AZ_ID3_GROUPED, AZ_ID3_RAW,
         "zip"},
        {4, 0x01, "\0x", 2, 0, AZ_ID3_TEXT, "x"}, /* flagged, but not there */
    };
    (void)state;
    for (size_t i = 0; i < AZ_COUNT(cases); i++) {
        writer w = {0};
        tag_begin(&w, cases[i].version, 0);
        put_frame(&w, "TIT2", cases[i].format, az_span_make(cases[i].body, cases[i].size));
        az_id3_list *list = parse_tag(&w);
        assert_int_equal(az_id3_count(list), 1);
        const az_id3_frame *frame = az_id3_at(list, 0);
        assert_int_equal(frame->flags, cases[i].flags);
        assert_int_equal(frame->kind, cases[i].kind);
        assert_span(frame->value, az_span_str(cases[i].value));
        az_id3_list_destroy(&list);
    }
}

/* ---- sizes ---- */

static az_id3_list *parse_large(writer *w, bool plain_sizes, size_t padding)
{
    static uint8_t body[1000]; /* "o", NUL, bytes that are no frame id */
    memset(body, 'x', sizeof(body));
    body[0] = 'o';
    body[1] = 0;
    tag_begin(w, 4, 0);
    put_frame(w, "TIT2", 0, BYTES("\0t"));
    put_frame_sized(w, "PRIV", 0, plain_sizes ? 1000 : synchsafe(1000), az_span_make(body, 1000));
    put_frame_sized(w, "PRIV", 0, plain_sizes ? 257 : synchsafe(257), az_span_make(body, 257));
    for (size_t i = 0; i < padding; i++)
        put(w, BYTES("\0"));
    return parse_tag(w);
}

static void plain_sizes_of_old_24_encoders_are_recognised(void **state)
{
    (void)state;
    for (int i = 0; i < 4; i++) {
        writer w = {0};
        bool plain = i & 1;
        az_id3_list *list = parse_large(&w, plain, i & 2 ? 300 : 0);
        assert_int_equal(az_id3_count(list), 3);
        assert_int_equal(az_id3_at(list, 1)->value.size, 998);
        assert_int_equal(az_id3_at(list, 2)->value.size, 255);
        assert_int_equal(az_id3_at(list, 2)->flags, plain ? AZ_ID3_PLAIN_SIZES : 0);
        assert_false(az_id3_is_damaged(list));
        az_id3_list_destroy(&list);
    }
}

static void garbage_behind_the_frames_does_not_change_how_sizes_are_read(void **state)
{
    (void)state;
    for (int plain = 0; plain < 2; plain++) {
        writer w = {0};
        az_id3_list *list = parse_large(&w, plain, 0);
        az_id3_list_destroy(&list);
        put(&w, BYTES("garbage behind the last frame"));
        list = parse_tag(&w);
        assert_int_equal(az_id3_count(list), 3);
        assert_int_equal(az_id3_at(list, 2)->value.size, 255);
        assert_true(az_id3_is_damaged(list));
        az_id3_list_destroy(&list);
    }
}

static void frames_past_the_end_of_the_tag_end_it(void **state)
{
    (void)state;
    writer w = {0};
    tag_begin(&w, 3, 0);
    put_frame(&w, "TIT2", 0, BYTES("\0kept"));
    put_frame_sized(&w, "PRIV", 0, 0xffffffff, BYTES("o\0lost"));
    az_id3_list *list = parse_tag(&w);
    assert_int_equal(az_id3_count(list), 1);
    assert_span(az_id3_at(list, 0)->value, BYTES("kept"));
    assert_true(az_id3_is_damaged(list));
    assert_int_equal(az_id3_size_used(list), w.size);
    az_id3_list_destroy(&list);
}

/* ---- tags ---- */

static void several_tags_footers_and_padding_are_passed(void **state)
{
    (void)state;
    writer w = {0};
    tag_begin(&w, 4, 0x10);
    put_frame(&w, "TIT2", 0, BYTES("\0one"));
    tag_end(&w);
    put(&w, BYTES("3DI\4\0\x10\0\0\0\x0e"));
    tag_begin(&w, 3, 0);
    put_frame(&w, "TIT2", 0, BYTES("\0two"));
    put(&w, BYTES("\0\0\0\0\0\0\0\0\0\0\0\0"));
    tag_end(&w);
    tag_begin(&w, 2, 0);
    put_frame_22(&w, "TT2", BYTES("\0three"));
    tag_end(&w);
    size_t tags = w.size;
    put(&w, BYTES("\xff\xf1 audio"));
    az_id3_list *list = parse(az_span_make(w.bytes, w.size));
    assert_int_equal(az_id3_count(list), 3);
    assert_span(az_id3_at(list, 0)->value, BYTES("one"));
    assert_span(az_id3_at(list, 1)->value, BYTES("two"));
    assert_span(az_id3_at(list, 2)->value, BYTES("three"));
    assert_int_equal(az_id3_size_used(list), tags);
    assert_false(az_id3_is_damaged(list));
    az_id3_list_destroy(&list);
}

static void frames_of_one_kind_all_come_out_in_order(void **state)
{
    (void)state;
    writer w = {0};
    tag_begin(&w, 4, 0);
    put_frame(&w, "PRIV", 0, BYTES("o\0a"));
    put_frame(&w, "PRIV", 0, BYTES("o\0a"));
    put_frame(&w, "PRIV", 0, BYTES("o\0b"));
    az_id3_list *list = parse_tag(&w);
    assert_int_equal(az_id3_count(list), 3);
    assert_span(az_id3_at(list, 1)->value, BYTES("a"));
    assert_span(az_id3_at(list, 2)->value, BYTES("b"));
    az_id3_list_destroy(&list);
}

static void what_is_no_tag_is_refused(void **state)
{
    static const struct {
        const char *bytes;
        size_t size;
    } bad[] = {
        {"", 0},
        {"ID3", 3},
        {"ID3\4\0\0\0\0\0", 9},
        {"ID4\4\0\0\0\0\0\0", 10},
        {"ID3\xff\0\0\0\0\0\0", 10},
        {"ID3\4\xff\0\0\0\0\0", 10},
        {"ID3\4\0\0\x80\0\0\0", 10},
        {"ID3\4\0\0\0\0\0\xff", 10},
        {"\0ID3\4\0\0\0\0\0\0", 11},
    };
    (void)state;
    for (size_t i = 0; i < AZ_COUNT(bad); i++) {
        az_id3_list *list = NULL;
        az_span bytes = az_span_make(bad[i].bytes, bad[i].size);
        assert_int_equal(az_id3_parse(&list, bytes), AIZU_E_METADATA);
        assert_null(list);
        assert_int_equal(az_id3_tag_size(bytes), 0);
    }
}

static void a_tag_says_how_many_bytes_it_needs(void **state)
{
    (void)state;
    assert_int_equal(az_id3_tag_size(BYTES("ID3\4\0\0\0\0\1\0")), 138);
    assert_int_equal(az_id3_tag_size(BYTES("ID3\4\0\x10\0\0\1\0")), 148);
    assert_int_equal(az_id3_tag_size(BYTES("ID3\3\0\x10\0\0\1\0")), 138);
}

static void limits_hold(void **state)
{
    (void)state;
    az_id3_list *list = NULL;
    assert_int_equal(az_id3_parse(&list, BYTES("ID3\4\0\0\0\x40\0\1")), AIZU_E_LIMIT);
    assert_null(list);
    assert_int_equal(az_id3_parse(&list, BYTES("ID3\4\0\0\0\x40\0\0")), AIZU_OK);
    az_id3_list_destroy(&list);
    for (size_t extra = 0; extra < 2; extra++) {
        size_t count = AZ_ID3_FRAMES_MAX + extra, size = 10 + count * 7;
        uint8_t *bytes = calloc(1, size);
        assert_non_null(bytes);
        memcpy(bytes, "ID3\2", 4);
        bytes[7] = (uint8_t)((size - 10) >> 14);
        bytes[8] = (uint8_t)((size - 10) >> 7 & 0x7f);
        bytes[9] = (uint8_t)((size - 10) & 0x7f);
        for (size_t i = 0; i < count; i++)
            memcpy(bytes + 10 + i * 7, "CNT\0\0\1", 7);
        assert_int_equal(az_id3_parse(&list, az_span_make(bytes, size)), extra ? AIZU_E_LIMIT : AIZU_OK);
        if (!extra)
            assert_int_equal(az_id3_count(list), AZ_ID3_FRAMES_MAX);
        az_id3_list_destroy(&list);
        free(bytes);
    }
}

/* ---- truncation ---- */

static void assert_same_frame(const az_id3_frame *a, const az_id3_frame *b)
{
    assert_string_equal(a->id, b->id);
    assert_int_equal(a->kind, b->kind);
    assert_span(a->owner, b->owner);
    assert_span(a->value, b->value);
}

/* Any first part of the bytes gives the first frames, and no others. Each part is a copy of its own, so that
 * a sanitizer sees reads past it. */
static void assert_prefixes(const writer *w)
{
    az_id3_list *whole = parse(az_span_make(w->bytes, w->size));
    for (size_t size = 0; size < w->size; size++) {
        uint8_t *copy = malloc(size ? size : 1);
        assert_non_null(copy);
        memcpy(copy, w->bytes, size);
        az_id3_list *part = NULL;
        aizu_result result = az_id3_parse(&part, az_span_make(copy, size));
        assert_int_equal(result, size < 10 ? AIZU_E_METADATA : AIZU_OK);
        if (part) {
            assert_true(az_id3_count(part) <= az_id3_count(whole));
            for (size_t i = 0; i < az_id3_count(part); i++)
                assert_same_frame(az_id3_at(part, i), az_id3_at(whole, i));
            assert_true(az_id3_size_used(part) <= size);
        }
        az_id3_list_destroy(&part);
        free(copy);
    }
    az_id3_list_destroy(&whole);
}

static void a_cut_tag_gives_its_whole_frames_and_invents_none(void **state)
{
    (void)state;
    for (int plain = 0; plain < 2; plain++) {
        writer w = {0};
        az_id3_list *list = parse_large(&w, plain, 20);
        az_id3_list_destroy(&list);
        assert_prefixes(&w);
    }
    writer w = {0};
    tag_begin(&w, 3, 0xc0);
    put(&w, BYTES("\0\0\0\6\0\0\0\0\0\0"));
    put_frame_sized(&w, "TIT2", 0, 5,
                    BYTES("\1\xff\0\xfe"
                          "x\0"));
    put_frame(&w, "COMM", 0, BYTES("\0engd\0text"));
    tag_end(&w);
    tag_begin(&w, 4, 0x50);
    put(&w, BYTES("\0\0\0\6\1\0"));
    put_frame(&w, "TXXX", 0x03, BYTES("\0\0\0\5\3d\0\xff\0x"));
    put_frame(&w, "APIC", 0x40, BYTES("g\0image/png\0\3d\0bytes"));
    tag_end(&w);
    put(&w, BYTES("3DI\4\0\x50\0\0\0\0"));
    assert_prefixes(&w);
}

static void a_size_that_nothing_behind_it_confirms_is_not_believed(void **state)
{
    (void)state;
    writer w = {0};
    uint8_t body[257]; /* 129 bytes, read as synchsafe */
    memset(body, 'x', sizeof(body));
    body[1] = 0;
    tag_begin(&w, 4, 0);
    put_frame_sized(&w, "PRIV", 0, 257, az_span_make(body, sizeof(body)));
    tag_end(&w);
    assert_prefixes(&w);
}

static void a_cut_tag_is_reported(void **state)
{
    (void)state;
    writer w = {0};
    tag_begin(&w, 4, 0);
    put_frame(&w, "TIT2", 0, BYTES("\0one"));
    put_frame(&w, "TPE1", 0, BYTES("\0two"));
    tag_end(&w);
    az_id3_list *list = parse(az_span_make(w.bytes, w.size - 1));
    assert_int_equal(az_id3_count(list), 1);
    assert_span(az_id3_at(list, 0)->value, BYTES("one"));
    assert_true(az_id3_is_damaged(list));
    assert_int_equal(az_id3_size_used(list), w.size - 1);
    az_id3_list_destroy(&list);
    list = parse(az_span_make(w.bytes, 24)); /* between the frames */
    assert_int_equal(az_id3_count(list), 1);
    assert_true(az_id3_is_damaged(list));
    az_id3_list_destroy(&list);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(priv_gives_owner_and_bytes),
        cmocka_unit_test(ufid_gives_owner_and_identifier),
        cmocka_unit_test(txxx_gives_description_and_value),
        cmocka_unit_test(urls_are_latin1_without_an_encoding_byte),
        cmocka_unit_test(owners_in_utf8_stay_as_they_are),
        cmocka_unit_test(comments_give_language_description_and_text),
        cmocka_unit_test(objects_give_mime_type_file_name_description_and_bytes),
        cmocka_unit_test(pictures_give_type_description_and_bytes),
        cmocka_unit_test(unknown_frames_stay_raw),
        cmocka_unit_test(fields_that_cannot_be_read_leave_the_frame_raw),
        cmocka_unit_test(a_frame_without_a_body_keeps_its_kind),
        cmocka_unit_test(texts_of_every_encoding_come_out_as_utf8),
        cmocka_unit_test(wrong_sequences_are_replaced),
        cmocka_unit_test(several_values_are_kept_in_24_only),
        cmocka_unit_test(frames_of_22_have_the_names_of_23),
        cmocka_unit_test(a_compressed_22_tag_and_a_later_major_version_are_ignored),
        cmocka_unit_test(unsynchronisation_of_a_23_tag_is_undone_before_its_sizes_count),
        cmocka_unit_test(unsynchronisation_of_24_frames_is_undone_frame_by_frame),
        cmocka_unit_test(a_false_unsynchronisation_flag_changes_nothing),
        cmocka_unit_test(extended_headers_are_skipped_however_their_size_is_written),
        cmocka_unit_test(an_extended_header_past_the_tag_gives_no_frames),
        cmocka_unit_test(format_flags_are_reported_and_their_bytes_taken_off),
        cmocka_unit_test(plain_sizes_of_old_24_encoders_are_recognised),
        cmocka_unit_test(garbage_behind_the_frames_does_not_change_how_sizes_are_read),
        cmocka_unit_test(frames_past_the_end_of_the_tag_end_it),
        cmocka_unit_test(several_tags_footers_and_padding_are_passed),
        cmocka_unit_test(frames_of_one_kind_all_come_out_in_order),
        cmocka_unit_test(what_is_no_tag_is_refused),
        cmocka_unit_test(a_tag_says_how_many_bytes_it_needs),
        cmocka_unit_test(limits_hold),
        cmocka_unit_test(a_cut_tag_gives_its_whole_frames_and_invents_none),
        cmocka_unit_test(a_size_that_nothing_behind_it_confirms_is_not_believed),
        cmocka_unit_test(a_cut_tag_is_reported),
    };
    return cmocka_run_group_tests_name("id3", tests, NULL, release);
}
