/*
 * Sound at other rates: pitch, speed and continuity of what a listener would hear, and that the map from the
 * device's samples to the timeline says what is really heard. A sweep tells by its pitch from where it is.
 */
#define _POSIX_C_SOURCE 200809L

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "host/sdl/stretch.h"
#include "host/sync.h"

#define RATE        48000
#define BLOCK       1024
#define LENGTH      (12 * RATE)
#define PITCH       440.0
#define SWEEP_BEGIN 300.0
#define SWEEP       200.0 /* Hz more each second */
#define PI          3.14159265358979323846

typedef struct player {
    pthread_mutex_t lock;
    az_sound sound;
    az_stretch stretch;
    float *out; /* left channel of all that the device took */
    int64_t count, capacity;
} player;

/* One second of source every so often, as a stream would come. */
typedef double (*wave)(double seconds);

static double sine(double seconds)
{
    return 0.5 * sin(2 * PI * PITCH * seconds);
}

static double sweep(double seconds)
{
    return 0.5 * sin(2 * PI * (SWEEP_BEGIN * seconds + SWEEP * seconds * seconds / 2));
}

static void append(player *p, wave form, int64_t position, int64_t count)
{
    float *values = malloc((size_t)count * 2 * sizeof(float));
    assert_non_null(values);
    for (int64_t i = 0; i < count; i++)
        values[i * 2] = values[i * 2 + 1] = (float)form((double)(position + i) / RATE);
    assert_true(az_sound_append(&p->sound, az_sound_pts(&p->sound, position), values, (size_t)count));
    free(values);
}

static player *create(wave form)
{
    player *p = calloc(1, sizeof(*p));
    assert_non_null(p);
    pthread_mutex_init(&p->lock, NULL);
    assert_true(az_sound_init(&p->sound, RATE, LENGTH, 0));
    az_stretch_init(&p->stretch, RATE, BLOCK, NULL);
    p->capacity = 60 * RATE;
    p->out = calloc((size_t)p->capacity, sizeof(float));
    assert_non_null(p->out);
    append(p, form, 0, LENGTH);
    return p;
}

static void destroy(player *p)
{
    az_stretch_deinit(&p->stretch);
    az_sound_deinit(&p->sound);
    pthread_mutex_destroy(&p->lock);
    free(p->out);
    free(p);
}

static void work(player *p)
{
    pthread_mutex_lock(&p->lock);
    while (az_stretch_work(&p->stretch, &p->sound, true, &p->lock))
        ;
    pthread_mutex_unlock(&p->lock);
}

/* The device takes blocks until it has `until` samples; between them the worker does all that there is to do.
 */
static void play(player *p, int64_t until)
{
    float block[BLOCK * 2];
    assert_true(until + BLOCK < p->capacity);
    while (p->count < until) {
        work(p);
        pthread_mutex_lock(&p->lock);
        az_stretch_take(&p->stretch, &p->sound, block, BLOCK);
        pthread_mutex_unlock(&p->lock);
        for (int i = 0; i < BLOCK; i++)
            p->out[p->count++] = block[i * 2];
    }
}

/* Mean frequency of out[begin .. end), from the first to the last rise through zero. */
static double frequency(const player *p, int64_t begin, int64_t end)
{
    double first = -1, last = -1;
    int periods = -1;
    for (int64_t i = begin + 1; i < end; i++) {
        double a = p->out[i - 1], b = p->out[i];
        if (a < 0 && b >= 0) {
            last = (double)i - b / (b - a);
            first = first < 0 ? last : first;
            periods++;
        }
    }
    assert_true(periods > 0);
    return periods * (double)RATE / (last - first);
}

/* The steepest step, as a multiple of what a sine of that pitch and the level 0.5 has. */
static double roughness(const player *p, int64_t begin, int64_t end, double pitch)
{
    double steepest = 0;
    for (int64_t i = begin + 1; i < end; i++)
        steepest = fmax(steepest, fabs((double)p->out[i] - (double)p->out[i - 1]));
    return steepest / (0.5 * 2 * PI * pitch / RATE);
}

/* The quietest 10 ms, as a share of the level that a sine of 0.5 has. */
static double quietest(const player *p, int64_t begin, int64_t end)
{
    double least = 1e9;
    for (int64_t i = begin; i + RATE / 100 <= end; i += RATE / 100) {
        double power = 0;
        for (int64_t k = i; k < i + RATE / 100; k++)
            power += (double)p->out[k] * (double)p->out[k];
        least = fmin(least, sqrt(power / (RATE / 100)) / (0.5 / sqrt(2.0)));
    }
    return least;
}

static void check_continuous(const player *p, int64_t begin, int64_t end, double pitch)
{
    double rough = roughness(p, begin, end, pitch), quiet = quietest(p, begin, end);
    if (rough > 1.25 || quiet < 0.8)
        print_message("steps of %.2f, down to %.2f\n", rough, quiet);
    assert_true(rough <= 1.25);
    assert_true(quiet >= 0.8);
}

static void a_tone_keeps_its_pitch_at_every_rate(void **state)
{
    (void)state;
    static const double rates[] = {0.25, 0.5, 0.75, 0.95, 1.05, 1.25, 1.5, 2};
    for (size_t i = 0; i < AZ_COUNT(rates); i++) {
        player *p = create(sine);
        az_stretch_start(&p->stretch, 0, rates[i]);
        play(p, 4 * RATE);
        double found = frequency(p, RATE / 2, 4 * RATE);
        print_message("%.2f: %.2f Hz, steps of %.2f, down to %.2f\n", rates[i], found,
                      roughness(p, 0, p->count, PITCH), quietest(p, 0, p->count));
        assert_true(fabs(found - PITCH) < PITCH * 0.003);
        check_continuous(p, 0, p->count, PITCH);
        destroy(p);
    }
}

/* Where on the timeline the sweep is that is heard around an index, s. */
static double heard(const player *p, int64_t index)
{
    return (frequency(p, index - RATE / 20, index + RATE / 20) - SWEEP_BEGIN) / SWEEP;
}

static void check_map(const player *p, int64_t index)
{
    double told = az_stretch_position(&p->stretch, (double)index) / RATE;
    double error = heard(p, index) - told;
    if (fabs(error) >= 0.04)
        print_message("at %.2f s: %.3f s told, %+.1f ms\n", (double)index / RATE, told, error * 1000);
    assert_true(fabs(error) < 0.04);
}

static void the_map_says_what_is_heard(void **state)
{
    (void)state;
    static const double rates[] = {0.25, 0.5, 0.95, 1, 1.05, 1.25, 2};
    for (size_t i = 0; i < AZ_COUNT(rates); i++) {
        player *p = create(sweep);
        az_stretch_start(&p->stretch, RATE, rates[i]);
        play(p, 5 * RATE);
        for (int64_t index = RATE / 4; index < 5 * RATE - RATE / 4; index += RATE / 4)
            check_map(p, index);
        double told = az_stretch_position(&p->stretch, 4 * RATE);
        assert_true(fabs(told - RATE * (1 + 4 * rates[i])) < 1);
        destroy(p);
    }
}

static void at_the_plain_rate_samples_pass_untouched(void **state)
{
    (void)state;
    player *p = create(sweep);
    az_stretch_start(&p->stretch, 480, 1);
    assert_false(az_stretch_is_busy(&p->stretch));
    play(p, RATE);
    for (int64_t i = 0; i < RATE; i++)
        assert_true(p->out[i] == (float)sweep((double)(480 + i) / RATE));
    assert_null(p->stretch.ring);
    assert_null(p->stretch.tempo);
    destroy(p);
}

static void a_new_rate_comes_without_a_gap_or_a_click(void **state)
{
    (void)state;
    static const double rates[] = {2, 0.5, 1, 1.25, 0.25, 1, 1.03, 1, 0.97, 1.5};
    player *p = create(sine);
    az_stretch_start(&p->stretch, 0, 1);
    for (size_t i = 0; i < AZ_COUNT(rates); i++) {
        play(p, p->count + RATE / 2);
        int64_t index = p->count + RATE / 5;
        double before = az_stretch_position(&p->stretch, (double)index);
        az_stretch_change(&p->stretch, index, rates[i]);
        play(p, index + BLOCK);
        /* asked for in time, it happens to the sample, and moves the sound by the search at most */
        const az_stretch_line *last = &p->stretch.lines[p->stretch.line_count - 1];
        assert_int_equal(last->index, index);
        assert_true(last->rate == rates[i]);
        assert_true(fabs(last->position - before) <= RATE * 0.008);
    }
    play(p, p->count + RATE / 2);
    check_continuous(p, 0, p->count, PITCH);
    destroy(p);
}

static void a_change_at_once_is_heard_within_a_tenth_of_a_second(void **state)
{
    (void)state;
    player *p = create(sweep);
    az_stretch_start(&p->stretch, 0, 1);
    static const double rates[] = {2, 0.5, 1};
    for (size_t i = 0; i < AZ_COUNT(rates); i++) {
        play(p, p->count + RATE);
        int64_t asked = p->count;
        az_stretch_change(&p->stretch, 0, rates[i]);
        play(p, asked + RATE);
        const az_stretch_line *last = &p->stretch.lines[p->stretch.line_count - 1];
        assert_true(last->rate == rates[i]);
        assert_in_range(last->index, asked, asked + RATE / 10);
        check_map(p, asked + RATE / 2);
    }
    destroy(p);
}

/* As a latency controller bends it: the map stays true, nothing adds up, and no change is heard. */
static void many_small_changes_are_neither_heard_nor_forgotten(void **state)
{
    (void)state;
    player *p = create(sweep);
    az_stretch_start(&p->stretch, 0, 1);
    int64_t begin = az_clock_now();
    int changes = 0;
    for (int i = 0; i < 50; i++) {
        az_stretch_change(&p->stretch, p->count, 0.95 + 0.1 * (i * 37 % 50) / 49.0);
        changes++;
        play(p, p->count + RATE / 5);
        if (i > 2)
            check_map(p, p->count - RATE / 10);
    }
    double cost = (double)(az_clock_now() - begin) / 1e6;
    print_message("10 s with %d changes: %.0f ms\n", changes, cost);
    double pitch = SWEEP_BEGIN + SWEEP * az_stretch_position(&p->stretch, (double)p->count) / RATE;
    assert_true(roughness(p, 0, p->count, pitch) <= 1.25);
    assert_true(quietest(p, 0, p->count) >= 0.8);
    destroy(p);
}

static void little_is_filtered_ahead_and_the_rest_waits(void **state)
{
    (void)state;
    player *p = create(sine);
    az_stretch_start(&p->stretch, 0, 0.5);
    work(p);
    assert_in_range(p->stretch.end, RATE / 20, RATE / 10 + RATE / 20);
    assert_true(p->stretch.feed < RATE / 4);
    destroy(p);
}

static void what_is_missing_is_waited_for_while_there_is_time(void **state)
{
    (void)state;
    player *p = create(sine);
    az_sound_clear(&p->sound);
    append(p, sine, 0, RATE / 10);
    az_stretch_start(&p->stretch, 0, 2);
    pthread_mutex_lock(&p->lock);
    while (az_stretch_work(&p->stretch, &p->sound, false, &p->lock))
        ;
    pthread_mutex_unlock(&p->lock);
    int64_t fed = p->stretch.feed;
    assert_true(fed <= RATE / 10);
    append(p, sine, RATE / 10, RATE * 5);
    play(p, RATE * 2);
    check_continuous(p, 0, p->count, PITCH);
    destroy(p);
}

static void a_hole_is_silence_of_its_length_at_the_rate(void **state)
{
    (void)state;
    player *p = create(sine);
    az_sound_clear(&p->sound);
    append(p, sine, 0, RATE);
    append(p, sine, 2 * RATE, 2 * RATE);
    az_stretch_start(&p->stretch, 0, 2);
    play(p, 3 * RATE / 2);
    int64_t silent = 0;
    for (int64_t i = 0; i < p->count; i++)
        silent += fabsf(p->out[i]) < 1e-4f;
    assert_in_range(silent, RATE / 2 - RATE / 15, RATE / 2 + RATE / 10);
    destroy(p);
}

/* A worker that got no CPU for a while: silence, and then in step again. */
static void a_late_filter_catches_up(void **state)
{
    (void)state;
    player *p = create(sweep);
    az_stretch_start(&p->stretch, 0, 1.5);
    play(p, RATE);
    float block[BLOCK * 2];
    for (int i = 0; i < 20; i++) {
        az_stretch_take(&p->stretch, &p->sound, block, BLOCK);
        for (int k = 0; k < BLOCK; k++)
            p->out[p->count++] = block[k * 2];
    }
    play(p, 3 * RATE);
    check_map(p, p->count - RATE / 2);
    destroy(p);
}

static void stop_forgets_and_start_begins_anew(void **state)
{
    (void)state;
    player *p = create(sine);
    az_stretch_start(&p->stretch, 0, 1.5);
    play(p, RATE / 2);
    az_stretch_change(&p->stretch, p->count + RATE, 2);
    az_stretch_stop(&p->stretch);
    assert_false(az_stretch_is_busy(&p->stretch));
    int64_t before = p->count;
    play(p, before + BLOCK);
    for (int64_t i = before; i < p->count; i++)
        assert_true(p->out[i] == 0);
    az_stretch_start(&p->stretch, 2 * RATE, 0.75);
    assert_true(az_stretch_rate(&p->stretch) == 0.75);
    work(p);
    before = p->count;
    play(p, before + RATE);
    check_continuous(p, before, p->count, PITCH);
    destroy(p);
}

static void without_a_filter_there_is_silence_and_the_map_goes_on(void **state)
{
    (void)state;
    player *p = create(sweep);
    p->stretch.is_unable = true; /* as after looking for libavfilter in vain */
    az_stretch_start(&p->stretch, 0, 1);
    play(p, RATE);
    az_stretch_change(&p->stretch, p->count, 2);
    play(p, 2 * RATE);
    for (int64_t i = p->count - RATE / 2; i < p->count; i++)
        assert_true(p->out[i] == 0);
    int64_t back = p->count;
    az_stretch_change(&p->stretch, back, 1);
    play(p, back + RATE);
    assert_in_range(az_stretch_position(&p->stretch, (double)back), 3 * RATE - RATE / 10,
                    3 * RATE + RATE / 10);
    check_map(p, back + RATE / 2);
    destroy(p);
}

static void tempo_gives_what_it_was_given_first(void **state)
{
    (void)state;
    az_tempo *tempo = NULL;
    assert_int_equal(az_tempo_create(&tempo), AIZU_OK);
    float in[2048];
    static const double rates[] = {AZ_TEMPO_RATE_MIN, 0.25, 0.49, 0.5, 1, 2, AZ_TEMPO_RATE_MAX};
    for (size_t r = 0; r < AZ_COUNT(rates); r++) {
        assert_int_equal(az_tempo_open(tempo, 44100, rates[r]), AIZU_OK);
        const float *values;
        size_t count, total = 0;
        for (int i = 0; i < 400; i++) {
            for (size_t k = 0; k < AZ_COUNT(in); k++)
                in[k] = (float)sin((double)(i * 1024 + (int)k / 2) / 20);
            assert_int_equal(az_tempo_feed(tempo, in, 1024), AIZU_OK);
            while (az_tempo_take(tempo, &values, &count)) {
                if (!total)
                    assert_true(fabs(values[0] - sin(0.0)) < 0.001 && fabs(values[20] - sin(0.5)) < 0.01);
                total += count;
            }
        }
        double told = 400 * 1024 / rates[r];
        assert_true((double)total <= told && (double)total > told - 44100 * 0.4 / rates[r]);
    }
    az_tempo_destroy(&tempo);
    az_tempo_destroy(&tempo);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_tone_keeps_its_pitch_at_every_rate),
        cmocka_unit_test(the_map_says_what_is_heard),
        cmocka_unit_test(at_the_plain_rate_samples_pass_untouched),
        cmocka_unit_test(a_new_rate_comes_without_a_gap_or_a_click),
        cmocka_unit_test(a_change_at_once_is_heard_within_a_tenth_of_a_second),
        cmocka_unit_test(many_small_changes_are_neither_heard_nor_forgotten),
        cmocka_unit_test(little_is_filtered_ahead_and_the_rest_waits),
        cmocka_unit_test(what_is_missing_is_waited_for_while_there_is_time),
        cmocka_unit_test(a_hole_is_silence_of_its_length_at_the_rate),
        cmocka_unit_test(a_late_filter_catches_up),
        cmocka_unit_test(stop_forgets_and_start_begins_anew),
        cmocka_unit_test(without_a_filter_there_is_silence_and_the_map_goes_on),
        cmocka_unit_test(tempo_gives_what_it_was_given_first),
    };
    return cmocka_run_group_tests_name("tempo", tests, NULL, NULL);
}
