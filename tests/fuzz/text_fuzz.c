/*
 * Cue text and settings of arbitrary bytes: runs are UTF-8 with something in them, the plain text is that of
 * the runs, numbers stay within their bounds.
 */
#include <stdlib.h>
#include <string.h>

#include "base/utf8.h"
#include "cue/text.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool is_true)
{
    if (!is_true)
        abort();
}

static void check_settings(az_span text)
{
    az_text_settings s;
    az_text_settings_parse(&s, text);
    require(s.size >= 0 && s.size <= 100 && s.position <= 100 && (s.position >= 0 || s.position == -1));
    require(s.position_align <= AZ_TEXT_END && s.line_align <= AZ_TEXT_END && s.align <= AZ_TEXT_RIGHT);
    require(s.line >= -1e6 - 1 && s.line <= 1e6 + 1);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size > (1 << 16))
        return 0;
    az_span text = az_span_make(data, size);
    check_settings(text);
    az_text_run *runs;
    size_t count, pos = 0;
    require(az_text_parse(&runs, &count, text) == AIZU_OK);
    require(count <= AZ_TEXT_RUNS_MAX);
    size_t plain_size = az_text_plain(NULL, 0, text);
    char *plain = malloc(plain_size + 1);
    require(plain != NULL);
    require(az_text_plain(plain, plain_size + 1, text) == plain_size && strlen(plain) == plain_size);
    for (size_t i = 0; i < count; i++) {
        size_t length = strlen(runs[i].text);
        require(length > 0 && runs[i].size_percent >= 10 && runs[i].size_percent <= 1000);
        require(az_utf8_clean(NULL, 0, az_span_str(runs[i].text)) == length);
        require(length <= plain_size - pos && memcmp(plain + pos, runs[i].text, length) == 0);
        pos += length;
    }
    require(pos == plain_size || count == AZ_TEXT_RUNS_MAX);
    char small[9];
    (void)az_text_plain(small, sizeof(small), text);
    require(strlen(small) < sizeof(small) && az_utf8_clean(NULL, 0, az_span_str(small)) == strlen(small));
    free(plain);
    az_text_runs_destroy(&runs, count);
    return 0;
}
