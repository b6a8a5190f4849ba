/*
 * CEA-708 (DTVCC): caption channel packets, service blocks and the code sets; see cue/captions_708.h. Bytes
 * go in, commands go to the windows of their service, screens come out. A service is made when its first
 * block comes; the decoder owns all of them.
 */
#include "cue/captions_708.h"
#include "cue/captions_chars.h"
#include "cue/captions_window.h"

#include <stdlib.h>
#include <string.h>

#define PACKET_MAX  128
#define WINDOWS     8
#define DELAYED_MAX 128 /* bytes of a service that wait; more end the delay, as CEA-708 has it */

/* C0 and C1 */
enum {
    C0_BACKSPACE = 0x08,
    C0_FORM_FEED = 0x0C,
    C0_CARRIAGE_RETURN = 0x0D,
    C0_HORIZONTAL_RETURN = 0x0E,
    C0_EXTENDED = 0x10,
    C0_P16 = 0x18,
    C1_CURRENT_WINDOW = 0x80, /* to 0x87 */
    C1_CLEAR_WINDOWS = 0x88,
    C1_DISPLAY_WINDOWS = 0x89,
    C1_HIDE_WINDOWS = 0x8A,
    C1_TOGGLE_WINDOWS = 0x8B,
    C1_DELETE_WINDOWS = 0x8C,
    C1_DELAY = 0x8D,
    C1_DELAY_CANCEL = 0x8E,
    C1_RESET = 0x8F,
    C1_PEN_ATTRIBUTES = 0x90,
    C1_PEN_COLOR = 0x91,
    C1_PEN_LOCATION = 0x92,
    C1_WINDOW_ATTRIBUTES = 0x97,
    C1_DEFINE_WINDOW = 0x98, /* to 0x9F */
};

typedef struct service {
    az_caption_screen screen;
    az_cc708_window windows[WINDOWS];
    az_cc708_window *current; /* NULL none */
    int64_t resume_at;        /* end of a delay, AIZU_NO_TIME none */
    uint8_t delayed[DELAYED_MAX];
    size_t delayed_size;
} service;

struct az_cc708 {
    const az_caption_sink *sink;
    service *services[AZ_CC708_SERVICES];
    uint8_t packet[PACKET_MAX];
    size_t packet_size, packet_filled; /* size 0: no packet */
};

/* ---- showing ---- */

/* Windows from top to bottom. */
static void show(service *s, int64_t pts)
{
    az_caption_region regions[WINDOWS];
    unsigned count = 0;
    for (unsigned i = 0; i < WINDOWS; i++) {
        if (!s->windows[i].is_defined || !s->windows[i].is_visible)
            continue;
        az_caption_region region;
        az_cc708_window_region(&s->windows[i], &region);
        unsigned at = count++;
        for (; at > 0 && regions[at - 1].line_begin > region.line_begin; at--)
            regions[at] = regions[at - 1];
        regions[at] = region;
    }
    az_caption_screen_show(&s->screen, regions, count, pts);
}

/* Before something in sight goes: what grew and was not told is told. */
static void change(service *s, int64_t pts)
{
    if (az_caption_screen_is_unsettled(&s->screen, pts))
        show(s, s->screen.grown_at);
    az_caption_screen_change(&s->screen);
}

static void change_if_seen(service *s, const az_cc708_window *window, int64_t pts)
{
    if (window->is_visible)
        change(s, pts);
}

/* ---- commands ---- */

static void service_reset(service *s, int64_t pts)
{
    change(s, pts);
    for (unsigned i = 0; i < WINDOWS; i++)
        s->windows[i].is_defined = s->windows[i].is_visible = false;
    s->current = NULL;
    s->resume_at = AIZU_NO_TIME;
}

static void one_window(service *s, az_cc708_window *w, unsigned command, int64_t pts)
{
    if (!w->is_defined)
        return;
    bool is_shown = command == C1_DISPLAY_WINDOWS || (command == C1_TOGGLE_WINDOWS && !w->is_visible);
    if (w->is_visible || is_shown)
        change(s, pts);
    if (command == C1_CLEAR_WINDOWS) {
        az_cc708_window_clear(w);
        return;
    }
    w->is_visible = is_shown;
    if (command == C1_DELETE_WINDOWS) {
        w->is_defined = false;
        if (s->current == w)
            s->current = NULL;
    }
}

static void define_window(service *s, az_cc708_window *w, const uint8_t *parameters, int64_t pts)
{
    bool was_visible = w->is_defined && w->is_visible;
    if (was_visible || parameters[0] & 0x20)
        change(s, pts);
    az_cc708_window_define(w, parameters);
    s->current = w;
}

/* SPA, SPC, SPL and SWA: of the current window. */
static void set_attribute(service *s, unsigned command, const uint8_t *parameters, int64_t pts)
{
    if (!s->current)
        return;
    switch (command) {
    case C1_PEN_ATTRIBUTES:
        az_cc708_window_set_pen(s->current, parameters);
        break;
    case C1_PEN_COLOR:
        az_cc708_window_set_color(s->current, parameters);
        break;
    case C1_PEN_LOCATION:
        az_cc708_window_move_pen(s->current, parameters);
        break;
    case C1_WINDOW_ATTRIBUTES:
        change_if_seen(s, s->current, pts);
        az_cc708_window_set_attributes(s->current, parameters);
        break;
    }
}

static void c1(service *s, const uint8_t *element, int64_t pts)
{
    unsigned command = element[0];
    if (command < C1_CLEAR_WINDOWS) {
        if (s->windows[command & 7].is_defined)
            s->current = &s->windows[command & 7];
    } else if (command <= C1_DELETE_WINDOWS) {
        for (unsigned i = 0; i < WINDOWS; i++)
            if (element[1] >> i & 1)
                one_window(s, &s->windows[i], command, pts);
    } else if (command == C1_DELAY) {
        s->resume_at = az_add_sat(pts, element[1] * (AIZU_SECOND / 10));
    } else if (command == C1_RESET) {
        service_reset(s, pts);
    } else if (command >= C1_DEFINE_WINDOW) {
        define_window(s, &s->windows[command & 7], element + 1, pts);
    } else {
        set_attribute(s, command, element + 1, pts);
    }
}

static void c0(service *s, unsigned command, int64_t pts)
{
    az_cc708_window *w = s->current;
    if (!w)
        return;
    switch (command) {
    case C0_BACKSPACE:
        az_cc708_window_backspace(w);
        if (w->is_visible)
            az_caption_screen_grow(&s->screen, pts);
        break;
    case C0_FORM_FEED:
        change_if_seen(s, w, pts);
        az_cc708_window_clear_home(w);
        break;
    case C0_CARRIAGE_RETURN:
        if (az_cc708_window_is_last_line(w))
            change_if_seen(s, w, pts);
        az_cc708_window_next_line(w);
        break;
    case C0_HORIZONTAL_RETURN:
        change_if_seen(s, w, pts);
        az_cc708_window_clear_line(w);
        break;
    }
}

static void write_character(service *s, uint16_t character, int64_t pts)
{
    az_cc708_window *w = s->current;
    if (!w)
        return;
    /* a line that wraps on the last one makes the first go */
    if (w->is_visible && w->is_wrapping && az_cc708_window_is_last_line(w) &&
        az_caption_screen_is_unsettled(&s->screen, pts))
        show(s, s->screen.grown_at);
    az_cc708_window_write(w, character);
    if (w->is_visible)
        az_caption_screen_grow(&s->screen, pts);
}

/* ---- the code space ---- */

/* Bytes of the element that begins here, its parameters included; more than there are: it is cut off. */
static size_t element_size(az_span bytes)
{
    static const uint8_t c1_sizes[0x20] = {
        1, 1, 1, 1, 1, 1, 1, 1, 2, 2, 2, 2, 2, 2, 1, 1, 3, 4, 3, 1, 1, 1, 1, 5, 7, 7, 7, 7, 7, 7, 7, 7,
    };
    uint8_t code = bytes.data[0];
    if (code != C0_EXTENDED) {
        if (code >= 0x80 && code < 0xA0)
            return c1_sizes[code - 0x80];
        return code < 0x10 || code >= 0x20 ? 1 : code < 0x18 ? 2 : 3;
    }
    if (bytes.size < 2)
        return 2;
    uint8_t next = bytes.data[1];
    if (next < 0x20) /* C2 */
        return 2u + (next >> 3);
    if (next < 0x80 || next >= 0xA0) /* G2, G3 */
        return 2;
    if (next < 0x90) /* C3, of fixed length */
        return next < 0x88 ? 6 : 7;
    return bytes.size < 3 ? 3 : 3u + (bytes.data[2] & 0x1F);
}

static void execute(service *s, const uint8_t *element, int64_t pts)
{
    uint8_t code = element[0];
    if (code == C0_EXTENDED) {
        if ((element[1] >= 0x20 && element[1] < 0x80) || element[1] >= 0xA0)
            write_character(s, az_cc708_extended(element[1]), pts);
    } else if (code == C0_P16) {
        uint16_t character = (uint16_t)(element[1] << 8 | element[2]);
        if (character >= 0xA0 || (character >= 0x20 && character < 0x7F))
            write_character(s, character, pts);
    } else if (code < 0x20) {
        c0(s, code, pts);
    } else if (code >= 0x80 && code < 0xA0) {
        c1(s, element, pts);
    } else {
        write_character(s, az_cc708_base(code), pts);
    }
}

/* Up to the end or a delay; how many bytes are done with. */
static size_t run(service *s, az_span bytes, int64_t pts)
{
    size_t pos = 0;
    while (pos < bytes.size && s->resume_at == AIZU_NO_TIME) {
        az_span rest = az_span_sub(bytes, pos, bytes.size);
        size_t size = element_size(rest);
        if (size > rest.size)
            return bytes.size;
        execute(s, rest.data, pts);
        pos += size;
    }
    return pos;
}

/* ---- delays ---- */

static void resume(service *s, int64_t pts)
{
    s->resume_at = AIZU_NO_TIME;
    size_t done = run(s, az_span_make(s->delayed, s->delayed_size), pts);
    memmove(s->delayed, s->delayed + done, s->delayed_size - done);
    s->delayed_size -= done;
}

/* These two are obeyed at once, even by a service that waits. */
static bool has_cancel(az_span bytes)
{
    while (bytes.size > 0) {
        if (bytes.data[0] == C1_DELAY_CANCEL || bytes.data[0] == C1_RESET)
            return true;
        bytes = az_span_sub(bytes, element_size(bytes), bytes.size);
    }
    return false;
}

static void block(service *s, az_span bytes, int64_t pts)
{
    while (s->resume_at != AIZU_NO_TIME && s->delayed_size + bytes.size > DELAYED_MAX)
        resume(s, pts);
    if (s->resume_at == AIZU_NO_TIME) {
        size_t done = run(s, bytes, pts);
        bytes = az_span_sub(bytes, done, bytes.size);
    }
    if (bytes.size == 0)
        return;
    memcpy(s->delayed + s->delayed_size, bytes.data, bytes.size);
    s->delayed_size += bytes.size;
    if (has_cancel(bytes)) /* it ends delays that wait before it, too */
        do
            resume(s, pts);
        while (has_cancel(az_span_make(s->delayed, s->delayed_size)));
}

/* ---- packets ---- */

static service *service_of(az_cc708 *d, unsigned number)
{
    service **s = &d->services[number - 1];
    if (!*s) {
        *s = calloc(1, sizeof(**s));
        if (!*s)
            return NULL;
        az_caption_screen_init(&(*s)->screen, d->sink, 4 + number - 1);
        (*s)->resume_at = AIZU_NO_TIME;
    }
    return *s;
}

static void blocks(az_cc708 *d, az_span bytes, int64_t pts)
{
    size_t pos = 0;
    while (pos < bytes.size) {
        unsigned number = bytes.data[pos] >> 5;
        size_t size = bytes.data[pos++] & 0x1F;
        if (number == 7 && size > 0 && pos < bytes.size)
            number = bytes.data[pos++] & 0x3F;
        if (number == 0 && size == 0)
            return; /* the rest is padding */
        service *s = number > 0 && size > 0 ? service_of(d, number) : NULL;
        if (s)
            block(s, az_span_sub(bytes, pos, size), pts);
        pos += size;
    }
}

/* Its sequence number is not looked at: encoders skip numbers where nothing is missing, and clearing the
 * screens on a jump, as for a loss, takes captions away that are whole. Of a packet that another one cuts
 * short, what came counts. */
static void packet_end(az_cc708 *d, int64_t pts)
{
    if (d->packet_size == 0)
        return;
    blocks(d, az_span_make(d->packet + 1, AZ_MIN(d->packet_filled, d->packet_size) - 1), pts);
    d->packet_size = 0;
}

void az_cc708_pair(az_cc708 *d, bool is_start, uint8_t first, uint8_t second, int64_t pts)
{
    if (is_start) {
        packet_end(d, pts);
        unsigned code = first & 0x3F;
        d->packet_size = code == 0 ? PACKET_MAX : code * 2;
        d->packet_filled = 0;
    }
    if (d->packet_size == 0)
        return;
    d->packet[d->packet_filled++] = first;
    d->packet[d->packet_filled++] = second;
    if (d->packet_filled >= d->packet_size)
        packet_end(d, pts);
}

/* ---- life ---- */

void az_cc708_tick(az_cc708 *d, int64_t pts)
{
    for (unsigned i = 0; i < AZ_CC708_SERVICES; i++) {
        service *s = d->services[i];
        if (!s)
            continue;
        if (s->resume_at != AIZU_NO_TIME && pts >= s->resume_at)
            resume(s, pts);
        if (az_caption_screen_is_due(&s->screen, pts))
            show(s, pts);
    }
}

az_cc708 *az_cc708_create(const az_caption_sink *sink)
{
    az_cc708 *d = calloc(1, sizeof(*d));
    if (d)
        d->sink = sink;
    return d;
}

void az_cc708_reset(az_cc708 *d, int64_t pts)
{
    const az_caption_sink *sink = d->sink;
    for (unsigned i = 0; i < AZ_CC708_SERVICES; i++) {
        if (d->services[i])
            az_caption_screen_clear(&d->services[i]->screen, pts);
        free(d->services[i]);
    }
    *d = (az_cc708){.sink = sink};
}

void az_cc708_destroy(az_cc708 **pointer)
{
    if (!*pointer)
        return;
    az_cc708_reset(*pointer, AIZU_NO_TIME);
    free(*pointer);
    *pointer = NULL;
}
