/*
 * Time expressions of TTML (TTML2, 12.3.1) as nanoseconds. Internal to host/xml/.
 */
#ifndef AZ_HOST_XML_TTML_TIME_H
#define AZ_HOST_XML_TTML_TIME_H

#include "base/base.h"

/* The parameters of the root element that times depend on. */
typedef struct az_ttml_rates {
    int64_t frame_rate, multiplier_num, multiplier_den;
    int64_t sub_frame_rate;
    int64_t tick_rate;
} az_ttml_rates;

void az_ttml_rates_init(az_ttml_rates *rates);

/* An attribute of the root by its local name; others and those that cannot be read are left out. */
void az_ttml_rates_set(az_ttml_rates *rates, const char *name, az_span value);

/* "hh:mm:ss", with a fraction or frames, or a number with a unit (h m s ms f t). False: neither. */
bool az_ttml_time(const az_ttml_rates *rates, az_span text, int64_t *ns);

#endif
