/*
 * CEA-608 (line 21) captions of one field: byte pairs go in, the screens of its two channels come out. Codes
 * as in CEA-608 and 47 CFR 15.119. Pop-on, roll-up and paint-on; text mode and XDS are passed over. The field
 * owns its memories; a channel that was never selected shows nothing.
 */
#include "cue/captions_608.h"
#include "cue/captions_chars.h"

#include <stdlib.h>
#include <string.h>

#define ROWS  15
#define COLS  32
#define PITCH (AZ_CAPTION_SAFE_SIZE / COLS)

typedef enum mode {
    MODE_NONE, /* no command yet: characters belong to nothing */
    MODE_POP_ON,
    MODE_ROLL_UP,
    MODE_PAINT_ON,
} mode;

typedef struct memory {
    az_caption_cell cells[ROWS][COLS];
} memory;

typedef struct channel {
    az_caption_screen screen;
    mode mode;
    bool is_text; /* codes and characters are of the text service until a caption command */
    memory memories[2];
    unsigned shown;     /* index of the displayed memory */
    bool is_painted;    /* what is displayed grew in sight */
    unsigned row, col;  /* col COLS: behind the last */
    unsigned row_count; /* of roll-up; row is its base row */
    az_caption_pen pen;
} channel;

struct az_cc608 {
    channel channels[2];
    unsigned selected;  /* whose the characters are */
    bool has_xds;       /* field 2 */
    bool is_xds;        /* inside a packet of extended data services */
    unsigned last_code; /* a control code whose second copy may follow, 0 none */
};

static const uint8_t colors[8] = {
    AZ_CAPTION_WHITE, AZ_CAPTION_GREEN,  AZ_CAPTION_BLUE,    AZ_CAPTION_CYAN,
    AZ_CAPTION_RED,   AZ_CAPTION_YELLOW, AZ_CAPTION_MAGENTA, AZ_CAPTION_BLACK,
};

/* ---- showing ---- */

static memory *displayed(channel *c)
{
    return &c->memories[c->shown];
}

static bool row_has_text(const memory *m, unsigned row)
{
    for (unsigned col = 0; col < COLS; col++)
        if (m->cells[row][col].character != 0 && m->cells[row][col].character != ' ')
            return true;
    return false;
}

/* Rows that follow each other are one region. */
static void show(channel *c, int64_t pts)
{
    const memory *m = displayed(c);
    az_caption_region regions[AZ_CAPTION_REGIONS_MAX]; /* every second row */
    unsigned count = 0;
    for (unsigned row = 0; row < ROWS; row++) {
        if (!row_has_text(m, row))
            continue;
        unsigned first = row;
        while (row + 1 < ROWS && row_has_text(m, row + 1))
            row++;
        bool is_upper = first + row < ROWS - 1 && c->mode != MODE_ROLL_UP;
        regions[count++] = (az_caption_region){
            .origin = &m->cells[first][0],
            .line_step = COLS,
            .cell_step = 1,
            .lines = row - first + 1,
            .cells = COLS,
            .line_begin = AZ_CAPTION_SAFE + (int32_t)first * (AZ_CAPTION_SAFE_SIZE / ROWS),
            .line_pitch = AZ_CAPTION_SAFE_SIZE / ROWS,
            .cell_begin = AZ_CAPTION_SAFE,
            .cell_pitch = PITCH,
            /* a line that grows would change sides */
            .justify = c->is_painted ? AZ_CAPTION_LEFT : AZ_CAPTION_AUTO,
            .anchor = is_upper ? AZ_CAPTION_UPPER : AZ_CAPTION_LOWER,
        };
    }
    az_caption_screen_show(&c->screen, regions, count, pts);
}

/* Before the displayed memory loses something: what grew in it and was not told is told. */
static void change(channel *c, int64_t pts)
{
    if (az_caption_screen_is_unsettled(&c->screen, pts))
        show(c, c->screen.grown_at);
    az_caption_screen_change(&c->screen);
}

/* ---- writing ---- */

static memory *target(channel *c)
{
    if (c->is_text)
        return NULL;
    switch (c->mode) {
    case MODE_NONE:
        return NULL;
    case MODE_POP_ON:
        return &c->memories[!c->shown];
    case MODE_ROLL_UP:
    case MODE_PAINT_ON:
        return displayed(c);
    }
    return NULL;
}

static void wrote(channel *c, const memory *m, int64_t pts)
{
    if (m != displayed(c))
        return;
    c->is_painted = true;
    az_caption_screen_grow(&c->screen, pts);
}

static void write_character(channel *c, uint16_t character, int64_t pts)
{
    memory *m = target(c);
    if (!m)
        return;
    m->cells[c->row][AZ_MIN(c->col, COLS - 1)] = (az_caption_cell){character, c->pen};
    c->col = AZ_MIN(c->col + 1, COLS);
    wrote(c, m, pts);
}

static void erase_back(channel *c, int64_t pts)
{
    memory *m = target(c);
    if (!m || c->col == 0)
        return;
    c->col--;
    m->cells[c->row][c->col] = (az_caption_cell){0};
    wrote(c, m, pts);
}

static void erase_to_end_of_row(channel *c, int64_t pts)
{
    memory *m = target(c);
    if (!m || c->col == COLS)
        return;
    memset(&m->cells[c->row][c->col], 0, (COLS - c->col) * sizeof(m->cells[0][0]));
    wrote(c, m, pts);
}

static void erase_memory(memory *m)
{
    memset(m, 0, sizeof(*m));
}

static void erase_displayed(channel *c, int64_t pts)
{
    change(c, pts);
    erase_memory(displayed(c));
    c->is_painted = false;
}

/* ---- roll-up ---- */

/* The rows move with their base row; it stays so far down that all fit. */
static void move_base(channel *c, unsigned row, int64_t pts)
{
    row = AZ_MAX(row, c->row_count - 1);
    if (row == c->row)
        return;
    change(c, pts);
    memory *m = displayed(c);
    memory moved = {0};
    for (unsigned i = 0; i < c->row_count && i <= c->row; i++)
        memcpy(moved.cells[row - i], m->cells[c->row - i], sizeof(m->cells[0]));
    *m = moved;
    c->row = row;
}

static void roll_up(channel *c, int64_t pts)
{
    if (c->mode != MODE_ROLL_UP || c->is_text)
        return;
    change(c, pts);
    memory *m = displayed(c);
    unsigned top = c->row + 1 - c->row_count;
    for (unsigned row = 0; row < ROWS; row++) {
        if (row >= top && row < c->row)
            memcpy(m->cells[row], m->cells[row + 1], sizeof(m->cells[0]));
        else
            memset(m->cells[row], 0, sizeof(m->cells[0]));
    }
    c->col = 0;
    c->pen = AZ_CAPTION_PEN_DEFAULT;
}

static void start_mode(channel *c, mode started)
{
    c->mode = started;
    c->is_text = false;
}

static void start_roll_up(channel *c, unsigned row_count, int64_t pts)
{
    if (c->mode != MODE_ROLL_UP) {
        erase_displayed(c, pts);
        erase_memory(&c->memories[!c->shown]);
        c->row = ROWS - 1;
        c->col = 0;
        c->pen = AZ_CAPTION_PEN_DEFAULT;
    }
    start_mode(c, MODE_ROLL_UP);
    if (row_count < c->row_count) { /* rows above go */
        change(c, pts);
        for (unsigned row = 0; row + row_count <= c->row; row++)
            memset(displayed(c)->cells[row], 0, sizeof(displayed(c)->cells[0]));
    }
    c->row_count = row_count;
    move_base(c, c->row, pts);
}

/* ---- codes ---- */

static void miscellaneous(channel *c, uint8_t code, int64_t pts)
{
    switch (code) {
    case 0x20: /* resume caption loading */
        start_mode(c, MODE_POP_ON);
        break;
    case 0x21: /* backspace */
        erase_back(c, pts);
        break;
    case 0x24: /* delete to end of row */
        erase_to_end_of_row(c, pts);
        break;
    case 0x25: /* roll-up captions, 2, 3 and 4 rows */
    case 0x26:
    case 0x27:
        start_roll_up(c, code - 0x23u, pts);
        break;
    case 0x28: /* flash on: no WebVTT; takes a place like a mid-row code */
        write_character(c, ' ', pts);
        break;
    case 0x29: /* resume direct captioning */
        start_mode(c, MODE_PAINT_ON);
        break;
    case 0x2A: /* text restart */
    case 0x2B: /* resume text display */
        c->is_text = true;
        break;
    case 0x2C: /* erase displayed memory */
        erase_displayed(c, pts);
        break;
    case 0x2D: /* carriage return */
        roll_up(c, pts);
        break;
    case 0x2E: /* erase non-displayed memory: a caption is loaded, whatever command came before it */
        erase_memory(&c->memories[!c->shown]);
        if (c->mode == MODE_NONE)
            start_mode(c, MODE_POP_ON);
        break;
    case 0x2F: /* end of caption: flip memories */
        change(c, pts);
        c->shown = !c->shown;
        c->is_painted = false;
        start_mode(c, MODE_POP_ON);
        break;
    }
}

/* Preamble address code. */
static void address(channel *c, uint8_t code, uint8_t second, int64_t pts)
{
    static const uint8_t rows[8][2] = {{10, 10}, {0, 1}, {2, 3}, {11, 12}, {13, 14}, {4, 5}, {6, 7}, {8, 9}};
    if (c->is_text)
        return;
    unsigned row = rows[code & 7][second >> 5 & 1];
    unsigned attribute = second >> 1 & 0x0F;
    if (c->mode == MODE_ROLL_UP)
        move_base(c, row, pts);
    else
        c->row = row;
    c->col = attribute >= 8 ? (attribute - 8) * 4 : 0;
    c->pen = AZ_CAPTION_PEN_DEFAULT;
    if (attribute < 7)
        c->pen.foreground = colors[attribute];
    else if (attribute == 7)
        c->pen.flags |= AZ_CAPTION_ITALIC;
    if (second & 1)
        c->pen.flags |= AZ_CAPTION_UNDERLINE;
}

/* A code that changes the pen is shown as a space. */
static void mid_row(channel *c, uint8_t code, int64_t pts)
{
    unsigned attribute = code >> 1 & 7;
    if (attribute == 7) {
        c->pen.flags |= AZ_CAPTION_ITALIC;
    } else {
        c->pen.foreground = colors[attribute];
        c->pen.flags &= (uint8_t)~AZ_CAPTION_ITALIC;
    }
    c->pen.flags &= (uint8_t)~AZ_CAPTION_UNDERLINE;
    write_character(c, ' ', pts);
    if (code & 1)
        c->pen.flags |= AZ_CAPTION_UNDERLINE;
}

/* Optional attributes have a space before them for decoders that do not know them: they take its place. */
static void step_back(channel *c)
{
    if (target(c) && c->col > 0)
        c->col--;
}

static void background(channel *c, uint8_t code, int64_t pts)
{
    step_back(c);
    c->pen.background = colors[code >> 1 & 7];
    c->pen.opacity = code & 1 ? AZ_CAPTION_TRANSLUCENT : AZ_CAPTION_SOLID;
    write_character(c, ' ', pts);
}

static void tab_or_attribute(channel *c, uint8_t code, int64_t pts)
{
    if (code >= 0x21 && code <= 0x23 && target(c)) {
        c->col = AZ_MIN(c->col + code - 0x20u, COLS - 1);
    } else if (code == 0x2D) {
        step_back(c);
        c->pen.background = AZ_CAPTION_BLACK;
        c->pen.opacity = AZ_CAPTION_TRANSPARENT;
        write_character(c, ' ', pts);
    } else if (code == 0x2E || code == 0x2F) {
        step_back(c);
        c->pen.foreground = AZ_CAPTION_BLACK;
        c->pen.flags = 0;
        write_character(c, ' ', pts);
        if (code & 1)
            c->pen.flags |= AZ_CAPTION_UNDERLINE;
    }
}

static void control(channel *c, uint8_t first, uint8_t second, int64_t pts)
{
    if (second >= 0x40) {
        address(c, first, second, pts);
        return;
    }
    bool is_low = second < 0x30;
    switch (first) {
    case 0x10:
        if (is_low)
            background(c, second, pts);
        break;
    case 0x11:
        if (is_low)
            mid_row(c, second, pts);
        else
            write_character(c, az_cc608_special(second), pts);
        break;
    case 0x12:
    case 0x13: /* takes the place of the character before it, which is for decoders without these sets */
        step_back(c);
        write_character(c, az_cc608_extended(first, second), pts);
        break;
    case 0x14:
    case 0x15: /* of field 2 */
        if (is_low)
            miscellaneous(c, second, pts);
        break;
    case 0x17:
        tab_or_attribute(c, second, pts);
        break;
    }
}

/* ---- byte pairs ---- */

static bool is_odd(uint8_t byte)
{
    byte ^= byte >> 4;
    byte ^= byte >> 2;
    byte ^= byte >> 1;
    return byte & 1;
}

/* Codes are sent twice: the second copy does nothing. Padding may stand between them. */
static bool is_second_copy(az_cc608 *field, unsigned code)
{
    bool is_copy = code == field->last_code;
    field->last_code = is_copy ? 0 : code;
    return is_copy;
}

void az_cc608_pair(az_cc608 *field, uint8_t first, uint8_t second, int64_t pts)
{
    bool is_good[2] = {is_odd(first), is_odd(second)};
    uint8_t bytes[2] = {first & 0x7F, second & 0x7F};
    if (bytes[0] == 0 && bytes[1] == 0)
        return;
    if (bytes[0] >= 0x10 && bytes[0] < 0x20) {
        /* damaged: its other copy will do */
        if (!is_good[0] || !is_good[1] || bytes[1] < 0x20)
            return;
        field->is_xds = false;
        field->selected = bytes[0] >> 3 & 1;
        if (!is_second_copy(field, (unsigned)bytes[0] << 8 | bytes[1]))
            control(&field->channels[field->selected], bytes[0] & 0x17, bytes[1], pts);
        return;
    }
    field->last_code = 0;
    if (bytes[0] > 0 && bytes[0] < 0x10) {
        field->is_xds = field->has_xds && bytes[0] != 0x0F; /* its checksum ends it */
        return;
    }
    for (int i = 0; i < 2 && !field->is_xds; i++)
        if (bytes[i] >= 0x20) /* a damaged character is a solid block */
            write_character(&field->channels[field->selected], az_cc608_basic(is_good[i] ? bytes[i] : 0x7F),
                            pts);
}

void az_cc608_tick(az_cc608 *field, int64_t pts)
{
    for (int i = 0; i < 2; i++)
        if (az_caption_screen_is_due(&field->channels[i].screen, pts))
            show(&field->channels[i], pts);
}

/* ---- life ---- */

static void channel_clear(channel *c)
{
    az_caption_screen screen = c->screen;
    *c = (channel){.screen = screen, .pen = AZ_CAPTION_PEN_DEFAULT, .row = ROWS - 1, .row_count = 2};
}

az_cc608 *az_cc608_create(const az_caption_sink *sink, unsigned field)
{
    az_cc608 *made = calloc(1, sizeof(*made));
    if (!made)
        return NULL;
    made->has_xds = field == 1;
    for (unsigned i = 0; i < 2; i++) {
        az_caption_screen_init(&made->channels[i].screen, sink, field * 2 + i);
        channel_clear(&made->channels[i]);
    }
    return made;
}

void az_cc608_reset(az_cc608 *field, int64_t pts)
{
    for (int i = 0; i < 2; i++) {
        az_caption_screen_clear(&field->channels[i].screen, pts);
        channel_clear(&field->channels[i]);
    }
    field->selected = 0;
    field->is_xds = false;
    field->last_code = 0;
}

void az_cc608_destroy(az_cc608 **pointer)
{
    if (!*pointer)
        return;
    az_cc608_reset(*pointer, AIZU_NO_TIME);
    free(*pointer);
    *pointer = NULL;
}
