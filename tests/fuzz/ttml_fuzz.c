/*
 * TTML of arbitrary bytes: cues come by begin, end after they begin, and are well-formed cue text.
 */
#include <stdlib.h>
#include <string.h>

#include "base/utf8.h"
#include "host/xml/ttml.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool is_true)
{
    if (!is_true)
        abort();
}

static void on_cue(void *user, const az_ttml_cue *cue)
{
    int64_t *last = user;
    require(cue->begin >= *last && cue->end > cue->begin && cue->text.size > 0);
    require(az_utf8_clean(NULL, 0, cue->text) == cue->text.size);
    require(az_utf8_clean(NULL, 0, cue->settings) == cue->settings.size);
    *last = cue->begin;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size > (1 << 20))
        return 0;
    int64_t last = 0;
    aizu_result result = az_xml_ttml_parse(az_span_make(data, size), on_cue, &last);
    require(result == AIZU_OK || result == AIZU_E_MEDIA || result == AIZU_E_LIMIT ||
            result == AIZU_E_UNSUPPORTED);
    return 0;
}
