/*
 * What comes in and what goes out, each in order: rings of events and actions.
 */
#include "engine/internal.h"

#include <stdlib.h>
#include <string.h>

/* Space for actions that memory was not there for: filled and never seen. */
static az_action *spare_action(az_mailbox *box)
{
    box->is_out_of_memory = true;
    return &box->actions[(box->action_begin + box->action_count) % box->action_capacity];
}

void az_event_deinit(az_event *event)
{
    free((char *)event->url);
    free((char *)event->detail);
    event->url = NULL;
    event->detail = NULL;
    az_slice_unref(&event->data);
}

void az_mailbox_deinit(az_mailbox *box)
{
    az_event event;
    while (az_mailbox_get(box, &event))
        az_event_deinit(&event);
    free(box->events);
    free(box->actions);
}

static bool copy_string(const char **field)
{
    if (!*field)
        return true;
    size_t size = strlen(*field) + 1;
    char *copy = malloc(size);
    if (copy)
        memcpy(copy, *field, size);
    *field = copy;
    return copy != NULL;
}

static bool events_grow(az_mailbox *box)
{
    size_t capacity = box->event_capacity ? box->event_capacity * 2 : 64;
    az_event *events = malloc(capacity * sizeof(*events));
    if (!events)
        return false;
    for (size_t i = 0; i < box->event_count; i++)
        events[i] = box->events[(box->event_begin + i) % box->event_capacity];
    free(box->events);
    box->events = events;
    box->event_begin = 0;
    box->event_capacity = capacity;
    return true;
}

aizu_result az_mailbox_put(az_mailbox *box, const az_event *event)
{
    if (box->event_count == box->event_capacity && !events_grow(box))
        return AIZU_E_MEMORY;
    az_event copy = *event;
    copy.detail = NULL;
    if (!copy_string(&copy.url))
        return AIZU_E_MEMORY;
    copy.detail = event->detail;
    if (!copy_string(&copy.detail)) {
        free((char *)copy.url);
        return AIZU_E_MEMORY;
    }
    az_buf_ref(copy.data.buf);
    box->events[(box->event_begin + box->event_count++) % box->event_capacity] = copy;
    return AIZU_OK;
}

bool az_mailbox_get(az_mailbox *box, az_event *event)
{
    if (box->event_count == 0)
        return false;
    *event = box->events[box->event_begin];
    box->event_begin = (box->event_begin + 1) % box->event_capacity;
    box->event_count--;
    return true;
}

static bool actions_grow(az_mailbox *box)
{
    size_t capacity = box->action_capacity ? box->action_capacity * 2 : 64;
    az_action *actions = malloc(capacity * sizeof(*actions));
    if (!actions)
        return false;
    for (size_t i = 0; i < box->action_count; i++)
        actions[i] = box->actions[(box->action_begin + i) % box->action_capacity];
    free(box->actions);
    box->actions = actions;
    box->action_begin = 0;
    box->action_capacity = capacity;
    return true;
}

az_action *az_mailbox_act(az_mailbox *box, az_action_type type)
{
    az_action *action;
    /* one slot is kept free for what cannot be recorded */
    if (box->action_count + 1 >= box->action_capacity && !actions_grow(box)) {
        AZ_ASSERT(box->action_capacity > 0);
        action = spare_action(box);
    } else {
        action = &box->actions[(box->action_begin + box->action_count++) % box->action_capacity];
    }
    memset(action, 0, sizeof(*action));
    action->type = type;
    return action;
}
