/*
 * Real ID3 tags against what mux.js and cml-id3 make of them: corpus/id3, packed audio that begins with a
 * tag, and the tags that mux.js found in TS files. Then each tag is cut at every byte.
 *
 * A witness that reads less or otherwise than the specification says stands in `deviations` with the reason
 * and with what the file holds; a row that is no longer needed fails the test.
 */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "cue/id3.h"

#define FILE_SIZE_MAX ((size_t)4 << 20)

typedef enum witness {
    MUX = 1,
    CML = 2,
} witness;

static const char *const witness_keys[] = {NULL, "mux.js", "@svta/cml-id3"};

typedef struct deviation {
    const char *file; /* how its name ends */
    unsigned witnesses;
    const char *reason;
    const char *frames; /* as listing() writes them */
} deviation;

#define BEAR_FRAMES                                                                                         \
    "TIT2=Test title|TPE1=Test Artist|TALB=Test Album|TXXX=Test user info|COMM=Test comment|WXXX=Test URL|" \
    "TSSE=Lavf58.29.100|MLLT|PRIV|UNKN|GEOB|CHAP|CHAP|CTOC|APIC|TCON="

static const deviation deviations[] = {
    {"mp3__bear-id3.mp3.id3", MUX | CML,
     "2.3 frame sizes are plain (2.3, 3.3), read as synchsafe from APIC on", BEAR_FRAMES "Gorpcore"},
    {"mp3__bear-id3.mp3", MUX | CML, "the same", BEAR_FRAMES "Gorpcore"},
    {"mp3__bear-id3-numeric-genre.mp3", MUX | CML, "the same", BEAR_FRAMES "9"},
    {"data__005411.id3", MUX | CML, "an old encoder: APIC's size 00 00 8c ea can't be synchsafe (2.4, 6.2)",
     "WCOM=http://www.amazon.com/ex|COMM=|APIC|TIT2=Sunshine Superman|TPE1=Donovan|TALB=Sunshine "
     "Superman|TRCK=1|"
     "TDRC=1966|TCON=(80)"},
    {"data__broken-tenc.id3", CML, "frames of one or two bytes are dropped; 2.4, 4 asks for one at least",
     "TENC=|WXXX=|TCOP=|TOPE=|COMM= 0000036C 000003E6 00000|TCMP=1|TIT2=Take On Me|TPE1=A "
     "Ha|TALB=1985|TRCK=1|"
     "TDRC=1985|TCON=80s"},
    {"data__duplicate_id3v2.mp3.id3", CML, "throws an exception (Invalid DataView length -1)",
     "TALB=AlbumXXXX|TPE1=ArtistXXXX|TIT2=TitleXXXX|PRIV|PRIV|PRIV|PRIV|PRIV|PRIV|PRIV"},
    {"data__extended-header.mp3.id3", MUX | CML,
     "the size of a 2.4 extended header counts itself (2.4, 3.2): 12 bytes, not 16 or 22",
     "TDOR=2013|TDRC=2013|TCON=Folk/Power Metal|TIT2=Druids|TPE1=Excelsis|TALB=Vo Chrieger U Drache|TRCK=03"},
    {"data__id3v22-tda.mp3.id3", MUX | CML, "2.2 frame headers have six bytes (2.2, 3.2)",
     "TDAT=0304|TRCK=1|TYER=2010"},
    {"data__itunes10.mp3.id3", MUX | CML, "the same",
     "TIT2=iTunes10MP3|TPE1=Artist|TPE2=Album "
     "Artist|TCOM=Composer|TALB=Album|TIT1=Grouping|TRCK=1/10|TPOS=1/2|"
     "TYER=2011|TBPM=180|TCON=Heavy Metal|COMM=Comments|TCMP=1|USLT=Lyrics|APIC|RVAD|COMM=1|TIT3=Description|"
     "TSOT=Sort Name|TSOA=Sort Album|TSOP=Sort Artist|TSO2=Sort Album Artist|TSOC=Sort Composer"},
    {"assets__id3-metadata.ts", MUX, "stops at a frame without a body; the frames behind it are whole",
     "TIT2=Sam sobie jade - ADM & B|WOAF=|TENC=Z/IPStream X/2 v1.24.12"},
    {"assets__id3-metadata.ts", MUX, "the same",
     "TIT2=FUKAJ SWEEPER - Imanbek|WOAF=|TENC=Z/IPStream X/2 v1.24.12"},
    {"data__unsynch.id3", MUX | CML, "unsynchronisation is not undone (2.3, 5), so the sizes lead astray",
     "TIT2=My babe just cares for m|TPE1=Nina Simone|TALB=100% Jazz|TRCK=03|TLEN=216000"},
};

static bool deviation_used[AZ_COUNT(deviations)];

static struct {
    int files, frames, agreements, deviations, cuts, failures;
} counts;

static void fail(const char *file, const char *what, const char *detail)
{
    printf("FAILED %s: %s%s%s\n", file, what, detail ? ": " : "", detail ? detail : "");
    counts.failures++;
}

/* ---- comparing ---- */

static az_span json_span(const json_t *object, const char *key)
{
    const json_t *text = json_object_get(object, key);
    return az_span_make(json_string_value(text), json_string_length(text));
}

static unsigned hex_digit(uint8_t c)
{
    return c <= '9' ? c - '0' : (c | 0x20) - 'a' + 10;
}

/* Into memory of the caller's; the bytes are half as many as the digits. */
static az_span from_hex(az_span hex, uint8_t *out)
{
    for (size_t i = 0; i + 1 < hex.size; i += 2)
        out[i / 2] = (uint8_t)(hex_digit(hex.data[i]) << 4 | hex_digit(hex.data[i + 1]));
    return az_span_make(out, hex.size / 2);
}

/* `data` has all digits ("hex") or, of what is long, the first ones ("hexStart") and the size. */
static bool hex_equal(const json_t *data, az_span bytes)
{
    bool is_whole = json_object_get(data, "hex");
    az_span hex = json_span(data, is_whole ? "hex" : "hexStart");
    if (!hex.data || json_integer_value(json_object_get(data, "bytes")) != (json_int_t)bytes.size)
        return false;
    uint8_t *out = malloc(hex.size / 2 + 1);
    bool is_equal = out && az_span_equal(from_hex(hex, out), az_span_sub(bytes, 0, hex.size / 2));
    free(out);
    return is_equal;
}

/* The body as carried ends with the value as read, terminators aside. */
static bool hex_ends_with(const json_t *data, az_span value)
{
    az_span hex = json_span(data, "hex");
    uint8_t *out = malloc(hex.size / 2 + 1);
    if (!out)
        return false;
    az_span body = from_hex(hex, out);
    bool is_end = false;
    for (; !is_end && body.size >= value.size; body.size--) {
        is_end = az_span_equal(az_span_sub(body, body.size - value.size, value.size), value);
        if (body.size == 0 || body.data[body.size - 1] != 0)
            break;
    }
    free(out);
    return is_end;
}

/* Both witnesses drop the NULs between values. */
static bool text_equal(az_span theirs, az_span ours)
{
    size_t i = 0;
    for (size_t k = 0; k < ours.size; k++) {
        if (ours.data[k] == 0)
            continue;
        while (i < theirs.size && theirs.data[i] == 0)
            i++;
        if (i == theirs.size || theirs.data[i++] != ours.data[k])
            return false;
    }
    while (i < theirs.size && theirs.data[i] == 0)
        i++;
    return i == theirs.size;
}

static bool picture_equal(const json_t *theirs, const az_id3_frame *ours)
{
    return az_span_equal(json_span(theirs, "description"), ours->owner) &&
           az_span_equal(json_span(theirs, "mimeType"), ours->mime_type) &&
           json_integer_value(json_object_get(theirs, "pictureType")) == ours->picture_type;
}

static bool is_wide(const az_id3_frame *frame)
{
    return frame->text_encoding == 1 || frame->text_encoding == 2;
}

/* mux.js gives the body as carried, but PRIV without its owner; and texts if they are UTF-8. */
static bool mux_equal(const json_t *theirs, const az_id3_frame *ours)
{
    const json_t *data = json_object_get(theirs, "data");
    if (!az_span_equal_str(json_span(theirs, "id"), ours->id))
        return false;
    switch (ours->kind) {
    case AZ_ID3_PRIV:
        return az_span_equal(json_span(theirs, "owner"), ours->owner) && hex_equal(data, ours->value);
    case AZ_ID3_RAW:
        return hex_equal(data, ours->value);
    case AZ_ID3_APIC:
        if (!picture_equal(theirs, ours))
            return false;
        break;
    case AZ_ID3_TEXT:
    case AZ_ID3_TXXX:
        if (json_object_get(theirs, "value") && !text_equal(json_span(theirs, "value"), ours->value))
            return false;
        break;
    case AZ_ID3_URL:
    case AZ_ID3_WXXX:
    case AZ_ID3_COMM:
    case AZ_ID3_GEOB:
    case AZ_ID3_UFID:
        break;
    }
    if (json_is_string(data))
        return text_equal(json_span(theirs, "data"), ours->value);
    return !json_object_get(data, "hex") || ours->value.size == 0 || is_wide(ours) ||
           hex_ends_with(data, ours->value);
}

/* cml-id3 takes every text for UTF-8 and what it does not know for a text without its first byte. */
static bool cml_equal(const json_t *theirs, const az_id3_frame *ours)
{
    const json_t *data = json_object_get(theirs, "data");
    if (!az_span_equal_str(json_span(theirs, "key"), ours->id))
        return false;
    switch (ours->kind) {
    case AZ_ID3_PRIV:
        return az_span_equal(json_span(theirs, "info"), ours->owner) && hex_equal(data, ours->value);
    case AZ_ID3_APIC:
        return picture_equal(theirs, ours) && hex_equal(data, ours->value);
    case AZ_ID3_TXXX:
    case AZ_ID3_WXXX:
        if (!is_wide(ours) && !text_equal(json_span(theirs, "info"), ours->owner))
            return false;
        return is_wide(ours) || text_equal(json_span(theirs, "data"), ours->value);
    case AZ_ID3_TEXT:
    case AZ_ID3_URL:
        return is_wide(ours) || text_equal(json_span(theirs, "data"), ours->value);
    case AZ_ID3_RAW:
    case AZ_ID3_COMM:
    case AZ_ID3_GEOB:
    case AZ_ID3_UFID:
        break;
    }
    return true;
}

static bool list_equal(witness who, const json_t *frames, const az_id3_list *list)
{
    if (!json_is_array(frames) || json_array_size(frames) != az_id3_count(list))
        return false;
    for (size_t i = 0; i < az_id3_count(list); i++) {
        const json_t *theirs = json_array_get(frames, i);
        const az_id3_frame *ours = az_id3_at(list, i);
        if (!(who == MUX ? mux_equal(theirs, ours) : cml_equal(theirs, ours)))
            return false;
    }
    return true;
}

/* "TIT2=title|PRIV": the ids, and the first bytes of what is text. */
static void listing(const az_id3_list *list, char *out, size_t size)
{
    size_t used = 0;
    out[0] = '\0';
    for (size_t i = 0; i < az_id3_count(list) && used < size; i++) {
        const az_id3_frame *f = az_id3_at(list, i);
        bool is_text = f->kind >= AZ_ID3_TEXT && f->kind <= AZ_ID3_COMM;
        az_span text = az_span_sub(f->value, 0, is_text ? 24 : 0);
        int written = snprintf(out + used, size - used, "%s%s%s%.*s", i ? "|" : "", f->id, is_text ? "=" : "",
                               (int)text.size, text.size ? (const char *)text.data : "");
        used += written > 0 ? (size_t)written : 0;
    }
}

/* The row of that file and witness, the one that lists our frames before others. */
static const deviation *deviation_of(const char *file, unsigned who, const char *ours)
{
    const deviation *found = NULL;
    for (size_t i = 0; i < AZ_COUNT(deviations); i++) {
        size_t size = strlen(deviations[i].file), file_size = strlen(file);
        if (file_size < size || strcmp(file + file_size - size, deviations[i].file) != 0)
            continue;
        if (!(deviations[i].witnesses & who))
            continue;
        bool is_listed = strcmp(deviations[i].frames, ours) == 0;
        deviation_used[i] |= is_listed;
        if (is_listed || !found)
            found = &deviations[i];
    }
    return found;
}

static void compare(const char *file, witness who, const json_t *expected, const az_id3_list *list)
{
    static char ours[65536];
    listing(list, ours, sizeof(ours));
    bool is_equal = list_equal(who, json_object_get(expected, "frames"), list);
    const deviation *known = deviation_of(file, (unsigned)who, ours);
    if (is_equal && !known) {
        counts.agreements++;
    } else if (is_equal) {
        fail(file, "a deviation that is none", witness_keys[who]);
    } else if (!known) {
        fail(file, witness_keys[who], ours);
    } else if (strcmp(ours, known->frames) != 0) {
        fail(file, "not what the deviation says", ours);
    } else {
        counts.deviations++;
    }
}

/* ---- cutting ---- */

static bool frame_same(const az_id3_frame *a, const az_id3_frame *b)
{
    return strcmp(a->id, b->id) == 0 && a->kind == b->kind && az_span_equal(a->owner, b->owner) &&
           az_span_equal(a->value, b->value) && az_span_equal(a->mime_type, b->mime_type);
}

static bool is_first_part(const az_id3_list *part, const az_id3_list *whole)
{
    if (az_id3_count(part) > az_id3_count(whole))
        return false;
    for (size_t i = 0; i < az_id3_count(part); i++)
        if (!frame_same(az_id3_at(part, i), az_id3_at(whole, i)))
            return false;
    return true;
}

/* At every byte of small tags, at some of large ones. */
static void cut(const char *file, az_span bytes, const az_id3_list *whole)
{
    bytes.size = az_id3_size_used(whole);
    size_t step = bytes.size > 16384 ? 97 : 1;
    for (size_t size = 0; size < bytes.size; size += step) {
        uint8_t *copy = malloc(size ? size : 1); /* for a sanitizer to see its end */
        az_id3_list *part = NULL;
        if (!copy)
            abort();
        memcpy(copy, bytes.data, size);
        aizu_result result = az_id3_parse(&part, az_span_make(copy, size));
        if (result != (size < 10 ? AIZU_E_METADATA : AIZU_OK) || (part && !is_first_part(part, whole))) {
            char detail[32];
            snprintf(detail, sizeof(detail), "at byte %zu", size);
            fail(file, "cut", detail);
        }
        az_id3_list_destroy(&part);
        free(copy);
        counts.cuts++;
    }
}

/* ---- files ---- */

static void check_tag(const char *file, az_span bytes, const json_t *expected)
{
    az_id3_list *list = NULL;
    aizu_result result = az_id3_parse(&list, bytes);
    if (result != AIZU_OK) {
        fail(file, "not read", aizu_result_name(result));
        return;
    }
    counts.files++;
    counts.frames += (int)az_id3_count(list);
    if (az_id3_is_damaged(list))
        fail(file, "damaged", NULL);
    for (witness who = MUX; who <= CML; who++)
        compare(file, who, json_object_get(expected, witness_keys[who]), list);
    cut(file, bytes, list);
    az_id3_list_destroy(&list);
}

static uint8_t *read_whole(const char *path, size_t *size)
{
    FILE *file = fopen(path, "rb");
    uint8_t *bytes = malloc(FILE_SIZE_MAX);
    if (file && bytes)
        *size = fread(bytes, 1, FILE_SIZE_MAX, file);
    if (file)
        fclose(file);
    if (file && bytes)
        return bytes;
    free(bytes);
    return NULL;
}

/* Tags that mux.js took out of PES packets, as hexadecimal digits. */
static void check_packets(const char *file, const json_t *packets)
{
    size_t i;
    json_t *packet;
    json_array_foreach(packets, i, packet)
    {
        az_span hex = json_span(packet, "hex");
        uint8_t *bytes = malloc(hex.size / 2 + 1);
        if (!bytes)
            abort();
        check_tag(file, from_hex(hex, bytes), packet);
        free(bytes);
    }
}

static void check_expectation(const char *corpus, const char *path)
{
    json_t *root = json_load_file(path, JSON_ALLOW_NUL, NULL);
    const char *file = json_string_value(json_object_get(root, "file"));
    if (!file) {
        fail(path, "no expectation", NULL);
    } else if (json_object_get(root, "packets")) {
        check_packets(file, json_object_get(root, "packets"));
    } else {
        char name[4096];
        size_t size;
        snprintf(name, sizeof(name), "%s/%s", corpus, file);
        uint8_t *bytes = read_whole(name, &size);
        if (bytes)
            check_tag(file, az_span_make(bytes, size), root);
        else
            fail(file, "cannot be opened", NULL);
        free(bytes);
    }
    json_decref(root);
}

static void check_folder(const char *corpus, const char *folder)
{
    DIR *dir = opendir(folder);
    struct dirent *entry;
    while (dir && (entry = readdir(dir))) {
        char path[4096];
        if (entry->d_name[0] == '.')
            continue;
        snprintf(path, sizeof(path), "%s/%s", folder, entry->d_name);
        check_expectation(corpus, path);
    }
    if (dir)
        closedir(dir);
}

/* The repositories below expect/<kind>. False when there is no such folder. */
static bool check_kind(const char *corpus, const char *kind)
{
    char path[1024];
    snprintf(path, sizeof(path), "%s/expect/%s", corpus, kind);
    DIR *dir = opendir(path);
    struct dirent *entry;
    if (!dir)
        return false;
    while ((entry = readdir(dir))) {
        char folder[2048];
        if (entry->d_name[0] == '.')
            continue;
        snprintf(folder, sizeof(folder), "%s/%s", path, entry->d_name);
        check_folder(corpus, folder);
    }
    closedir(dir);
    return true;
}

int main(int argc, char **argv)
{
    if (argc < 2 || !check_kind(argv[1], "id3")) {
        printf("skipped: no corpus\n");
        return 77;
    }
    (void)check_kind(argv[1], "audio-id3");
    (void)check_kind(argv[1], "timed-id3");
    for (size_t i = 0; i < AZ_COUNT(deviations); i++) {
        printf("deviation %s: %s\n", deviations[i].file, deviations[i].reason);
        if (!deviation_used[i])
            fail(deviations[i].file, "a deviation of no file", NULL);
    }
    printf("%d tags, %d frames; witnesses: %d agree, %d deviate as written down; %d cuts; %d failures\n",
           counts.files, counts.frames, counts.agreements, counts.deviations, counts.cuts, counts.failures);
    return counts.failures ? 1 : 0;
}
