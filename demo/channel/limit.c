/*
 * The sliding second; see limit.h.
 */
#include "limit.h"

#define NS_PER_SECOND INT64_C(1000000000)

void ch_limit_init(ch_limit *limit, unsigned rate)
{
    *limit = (ch_limit){.rate = rate < CH_LIMIT_RATE_MAX ? rate : CH_LIMIT_RATE_MAX};
}

bool ch_limit_take(ch_limit *limit, int64_t now_ns)
{
    if (limit->rate == 0)
        return true;
    if (limit->count == limit->rate) { /* `next` is the oldest one then */
        if (now_ns - limit->times_ns[limit->next] < NS_PER_SECOND)
            return false;
    } else {
        limit->count++;
    }
    limit->times_ns[limit->next] = now_ns;
    limit->next = (limit->next + 1) % limit->rate;
    return true;
}
