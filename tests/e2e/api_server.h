/*
 * A server in the process of the API's tests, with small recordings: /list.m3u8 (transport streams with ID3),
 * /master.m3u8 (the same with subtitles and session data), /sealed.m3u8 (encrypted, without its key), and
 * what fails (/page.m3u8, /forbidden.m3u8, anything else).
 */
#ifndef AIZU_TEST_API_SERVER_H
#define AIZU_TEST_API_SERVER_H

#include <aizu/aizu.h>

#define API_SEGMENTS 2 /* of one second */
#define API_CUES     4 /* a segment */

extern char api_server_base[64]; /* "http://127.0.0.1:PORT" */

/* For cmocka. */
int api_server_start(void **state);
int api_server_stop(void **state);

/* X-Test of the last request, or "". */
void api_server_header(char *out, size_t size);

/* Settings with this output, and silent. */
aizu_config api_settings(aizu_video_output video);

#endif
