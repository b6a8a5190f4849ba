/*
 * What all sources share; see source.h.
 */
#include "source.h"

void ch_source_destroy(ch_source **pointer)
{
    ch_source *source = *pointer;
    *pointer = NULL;
    if (source)
        source->destroy(source);
}
