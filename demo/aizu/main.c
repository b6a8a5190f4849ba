/*
 * The `aizu` command line: play, probe, version, help.
 */
#include <stdio.h>
#include <string.h>

#include "play.h"
#include "probe.h"

static const char help[] = "usage: aizu COMMAND\n"
                           "\n"
                           "  play URL        plays a stream, in a window or without, and logs what happens\n"
                           "  probe URL|FILE  tells what is in a playlist, a stream or a media file\n"
                           "  version\n"
                           "  help            this text; aizu play --help and aizu probe --help tell more\n";

int main(int argc, char **argv)
{
    const char *command = argc > 1 ? argv[1] : "";
    if (strcmp(command, "play") == 0)
        return play_main(argc - 1, argv + 1);
    if (strcmp(command, "probe") == 0)
        return probe_main(argc - 1, argv + 1);
    if (strcmp(command, "version") == 0 || strcmp(command, "--version") == 0) {
        printf("aizu %s\n", aizu_version());
        return 0;
    }
    bool is_help = strcmp(command, "help") == 0 || strcmp(command, "--help") == 0;
    fputs(help, is_help ? stdout : stderr);
    return is_help ? 0 : EXIT_USAGE;
}
