/*
 * player/engine/mailbox.c: events and actions go out in the order in which they came in, and hold what they
 * point to.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "engine/internal.h"

static void an_empty_mailbox_gives_nothing(void **state)
{
    (void)state;
    az_mailbox box = {0};
    az_event event;
    assert_false(az_mailbox_get(&box, &event));
    az_mailbox_deinit(&box);
}

static void events_come_in_order_however_many(void **state)
{
    (void)state;
    az_mailbox box = {0};
    int64_t put = 0, got = 0;
    for (int round = 0; round < 500; round++) { /* the ring wraps while it grows */
        for (int i = 0; i < 7; i++)
            assert_int_equal(az_mailbox_put(&box, &(az_event){.type = AZ_EVENT_SEEK, .pts = put++}), AIZU_OK);
        for (int i = 0; i < 5; i++) {
            az_event event;
            assert_true(az_mailbox_get(&box, &event));
            assert_int_equal(event.pts, got++);
            az_event_deinit(&event);
        }
    }
    az_event event;
    while (az_mailbox_get(&box, &event))
        assert_int_equal(event.pts, got++);
    assert_int_equal(got, put);
    az_mailbox_deinit(&box);
}

static void an_event_holds_copies_and_a_reference(void **state)
{
    (void)state;
    az_mailbox box = {0};
    char url[] = "http://a.example/";
    char detail[] = "why";
    az_slice data;
    assert_true(az_slice_copy(&data, az_span_str("bytes")));
    az_event event = {.type = AZ_EVENT_FETCH_DATA, .url = url, .detail = detail, .data = data};
    assert_int_equal(az_mailbox_put(&box, &event), AIZU_OK);
    memset(url, 'x', sizeof(url) - 1);
    memset(detail, 'x', sizeof(detail) - 1);
    az_slice_unref(&data);
    az_event got;
    assert_true(az_mailbox_get(&box, &got));
    assert_string_equal(got.url, "http://a.example/");
    assert_string_equal(got.detail, "why");
    assert_memory_equal(got.data.data, "bytes", 5);
    az_event_deinit(&got);
    az_event_deinit(&got); /* twice is once */
    az_mailbox_deinit(&box);
}

static void what_nobody_took_is_freed(void **state)
{
    (void)state;
    az_mailbox box = {0};
    for (int i = 0; i < 100; i++) {
        az_slice data;
        assert_true(az_slice_copy(&data, az_span_str("bytes")));
        az_event event = {.type = AZ_EVENT_FETCH_DATA, .url = "u", .data = data};
        assert_int_equal(az_mailbox_put(&box, &event), AIZU_OK);
        az_slice_unref(&data);
        az_mailbox_act(&box, AZ_ACTION_FETCH)->fetch = (uint64_t)i;
    }
    az_mailbox_deinit(&box); /* the leak checker looks on */
}

static void actions_are_zeroed_and_stay_in_order(void **state)
{
    (void)state;
    az_mailbox box = {0};
    for (uint64_t i = 0; i < 1000; i++) {
        az_action *action = az_mailbox_act(&box, AZ_ACTION_FETCH);
        assert_non_null(action);
        assert_int_equal(action->fetch, 0);
        assert_null(action->url);
        action->fetch = i;
        action->pts = -1;
    }
    assert_int_equal(box.action_count, 1000);
    for (uint64_t i = 0; i < 1000; i++)
        assert_int_equal(box.actions[(box.action_begin + i) % box.action_capacity].fetch, i);
    assert_false(box.is_out_of_memory);
    az_mailbox_deinit(&box);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_empty_mailbox_gives_nothing),
        cmocka_unit_test(events_come_in_order_however_many),
        cmocka_unit_test(an_event_holds_copies_and_a_reference),
        cmocka_unit_test(what_nobody_took_is_freed),
        cmocka_unit_test(actions_are_zeroed_and_stay_in_order),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
