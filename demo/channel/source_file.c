#include "log.h"
#include "source.h"
ch_source *ch_source_file(const ch_file_settings *settings)
{
    ch_error("%s: files cannot be played yet", settings->path);
    return NULL;
}
