/*
 * Content steering manifests (bis 7.2, 7.3) with jansson; an az_steering_parser.
 */
#ifndef AZ_HOST_JSON_STEERING_H
#define AZ_HOST_JSON_STEERING_H

#include "playlist/steering.h"

#define AZ_STEERING_TTL_MIN (1 * AIZU_SECOND) /* a TTL outside is cut to these */
#define AZ_STEERING_TTL_MAX (86400 * AIZU_SECOND)

/*
 * See az_steering_parser. Strict in what leaves the document: pathway IDs are made of [A-Za-z0-9._-], a host
 * of what a host and port may have, and no string has control characters. A clone without its IDs, or with a
 * host that cannot be used, is left out; of its other parts those that do not fit. AIZU_E_LIMIT: more than
 * AZ_STEERING_SIZE_MAX bytes. AIZU_E_MEMORY. `out` is zeroed after a failure. Pure; any thread.
 */
AZ_NODISCARD aizu_result az_json_steering_parse(az_steering *out, az_span json);

#endif
