/*
 * The sound output: its timeline without a device, its conversion, and its reports on SDL's driver that
 * plays to nobody.
 */
#define _POSIX_C_SOURCE 200809L

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <SDL_audio.h>
#include <cmocka.h>

#include "host/sdl/audio.h"
#include "host/sdl/resample.h"
#include "host/sdl/sound.h"
#include "support/collector.h"
#include "support/pictures.h"

/* 1000 samples a second: a sample is a millisecond. */
#define RATE 1000
#define MS   AIZU_MILLISECOND

static void fill(float *values, size_t count, float value)
{
    for (size_t i = 0; i < count * AZ_SOUND_CHANNELS; i++)
        values[i] = value;
}

static void open(az_sound *sound, size_t capacity)
{
    assert_true(az_sound_init(sound, RATE, capacity, 3 * MS));
}

static void append(az_sound *sound, int64_t pts_ms, size_t count, float value)
{
    float values[512];
    fill(values, count, value);
    assert_true(az_sound_append(sound, pts_ms * MS, values, count));
}

/* Reads count samples from a position and compares the left ones with a string of digits. */
static void check(az_sound *sound, int64_t position, const char *digits)
{
    float out[512];
    size_t count = strlen(digits);
    char found[257] = "";
    assert_true(count < sizeof(found));
    az_sound_read(sound, position, out, count);
    for (size_t i = 0; i < count; i++) {
        assert_true(out[i * 2] == out[i * 2 + 1]);
        found[i] = (char)('0' + (int)out[i * 2]);
    }
    assert_string_equal(found, digits);
}

static void pieces_follow_one_another(void **state)
{
    (void)state;
    az_sound sound;
    open(&sound, 100);
    append(&sound, 10, 4, 1);
    append(&sound, 14, 4, 2);
    check(&sound, 10, "111");
    check(&sound, 13, "122220");
    az_sound_deinit(&sound);
}

static void a_gap_is_silence_of_its_length(void **state)
{
    (void)state;
    az_sound sound;
    open(&sound, 100);
    append(&sound, 10, 3, 1);
    append(&sound, 20, 3, 2);
    append(&sound, 100000, 2, 3); /* costs no room */
    check(&sound, 10, "1110000000222000");
    check(&sound, 99998, "00330");
    az_sound_deinit(&sound);
}

static void an_overlap_is_cut(void **state)
{
    (void)state;
    az_sound sound;
    open(&sound, 100);
    append(&sound, 10, 10, 1);
    append(&sound, 15, 10, 2);
    append(&sound, 12, 5, 3); /* lies in what is there */
    check(&sound, 10, "111111111122222000");
    az_sound_deinit(&sound);
}

static void small_differences_are_joined_but_do_not_add_up(void **state)
{
    (void)state;
    az_sound sound;
    open(&sound, 200);
    for (int i = 0; i < 10; i++) /* pieces of 10 ms that claim to be 11 ms apart */
        append(&sound, i * 11, 10, (float)(i % 2 + 1));
    assert_true(sound.run_count > 1);
    const az_sound_run *last = &sound.runs[sound.run_count - 1];
    assert_in_range(last->begin + (int64_t)last->count, 109 - 3, 109 + 3);
    az_sound_deinit(&sound);
}

static void what_comes_too_late_is_not_heard(void **state)
{
    (void)state;
    az_sound sound;
    open(&sound, 100);
    check(&sound, 0, "00000");
    append(&sound, 2, 6, 1);
    check(&sound, 5, "1110");
    append(&sound, 1, 3, 2);
    check(&sound, 9, "000");
    assert_int_equal(sound.count, 0);
    az_sound_deinit(&sound);
}

static void the_buffer_is_bounded_and_wraps(void **state)
{
    (void)state;
    az_sound sound;
    open(&sound, 10);
    float values[32];
    fill(values, 16, 4);
    assert_false(az_sound_append(&sound, 0, values, 11));
    for (int i = 0; i < 20; i++) {
        append(&sound, i * 7, 7, (float)(i % 9 + 1));
        assert_false(az_sound_append(&sound, (i + 1) * 7 * MS, values, 4));
        char digits[8] = "";
        memset(digits, '0' + i % 9 + 1, 7);
        check(&sound, i * 7, digits);
    }
    az_sound_deinit(&sound);
}

static void gaps_are_bounded(void **state)
{
    (void)state;
    az_sound sound;
    open(&sound, 500);
    float values[2] = {1, 1};
    for (int i = 0; i < AZ_SOUND_RUNS_MAX; i++)
        assert_true(az_sound_append(&sound, i * 10 * MS, values, 1));
    assert_false(az_sound_append(&sound, 10 * AIZU_SECOND, values, 1));
    check(&sound, 0, "10");
    assert_true(az_sound_append(&sound, 10 * AIZU_SECOND, values, 1));
    az_sound_deinit(&sound);
}

static void negative_times_work(void **state)
{
    (void)state;
    az_sound sound;
    open(&sound, 100);
    append(&sound, -5, 4, 1);
    append(&sound, 4, 3, 2);
    check(&sound, -6, "0111100000222");
    az_sound_deinit(&sound);
}

/* ---- conversion ---- */

static void check_resampling(int rate, int channels, int out_rate)
{
    az_resample resample = {0};
    size_t total = 0;
    float last = 0;
    for (int i = 0; i < 50; i++) {
        az_frame *frame = tone_create(rate, channels, 1024, 0.25f);
        const float *values = NULL;
        size_t count = 0;
        int64_t delay = 0;
        assert_int_equal(az_resample_run(&resample, az_frame_av(frame), out_rate, &values, &count, &delay),
                         AIZU_OK);
        /* what came out so far ends where it says that it does */
        int64_t begin = az_rescale((int64_t)i * 1024, AIZU_SECOND, rate) - delay;
        int64_t told = az_rescale((int64_t)total, AIZU_SECOND, out_rate);
        assert_true(llabs(begin - told) < MS);
        total += count;
        last = count ? values[count * 2 - 1] : last;
        az_frame_unref(&frame);
    }
    assert_in_range(total, (size_t)(50 * 1024) * (size_t)out_rate / (size_t)rate - 200,
                    (size_t)(50 * 1024) * (size_t)out_rate / (size_t)rate + 1);
    assert_true(last > 0.1f);
    az_resample_deinit(&resample);
}

static void any_rate_and_layout_becomes_stereo_at_the_devices_rate(void **state)
{
    (void)state;
    check_resampling(48000, 2, 48000);
    check_resampling(44100, 1, 48000);
    check_resampling(48000, 6, 44100);
}

/* ---- the output ---- */

static void the_clock_says_what_is_heard(void **state)
{
    (void)state;
    setenv("SDL_AUDIODRIVER", "dummy", 1);
    collector c;
    collector_init(&c);
    az_audio *audio = NULL;
    assert_int_equal(az_audio_create(&audio, AIZU_AUDIO_DEVICE, &c.post, NULL), AIZU_OK);
    for (int i = 0; i < 40; i++)
        az_audio_append(audio, tone_create(48000, 2, 1024, 0.1f),
                        5 * AIZU_SECOND + az_rescale(i * 1024, AIZU_SECOND, 48000), 0);
    int64_t at = az_clock_now() + 100 * MS;
    az_audio_start(audio, 5 * AIZU_SECOND, at, 1);
    assert_true(collector_wait(&c, AZ_EVENT_AUDIO_CLOCK, 0, 4));
    for (size_t i = 0; i < 4; i++) {
        az_event event = collector_get(&c, AZ_EVENT_AUDIO_CLOCK, i);
        int64_t error = event.pts - 5 * AIZU_SECOND - (event.time - at);
        assert_true(event.time >= at);
        print_message("clock %+.3f ms\n", (double)error / 1e6);
        assert_true(llabs(error) < AIZU_SECOND); /* a loaded machine makes the device late */
    }
    az_audio_set_volume(audio, 0.5f);
    az_audio_set_mute(audio, true);
    az_audio_pause(audio);
    az_audio_flush(audio);
    size_t before = collector_count(&c, AZ_EVENT_AUDIO_CLOCK, 0);
    az_audio_append(audio, tone_create(44100, 1, 1024, 0.1f), AIZU_SECOND, 0);
    az_audio_start(audio, AIZU_SECOND, az_clock_now(), 1);
    assert_true(collector_wait(&c, AZ_EVENT_AUDIO_CLOCK, 0, before + 1));
    assert_true(collector_get(&c, AZ_EVENT_AUDIO_CLOCK, before).pts < 4 * AIZU_SECOND);
    assert_int_equal(collector_count(&c, AZ_EVENT_AUDIO_LOST, 0), 0);
    az_audio_destroy(&audio);
    assert_null(audio);
    collector_deinit(&c);
}

/* How much the clock says that is heard a second, between two of its reports. */
static double speed(collector *c, size_t from, size_t to)
{
    az_event a = collector_get(c, AZ_EVENT_AUDIO_CLOCK, from), b = collector_get(c, AZ_EVENT_AUDIO_CLOCK, to);
    assert_true(b.time > a.time);
    return (double)(b.pts - a.pts) / (double)(b.time - a.time);
}

static az_audio *create_playing(collector *c, double rate)
{
    setenv("SDL_AUDIODRIVER", "dummy", 1);
    collector_init(c);
    az_audio *audio = NULL;
    assert_int_equal(az_audio_create(&audio, AIZU_AUDIO_DEVICE, &c->post, NULL), AIZU_OK);
    for (int i = 0; i < 500; i++)
        az_audio_append(audio, tone_create(48000, 2, 1024, 0.1f), az_rescale(i * 1024, AIZU_SECOND, 48000),
                        0);
    az_audio_start(audio, AIZU_SECOND, az_clock_now() + 20 * MS, rate);
    return audio;
}

static void the_clock_runs_at_the_rate(void **state)
{
    (void)state;
    static const double rates[] = {0.5, 2};
    for (size_t i = 0; i < AZ_COUNT(rates); i++) {
        collector c;
        az_audio *audio = create_playing(&c, rates[i]);
        assert_true(collector_wait(&c, AZ_EVENT_AUDIO_CLOCK, 0, 10));
        double found = speed(&c, 0, 9);
        print_message("%.2f: %.3f\n", rates[i], found);
        assert_true(found > rates[i] * 0.8 && found < rates[i] * 1.2);
        az_audio_destroy(&audio);
        collector_deinit(&c);
    }
}

static void another_rate_while_it_runs_goes_on_where_it_is(void **state)
{
    (void)state;
    static const double rates[] = {2, 0.5, 1};
    collector c;
    az_audio *audio = create_playing(&c, 1);
    size_t count = 5;
    for (size_t i = 0; i < AZ_COUNT(rates); i++) {
        assert_true(collector_wait(&c, AZ_EVENT_AUDIO_CLOCK, 0, count));
        az_event now = collector_get(&c, AZ_EVENT_AUDIO_CLOCK, count - 1);
        az_audio_start(audio, now.pts, now.time, rates[i]); /* it cannot be so early: as soon as possible */
        count += 10;
        assert_true(collector_wait(&c, AZ_EVENT_AUDIO_CLOCK, 0, count));
        double found = speed(&c, count - 7, count - 1);
        print_message("%.2f: %.3f\n", rates[i], found);
        assert_true(found > rates[i] * 0.75 && found < rates[i] * 1.25);
    }
    for (size_t i = 1; i < count; i++) /* never back, never a jump ahead */
        assert_true(speed(&c, i - 1, i) > 0.1 && speed(&c, i - 1, i) < 4);
    az_audio_destroy(&audio);
    collector_deinit(&c);
}

static az_frame *sine_create(int64_t position, int samples)
{
    az_frame *frame = tone_create(48000, 2, samples, 0);
    const AVFrame *av = az_frame_av(frame);
    for (int i = 0; i < samples; i++) {
        double value = 0.5 * sin(2 * 3.14159265358979 * 440 * (double)(position + i) / 48000);
        for (int c = 0; c < 2; c++)
            ((float *)(void *)av->extended_data[c])[i] = (float)value;
    }
    return frame;
}

static bool has_driver(const char *name)
{
    for (int i = 0; i < SDL_GetNumAudioDrivers(); i++) {
        if (strcmp(SDL_GetAudioDriver(i), name) == 0)
            return true;
    }
    return false;
}

/* Through SDL's driver that writes to a file: what the device gets is the tone that it was, without a hole or
 * a step, while the rate changes again and again. */
static void the_device_gets_one_tone_at_all_rates(void **state)
{
    (void)state;
    static const double rates[] = {2, 0.5, 1, 1.05, 0.95, 1};
    char path[] = "/tmp/aizu-audio-XXXXXX";
    if (!has_driver("disk"))
        skip();
    close(mkstemp(path));
    setenv("SDL_AUDIODRIVER", "disk", 1);
    setenv("SDL_DISKAUDIOFILE", path, 1);
    collector c;
    collector_init(&c);
    az_audio *audio = NULL;
    assert_int_equal(az_audio_create(&audio, AIZU_AUDIO_DEVICE, &c.post, NULL), AIZU_OK);
    for (int i = 0; i < 500; i++)
        az_audio_append(audio, sine_create(i * 1024, 1024), az_rescale(i * 1024, AIZU_SECOND, 48000), 0);
    az_audio_start(audio, AIZU_SECOND, az_clock_now() + 50 * MS, 1);
    for (size_t i = 0; i < AZ_COUNT(rates); i++) {
        assert_true(collector_wait(&c, AZ_EVENT_AUDIO_CLOCK, 0, 4 * i + 4));
        az_event now = collector_get(&c, AZ_EVENT_AUDIO_CLOCK, 4 * i + 3);
        az_audio_start(audio, now.pts, now.time, rates[i]);
    }
    assert_true(collector_wait(&c, AZ_EVENT_AUDIO_CLOCK, 0, 4 * AZ_COUNT(rates) + 4));
    assert_int_equal(collector_count(&c, AZ_EVENT_AUDIO_LOST, 0), 0);
    az_audio_destroy(&audio);
    collector_deinit(&c);

    FILE *file = fopen(path, "rb");
    assert_non_null(file);
    float pair[2], last = 0;
    int rises = 0, silent = 0, count = 0;
    double steepest = 0;
    while (fread(pair, sizeof(pair), 1, file) == 1) {
        if (!count && pair[0] == 0)
            continue; /* before the sound */
        if (count++)
            steepest = fmax(steepest, fabs((double)(pair[0] - last)));
        rises += last <= 0 && pair[0] > 0;
        silent += last == 0 && pair[0] == 0;
        last = pair[0];
    }
    fclose(file);
    unlink(path);
    steepest /= 0.5 * 2 * 3.14159265 * 440 / 48000; /* as a multiple of the tone's own */
    print_message("%.2f s, %.2f Hz, steps of %.2f, %d silent\n", count / 48e3, rises * 48e3 / count, steepest,
                  silent);
    assert_true(count > 48000);
    if (silent) { /* the filter's thread got no time for a tenth of a second */
        print_message("too busy a machine to say more\n");
        return;
    }
    assert_true(fabs(rises * 48e3 / count - 440) < 3);
    assert_true(steepest < 1.25);
}

static void without_a_device_it_says_so_once_and_drops_frames(void **state)
{
    (void)state;
    setenv("SDL_AUDIODRIVER", "no-such-driver", 1);
    collector c;
    collector_init(&c);
    az_audio *audio = NULL;
    assert_int_equal(az_audio_create(&audio, AIZU_AUDIO_DEVICE, &c.post, NULL), AIZU_OK);
    for (int i = 0; i < 10; i++)
        az_audio_append(audio, tone_create(48000, 2, 1024, 0.1f), i * 20 * MS, 0);
    assert_true(collector_wait(&c, AZ_EVENT_AUDIO_LOST, 0, 1));
    az_audio_append(audio, tone_create(48000, 2, 1024, 0.1f), AIZU_SECOND, 0);
    az_audio_start(audio, 0, 0, 1);
    az_audio_destroy(&audio);
    assert_int_equal(c.count, 1);
    collector_deinit(&c);
}

static void the_silent_output_posts_nothing(void **state)
{
    (void)state;
    collector c;
    collector_init(&c);
    az_audio *audio = NULL;
    assert_int_equal(az_audio_create(&audio, AIZU_AUDIO_SILENT, &c.post, NULL), AIZU_OK);
    az_audio_append(audio, tone_create(48000, 2, 1024, 0.1f), 0, 0);
    az_audio_start(audio, 0, 0, 1);
    az_audio_start(audio, 0, 0, 2);
    az_audio_pause(audio);
    az_audio_flush(audio);
    az_audio_set_volume(audio, 1);
    az_audio_set_mute(audio, false);
    az_audio_destroy(&audio);
    assert_int_equal(c.count, 0);
    collector_deinit(&c);
}

static void too_many_frames_are_bounded(void **state)
{
    (void)state;
    setenv("SDL_AUDIODRIVER", "dummy", 1);
    collector c;
    collector_init(&c);
    az_audio *audio = NULL;
    assert_int_equal(az_audio_create(&audio, AIZU_AUDIO_DEVICE, &c.post, NULL), AIZU_OK);
    for (int i = 0; i < AZ_AUDIO_FRAMES_MAX + 300; i++)
        az_audio_append(audio, tone_create(48000, 2, 1024, 0.1f), az_rescale(i * 1024, AIZU_SECOND, 48000),
                        0);
    az_audio_destroy(&audio);
    collector_deinit(&c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pieces_follow_one_another),
        cmocka_unit_test(a_gap_is_silence_of_its_length),
        cmocka_unit_test(an_overlap_is_cut),
        cmocka_unit_test(small_differences_are_joined_but_do_not_add_up),
        cmocka_unit_test(what_comes_too_late_is_not_heard),
        cmocka_unit_test(the_buffer_is_bounded_and_wraps),
        cmocka_unit_test(gaps_are_bounded),
        cmocka_unit_test(negative_times_work),
        cmocka_unit_test(any_rate_and_layout_becomes_stereo_at_the_devices_rate),
        cmocka_unit_test(the_clock_says_what_is_heard),
        cmocka_unit_test(the_clock_runs_at_the_rate),
        cmocka_unit_test(another_rate_while_it_runs_goes_on_where_it_is),
        cmocka_unit_test(the_device_gets_one_tone_at_all_rates),
        cmocka_unit_test(without_a_device_it_says_so_once_and_drops_frames),
        cmocka_unit_test(the_silent_output_posts_nothing),
        cmocka_unit_test(too_many_frames_are_bounded),
    };
    return cmocka_run_group_tests_name("audio_output", tests, NULL, NULL);
}
