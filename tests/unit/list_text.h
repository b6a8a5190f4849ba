/*
 * For the tests of lists: playlists as texts, read into lists, and what is expected of items.
 */
#ifndef LIST_TEXT_H
#define LIST_TEXT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "timeline/list.h"

#define S  AIZU_SECOND
#define MS AIZU_MILLISECOND

typedef struct reload_result {
    aizu_result result;
    az_list_change change;
    bool is_full_needed;
    az_playlist_error error;
} reload_result;

static inline reload_result reload_with(az_list *list, const char *text, const az_playlist_context *context)
{
    reload_result r = {.change = AZ_LIST_STALE};
    az_slice slice;
    assert_true(az_slice_copy(&slice, az_span_str(text)));
    r.result = az_list_reload(list, slice, context, &r.change, &r.is_full_needed, &r.error);
    /* nothing may point into the text afterwards: a sanitizer would see it */
    az_slice_unref(&slice);
    return r;
}

static inline az_list_change reload(az_list *list, const char *text)
{
    reload_result r = reload_with(list, text, NULL);
    if (r.result != AIZU_OK)
        fail_msg("line %u: %s", r.error.line, r.error.text);
    return r.change;
}

static inline az_list *list_of_text(const char *text)
{
    az_list *list = az_list_create();
    assert_non_null(list);
    (void)reload(list, text);
    return list;
}

static inline void assert_text(az_span span, const char *want)
{
    if (!az_span_equal_str(span, want))
        fail_msg("'%.*s' is not '%s'", (int)span.size, (const char *)span.data, want);
}

#endif
