/*
 * Closed captions: the cc_data triplets of pictures go in, captions of all channels come out; see
 * cue/captions.h.
 *
 * ATSC A/53 Part 4, 6.2.3.1 and CEA-708 (cc_data). This file takes the triplets apart; captions_608.c and
 * captions_708.c decode, captions_screen.c says what is on the screens. A decoder is made when it is first
 * needed: most streams need none, few need more than one.
 */
#include "cue/captions.h"
#include "cue/captions_608.h"
#include "cue/captions_708.h"

#include <stdlib.h>

struct az_captions {
    az_caption_sink out;  /* the owner's */
    az_caption_sink sink; /* of the decoders */
    az_cc608 *fields[2];
    az_cc708 *services;
    uint64_t seen;
};

static void on_caption(void *user, const az_caption *caption)
{
    az_captions *captions = user;
    if (caption->channel < 64)
        captions->seen |= UINT64_C(1) << caption->channel;
    captions->out.caption(captions->out.user, caption);
}

az_captions *az_captions_create(void (*caption)(void *user, const az_caption *caption), void *user)
{
    az_captions *captions = calloc(1, sizeof(*captions));
    if (!captions)
        return NULL;
    captions->out = (az_caption_sink){.user = user, .caption = caption};
    captions->sink = (az_caption_sink){.user = captions, .caption = on_caption};
    return captions;
}

void az_captions_destroy(az_captions **pointer)
{
    az_captions *captions = *pointer;
    *pointer = NULL;
    if (!captions)
        return;
    for (int i = 0; i < 2; i++)
        az_cc608_destroy(&captions->fields[i]);
    az_cc708_destroy(&captions->services);
    free(captions);
}

static void line21(az_captions *captions, unsigned field, uint8_t first, uint8_t second, int64_t pts)
{
    az_cc608 **decoder = &captions->fields[field];
    if (((first | second) & 0x7F) == 0) /* padding */
        return;
    if (!*decoder)
        *decoder = az_cc608_create(&captions->sink, field);
    if (*decoder) /* out of memory: captions are given up first */
        az_cc608_pair(*decoder, first, second, pts);
}

static void dtvcc(az_captions *captions, bool is_start, uint8_t first, uint8_t second, int64_t pts)
{
    if (!captions->services)
        captions->services = az_cc708_create(&captions->sink);
    if (captions->services)
        az_cc708_pair(captions->services, is_start, first, second, pts);
}

void az_captions_feed(az_captions *captions, int64_t pts, az_span triplets)
{
    for (size_t i = 0; i + 3 <= triplets.size; i += 3) {
        const uint8_t *t = triplets.data + i;
        bool is_valid = t[0] & 4;
        unsigned type = t[0] & 3;
        if (is_valid && type < 2)
            line21(captions, type, t[1], t[2], pts);
        else if (is_valid)
            dtvcc(captions, type == 3, t[1], t[2], pts);
    }
    for (int i = 0; i < 2; i++)
        if (captions->fields[i])
            az_cc608_tick(captions->fields[i], pts);
    if (captions->services)
        az_cc708_tick(captions->services, pts);
}

void az_captions_reset(az_captions *captions, int64_t pts)
{
    for (int i = 0; i < 2; i++)
        if (captions->fields[i])
            az_cc608_reset(captions->fields[i], pts);
    if (captions->services)
        az_cc708_reset(captions->services, pts);
}

uint64_t az_captions_seen(const az_captions *captions)
{
    return captions->seen;
}

const char *az_caption_channel_name(unsigned channel)
{
    static const char names[AZ_CAPTION_CHANNELS][10] = {
        "CC1",       "CC2",       "CC3",       "CC4",       "SERVICE1",  "SERVICE2",  "SERVICE3",
        "SERVICE4",  "SERVICE5",  "SERVICE6",  "SERVICE7",  "SERVICE8",  "SERVICE9",  "SERVICE10",
        "SERVICE11", "SERVICE12", "SERVICE13", "SERVICE14", "SERVICE15", "SERVICE16", "SERVICE17",
        "SERVICE18", "SERVICE19", "SERVICE20", "SERVICE21", "SERVICE22", "SERVICE23", "SERVICE24",
        "SERVICE25", "SERVICE26", "SERVICE27", "SERVICE28", "SERVICE29", "SERVICE30", "SERVICE31",
        "SERVICE32", "SERVICE33", "SERVICE34", "SERVICE35", "SERVICE36", "SERVICE37", "SERVICE38",
        "SERVICE39", "SERVICE40", "SERVICE41", "SERVICE42", "SERVICE43", "SERVICE44", "SERVICE45",
        "SERVICE46", "SERVICE47", "SERVICE48", "SERVICE49", "SERVICE50", "SERVICE51", "SERVICE52",
        "SERVICE53", "SERVICE54", "SERVICE55", "SERVICE56", "SERVICE57", "SERVICE58", "SERVICE59",
        "SERVICE60", "SERVICE61", "SERVICE62", "SERVICE63",
    };
    return channel < AZ_CAPTION_CHANNELS ? names[channel] : "";
}
