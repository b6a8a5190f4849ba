/*
 * Boxes in memory; see demux/fmp4_box.h.
 */
#include "demux/fmp4_box.h"

#define HEADER_SIZE 8
#define UUID_SIZE   16

void az_fmp4_trouble(az_fmp4_out *out, az_demux_trouble trouble)
{
    out->troubles[trouble]++;
    if (out->told & 1u << trouble)
        return;
    out->told |= 1u << trouble;
    if (out->sink.trouble)
        out->sink.trouble(out->sink.user, trouble, out->byte_offset);
}

void az_box_reader_init(az_box_reader *r, az_span boxes)
{
    *r = (az_box_reader){boxes, false};
}

bool az_box_next(az_box_reader *r, az_box *box)
{
    az_span rest = r->rest;
    if (r->failed || rest.size < HEADER_SIZE) /* QuickTime ends some lists with four zero bytes */
        return false;
    uint64_t size = az_load_be32(rest.data);
    size_t header = HEADER_SIZE;
    *box = (az_box){.type = az_load_be32(rest.data + 4)};
    if (size == 1 && rest.size >= 16) {
        size = az_load_be64(rest.data + 8);
        header = 16;
    } else if (size == 0) {
        size = rest.size;
    }
    if (box->type == AZ_FOURCC('u', 'u', 'i', 'd') && size <= rest.size && size >= header + UUID_SIZE) {
        box->uuid = rest.data + header;
        header += UUID_SIZE;
    }
    if (size < header || size > rest.size) {
        r->failed = true;
        return false;
    }
    box->body = az_span_make(rest.data + header, (size_t)size - header);
    r->rest = az_span_make(rest.data + size, rest.size - (size_t)size);
    return true;
}

bool az_box_find(az_span boxes, uint32_t type, az_span *body)
{
    az_box_reader r;
    az_box box;
    az_box_reader_init(&r, boxes);
    while (az_box_next(&r, &box))
        if (box.type == type) {
            *body = box.body;
            return true;
        }
    *body = (az_span){NULL, 0};
    return false;
}

uint8_t az_full_box_open(az_reader *r, az_span body, uint32_t *flags)
{
    az_reader_init(r, body);
    uint8_t version = az_reader_u8(r);
    uint32_t bits = az_reader_u24(r);
    if (flags)
        *flags = bits;
    return version;
}

void az_fourcc_text(char out[5], uint32_t type)
{
    for (unsigned i = 0; i < 4; i++) {
        char c = (char)(type >> (24 - 8 * i) & 0xFF);
        out[i] = c >= 0x20 && c < 0x7F ? c : '?';
    }
    out[4] = '\0';
}
