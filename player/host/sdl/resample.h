/*
 * Decoded sound to interleaved stereo floats at the rate of the device, with swresample. Internal to
 * host/sdl/.
 */
#ifndef AZ_HOST_SDL_RESAMPLE_H
#define AZ_HOST_SDL_RESAMPLE_H

#include <libavutil/channel_layout.h>

#include "base/base.h"

struct AVFrame;
struct SwrContext;

/* Zero it before the first use. */
typedef struct az_resample {
    struct SwrContext *swr;
    AVChannelLayout layout; /* of the input, as format and rate */
    int format, rate;
    int out_rate;
    float *values; /* output, ours */
    size_t capacity;
} az_resample;

void az_resample_deinit(az_resample *resample);

/* Forgets what the filter still holds. */
void az_resample_flush(az_resample *resample);

/*
 * Converts one frame. The samples in *values, valid until the next call, begin *delay ns before the frame
 * (what the filter held back from the last one). AIZU_E_DECODER: a format that swresample does not take;
 * AIZU_E_MEMORY.
 */
AZ_NODISCARD aizu_result az_resample_run(az_resample *resample, const struct AVFrame *av, int out_rate,
                                         const float **values, size_t *count, int64_t *delay);

#endif
