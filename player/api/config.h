/*
 * The settings of a player: defaults, and the check before they are used.
 */
#ifndef AZ_API_CONFIG_H
#define AZ_API_CONFIG_H

#include "aizu/player.h"
#include "base/base.h"

/* What the application gave (NULL: nothing), over the defaults, so that an application built against an older
 * and smaller struct gets the defaults of the rest. AIZU_E_ARGUMENT: a setting out of its range. */
AZ_NODISCARD aizu_result az_config_read(aizu_config *out, const aizu_config *given);

#endif
