/*
 * Any bytes as ID3 tags: no crash, bounded output, valid UTF-8 in every text, and a cue out of every frame.
 */
#include <stdlib.h>

#include "cue/cue.h"
#include "cue/id3.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(bool condition)
{
    if (!condition)
        abort();
}

/* By the bit patterns of RFC 3629, 3: written apart from the library's own reader. */
static void check_utf8(az_span text)
{
    for (size_t i = 0; i < text.size;) {
        uint32_t first = text.data[i];
        size_t count = first < 0x80       ? 1
                       : first >> 5 == 6  ? 2
                       : first >> 4 == 14 ? 3
                       : first >> 3 == 30 ? 4
                                          : 0;
        check(count > 0 && count <= text.size - i);
        uint32_t code = count == 1 ? first : first & (0x7fu >> count);
        for (size_t k = 1; k < count; k++) {
            check(text.data[i + k] >> 6 == 2);
            code = code << 6 | (text.data[i + k] & 0x3f);
        }
        static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
        check(code >= least[count] && code <= 0x10ffff && (code < 0xd800 || code > 0xdfff));
        i += count;
    }
}

static void check_frame(const az_id3_frame *frame, size_t size)
{
    check_utf8(frame->owner);
    check_utf8(frame->mime_type);
    check_utf8(frame->file_name);
    bool is_text = frame->kind == AZ_ID3_TEXT || frame->kind == AZ_ID3_TXXX || frame->kind == AZ_ID3_URL ||
                   frame->kind == AZ_ID3_WXXX || frame->kind == AZ_ID3_COMM;
    if (is_text)
        check_utf8(frame->value);
    check(frame->value.size <= size * 3);
    check(frame->id[4] == '\0' && frame->language[3] == '\0');
    az_cue_info info;
    az_cue_info_from_id3(&info, frame);
    (void)az_cue_hash(&info);
    (void)az_cue_is_housekeeping(&info);
    az_cue *cue = az_cue_create(&info);
    check(cue || info.data.size > AIZU_CUE_PAYLOAD_MAX || info.key.size > AIZU_CUE_PAYLOAD_MAX);
    az_cue_unref(&cue);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    az_span bytes = az_span_make(data, size);
    size_t needed = az_id3_tag_size(bytes);
    az_id3_list *list = NULL;
    aizu_result result = az_id3_parse(&list, bytes);
    check((result == AIZU_OK) == (list != NULL));
    check((result == AIZU_E_METADATA) == (needed == 0));
    if (!list)
        return 0;
    check(az_id3_size_used(list) <= size);
    check(az_id3_count(list) <= AZ_ID3_FRAMES_MAX);
    for (size_t i = 0; i < az_id3_count(list); i++)
        check_frame(az_id3_at(list, i), size);
    az_id3_list_destroy(&list);
    return 0;
}
