/*
 * aizu-quiz: the viewer of an interactive show. Options in, exit status out; everything else is in viewer.c.
 */
#include "options.h"
#include "viewer.h"

#include <SDL.h>

int main(int argc, char **argv)
{
    struct quiz_options options;
    switch (quiz_options_read(&options, argc, argv)) {
    case QUIZ_OPTIONS_DONE:
        return 0;
    case QUIZ_OPTIONS_WRONG:
        return 2;
    case QUIZ_OPTIONS_RUN:
        break;
    }
    return quiz_viewer_run(&options);
}
