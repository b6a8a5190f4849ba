/*
 * Event message boxes out of arbitrary bytes: spans lie within the box, strings are without NUL, and a cue
 * can be made of it.
 */
#include <stdlib.h>
#include <string.h>

#include "cue/emsg.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool is_true)
{
    if (!is_true)
        abort();
}

static void require_within(az_span part, const uint8_t *data, size_t size)
{
    require(part.size == 0 || (part.data >= data && part.data + part.size <= data + size));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    az_emsg emsg;
    if (az_emsg_parse(&emsg, az_span_make(data, size)))
        return 0;
    require(emsg.version <= 1 && emsg.timescale > 0);
    require_within(emsg.scheme, data, size);
    require_within(emsg.value, data, size);
    require_within(emsg.data, data, size);
    require(emsg.scheme.size == 0 || !memchr(emsg.scheme.data, 0, emsg.scheme.size));
    require(emsg.value.size == 0 || !memchr(emsg.value.data, 0, emsg.value.size));
    az_cue_info info;
    az_cue_info_from_emsg(&info, &emsg);
    require(info.duration >= 0 || info.duration == AIZU_NO_TIME);
    (void)az_emsg_is_id3(&emsg);
    az_cue *cue = az_cue_create(&info);
    az_cue_unref(&cue);
    return 0;
}
