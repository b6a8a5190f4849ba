/*
 * The shortest useful program: plays the stream given on the command line in a window and prints each cue at
 * the moment its frame is on screen.
 */
#include <stdio.h>

#include <aizu/aizu.h>

static void on_cue(void *user, const aizu_cue *cue)
{
    (void)user;
    printf("%.3f %s %.*s\n", aizu_seconds(cue->pts), cue->key, (int)cue->size, (const char *)cue->data);
}

int main(int argc, char **argv)
{
    aizu_player *player = NULL;
    if (argc < 2 || aizu_player_create(&player, NULL))
        return 1;
    aizu_player_on_cue(player, on_cue, NULL);
    aizu_player_load(player, argv[1]);
    aizu_player_play(player);
    while (aizu_player_dispatch(player, AIZU_FOREVER) == AIZU_OK)
        ;
    aizu_player_destroy(&player);
    return 0;
}
