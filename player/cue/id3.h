/*
 * ID3v2.2, 2.3 and 2.4 tags (id3.org, and RFC 8216 3.4 for their use in HLS): bytes in, frames out. Pure.
 */
#ifndef AZ_CUE_ID3_H
#define AZ_CUE_ID3_H

#include "base/base.h"

/* Limits; past them AIZU_E_LIMIT. */
#define AZ_ID3_TAG_SIZE_MAX ((size_t)1 << 20)
#define AZ_ID3_FRAMES_MAX   ((size_t)4096) /* in all tags of one buffer */

typedef enum az_id3_kind {
    AZ_ID3_RAW = 0, /* everything without a type below */
    AZ_ID3_TEXT,    /* T***, but not TXXX */
    AZ_ID3_TXXX,
    AZ_ID3_URL, /* W***, but not WXXX */
    AZ_ID3_WXXX,
    AZ_ID3_COMM, /* and USLT */
    AZ_ID3_PRIV,
    AZ_ID3_GEOB,
    AZ_ID3_APIC,
    AZ_ID3_UFID,
} az_id3_kind;

typedef enum az_id3_flag {
    AZ_ID3_COMPRESSED = 1 << 0, /* zlib: data stands as carried */
    AZ_ID3_ENCRYPTED = 1 << 1,  /* data stands as carried */
    AZ_ID3_GROUPED = 1 << 2,
    AZ_ID3_UNSYNCHRONISED = 1 << 3, /* was; data is as before unsynchronisation */
    AZ_ID3_PLAIN_SIZES = 1 << 4,    /* sizes of this 2.4 tag were plain, not synchsafe (old encoders) */
    AZ_ID3_DAMAGED = 1 << 5,        /* the typed fields could not be read: raw; or a frame without a
                                       body: typed, all fields empty */
} az_id3_flag;

/* One frame. Spans point into the input or the list and live as long as both. Texts are valid UTF-8. */
typedef struct az_id3_frame {
    char id[5];            /* "PRIV"; 2.2 frames as their 2.3 name where there is one, else 3 letters */
    uint8_t version;       /* 2, 3 or 4: of the tag */
    uint8_t text_encoding; /* 0..3 as carried, for kinds that have one */
    az_id3_kind kind;
    unsigned flags;       /* az_id3_flag */
    az_span owner;        /* PRIV, UFID owner; TXXX, WXXX, COMM, GEOB, APIC description */
    az_span value;        /* TEXT, TXXX, COMM: text (several values of 2.4 parted by NUL); URL, WXXX: URL;
                             PRIV, GEOB, APIC, UFID: bytes; RAW: the body */
    az_span mime_type;    /* GEOB, APIC */
    az_span file_name;    /* GEOB */
    char language[4];     /* COMM */
    uint8_t picture_type; /* APIC */
} az_id3_frame;

typedef struct az_id3_list az_id3_list;

/* Bytes of the tag at the start of `bytes`, header and footer included, as its header says: more than
 * bytes.size while the tag is incomplete. 0 when there is no tag, or fewer than the 10 bytes of a header. */
size_t az_id3_tag_size(az_span bytes);

/*
 * All tags that stand one after the other from the start of `bytes` (bytes after them are ignored unless
 * they begin another tag; see az_id3_size_used()). On success *out is the caller's until
 * az_id3_list_destroy(). AIZU_E_METADATA: no tag there, or its header cannot be read; AIZU_E_LIMIT;
 * AIZU_E_MEMORY. A broken frame ends its tag: frames before it stay, and az_id3_is_damaged() says so.
 */
AZ_NODISCARD aizu_result az_id3_parse(az_id3_list **out, az_span bytes);
void az_id3_list_destroy(az_id3_list **list);

size_t az_id3_count(const az_id3_list *list);
const az_id3_frame *az_id3_at(const az_id3_list *list, size_t index); /* index < count */
bool az_id3_is_damaged(const az_id3_list *list);
size_t az_id3_size_used(const az_id3_list *list); /* bytes of the tags, footers and padding included */

#endif
