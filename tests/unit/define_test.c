/*
 * Variables (bis 4.3, 4.4.2.3): where they are put in, where they come from, what is refused, and that they
 * cannot make a small playlist large.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "playlist/playlist.h"

#define HEAD    "#EXTM3U\n#EXT-X-VERSION:8\n#EXT-X-TARGETDURATION:2\n"
#define SEGMENT "#EXTINF:2,\na.ts\n"

static aizu_result try_parse(const char *text, const az_playlist_context *context, az_playlist **out,
                             az_playlist_error *error)
{
    az_slice slice;
    assert_true(az_slice_copy(&slice, az_span_str(text)));
    aizu_result result = az_playlist_parse_context(out, slice, context, error);
    az_slice_unref(&slice);
    return result;
}

static az_playlist *parse(const char *text, const az_playlist_context *context)
{
    az_playlist *playlist;
    az_playlist_error error;
    if (try_parse(text, context, &playlist, &error) != AIZU_OK)
        fail_msg("line %u: %s", error.line, error.text);
    return playlist;
}

static void assert_span(az_span span, const char *want)
{
    if (!az_span_equal_str(span, want))
        fail_msg("'%.*s' is not '%s'", (int)span.size, (const char *)span.data, want);
}

static void variables_are_put_into_uris_strings_and_hexadecimal_sequences(void **state)
{
    (void)state;
    az_playlist *p = parse(
        HEAD
        "#EXT-X-DEFINE:NAME=\"host\",VALUE=\"https://h.example\"\n#EXT-X-DEFINE:NAME=\"n-1_A\",VALUE=\"0F\"\n"
        "#EXT-X-DEFINE:NAME=\"none\",VALUE=\"\"\n"
        "#EXT-X-MAP:URI=\"{$host}/i{$none}.mp4\"\n#EXT-X-KEY:METHOD=AES-128,URI=\"k\",IV=0x{$n-1_A}\n"
        "#EXT-X-DATERANGE:ID=\"{$n-1_A}\",START-DATE=\"2024-01-01T00:00:00Z\",X-A=\"<{$host}>\",X-B=0x{$n-1_"
        "A}\n"
        "#EXTINF:2,{$host}\n{$host}/{$n-1_A}{$n-1_A}.mp4\n",
        NULL);
    const az_media_playlist *m = &p->u.media;
    assert_span(m->segments[0].uri, "https://h.example/0F0F.mp4");
    assert_span(m->maps[0].uri, "https://h.example/i.mp4");
    assert_int_equal(m->keys[0].iv[15], 15);
    assert_span(m->date_ranges[0].id, "0F");
    assert_span(az_attribute_find(&m->date_ranges[0].attributes, "X-A")->value, "<https://h.example>");
    assert_span(az_attribute_find(&m->date_ranges[0].attributes, "X-B")->value, "0x0F");
    /* a title is neither */
    assert_span(az_span_sub(p->text, m->segments[0].title_offset, m->segments[0].title_size), "{$host}");
    assert_int_equal(p->variable_count, 3);
    assert_span(p->variables[0].name, "host");
    assert_span(p->variables[0].value, "https://h.example");
    az_playlist_destroy(&p);
}

static void what_is_no_reference_stays_as_it_is(void **state)
{
    (void)state;
    az_playlist *p = parse(HEAD "#EXT-X-DEFINE:NAME=\"a\",VALUE=\"x\"\n"
                                "#EXTINF:2,\n{a}{$}{$b c}{{$a}${$a\n#EXTINF:2,\n{$\n#EXTINF:2,\n{\n",
                           NULL);
    assert_span(p->u.media.segments[0].uri, "{a}{$}{$b c}{x${$a");
    assert_span(p->u.media.segments[1].uri, "{$");
    assert_span(p->u.media.segments[2].uri, "{");
    az_playlist_destroy(&p);
}

static void values_may_refer_to_earlier_variables(void **state)
{
    (void)state;
    az_playlist *p =
        parse(HEAD "#EXT-X-DEFINE:NAME=\"a\",VALUE=\"x\"\n#EXT-X-DEFINE:NAME=\"b\",VALUE=\"{$a}{$a}\"\n"
                   "#EXTINF:2,\n{$b}\n",
              NULL);
    assert_span(p->u.media.segments[0].uri, "xx");
    az_playlist_destroy(&p);
}

static void variables_hold_in_multivariant_playlists(void **state)
{
    (void)state;
    az_playlist *p = parse("#EXTM3U\n#EXT-X-DEFINE:NAME=\"t\",VALUE=\"?x=1\"\n"
                           "#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID=\"a\",NAME=\"{$t}\",URI=\"a{$t}\"\n"
                           "#EXT-X-STREAM-INF:BANDWIDTH=1,AUDIO=\"a\"\nv.m3u8{$t}\n",
                           NULL);
    assert_span(p->u.multivariant.variants[0].uri, "v.m3u8?x=1");
    assert_span(p->u.multivariant.renditions[0].uri, "a?x=1");
    assert_span(p->u.multivariant.renditions[0].name, "?x=1");
    az_playlist_destroy(&p);
}

static void imports_come_from_the_multivariant_playlist(void **state)
{
    (void)state;
    az_playlist *multivariant = parse("#EXTM3U\n#EXT-X-DEFINE:NAME=\"auth\",VALUE=\"secret\"\n"
                                      "#EXT-X-STREAM-INF:BANDWIDTH=1\nv\n",
                                      NULL);
    az_playlist_context context = {.imports = multivariant->variables,
                                   .import_count = multivariant->variable_count};
    az_playlist *p = parse(HEAD "#EXT-X-DEFINE:IMPORT=\"auth\"\n#EXTINF:2,\na?{$auth}\n", &context);
    az_playlist_destroy(&multivariant); /* the document has a copy */
    assert_span(p->u.media.segments[0].uri, "a?secret");
    assert_span(p->variables[0].value, "secret");
    az_playlist_destroy(&p);
}

static void parameters_come_from_the_playlists_url(void **state)
{
    (void)state;
    az_playlist_context context = {
        .url = az_span_str("https://h/p.m3u8?a=1&token=x%2Fy%zz&empty=&flag#token=no")};
    az_playlist *p = parse(HEAD "#EXT-X-DEFINE:QUERYPARAM=\"token\"\n#EXT-X-DEFINE:QUERYPARAM=\"empty\"\n"
                                "#EXTINF:2,\n{$token}|{$empty}|\n",
                           &context);
    assert_span(p->u.media.segments[0].uri, "x/y%zz||");
    az_playlist_destroy(&p);
}

static void mistakes_are_errors_with_their_line(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        uint32_t line;
        const char *message;
    } cases[] = {
        {HEAD "#EXTINF:2,\n{$x}.ts\n", 5, "not defined: x"},
        {HEAD "#EXT-X-MAP:URI=\"{$x}\"\n" SEGMENT, 4, "not defined: x"},
        {HEAD "#EXTINF:2,\n{$x}\n#EXT-X-DEFINE:NAME=\"x\",VALUE=\"1\"\n", 5, "not defined: x"},
        {HEAD "#EXT-X-DEFINE:NAME=\"x\",VALUE=\"1\"\n#EXT-X-DEFINE:NAME=\"x\",VALUE=\"1\"\n" SEGMENT, 5,
         "defined twice: x"},
        {HEAD "#EXT-X-DEFINE:NAME=\"x\"\n" SEGMENT, 4, "without VALUE: x"},
        {HEAD "#EXT-X-DEFINE:VALUE=\"x\"\n" SEGMENT, 4, "one of NAME"},
        {HEAD "#EXT-X-DEFINE:NAME=\"x\",VALUE=\"1\",IMPORT=\"x\"\n" SEGMENT, 4, "one of NAME"},
        {HEAD "#EXT-X-DEFINE:NAME=\"x y\",VALUE=\"1\"\n" SEGMENT, 4, "characters"},
        {HEAD "#EXT-X-DEFINE:IMPORT=\"x\"\n" SEGMENT, 4, "multivariant playlist does not define: x"},
        {HEAD "#EXT-X-DEFINE:QUERYPARAM=\"x\"\n" SEGMENT, 4, "URL does not have: x"},
        {HEAD "#EXT-X-DEFINE:QUERYPARAM=\"flag\"\n" SEGMENT, 4, "URL does not have: flag"},
    };
    az_playlist_context context = {.url = az_span_str("https://h/p.m3u8?flag")};
    for (size_t i = 0; i < AZ_COUNT(cases); i++) {
        az_playlist *p;
        az_playlist_error error;
        assert_int_equal(try_parse(cases[i].text, &context, &p, &error), AIZU_E_PLAYLIST);
        assert_null(p);
        if (error.line != cases[i].line || !strstr(error.text, cases[i].message))
            fail_msg("line %u: %s; expected line %u: %s", error.line, error.text, cases[i].line,
                     cases[i].message);
    }
}

/* Each variable is the one before it a hundred times. */
static void variables_cannot_grow_without_bounds(void **state)
{
    (void)state;
    static char text[40000];
    size_t size =
        (size_t)snprintf(text, sizeof(text), HEAD "#EXT-X-DEFINE:NAME=\"v0\",VALUE=\"xxxxxxxxxx\"\n");
    for (int i = 1; i < 20; i++) {
        size += (size_t)snprintf(text + size, sizeof(text) - size, "#EXT-X-DEFINE:NAME=\"v%d\",VALUE=\"", i);
        for (int k = 0; k < 100; k++)
            size += (size_t)snprintf(text + size, sizeof(text) - size, "{$v%d}", i - 1);
        size += (size_t)snprintf(text + size, sizeof(text) - size, "\"\n");
    }
    snprintf(text + size, sizeof(text) - size, "%s", SEGMENT);
    az_playlist *p;
    az_playlist_error error;
    assert_int_equal(try_parse(text, NULL, &p, &error), AIZU_E_LIMIT);
    assert_true(error.line > 4 && error.line < 10);
}

/* A value of half a line, in many lines. */
static void all_that_is_put_in_counts_together(void **state)
{
    (void)state;
    const size_t value = AZ_PLAYLIST_LINE_SIZE_MAX / 2;
    char *text = malloc(value + 65536);
    assert_non_null(text);
    size_t size = (size_t)sprintf(text, HEAD "#EXT-X-DEFINE:NAME=\"v\",VALUE=\"");
    memset(text + size, 'x', value);
    size += value;
    size += (size_t)sprintf(text + size, "\"\n");
    size_t head = size;
    az_playlist *p;
    az_playlist_error error;
    for (unsigned pass = 0; pass < 2; pass++) {
        size = head;
        for (int i = 0; i < (pass ? 200 : 10); i++)
            size += (size_t)sprintf(text + size, "#EXTINF:2,\n{$v}\n");
        assert_int_equal(try_parse(text, NULL, &p, &error), pass ? AIZU_E_LIMIT : AIZU_OK);
        az_playlist_destroy(&p);
    }
    free(text);
}

static void too_many_variables_are_refused(void **state)
{
    (void)state;
    static char text[40000];
    for (size_t count = AZ_PLAYLIST_VARIABLES_MAX; count <= AZ_PLAYLIST_VARIABLES_MAX + 1; count++) {
        size_t size = (size_t)snprintf(text, sizeof(text), HEAD);
        for (size_t i = 0; i < count; i++)
            size += (size_t)snprintf(text + size, sizeof(text) - size,
                                     "#EXT-X-DEFINE:NAME=\"v%zu\",VALUE=\"\"\n", i);
        snprintf(text + size, sizeof(text) - size, "%s", SEGMENT);
        az_playlist *p;
        assert_int_equal(try_parse(text, NULL, &p, NULL),
                         count > AZ_PLAYLIST_VARIABLES_MAX ? AIZU_E_LIMIT : AIZU_OK);
        az_playlist_destroy(&p);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(variables_are_put_into_uris_strings_and_hexadecimal_sequences),
        cmocka_unit_test(what_is_no_reference_stays_as_it_is),
        cmocka_unit_test(values_may_refer_to_earlier_variables),
        cmocka_unit_test(variables_hold_in_multivariant_playlists),
        cmocka_unit_test(imports_come_from_the_multivariant_playlist),
        cmocka_unit_test(parameters_come_from_the_playlists_url),
        cmocka_unit_test(mistakes_are_errors_with_their_line),
        cmocka_unit_test(variables_cannot_grow_without_bounds),
        cmocka_unit_test(all_that_is_put_in_counts_together),
        cmocka_unit_test(too_many_variables_are_refused),
    };
    return cmocka_run_group_tests_name("define", tests, NULL, NULL);
}
